"""One table of an HTML page, as many systems export a "workbook"; `member` is its number from 1, or its id.

Read as a stream by Python's own parser; tables within cells are text of their cell.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from contracts.model import Dataset
from lake.readers.diagnosis import encoding_hint, head_of
from lake.readers.grid import Merge, Row, Sheet, read_grid
from lake.readers.kinds import kind_hint
from lake.readers.landing import Landed
from lake.readers.markup_count import count_page_rows
from lake.readers.refusal import DeliveryRefused
from quality.conform import Delivered

_BLOCK = 1 << 16
_MOST_SPAN = 65_536
_BREAKS = {"br", "p", "div", "li"}
_HIDDEN = {"script", "style", "template"}


def read_html(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """A table of a page; the first that has rows where `member` names none."""
    member = dataset.source.member
    page = _Page(member)
    sheet = Sheet(page.rows(page_text(dataset, landed.file)), page.merges)
    try:
        delivered, _ = read_grid(dataset, landed, scratch, sheet)
    except DeliveryRefused as refusal:
        if page.entered:
            raise
        what = f"the page has no table {member or 1!r}, but {page.tables} tables"
        raise DeliveryRefused(
            dataset.id, landed.file.name, what, "tables", "Correct servers.format or member in the contract."
        ).because(kind_hint(landed.file, "html")) from refusal
    return delivered, count_page_rows(dataset.source, "".join(page_text(dataset, landed.file)))


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

    def __init__(self, member: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self._member = member
        self.tables, self.entered, self.merges = 0, False, list[Merge]()
        self._depth, self._done, self._quiet = 0, False, 0
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
        if tag in _HIDDEN:
            self._quiet += 1
        if tag == "table":
            self.tables += 1
            if self._depth:
                self._depth += 1
            elif not self._done and self._is_wanted(attributes):
                self._depth, self.entered = 1, True
        elif self._depth == 1 and tag == "tr":
            self._end_row()
            self._number += 1
            self._row, self._place = {}, 0
        elif self._depth == 1 and tag in {"td", "th"}:
            self._begin_cell(attributes)
        elif self._cell is not None and tag in _BREAKS and self._cell:
            self._cell.append("\n")

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
        if tag in _HIDDEN:
            self._quiet = max(0, self._quiet - 1)
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
        if self._cell is not None and not self._quiet:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self._row is not None:
            lines = [" ".join(line.split()) for line in "".join(self._cell).split("\n")]
            self._row[self._column] = "\n".join(filter(None, lines))
        self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row:
            cells = [self._row.get(place) for place in range(max(self._row) + 1)]
            self._ready.append(Row(self._number, cells))
        self._row = None


def _span(value: str | None) -> int:
    return min(max(int(value), 1), _MOST_SPAN) if value and value.strip().isdigit() else 1
