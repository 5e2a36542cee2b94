"""One sheet of an xlsx or xlsm workbook, cell by cell as its XML has it (ECMA-376).

The sheet is read as a stream; texts that cells share lie in a file of the run.
"""

from __future__ import annotations

import mmap
import posixpath
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.model import Dataset
from lake.readers.grid import ERROR, FORMULA, Merge, Row, Sheet, has_records, read_grid
from lake.readers.landing import Landed
from lake.readers.number_formats import NO_DATE, UNREADABLE, Cell, Shown, builtin, moment, number_cell, shown_by
from lake.readers.packed import Limit
from lake.readers.parquet import unreadable
from lake.readers.refusal import DeliveryRefused
from lake.readers.safe_xml import Handler, Source, XmlFault, parse
from lake.readers.sheet_count import count_sheet_rows
from lake.readers.sheets import Named, chosen_sheet, refuse_twins
from lake.readers.zip_gaps import refuse_forgotten
from quality.conform import Delivered

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)
_UNREADABLE = (*_DAMAGED, KeyError, IndexError, ValueError)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_AGAIN = "Ask for the file again."
_WORKSHEET = "/worksheet"
_LAST_COLUMN = 16_384
_TRUTHS = {"1": "TRUE", "true": "TRUE", "0": "FALSE", "false": "FALSE"}


