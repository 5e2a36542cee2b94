"""Which pairs of records are compared. Lives here: the blocks' keys, what they would cost, and the pairs themselves.

Must not live here: how pairs are scored (`scoring.py`). Two identified records are never compared, nor two of a dataset
that has each thing once.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from contracts.matching import BlockKey, Matching
from lake.linking.kinds import column
from lake.linking.preparing import kind_at
from lake.linking.refusals import BlockTooLarge


@dataclass(frozen=True)
class Block:
    """A block: its place among the declared, how it is called, and what it is made of."""

    place: int
    name: str
    attributes: frozenset[str]


NOT_BOTH = "not (l.identified and r.identified) and (l.source is null or r.source is null or l.source <> r.source)"
"""Two records, `l` and `r` of `prepared`, that may be one."""

_MOST_SIDES = 40


def blocks(matching: Matching) -> tuple[Block, ...]:
    """The blocks of a declaration."""
    return tuple(
        Block(place, ", ".join(f"{key.attribute}.{key.key}" for key in keys), frozenset(key.attribute for key in keys))
        for place, keys in enumerate(matching.blocks)
    )


def key(connection: duckdb.DuckDBPyConnection, matching: Matching, into: str) -> None:
    """Make a table of the keys of `prepared`: `_record`, `unique_id`, `block` (a place), `key`, `identified`, `source`.

    A key is a part of the MD5 of what it is made of: it stays the same from one release of the engine to the next, so
    that the keys of an earlier run can stand.
    """
    union = " union all ".join(_keys(matching, place, keys) for place, keys in enumerate(matching.blocks))
    connection.execute(f"create or replace table {into} as {union}")


def _keys(matching: Matching, place: int, keys: tuple[BlockKey, ...]) -> str:
    places = {one.name: number for number, one in enumerate(matching.comparisons)}
    columns, listed = [], []
    for number, one in enumerate(keys):
        name = column(places[one.attribute], f"key_{one.key}")
        if one.key in kind_at(matching, places[one.attribute]).listed:
            listed.append(f", unnest({name}) as listed{number}(of{number})")
            name = f"of{number}"
        columns.append(name)
    present = " and ".join(f"{name} is not null and {name} <> ''" for name in columns)
    return (
        f"select _record, unique_id, {place}::utinyint as block, "
        f"md5_number_lower(concat_ws(chr(31), {', '.join(columns)})) as key, identified, source "
        f"from prepared{''.join(listed)} where {present}"
    )


def costs(connection: duckdb.DuckDBPyConnection, matching: Matching) -> dict[str, int]:
    """How many pairs each block makes, counted by the sizes of its groups; refuses what is more than may be."""
    return _judged(connection, matching, "(select *, not identified as drives from keys)")


def costs_of_changed(connection: duckdb.DuckDBPyConnection, matching: Matching) -> dict[str, int]:
    """The same of the pairs that have a changed record; makes table `_near`, of the keys that one of these has."""
    connection.execute("""
        create or replace table _near as
        select keys.*, _changed._record is not null as drives
        from keys semi join (select distinct block, key from keys semi join _changed using (_record)) as theirs
             using (block, key)
        left join _changed using (_record)
    """)
    return _judged(connection, matching, "_near")


def _judged(connection: duckdb.DuckDBPyConnection, matching: Matching, keys: str) -> dict[str, int]:
    found = connection.execute(f"""
        select block, sum(pairs)::hugeint, max(pairs)::hugeint from (
            select block, d * (n - d) + d * (d - 1) // 2 as pairs
            from (select block, count(*)::hugeint as n, count(*) filter (drives)::hugeint as d
                  from {keys} group by block, key))
        group by block
    """).fetchall()
    counted = {block: (int(pairs), int(largest)) for block, pairs, largest in found}
    told = {}
    for block in blocks(matching):
        pairs, largest = counted.get(block.place, (0, 0))
        if pairs > matching.most_pairs:
            raise BlockTooLarge(block.name, pairs, matching.most_pairs, largest / pairs)
        told[block.name] = pairs
    return told


def candidates(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `_candidates` (`l`, `r`, numbers of `prepared`; l < r) of the pairs of all blocks, each once."""
    rows = "(select *, not identified as drives from keys)"
    connection.execute(f"create or replace table _candidates as {_pairs(rows, 'unique_id')}")


def candidates_of_changed(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `_pairs` (`l`, `r`, records; l < r) of the pairs of `_near` that have a changed record."""
    connection.execute(f"create or replace table _pairs as {_pairs('_near', '_record')}")


def number(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `_candidates` of `_pairs`, by the numbers of `prepared`."""
    connection.execute("""
        create or replace table _candidates as
        select a.unique_id as l, b.unique_id as r from _pairs join prepared as a on a._record = _pairs.l
        join prepared as b on b._record = _pairs.r
    """)


def _pairs(rows: str, name: str) -> str:
    """The pairs of which at least one record drives: it is not identified, or it changed."""
    return f"""
        select distinct least(l.{name}, r.{name}) as l, greatest(l.{name}, r.{name}) as r
        from {rows} as r join (from {rows} where drives) as l
          on l.block = r.block and l.key = r.key and l.{name} <> r.{name}
             and (not r.drives or l.{name} < r.{name}) and {NOT_BOTH}
    """


def third_sides(connection: duckdb.DuckDBPyConnection, weight: float) -> int:
    """Make `_candidates` anew: pairs no block made whose records both go with a third one; how many they are.

    A thing's rows hang together by what each two of them share; the pair that shares no key is to be looked at too,
    before it counts as nothing or for nothing.
    """
    connection.execute(f"""
        create or replace table _sides as
        with ends as (
            select l as here, r as there from _scored where weight >= {weight}
            union all select r, l from _scored where weight >= {weight})
        select * from ends
        where here in (select here from ends group by here having count(*) between 2 and {_MOST_SIDES});
        create or replace table _candidates as
        with sides as (
            select distinct a.there as one, b.there as other
            from _sides as a join _sides as b on a.here = b.here and a.there < b.there)
        select one as l, other as r from sides join prepared as l on l.unique_id = one
        join prepared as r on r.unique_id = other
        where {NOT_BOTH} and not exists (from _scored where _scored.l = one and _scored.r = other)
          and not exists (from _levels where _levels.l = one and _levels.r = other)
    """)
    return int(connection.execute("select count(*) from _candidates").fetchall()[0][0])
