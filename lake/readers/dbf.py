"""dBASE tables (dbf), field by field as the file has them: text in the declared encoding, numbers as they are written.

Deleted records are none: the file still has them, and its writer took them away. Memo fields lie in another file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from contracts.model import Dataset
from lake.readers.diagnosis import encoding_hint
from lake.readers.headers import match_headers
from lake.readers.landing import Landed
from lake.readers.number_formats import plain_number
from lake.readers.parquet import unreadable
from lake.readers.refusal import DeliveryRefused
from lake.readers.text_table import TextTable
from quality.conform import Delivered

_HEADER, _FIELD = 32, 32
_VERSIONS = {0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x83, 0x8B, 0xF5}
_VISUAL_FOXPRO = {0x30, 0x31, 0x32}
_BLOCK = 10_000
_DELETED, _LIVE, _END = b"*", b" ", b"\x1a"
_UNIX_DAY = 2_440_588  # of the Julian calendar: 1970-01-01
_TRUE, _FALSE = b"YyTt", b"NnFf"
BROKEN_CELL = "cell:unreadable"


@dataclass(frozen=True)
class _Field:
    """One field of a record."""

    name: str
    kind: str
    start: int
    length: int
    decimals: int


@dataclass(frozen=True)
class _Table:
    fields: tuple[_Field, ...]
    first: int
    length: int
    records: int
    kinds: Mapping[str, Callable[[bytes, _Field, str], Reading]]


def read_dbf(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """The records of a dbf that are not deleted."""
    table = _table(dataset, landed)
    positions = match_headers(dataset, landed.file.name, [field.name for field in table.fields])
    fields = [table.fields[place] for place in positions.values()]
    for field in fields:
        if field.kind not in table.kinds:
            what = (
                f"the column {field.name!r} is of the dbf type {field.kind!r}, which lies in another file or is no text"
            )
            fix = "Ask for the column as characters (type C)."
            raise DeliveryRefused(dataset.id, landed.file.name, what, "header", fix)
    with TextTable(dataset, scratch / f"{landed.batch}.parquet", list(positions)) as written:
        for record in _records(dataset, landed, table):
            cells = [
                table.kinds[f.kind](record[f.start : f.start + f.length], f, dataset.source.encoding) for f in fields
            ]
            written.add([text for text, _ in cells], next((fault for _, fault in cells if fault), None))
    return written.delivered(), count_dbf(landed.file)


def _table(dataset: Dataset, landed: Landed) -> _Table:
    with landed.file.open("rb") as file:
        head = file.read(_HEADER)
        if len(head) < _HEADER or head[0] not in _VERSIONS:
            raise unreadable(dataset, landed, "dbf table")
        records, first, length = struct.unpack_from("<IHH", head, 4)
        raw = file.read(max(0, first - _HEADER))
    if landed.bytes < first + records * length:
        what = f"the file is truncated: its header says {records} records of {length} bytes"
        raise DeliveryRefused(dataset.id, landed.file.name, what, "end of file", "Ask for the file again.")
    fields, start = [], 1
    for place in range(0, len(raw) - _FIELD + 1, _FIELD):
        if raw[place] == 0x0D:
            break
        kind, size, decimals = chr(raw[place + 11]), raw[place + 16], raw[place + 17]
        size, decimals = (size + decimals * 256, 0) if kind == "C" else (size, decimals)
        name = raw[place : place + 11].split(b"\0")[0]
        fields.append(_Field(_name(dataset, landed, name), kind, start, size, decimals))
        start += size
    if not fields or start > length:
        raise unreadable(dataset, landed, "dbf table")
    return _Table(tuple(fields), first, length, records, _FOXPRO if head[0] in _VISUAL_FOXPRO else _KINDS)


def _name(dataset: Dataset, landed: Landed, raw: bytes) -> str:
    try:
        return raw.decode(dataset.source.encoding).strip()
    except UnicodeDecodeError:
        what = f"the names of its fields are not {dataset.source.encoding}"
        fix = "Declare the encoding it is written in (servers.encoding), such as gb18030."
        raise DeliveryRefused(dataset.id, landed.file.name, what, "header", fix).because(
            encoding_hint(dataset.source, raw)
        ) from None


def _records(dataset: Dataset, landed: Landed, table: _Table) -> Iterator[bytes]:
    with landed.file.open("rb") as file:
        file.seek(table.first)
        left = table.records
        while left:
            block = file.read(table.length * min(left, _BLOCK))
            for place in range(0, len(block), table.length):
                record = block[place : place + table.length]
                if record[:1] == _LIVE:
                    yield record
                elif record[:1] != _DELETED:
                    what = "a record begins with neither the mark of a live one nor that of a deleted one"
                    raise DeliveryRefused(dataset.id, landed.file.name, what, "records", "Ask for the file again.")
            left -= len(block) // table.length


Reading = tuple[str | None, str | None]


def _characters(raw: bytes, field: _Field, encoding: str) -> Reading:
    raw = raw.rstrip(b" \0")
    try:
        return raw.decode(encoding), None
    except UnicodeDecodeError:
        return raw.decode(encoding, "backslashreplace"), "cell:encoding"


def _number(raw: bytes, field: _Field, encoding: str) -> Reading:
    text = raw.strip(b" \0").decode("latin-1")
    if text and set(text) == {"*"}:  # a number that did not fit its field
        return text, BROKEN_CELL
    return text, None


def _day(raw: bytes, field: _Field, encoding: str) -> Reading:
    text = raw.strip(b" \0").decode("latin-1")
    if not text or text == "00000000":
        return None, None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat(), None
    except ValueError:
        return text, BROKEN_CELL


def _truth(raw: bytes, field: _Field, encoding: str) -> Reading:
    if raw in (b" ", b"?", b"\0"):
        return None, None
    if raw and raw in _TRUE + _FALSE:
        return ("TRUE" if raw in _TRUE else "FALSE"), None
    return raw.decode("latin-1"), BROKEN_CELL


def _whole(raw: bytes, field: _Field, encoding: str) -> Reading:
    return str(int.from_bytes(raw, "little", signed=True)), None


def _money(raw: bytes, field: _Field, encoding: str) -> Reading:
    value = int.from_bytes(raw, "little", signed=True)
    return f"{'-' if value < 0 else ''}{abs(value) // 10_000}.{abs(value) % 10_000:04d}", None


def _moment(raw: bytes, field: _Field, encoding: str) -> Reading:
    days, milliseconds = struct.unpack("<ii", raw) if len(raw) == 8 else (0, 0)
    if days == 0 and milliseconds == 0:
        return None, None
    try:
        when = datetime.combine(date(1970, 1, 1) + timedelta(days=days - _UNIX_DAY), time())
        return (when + timedelta(milliseconds=milliseconds)).isoformat(" "), None
    except OverflowError:
        return f"{days} {milliseconds}", BROKEN_CELL


_KINDS: dict[str, Callable[[bytes, _Field, str], Reading]] = {
    "C": _characters,
    "N": _number,
    "F": _number,
    "D": _day,
    "L": _truth,
    "I": _whole,
    "Y": _money,
    "T": _moment,
}


def _double(raw: bytes, field: _Field, encoding: str) -> Reading:
    if len(raw) != 8:
        return raw.decode("latin-1"), BROKEN_CELL
    text, fault = plain_number(repr(struct.unpack("<d", raw)[0]))
    return text, fault


# There, B is a double; elsewhere it is the place of bytes in another file.
_FOXPRO = {**_KINDS, "B": _double}


def count_dbf(file: Path) -> int:
    """The live records, by the size of the file and the mark of each."""
    raw = file.stat().st_size
    with file.open("rb") as source:
        head = source.read(_HEADER)
        first, length = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
        source.seek(first)
        live = 0
        for _ in range((raw - first) // length if length else 0):
            mark = source.read(length)[:1]
            if mark == _END:
                break
            live += mark == _LIVE
    return live