def read_xlsx(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """One sheet of an xlsx workbook; `member` names the sheet, else it is the first that is visible."""
    part = "a part"
    try:
        with ExitStack() as stack:
            book = Book(dataset, landed.file, stack)
            named = chosen_sheet(dataset, landed.file.name, "xlsx workbook", book.sheets)
            part = book.parts[named.place]
            texts = stack.enter_context(SharedTexts(book, scratch / f"{landed.batch}.texts"))

            def rows(of: str) -> Iterator[Row]:
                return Cells(texts, book.shown, epoch_1904=book.epoch_1904).rows(book.open(of))

            def is_twin(other: Named) -> bool:
                return has_records(dataset, landed, Sheet(rows(book.parts[other.place])))

            refuse_twins(dataset, landed.file.name, "sheets", named, book.sheets, is_twin)
            sheet = Sheet(rows(part), book.merges(part), book.epoch_1904)
            delivered, _ = read_grid(dataset, landed, scratch, sheet)
            return delivered, count_sheet_rows(dataset.source, landed.file, part)
    except XmlFault as fault:
        what = f"the file is no readable xlsx workbook: {fault.what}"
        raise DeliveryRefused(
            dataset.id, landed.file.name, what, f"line {fault.line} of {part}", "Ask again."
        ) from None
    except _UNREADABLE:
        raise unreadable(dataset, landed, f"xlsx workbook with a sheet {dataset.source.member or 1!r}") from None


def count_xlsx(dataset: Dataset, file: Path) -> int:
    """The records of the sheet that is meant, over the bytes of its part."""
    with ExitStack() as stack:
        book = Book(dataset, file, stack)
        named = chosen_sheet(dataset, file.name, "xlsx workbook", book.sheets)
        return count_sheet_rows(dataset.source, file, book.parts[named.place])


class _Gathering(Handler):
    """The attributes of the elements of some names, in order."""

    def __init__(self, *names: str) -> None:
        self._names = set(names)
        self.found: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in self._names:
            self.found.append((name, attributes))


class Book:
    """The parts of a workbook that lead to its sheets: relations, sheets, epoch, number formats."""

    def __init__(self, dataset: Dataset, file: Path, stack: ExitStack) -> None:
        self._archive = stack.enter_context(zipfile.ZipFile(file))
        refuse_forgotten(dataset, file, self._archive)
        self._stack, self._dataset, self._file = stack, dataset, file
        self._names = {name.lower(): name for name in self._archive.namelist()}
        main = next(iter(self._related("", "/officeDocument").values()), "xl/workbook.xml")
        found = self._gather(main, "sheet", "workbookPr")
        self.epoch_1904 = any(a.get("date1904") in {"1", "true", "on"} for name, a in found if name == "workbookPr")
        sheets = [attributes for name, attributes in found if name == "sheet"]
        related = self._related(main, _WORKSHEET)
        known = [(a, related[a["id"]]) for a in sheets if a.get("id") in related]
        self.parts = [part for _, part in known]
        self.sheets = [
            Named(n, attributes.get("name", ""), attributes.get("state", "visible") == "visible")
            for n, (attributes, _) in enumerate(known)
        ]
        self.shown = self._formats(main)
        self.texts = next(iter(self._related(main, "/sharedStrings").values()), "")

    def open(self, part: str) -> Source:
        """A part, counted while it is unpacked."""
        opened = self._stack.enter_context(self._archive.open(self._names[part.lower()]))
        return Limit(self._dataset, self._file.name, self._file.stat().st_size).counted(opened)

    def has(self, part: str) -> bool:
        """Whether there is such a part."""
        return part.lower() in self._names

    def _gather(self, part: str, *names: str) -> list[tuple[str, dict[str, str]]]:
        gathering = _Gathering(*names)
        for _ in parse(self.open(part), gathering):
            pass
        return gathering.found

    def _related(self, part: str, kind: str) -> dict[str, str]:
        """Relation -> part, for the relations of one kind."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(relations):
            return {}
        return {
            a.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, a.get("Target", ""))).lstrip("/")
            for _, a in self._gather(relations, "Relationship")
            if a.get("Type", "").endswith(kind)
        }

    def _formats(self, main: str) -> list[Shown]:
        part = next(iter(self._related(main, "/styles").values()), "")
        if not part:
            return []
        styles = _Styles()
        for _ in parse(self.open(part), styles):
            pass
        return [shown_by(styles.codes.get(number) or builtin(number)) for number in styles.used]

    def merges(self, part: str) -> list[Merge]:
        """The merged cells of a sheet, which stand behind its rows."""
        found = []
        for _, attributes in self._gather(part, "mergeCell"):
            ends = _REFERENCE.findall(attributes.get("ref", ""))
            if len(ends) == 2:
                (left, top), (right, bottom) = ends
                found.append(Merge(int(top), int(bottom), column_number(left), column_number(right)))
        return found


class _Styles(Handler):
    """Format codes by number, and the number that each style of cells uses."""

    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.used: list[int] = []
        self._of_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.codes[int(attributes.get("numFmtId", 0))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            self.used.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._of_cells = False


def column_number(letters: str) -> int:
    """A column's number from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(number: int) -> str:
    """A column's letters: 0 is A, 26 is AA."""
    letters, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


class _Texts(Handler):
    """Shared texts one after another, without what says how they are pronounced."""

    def __init__(self) -> None:
        self.ready: list[str] = []
        self._parts: list[str] = []
        self._open, self._aside = False, 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":
            self._aside += 1
        elif name == "t":
            self._open = not self._aside

    def end(self, name: str) -> None:
        if name == "si":
            self.ready.append(_unescaped("".join(self._parts)))
        elif name == "rPh":
            self._aside -= 1
        elif name == "t":
            self._open = False

    def text(self, text: str) -> None:
        if self._open:
            self._parts.append(text)


class SharedTexts:
    """The texts that cells share, in a file and looked up by place: they may be most of a workbook."""

    def __init__(self, book: Book, file: Path) -> None:
        self._offsets, self._file = array("Q", [0]), file
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as target:
            texts = _Texts()
            for _ in parse(book.open(book.texts), texts) if book.texts and book.has(book.texts) else ():
                for text in texts.ready:
                    raw = text.encode("utf-8", "surrogatepass")
                    target.write(raw)
                    self._offsets.append(self._offsets[-1] + len(raw))
                texts.ready = []

    def __enter__(self) -> SharedTexts:
        self._opened = self._file.open("rb")
        self._map = mmap.mmap(self._opened.fileno(), 0, access=mmap.ACCESS_READ) if self._offsets[-1] else b""
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self._map, mmap.mmap):
            self._map.close()
        self._opened.close()

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self._offsets) - 1:
            raise XmlFault("a cell refers to a text that is not there", 1)
        return self._map[self._offsets[place] : self._offsets[place + 1]].decode("utf-8", "replace")


@dataclass
class RawCell:
    """A cell while it is read."""

    place: int
    kind: str
    style: int
    value: str | None = None
    formula: str | None = None


