"""What a product tells beside what its recipient has already: earlier releases of it, and sibling products.

Lives here: the comparing SQL. Siblings are compared by the persons of equal groups, releases by the numbers in their
files, since whose they were is not kept. Must not live here: finding persons (`persons.py`), the verdict (a gate).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import duckdb

from contracts.anonymity import Difference
from contracts.sql_text import identifier, literal
from lineage.shadow.rewrite import Slot
from orchestration.share.groups import of_row
from orchestration.share.persons import Counted

_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)

# One group alone moves by some number; two that move by the same are the least that can be told from chance.
_ALIKE = 2

Origins = Mapping[str, frozenset[str]]
"""A group-by column -> what it comes from: columns of delivered tables, as texts. Without those that come from none."""


@dataclass(frozen=True)
class Shape:
    """A product's columns with their types, the `keys` of its groups, its numbers that are the `persons` of each row,
    and whether all its numbers are `rounded`."""

    columns: Mapping[str, str]
    keys: Sequence[str]
    persons: frozenset[str]
    rounded: bool = False


class Earlier(NamedTuple):
    """A release that stands: its files, and its numbers that were the persons of each row when it was released."""

    release: str
    files: Sequence[Path]
    persons: frozenset[str]


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


def shape_of(
    connection: duckdb.DuckDBPyConnection, counted: Counted, names: Collection[str], minimum: int, base: int | None
) -> Shape:
    """The columns of a product as releases are compared by them, from its rows with their persons.

    A number says how many moved only if it is the persons that the platform counted, row by row; a base is believed
    only if it hides as many as a group must have, and every number is a multiple of it and less than it from the
    persons: a count times ten is a multiple of ten, too.
    """
    columns = {name: kind for name, kind in counted.types.items() if name in names}
    keys = [name for name in counted.shadow.keys or () if name in columns]
    whole = [name for name, kind in columns.items() if name not in keys and kind in _WHOLE]
    persons = frozenset(name for name in whole if _off(connection, counted, name, 1) == 0)
    rounded = (
        base is not None
        and base >= minimum
        and bool(whole)
        and len(whole) + len(keys) == len(columns)
        and all(_off(connection, counted, name, base, base) == 0 for name in whole)
    )
    return Shape(columns, keys, persons, rounded)


def _off(connection: duckdb.DuckDBPyConnection, counted: Counted, name: str, within: int, base: int = 1) -> int:
    """The rows whose number is no multiple of the base, or is not within so many of the persons of any one slot."""
    own = [cell for cell, output in counted.shadow.cells.items() if output.lower() == name.lower()]
    slots = [Slot(cell, "", True) for cell in own] or list(counted.slots)
    number = identifier(name)
    off = [
        f"count(*) filter ({number} is not null and ({number} % {base} <> 0 or "
        f"abs({number}::hugeint - coalesce({of_row(slot)}, 0)) >= {within}))"
        for slot in slots
    ]
    row = connection.execute(f"select least({', '.join([*off, *off[:1]])}) from {counted.table}").fetchone()
    return int(row[0]) if row else 1


def of_releases(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    earlier: Sequence[Earlier],
    shape: Shape,
    minimum: int,
) -> Iterator[Difference]:
    """The candidate's files beside those of each earlier release, oldest first.

    A cell whose numbers moved by less than the minimum, or in which something moved and no count of persons says by how
    many, is small; unless the numbers are rounded to a base of at least the minimum. Nothing can be said of numbers
    that all moved alike, nor where most groups of the release just before are not found again.
    """
    if shape.rounded:
        return
    now = _read(files)
    for at, (release, its_files, its_persons) in enumerate(earlier, 1):
        then = _read(its_files)
        there = {name: kind for name, kind, *_ in connection.execute(f"describe from {then}").fetchall()}
        if there == dict(shape.columns) and _same_rows(connection, now, then, there):
            yield Difference(release, "release", _rows(connection, then), 0)
            continue
        found = _matched(connection, now, then, shape, there)
        if found is None or (at == len(earlier) and 2 * found.matched < found.least):
            why = f"{found.matched} of {found.least} groups are found again" if found else "its groups have other keys"
            yield Difference(release, "release", found.matched if found else 0, None, why, unmatched=True)
            continue
        shared = {name: kind for name, kind in shape.columns.items() if there.get(name) == kind}
        moved = _moved_alike(connection, now, then, shape, shared)
        if moved:
            why = f"{moved} differs in most of its {found.matched} groups by one and the same shift or factor"
            yield Difference(release, "release", found.matched, None, why, unmatched=True)
            continue
        row = connection.execute(_compared(now, then, shape, shared, its_persons, minimum)).fetchone()
        cells, small = row or (0, None)
        yield Difference(release, "release", cells, small)


def _same_rows(connection: duckdb.DuckDBPyConnection, now: str, then: str, columns: Iterable[str]) -> bool:
    """Whether two releases are one table, so that nothing is left of one less the other."""
    names = ", ".join(map(identifier, columns))
    beyond = f"select count(*) from (select {names} from {now} except all select {names} from {then})"
    row = connection.execute(beyond).fetchone()
    return row is not None and row[0] == 0 and _rows(connection, now) == _rows(connection, then)


def _rows(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    row = connection.execute(f"select count(*) from {source}").fetchone()
    return int(row[0]) if row else 0


class _Matched(NamedTuple):
    """How many groups two releases share, and how many the one with fewer has."""

    matched: int
    least: int


def _matched(
    connection: duckdb.DuckDBPyConnection, now: str, then: str, shape: Shape, there: Mapping[str, str]
) -> _Matched | None:
    """None where the earlier release is not grouped by the same keys."""
    if any(there.get(name) != shape.columns[name] for name in shape.keys):
        return None
    keys = ", ".join(map(identifier, shape.keys)) or "1"
    row = connection.execute(
        f"select (select count(*) from {now} as a join {then} as b on {_same(shape.keys)}), "
        f"(select count(*) from {now}), (select count(*) from {then}), "
        f"(select count(*) from (select distinct {keys} from {then}))"
    ).fetchone()
    assert row is not None  # an aggregate over all rows has one row
    matched, mine, its, distinct = row
    return _Matched(matched, min(mine, its)) if its == distinct else None


def _moved_alike(
    connection: duckdb.DuckDBPyConnection, now: str, then: str, shape: Shape, shared: Mapping[str, str]
) -> str:
    """The first number that most groups have moved by one shift or factor; few persons more or less hide in that."""
    for name, kind in shared.items():
        if name in shape.keys or kind not in _WHOLE:
            continue
        a, b = f"a.{identifier(name)}::hugeint", f"b.{identifier(name)}::hugeint"
        row = connection.execute(
            f"""with pairs as (select {a} - {b} as shift, {a} / nullif({b}, 0)::double as factor
              from {now} as a join {then} as b on {_same(shape.keys)} where {a} is not null and {b} is not null)
            select count(*), max(shifts), max(factors) from (select
              count(*) filter (shift <> 0) over (partition by shift) as shifts,
              count(*) filter (factor <> 1) over (partition by factor) as factors from pairs)"""
        ).fetchone()
        cells, shifts, factors = row or (0, 0, 0)
        if cells and max(shifts, factors) >= _ALIKE and 2 * max(shifts, factors) > cells:
            return name
    return ""


def _same(keys: Sequence[str]) -> str:
    return " and ".join(f"a.{identifier(name)} is not distinct from b.{identifier(name)}" for name in keys) or "true"


def _compared(
    now: str, then: str, shape: Shape, shared: Mapping[str, str], persons: frozenset[str], minimum: int
) -> str:
    names = [name for name in shared if name not in shape.keys]
    numbers = [name for name in names if name in shape.persons & persons]
    moves = [f"coalesce(abs(a.{identifier(n)}::hugeint - b.{identifier(n)}::hugeint), 0)" for n in numbers]
    little = [f"({move} between 1 and {minimum - 1})" for move in moves]
    changed = [f"a.{identifier(n)} is distinct from b.{identifier(n)}" for n in names if n not in numbers]
    enough = " or ".join(f"{move} >= {minimum}" for move in moves) or "false"
    unsaid = f"(({' or '.join(changed)}) and not ({enough}))"
    small = " or ".join([*little, *([unsaid] if changed else [])]) or "false"
    return f"select count(*), count(*) filter ({small}) from {now} as a join {then} as b on {_same(shape.keys)}"


def _read(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in files)}])"
