"""The store's tables: one SQLite file, written by runs alone, read by anybody. No value is changed, and none deleted.

Unlike what is derived of the ledger it cannot be made again: how a value was amended is known from here alone. So it is
part of every backup, and each making's digest is in the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

VERSION = 1

SCHEMA = """
create table making (
  id integer primary key, at text not null, run text not null, fresh integer not null, amended integer not null,
  withdrawn integer not null, digest text not null
) strict;
create table value (
  indicator text not null, place text not null, start text not null, revision integer not null, value real,
  why text not null, state text not null, making integer not null,
  primary key (indicator, place, start, revision)
) strict, without rowid;
create index value_of_making on value (making);
create table status (
  indicator text primary key, state text not null, why text not null, level text not null, making integer not null
) strict;
create table source (
  indicator text not null, dataset text not null, primary key (indicator, dataset)
) strict;
create table above (
  indicator text not null, tbl text not null, primary key (indicator, tbl)
) strict;
create table definition (
  making integer not null, indicator text not null, digest text not null, primary key (making, indicator)
) strict, without rowid;
create table batch (
  making integer not null, dataset text not null, batch text not null, change text not null,
  primary key (making, dataset, batch)
) strict, without rowid;
"""


class IndicatorsDamaged(RuntimeError):
    """The store cannot be read, and cannot be made again: how values were amended is known from it alone."""

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(
            f"{path}: {why}; put it back from a backup (`zhongtai restore`), or move it away to begin a history anew"
        )


def open_store(path: Path) -> None:
    """Make the store where there is none. Raises `IndicatorsDamaged` for a file that is none of this version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            connection.execute("pragma journal_mode = wal")
            version = connection.execute("pragma user_version").fetchone()[0]
            if version == 0:
                connection.executescript(f"begin immediate; {SCHEMA} pragma user_version = {VERSION}; commit;")
            elif version != VERSION:
                raise IndicatorsDamaged(path, f"its tables are of version {version}, and these of {VERSION}")
    except sqlite3.DatabaseError as error:
        raise IndicatorsDamaged(path, str(error)) from None


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The store for reading."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection
