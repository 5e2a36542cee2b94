"""A text taken apart into records, from its bytes, in one bounded pass: sound ones in runs, doubtful ones line by line.

A compiled expression matches as many sound records at once as there are, so that only what stands out costs a step of
its own. Nothing is repaired here, and no byte is passed over: each is in a run, a record, a doubt or a blank line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from lake.readers.dialect import Dialect

QUOTE = "structure:quote"
QUOTE_OPEN = "structure:quote_never_closed"
QUOTE_HOLDS_RECORDS = "structure:quote_holds_records"
LINE_END = "structure:line_end"
NUL = "structure:nul"
ESCAPE = "structure:escape"
DELIMITER = "structure:delimiter"

# A record or a cell may be this long; what is longer is not held in memory.
LONGEST = 16 << 20
_CHUNK = 4 << 20
# What an expression may look ahead.
_AHEAD = 16
_BOM = b"\xef\xbb\xbf"
_DOS_END = b"\x1a"
_BACKSLASH = b"\\"
_NOTHING = b"\\N"
_TWO = 2


class LineTooLong(Exception):
    """A physical line that is longer than `LONGEST`, beginning in `line`."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"line {line}")


@dataclass(frozen=True)
class Run:
    """Sound records of one line each, as they stand in the text with their line ends, from `line` on."""

    text: bytes
    line: int = 0


@dataclass(frozen=True)
class Record:
    """One record: the values of its cells, their bytes as delivered, and the line it begins in."""

    cells: Sequence[bytes]
    raw: Sequence[bytes]
    line: int
    ended: bool = True


@dataclass(frozen=True)
class Doubt:
    """One line of a stretch that cannot be told: the kind, the line and its text."""

    kind: str
    line: int
    text: bytes


@dataclass(frozen=True)
class Blank:
    """A line with nothing in it."""


Token = Run | Record | Doubt | Blank


@dataclass(frozen=True)
class _Patterns:
    """The expressions of one dialect for records of a width."""

    run: re.Pattern[bytes]
    plain: re.Pattern[bytes]
    quoted: re.Pattern[bytes] | None
    escaped: re.Pattern[bytes] | None
    lettered: re.Pattern[bytes] | None
    end: re.Pattern[bytes]


def _patterns(dialect: Dialect, width: int) -> _Patterns:
    quote, escape = re.escape(dialect.quote), re.escape(dialect.escape)
    delimiter = re.escape(dialect.delimiter)
    first, rest = re.escape(dialect.delimiter[:1]), re.escape(dialect.delimiter[1:])
    part = rb"|" + first + rb"(?!" + rest + rb")" if rest else b""
    if unit := dialect.repeated:
        # Fewer signs than a delimiter has are text, more are no telling.
        sign, fewer = re.escape(unit), len(dialect.delimiter) // len(unit) - 1
        part = rb"|(?<!%b)(?:%b){1,%d}+(?!%b)" % (sign, sign, fewer, sign)
        part += rb"|" + first + rb"(?!" + re.escape(unit[1:]) + rb")" if unit[1:] else b""
    backslash = rb"\\" if dialect.watched else b""
    # A run has nothing that must be looked at, and nothing that a copy with other marks could not have as it is.
    sound = rb"(?:[^\r\n\0" + quote + first + escape + backslash + rb"]" + part + rb")*+"
    whole = quote + rb"(?:[^\r\n\0" + quote + escape + backslash + rb"]++|" + quote + quote + rb")*+" + quote
    cell = rb"(?:" + whole + rb"|" + sound + rb")" if quote and len(dialect.delimiter) == 1 else sound
    more = rb"(?:" + delimiter + cell + rb"){0,%d}+" % (width - 1) if delimiter and width > 1 else b""
    not_here = rb"(?!\r|\n|" + _BOM + (rb"|" + re.escape(dialect.comment) if dialect.comment else b"") + rb")"
    run = rb"(?:" + not_here + cell + more + _RUN_ENDS[dialect.loose, dialect.end] + rb")++"
    escaped = rb"|" + escape + rb"." if escape else b""
    text, in_text = _CELL_ENDS[dialect.loose, dialect.end]
    plain = rb"(?:[^\0" + text + quote + first + escape + rb"]" + part + in_text + escaped + rb")*+"
    quoted = quote + rb"(?:[^" + quote + escape + rb"]++|" + quote + quote + escaped + rb")*+" + quote
    return _Patterns(
        re.compile(run, re.DOTALL),
        re.compile(plain, re.DOTALL),
        re.compile(quoted, re.DOTALL) if quote else None,
        re.compile(escape + rb"(.)", re.DOTALL) if escape else None,
        # Some writers mean a newline by an escaped n, others the letter.
        re.compile(rb"(?:[^" + escape + rb"]|" + escape + rb"[^ntrbZ0])*+" + escape + rb"[ntrbZ0]", re.DOTALL)
        if escape
        else None,
        re.compile(_ENDS[dialect.loose, dialect.end]),
    )


