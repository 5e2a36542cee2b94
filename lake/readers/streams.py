"""Packed streams one after another, bzip2's and xz's, to their very end: what follows the last is damage, not nothing.

The standard library's readers stop in silence at what is no further stream, so that a delivery whose second stream is
damaged, or that somebody wrote behind, would be taken for what its first one holds.

Source: bzip2 has no padding; xz allows four-byte groups of zeros between and after streams (.xz format, 2.2).
"""

from __future__ import annotations

import bz2
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

_PIECE = 1 << 18
_GROUP = 4
Unpacker = bz2.BZ2Decompressor | lzma.LZMADecompressor


class Streams(io.RawIOBase):
    """What a file of several streams unpacks to. Raises EOFError where one is cut, OSError and LZMAError for damage."""

    def __init__(self, file: Path, unpacker: Callable[[], Unpacker], *, padded: bool) -> None:
        self._source = file.open("rb")
        self._new, self._padded = unpacker, padded
        self._unpacker = unpacker()
        self._left = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._source.close()
        super().close()

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes (all for less than none); empty at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        while True:
            if self._unpacker.eof and not self._next():
                return b""
            packed, self._left = self._left, b""
            if self._unpacker.needs_input and not packed:
                packed = self._source.read(_PIECE)
                if not packed:
                    raise EOFError("a stream ends before its end")
            found = self._unpacker.decompress(packed, size)
            if found:
                return found

    def _next(self) -> bool:
        """Begin the stream that follows; False where none does."""
        rest = self._unpacker.unused_data or self._source.read(_PIECE)
        zeros = 0
        while self._padded and rest and not rest.strip(b"\0"):
            zeros += len(rest)
            rest = self._source.read(_PIECE)
        if self._padded:
            begun = rest.lstrip(b"\0")
            zeros += len(rest) - len(begun)
            rest = begun
        if zeros % _GROUP:
            raise OSError("padding between streams is not of whole groups")
        if not rest:
            return False
        self._unpacker, self._left = self._new(), rest
        return True


def open_bzip2(file: Path) -> IO[bytes]:
    """A file that bzip2 packed."""
    return cast("IO[bytes]", Streams(file, bz2.BZ2Decompressor, padded=False))


def open_xz(file: Path) -> IO[bytes]:
    """A file that xz packed."""
    return cast("IO[bytes]", Streams(file, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), padded=True))
