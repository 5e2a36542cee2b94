"""Counting records over the bytes alone: lines, and the elements of a JSON list. No parser is used, ours or another's.

Working over blocks with numpy: which bytes are quoted follows from the parity of the quotes before them.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

_BLOCK = 1 << 22
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_BLANKS = np.frombuffer(b" \t\r\n", dtype=np.uint8)
_QUOTE, _COMMA, _LINE_FEED = ord('"'), ord(","), ord("\n")
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*$', re.DOTALL)
_KEY_ROOM = 4096

Bytes = npt.NDArray[np.uint8]


def count_lines(file: Path, encoding: str) -> int:
    """The lines that hold anything but blanks. A CR alone ends lines only where no LF does."""
    by_feed, by_return = _count_ended(file, encoding, "\n"), 0
    if by_feed <= 1:
        by_return = _count_ended(file, encoding, "\r")
    return max(by_feed, by_return)


def _count_ended(file: Path, encoding: str, end: str) -> int:
    lines, open_ = 0, False
    for block in utf8_blocks(file, encoding):
        found = np.frombuffer(block, dtype=np.uint8)
        filled = np.concatenate(([0], np.cumsum(~np.isin(found, _BLANKS))))
        ends = np.flatnonzero(found == ord(end))
        marks = filled[np.concatenate(([0], ends, [len(found)]))]
        some = np.diff(marks) > 0
        if open_:
            some[0] = True
        lines += int(np.count_nonzero(some[:-1]))
        open_ = bool(some[-1])
    return lines + open_


def utf8_blocks(file: Path, encoding: str) -> Iterator[bytes]:
    """A text as UTF-8, in blocks that end anywhere, without its byte order mark."""
    name = codecs.lookup(encoding).name
    plain = name in {"utf-8", "ascii", "utf-8-sig"}
    decoder = None if plain else codecs.getincrementaldecoder(name)("strict")
    first = True
    with file.open("rb") as source:
        while block := source.read(_BLOCK):
            text = decoder.decode(block).encode() if decoder else block
            yield text.removeprefix(codecs.BOM_UTF8) if first else text
            first = False


def count_elements(file: Path, encoding: str, path: Sequence[str]) -> int:
    """The elements of the list at `path` of a JSON text; 1 for a single object there, 0 where there is nothing.

    Without a path: the elements of the list that the text is, or the objects that it is one after another.
    """
    counter = _Elements(path)
    rest = b""
    for block in utf8_blocks(file, encoding):
        text = rest + block
        # An escape that the block cuts waits for the next one.
        cut = len(text) - (1 if _ends_open(text) else 0)
        counter.feed(text[:cut])
        rest = text[cut:]
    counter.feed(rest)
    return counter.found


def _ends_open(text: bytes) -> bool:
    return (len(text) - len(text.rstrip(b"\\"))) % 2 == 1


class _Elements:
    """Depth and quotes over blocks; the list in question is entered once its keys were passed in order."""

    def __init__(self, path: Sequence[str]) -> None:
        self._path = list(path)
        self._quoted, self._depth = 0, 0
        self._chain: list[bool] = []  # for each open bracket, whether it lies on the path
        self._inside = 0  # the depth of the list that is counted, once it is entered
        self._filled = False
        self._tail = b""
        self._roots = 0
        self.found = 0

    def feed(self, text: bytes) -> None:
        """The next bytes."""
        if not text:
            return
        bare = _ESCAPED.sub(b"__", text)
        found = np.frombuffer(bare, dtype=np.uint8)
        quotes = found == _QUOTE
        quoted = ((np.cumsum(quotes) + self._quoted) & 1).astype(bool)
        self._quoted = int(self._quoted + np.count_nonzero(quotes)) & 1
        free = ~quoted & ~quotes
        steps = np.zeros(len(found), dtype=np.int64)
        steps[free & ((found == ord("{")) | (found == ord("[")))] = 1
        steps[free & ((found == ord("}")) | (found == ord("]")))] = -1
        depth = np.cumsum(steps) + self._depth
        self._walk(text, found, steps, depth, (free, quotes))
        self._depth = int(depth[-1])
        self._tail = (self._tail + text)[-_KEY_ROOM:]

    def _walk(
        self,
        text: bytes,
        found: Bytes,
        steps: npt.NDArray[np.int64],
        depth: npt.NDArray[np.int64],
        marks: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    ) -> None:
        free, quotes = marks
        level = len(self._path) + 1
        at = 0
        # Brackets at most as deep as the list itself: few, and within it none.
        shallow = np.flatnonzero((steps != 0) & (np.where(steps > 0, depth, depth + 1) <= level))
        for place in shallow.tolist():
            if self._inside:
                self._count(found, depth, (free, quotes), at, place)
            at = place + 1
            if steps[place] > 0:
                self._enter(text, place, chr(found[place]))
            else:
                self._leave()
        if self._inside:
            self._count(found, depth, (free, quotes), at, len(found))

    def _enter(self, text: bytes, place: int, bracket: str) -> None:
        here = len(self._chain)
        if here == 0:
            self._roots += bracket == "{"
            on_path = True
        else:
            on_path = self._chain[-1] and here <= len(self._path) and self._key(text, place) == self._path[here - 1]
        self._chain.append(on_path)
        if on_path and here == len(self._path):
            if bracket == "[":
                self._inside, self._filled = here + 1, False
            else:
                self.found += 1

    def _leave(self) -> None:
        if self._inside and len(self._chain) == self._inside:
            self.found += self._filled
            self._inside = 0
        if self._chain:
            self._chain.pop()

    def _key(self, text: bytes, place: int) -> str | None:
        before = (self._tail + text[:place])[-_KEY_ROOM:] if place < _KEY_ROOM else text[place - _KEY_ROOM : place]
        key = _KEY.search(before)
        if not key:
            return None
        try:
            return str(json.loads(b'"' + key.group(1) + b'"'))
        except ValueError:
            return None

    def _count(
        self,
        found: Bytes,
        depth: npt.NDArray[np.int64],
        marks: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
        start: int,
        end: int,
    ) -> None:
        piece = slice(start, end)
        free, _ = marks
        commas = free[piece] & (found[piece] == _COMMA) & (depth[piece] == self._inside)
        self.found += int(np.count_nonzero(commas))
        self._filled = self._filled or bool(np.any(~np.isin(found[piece], _BLANKS)))
