"""Closed segments of a ledger: compressed files beside it, each all the entries of a range, in order, as they stood.

The ledger's own file keeps of a closed range what a run may ask for (`LEAVING` says what it does not); an entry of kind
`segment` names each file by its digest. Reading is done here; closing is `sealing.py`'s, and judging `audit.py`'s.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sharing.chain import COLUMNS
from sharing.durable import read_file
from sharing.faults import Fault, SharingRefused

KIND = "segment"
LEAVING = (
    *("check", "classified", "declared", "executed", "files", "look"),
    *("merge", "probe", "profile", "read", "run", "verdict"),
)
"""The kinds of which a run reads the newest entry for each key alone. Entries of all other kinds stay in the file."""

LACKING = "segment_lacking"
"""The rule of a closed segment that is not there, or not as it was."""
RESTORE = "restore it from a backup: `zhongtai restore`; the ledger has its digest"
_BYTES = 32
CLOSED = "create table if not exists closed (last integer primary key, digests blob not null) strict"
"""The digests of closed entries stay in the ledger's own file, packed: its log and its witnesses ask for them."""


@dataclass(frozen=True)
class Segment:
    """One closed range of entries: `end` is the digest of its last, `kept` how many up to there the ledger's file has.

    `kept` counts from the first entry of the ledger on, as of the moment when the segment was closed.
    """

    first: int
    last: int
    end: str
    sha256: str
    size: int
    kept: int

    @property
    def name(self) -> str:
        """Its file, in the folder of segments."""
        return f"{self.first:012d}-{self.last:012d}.jsonl.xz"

    def as_dict(self) -> dict[str, Any]:
        """The body of its entry."""
        return {"segment": self.name, **vars(self)}


def segments_folder(path: Path) -> Path:
    """Where the closed segments of the ledger at `path` lie."""
    return path.with_name(f"{path.name}.segments")


def segments_of(connection: sqlite3.Connection) -> list[Segment]:
    """The closed segments, in order, as the ledger names them."""
    found = connection.execute("select body from entries where kind = ? order by seq", (KIND,)).fetchall()
    bodies = [json.loads(body) for (body,) in found]
    return [Segment(**{name: body[name] for name in Segment.__dataclass_fields__}) for body in bodies]


def closed_end(connection: sqlite3.Connection) -> int:
    """The number of the last entry in a closed segment; 0 where none is closed."""
    return max((one.last for one in segments_of(connection)), default=0)


def packed(rows: Iterator[tuple[Any, ...]]) -> bytes:
    """A segment's file: a line of JSON for each entry, its columns in their order, in the xz format."""
    made = io.BytesIO()
    with lzma.open(made, "wb") as writer:
        for row in rows:
            writer.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return made.getvalue()


def segment_rows(path: Path, segment: Segment) -> Iterator[tuple[Any, ...]]:
    """The entries of a closed segment of the ledger at `path`; SharingRefused where its file is not as it was."""
    where = segments_folder(path) / segment.name
    try:
        data = read_file(where)
    except OSError as error:
        said = "is gone" if isinstance(error, FileNotFoundError) else f"cannot be read ({type(error).__name__})"
        raise SharingRefused(LACKING, str(where), f"this closed part of the ledger {said}", RESTORE) from None
    if hashlib.sha256(data).hexdigest() != segment.sha256:
        raise SharingRefused(LACKING, str(where), "this closed part of the ledger was changed", RESTORE)
    with lzma.open(io.BytesIO(data)) as lines:
        for line in lines:
            yield tuple(json.loads(line))


def chained(connection: sqlite3.Connection, path: Path, after: int = 0) -> Iterator[tuple[Any, ...]]:
    """All entries after a number in order, closed or not. The connection must stay in one reading transaction."""
    end = 0
    for segment in segments_of(connection):
        end = segment.last
        if end > after:
            yield from (row for row in segment_rows(path, segment) if row[0] > after)
    open_ones = f"select {COLUMNS} from entries where seq > ? order by seq"
    yield from connection.execute(open_ones, (max(after, end),))


def closed_digest(connection: sqlite3.Connection, seq: int) -> str | None:
    """The digest of an entry of a closed segment; None where none has it."""
    segment = next((one for one in segments_of(connection) if one.first <= seq <= one.last), None)
    if segment is None:
        return None
    digests = closed_digests(connection, segment)
    begins = (seq - segment.first) * _BYTES
    return digests[begins : begins + _BYTES].hex() or None


def closed_digests(connection: sqlite3.Connection, segment: Segment) -> bytes:
    """The digests of a segment's entries, 32 bytes each: the ledger's own file has them, whatever becomes of others."""
    row = connection.execute("select digests from closed where last = ?", (segment.last,)).fetchone()
    return bytes(row[0]) if row else b""


def leaves(connection: sqlite3.Connection, after: int) -> Iterator[bytes]:
    """The digests of all entries after a number, in order. The connection must stay in one reading transaction."""
    end = 0
    for segment in segments_of(connection):
        end = segment.last
        digests = closed_digests(connection, segment) if end > after else b""
        begins = max(after + 1 - segment.first, 0) * _BYTES
        yield from (digests[place : place + _BYTES] for place in range(begins, len(digests), _BYTES))
    open_ones = "select digest from entries where seq > ? order by seq"
    for (found,) in connection.execute(open_ones, (max(after, end),)):
        try:
            yield bytes.fromhex(found)
        except ValueError:
            yield str(found).encode()  # no digest of ours: the tree over it is none that was ever told


def missing_segments(connection: sqlite3.Connection, path: Path) -> Iterator[Fault]:
    """Each closed segment whose file is not there, or of another size; what it holds is read by the audit alone."""
    for segment in segments_of(connection):
        where = segments_folder(path) / segment.name
        size = where.stat().st_size if where.is_file() else None
        if size != segment.size:
            said = "is gone" if size is None else f"has {size} bytes of {segment.size}"
            subject = f"{segments_folder(path).name}/{segment.name}"
            yield Fault(LACKING, subject, f"this closed part of the ledger {said}", RESTORE)