class Cells(Handler):
    """The rows of a sheet, as a stream: no more of it is in memory than one row and a block of the file."""

    def __init__(self, texts: SharedTexts, shown: list[Shown], *, epoch_1904: bool) -> None:
        self._texts, self._shown, self._epoch_1904 = texts, shown, epoch_1904
        self._general = shown_by("General")
        self._ready: list[Row] = []
        self._number, self._place = 0, -1
        self._cells: list[Cell] = []
        self._faults: dict[int, str] = {}
        self._cell: RawCell | None = None
        self._into, self._aside = "", 0
        self._letters: dict[str, int] = {}

    def rows(self, source: Source) -> Iterator[Row]:
        """Each row that has cells, in order."""
        last = 0
        for _ in parse(source, self):
            for row in self._ready:
                if row.number <= last:
                    raise XmlFault(f"its rows are not in order: row {row.number} stands behind row {last}", 1)
                last = row.number
                yield row
            self._ready = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "c":
            reference = attributes.get("r")
            self._place = self._column(reference) if reference else self._place + 1
            self._cell = RawCell(self._place, attributes.get("t", "n"), int(attributes.get("s", 0)))
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._cells, self._faults, self._place = [], {}, -1
        elif self._cell is not None:
            if name in {"v", "f"}:
                self._into = name
                if name == "f":
                    self._cell.formula = ""
                else:
                    self._cell.value = ""
            elif name == "rPh":
                self._aside += 1
            elif name == "t" and not self._aside:
                self._into = "t"
                self._cell.value = self._cell.value or ""

    def end(self, name: str) -> None:
        """An element ends: a cell or a row is whole."""
        if name == "c" and self._cell is not None:
            self._take(self._cell)
            self._cell = None
        elif name == "row":
            if self._cells:
                self._ready.append(Row(self._number, self._cells, self._faults))
        elif name == "rPh":
            self._aside -= 1
        elif name in {"v", "f", "t"}:
            self._into = ""

    def text(self, text: str) -> None:
        """Text of a value or a formula."""
        if not self._into or self._cell is None:
            return
        if self._into == "f":
            self._cell.formula = (self._cell.formula or "") + text
        else:
            self._cell.value = (self._cell.value or "") + text

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if letters not in self._letters:
            found = _REFERENCE.fullmatch(reference)
            if not found or column_number(found.group(1)) >= _LAST_COLUMN:
                raise XmlFault("a cell stands in a column that does not exist", 1)
            self._letters[letters] = column_number(found.group(1))
        return self._letters[letters]

    def _take(self, cell: RawCell) -> None:
        value, fault = self.read(cell)
        if value is None and fault is None:
            return
        if cell.place < len(self._cells):
            what = "two cells of a row stand in one place, or are not in order"
            raise XmlFault(f"{what}: row {self._number}, cell {column_letters(cell.place)}{self._number}", 1)
        self._cells.extend([None] * (cell.place - len(self._cells)))
        self._cells.append(value)
        if fault:
            self._faults[cell.place] = fault

    def read(self, cell: RawCell) -> tuple[Cell, str | None]:
        """What a cell shows, and the name of what is wrong with it."""
        value = cell.value
        if cell.kind == "e":
            return value or "#", ERROR
        if value is None or (value == "" and cell.kind != "str"):
            return (f"={cell.formula}", FORMULA) if cell.formula is not None else (None, None)
        if cell.kind == "s":
            return self._texts[int(value)], None
        if cell.kind in {"str", "inlineStr"}:
            return _unescaped(value), None
        if cell.kind == "b":
            truth = _TRUTHS.get(value.strip())
            return (truth, None) if truth else (value, UNREADABLE)
        if cell.kind == "d":
            return _iso_date(value)
        if cell.kind != "n":
            return value, UNREADABLE
        shown = self._shown[cell.style] if 0 <= cell.style < len(self._shown) else self._general
        return number_cell(value.strip(), shown, epoch_1904=self._epoch_1904)


def _iso_date(value: str) -> tuple[Cell, str | None]:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return value, NO_DATE
    if when.tzinfo:
        return value, NO_DATE
    return moment(when, with_time="T" in value), None
