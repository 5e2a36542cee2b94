"""What is bad now, as far as a reader answers for it: gathered anew where ledger, declarations or day changed.

Faults are found in `lake/findings`; here they are cut to a reader, and counted.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from contracts.clock import day_of
from lake.findings.finding import Finding, Kind
from lake.findings.gather import findings
from lake.findings.of_past import of_past
from lake.findings.told import Told
from lake.findings.whose import concerns
from lake.quality_past.store import QualityPast
from portal.city import City
from portal.people.reader import Reader
from sharing.faults import SharingRefused

More = Callable[[], Iterable[Finding]]
"""What other parts of the desk find now: whatever is late, strange, in quarantine or overdue."""


_QUIET = frozenset({"access", "account", "anchor", "digest", "grant", "read"})
"""The kinds of entry by which nothing becomes good or bad: what a portal writes of who reads."""


@dataclass(frozen=True)
class Asked:
    """What of a list is asked for; "" for all."""

    department: str = ""
    kind: str = ""

    def has(self, one: Finding) -> bool:
        """Whether it is asked for."""
        return self.department in ("", one.department) and self.kind in ("", one.kind)


ALL = Asked()


class Morning:
    """The faults of one city. Safe to use from several threads."""

    def __init__(self, city: City, past: QualityPast, more: Sequence[More] = ()) -> None:
        self._city, self._past, self._more = city, past, more
        self._told, self._lock = Told(city.ledger), Lock()
        self._of: tuple[object, ...] = ()
        self._newest = 0
        self._found: Sequence[Finding] = ()

    def warm(self) -> None:
        """Read what the ledger has, before anybody asks. What cannot be read now is told to whoever asks."""
        with suppress(sqlite3.Error, SharingRefused):
            self.every()

    def every(self) -> Sequence[Finding]:
        """All faults there are now, the urgent first."""
        with self._lock:
            self._told.read_on()
            catalogue, today = self._city.catalogue, day_of(self._city.now())
            self._newest = newest = self._city.ledger.newest_but(_QUIET, self._newest)
            known, waiting = self._past.stands()
            # The store may follow later; what it then knows is new, too.
            of = (catalogue, newest, today, min(known, newest), waiting)
            if of != self._of:
                past = of_past(self._past, catalogue, today)
                more = [one for each in self._more for one in each()]
                self._found = findings(self._told, catalogue, today, [*past.found, *more], past.since)
                self._of = of
            return self._found

    def newest(self) -> list[Mapping[str, Any]]:
        """What was last told of the newest delivery of each dataset, as the ledger has it."""
        self._told.read_on()
        return self._told.newest()

    def of(self, reader: Reader, asked: Asked = ALL) -> list[Finding]:
        """Those that a reader answers for; all of them for who answers for the city."""
        return [one for one in self.every() if asked.has(one) and concerns(reader.roles, one)]


def counts(found: Iterable[Finding]) -> Mapping[Kind, int]:
    """How many of each kind, the urgent kinds first."""
    by = Counter(one.kind for one in found)
    return {kind: by[kind] for kind in Kind if by[kind]}
