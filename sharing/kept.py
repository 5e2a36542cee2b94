"""Closed segments held against what the ledger's own file keeps of them, while the audit reads both in order.

What the file keeps must be what the segment has; what it may not have let go must be there; and its packed digests must
be those of the entries. The chain itself is `audit.py`'s.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sharing.chain import COLUMNS
from sharing.faults import Fault
from sharing.segments import LEAVING, Segment, closed_digests, closed_end, segment_rows

_RESTORE = "restore the ledger from a backup, and find out who wrote to its file"


class Closing:
    """One reading of a ledger from a number on. The connection stays in one reading transaction."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._end = closed_end(connection)
        self._newest: dict[tuple[str, str], int] = {}
        self._served: dict[str, int] = {}

    def rows(self, segment: Segment, after: int) -> Iterator[tuple[Any, ...] | Fault]:
        """A closed segment's entries after a number, and every fault of what is kept of them."""
        kept = {row[0]: row for row in self._kept(max(segment.first, after + 1), segment.last)}
        digests = list[str]()
        for row in segment_rows(self._path, segment):
            digests.append(row[-1])
            if row[0] <= after:
                continue
            yield row
            self._note(row)
            stands = kept.pop(row[0], None)
            if stands is not None and stands != row:
                yield self._fault("digest", row[0], "its content is not what was written")
            if stands is None and not self._may_leave(row):
                yield self._fault("sequence", row[0], "it is in its closed segment alone, and may not be")
        for seq in sorted(kept):
            yield self._fault("sequence", seq, "it is in no closed segment")
        if closed_digests(self._connection, segment).hex() != "".join(digests):
            yield self._fault("chain", segment.last, "the digests of its segment are not those of its entries")

    def open_rows(self, after: int) -> Iterator[tuple[Any, ...] | Fault]:
        """The entries of no closed segment, then a fault for each closed one that had to be kept and is not."""
        for row in self._kept(max(after, self._end) + 1, None):
            yield row
            self._note(row)
        there = {row[0] for row in self._connection.execute("select seq from entries where seq <= ?", (self._end,))}
        wanted = {*self._newest.values(), *self._served.values()}
        for seq in sorted(one for one in wanted - there if one <= self._end):
            yield self._fault("sequence", seq, "it is the newest of its kind, and is in its closed segment alone")

    def _kept(self, first: int, last: int | None) -> Iterator[tuple[Any, ...]]:
        bound = "" if last is None else "and seq <= :last"
        statement = f"select {COLUMNS} from entries where seq >= :first {bound} order by seq"
        yield from self._connection.execute(statement, {"first": first, "last": last})

    def _note(self, row: tuple[Any, ...]) -> None:
        seq, _, kind, _, key, body, *_ = row
        if kind in LEAVING and kind != "run":
            self._newest[kind, key] = seq
            if kind == "verdict" and _released(body):
                self._served[key] = seq

    @staticmethod
    def _may_leave(row: tuple[Any, ...]) -> bool:
        return row[0] > 1 and row[2] in LEAVING

    def _fault(self, rule: str, seq: int, message: str) -> Fault:
        return Fault(rule, f"{self._path}: entry {seq}", message, _RESTORE)


def _released(body: str) -> bool:
    try:
        return bool(json.loads(body).get("verdict") == "released")
    except (ValueError, AttributeError):
        return False  # no body of ours: its digest tells
