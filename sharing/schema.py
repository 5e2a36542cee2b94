"""The ledger's tables, indexes and triggers as they are made, and whether those of a file still are.

A trigger of the right name that does nothing guards nothing: their text is compared, with what this schema makes. What
the entries say is `audit.py`'s business.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

NO_DELETE_NAME = "entries_no_delete"
NO_DELETE = (
    f"create trigger if not exists {NO_DELETE_NAME} before delete on entries\n"
    "  begin select raise(abort, 'the ledger is append-only'); end"
)
SCHEMA = f"""
begin immediate;
create table if not exists entries (
  seq integer primary key, at text not null, kind text not null, run text, key text not null,
  body text not null, previous text not null, digest text not null unique
) strict;
create index if not exists entries_by_key on entries (kind, key, seq);
create index if not exists entries_by_run on entries (run, seq);
create trigger if not exists entries_no_update before update on entries
  begin select raise(abort, 'the ledger is append-only'); end;
{NO_DELETE};
create trigger if not exists entries_no_rewrite before insert on entries
  when new.seq <= (select coalesce(max(seq), 0) from entries)
  begin select raise(abort, 'the ledger is append-only'); end;
commit;
"""
NO_TABLE = "the entries are no table"
_GUARDING = ("table", "trigger", "view")


def is_table(connection: sqlite3.Connection) -> bool:
    """Whether the file has entries; ValueError where they are something else than a table, and cannot be guarded."""
    row = connection.execute("select type from sqlite_master where name = 'entries'").fetchone()
    if row and row[0] != "table":
        raise ValueError(NO_TABLE)
    return row is not None


def altered(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """What of the schema is not as it was made, by name, and how; indexes are for speed alone and may differ."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(SCHEMA)
        wanted = _parts(made)
    found = _parts(connection)
    for name, part in wanted.items():
        kind = part[0]
        if name not in found:
            yield name, f"the {kind} {'that refuses changes ' if kind == 'trigger' else ''}is gone"
        elif found[name] != part:
            now = "its text is another" if found[name][0] == kind else f"a {found[name][0]}"
            yield name, f"it is not the {kind} that was made: {now}"
    for name in sorted(found.keys() - wanted.keys()):
        if found[name][0] != "table":
            yield name, f"a {found[name][0]} that nobody of the platform made"


def _parts(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    marks = ", ".join("?" for _ in _GUARDING)
    rows = connection.execute(
        f"select name, type, sql from sqlite_master where type in ({marks}) order by name", _GUARDING
    )
    return {name: (kind, " ".join(str(sql).lower().split())) for name, kind, sql in rows}
