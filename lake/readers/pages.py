"""One table of an HTML page, as many systems export a "workbook"; `member` is its number from 1, or its id.

Read as a stream by Python's own parser; tables within cells are text of their cell.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from contracts.model import Dataset
from lake.readers.diagnosis import encoding_hint, head_of
from lake.readers.grid import Merge, Row, Sheet, has_records, read_grid
from lake.readers.json_lines import NESTED
from lake.readers.kinds import kind_hint
from lake.readers.landing import Landed
from lake.readers.markup_count import count_page_rows
from lake.readers.refusal import DeliveryRefused
from lake.readers.sheets import Named, refuse_twins
from quality.conform import Delivered

_BLOCK = 1 << 16
_MOST_SPAN = 65_536
# What begins on a line of its own: words on its two sides are two.
_BREAKS = {
    *("br", "hr", "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "pre", "blockquote", "address", "center", "form"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer", "main", "nav", "aside", "figure"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "fieldset", "legend", "option", "figcaption"),
}
_HIDDEN = {"script", "style", "template"}
_CELLS, _GROUPS = {"td", "th"}, {"tr", "thead", "tbody", "tfoot"}
_VOID = {"br", "hr", "img", "input", "col", "wbr", "area", "embed", "link", "meta", "base", "source", "track"}
_NOT_SHOWN = re.compile(r"(^|;)\s*display\s*:\s*none\b", re.IGNORECASE)


def read_html(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """A table of a page; the first that has rows where `member` names none."""
    member = dataset.source.member
    page = _Page(member)
    sheet = Sheet(page.rows(page_text(dataset, landed.file)), page.merges)
    try:
        delivered, _ = read_grid(dataset, landed, scratch, sheet)
        _refuse_twins(dataset, landed, page)
    except DeliveryRefused as refusal:
        if page.entered:
            tables = _tables(dataset, landed)
            several = f"the page has {tables} tables, and this is said of one: declare servers.member, its number or id"
            raise refusal.because(
                several if member is None and tables > 1 and "member" not in refusal.fix else ""
            ) from None
        what = f"the page has no table {member or 1!r}, but {page.tables} tables"
        raise DeliveryRefused(
            dataset.id, landed.file.name, what, "tables", "Correct servers.format or member in the contract."
        ).because(kind_hint(landed.file, "html")) from refusal
    return delivered, count_page_rows(dataset.source, "".join(page_text(dataset, landed.file)))


def _tables(dataset: Dataset, landed: Landed) -> int:
    page = _Page("0")
    for _ in page.rows(page_text(dataset, landed.file)):
        pass
    return page.tables


def _refuse_twins(dataset: Dataset, landed: Landed, page: _Page) -> None:
    def is_twin(other: Named) -> bool:
        rows = _Page(other.name, named=False).rows(page_text(dataset, landed.file))
        return has_records(dataset, landed, Sheet(rows))

    tables = [Named(n, str(n), visible=True) for n in range(1, page.tables + 1)]
    if dataset.source.member is None and len(tables) > 1:
        refuse_twins(dataset, landed.file.name, "tables", tables[page.entered - 1], tables, is_twin)


def page_text(dataset: Dataset, file: Path) -> Iterator[str]:
    """The text of a page, in blocks. Raises `DeliveryRefused` where it is not in the declared encoding."""
    decoder = codecs.getincrementaldecoder(dataset.source.encoding)("strict")
    with file.open("rb") as source:
        try:
            while block := source.read(_BLOCK):
                yield decoder.decode(block)
            yield decoder.decode(b"", final=True)
        except UnicodeError:
            what = f"the bytes are not {dataset.source.encoding}"
            fix = "Declare the encoding it is written in (servers.encoding)."
            raise DeliveryRefused(dataset.id, file.name, what, "as a whole", fix).because(
                encoding_hint(dataset.source, head_of(file))
            ) from None


class _Page(HTMLParser):
    """The rows of one table of a page. Cells and rows that are not closed end where the next begin."""

    def __init__(self, member: str | None, *, named: bool = True) -> None:
        super().__init__(convert_charrefs=True)
        self._member = member
        self.tables, self.entered, self.merges = 0, 0, list[Merge]()
        self._named = named
        self._depth, self._done = 0, False
        self._hidden, self._within, self._inner = "", 0, 0  # the hidden element, how deep in it, and tables in it
        self._nested, self._faults = False, dict[int, str]()
        self._ready: list[Row] = []
        self._number = 0
        self._row: dict[int, str] | None = None
        self._place = 0
        self._taken: dict[int, int] = {}  # column -> the last row that a cell from above reaches down to
        self._cell: list[str] | None = None

    def rows(self, blocks: Iterator[str]) -> Iterator[Row]:
        """Each row, in order."""
        for block in blocks:
            self.feed(block)
            yield from self._ready
            self._ready = []
        self.close()
        self._end_row()
        yield from self._ready

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "table":
            self.tables += 1
        named = self._named and tag == "table" and self._member is not None and self._is_wanted(attributes)
        if not named and (self._goes_on_hidden(tag) or self._begins_hidden(tag, attributes)):
            return
        if self._cell is not None and tag in _BREAKS:
            self._cell.append("\n")
        if tag == "table":
            if self._depth:
                self._nested = True
                self._depth += 1
            elif not self._done and self._is_wanted(attributes):
                self._depth, self.entered = 1, self.tables
        elif self._depth == 1 and tag == "tr":
            self._end_row()
            self._number += 1
            self._row, self._place = {}, 0
        elif self._depth == 1 and tag in {"td", "th"}:
            self._begin_cell(attributes)

    def _begins_hidden(self, tag: str, attributes: dict[str, str]) -> bool:
        """Whether an element that a person does not see begins: all within it is left out."""
        hidden = tag in _HIDDEN or "hidden" in attributes or _NOT_SHOWN.search(attributes.get("style", ""))
        if not hidden or tag in _VOID:
            return False
        if self._depth == 1 and tag in _GROUPS:
            self._end_row()
        elif self._depth == 1 and tag in _CELLS:
            self._end_cell()
        self._hidden, self._within, self._inner = tag, 1, 0
        return True

    def _goes_on_hidden(self, tag: str) -> bool:
        """Whether what begins lies in a hidden element; cells and rows that are not closed end where the next begin."""
        if not self._hidden:
            return False
        ended = tag in _GROUPS if self._hidden in _GROUPS else tag in _CELLS | _GROUPS
        if self._hidden in {"tr", *_CELLS} and ended and not self._inner:
            self._hidden = ""
            return False
        self._within += tag == self._hidden
        self._inner += tag == "table"
        return True

    def _ends_hidden(self, tag: str) -> bool:
        """Whether what ends is, or lies in, a hidden element."""
        if not self._hidden:
            return False
        outer = tag == "table" or (self._hidden in _CELLS and tag in _GROUPS)
        if self._hidden in _GROUPS | _CELLS and outer and not self._inner and tag != self._hidden:
            self._hidden = ""
            return False
        self._inner -= tag == "table" and self._inner > 0
        self._within -= tag == self._hidden
        if not self._within:
            self._hidden = ""
        return True

    def _is_wanted(self, attributes: dict[str, str]) -> bool:
        if self._member is None:
            return True
        return self._member == attributes.get("id") or self._member == str(self.tables)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._end_cell()
        if self._row is None:
            self._number += 1
            self._row, self._place = {}, 0
        while self._taken.get(self._place, 0) >= self._number:
            self._place += 1
        down, right = _span(attributes.get("rowspan")), _span(attributes.get("colspan"))
        if down > 1 or right > 1:
            self.merges.append(Merge(self._number, self._number + down - 1, self._place, self._place + right - 1))
        for place in range(self._place, self._place + right):
            self._taken[place] = self._number + down - 1
        self._column, self._place = self._place, self._place + right
        self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if self._ends_hidden(tag):
            return
        if self._cell is not None and tag in _BREAKS:
            self._cell.append("\n")
        if tag == "table" and self._depth:
            self._depth -= 1
            if self._depth == 0:
                self._end_row()
                # Without a name, the first table that has rows is meant: pages are laid out by tables, too.
                self._done = self._number > 0 or self._member is not None
        elif self._depth == 1 and tag == "tr":
            self._end_row()
        elif self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self._row is not None:
            lines = [" ".join(line.split()) for line in "".join(self._cell).split("\n")]
            self._row[self._column] = "\n".join(filter(None, lines))
            if self._nested:
                self._faults[self._column] = NESTED
        self._cell, self._nested = None, False

    def _end_row(self) -> None:
        self._end_cell()
        if self._row:
            cells = [self._row.get(place) for place in range(max(self._row) + 1)]
            self._ready.append(Row(self._number, cells, self._faults))
        self._row, self._faults = None, {}


def _span(value: str | None) -> int:
    return min(max(int(value), 1), _MOST_SPAN) if value and value.strip().isdigit() else 1
