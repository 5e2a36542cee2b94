"""What was read of a department's datasets, from the ledger and the certificates of what was read.

A product is of every dataset that its certificate names as a source, and counts whole for each: which bytes of a file
are whose nobody can tell. Lives here: the counting. Must not live here: who may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from contracts.clock import day_of
from sharing.ledger import Ledger
from sharing.reads import KIND, REFUSED, is_of_files
from sharing.release import Release
from sharing.switches import switches
from sharing.withdrawal import released

UNKNOWN = ""
"""The dataset of a release whose certificate nobody can read: any department's, perhaps."""


class Reading(NamedTuple):
    """What a count is of: a month (`2026-11`, in the city), who read, by which agreement, for what, which release."""

    month: str
    recipient: str
    agreement: str
    purpose: str
    release_id: str


@dataclass
class Count:
    """How often and how much: `bytes` are those of files that were asked for, a range of one as the file."""

    first: datetime
    last: datetime
    queries: int = 0
    files: int = 0
    bytes: int = 0


class Tally:
    """The reads of a ledger, counted as far as it was read. `count_on` reads what came since."""

    def __init__(self) -> None:
        self.counts: dict[Reading, Count] = {}
        self._to = 0

    def count_on(self, ledger: Ledger) -> None:
        """Count what the ledger has by now."""
        for entry in ledger.after(KIND, self._to):
            self._to, body = entry.seq, entry.body
            if body.get("what") == REFUSED:
                continue  # nothing of anybody's data went out
            texts = (str(body.get(name) or "") for name in ("recipient", "agreement", "purpose", "release_id"))
            one = self.counts.setdefault(Reading(day_of(entry.at).strftime("%Y-%m"), *texts), Count(entry.at, entry.at))
            one.last = max(one.last, entry.at)
            if is_of_files(str(body.get("what"))):
                one.files, one.bytes = one.files + 1, one.bytes + int(body.get("bytes") or 0)
            else:
                one.queries += 1


@dataclass(frozen=True)
class DepartmentStatement:
    """What of one dataset one recipient read in a month under one agreement, how often, how much and for what.

    `dataset` is "" where the certificate of what was read cannot be read any more."""

    department: str
    month: str
    dataset: str
    recipient: str
    agreement: str
    purpose: str
    first: datetime
    last: datetime
    queries: int
    files: int
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**vars(self), "first": self.first.isoformat(), "last": self.last.isoformat()}


@dataclass(frozen=True)
class Unread:
    """A release that its recipient may read since a moment, and that nobody ever read, whichever version it was."""

    agreement: str
    recipient: str
    datasets: tuple[str, ...]
    since: datetime

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**vars(self), "datasets": list(self.datasets), "since": self.since.isoformat()}


class Sources:
    """Of which datasets each release is made, by its certificate; read again where one is not known yet."""

    def __init__(self, releases_root: Path) -> None:
        self._root = releases_root
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, ledger: Ledger, releases: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Release -> its datasets; (`UNKNOWN`,) where nobody can tell."""
        if {*releases} - self._known.keys():
            for one in released(ledger, self._root):
                self._known[one.release_id] = datasets_of(one)
        return self._known


def datasets_of(release: Release) -> tuple[str, ...]:
    """The datasets that a release is made of."""
    if release.statement is None:
        return (UNKNOWN,)
    return tuple(sorted({one.dataset for one in release.statement.predicate.sources})) or (UNKNOWN,)


def department_statements(
    tally: Tally, sources: Mapping[str, tuple[str, ...]], department: str, month: str = ""
) -> list[DepartmentStatement]:
    """What was read of a department's datasets, in a month or in each there was; the newest month first."""
    summed: dict[tuple[str, ...], list[Count]] = {}
    for reading, one in tally.counts.items():
        if month in ("", reading.month):
            for dataset in _own(sources.get(reading.release_id, (UNKNOWN,)), department):
                summed.setdefault((reading.month, dataset, *reading[1:4]), []).append(one)
    every = (_statement(department, key, counts) for key, counts in summed.items())
    ordered = sorted(every, key=lambda one: (one.dataset, one.recipient, one.agreement, one.purpose))
    return sorted(ordered, key=lambda one: one.month, reverse=True)


def _own(datasets: Iterable[str], department: str) -> Iterator[str]:
    return (one for one in datasets if one == UNKNOWN or one.partition(".")[0] == department)


def _statement(department: str, key: tuple[str, ...], counts: Sequence[Count]) -> DepartmentStatement:
    month, dataset, recipient, agreement, purpose = key
    return DepartmentStatement(
        department,
        month,
        dataset,
        recipient,
        agreement,
        purpose,
        min(one.first for one in counts),
        max(one.last for one in counts),
        sum(one.queries for one in counts),
        sum(one.files for one in counts),
        sum(one.bytes for one in counts),
    )


def unread(tally: Tally, ledger: Ledger, releases_root: Path, current: Iterable[Release]) -> list[Unread]:
    """Of releases that can be read now, those of agreements under which nothing was ever read."""
    read = {reading.agreement for reading in tally.counts}
    found = []
    for one in current:
        if one.agreement not in read and one.statement is not None:
            since = next(iter(switches(ledger, releases_root, one.agreement)), None)
            at = since.at if since else one.statement.predicate.issued_at
            found.append(Unread(one.agreement, str(one.recipient), datasets_of(one), at))
    return sorted(found, key=lambda one: one.agreement)
