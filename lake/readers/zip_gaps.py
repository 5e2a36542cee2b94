"""What lies in a zip beside the members that its directory names: one archive behind another, or members it forgot.

A zip is read from its end, so that of two zips one behind the other only the last is seen.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from contracts.model import Dataset
from lake.readers.refusal import DeliveryRefused

_LOCAL = b"PK\x03\x04"
_HEADER = 30
_BLOCK = 1 << 20
# A program before the archive (one that unpacks itself) may have the mark in its code, with no header behind it.
_NEWEST, _LONGEST_NAME = 63, 4096
_METHODS = {*range(21), *range(93, 100)}


def refuse_forgotten(dataset: Dataset, file: Path, archive: zipfile.ZipFile) -> None:
    """Raises `DeliveryRefused` where the bytes between the named members hold the headers of others."""
    with file.open("rb") as source:
        for start, end in _gaps(source, archive.infolist(), file.stat().st_size):
            if (place := _header_within(source, start, end)) is not None:
                what = "it holds members that its directory does not name, as two zips one behind the other do"
                fix = "Ask for it as one zip that was made anew, or for each as a file of its own."
                raise DeliveryRefused(dataset.id, file.name, what, f"byte {place}", fix)


def _gaps(source: BinaryIO, members: list[zipfile.ZipInfo], size: int) -> Iterator[tuple[int, int]]:
    """The ranges of bytes that belong to no named member."""
    at = 0
    for info in sorted(members, key=lambda one: one.header_offset):
        if info.header_offset > at:
            yield at, info.header_offset
        source.seek(info.header_offset)
        header = source.read(_HEADER)
        lengths = struct.unpack_from("<HH", header, 26) if len(header) == _HEADER else (0, 0)
        at = max(at, info.header_offset + _HEADER + sum(lengths) + info.compress_size)
    yield at, size


def _header_within(source: BinaryIO, start: int, end: int) -> int | None:
    """Where the first header of a member stands in a range."""
    source.seek(start)
    rest, at = b"", start
    while at + len(rest) < end:
        block = source.read(min(_BLOCK, end - at - len(rest)))
        if not block:
            return None
        rest += block
        found = rest.find(_LOCAL)
        while found >= 0:
            if len(rest) - found < _HEADER and at + len(rest) < end:
                break  # it goes on in the next block
            if _is_header(rest[found : found + _HEADER]):
                return at + found
            found = rest.find(_LOCAL, found + 1)
        keep = len(rest) - found if found >= 0 else min(len(rest), len(_LOCAL) - 1)
        at, rest = at + len(rest) - keep, rest[len(rest) - keep :]
    return None


def _is_header(raw: bytes) -> bool:
    if len(raw) < _HEADER:
        return False
    version, method = raw[4], int.from_bytes(raw[8:10], "little")
    return version <= _NEWEST and method in _METHODS and 0 < int.from_bytes(raw[26:28], "little") <= _LONGEST_NAME
