"""Sends the day's digests: one a day for each person and way, nothing where nothing changed, and the ledger says so.

A digest is recorded when its way took it: what failed is told again by the next call, and what a crash kept from being
recorded once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.acts import RoleGrant
from contracts.alerts import Told
from contracts.clock import day_of
from contracts.model import Catalogue
from lake.alerts.digest import KIND, Digest, digest, told_before
from lake.alerts.secrets import AlertRefused
from lake.alerts.ways import Places, send
from lake.alerts.wording import Wording, wording
from lake.findings.finding import Finding
from lake.findings.whose import concerns
from lake.settings import Settings
from sharing.ledger import Ledger


@dataclass(frozen=True)
class Sent:
    """What became of a digest: `waiting`, `sent`, `quiet`, `today` (they were told already), or `failed` with `why`."""

    digest: Digest
    told: Told
    state: str
    why: str = ""


@dataclass(frozen=True)
class Day:
    """One day of one city: its books, its declarations and what is bad."""

    settings: Settings
    catalogue: Catalogue
    ledger: Ledger
    found: Sequence[Finding]

    def digests(self, now: datetime) -> Iterator[tuple[Told, Digest, bool]]:
        """Each person's by each way, and whether they were told today already."""
        day = day_of(now)
        for told in self.catalogue.alerts.to:
            before, last = told_before(self.ledger, told.person, told.way)
            mine = [one for one in self.found if concerns(self._roles(told.person, now), one)]
            yield told, digest(told.person, day, mine, before), last is not None and last >= day

    def _roles(self, person: str, now: datetime) -> tuple[RoleGrant, ...]:
        known = self.catalogue.persons.get(person)
        return tuple(one for one in known.roles if one.holds(day_of(now))) if known else ()

    def words(self) -> Wording:
        """The city's."""
        return wording(self.catalogue)

    def shown(self, now: datetime) -> list[Sent]:
        """What would be told; nobody is."""
        return [
            Sent(one, told, "today" if today else "quiet" if one.quiet else "waiting")
            for told, one, today in self.digests(now)
        ]

    def send(self, now: Callable[[], datetime]) -> list[Sent]:
        """Send what there is to tell."""
        moment = now()
        return [self._send(told, one, today, moment) for told, one, today in list(self.digests(moment))]

    def _send(self, told: Told, one: Digest, today: bool, at: datetime) -> Sent:
        if today:
            return Sent(one, told, "today")
        if one.quiet:
            return Sent(one, told, "quiet")
        places = Places(self.settings.secrets, self.settings.workspace)
        try:
            send(told, self.catalogue.alerts.mail, (one, self.words()), at, places)
        except AlertRefused as refused:
            return Sent(one, told, "failed", refused.why)
        self.ledger.append(KIND, one.entry(told.way), at)
        return Sent(one, told, "sent")
