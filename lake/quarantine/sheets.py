"""The rows of a workbook that somebody gave back, as a stream and within bounds: what it costs is counted before it is
held, and nothing is made of what it says of its own size. What its rows mean is `returned.py`'s.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from contracts.model import Dataset
from lake.readers.grid import Merge, Row
from lake.readers.number_formats import PRECISION, Cell
from lake.readers.refusal import DeliveryRefused
from lake.readers.safe_xml import Handler, Source, XmlFault, parse
from lake.readers.xlsx import Book, Cells, RawCell, SharedTexts, column_number
from lake.scratch import own_folder

MOST_BYTES, MOST_ROWS = 20 << 20, 50_000
_MOST_LEADING, _MOST_UNPACKED = 8 << 20, 100 << 20
_MOST_SHEETS, _MOST_CELLS, _MOST_TEXT, _LONGEST = 1_000, 2_000_000, 64 << 20, 1 << 16
_MOST_MERGES, _MOST_AT_ONCE = 50_000, 1_000
_DIGITS = 15
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, LookupError)
_UNREADABLE = (*_DAMAGED, XmlFault, DeliveryRefused, ValueError, ArithmeticError)


class WorkbookRefused(ValueError):
    """What was given back is no workbook that can be read; `what` says why, and quotes nothing of it."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what}. Give back the xlsx file that was exported, with the correction columns filled in")


@dataclass(frozen=True)
class Line:
    """One row with a value: its number, cells from column A on, what is wrong with which, and which lie under another
    cell that they are merged with.
    """

    number: int
    cells: Sequence[Cell]
    wrong: Mapping[int, str]
    under: frozenset[int] = frozenset()
    epoch_1904: bool = False


class _Budget:
    """What a workbook may still cost. Every refusal is a `WorkbookRefused`."""

    def __init__(self) -> None:
        self.bytes, self._cells, self._text = _MOST_LEADING, _MOST_CELLS, _MOST_TEXT

    def unpacked(self, size: int) -> None:
        self.bytes -= size
        if self.bytes < 0:
            raise WorkbookRefused(f"it unpacks to more than {_MOST_UNPACKED >> 20} MB")

    def cells(self, count: int = 1) -> None:
        self._cells -= count
        if self._cells < 0:
            raise WorkbookRefused(f"it has more than {_MOST_CELLS:,} cells")

    def text(self, size: int) -> None:
        self._text -= size
        if size > _LONGEST or self._text < 0:
            raise WorkbookRefused("its cells hold more text than those of an exported workbook can")


class _Counted:
    """A part, counted while it is unpacked."""

    def __init__(self, packed: Source, budget: _Budget) -> None:
        self._packed, self._budget = packed, budget

    def read(self, size: int, /) -> bytes:
        block = self._packed.read(size)
        self._budget.unpacked(len(block))
        return block


class _Book(Book):
    """A workbook of which every part is counted, however often it is opened."""

    def __init__(self, dataset: Dataset, file: Path, stack: ExitStack, budget: _Budget) -> None:
        self._budget = budget
        super().__init__(dataset, file, stack)
        if len(self.sheets) > _MOST_SHEETS:
            raise WorkbookRefused(f"it has more than {_MOST_SHEETS:,} sheets")
        budget.bytes = _MOST_UNPACKED

    def open(self, part: str) -> Source:
        """A part."""
        return _Counted(self._stack.enter_context(self._archive.open(self._names[part.lower()])), self._budget)


class _Counting(Cells):
    """Cells that are counted; a number of more digits than numbers hold is told as one that lost some."""

    def __init__(self, texts: SharedTexts, book: _Book, budget: _Budget) -> None:
        super().__init__(texts, book.shown, epoch_1904=book.epoch_1904)
        self._budget = budget

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in {"c", "row"}:
            self._budget.cells()
        super().start(name, attributes)

    def read(self, cell: RawCell) -> tuple[Cell, str | None]:
        value, fault = super().read(cell)
        if value is not None:
            # Places that are passed over on the way to a cell are held, too.
            self._budget.cells(max(cell.place - len(self._cells), 0))
        if isinstance(value, str):
            self._budget.text(len(value))
            if cell.kind == "n" and len(value.lstrip("-")) > _DIGITS and value.lstrip("-").isdigit():
                return value, fault or PRECISION
        return value, fault


class _Merges(Handler):
    """The merged cells of a sheet, which stand behind its rows."""

    def __init__(self) -> None:
        self.found: list[Merge] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name != "mergeCell":
            return
        if len(self.found) == _MOST_MERGES:
            raise WorkbookRefused(f"it has more than {_MOST_MERGES:,} merged cells")
        ends = [_place(end) for end in attributes.get("ref", "").replace("$", "").split(":")]
        (top, left), (bottom, right) = ends[0], ends[-1]
        self.found.append(Merge(top, bottom, left, right))


def _place(reference: str) -> tuple[int, int]:
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :]), column_number(letters)


def sheets_of(data: bytes, dataset: Dataset, scratch: Path) -> Iterator[tuple[str, Iterator[Line]]]:
    """Each sheet by its name, with its rows in order; each is to be read before the next. Raises `WorkbookRefused`."""
    if len(data) > MOST_BYTES:
        raise WorkbookRefused(f"it has more than {MOST_BYTES >> 20} MB")
    own_folder(scratch)
    budget = _Budget()
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="returned-", dir=scratch)))
            file = folder / "returned.xlsx"
            file.write_bytes(data)
            book = _Book(dataset, file, stack, budget)
            texts = stack.enter_context(SharedTexts(book, folder / "texts"))
            for named, part in zip(book.sheets, book.parts, strict=True):
                yield named.name, _lines(book, part, texts, budget)
    except WorkbookRefused:
        raise
    except _UNREADABLE:
        raise WorkbookRefused("it is no readable xlsx workbook") from None


def _lines(book: _Book, part: str, texts: SharedTexts, budget: _Budget) -> Iterator[Line]:
    gathered = _Merges()
    try:
        for _ in parse(book.open(part), gathered):
            pass
        waiting = sorted(gathered.found, key=lambda one: one.top, reverse=True)
        active: list[Merge] = []
        for row in _Counting(texts, book, budget).rows(book.open(part)):
            while waiting and waiting[-1].top <= row.number:
                active.append(waiting.pop())
            active = [one for one in active if one.bottom >= row.number]
            if len(active) > _MOST_AT_ONCE:
                raise WorkbookRefused("its merged cells lie over one another")
            if not row.is_blank:
                yield Line(row.number, row.cells, row.faults, _under(row, active, budget), book.epoch_1904)
    except WorkbookRefused:
        raise
    except _UNREADABLE:
        raise WorkbookRefused("it is no readable xlsx workbook") from None


def _under(row: Row, active: Sequence[Merge], budget: _Budget) -> frozenset[int]:
    """The columns whose cell is merged with another that holds the value; a merge may reach beyond any column."""
    found = set[int]()
    for one in active:
        places = range(one.left, min(one.right, one.left + _MOST_AT_ONCE) + 1)
        budget.cells(len(places))
        found.update(place for place in places if (row.number, place) != (one.top, one.left))
    return frozenset(found)
