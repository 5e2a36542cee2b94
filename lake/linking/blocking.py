"""Which pairs of records are compared. Lives here: the blocks' keys, what they would cost, and the pairs themselves.

Must not live here: how pairs are scored (`scoring.py`). Two identified records are never compared, nor two of a dataset
that has each thing once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from contracts.matching import BlockKey, Matching
from lake.linking.kinds import column
from lake.linking.preparing import kind_at
from lake.linking.refusals import BlockTooLarge


@dataclass(frozen=True)
class Block:
    """A block: how it is called, and what its rows are: `select unique_id, key`."""

    name: str
    rows: str
    attributes: frozenset[str]


NOT_BOTH = (
    "not (l.identified and r.identified) and (l.source is null or r.source is null or l.source <> r.source)"
)
"""Two records, `l` and `r` of `prepared`, that may be one."""

_MOST_SIDES = 40


def blocks(matching: Matching) -> tuple[Block, ...]:
    """The blocks of a declaration."""
    return tuple(_block(matching, keys) for keys in matching.blocks)


def _block(matching: Matching, keys: tuple[BlockKey, ...]) -> Block:
    places = {one.name: place for place, one in enumerate(matching.comparisons)}
    columns, listed = [], []
    for number, key in enumerate(keys):
        name = column(places[key.attribute], f"key_{key.key}")
        if key.key in kind_at(matching, places[key.attribute]).listed:
            listed.append(f", unnest({name}) as listed{number}(of{number})")
            name = f"of{number}"
        columns.append(name)
    present = " and ".join(f"{name} is not null" for name in columns)
    rows = (
        f"select unique_id, hash({', '.join(columns)}) as key, identified, source from prepared{''.join(listed)} "
        f"where {present}"
    )
    name = ", ".join(f"{key.attribute}.{key.key}" for key in keys)
    return Block(name, rows, frozenset(key.attribute for key in keys))


def costs(connection: duckdb.DuckDBPyConnection, matching: Matching, changed: bool) -> dict[str, int]:
    """How many pairs each block makes, counted by the sizes of its groups; refuses what is more than may be."""
    told = {}
    for block in blocks(matching):
        touched = "unique_id in (from _changed)" if changed else "not identified"
        pairs, largest = connection.execute(f"""
            select coalesce(sum(pairs), 0)::hugeint, coalesce(max(pairs), 0)::hugeint from (
                select d * (n - d) + d * (d - 1) // 2 as pairs
                from (select count(*)::hugeint as n, count(*) filter ({touched})::hugeint as d
                      from ({block.rows}) group by key))
        """).fetchall()[0]
        if pairs > matching.most_pairs:
            raise BlockTooLarge(block.name, int(pairs), matching.most_pairs, largest / pairs)
        told[block.name] = int(pairs)
    return told


def candidates(connection: duckdb.DuckDBPyConnection, matching: Matching, changed: bool) -> int:
    """Make table `_candidates` (`l`, `r`; l < r) of the pairs of all blocks, each once; how many they are."""
    union = " union ".join(_pairs(block, changed) for block in blocks(matching))
    connection.execute(f"""
        create or replace table _candidates as {union}
    """)
    return int(connection.execute("select count(*) from _candidates").fetchall()[0][0])


def _pairs(block: Block, changed: bool) -> str:
    """The pairs of a block: each has one record that is not identified, or, after a change, one that changed."""
    drives = "unique_id in (from _changed)" if changed else "not identified"
    return f"""
        select least(l.unique_id, r.unique_id) as l, greatest(l.unique_id, r.unique_id) as r
        from (select *, {drives} as drives from ({block.rows})) as r
        join (from ({block.rows}) where {drives}) as l
          on l.key = r.key and (not r.drives or l.unique_id < r.unique_id) and {NOT_BOTH}
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
        select * from ends where here in (select here from ends group by here having count(*) between 2 and {_MOST_SIDES});
        create or replace table _candidates as
        with sides as (
            select distinct a.there as one, b.there as other
            from _sides as a join _sides as b on a.here = b.here and a.there < b.there)
        select one as l, other as r from sides join prepared as l on l.unique_id = one
        join prepared as r on r.unique_id = other
        where {NOT_BOTH} and not exists (from _levels where _levels.l = one and _levels.r = other)
    """)
    return int(connection.execute("select count(*) from _candidates").fetchall()[0][0])


def rows_of(matching: Matching) -> Iterator[tuple[Block, str]]:
    """Each block with a name for a table of its own."""
    for number, block in enumerate(blocks(matching)):
        yield block, f"_training{number}"
