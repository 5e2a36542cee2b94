"""A sheet of rows of cells as one relation of text: header rows, merged cells, footers, cells beside the header.

Whatever has rows of cells (workbooks of every kind, tables of pages) goes through here, so that they are read alike.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from contracts.model import Column, Dataset, LogicalType, Source
from lake.readers.diagnosis import rows_hint
from lake.readers.headers import match_headers
from lake.readers.landing import Landed
from lake.readers.number_formats import Cell, Moment, Shown, number_cell
from lake.readers.refusal import DeliveryRefused
from lake.readers.suspects import suspicion
from lake.readers.text_table import TextTable
from quality.conform import TOO_LONG, Delivered
from quality.moments import EXCEL_SERIAL

MERGED, REPEATED = "cell:merged", "structure:repeated_header"
ERROR, FORMULA = "cell:error", "cell:formula_without_value"
# So many rows are looked through for a header that is not where it should be.
_LOOKED = 20
TEMPORAL = {LogicalType.DATE, LogicalType.TIME, LogicalType.TIMESTAMP}
_ISO = {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%H:%M:%S"}


@dataclass(frozen=True)
class Row:
    """One row of a sheet: its number from 1, its cells from column A on, and what is wrong with which of them."""

    number: int
    cells: Sequence[Cell]
    faults: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether no cell shows anything."""
        return not self.faults and all(_is_blank(cell) for cell in self.cells)


