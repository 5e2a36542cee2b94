"""Rejected rows themselves, for whoever may see them: what each shows is cut in the engine, and each look is recorded.

The look is written into the ledger before the first row is read. The lake is opened for reading alone, beside a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from contracts.model import Column, Dataset
from contracts.sql_text import literal
from lake.attach import open_lake, quarantine_table
from lake.corrected import corrected_rows
from lake.quarantine.masking import WHOLE, masked
from lake.quarantine.sight import RowSight
from lake.quarantine.words import MISALIGNED
from lake.ready import Ready
from lake.settings import Settings
from lake.store import stored_batches, stored_deliveries
from sharing.ledger import Ledger

ACCESS = "access"


class NoLakeHere(LookupError):
    """Rows are asked for on a machine that has no lake: reasons and counts alone are known there."""

    def __init__(self, catalog: Path) -> None:
        self.catalog = catalog
        super().__init__(
            "the lake is not on this machine, and rejected rows lie there alone: ask on the machine that runs the city"
        )


@dataclass(frozen=True)
class Wanted:
    """Which rows: of a batch, of a reason ("": of all), those that nothing mended (`open`), and which of them."""

    dataset: Dataset
    batch: str = ""
    reason: str = ""
    open: bool = False
    limit: int = 50
    offset: int = 0

    @property
    def condition(self) -> str:
        """As SQL over `q` and `c`."""
        found = ["true"]
        if self.batch:
            found.append(f"q._batch = {literal(self.batch)}")
        if self.reason:
            found.append(f"list_contains(q._faults, {literal(self.reason)})")
        if self.open:
            found.append("c.righted is null")
        return " and ".join(found)


@dataclass(frozen=True)
class Found:
    """The rows that were asked for, as Arrow: batch, delivery, record, line, faults, corrected, surplus, whether cells
    may stand in another column's place, and each column's text as it may be shown. `total` counts all there are.
    """

    rows: pa.Table
    total: int


@contextmanager
def opened(settings: Settings, ready: Ready | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lake, for reading, in an engine of its own or one that is ready. Raises `NoLakeHere`."""
    if not settings.catalog.exists():
        raise NoLakeHere(settings.catalog)
    with ready.lake() if ready else open_lake(settings, read_only=True) as connection:
        yield connection


def look(settings: Settings, ledger: Ledger, wanted: Wanted, sight: RowSight, what: str = "rows") -> Found:
    """The rows that somebody asks for, as they may see them, once that is on the record. Raises `NoLakeHere`."""
    with opened(settings) as connection:
        return look_in(connection, (ledger, settings.clock.now()), wanted, sight, what)


def look_in(
    connection: duckdb.DuckDBPyConnection, record: tuple[Ledger, Any], wanted: Wanted, sight: RowSight, what: str
) -> Found:
    """As `look`, in a lake that is open."""
    source = _source(connection, wanted.dataset)
    counted = connection.execute(f"select count(*) from {source} where {wanted.condition}").fetchone()
    total = int(counted[0]) if counted else 0
    ledger, now = record
    shown = min(max(total - wanted.offset, 0), wanted.limit)
    ledger.append(ACCESS, _body(wanted, sight, what, shown), now)
    sql = (
        f"select {_shown(wanted.dataset, sight)} from {source} where {wanted.condition} "
        f"order by q._delivery, q._row, q._original limit {wanted.limit} offset {wanted.offset}"
    )
    return Found(connection.execute(sql).to_arrow_table(), total)


def _body(wanted: Wanted, sight: RowSight, what: str, rows: int) -> dict[str, Any]:
    told = {"reason": wanted.reason, "batch": wanted.batch}
    return {
        "subject": f"quarantine.{wanted.dataset.table}",
        "by": sight.name,
        "role": sight.role or "none",
        "what": what,
        "rows": rows,
        "level": str(sight.level or "none"),
        **{name: value for name, value in told.items() if value},
    }


def _source(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> str:
    batches = stored_batches(connection, dataset.id).get(dataset.id, [])
    right = corrected_rows(dataset, stored_deliveries(connection, dataset.id).get(dataset.id, []), batches)
    none = "select null::integer as number, null::bigint as _row, null::integer as righted where false"
    joined = "c.number = q._delivery and c._row = q._row"
    return f"{quarantine_table(dataset)} as q left join ({right or none}) as c on {joined}"


def _shown(dataset: Dataset, sight: RowSight) -> str:
    whole = sight.sees_misaligned(dataset)
    cells = [
        f"{_cell(column, sees=sight.sees(column), whole=whole)} as c{number}"
        for number, column in enumerate(dataset.columns)
    ]
    known = ", ".join(literal(name) for name in (*(column.name for column in dataset.columns), "line"))
    surplus = f"len(list_filter(json_keys(q._original), lambda one: one not in ({known}))) > 0"
    line = "try_cast(json_extract_string(q._original, '$.line') as bigint)"
    told = f"case when {surplus} then {literal(WHOLE)} end as surplus, {_ASTRAY} as astray"
    place = f"q._batch as batch, q._row as record, {line} as line"
    return f"{place}, q._faults as faults, c.righted is not null as corrected, {told}, {', '.join(cells)}"


_KINDS = ", ".join(literal(kind) for kind in MISALIGNED)
# Cells of such a row may each stand in another column's place, and so be of another level.
_ASTRAY = f"len(list_filter(q._faults, lambda one: split_part(one, ':', 1) in ({_KINDS}))) > 0"


def _cell(column: Column, *, sees: bool, whole: bool) -> str:
    """SQL for one cell as it may be shown; `whole` says that all columns of the row may be seen."""
    place = literal(f'$."{column.name}"')
    text = f"json_extract_string(q._original, {place})"
    if whole:
        return text
    hidden = f"case when {text} is null or {text} = '' then {text} else {literal(WHOLE)} end"
    return f"case when {_ASTRAY} then {hidden} else {text if sees else masked(text, column.mask)} end"
