"""What a product tells beside what its recipient has already: earlier releases of it, and sibling products.

Lives here: the comparing SQL. Siblings are compared by the persons of equal groups, releases by the numbers in their
files, since whose they were is not kept. Must not live here: finding persons (`persons.py`), the verdict (a gate).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from contracts.anonymity import Difference
from contracts.sql_text import identifier, literal
from orchestration.share.persons import Counted

_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
_TIMES = ("DATE", "TIMESTAMP")

Key = frozenset[str]
"""What a group-by column comes from: columns of delivered tables, as texts."""


def of_sibling(
    connection: duckdb.DuckDBPyConnection,
    mine: Counted,
    its: Counted,
    keys: Mapping[str, Key],
    its_keys: Mapping[str, Key],
    minimum: int,
    name: str,
) -> Difference | None:
    """The groups of two products, by the grouping columns that both have; None where neither groups as the other does.

    The finer one's groups are put together to the coarser one's, so that what was suppressed in the finer shows, too.
    """
    pairs = _paired(keys, its_keys)
    if pairs is None:
        return None
    first = _members(mine, [one for one, _ in pairs])
    second = _members(its, [other for _, other in pairs])
    columns = ", ".join(f"k{at}" for at in range(max(len(pairs), 1)))
    row = connection.execute(
        f"""with mine as materialized ({first}), its as materialized ({second}),
        shared as (select {columns} from mine intersect select {columns} from its),
        apart as ((from mine except from its) union all (from its except from mine)),
        close as (select {columns} from apart group by all having count(*) < {minimum})
        select (select count(*) from shared), (select count(*) from (from close intersect from shared))"""
    ).fetchone()
    cells, small = row or (0, None)
    return Difference(name, "sibling", cells, small)


def _paired(keys: Mapping[str, Key], its: Mapping[str, Key]) -> list[tuple[str, str]] | None:
    """The columns to compare by: all of the coarser one's, each with the other's of the same origin."""
    coarse, fine = (keys, its) if len(keys) <= len(its) else (its, keys)
    left, pairs = dict(fine), []
    for name, origin in coarse.items():
        found = next((one for one, its_origin in left.items() if its_origin == origin), None)
        if found is None:
            return None
        left.pop(found)
        pairs.append((name, found) if coarse is keys else (found, name))
    return pairs


def _members(counted: Counted, columns: Sequence[str]) -> str:
    """Each group's key, as text, with each of its persons once."""
    keys = [f"{_text(counted, name)} as k{at}" for at, name in enumerate(columns)] or ["1 as k0"]
    lists = [identifier(slot.column) if slot.many else f"[{identifier(slot.column)}]" for slot in counted.slots]
    everybody = f"flatten([{', '.join(lists)}])" if len(lists) > 1 else lists[0]
    return f"select distinct {', '.join(keys)}, unnest({everybody}) as person from {counted.table}"


def _text(counted: Counted, name: str) -> str:
    # A month as a date and as a moment is one month.
    moment = counted.types[name].startswith(_TIMES)
    return f"cast({f'cast({identifier(name)} as timestamp)' if moment else identifier(name)} as varchar)"


def of_releases(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    earlier: Sequence[tuple[str, Sequence[Path]]],
    columns: Mapping[str, str],
    keys: Sequence[str],
    minimum: int,
    base: int | None,
) -> Iterator[Difference]:
    """The candidate's files beside those of each earlier release with the same columns.

    A cell whose numbers moved by less than the minimum, or in which something moved and no whole number says by how
    many, is small; unless the numbers are rounded to a base of at least the minimum.
    """
    numbers = [name for name, kind in columns.items() if name not in keys and kind in _WHOLE]
    others = [name for name in columns if name not in keys and name not in numbers]
    now = _read(files)
    if base is not None and numbers and not others and _rounded(connection, now, numbers, max(base, minimum), base):
        return
    for release, its_files in earlier:
        then = _read(its_files)
        there = {name: kind for name, kind, *_ in connection.execute(f"describe from {then}").fetchall()}
        if there != dict(columns):
            continue
        row = connection.execute(_compared(now, then, keys, numbers, others, minimum)).fetchone()
        cells, small = row or (0, None)
        yield Difference(release, "release", cells, small)


def _compared(
    now: str, then: str, keys: Sequence[str], numbers: Sequence[str], others: Sequence[str], minimum: int
) -> str:
    same = " and ".join(f"a.{identifier(name)} is not distinct from b.{identifier(name)}" for name in keys) or "true"
    moves = [f"abs(coalesce(a.{identifier(n)}, 0)::hugeint - coalesce(b.{identifier(n)}, 0)::hugeint)" for n in numbers]
    both = [f"(a.{identifier(n)} is not null and b.{identifier(n)} is not null)" for n in numbers]
    little = [f"({there} and {move} between 1 and {minimum - 1})" for there, move in zip(both, moves, strict=True)]
    changed = [f"a.{identifier(n)} is distinct from b.{identifier(n)}" for n in others]
    unsaid = f"(({' or '.join(changed)}) and not ({' or '.join(f'{move} >= {minimum}' for move in moves) or 'false'}))"
    small = " or ".join([*little, *([unsaid] if changed else [])]) or "false"
    return f"select count(*), count(*) filter ({small}) from {now} as a join {then} as b on {same}"


def _rounded(connection: duckdb.DuckDBPyConnection, now: str, numbers: Sequence[str], least: int, base: int) -> bool:
    """Whether every number is a multiple of the base, and the base hides as many as a group must have."""
    if base < least:
        return False
    off = " or ".join(f"{identifier(name)} % {base} <> 0" for name in numbers)
    row = connection.execute(f"select count(*) filter ({off}) from {now}").fetchone()
    return row is not None and row[0] == 0


def _read(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in files)}])"
