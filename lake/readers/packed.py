"""What was packed as a whole: gzip, zstd, bzip2 and xz are known by their first bytes and unpacked within limits.

Declared sizes are never believed: what comes out is counted while it comes. What it unpacks to is other readers' work.
"""

from __future__ import annotations

import gzip
import lzma
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, cast

import pyarrow as pa

from contracts.model import Dataset
from lake.readers.refusal import DeliveryRefused
from lake.readers.streams import open_bzip2, open_xz

_BLOCK = 1 << 20
# Below this nothing is too much, however well it was packed.
_HARMLESS = 1 << 20
_LONGEST_MARK = 10
_TAR_HEADER = 512
_ZIPPED = {"xlsx", "ods", "zip"}

UNREADABLE = (EOFError, OSError, zlib.error, lzma.LZMAError, pa.ArrowException)


def _open_zstd(file: Path) -> IO[bytes]:
    return cast("IO[bytes]", pa.CompressedInputStream(pa.OSFile(str(file), "rb"), "zstd"))


Opener = Callable[[Path], IO[bytes]]
_OPENERS: tuple[tuple[bytes, str, Opener], ...] = (
    (b"\x1f\x8b\x08", "gzip", cast("Opener", gzip.open)),
    (b"\x28\xb5\x2f\xfd", "zstd", _open_zstd),
    (b"\xfd7zXZ\0", "xz", open_xz),
    *((b"BZh%d1AY&SY" % level, "bzip2", open_bzip2) for level in range(1, 10)),
)


def packing_of(head: bytes) -> str:
    """By what a file that begins so was packed: gzip, zstd, xz, bzip2; empty where it was not."""
    return next((name for mark, name, _ in _OPENERS if head.startswith(mark)), "zstd" if _is_skippable(head) else "")


def _is_skippable(head: bytes) -> bool:
    """Whether a zstd frame that holds no data comes first (RFC 8878, 3.1.2)."""
    return head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50


def is_tar(head: bytes) -> bool:
    """Whether a file begins with the header of a tar's member: it holds the sum of its own bytes."""
    header = head[:_TAR_HEADER]
    if len(header) < _TAR_HEADER or not header.strip(b"\0"):
        return False
    told = header[148:156].strip(b" \0")
    bare = sum(header[:148]) + sum(header[156:]) + 8 * ord(" ")
    return bool(re.fullmatch(rb"[0-7]+", told)) and int(told, 8) == bare


def unpack(dataset: Dataset, file: Path, scratch: Path) -> Path | None:
    """A copy of what was packed, below `scratch`; None where the file is not packed. Raises `DeliveryRefused`."""
    with file.open("rb") as source:
        head = source.read(_LONGEST_MARK)
    name = packing_of(head)
    if not name:
        return None
    opener = next(opener for _, known, opener in _OPENERS if known == name)
    folder = scratch / "unpacked"
    folder.mkdir(parents=True, exist_ok=True)
    ends = (".gz", ".zst", ".zstd", ".bz2", ".xz")
    copy = folder / (file.name[: -len(file.suffix)] if file.suffix.lower() in ends else file.name)
    limit = Limit(dataset, file.name, file.stat().st_size)
    try:
        with opener(file) as packed, copy.open("wb") as target:
            limit.copy(packed, target)
    except UNREADABLE as error:
        what = f"what {name} packed cannot be unpacked ({type(error).__name__}): it is damaged, or was cut on its way"
        raise DeliveryRefused(dataset.id, file.name, what, "as a whole", "Ask for the file again.") from None
    _refuse_more(dataset, file, copy, name)
    return copy


def _refuse_more(dataset: Dataset, file: Path, copy: Path, name: str) -> None:
    """Raises `DeliveryRefused` where what came out has to be unpacked once more."""
    with copy.open("rb") as source:
        head = source.read(_TAR_HEADER)
    if again := packing_of(head):
        what, fix = f"it is packed twice: {name} over {again}", "Ask for it packed once."
    elif is_tar(head):
        if dataset.source.format == "tar":
            return
        what, fix = f"it is a tar archive, packed by {name}", "Declare format: tar, with the format of its members."
    elif head.startswith(b"PK\x03\x04") and dataset.source.format not in _ZIPPED:
        what, fix = f"it is packed twice: {name} over a zip", "Ask for the zip alone, and declare format: zip."
    else:
        return
    raise DeliveryRefused(dataset.id, file.name, what, "as a whole", fix)


class Limit:
    """How much may still come out of one delivery: `servers.largest_unpacked` bytes, `largest_ratio` times its size."""

    def __init__(self, dataset: Dataset, file: str, packed: int) -> None:
        self._dataset, self._file, self._packed = dataset, file, packed
        self._out = 0

    def judge(self, size: int) -> None:
        """Raises `DeliveryRefused` where `size` more bytes would be too many."""
        source, total = self._dataset.source, self._out + size
        if total > source.largest_unpacked:
            raise self._refused(f"more than largest_unpacked ({source.largest_unpacked} bytes)")
        if total > max(_HARMLESS, source.largest_ratio * self._packed):
            raise self._refused(f"more than largest_ratio ({source.largest_ratio}) times its {self._packed} bytes")

    def copy(self, packed: IO[bytes], target: BinaryIO) -> None:
        """All of `packed` to `target`, counted."""
        while block := packed.read(_BLOCK):
            self.count(len(block))
            target.write(block)

    def counted(self, packed: IO[bytes]) -> Counted:
        """What is packed, counted while it is read."""
        return Counted(packed, self)

    def count(self, size: int) -> None:
        """So many bytes came out. Raises `DeliveryRefused`."""
        self.judge(size)
        self._out += size

    def _refused(self, what: str) -> DeliveryRefused:
        fix = "Ask for it in parts, or declare a larger servers.largest_unpacked or largest_ratio if that is its size."
        return DeliveryRefused(self._dataset.id, self._file, f"it unpacks to {what}", "size when unpacked", fix)


class Counted:
    """A packed stream that counts what it gives."""

    def __init__(self, packed: IO[bytes], limit: Limit) -> None:
        self._packed, self._limit = packed, limit

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        block = self._packed.read(size)
        self._limit.count(len(block))
        return block
