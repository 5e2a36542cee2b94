"""One sheet of an OpenDocument spreadsheet (ods), cell by cell as its XML has it (ODF 1.3, part 3)."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from contracts.model import Dataset
from lake.readers.grid import ERROR, FORMULA, Merge, Row, Sheet, has_records, read_grid
from lake.readers.landing import Landed
from lake.readers.number_formats import NO_DATE, Cell, Moment, Shown, moment, number_cell
from lake.readers.packed import Limit
from lake.readers.parquet import unreadable
from lake.readers.refusal import DeliveryRefused
from lake.readers.safe_xml import Handler, Source, XmlFault, parse
from lake.readers.second_library import count_by_calamine
from lake.readers.sheets import Named, chosen_sheet, refuse_twins
from lake.readers.zip_gaps import refuse_forgotten
from quality.conform import Delivered

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, KeyError, ValueError, OSError)
_TIME = re.compile(r"PT(\d+)H(\d+)M(\d+(?:[.,]\d+)?)S")
_WIDEST, _MOST_REPEATED = 16_384, 65_536
_ASIDE = {"annotation", "rubi-text", "ruby-text"}
_SHOWN = {"percentage": Shown("percent"), "float": Shown("number"), "currency": Shown("number")}


def read_ods(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """One sheet of an ods workbook; `member` names the sheet, else it is the first that is visible."""
    try:
        with ExitStack() as stack:
            named = _sheets(_content(dataset, landed, stack))
            chosen = chosen_sheet(dataset, landed.file.name, "ods workbook", named)
            refuse_twins(
                dataset,
                landed.file.name,
                "sheets",
                chosen,
                named,
                lambda other: has_records(
                    dataset, landed, Sheet(_Cells(other.place).rows(_content(dataset, landed, stack)))
                ),
            )
            cells = _Cells(chosen.place)
            sheet = Sheet(cells.rows(_content(dataset, landed, stack)), cells.merges)
            delivered, _ = read_grid(dataset, landed, scratch, sheet)
            return delivered, count_by_calamine(dataset.source, landed.file, chosen.name)
    except XmlFault as fault:
        what = f"the file is no readable ods workbook: {fault.what}"
        place, fix = f"line {fault.line} of its content", "Ask for it again, without a password."
        raise DeliveryRefused(dataset.id, landed.file.name, what, place, fix) from None
    except _DAMAGED:
        raise unreadable(dataset, landed, "ods workbook") from None


def _content(dataset: Dataset, landed: Landed, stack: ExitStack) -> Source:
    archive = stack.enter_context(zipfile.ZipFile(landed.file))
    refuse_forgotten(dataset, landed.file, archive)
    limit = Limit(dataset, landed.file.name, landed.bytes)
    return limit.counted(stack.enter_context(archive.open("content.xml")))


def _sheets(content: Source) -> list[Named]:
    found = _Tables()
    for _ in parse(content, found):
        pass
    return [Named(n, name, style not in found.hidden) for n, (name, style) in enumerate(found.tables)]


class _Tables(Handler):
    """The sheets of a document, and the styles that hide one."""

    def __init__(self) -> None:
        self.tables: list[tuple[str, str]] = []
        self.hidden: set[str] = set()
        self._style, self._depth = "", 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self._style = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            self.hidden.add(self._style)
        elif name == "table":
            if self._depth == 0:
                self.tables.append((attributes.get("name", ""), attributes.get("style-name", "")))
            self._depth += 1

    def end(self, name: str) -> None:
        self._depth -= name == "table"


class _Cells(Handler):
    """The rows of one sheet of a document."""

    def __init__(self, place: int) -> None:
        self._wanted, self._table, self._depth = place, -1, 0
        self.merges: list[Merge] = []
        self._ready: list[Row] = []
        self._number, self._repeat_row = 0, 1
        self._cells: list[Cell] = []
        self._faults: dict[int, str] = {}
        self._cell: dict[str, str] | None = None
        self._texts: list[str] = []
        self._paragraphs, self._aside, self._in_text = 0, 0, 0

    def rows(self, content: Source) -> Iterator[Row]:
        """Each row, in order."""
        for _ in parse(content, self):
            yield from self._ready
            self._ready = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._table += self._depth == 0
            self._depth += 1
        if self._depth != 1 or self._table != self._wanted:
            return
        if name == "table-row":
            self._cells, self._faults = [], {}
            self._repeat_row = int(attributes.get("number-rows-repeated", 1))
        elif name in {"table-cell", "covered-table-cell"}:
            self._cell, self._texts, self._paragraphs = attributes, [], 0
        elif self._cell is not None:
            self._mark(name, attributes)

    def _mark(self, name: str, attributes: dict[str, str]) -> None:
        if name in _ASIDE:
            self._aside += 1
        elif self._aside:
            return
        elif name in {"p", "h"}:
            self._texts.append("\n" if self._paragraphs else "")
            self._paragraphs += 1
            self._in_text += 1
        elif name == "s":
            self._texts.append(" " * min(int(attributes.get("c", 1)), 1000))
        elif name in {"tab", "line-break"}:
            self._texts.append("\t" if name == "tab" else "\n")

    def end(self, name: str) -> None:
        if name == "table":
            self._depth -= 1
        if self._depth != 1 or self._table != self._wanted:
            return
        if name in _ASIDE:
            self._aside -= 1
        elif name in {"p", "h"} and not self._aside:
            self._in_text -= 1
        elif name in {"table-cell", "covered-table-cell"} and self._cell is not None:
            self._take(self._cell)
            self._cell = None
        elif name == "table-row":
            self._end_row()

    def text(self, text: str) -> None:
        if self._cell is not None and self._in_text and not self._aside:
            self._texts.append(text)

    def _end_row(self) -> None:
        row = Row(self._number + 1, self._cells, self._faults)
        if not row.is_blank:
            if self._repeat_row > _MOST_REPEATED:
                raise XmlFault("a row with content is repeated without end", 1)
            self._ready += [Row(self._number + n, self._cells, self._faults) for n in range(1, self._repeat_row + 1)]
        self._number += self._repeat_row

    def _take(self, attributes: dict[str, str]) -> None:
        value, fault = _read(attributes, "".join(self._texts))
        place, times = len(self._cells), int(attributes.get("number-columns-repeated", 1))
        down, right = int(attributes.get("number-rows-spanned", 1)), int(attributes.get("number-columns-spanned", 1))
        if down > 1 or right > 1:
            self.merges.append(Merge(self._number + 1, self._number + down, place, place + right - 1))
        if (value is not None or fault) and place + times > _WIDEST:
            raise XmlFault("a cell with content is repeated without end", 1)
        times = min(times, max(0, _WIDEST - place))
        self._cells += [value] * times
        if fault:
            self._faults |= dict.fromkeys(range(place, place + times), fault)


def _read(attributes: dict[str, str], text: str) -> tuple[Cell, str | None]:
    kind, value = attributes.get("value-type", ""), attributes.get("value", "")
    computed = attributes.get("formula")
    if computed is not None and re.match(r"#[A-Z/0]+[!?]?|Err:\d+", text):
        return text, ERROR
    if kind in _SHOWN:
        return number_cell(value, _SHOWN[kind], epoch_1904=False)
    if kind == "boolean":
        return attributes.get("boolean-value", "").upper(), None
    if kind == "date":
        return _date(attributes.get("date-value", ""))
    if kind == "time":
        return _time(attributes.get("time-value", ""))
    if kind == "error":
        return text or "#", ERROR
    if kind == "string" or text:
        return attributes.get("string-value", text), None
    return (f"={computed}", FORMULA) if computed is not None else (None, None)


def _date(value: str) -> tuple[Cell, str | None]:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return value, NO_DATE
    return (value, NO_DATE) if when.tzinfo else (moment(when, with_time="T" in value), None)


def _time(value: str) -> tuple[Cell, str | None]:
    found = _TIME.fullmatch(value)
    if not found:
        return value, NO_DATE
    hours, minutes, seconds = int(found[1]), int(found[2]), float(found[3].replace(",", "."))
    if hours > 23:
        return f"{hours:02d}:{minutes:02d}:{found[3].replace(',', '.')}", None
    when = datetime(1900, 1, 1, hours, minutes, int(seconds), round(seconds % 1 * 1_000_000))
    return Moment(when.time().isoformat(), when), None
