"""What recipients read, from the ledger: a statement of a month or of all time, and the grants that nobody uses.

Bytes are those of the release's files, or of the ranges of them, that were asked for: of a download that is made into
another format those of the files that it is made of. Writing entries down is the
business of whoever serves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.clock import day_of
from sharing.grants import Grant, grants
from sharing.ledger import Ledger

KIND = "read"
REFUSED = "refused"
_OF_FILES = ("file", "download")


@dataclass
class Statement:
    """What one recipient did under one agreement ("" for what was refused): times asked, files, bytes, first, last."""

    recipient: str
    agreement: str
    purpose: str
    first: datetime
    last: datetime
    queries: int = 0
    files: int = 0
    bytes: int = 0
    refused: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**vars(self), "first": self.first.isoformat(), "last": self.last.isoformat()}


def statements(ledger: Ledger, month: str = "") -> list[Statement]:
    """A statement for each recipient and agreement, of a month (`2026-11`, in the city) or of all time."""
    found: dict[tuple[str, str], Statement] = {}
    for entry in ledger.entries(KIND):
        if month and day_of(entry.at).strftime("%Y-%m") != month:
            continue
        body = entry.body
        key = str(body["recipient"]), str(body.get("agreement") or "")
        one = found.setdefault(key, Statement(*key, str(body.get("purpose") or ""), entry.at, entry.at))
        one.last = max(one.last, entry.at)
        _count(one, str(body.get("what")), int(body.get("bytes") or 0))
    return [found[key] for key in sorted(found)]


def is_of_files(what: str) -> bool:
    """Whether what was read are files; else it was a question about them."""
    return what.startswith(_OF_FILES)


def _count(one: Statement, what: str, size: int) -> None:
    if what == REFUSED:
        one.refused += 1
    elif is_of_files(what):
        one.files += 1
        one.bytes += size
    else:
        one.queries += 1


def unused(ledger: Ledger, at: datetime) -> Iterator[Grant]:
    """The grants that stand and by which nothing was ever read."""
    used = {str(entry.body.get("token")) for entry in ledger.entries(KIND) if entry.body.get("what") != REFUSED}
    yield from (one for one in grants(ledger) if one.stands(at) and one.token not in used)
