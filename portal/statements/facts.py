"""What a statement says: counted from the ledger as far as it goes, for departments and for recipients.

Whom it may be told is the pages' to ask. The counts are kept and go on from where they ended, so that a page costs what
was read since the last one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

from contracts.clock import today
from portal.city import City
from sharing.department_reads import (
    DepartmentStatement,
    Reading,
    Sources,
    Tally,
    Unread,
    department_statements,
    unread,
)
from sharing.grants import Grant
from sharing.reads import unused
from sharing.release import Release, current_release


@dataclass(frozen=True)
class AgencyStatement:
    """What one recipient read in a month under one agreement."""

    month: str
    recipient: str
    agreement: str
    purpose: str
    queries: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Concerns:
    """Whose statements are asked for: departments whose data it is, or agencies that read it; of a month, or ""."""

    departments: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    month: str = ""


@dataclass(frozen=True)
class Told:
    """All that a page of statements shows; `months` are those in which anything was read that it is about."""

    months: tuple[str, ...]
    of_departments: tuple[DepartmentStatement, ...]
    of_agencies: tuple[AgencyStatement, ...]
    unread: tuple[Unread, ...]
    unused: tuple[Grant, ...]


class Statements:
    """The statements of one city. Used from any thread."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._tally, self._lock = Tally(), Lock()
        self._sources = Sources(city.settings.releases)

    def told(self, about: Concerns) -> Told:
        """What there is to say to somebody, as of now."""
        with self._lock:
            return self._told(about)

    def _told(self, about: Concerns) -> Told:
        ledger, tally = self._city.ledger, self._tally
        tally.count_on(ledger)
        sources = self._sources.of(ledger, {one.release_id for one in tally.counts})
        every = [one for name in about.departments for one in department_statements(tally, sources, name)]
        read = [one for one in _of_agencies(tally) if one.recipient in about.agencies]
        idle = unread(tally, ledger, self._city.settings.releases, self._current())
        grants = unused(ledger, self._city.now()) if about.agencies else ()
        return Told(
            months=tuple(sorted({one.month for one in every} | {one.month for one in read}, reverse=True)),
            of_departments=tuple(one for one in every if about.month in ("", one.month)),
            of_agencies=tuple(one for one in read if about.month in ("", one.month)),
            unread=tuple(one for one in idle if _concerned(one, about)),
            unused=tuple(one for one in grants if one.recipient in about.agencies),
        )

    def _current(self) -> Iterable[Release]:
        root, day = self._city.settings.releases, today(self._city.settings.clock)
        found = (current_release(root, name, day) for name in sorted(self._city.agreements))
        return (one for one in found if one is not None)


def _concerned(one: Unread, about: Concerns) -> bool:
    of = {dataset.partition(".")[0] for dataset in one.datasets}
    return one.recipient in about.agencies or bool(of & {*about.departments})


def _of_agencies(tally: Tally) -> list[AgencyStatement]:
    """Counts of all releases of an agreement together, the newest month first."""
    summed: dict[Reading, list[int]] = {}
    for reading, one in tally.counts.items():
        row = summed.setdefault(reading._replace(release_id=""), [0, 0, 0])
        row[:] = [row[0] + one.queries, row[1] + one.files, row[2] + one.bytes]
    found = [AgencyStatement(key.month, key.recipient, key.agreement, key.purpose, *row) for key, row in summed.items()]
    ordered = sorted(found, key=lambda one: (one.recipient, one.agreement, one.purpose))
    return sorted(ordered, key=lambda one: one.month, reverse=True)
