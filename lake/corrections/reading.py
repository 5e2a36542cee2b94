"""The corrections and disputes of a ledger. Reading goes on from where it ended, so that asking often is cheap.

What a step counts for is by the roles that its person held on its day; what steps lead to is `sharing/corrections`'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock

from contracts.acts import Role, agencies_of, departments_of, person_key
from contracts.clock import day_of
from lake.acts import Persons
from sharing.corrections.law import Case, case_of
from sharing.corrections.steps import KIND, Step, read_step
from sharing.corrections.vocabulary import Seat
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

_NEVER = datetime.min.replace(tzinfo=UTC)
ROLES: Mapping[Seat, Role] = {
    Seat.STEWARD: Role.STEWARD,
    Seat.OWNER: Role.OWNER,
    Seat.OFFICER: Role.OFFICER,
    Seat.CONSUMER: Role.APPLICANT,
}
"""The role by which a person sits in a case."""
SEATS: Mapping[Role, Seat] = {role: seat for seat, role in ROLES.items()}


@dataclass
class Book:
    """The cases of a city, read on as its ledger grows. Safe to use from several threads."""

    ledger: Ledger
    persons: Persons
    _read_to: int = 0
    _latest: datetime = _NEVER
    _steps: dict[str, list[Step]] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _cases: dict[str, Case] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def cases(self) -> Mapping[str, Case]:
        """Every case there is, by its number, in the order in which they were opened."""
        with self._lock:
            self._read_on()
            return dict(self._cases)

    def find(self, number: str) -> tuple[Case, int] | None:
        """One case, and the number of the newest entry about it, counted or not; None where there is none."""
        with self._lock:
            self._read_on()
            found = self._cases.get(number)
            return (found, self._last[number]) if found else None

    def expect(self, number: str) -> Case:
        """One case; SharingRefused where there is none of that number."""
        found = self.find(number)
        if found is None:
            raise SharingRefused("case_known", number, "there is no such case", "see `zhongtai corrections`")
        return found[0]

    def _read_on(self) -> None:
        touched: dict[str, None] = {}
        for entry in self.ledger.after(KIND, self._read_to):
            self._read_to = entry.seq
            # What is written down after something else did not happen before it.
            self._latest = max(self._latest, entry.at)
            self._last[entry.key] = entry.seq
            step = read_step(entry)
            if step is not None:
                self._steps.setdefault(step.case, []).append(self._seated(step))
                touched[step.case] = None
        for number in touched:
            found = case_of(self._steps[number])
            if found is not None:
                self._cases[number] = found

    def _seated(self, step: Step) -> Step:
        """A step by the roles that its person held on its day, where they are declared.

        Of whoever is declared no more the entry is believed: what they opened does not vanish with them.
        """
        if step.seat not in ROLES:
            return step
        person, day = self.persons.catalogue.persons.get(person_key(step.person)), day_of(self._latest)
        if person is None:
            return step
        grants = tuple(one for one in person.roles if one.holds(day))
        if not any(one.role is ROLES[step.seat] for one in grants):
            return replace(step, fault=f"{step.person} was no {step.seat} on {day}")
        return replace(
            step,
            departments=departments_of(grants, ROLES[step.seat]) if step.seat in {Seat.STEWARD, Seat.OWNER} else None,
            agencies=agencies_of(grants) if step.seat is Seat.CONSUMER else None,
        )
