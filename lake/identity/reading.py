"""The decisions of a ledger about who is who. Reading goes on from where it ended, so that asking often is cheap.

What a step counts for is by the roles that its person held on its day; what steps lead to is `sharing/identity`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock

from contracts.acts import Role, departments_of, person_key
from contracts.clock import day_of
from lake.acts import Persons
from sharing.identity.law import Decisions
from sharing.identity.standing import Standing
from sharing.identity.steps import KIND, Step, read_step
from sharing.identity.vocabulary import Seat
from sharing.ledger import Ledger

_NEVER = datetime.min.replace(tzinfo=UTC)
ROLES: Mapping[Seat, Role] = {Seat.STEWARD: Role.STEWARD, Seat.OFFICER: Role.OFFICER}
"""The role by which a person decides."""
SEATS: Mapping[Role, Seat] = {role: seat for seat, role in ROLES.items()}


@dataclass
class Book:
    """The decisions of a city by entity, read on as its ledger grows. Safe to use from several threads."""

    ledger: Ledger
    persons: Persons
    _read_to: int = 0
    _latest: datetime = _NEVER
    _decisions: dict[str, Decisions] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, entity: str) -> tuple[Decisions, int]:
        """The decisions about an entity's records, and the number of the newest entry about them, counted or not."""
        with self._lock:
            for entry in self.ledger.after(KIND, self._read_to):
                self._read_to = entry.seq
                # What is written down after something else did not happen before it.
                self._latest = max(self._latest, entry.at)
                self._last[entry.key] = entry.seq
                step = read_step(entry)
                if step is not None:
                    self._decisions.setdefault(step.entity, Decisions()).take(self._seated(step))
            return self._decisions.setdefault(entity, Decisions()), self._last.get(entity, 0)

    def standing(self, entity: str) -> Standing:
        """What was decided of an entity's records, for whoever matches them and whoever keeps the registry."""
        return self.of(entity)[0].standing()

    def _seated(self, step: Step) -> Step:
        """A step by the roles that its person held on its day, where they are declared.

        Of whoever is declared no more the entry is believed: what they decided does not vanish with them.
        """
        person, day = self.persons.catalogue.persons.get(person_key(step.person)), day_of(self._latest)
        if person is None:
            return step
        grants = tuple(one for one in person.roles if one.holds(day))
        if not any(one.role is ROLES[step.seat] for one in grants):
            return replace(step, fault=f"{step.person} was no {step.seat} on {day}")
        return replace(step, speaks=departments_of(grants, Role.STEWARD) if step.seat is Seat.STEWARD else None)
