"""How many persons stand behind each row, each class of alike rows and each number: counts over a `Counted` table.

Lives here: the counting SQL. Must not live here: how persons are found (`persons.py`), whether that is enough (gates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb

from contracts.anonymity import Diversity, GroupEvidence
from contracts.model import Agreement, Level
from contracts.sql_text import identifier
from lineage.shadow.rewrite import Slot
from orchestration.share.persons import Counted


def groups(
    connection: duckdb.DuckDBPyConnection,
    counted: Counted,
    agreement: Agreement,
    minimum: int,
    told_apart_by: Sequence[str],
) -> GroupEvidence:
    """What there is to know of a product's groups. `told_apart_by` are the columns that may say whose a row is."""
    singles = bool(told_apart_by) and _one_person_each(connection, counted, told_apart_by)
    grouped = counted.shadow.grouped and not singles
    columns = _quasi_identifiers(counted, agreement)
    found = GroupEvidence(minimum, True, person_by_agreement=singles, grouped=grouped, quasi_identifiers=columns)
    found = replace(found, persons=_all(connection, counted))
    if counted.shadow.grouped:
        smallest, small = _rows(connection, counted, minimum)
        found = replace(found, smallest=smallest, small_rows=small, small_cells=_cells(connection, counted, minimum))
    if not grouped or agreement.quasi_identifiers is not None or agreement.l_diversity is not None:
        smallest, small, diversity = _classes(connection, counted, columns, minimum, agreement)
        found = replace(found, smallest_class=smallest, small_classes=small, diversity=diversity)
    return found


def _all(connection: duckdb.DuckDBPyConnection, counted: Counted) -> int:
    """The persons behind all rows, each once, whichever slot they stand in."""
    each = [each_person(counted.table, slot) for slot in counted.slots]
    told = f"select count(distinct person) filter (person <> '') from ({' union all '.join(each)})"
    return int(_one(connection, told)[0])


def each_person(table: str, slot: Slot) -> str:
    """SQL for the persons of one slot, one a row, as `person`."""
    name = identifier(slot.column)
    return f"select {f'unnest({name})' if slot.many else name} as person from {table}"


def smallest_row(connection: duckdb.DuckDBPyConnection, counted: Counted) -> int | None:
    """The number of persons of the smallest row; None where no row has any."""
    return _rows(connection, counted, 0)[0]


def of_row(slot: Slot) -> str:
    """SQL for the number of persons in one slot of one row; null where the slot is nobody's."""
    name = identifier(slot.column)
    if slot.many:
        return f"len(list_filter({name}, lambda x: x <> ''))"
    return f"case when {name} is not null then cast({name} <> '' as bigint) end"


def of_class(slot: Slot) -> str:
    """SQL for the number of persons in one slot of several rows."""
    name = identifier(slot.column)
    if slot.many:
        return f"len(list_filter(list_distinct(flatten(list({name}))), lambda x: x <> ''))"
    return f"case when count({name}) > 0 then count(distinct {name}) filter (where {name} <> '') end"


def _least(parts: Sequence[str]) -> str:
    """Of several slots the smallest: a crowd beside a single person hides nobody. Slots of nobody do not count."""
    return f"least({', '.join(parts)})" if len(parts) > 1 else parts[0]


def _rows(connection: duckdb.DuckDBPyConnection, counted: Counted, minimum: int) -> tuple[int | None, int]:
    persons = _least([of_row(slot) for slot in counted.slots])
    sql = f"select min(n), count(*) filter (n < {minimum}) from (select {persons} as n from {counted.table})"
    smallest, small = _one(connection, sql)
    return smallest, small


def _cells(connection: duckdb.DuckDBPyConnection, counted: Counted, minimum: int) -> int:
    """Numbers that count somebody, and too few. One that is not shown is none."""
    small = 0
    for name, output in counted.shadow.cells.items():
        shown = f"{of_row(Slot(name, '', True))} < {minimum} and {identifier(output)} is not null"
        small += _one(connection, f"select count(*) filter ({shown}) from {counted.table}")[0]
    return small


def _classes(
    connection: duckdb.DuckDBPyConnection, counted: Counted, columns: Sequence[str], minimum: int, agreement: Agreement
) -> tuple[int | None, int, tuple[Diversity, ...]]:
    wanted = agreement.l_diversity
    sensitive = wanted.columns if wanted else ()
    persons = _least([of_class(slot) for slot in counted.slots])
    varied = [f"count(distinct {identifier(name)}) as v{at}" for at, name in enumerate(sensitive)]
    by = f"group by {', '.join(map(identifier, columns))}" if columns else ""
    classes = f"select {', '.join([f'{persons} as n', *varied])} from {counted.table} {by}"
    least = wanted.at_least if wanted else 0
    asked = [f"min(v{at}), count(*) filter (v{at} < {least})" for at in range(len(sensitive))]
    row = _one(
        connection, f"select {', '.join(['min(n)', f'count(*) filter (n < {minimum})', *asked])} from ({classes})"
    )
    diversity = tuple(
        Diversity(name, least, int(row[2 + 2 * at] or 0), int(row[3 + 2 * at])) for at, name in enumerate(sensitive)
    )
    return row[0], row[1], diversity


def _one_person_each(connection: duckdb.DuckDBPyConnection, counted: Counted, columns: Sequence[str]) -> bool:
    """Whether each row, and each value of these columns, is one person's (of each slot)."""
    names = ", ".join(map(identifier, columns))
    inner = ", ".join(f"greatest({of_class(slot)}, {_widest(slot)}) as n{at}" for at, slot in enumerate(counted.slots))
    outer = ", ".join(f"max(n{at})" for at in range(len(counted.slots)))
    row = _one(connection, f"select {outer} from (select {inner} from {counted.table} group by {names})")
    return all(number is None or number <= 1 for number in row)


def _widest(slot: Slot) -> str:
    return f"max({of_row(slot)})"


def _quasi_identifiers(counted: Counted, agreement: Agreement) -> tuple[str, ...]:
    promised = [column.name for column in agreement.columns]
    sensitive = set(agreement.l_diversity.columns) if agreement.l_diversity else set()
    named = agreement.quasi_identifiers
    # What everybody may have is matched with whatever anybody has: no column of it is left out.
    if named is None or agreement.level_ceiling is Level.L1:
        named = tuple(name for name in promised if name not in sensitive)
    there = {name.lower(): name for name in counted.types}
    return tuple(there[name.lower()] for name in named if name.lower() in there)


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None  # an aggregate over all rows has one row
    return row
