"""The second count: records told from the bytes of a text alone, by the parity of its quotes.

Nothing here is a parser's. A newline before which an even number of quotes stands ends a record; a quote may only
open where a cell begins and only close where one ends (RFC 4180). A text that keeps to that all through, with one kind
of line end, is *regular*, and its number of records is proved. Any other is for `mending` to take apart. Blocks are
looked at as arrays of numbers, never row by row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

_BLOCK = 8 << 20
_BOM = b"\xef\xbb\xbf"
_LF, _CR, _NUL = 10, 13, 0
# What no line of a regular text begins with: a line end, or another byte order mark.
_ODD_STARTS = (b"\n\n", b"\n\r\n", b"\n" + _BOM)
_SEAM = 4
# A line of delimiters only is so long at most.
_LONGEST_NOTHING = 4096

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """What a text in UTF-8 is made of, after its skipped lines.

    `records` counts them all, the header among them; it is proved where `fault` is empty. `fault` says in
    words why the text is not regular. `newlines`, `both` and `returns` are line ends
    outside of quotes: LF with those after a CR, CR LF, and CR with those before an LF. `last` is the byte at which the
    last record begins. `hollow` says that some line has delimiters and blanks only.
    """

    records: int = 0
    fault: str = ""
    plain: bool = True
    newlines: int = 0
    both: int = 0
    returns: int = 0
    escaped: bool = False
    doubled: bool = False
    last: int = 0
    hollow: bool = False

    @property
    def regular(self) -> bool:
        """Whether the count is proved, and any parser of RFC 4180 must find it."""
        return not self.fault


@dataclass
class Parity:
    """One pass over the blocks of a text. `width` is that of its records; None takes it from the first.

    `delimiter` and `quote` are single bytes (`quote` may be empty); `skip` lines are passed over. What follows an
    `escape` is no mark.
    """

    delimiter: bytes
    quote: bytes
    skip: int = 0
    width: int | None = None
    watch_escapes: bool = True
    escape: bytes = b""
    size: int = 0
    lines: int = 0
    newlines: int = 0
    both: int = 0
    returns: int = 0
    escaped: bool = False
    doubled: bool = False
    quoted: bool = False
    last: int = 0
    hollow: bool = False
    _before: bytes = b"\n"
    _tail: bytes = b""
    _waiting: bytes = b""
    _inside: bool = False
    _line_inside: bool = False
    _delimiters: int = 0
    _begun: bool = False
    _fault: str = ""

    @cached_property
    def _sign(self) -> re.Pattern[bytes]:
        return re.compile(
            rb"\\(?:[\r\n]|" + b"|".join(map(re.escape, filter(None, (self.delimiter, self.quote)))) + b")"
        )

    def feed(self, block: bytes) -> None:
        """Look at the next block."""
        block, self._waiting = self._waiting + block, b""
        if self.size == 0 and len(block) < len(_BOM) and _BOM.startswith(block):
            self._waiting = block
            return
        start = self.size
        self.size += len(block)
        if start == 0 and block.startswith(_BOM):
            block, start = block[len(_BOM) :], len(_BOM)
        if self.skip:
            block, start = self._skip(block, start)
        if not block:
            return
        if self.width is None:
            self.width = _width(block, self.delimiter, self.quote)
        if self.escape:
            block = self._without_escapes(block)
        bytes_ = np.frombuffer(block, np.uint8)
        newlines = np.flatnonzero(bytes_ == _LF)
        self._look_for_what_no_regular_text_has(block, bytes_, newlines)
        if self.quote and (self._inside or self.quote in block or self._before.endswith(self.quote)):
            self._quoted(block, start, bytes_, newlines)
        else:
            self._plain(block, start, newlines)
        self._before = (self._before + block[-_SEAM:])[-_SEAM:]

    def finish(self) -> Shape:
        """There are no more blocks."""
        if self._waiting:
            self.size += 1
            self.feed(b"")
            self.size -= 1
        if self._inside:
            self._note("a quote is opened and never closed")
        if self.skip:
            self._note("there are fewer lines than skip_rows")
        if self.both not in {0, self.newlines} or self.returns != self.both:
            self._note(f"its line ends are mixed ({self._ends()})")
        if self._before.rstrip(b"\r\n").endswith(b"\x1a"):
            self._note("it ends as a text of DOS does")
        unended = self._begun and not self._before.endswith(b"\n")
        return Shape(
            records=self.newlines + unended,
            fault=self._fault,
            plain=not self.quoted,
            newlines=self.newlines,
            both=self.both,
            returns=self.returns,
            escaped=self.escaped,
            doubled=self.doubled,
            last=self.last,
            hollow=self.hollow,
        )

    def _without_escapes(self, block: bytes) -> bytes:
        """The block with escaped marks made plain; so long that a pair is cut by its end once in eight megabytes."""
        for mark in (self.escape, self.quote):
            block = block.replace(self.escape + mark, b"xx") if mark else block
        return block

    def _ends(self) -> str:
        counts = {"LF": self.newlines - self.both, "CR LF": self.both, "CR": self.returns - self.both}
        return ", ".join(f"{name} {count}" for name, count in counts.items() if count)

    def _note(self, fault: str) -> None:
        self._fault = self._fault or fault

    def _skip(self, block: bytes, start: int) -> tuple[bytes, int]:
        place = 0
        while self.skip:
            found = block.find(b"\n", place) + 1
            if not found:
                return b"", start + len(block)
            place, self.skip, self.lines = found, self.skip - 1, self.lines + 1
        self.last = start + place
        return block[place:], start + place

    def _look_for_what_no_regular_text_has(self, block: bytes, bytes_: npt.NDArray[np.uint8], newlines: Places) -> None:
        self._begun = True
        seam = self._before + block[:_SEAM]
        if b"\0" in block:
            self._note("a NUL stands in it")
        if _odd_start(bytes_, newlines, block) or any(odd in seam for odd in _ODD_STARTS):
            self._note("it has blank lines, or a byte order mark inside")
        if not self.hollow and self._is_hollow(block, bytes_, newlines):
            self.hollow = True
            self._note("it has lines of delimiters only")
        if self.watch_escapes and (b"\\" in block or b"\\" in self._before):
            self.escaped = self.escaped or bool(self._sign.search(block) or self._sign.search(seam))
            self.doubled = self.doubled or b"\\\\" in block or b"\\\\" in seam
            if self.escaped or self.doubled:
                self._note("backslashes stand where an escape character would")

    @cached_property
    def _nothing(self) -> re.Pattern[bytes]:
        return re.compile(rb"\n[ \t" + re.escape(self.delimiter.strip()) + rb"]+\r*\n")

    def _is_hollow(self, block: bytes, bytes_: npt.NDArray[np.uint8], newlines: Places) -> bool:
        """Whether a line that ends in a block has delimiters and blanks only. Few lines begin so: others are passed."""
        seam = self._tail + block[:_LONGEST_NOTHING]
        # A block may be shorter than such a line is.
        self._tail = (self._tail + block[-_LONGEST_NOTHING:])[-_LONGEST_NOTHING:]
        after = bytes_[newlines[newlines < len(bytes_) - 1] + 1]
        begins = (after == ord(" ")) | (after == ord("\t")) | (after == self.delimiter[0])
        return bool(self._nothing.search(seam) or (begins.any() and self._nothing.search(block)))

    def _plain(self, block: bytes, start: int, places: Places) -> None:
        newlines = len(places)
        if newlines:
            self.last = start + int(places[-1]) + 1
        self.newlines += newlines
        self.lines += newlines
        if b"\r" in block:
            self.returns += block.count(b"\r")
            self.both += block.count(b"\r\n")
        self.both += self._before.endswith(b"\r") and block.startswith(b"\n")
        self._delimiters, self._line_inside = (0, False) if newlines else (self._delimiters, self._line_inside)

    def _quoted(self, block: bytes, start: int, bytes_: npt.NDArray[np.uint8], newlines: Places) -> None:
        self.quoted = True
        quotes = np.flatnonzero(bytes_ == self.quote[0])
        outside = ((np.searchsorted(quotes, newlines) + self._inside) & 1) == 0
        self._judge_quotes(bytes_, quotes)
        self._judge_cells(bytes_, newlines, outside)
        ends = newlines[outside]
        self.newlines += len(ends)
        self.lines += len(newlines)
        self.last = start + int(ends[-1]) + 1 if len(ends) else self.last
        self._count_returns(block, bytes_, quotes)
        self._inside ^= bool(len(quotes) & 1)

    def _judge_quotes(self, bytes_: npt.NDArray[np.uint8], quotes: Places) -> None:
        """What stands before every quote that opens and after every one that closes."""
        may = np.zeros(256, bool)
        may[[self.quote[0], self.delimiter[0], _LF, _CR]] = True
        opening, closing = quotes[int(self._inside) :: 2], quotes[int(not self._inside) :: 2]
        if not self._inside and self._closed_before and not may[bytes_[0]]:
            self._note("a quote is closed inside a cell")
        before = bytes_[opening - 1]
        if len(opening) and opening[0] == 0:
            before[0] = self._before[-1]
        if not may[before].all():
            self._note("a quote is opened inside a cell")
        last = len(closing) - 1 if len(closing) and closing[-1] == len(bytes_) - 1 else len(closing)
        closing = closing[:last]
        if not may[bytes_[closing + 1]].all():
            self._note("a quote is closed inside a cell")

    @property
    def _closed_before(self) -> bool:
        return self._before.endswith(self.quote)

    def _judge_cells(self, bytes_: npt.NDArray[np.uint8], newlines: Places, outside: npt.NDArray[np.bool_]) -> None:
        """Whether a line inside a quoted cell has as many delimiters as a record: it may be one."""
        if outside.all() and not self._line_inside:
            self._delimiters = 0
            return
        delimiters = np.flatnonzero(bytes_ == self.delimiter[0])
        before = np.concatenate(([-self._delimiters], np.searchsorted(delimiters, newlines)))
        counts = np.diff(before)
        width = self.width or 1
        inside = np.concatenate(([self._line_inside], ~outside[:-1])) if len(outside) else np.zeros(0, bool)
        like = inside & (counts == width - 1) & (width > 1)
        if like.any():
            self._note("lines inside a quoted cell look like records")
        self._delimiters = int(len(delimiters) - before[-1])
        self._line_inside = not bool(outside[-1]) if len(outside) else self._line_inside

    def _count_returns(self, block: bytes, bytes_: npt.NDArray[np.uint8], quotes: Places) -> None:
        self.both += not self._inside and self._before.endswith(b"\r") and block.startswith(b"\n")
        if b"\r" not in block:
            return
        returns = np.flatnonzero(bytes_ == _CR)
        returns = returns[((np.searchsorted(quotes, returns) + self._inside) & 1) == 0]
        self.returns += len(returns)
        inner = returns[returns < len(bytes_) - 1]
        self.both += int((bytes_[inner + 1] == _LF).sum())


def _odd_start(bytes_: npt.NDArray[np.uint8], newlines: Places, block: bytes) -> bool:
    """Whether a line that begins in a block, not at its end, begins oddly. Only what follows newlines is looked at."""
    after = bytes_[newlines[newlines < len(bytes_) - 1] + 1]
    if (after == _LF).any():
        return True
    rare = (after == _CR) | (after == _BOM[0])
    return bool(rare.any()) and any(odd in block for odd in _ODD_STARTS)


def _width(block: bytes, delimiter: bytes, quote: bytes) -> int:
    """The cells of the record that a block begins with."""
    start, end, quotes = 0, block.find(b"\n"), 0
    while end >= 0 and quote:
        # Of each line once: a quote that is never closed makes a record of all of the block.
        quotes += block.count(quote, start, end)
        if not quotes % 2:
            break
        start, end = end, block.find(b"\n", end + 1)
    record = block[: end if end >= 0 else len(block)]
    # Between quotes, every second piece lies outside of them.
    return sum(piece.count(delimiter) for piece in (record.split(quote)[::2] if quote else [record])) + 1


def scan(file: Path, parity: Parity) -> Shape:
    """The shape of a text file in UTF-8."""
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            parity.feed(block)
    return parity.finish()