@dataclass(frozen=True)
class Merge:
    """Merged cells, by the numbers of their first and last row (from 1) and column (from 0)."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass
class Sheet:
    """Where rows come from. `merges` may grow while rows are read, before the rows that they reach."""

    rows: Iterable[Row]
    merges: list[Merge] = field(default_factory=list)
    epoch_1904: bool = False


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """What a cell shows."""
    return "" if cell is None else cell.text if isinstance(cell, Moment) else cell


def read_grid(dataset: Dataset, landed: Landed, scratch: Path, sheet: Sheet) -> tuple[Delivered, int]:
    """The records of a sheet as a relation, and how many there are."""
    rows = body_rows(dataset.source, sheet)
    looked: list[Row] = []
    names, first = _header(dataset, landed, _seen(rows, looked), sheet)
    if dataset.source.header:
        try:
            positions, width = match_headers(dataset, landed.file.name, names), len(names)
        except DeliveryRefused as refusal:
            looked += islice(rows, _LOOKED)
            cells = {row.number: [text_of(cell) for cell in row.cells] for row in looked}
            raise refusal.because(rows_hint(dataset, cells)) from None
    else:
        positions, width = {one.name: place for place, one in enumerate(dataset.columns)}, len(dataset.columns)
    body = _Body(dataset, sheet, positions, names, width)
    with TextTable(dataset, scratch / f"{landed.batch}.parquet", list(positions)) as table:
        for row in (*first, *rows):
            body.add(table, row)
    if not dataset.source.header and table.rows and body.widest < width:
        what = f"the sheet has {body.widest} columns, the contract {width}"
        raise DeliveryRefused(dataset.id, landed.file.name, what, "as a whole", "Compare it with the contract.")
    return _suspected(dataset, table.delivered(), positions, names), table.rows


def has_records(dataset: Dataset, landed: Landed, sheet: Sheet) -> bool:
    """Whether another sheet has the contracted header too, and records below it."""
    if not dataset.source.header:
        return False
    rows = body_rows(dataset.source, sheet)
    try:
        names, first = _header(dataset, landed, rows, sheet)
        match_headers(dataset, landed.file.name, names)
    except DeliveryRefused:
        return False
    return bool(first) or next(rows, None) is not None


def _seen(rows: Iterator[Row], seen: list[Row]) -> Iterator[Row]:
    for row in rows:
        seen.append(row)
        yield row


def _suspected(dataset: Dataset, delivered: Delivered, positions: Mapping[str, int], names: Sequence[str]) -> Delivered:
    """The relation with records named that are none: a repeated header, a line of totals, a note."""
    ordered = sorted(positions, key=lambda name: positions[name])
    columns = {name: f'"c.{name}"' for name in ordered}
    headers = {name: names[place] for name, place in positions.items()} if names else {}
    why = f"coalesce(_structure, {suspicion(dataset, columns, headers)})"
    return replace(delivered, relation=f"(select * replace ({why} as _structure) from {delivered.relation})")


def body_rows(source: Source, sheet: Sheet) -> Iterator[Row]:
    """The rows that are not blank, after the skipped ones, without footers."""
    held: deque[Row] = deque()
    header = source.header_rows if source.header else 0
    footers = [_matcher(pattern) for pattern in source.footer]
    place = 0
    for row in sheet.rows:
        if row.number <= source.skip_rows or row.is_blank:
            continue
        place += 1
        if place > header and footers and _is_footer(row, footers):
            break
        held.append(row)
        if len(held) > source.footer_rows:
            yield held.popleft()


def _is_footer(row: Row, footers: Sequence[Callable[[str], bool]]) -> bool:
    first = next((text_of(cell).strip() for cell in row.cells if not _is_blank(cell)), "")
    return any(matches(first) for matches in footers)


def _matcher(pattern: str) -> Callable[[str], bool]:
    """Whether the whole of a text is what RE2 takes for a pattern."""
    whole = rf"\A(?:{pattern})\z"
    return lambda text: bool(pc.match_substring_regex(pa.array([text]), whole)[0].as_py())


def _header(dataset: Dataset, landed: Landed, rows: Iterator[Row], sheet: Sheet) -> tuple[list[str], list[Row]]:
    """The names of the columns from one or several rows, and the rows read on the way that are records."""
    if not dataset.source.header:
        return [], []
    first = next(rows, None)
    if first is None:
        raise DeliveryRefused(dataset.id, landed.file.name, "the sheet is empty", "row 1", "Ask for the file again.")
    last, found = first.number + dataset.source.header_rows - 1, [first]
    left: list[Row] = []
    if dataset.source.header_rows > 1:
        for row in rows:
            (found if row.number <= last else left).append(row)
            if row.number >= last:
                break
    lines = [[text_of(cell).strip() for cell in row.cells] for row in found]
    width = max((place for line in lines for place, text in enumerate(line, 1) if text), default=0)
    lines = [[*line, *[""] * width][:width] for line in lines]
    for line in lines[:-1]:
        _fill_right(line)
    names = [" ".join(dict.fromkeys(filter(None, parts))) for parts in zip(*lines, strict=True)]
    return names, left


def _fill_right(line: list[str]) -> None:
    for place in range(1, len(line)):
        line[place] = line[place] or line[place - 1]


class _Body:
    """Rows on their way to the table: which of their cells are taken, and what is wrong with their shape."""

    def __init__(
        self, dataset: Dataset, sheet: Sheet, positions: Mapping[str, int], names: Sequence[str], width: int
    ) -> None:
        self._fill = dataset.source.merged == "fill"
        self._sheet, self._width = sheet, width
        self._taken = list(positions.values())
        self._columns = [dataset.column(name) for name in positions]
        self._writers = [writer_of(column, epoch_1904=sheet.epoch_1904) for column in self._columns]
        self._names = [names[place] if names else "" for place in self._taken]
        self._active: list[tuple[Merge, Row | None]] = []
        self._next = 0
        self.widest = 0

    def add(self, table: TextTable, row: Row) -> None:
        """One record."""
        cells, faults = list(row.cells), dict(row.faults)
        if self._sheet.merges:
            self._merge(row, cells, faults)
        self.widest = max(self.widest, max((n for n, cell in enumerate(cells, 1) if not _is_blank(cell)), default=0))
        texts: list[str | None] = []
        fault = None
        for place, write in zip(self._taken, self._writers, strict=True):
            cell = cells[place] if place < len(cells) else None
            if place in faults:
                fault = fault or faults[place]
                texts.append(text_of(cell))
            elif cell is None:
                texts.append(None)
            else:
                text, wrong = write(cell)
                fault = fault or wrong
                texts.append(text)
        surplus = [text_of(cell) for cell in cells[self._width :] if not _is_blank(cell)]
        if surplus or any(place >= self._width for place in faults):
            fault = fault or TOO_LONG
        if self._names[0] and [(text or "").strip() for text in texts] == self._names:
            fault = fault or REPEATED
        table.add(texts, fault, "\t".join(surplus) or None)

    def _merge(self, row: Row, cells: list[Cell], faults: dict[int, str]) -> None:
        """Cells that lie under a merged one: filled with it where that is declared, else a fault."""
        if self._next == 0:
            self._sheet.merges.sort(key=lambda merge: merge.top)
        while self._next < len(self._sheet.merges) and self._sheet.merges[self._next].top <= row.number:
            merge = self._sheet.merges[self._next]
            self._active.append((merge, row if merge.top == row.number else None))
            self._next += 1
        self._active = [(merge, anchor) for merge, anchor in self._active if merge.bottom >= row.number]
        for merge, anchor in self._active:
            for place in self._taken:
                under = merge.left <= place <= merge.right and (row.number, place) != (merge.top, merge.left)
                if not under:
                    continue
                if not self._fill or anchor is None:
                    faults.setdefault(place, MERGED)
                    continue
                cells.extend([None] * (place + 1 - len(cells)))
                cells[place] = anchor.cells[merge.left] if merge.left < len(anchor.cells) else None
                if merge.left in anchor.faults:
                    faults[place] = anchor.faults[merge.left]


Write = Callable[[str | Moment], tuple[str, str | None]]


def writer_of(column: Column, *, epoch_1904: bool) -> Write:
    """How a column's cells become text: dates in a spelling that its element declares."""
    element = column.element
    if element.type not in TEMPORAL:
        return lambda cell: (cell if isinstance(cell, str) else cell.text, None)
    spellings = [spelling for spelling in element.formats if spelling.startswith("%")]
    serial = Shown({LogicalType.DATE: "date", LogicalType.TIME: "time"}.get(element.type, "datetime"))

    def write(cell: str | Moment) -> tuple[str, str | None]:
        if isinstance(cell, str):
            if EXCEL_SERIAL not in element.formats or not re.fullmatch(r"\d{1,7}(\.\d+)?", cell):
                return cell, None
            # The workbook knows from which day its serials count.
            found, fault = number_cell(cell, serial, epoch_1904=epoch_1904)
            if fault or not isinstance(found, Moment):
                return cell, fault
            cell = found
        return _spelled(cell, element.type, spellings), None

    return write


def _spelled(cell: Moment, kind: LogicalType, spellings: Sequence[str]) -> str:
    text = cell.text
    if kind is LogicalType.TIMESTAMP and len(text) >= len("2026-01-01"):
        text = cell.when.isoformat(" ")
    elif kind is LogicalType.DATE and text.endswith(" 00:00:00"):
        text = cell.when.date().isoformat()
    if not spellings or _ISO & set(spellings):
        return text
    spelled = cell.when.strftime(spellings[0])
    try:
        again = cell.when.strptime(spelled, spellings[0])
    except ValueError:
        return text
    return spelled if again == cell.when else text
