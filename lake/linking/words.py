"""How rare the words of names are. Lives here: table `words`, and a name's words by it.

Must not live here: which words a name has (`organisations.py`), what sharing one is worth (`training.py`).

`words` has `comparison` (a place), `word` (a part of its MD5) and `eighths` (of a bit: eight say that half of all names
have it). It is counted once per distinct name of all records, and then stands, as `frequencies` do: a pair's level does
not depend on what else is in a later run. Of few names, being in one alone says little: names unseen count too.
"""

from __future__ import annotations

import duckdb

_UNSEEN = 256
_MOST = 255


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Begin anew with counting."""
    connection.execute("drop table if exists words")


def rate(connection: duckdb.DuckDBPyConnection, table: str, place: int, name: str) -> None:
    """Give a table the column `rare`: a number for each of its `words`, the last byte of which is how rare it is.

    Names are told by the column `name`. Words of the comparison are counted if none were.
    """
    connection.execute(f"""
        create table if not exists words (comparison utinyint, word ubigint, eighths utinyint);
        create or replace table _worded as
        select distinct {name} as name, unnest(words) as one from {table};
        insert into words
        select {place}, md5_number_lower(one), least(round(8 * log2(
                   ((select count(distinct name) from _worded) + {_UNSEEN}) / count(*))), {_MOST})
        from _worded where not exists (from words where comparison = {place}) group by one;
        create or replace table {table} as
        select {table}.*, rare from {table} left join (
            select name, list(md5_number_lower(one) // 256 * 256 + coalesce(eighths, (
                       select max(eighths) from words where comparison = {place}))) as rare
            from _worded left join (from words where comparison = {place}) on word = md5_number_lower(one)
            group by name) on name = {name}
    """)
