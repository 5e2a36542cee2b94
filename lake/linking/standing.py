"""What stands from an earlier run, and what a change touches of it.

Lives here: from changed records to those to look at. Must not live here: comparing (`scoring.py`). In: `records`,
`keys`, `pairs` of the earlier run, `_changed` (`_record`).
"""

from __future__ import annotations

import duckdb

_ROUNDS = 1_000


def drop_changed(connection: duckdb.DuckDBPyConnection) -> None:
    """Take what changed or is gone out of `keys` and `pairs`; `_touched` has those whose pairs that were, and these."""
    connection.execute("""
        create or replace table _gone as
        select distinct _record from keys anti join records using (_record) union select _record from _changed;
        create or replace table _touched as
        select _record from _changed
        union select right_record from pairs where left_record in (from _gone)
        union select left_record from pairs where right_record in (from _gone);
        delete from _touched where _record not in (select _record from records);
        delete from pairs where left_record in (from _gone) or right_record in (from _gone);
        delete from keys where _record in (from _gone);
    """)


def touch(connection: duckdb.DuckDBPyConnection, decisions: str) -> None:
    """Look also at the records that decisions are about: they may be new."""
    connection.execute(f"""
        insert into _touched
        select _record from (select left_record as _record from {decisions} union select right_record from {decisions})
        semi join records using (_record)
    """)


def spread(connection: duckdb.DuckDBPyConnection) -> None:
    """Let `_touched` be whole: with the records of `_pairs`, and all that hang together with them by `pairs`."""
    connection.execute("insert into _touched select l from _pairs union select r from _pairs")
    connection.execute("create or replace table _touched as select distinct _record from _touched")
    connection.execute("create or replace table _edge as from _touched")
    for _ in range(_ROUNDS):
        connection.execute("""
            create or replace table _edge as
            select _record from (
                select right_record as _record from pairs where left_record in (from _edge)
                union select left_record from pairs where right_record in (from _edge))
            where _record not in (from _touched)
        """)
        if not connection.execute("select count(*) from _edge").fetchall()[0][0]:
            return
        connection.execute("insert into _touched from _edge")
