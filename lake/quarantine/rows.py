"""Rejected rows themselves, for whoever may see them: what each shows is cut in the engine, and each look is recorded.

The look is written into the ledger before the first row is read. The lake is opened for reading alone, beside a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from contracts.model import Column, Dataset
from contracts.sql_text import literal
from lake.attach import open_lake, quarantine_table
from lake.corrected import corrected_rows
from lake.quarantine.book import QuarantineBook, Standing
from lake.quarantine.masking import WHOLE, masked
from lake.quarantine.sight import RowSight
from lake.quarantine.store import place_of_store
from lake.quarantine.words import ACROSS, MISALIGNED, breaking, columns_of, harmless, rules_of
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
    """Which rows: of a batch, of a reason ("": of all), those that are open (`Standing`), and which of them."""

    dataset: Dataset
    batch: str = ""
    reason: str = ""
    open: bool = False
    limit: int = 50
    offset: int = 0

    @property
    def condition(self) -> str:
        """As SQL over what `_source` gives."""
        found = ["true"]
        if self.batch:
            found.append(f"q._batch = {literal(self.batch)}")
        if self.reason:
            found.append(f"list_contains(q._faults, {literal(self.reason)})")
        if self.open:
            found.append("q.counts and c.righted is null")
        return " and ".join(found)


@dataclass(frozen=True)
class Found:
    """The rows that were asked for, as Arrow: batch, delivery, record, line, faults, whether it was corrected, whether
    its batch counts, surplus, whether cells may stand in another column's place, and each column's text as it may be
    shown. `total` counts all there are.
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
        book = QuarantineBook(ledger, place_of_store(settings))
        return look_in(connection, (book, settings.clock.now()), wanted, sight, what)


def look_in(
    connection: duckdb.DuckDBPyConnection,
    by: tuple[QuarantineBook, datetime],
    wanted: Wanted,
    sight: RowSight,
    what: str,
) -> Found:
    """As `look`, in a lake that is open; what is open the book says."""
    asked, total = _ask(connection, by, wanted, (sight, what))
    rows = connection.execute(f"select {_shown(wanted.dataset, sight)} from {asked}").to_arrow_table()
    return Found(rows, total)


def delivered_in(
    connection: duckdb.DuckDBPyConnection,
    by: tuple[QuarantineBook, datetime],
    wanted: Wanted,
    sight: RowSight,
    what: str,
) -> pa.Table:
    """The rows that were asked for as they were delivered (`t0`, …) and as cells are masked (`m0`, …), with `batch`,
    `record`, `line` and `faults`: to hold a workbook against, and to show nobody.
    """
    texts = [
        f"{original(column)} as t{number}, {masked(original(column), column.mask)} as m{number}"
        for number, column in enumerate(wanted.dataset.columns)
    ]
    asked, _ = _ask(connection, by, wanted, (sight, what))
    return connection.execute(f"select {_PLACE}, q._faults as faults, {', '.join(texts)} from {asked}").to_arrow_table()


def _ask(
    connection: duckdb.DuckDBPyConnection,
    by: tuple[QuarantineBook, datetime],
    wanted: Wanted,
    look: tuple[RowSight, str],
) -> tuple[str, int]:
    """From where to select, and how many rows there are in all, once it is on the record that somebody asks."""
    book, now = by
    source = _source(connection, wanted.dataset, book.standing(wanted.dataset))
    counted = connection.execute(f"select count(*) from {source} where {wanted.condition}").fetchone()
    total = int(counted[0]) if counted else 0
    book.ledger.append(ACCESS, _body(wanted, *look, min(max(total - wanted.offset, 0), wanted.limit)), now)
    order = f"order by q._delivery, q._row, q._original limit {wanted.limit} offset {wanted.offset}"
    return f"{source} where {wanted.condition} {order}", total


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


def _source(connection: duckdb.DuckDBPyConnection, dataset: Dataset, standing: Standing) -> str:
    batches = stored_batches(connection, dataset.id).get(dataset.id, [])
    right = corrected_rows(dataset, stored_deliveries(connection, dataset.id).get(dataset.id, []), batches)
    none = "select null::integer as number, null::bigint as _row, null::integer as righted where false"
    undone = [str(one.delivery) for one in batches if one.batch in standing.undone]
    stands = f"where righted not in ({', '.join(undone)})" if undone else ""
    counts = f"list_contains({_listed(standing.counting)}, _batch)"
    rows = f"(select *, {counts} as counts from {quarantine_table(dataset)}) as q"
    mended = f"(select * from ({right or none}) {stands}) as c"
    return f"{rows} left join {mended} on c.number = q._delivery and c._row = q._row"


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]::varchar[]"


_LINE = "try_cast(json_extract_string(q._original, '$.line') as bigint)"
_PLACE = f"q._batch as batch, q._row as record, {_LINE} as line"


def _shown(dataset: Dataset, sight: RowSight) -> str:
    whole, astray = sight.sees_misaligned(dataset), _astray(dataset)
    cells = [
        f"{_cell(dataset, column, astray, sees=sight.sees(column), whole=whole)} as c{number}"
        for number, column in enumerate(dataset.columns)
    ]
    known = ", ".join(literal(name) for name in (*(column.name for column in dataset.columns), "line"))
    surplus = f"len(list_filter(json_keys(q._original), lambda one: one not in ({known}))) > 0"
    told = f"case when {surplus} then {literal(WHOLE)} end as surplus, {astray} as astray"
    state = "c.righted is not null as corrected, q.counts as counts"
    return f"{_PLACE}, q._faults as faults, {state}, {told}, {', '.join(cells)}"


def original(column: Column) -> str:
    """SQL for what was delivered for a column."""
    place = literal(f'$."{column.name}"')
    return f"json_extract_string(q._original, {place})"


def _any(condition: str) -> str:
    return f"len(list_filter(q._faults, lambda one: {condition})) > 0"


def _astray(dataset: Dataset) -> str:
    """SQL: whether cells of a row may each stand in another column's place, and so be of another level.

    A reason that is none of the contract's, such as one of a rule that it had, says so of every cell.
    """
    kind, about = "split_part(one, ':', 1)", "split_part(one, ':', 2)"
    known = _listed(name for name in rules_of(dataset) if columns_of(dataset, name))
    named = f"list_contains({_listed(column.name for column in dataset.columns)}, {about})"
    unknown = f"{kind} <> {literal(ACROSS)} and not list_contains({known}, one) and not {named}"
    return _any(f"list_contains({_listed(MISALIGNED)}, {kind}) or ({unknown})")


def _broken(dataset: Dataset, column: Column) -> str:
    """SQL: whether a cell broke a rule of its own column, and may be what belongs into another."""
    by = f"list_contains({_listed(breaking(dataset, column))}, one)"
    said = f"split_part(one, ':', 2) = {literal(column.name)} and split_part(one, ':', 1) <> {literal(ACROSS)}"
    return _any(f"{by} or ({said} and not list_contains({_listed(harmless(dataset))}, one))")


def _cell(dataset: Dataset, column: Column, astray: str, *, sees: bool, whole: bool) -> str:
    """SQL for one cell as it may be shown; `whole` says that all columns of the row may be seen."""
    text = original(column)
    if whole:
        return text
    hidden = f"case when {text} is null or {text} = '' then {text} else {literal(WHOLE)} end"
    doubtful = f"{astray} or {_broken(dataset, column)}"
    return f"case when {doubtful} then {hidden} else {text if sees else masked(text, column.mask)} end"
