"""The tables of windows. One SQLite file in WAL: one writer at a time, and any number of readers meanwhile.

Rows of `version`, `part`, `sign`, `untold` and `reached` are only added: a window that changes has another revision.
Moments are whole seconds since 1970 (UTC). Nothing of a record lies here but who sent and was missed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lake.scratch import own_folder
from lake.settings import Settings

VERSION = 2

SCHEMA = """
create table version (
  seq integer primary key autoincrement, set_name text not null, start integer not null, revision integer not null,
  state text not null, watermark integer, rows integer not null, coverage real not null, digest text not null,
  why text not null, made_at text not null, formula text not null default '',
  unique (set_name, start, revision)
) strict;
create index version_by_formula on version (set_name, formula);
create index version_by_seq on version (set_name, seq);
create table part (
  seq integer not null, dataset text not null, rows integer not null, heard integer not null, expected integer,
  coverage real not null, missing text not null, digest text not null, primary key (seq, dataset)
) strict, without rowid;
create table reached (
  seq integer not null, dataset text not null, batch text not null, primary key (seq, dataset, batch)
) strict, without rowid;
create table sign (
  seq integer not null, sign text not null, district text not null, value real, primary key (seq, sign, district)
) strict, without rowid;
create table untold (
  seq integer not null, sign text not null, why text not null, primary key (seq, sign)
) strict, without rowid;
create table progress (
  set_name text not null, dataset text not null, newest integer not null, primary key (set_name, dataset)
) strict, without rowid;
create table mark (set_name text primary key, watermark integer, next integer not null) strict, without rowid;
create table grid (set_name text primary key, length integer not null, since integer not null) strict, without rowid;
create table formula (
  set_name text not null, formula text not null, items text not null, looked integer not null,
  primary key (set_name, formula)
) strict, without rowid;
create table batch (
  set_name text not null, dataset text not null, batch text not null, judged text not null, counts integer not null,
  primary key (set_name, dataset, batch)
) strict, without rowid;
create table touched (
  set_name text not null, dataset text not null, start integer not null, batch text not null, rows integer not null,
  primary key (set_name, dataset, start, batch)
) strict, without rowid;
create index touched_by_batch on touched (set_name, dataset, batch);
create table arrived (
  dataset text not null, batch text not null, at text not null, primary key (dataset, batch)
) strict, without rowid;
create table taken (
  path text primary key, print text not null, arrived text not null, done integer not null,
  failed_by text not null default ''
) strict, without rowid;
create index taken_open on taken (done);
create table clock (one integer primary key check (one = 1), at integer not null) strict;
"""


# From a version to the next one. What an older one did not note is empty: no formula is that of any window then.
_LATER = {
    1: """
alter table version add column formula text not null default '';
create index version_by_formula on version (set_name, formula);
create table untold (
  seq integer not null, sign text not null, why text not null, primary key (seq, sign)
) strict, without rowid;
create table grid (set_name text primary key, length integer not null, since integer not null) strict, without rowid;
create table formula (
  set_name text not null, formula text not null, items text not null, looked integer not null,
  primary key (set_name, formula)
) strict, without rowid;
insert into formula select distinct set_name, '', '{}', 0 from version;
alter table taken add column failed_by text not null default '';
create table clock (one integer primary key check (one = 1), at integer not null) strict;
"""
}


class WindowsDamaged(RuntimeError):
    """The file of windows cannot be read, or is another version's."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(
            f"{path}: {why}. Put it back from a backup; or move it away: windows are then made anew of what the lake "
            "has, without their history"
        )


def windows_file(settings: Settings) -> Path:
    """Where windows lie."""
    return settings.state / "windows" / "windows.sqlite"


def connected(path: Path) -> sqlite3.Connection:
    """The file for writing; made where it is not there. Raises `WindowsDamaged`."""
    own_folder(path.parent)
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        connection.execute("pragma journal_mode = wal")
        version = connection.execute("pragma user_version").fetchone()[0]
        if version not in (0, VERSION, *_LATER):
            raise WindowsDamaged(path, f"it is of version {version}, and this knows {VERSION}")
        if version == 0:
            connection.executescript(f"begin; {SCHEMA} pragma user_version = {VERSION}; commit;")
        elif version in _LATER:
            connection.executescript(f"begin; {_LATER[version]} pragma user_version = {version + 1}; commit;")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise WindowsDamaged(path, str(error)) from None
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """The file for reading, as it was when something last wrote; None where there is none.

    One of an older version is made one of this first: its readers know no other.
    """
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        if connection.execute("pragma user_version").fetchone()[0] in _LATER:
            connected(path).close()
        connection.row_factory = sqlite3.Row
        yield connection
