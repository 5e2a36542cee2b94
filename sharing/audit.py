"""Recomputing the ledger: whether every entry still is what was written, in its place, up to its recorded end.

Reads the ledger's file only. It never writes, and never repairs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from lzma import LZMAError
from pathlib import Path
from typing import Any

from sharing.chain import START, Head, entry_digest, head_path, head_signature_holds, read_head, read_only
from sharing.faults import Fault, SharingRefused
from sharing.kept import Closing
from sharing.keys import PublicKey
from sharing.schema import altered
from sharing.segments import LACKING, RESTORE, segments_folder, segments_of
from sharing.tail import entry_at

_RESTORE = "restore the ledger from a backup, and find out who wrote to its file"


def verify_ledger(
    path: Path, keys: Sequence[PublicKey] = (), witnesses: Iterable[Head] = (), after: Head | None = None
) -> list[Fault]:
    """Every fault of the ledger at `path`; empty when it holds.

    The head file beside it must name an entry that is there; with public keys it must be signed with one of them.
    `witnesses` are heads kept elsewhere (each certificate holds one): they show a cut-off tail even if the head file
    was replaced with it. `after` is a head up to which all was found well before: from there on alone it is recomputed.
    """
    heads, faults = _read_head(path, keys)
    try:
        with closing(read_only(path)) as connection:
            connection.execute("begin")  # what is read of segments and of entries is of one moment
            faults += _structure(connection, path, whole=after is None)
            faults += _entries(connection, path, [*heads, *witnesses, *([after] if after else [])], after)
    except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
        faults.append(
            Fault("ledger_readable", str(path), f"the ledger cannot be read ({type(error).__name__})", _RESTORE)
        )
    return faults


def _structure(connection: sqlite3.Connection, path: Path, *, whole: bool) -> Iterator[Fault]:
    # The file as a whole is read for this.
    state = connection.execute("pragma integrity_check(1)").fetchone()[0] if whole else "ok"
    if state != "ok":
        yield Fault("ledger_sound", str(path), "SQLite finds its file damaged", _RESTORE)
    for name, how in altered(connection):
        yield Fault("ledger_guarded", f"{path}: {name}", how, _RESTORE)


def _entries(
    connection: sqlite3.Connection, path: Path, heads: list[Head], after: Head | None = None
) -> Iterator[Fault]:
    wanted: dict[int, list[Head]] = {}
    for head in heads:
        wanted.setdefault(head.seq, []).append(head)
    wanted.pop(0, None)
    if after is not None:
        yield from _before(connection, path, after, wanted)
    seq, previous = (after.seq, after.digest) if after else (0, START)
    for row in _rows(connection, path, seq):
        if isinstance(row, Fault):
            yield row
            continue
        if isinstance(row, Head):  # a segment that cannot be read: its end is held against what the ledger names
            seq, previous = row.seq, row.digest
            continue
        yield from _entry(row, seq, previous, path)
        seq, previous = row[0], row[-1]
        for head in wanted.pop(seq, ()):
            if head.digest != previous:
                yield Fault("head", f"{path}: entry {seq}", f"not the entry that {_place(head)} has", _RESTORE)
    for missing in sorted(wanted):
        for head in wanted[missing]:
            lack = f"the ledger ends at entry {seq}; {_place(head)} has entry {missing}"
            yield Fault("tail", f"{path}: entry {missing}", lack, _RESTORE)


def _rows(connection: sqlite3.Connection, path: Path, after: int) -> Iterator[tuple[Any, ...] | Fault | Head]:
    """All entries after a number, those of closed segments from their files, with what is wrong with these.

    The end of a segment that cannot be read comes in the place of its entries.
    """
    closing_of = Closing(connection, path)
    for segment in segments_of(connection):
        if segment.last > after:
            try:
                yield from closing_of.rows(segment, after)
            except (SharingRefused, LZMAError, EOFError, ValueError) as error:
                said = (
                    error.message if isinstance(error, SharingRefused) else f"cannot be read ({type(error).__name__})"
                )
                yield Fault(LACKING, str(segments_folder(path) / segment.name), said, RESTORE)
                yield Head(segment.last, segment.end)
    yield from closing_of.open_rows(after)


def _before(connection: sqlite3.Connection, path: Path, after: Head, wanted: dict[int, list[Head]]) -> Iterator[Fault]:
    """Heads in the part that is not recomputed are looked up in it; that none of its entries is gone is counted."""
    for seq in sorted(number for number in wanted if number <= after.seq):
        found = entry_at(connection, seq)
        for head in wanted.pop(seq):
            if found != head.digest:
                yield Fault("head", f"{path}: entry {seq}", f"not the entry that {_place(head)} has", _RESTORE)
    closed = segments_of(connection)
    end, kept = (closed[-1].last, closed[-1].kept) if closed else (0, 0)
    count, wanted_count = _count(connection, 0, end), kept
    if after.seq > end:
        count, wanted_count = count + _count(connection, end, after.seq), kept + after.seq - end
    if count != wanted_count:
        yield Fault(
            "sequence", str(path), f"{wanted_count - count} of its first {after.seq} entries are missing", _RESTORE
        )


def _count(connection: sqlite3.Connection, after: int, last: int) -> int:
    rows = connection.execute("select count(*) from entries where seq > ? and seq <= ?", (after, last))
    return int(rows.fetchone()[0])


def _place(head: Head) -> str:
    return head.place or "what was recorded elsewhere"


def _entry(row: tuple[Any, ...], seq: int, previous: str, path: Path) -> Iterator[Fault]:
    number, at, kind, run, key, body, before, found = row
    subject = f"{path}: entry {number}"
    if number != seq + 1:
        gone = f"entry {seq + 1} is" if number == seq + 2 else f"entries {seq + 1} to {number - 1} are"
        yield Fault("sequence", subject, f"follows entry {seq}; {gone} missing", _RESTORE)
    if before != previous:
        yield Fault("chain", subject, "does not follow from the entry before it", _RESTORE)
    if entry_digest(number, at, kind, run, (key, body), before) != found:
        yield Fault("digest", subject, "its content is not what was written", _RESTORE)


def _read_head(path: Path, keys: Sequence[PublicKey]) -> tuple[list[Head], list[Fault]]:
    where = head_path(path)
    try:
        head, record = read_head(where)
    except FileNotFoundError:
        return [], _head_missing(path, where)
    except (OSError, ValueError):
        return [], [Fault("head_readable", str(where), "the head file cannot be read", _RESTORE)]
    if keys and not head_signature_holds(record, keys):
        return [head], [Fault("head_signature", str(where), "not signed with the city's key", _RESTORE)]
    return [head], []


def _head_missing(path: Path, where: Path) -> list[Fault]:
    try:
        with closing(read_only(path)) as connection:
            empty = connection.execute("select count(*) from entries").fetchone()[0] == 0
    except sqlite3.Error:
        return []
    return [] if empty else [Fault("head_readable", str(where), "the head file is missing", _RESTORE)]
