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

Origins = Mapping[str, frozenset[str]]
"""A group-by column -> what it comes from: columns of delivered tables, as texts. Without those that come from none."""


def of_sibling(
    connection: duckdb.DuckDBPyConnection,
    mine: Counted,
    its: Counted,
    origins: tuple[Origins, Origins],
    minimum: int,
    name: str,
) -> Difference:
    """The groups of two products, whatever their columns are called and hold.

    Every two groups that share somebody are compared by their persons. Where one product is grouped more finely than
    the other (by columns of the same origin, and more), its groups are put together to the other's first, so that what
    was suppressed in the finer shows, too.
    """
    cells, small = _close(connection, _members(mine, None), _members(its, None), minimum)
    found = Difference(name, "sibling", cells, small)
    for counted, columns, other in _coarser(mine, its, origins):
        cells, small = _close(connection, _members(counted, columns), _members(other, None), minimum)
        found = Difference(name, "sibling", found.cells + cells, (found.small or 0) + small)
    return found


def _coarser(
    mine: Counted, its: Counted, origins: tuple[Origins, Origins]
) -> Iterator[tuple[Counted, list[str], Counted]]:
    """The finer product, its columns that make the groups of the other, and that other; nothing where none is finer."""
    for fine, of_fine, coarse, of_coarse in ((mine, origins[0], its, origins[1]), (its, origins[1], mine, origins[0])):
        left, columns = dict(of_fine), []
        for origin in of_coarse.values():
            found = next((name for name, one in left.items() if one == origin), None)
            if found is not None:
                left.pop(found)
                columns.append(found)
        if left and len(columns) == len(of_coarse):
            yield fine, columns, coarse


def _close(connection: duckdb.DuckDBPyConnection, mine: str, its: str, minimum: int) -> tuple[int, int]:
    """Of all pairs of groups of about one size that share somebody: how many, and how many differ by few persons."""
    row = connection.execute(
        f"""with mine as (select *, count(*) over (partition by cell) as persons from ({mine})),
        its as (select *, count(*) over (partition by cell) as persons from ({its})),
        pairs as (
          select any_value(mine.persons) + any_value(its.persons) - 2 * count(*) as apart
          from mine join its on mine.person = its.person and abs(mine.persons - its.persons) < {minimum}
          group by mine.cell, its.cell)
        select count(*), count(*) filter (apart between 1 and {minimum - 1}) from pairs"""
    ).fetchone()
    return row or (0, 0)


def _members(counted: Counted, columns: Sequence[str] | None) -> str:
    """Each group with each of its persons once: the rows, or rows put together by some columns."""
    keys = [f"cast({identifier(name)} as varchar)" for name in columns or ()]
    cell = "rowid" if columns is None else f"[{', '.join(keys)}]" if keys else "0"
    lists = [identifier(slot.column) if slot.many else f"[{identifier(slot.column)}]" for slot in counted.slots]
    everybody = f"flatten([{', '.join(lists)}])" if len(lists) > 1 else lists[0]
    members = f"select distinct {cell} as cell, unnest({everybody}) as person from {counted.table}"
    return f"select * from ({members}) where person is not null"


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
