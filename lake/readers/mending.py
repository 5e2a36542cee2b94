"""A canonical copy of a text that a parser may not be trusted with: LF, marks of one byte, one record per record.

Sound records are copied, records of another dialect are written anew, and every line of a doubtful stretch becomes a
placeholder: a record whose first cell is a mark that the text does not have, the kind, the line and the text. So
whatever was delivered has its row, and the rows their numbers. What the contract says is no record (title, comment,
footer, other tables) is left out. Nothing is judged here beyond what the bytes show.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from contracts.model import Dataset
from lake.readers.diagnosis import joined
from lake.readers.dialect import Dialect, dialect_of, written_as
from lake.readers.parity import Shape
from lake.readers.refusal import DeliveryRefused
from lake.readers.selecting import FooterIsAll, Table, doubted, selected, split_at
from lake.readers.tokens import QUOTE, QUOTE_OPEN, Blank, Doubt, LineTooLong, Record, Run, Token, Tokens

AGAIN = "Ask for the file again."
# A line that a parser takes without being told.
USUAL = 2_000_000
_NUL_SHOWN = b"\\x00"


@dataclass(frozen=True)
class Marks:
    """The marks of a canonical copy: one byte each, none of which a cell of the text needs. `mark` begins placeholders
    and is no part of the text; neither is `delimiter` where the text's own has several bytes.
    """

    delimiter: bytes
    quote: bytes
    mark: bytes


@dataclass
class Surplus:
    """What is known of cells beyond the header that hold nothing: the widths of the first records that have them,
    whether any record is of the header's own width, and whether any such ends in an empty cell; of the wider ones,
    whether any has `blanks` there, and `holes`, which are empty cells further left.

    Where a last cell may be empty, an empty surplus may be a delimiter too many further left: then all after it stand
    in another's column.
    """

    by: deque[int] = field(default_factory=lambda: deque(maxlen=2))
    exact: bool = False
    empty_last: bool = False
    blanks: bool = False
    holes: bool = False
    uneven: bool = False

    def wider(self, cells: Sequence[bytes], width: int) -> None:
        """A record whose cells beyond the width hold nothing."""
        self.uneven = self.uneven or bool(self.by and self.by[-1] != len(cells))
        self.by.append(len(cells))
        self.blanks = self.blanks or any(cells[width:])
        self.holes = self.holes or not all(cell.strip() for cell in cells[:width])

    @property
    def harmless(self) -> bool:
        """Whether an empty surplus shifts nothing: last cells are never empty, or all records have the same."""
        if self.exact:
            return not (self.empty_last or self.blanks or self.holes)
        return not self.uneven and (len(self.by) > 1 or not self.holes)


@dataclass
class Mended:
    """A canonical copy without its header: the delivered names (None where the text has none), the cells of a record,
    the first line of each kind of doubt, and the cells of a last record that has no line end. `long` says that
    a line is longer than `USUAL`.
    """

    file: Path
    marks: Marks
    header: list[str] | None = None
    header_rows: list[list[str]] = field(default_factory=list)
    width: int = 1
    long: bool = False
    doubts: dict[str, int] = field(default_factory=dict)
    unended: int | None = None
    surplus: Surplus = field(default_factory=Surplus)


def mend(dataset: Dataset, name: str, text: Path, shape: Shape, marks: Marks, copy: Path) -> Mended:
    """The canonical copy of a UTF-8 text. Raises `DeliveryRefused` where the header cannot be told, or a line has no
    end.
    """
    source = dataset.source
    dialect = dialect_of(source, shape)
    selects = bool(source.footer or source.footer_rows or source.table)
    try:
        with text.open("rb") as delivered, copy.open("wb") as target:
            tokens = Tokens(delivered, dialect, escaped=shape.escaped, runs=not selects)
            tokens.skip_lines(source.skip_rows)
            mended = Mended(copy, marks)
            _Head(dataset, name, tokens, mended).read()
            writer = _Writer(target, dialect, mended)
            table = Table(dataset, dialect, mended.width, mended.header or (), mended.header_rows)
            hollow = shape.hollow or len(dialect.delimiter) > 1 or dialect.end == "CR"
            for token in _without_first_halves(selected(tokens, table, hollow=hollow), dialect, mended):
                writer.write(token)
            if tokens.begun and QUOTE_OPEN in mended.doubts:
                mended.unended = tokens.begun
    except LineTooLong as error:
        what = "a line is longer than 16 MiB"
        raise DeliveryRefused(dataset.id, name, what, f"line {error.line}", AGAIN) from None
    except FooterIsAll as error:
        what = f"the patterns of footer take all there is: {error.lines} lines, and no record above them"
        fix = "Correct servers.footer in the contract, or declare may_be_empty."
        raise DeliveryRefused(dataset.id, name, what, "as a whole", fix) from None
    return mended


@dataclass
class _Head:
    """What stands before the first record."""

    dataset: Dataset
    name: str
    tokens: Tokens
    mended: Mended
    line: bytes = b""

    def read(self) -> None:
        """Take the names, and tell the tokens how wide a record is."""
        source = self.dataset.source
        for _ in range((source.table or 1) - 1):
            self._pass_table()
        if source.header:
            rows = [self._row() for _ in range(source.header_rows)]
            self.tokens.header = self.line
            self.mended.header_rows, self.mended.header = rows, joined(rows)
        if written_as(source) == "fixed":
            self.mended.width = 1
        else:
            self.mended.width = len(self.mended.header or self.dataset.columns)
        self.tokens.of_width(self.mended.width)

    def _row(self) -> list[str]:
        line = self.tokens.line
        token = self.tokens.record()
        while self.dataset.source.table and token and _is_blank(token):
            token = self.tokens.record()
        if isinstance(token, Record):
            cells = [cell.decode("utf-8", "replace") for cell in token.cells]
            self.line = self.dataset.source.delimiter.encode().join(token.raw)
            return split_at(cells[0], self.dataset.source.widths) if self.dataset.source.widths else cells
        if token is None:
            what, fix, skipped = "there is no header line", AGAIN, self.dataset.source.skip_rows
            if skipped:
                what = f"there is no header line after the {skipped} lines that the contract passes over"
                fix = "Correct servers.skip_rows in the contract, or ask for the file again."
            raise DeliveryRefused(self.dataset.id, self.name, what, f"line {line}", fix)
        kind = token.kind if isinstance(token, Doubt) else ""
        what = f"the header cannot be told: {said_of(kind)}"
        raise DeliveryRefused(self.dataset.id, self.name, what, f"line {line}", AGAIN)

    def _pass_table(self) -> None:
        begun = False
        for token in self.tokens:
            blank = _is_blank(token)
            if begun and blank:
                return
            begun = begun or not blank
        what = f"there is no table {self.dataset.source.table}: tables are divided by blank lines, or delimiters alone"
        raise DeliveryRefused(self.dataset.id, self.name, what, "end of file", "Correct servers.table in the contract.")


def _is_blank(token: Token) -> bool:
    """Whether a line has nothing in it, or delimiters only."""
    return isinstance(token, Blank) or (isinstance(token, Record) and not any(cell.strip() for cell in token.cells))


def said_of(kind: str) -> str:
    """A kind of doubt in words."""
    return _WORDS.get(kind, "it is not as the contract says")


_WORDS = {
    "structure:quote": "a quote is opened or closed inside a cell",
    "structure:quote_never_closed": "a quote is opened and never closed",
    "structure:quote_holds_records": "a quote holds lines that look like records",
    "structure:line_end": "a line end (CR, LF) stands where the other lines have none",
    "structure:delimiter": "more signs of the delimiter stand in a row than a number of delimiters have",
    "structure:second_table": "a blank line, and behind it what is like no record before: declare table",
    "structure:nul": "a NUL stands in it",
    "structure:escape": "backslashes stand where an escape character would: declare escape (\"\\\\\", or '' for text)",
}


def _without_first_halves(tokens: Iterable[Token], dialect: Dialect, mended: Mended) -> Iterator[Token]:
    """The tokens, what stands before a line that only closes a quote in doubt with it, back over lines that are no
    whole record, to the one in which the quote that was lost may have been opened.
    """
    held: list[Token] = []
    for token in tokens:
        if held and isinstance(token, Doubt) and _is_second_half(token, dialect, mended.width):
            for one in held:
                yield from doubted(one, QUOTE, dialect)
            held = []
        if isinstance(token, Run):
            head, token = _split_tail(token, dialect, mended.width)
            if head is not None:
                yield from held
                yield head
                held = []
        if len(held) >= _MOST_HELD or not (held and _is_short(token, dialect, mended.width)):
            yield from held
            held = []
        held.append(token)
    yield from held


def _split_tail(run: Run, dialect: Dialect, width: int) -> tuple[Run | None, Run]:
    """A run before its last whole record, and from that on; the lines behind it may be the rest of a quoted cell."""
    newline = b"\r" if dialect.end == "CR" else b"\n"
    end, cut = len(run.text), 0
    for _ in range(_MOST_HELD):
        cut = run.text.rfind(newline, 0, max(end - 2, 0)) + 1
        # A return and the newline after it are one end.
        cut += run.text.startswith(b"\n", cut)
        if cut == 0 or run.text.count(dialect.delimiter, cut, end) >= width - 1 or not dialect.delimiter:
            break
        end = cut
    if cut == 0:
        return None, run
    return Run(run.text[:cut], run.line), Run(run.text[cut:], run.line + run.text.count(newline, 0, cut))


def _is_short(token: Token, dialect: Dialect, width: int) -> bool:
    """Whether all that a token holds are lines with fewer cells than a record."""
    if isinstance(token, Record):
        return len(token.cells) < width
    if isinstance(token, Run) and dialect.delimiter:
        newline = b"\r" if dialect.end == "CR" else b"\n"
        lines = token.text.rstrip(b"\r\n").split(newline)
        return all(line.count(dialect.delimiter) < width - 1 for line in lines)
    return False


def _is_second_half(doubt: Doubt, dialect: Dialect, width: int) -> bool:
    short = doubt.text.count(dialect.delimiter) < width - 1 if dialect.delimiter else False
    return doubt.kind == QUOTE and short


# So many lines a lost quote is looked for behind.
_MOST_HELD = 64


@dataclass
class _Writer:
    """Writes tokens as records of the canonical copy."""

    target: BinaryIO
    dialect: Dialect
    mended: Mended

    def __post_init__(self) -> None:
        marks = self.mended.marks
        self._special = re.compile(b"[\r\n" + re.escape(marks.quote) + re.escape(marks.delimiter) + b"]")
        self._empty_last = re.compile(re.escape(self.dialect.delimiter) + rb"[ \t]*+[\r\n]")
        self._same = self.dialect.delimiter in {b"", marks.delimiter}
        self._ends = re.compile(rb"\r\n?+" if self.dialect.end == "CR" else rb"\r++\n")

    def write(self, token: Token) -> None:
        """One token; blank lines are no records."""
        match token:
            case Run():
                self._put(self._run(token.text), is_run=True)
                self.mended.unended = None
            case Record():
                self._put(self._record(token))
                self.mended.unended = None if token.ended else len(token.cells)
            case Doubt():
                self.mended.doubts.setdefault(token.kind, token.line)
                self._put(self._placeholder(token))
                self.mended.unended = None

    def _put(self, text: bytes, *, is_run: bool = False) -> None:
        # A parser's line is a record, whatever lines are in it.
        if len(text) > USUAL and (not is_run or _has_long_line(text)):
            self.mended.long = True
        self.target.write(text)

    def _run(self, text: bytes) -> bytes:
        surplus = self.mended.surplus
        surplus.exact = True
        surplus.empty_last = surplus.empty_last or bool(self._empty_last.search(text))
        if b"\r" in text:
            text = self._ends.sub(b"\n", text)
        return text if self._same else text.replace(self.dialect.delimiter, self.mended.marks.delimiter)

    def _record(self, record: Record) -> bytes:
        width, surplus = self.mended.width, self.mended.surplus
        cells = list(record.cells[:width])
        if any(cell.strip() for cell in record.cells[width:]):
            cells.append(self.dialect.delimiter.join(record.raw[width:]))
        elif record.cells[width:]:
            surplus.wider(record.cells, width)
            cells.append(self.mended.marks.mark + b"+")
        else:
            surplus.exact, surplus.empty_last = True, surplus.empty_last or not record.cells[-1].strip()
        # A cell without text alone would be a blank line.
        line = self.mended.marks.delimiter.join(map(self._cell, cells)) or self.mended.marks.quote * 2
        return line + b"\n"

    def _cell(self, value: bytes) -> bytes:
        quote = self.mended.marks.quote
        if not self._special.search(value):
            return value
        return quote + value.replace(quote, quote * 2) + quote

    def _placeholder(self, doubt: Doubt) -> bytes:
        mark = self.mended.marks.mark
        text = doubt.text.replace(b"\0", _NUL_SHOWN)
        cell = mark + mark.join((doubt.kind.encode(), str(doubt.line).encode(), text))
        return self._cell(cell) + b"\n"


def _has_long_line(text: bytes) -> bool:
    place = 0
    while place + USUAL < len(text):
        newline = text.rfind(b"\n", place, place + USUAL)
        if newline < 0:
            return True
        place = newline + 1
    return False