# By whether other ends may be meant, and the end: what ends a record of a run, ...
_RUN_ENDS = {
    (True, "LF"): rb"\r*+\n",
    (True, "CRLF"): rb"\r++\n",
    (True, "CR"): rb"\r\n?+",
    (False, "LF"): rb"\n",
    (False, "CRLF"): rb"\r\n",
    (False, "CR"): rb"\r",
}
# ... what ends any record, ...
_LOOSE = rb"\r*+\n|\r++\Z"
_ENDS = {**_RUN_ENDS, (True, "LF"): _LOOSE, (True, "CRLF"): _LOOSE}
# ... and which characters no plain cell has, beside those of them that it may have in some place.
_CELL_ENDS = {
    (True, "LF"): (rb"\r\n", b""),
    (True, "CRLF"): (rb"\r\n", b""),
    (True, "CR"): (rb"\r\n", b""),
    (False, "LF"): (rb"\n", b""),
    (False, "CRLF"): (rb"\r", rb"|\r(?!\n)"),
    (False, "CR"): (rb"\r", b""),
}


class Tokens:
    """The records of a text, from where `source` stands. `line` is the number of the line that comes next,
    `header` the text of the last line of names, once it is known, `begun` the cells of a record in which a quote is
    open to the end.

    `escaped` says that delimiters or line ends are escaped somewhere in the text. Without `runs` every record comes
    alone.
    """

    def __init__(self, source: BinaryIO, dialect: Dialect, *, escaped: bool, runs: bool = True) -> None:
        self._source, self._dialect, self._escaped, self._runs = source, dialect, escaped, runs
        self._buffer, self._at, self._over, self._open = b"", 0, False, False
        self._width = 1
        self._patterns = _patterns(dialect, 1)
        self.line = 1
        self.header = b""
        self.begun = 0
        self._fill()
        if self._buffer.startswith(_BOM):
            self._at = len(_BOM)

    def of_width(self, width: int) -> None:
        """From here on records have so many cells."""
        self._width, self._patterns = width, _patterns(self._dialect, width)

    def skip_lines(self, count: int) -> None:
        """Pass over lines as a person counts them, whatever is in them."""
        for _ in range(count):
            self._to(self._line_end(self._at))

    def record(self) -> Token | None:
        """The next record or doubt by itself, blank lines passed over; None at the end."""
        runs, self._runs = self._runs, False
        try:
            return next((token for token in self if not isinstance(token, Blank)), None)
        finally:
            self._runs = runs

    def __iter__(self) -> Iterator[Token]:
        while self._at < len(self._buffer) or self._fill():
            if self._open:
                yield from self._swallowed()
                continue
            run = self._patterns.run.match(self._buffer, self._at) if self._runs else None
            if run:
                line = self.line
                self._to(run.end())
                yield Run(run.group(), line)
                continue
            yield from self._single()

    # Where the text is, and how much of it is at hand.

    def _fill(self) -> bool:
        """More of the text, after what is left of it; False where there is no more."""
        if self._over:
            return False
        chunk = self._source.read(_CHUNK)
        self._over = not chunk
        # A return may be half of a line end.
        while chunk.endswith(b"\r") and (more := self._source.read(1)):
            chunk += more
        self._buffer, self._at = self._buffer[self._at :] + chunk, 0
        return bool(chunk)

    def _to(self, place: int) -> None:
        newline = b"\r" if self._dialect.end == "CR" else b"\n"
        self.line += self._buffer.count(newline, self._at, place)
        self._at = place

    def _line_end(self, place: int) -> int:
        """Where the physical line ends in which `place` is. It may have more of the text read: places count anew."""
        ahead = place - self._at
        while not (found := self._patterns.end.search(self._buffer, self._at + ahead)):
            if len(self._buffer) - self._at > LONGEST:
                raise LineTooLong(self.line)
            if not self._fill():
                return len(self._buffer)
        return found.end()

    # One record.

    def _single(self) -> Iterator[Token]:
        if self._buffer.startswith(_BOM, self._at):
            self._at += len(_BOM)
            return
        if blank := self._patterns.end.match(self._buffer, self._at):
            self._to(blank.end())
            yield Blank()
            return
        if self._is_end_of_file():
            self._to(len(self._buffer))
            yield Blank()
            return
        if self._dialect.comment and self._starts_comment():
            self._to(self._line_end(self._at))
            return
        cells, raw, end, fault = self._cells(self._at)
        if fault is None and self._fill_more():
            return
        if fault is None:
            self.begun = len(raw) + 1
            yield from self._too_long_or_open(end)
        elif fault:
            # A record that was read to its end has none of the next line.
            whole = end > self._at and self._buffer[end - 1 : end] in {b"\n", b"\r"}
            end = end if whole else self._line_end(end)
            if fault == QUOTE and (texts := self._only_texts(end)):
                line = self.line
                self._to(end)
                yield Record(texts, texts, line)
            else:
                yield from self._doubts(fault, end)
        else:
            yield from self._whole(cells, raw, end)

    def _only_texts(self, end: int) -> list[bytes]:
        """The cells of a line whose quotes can be no marks, as those of 5'10"x6 are: none stands beside a delimiter or
        an end of the line, and none may pair with one of another cell. Else empty.
        """
        dialect = self._dialect
        (line, *others) = self._lines(self._buffer[self._at : end])
        if others or dialect.escape or dialect.watched or not dialect.delimiter or b"\r" in line or b"\0" in line:
            return []
        cells = line.split(dialect.delimiter)
        odd = [cell for cell in cells if cell.count(dialect.quote) % 2]
        beside = any(cell.strip().startswith(dialect.quote) or cell.strip().endswith(dialect.quote) for cell in cells)
        alone = not odd or line.count(dialect.quote) == 1
        return cells if len(cells) == self._width and alone and not beside else []

    def _fill_more(self) -> bool:
        """Whether the text at hand is to be looked at again: there is more of it now, or it is known to be the last."""
        again = not self._over and len(self._buffer) - self._at <= LONGEST
        if again:
            self._fill()
        return again

    def _is_end_of_file(self) -> bool:
        """Whether nothing is left but the sign that DOS ends a text with."""
        if not self._buffer.startswith(_DOS_END, self._at):
            return False
        while len(self._buffer) - self._at <= _AHEAD and self._fill():
            pass
        return not self._buffer[self._at :].strip(_DOS_END + b"\r\n")

    def _starts_comment(self) -> bool:
        while len(self._buffer) - self._at < len(self._dialect.comment) and self._fill():
            pass
        return self._buffer.startswith(self._dialect.comment, self._at)

    def _cells(self, place: int) -> tuple[list[bytes], list[bytes], int, str | None]:
        """Values and bytes of the record's cells, where it ends, and what is wrong there: "" nothing, None that the
        text at hand ends before it can be told.
        """
        buffer, patterns, dialect = self._buffer, self._patterns, self._dialect
        values: list[bytes] = []
        raw: list[bytes] = []
        while True:
            is_quoted = bool(patterns.quoted) and buffer.startswith(dialect.quote, place)
            found = (patterns.quoted if is_quoted and patterns.quoted else patterns.plain).match(buffer, place)
            if not found or (not self._over and found.end() > len(buffer) - _AHEAD):
                return values, raw, place, None
            text, place = found.group(), found.end()
            raw.append(text)
            values.append(self._value(text, quoted=is_quoted))
            if dialect.delimiter and buffer.startswith(dialect.delimiter, place):
                place += len(dialect.delimiter)
            elif end := patterns.end.match(buffer, place):
                return values, raw, end.end(), NUL if b"\0" in b"".join(raw) else ""
            elif place == len(buffer):
                return values, raw, place, NUL if b"\0" in b"".join(raw) else ""
            else:
                return values, raw, place, self._fault(text, buffer[place : place + 1], quoted=is_quoted)

    def _value(self, text: bytes, *, quoted: bool) -> bytes:
        quote = self._dialect.quote
        if self._patterns.escaped:
            if text == _NOTHING:
                return text
            inner = text[len(quote) : -len(quote)] if quoted else text
            pieces = self._patterns.escaped.split(inner)
            # What was escaped stands in every second place.
            pieces[::2] = [piece.replace(quote * 2, quote) if quoted else piece for piece in pieces[::2]]
            pieces[1::2] = map(self._unescaped, pieces[1::2])
            return b"".join(pieces)
        return text[1:-1].replace(quote * 2, quote) if quoted else text

    def _unescaped(self, mark: bytes) -> bytes:
        """Marks of the dialect lose their escape; before anything else it is text, as a writer that escapes no escape
        leaves it. Where nothing is quoted, a quotation mark is one all the same: writers escape it.
        """
        dialect = self._dialect
        special = mark in {dialect.quote or b'"', dialect.escape, dialect.delimiter[:1], b"\r", b"\n"}
        return mark if special else dialect.escape + mark

    def _fault(self, before: bytes, mark: bytes, *, quoted: bool) -> str:
        if quoted and self._dialect.watched and before.endswith(_BACKSLASH + self._dialect.quote):
            return ESCAPE
        if quoted or mark == self._dialect.quote:
            return QUOTE
        if self._dialect.repeated and mark == self._dialect.delimiter[:1]:
            return DELIMITER
        return {b"\0": NUL, b"\r": LINE_END, b"\n": LINE_END}.get(mark, ESCAPE)

    def _whole(self, cells: list[bytes], raw: list[bytes], end: int) -> Iterator[Token]:
        text = self._buffer[self._at : end]
        if self._holds_records(text):
            yield from self._doubts(QUOTE_HOLDS_RECORDS, end)
        elif self._dialect.watched and _BACKSLASH in text and self._is_escaped(raw):
            yield from self._doubts(ESCAPE, self._after_escapes(raw, end))
        elif self._patterns.lettered and any(self._patterns.lettered.match(cell) for cell in raw if cell != _NOTHING):
            yield from self._doubts(ESCAPE, end)
        elif self._dialect.loose and self._dialect.end == "CRLF" and text.endswith(b"\n") and text[-2:] != b"\r\n":
            yield from self._oddly_ended(cells, raw, end)
        else:
            line = self.line
            ended = bool(self._patterns.end.search(text[-2:]))
            self._to(end)
            yield Record(cells, raw, line, ended)

    # What is doubtful though it can be told.

    def _holds_records(self, text: bytes) -> bool:
        """Whether the lines of a record have each as many delimiters as a whole one: a quote may hold them."""
        if b"\n" not in text[:-1] and b"\r" not in text[:-2]:
            return False
        lines = self._lines(text)
        if self.header and self._width >= _TWO and self.header in lines:
            return True
        like = sum(line.count(self._dialect.delimiter) == self._width - 1 for line in lines)
        if self._width > _TWO:
            return like >= _TWO and like * 2 > len(lines)
        return self._width == _TWO and len(lines) > _TWO and like == len(lines)

    def _is_escaped(self, raw: Sequence[bytes]) -> bool:
        cells = [cell for cell in raw if _BACKSLASH in cell and cell != _NOTHING]
        return bool(cells) and (self._escaped or any(_BACKSLASH * 2 in cell for cell in cells))

    def _after_escapes(self, raw: Sequence[bytes], end: int) -> int:
        """The end of the record, or of the last that an escaped line end joins to it."""
        while raw and raw[-1].endswith(_BACKSLASH):
            _, raw, next_end, fault = self._cells(end)
            if fault != "":
                break
            end = next_end
        return end

    def _oddly_ended(self, cells: list[bytes], raw: list[bytes], end: int) -> Iterator[Token]:
        """A newline alone, where all others follow a return, may stand inside a cell: then two records are short."""
        after, _, next_end, fault = self._cells(end)
        if fault is None and self._fill_more():
            return
        alone = not after or after == [b""]
        if len(cells) < self._width or not (alone or len(after) >= self._width or fault):
            yield from self._doubts(LINE_END, end if alone or fault is None else self._line_end(next_end))
            return
        line = self.line
        self._to(end)
        yield Record(cells, raw, line)

    # Stretches that are kept line by line.

    def _lines(self, text: bytes) -> list[bytes]:
        lines = self._patterns.end.split(text)
        return lines[:-1] if len(lines) > 1 and not lines[-1] else lines

    def _doubts(self, kind: str, end: int) -> Iterator[Doubt]:
        text, line = self._buffer[self._at : end], self.line
        self._to(end)
        for place, one in enumerate(self._lines(text)):
            yield Doubt(kind, line + place, one)

    def _too_long_or_open(self, cell: int) -> Iterator[Doubt]:
        """A quote that is open where the text ends, or a record that is longer than one may be."""
        if self._over:
            yield from self._doubts(QUOTE_OPEN, len(self._buffer))
            return
        quoted = self._patterns.quoted
        self._open = bool(
            quoted and self._buffer.startswith(self._dialect.quote, cell) and not quoted.match(self._buffer, cell)
        )
        newline = b"\r" if self._dialect.end == "CR" else b"\n"
        if not (end := self._buffer.rfind(newline, self._at) + 1):
            raise LineTooLong(self.line)
        yield from self._doubts(QUOTE_OPEN, end)

    def _swallowed(self) -> Iterator[Doubt]:
        """The next line after a quote that was opened long ago; one with another quote closes it."""
        end = self._line_end(self._at)
        self._open = self._buffer.count(self._dialect.quote, self._at, end) % 2 == 0
        yield from self._doubts(QUOTE_OPEN, end)
