"""How events and tickets go through their process, and which records may be shown as valid, on the day of asking.

Counts alone, over theme tables; whose rows they are is not told. What makes a state or a last day is the models' SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb

from contracts.clock import today
from contracts.model import Catalogue
from contracts.routing import Routing
from contracts.sql_text import identifier
from lake.attach import open_lake
from lake.city import NothingRunYet, declarations, expect_run
from lake.settings import Settings

NEEDED = ("state", "closed_at", "owner", "due_on", "closed_late", "repeated")
"""What the theme table of a process has."""

_RECORD = ("expires_on", "objection_state", "valid_through")

_WHOLE = """
select count(*) as cases, count(*) filter (state = 'in_order') as in_order,
    count(*) filter (closed_at is null) as open,
    count(*) filter (owner is null) as unrouted, count(*) filter (repeated) as repeated,
    count(*) filter (closed_late) as closed_late,
    count(*) filter (closed_at is null and due_on < $today) as overdue,
    count(*) filter (closed_at is null and due_on is null) as without_clock
from {table}
"""
_STATES = "select state, count(*) as cases from {table} group by state order by state"
_OWNERS = """
select owner, count(*) as cases, count(*) filter (closed_at is null) as open,
    count(*) filter (closed_at is null and due_on < $today) as overdue,
    count(*) filter (closed_late) as closed_late
from {table} where $today is not null group by owner order by overdue desc, owner nulls last
"""
_VALID = """
select count(*) as records, count(*) filter (valid_through >= $today) as valid,
    count(*) filter (expires_on < $today) as expired,
    count(*) filter (objection_state in ('raised', 'upheld')) as objected,
    count(*) filter (expires_on is null) as without_end
from {table}
"""


class NotAProcess(LookupError):
    """The theme table of a declared process has not the columns of one; `missing` are those."""

    def __init__(self, table: str, missing: tuple[str, ...]) -> None:
        self.table, self.missing = table, missing
        super().__init__(
            f"{table} lacks {', '.join(missing)}, which the table of a process has (docs/events.md): add them to its "
            "model, then run"
        )


def processes(settings: Settings) -> dict[str, Any]:
    """`processes`, one per file of contracts/routing, and `records`, one per theme table of what has an end and may be
    objected to; counted on `day`. Raises `NothingRunYet`, `NotAProcess`.
    """
    catalogue, day = declarations(settings), today(settings.clock)
    expect_run(settings)
    with open_lake(settings, read_only=True) as connection:
        columns = _theme(connection)
        if any(name not in columns for name in catalogue.routing):
            raise NothingRunYet(settings)
        return {
            "day": day.isoformat(),
            "processes": [_process(connection, one, columns, day) for one in catalogue.routing.values()],
            "records": [_records(connection, one, day) for one in _of_records(catalogue, columns)],
        }


def _process(
    connection: duckdb.DuckDBPyConnection, process: Routing, columns: Mapping[str, frozenset[str]], day: date
) -> dict[str, Any]:
    missing = tuple(name for name in NEEDED if name not in columns[process.name])
    if missing:
        raise NotAProcess(f"theme.{process.name}", missing)
    table = f"lake.theme.{identifier(process.name)}"
    whole = _rows(connection, _WHOLE.format(table=table), {"today": day})[0]
    states = {str(row["state"]): row["cases"] for row in _rows(connection, _STATES.format(table=table), {})}
    # What broke the order and was never closed is open, and no ended case: it is in no way in order.
    ended = sum(n for name, n in states.items() if not name.startswith("open_"))
    return {
        "process": process.name,
        "title": {"zh": process.title_zh, "en": process.title_en},
        **whole,
        "conformance": round(whole["in_order"] / ended, 4) if ended else None,
        "violations": {name: n for name, n in states.items() if name != "in_order" and not name.startswith("open_")},
        "open_by_state": {name: n for name, n in states.items() if name.startswith("open_")},
        "owners": _rows(connection, _OWNERS.format(table=table), {"today": day}),
    }


def _of_records(catalogue: Catalogue, columns: Mapping[str, frozenset[str]]) -> list[str]:
    declared = {name for domain in catalogue.domains.values() for name in domain.rules}
    return sorted(name for name in declared if columns.get(name, frozenset()) >= frozenset(_RECORD))


def _records(connection: duckdb.DuckDBPyConnection, name: str, day: date) -> dict[str, Any]:
    table = f"lake.theme.{identifier(name)}"
    return {"table": f"theme.{name}", **_rows(connection, _VALID.format(table=table), {"today": day})[0]}


def _theme(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """Theme table -> its columns."""
    rows = connection.execute(
        "select table_name, list(column_name) from information_schema.columns "
        "where table_catalog = 'lake' and table_schema = 'theme' group by table_name"
    ).fetchall()
    return {str(name): frozenset(map(str, columns)) for name, columns in rows}


def _rows(connection: duckdb.DuckDBPyConnection, query: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, given)
    names = [str(one[0]) for one in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
