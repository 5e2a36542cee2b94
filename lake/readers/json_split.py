"""A JSON document cut into its records, each on a line of its own, as it is written; what is around them is kept apart.

The text of a record is not parsed here, only where it begins and ends: strings, brackets, commas. Memory is bounded by
the longest record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

_BLOCK = 1 << 20
LONGEST_RECORD = 16_000_000
_TOKEN = re.compile(rb'[ \t\r\n]*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^ \t\r\n{}\[\],:"]+)', re.DOTALL)
_NEST = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_BREAKS = bytes.maketrans(b"\r\n", b"  ")
_STEP = re.compile(r'\.(?:"([^"]+)"|([^."\[\]]+))')


class JsonFault(Exception):
    """What is wrong with a document, and where; in words that hold nothing of it."""

    def __init__(self, what: str, place: str) -> None:
        self.what, self.place = what, place
        super().__init__(f"{what} ({place})")


@dataclass
class Split:
    """What was cut: the number of records, and the document without them."""

    records: int
    rest: object


def record_path(path: str | None) -> tuple[str, ...] | None:
    """The keys that lead to the records: `$.data.rows` is (data, rows), `$` or none is (); None for what is no path."""
    text = (path or "$").removeprefix("$")
    steps = list(_STEP.finditer(text))
    if "".join(step.group() for step in steps) != text:
        return None
    return tuple(step.group(1) or step.group(2) for step in steps)


def split(source: BinaryIO, target: BinaryIO, path: Sequence[str]) -> Split:
    """Write each record of `source` (UTF-8) that lies at `path` as a line of `target`. Raises `JsonFault`."""
    cutter = _Cutter(_Tokens(source), target, tuple(path))
    return cutter.run()


class _Tokens:
    """The tokens of a text that comes in blocks."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._buffer, self._at, self._before, self._ended = source, b"", 0, 0, False
        self._more()
        if self._buffer.startswith(b"\xef\xbb\xbf"):
            self._at = 3

    @property
    def place(self) -> str:
        """Where the next token is, in words."""
        return f"byte {self._before + self._at}"

    def _more(self) -> bool:
        block = b"" if self._ended else self._source.read(_BLOCK)
        self._ended = self._ended or not block
        if len(self._buffer) - self._at > LONGEST_RECORD:
            raise JsonFault(f"a record or a text is longer than {LONGEST_RECORD} bytes", self.place)
        self._before += self._at
        self._buffer, self._at = self._buffer[self._at :] + block, 0
        return bool(block)

    def next(self) -> bytes:
        """The next token; empty at the end."""
        while True:
            found = _TOKEN.match(self._buffer, self._at)
            if found and (self._ended or found.end() < len(self._buffer)):
                self._at = found.end()
                return found.group(1)
            if not self._more() and self._ended:
                found = _TOKEN.match(self._buffer, self._at)
                if not found and self._buffer[self._at :].strip():
                    raise JsonFault("the file is truncated, or a text in it is never closed", self.place)
                if not found:
                    return b""
                self._at = found.end()
                return found.group(1)

    def value(self, first: bytes) -> bytes:
        """The whole text of the value that begins with the token just read."""
        if first not in (b"{", b"["):
            return first
        start, depth, scanned = self._at - 1, 0, self._at - 1
        while True:
            for found in _NEST.finditer(self._buffer, scanned):
                mark = self._buffer[found.start()]
                depth += (mark in b"{[") - (mark in b"}]")
                scanned = found.end()
                if depth == 0:
                    self._at = scanned
                    return self._buffer[start:scanned]
            # An open text at the end of the buffer is looked at again, whole.
            self._at, scanned = start, scanned - start
            if not self._more():
                raise JsonFault("the file is truncated: its last record is not closed", self.place)
            start = 0


class _Cutter:
    """Walks the document down to the records."""

    def __init__(self, tokens: _Tokens, target: BinaryIO, path: tuple[str, ...]) -> None:
        self._tokens, self._target, self._path = tokens, target, path
        self._records = 0
        self._found = False

    def run(self) -> Split:
        first = self._tokens.next()
        if not first:
            raise JsonFault("the document is empty", "byte 0")
        if self._path:
            rest = self._down(first, 0)
            self._refuse_more(self._tokens.next())
        elif first == b"[":
            rest = b"[]"
            self._array()
            self._refuse_more(self._tokens.next())
        else:
            rest = b"{}"
            while first:
                self._write(self._tokens.value(first))
                first = self._tokens.next()
        if self._path and not self._found:
            raise JsonFault(f"there is nothing at {'.'.join(('$', *self._path))}", "document")
        try:
            return Split(self._records, json.loads(rest, object_pairs_hook=_once))
        except ValueError:
            raise JsonFault("what is around the records is no JSON", "document") from None

    def _refuse_more(self, token: bytes) -> None:
        if token:
            raise JsonFault("something follows the document", self._tokens.place)

    def _write(self, record: bytes) -> None:
        self._target.write(record.translate(_BREAKS) + b"\n")
        self._records += 1

    def _array(self) -> None:
        token = self._tokens.next()
        while token != b"]":
            if token in (b"", b",", b":", b"}"):
                raise JsonFault("the list of records is broken, or the file is truncated", self._tokens.place)
            self._write(self._tokens.value(token))
            token = self._tokens.next()
            if token == b",":
                token = self._tokens.next()
                if token == b"]":
                    raise JsonFault("a comma is followed by no record", self._tokens.place)
            elif token != b"]":
                raise JsonFault("two records are not divided, or the file is truncated", self._tokens.place)

    def _down(self, first: bytes, depth: int) -> bytes:
        """The text of a value without the records in it."""
        if depth == len(self._path):
            self._found = True
            if first == b"[":
                self._array()
                return b"[]"
            self._write(self._tokens.value(first))
            return b"{}"
        if first != b"{":
            return self._tokens.value(first)
        return b"{" + b",".join(self._members(depth)) + b"}"

    def _members(self, depth: int) -> Iterator[bytes]:
        token = self._tokens.next()
        while token != b"}":
            if not token.startswith(b'"') or self._tokens.next() != b":":
                raise JsonFault("the document is broken, or the file is truncated", self._tokens.place)
            value = self._tokens.next()
            if value in (b"", b",", b":", b"]", b"}"):
                raise JsonFault("the document is broken, or the file is truncated", self._tokens.place)
            wanted = _name(token) == self._path[depth]
            yield token + b":" + (self._down(value, depth + 1) if wanted else self._tokens.value(value))
            token = self._tokens.next()
            if token == b",":
                token = self._tokens.next()
            elif token != b"}":
                raise JsonFault("the document is broken, or the file is truncated", self._tokens.place)


def _name(token: bytes) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return ""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonFault("a key stands twice in what is around the records", "document")
    return found
