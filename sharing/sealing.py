"""Closing a segment of the ledger: its file first, then one transaction that names it and lets superseded rows go.

A crash between the two leaves a file that nothing names, which the next closing takes away. What may leave the
ledger's own file is said in `segments.py`.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.chain import COLUMNS
from sharing.durable import make_folder, write_file
from sharing.schema import NO_DELETE, NO_DELETE_NAME
from sharing.segments import CLOSED, LEAVING, Segment, closed_end, packed, segments_folder, segments_of

# A short segment compresses badly; a long one is slow to look into, and is held in memory while it is packed.
LEAST, MOST, MOST_BYTES = 256, 16_384, 64_000_000
# What is read at each opening (heads, the open part of the tree) lies among the newest.
_NEWEST = 64


@dataclass(frozen=True)
class Limits:
    """How long a segment is: `least` and `most` entries, and bytes of text; the last one closed may be longer."""

    least: int = LEAST
    most: int = MOST
    most_bytes: int = MOST_BYTES


def closable(connection: sqlite3.Connection, before: datetime, limits: Limits) -> tuple[int, int] | None:
    """The first and last entry of the segment that can be closed: all written before a moment; None where none can.

    No run lies on both sides of its end, so that what is asked of a run is in one place.
    """
    end = closed_end(connection)
    first = end + 1
    young = connection.execute(
        "select min(seq) from entries where seq > ? and julianday(at) >= julianday(?)", (end, before.isoformat())
    ).fetchone()[0]
    newest = connection.execute("select coalesce(max(seq), 0) from entries").fetchone()[0] - _NEWEST
    last = min(newest, end + limits.most, *([young - 1] if young else []))
    last = _within(connection, first, last, limits.most_bytes)
    while (begun := _torn(connection, first, last)) is not None:
        last = begun - 1
    return (first, last) if last - first + 1 >= limits.least else None


def _within(connection: sqlite3.Connection, first: int, last: int, most: int) -> int:
    sums = "select seq, sum(length(body)) over (order by seq) as text from entries where seq between ? and ?"
    found = connection.execute(f"select max(seq) from ({sums}) where text <= ?", (first, last, most)).fetchone()[0]
    return int(found) if found else min(first, last)


def _torn(connection: sqlite3.Connection, first: int, last: int) -> int | None:
    """Where a run began that goes on after `last`: the earliest of them."""
    row = connection.execute(
        "select min(seq) from entries where seq between :first and :last and run is not null "
        "and exists (select 1 from entries as later where later.run = entries.run and later.seq > :last)",
        {"first": first, "last": last},
    ).fetchone()
    return None if row[0] is None else int(row[0])


def write_segment(connection: sqlite3.Connection, path: Path, bounds: tuple[int, int]) -> Mapping[str, Any]:
    """Pack a range into its file, durably; the body of its entry, in which `kept` is what there will be."""
    first, last = bounds
    folder = segments_folder(path)
    make_folder(folder)
    _remove_unnamed(connection, folder)
    rows = connection.execute(f"select {COLUMNS} from entries where seq between ? and ? order by seq", bounds)
    data = packed(rows)
    end = connection.execute("select digest from entries where seq = ?", (last,)).fetchone()[0]
    stays = connection.execute(f"select count(*) from entries where seq <= ? and not ({_GOES})", (last, last))
    facts = (first, last, end, hashlib.sha256(data).hexdigest(), len(data), stays.fetchone()[0])
    segment = Segment(*facts)
    write_file(folder / segment.name, data)
    return segment.as_dict()


def _remove_unnamed(connection: sqlite3.Connection, folder: Path) -> None:
    """Take away what a closing that died had written and not named."""
    named = {one.name for one in segments_of(connection)}
    for file in sorted(folder.iterdir()):
        if file.name not in named:
            file.unlink()


# The first entry names the ledger's log, and is asked for by every writer that ends. Of verdicts that let a product
# leave the newest stays, too, whatever was said since: it is what is served.
_GOES = (
    f"seq > 1 and seq <= ? and kind in ({', '.join(repr(kind) for kind in LEAVING)}) "
    "and (kind = 'run' or ("
    "exists (select 1 from entries as later where later.kind = entries.kind and later.key = entries.key "
    "and later.seq > entries.seq) "
    "and not (kind = 'verdict' and json_extract(body, '$.verdict') = 'released' "
    "and not exists (select 1 from entries as later where later.kind = 'verdict' and later.key = entries.key "
    "and later.seq > entries.seq and json_extract(later.body, '$.verdict') = 'released'))))"
)


def let_go(connection: sqlite3.Connection, bounds: tuple[int, int]) -> int:
    """Take the superseded rows of closed segments out of the ledger's file; how many. Within the caller's transaction.

    The trigger that refuses deletion is away for this statement alone: whoever sees the file sees it in place.
    """
    found = connection.execute("select digest from entries where seq between ? and ? order by seq", bounds)
    digests = bytes.fromhex("".join(digest for (digest,) in found))
    connection.execute(CLOSED)
    connection.execute("insert into closed values (?, ?)", (bounds[1], digests))
    connection.execute(f"drop trigger {NO_DELETE_NAME}")
    gone = connection.execute(f"delete from entries where {_GOES}", (bounds[1],)).rowcount
    connection.execute(NO_DELETE)
    return gone
