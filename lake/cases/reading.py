"""The cases of a ledger: entries of their own, signed acts on them, and what was released and withdrawn for them.

Acts are verified against the persons as declared. Reading goes on from where it ended, so that asking often is cheap;
what the steps lead to is the law's (`sharing/cases/law.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from threading import Lock

from contracts.acts import Deed, Role, RoleGrant, agencies_of, departments_of, person_key
from contracts.clock import day_of
from lake.acts import KIND as ACT
from lake.acts import Acts, Persons
from sharing.acts import Act, read_act
from sharing.cases.asked import NAMESPACE
from sharing.cases.law import Case, case_of
from sharing.cases.steps import KIND, Step, read_step
from sharing.cases.vocabulary import Doing, Seat
from sharing.chain import Entry
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

RELEASE, WITHDRAWAL = "release", "withdrawal"
_NEVER = datetime.min.replace(tzinfo=UTC)
_ROLES = {Seat.APPLICANT: Role.APPLICANT, Seat.OWNER: Role.OWNER, Seat.OFFICER: Role.OFFICER}
_SEATS = {Role.OWNER: Seat.OWNER, Role.OFFICER: Seat.OFFICER}


def roles_of(persons: Persons, name: str, day: date) -> tuple[RoleGrant, ...]:
    """The roles that a person holds on a day: those declared; of somebody whom a demonstration made up, all."""
    person = persons.catalogue.persons.get(person_key(name)) or persons.find(name)
    return tuple(one for one in person.roles if one.holds(day)) if person else ()


@dataclass
class Book:
    """The cases of a city, read on as its ledger grows. Safe to use from several threads."""

    ledger: Ledger
    persons: Persons
    _read_to: int = 0
    _latest: datetime = _NEVER
    _steps: dict[str, list[Step]] = field(default_factory=dict)
    _cases: dict[str, Case] = field(default_factory=dict)
    _released: dict[str, str] = field(default_factory=dict)
    _acts: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def cases(self) -> Mapping[str, Case]:
        """Every case there is, by its number, in the order in which they were filed."""
        with self._lock:
            self._read_on()
            return dict(self._cases)

    def find(self, number: str) -> Case | None:
        """One case; None where there is none of that number."""
        return self.cases().get(number)

    def expect(self, number: str) -> Case:
        """One case; SharingRefused where there is none of that number."""
        found = self.find(number)
        if found is None:
            raise SharingRefused("case_known", number, "there is no such case", "see `zhongtai cases` for numbers")
        return found

    def alone(self, number: str) -> Case | None:
        """One case by its own entries and acts alone, without what was released for it."""
        entries = [*self.ledger.about(KIND, number), *self.ledger.entries(ACT)]
        steps = Book(self.ledger, self.persons)._understood(sorted(entries, key=lambda one: one.seq), number)
        return case_of(steps)

    def _read_on(self) -> None:
        newest = self.ledger.newest()
        end = newest.seq if newest else 0
        if end == self._read_to:
            return
        entries = [
            entry
            for kind in (KIND, ACT, RELEASE, WITHDRAWAL)
            for entry in self.ledger.after(kind, self._read_to)
            if entry.seq <= end
        ]
        touched = set()
        for step in self._understood(sorted(entries, key=lambda one: one.seq)):
            self._steps.setdefault(step.case, []).append(step)
            touched.add(step.case)
        for number in sorted(touched, key=lambda one: self._steps[one][0].seq):
            found = case_of(self._steps[number])
            if found is not None:
                self._cases[number] = found
        self._read_to = end

    def _understood(self, entries: list[Entry], alone: str = "") -> Iterator[Step]:
        acts = Acts(self.ledger, self.persons)
        for entry in entries:
            # What is written down after something else did not happen before it.
            self._latest = max(self._latest, entry.at)
            if entry.kind == KIND:
                step = self._seated(read_step(entry))
            elif entry.kind == ACT:
                step = self._act(entry, acts, alone)
            else:
                step = self._moved(entry)
            if step is not None:
                yield step

    def _seated(self, step: Step | None) -> Step | None:
        """A step by the roles that its person held on its day, where they are declared.

        Of whoever is declared no more the entry is believed: what they filed does not vanish with them.
        """
        if step is None or step.seat not in _ROLES:
            return step
        person, day = self.persons.catalogue.persons.get(person_key(step.person)), day_of(self._latest)
        if person is None:
            return step
        grants = tuple(one for one in person.roles if one.holds(day))
        if not any(one.role is _ROLES[step.seat] for one in grants):
            return replace(step, fault=f"{step.person} was no {step.seat} on {day}")
        return replace(
            step,
            departments=departments_of(grants, Role.OWNER) if step.seat is Seat.OWNER else None,
            agencies=agencies_of(grants) if step.seat is Seat.APPLICANT else None,
        )

    def _act(self, entry: Entry, acts: Acts, alone: str) -> Step | None:
        about = str(entry.body.get("about", ""))
        if not about.startswith(NAMESPACE) or (alone and about != NAMESPACE + alone):
            return None
        data = str(entry.body.get("act", "")).encode()
        try:
            act = read_act(data)
        except SharingRefused:
            return None  # it says nothing, and so it is nobody's
        if act.digest in self._acts or act.about != about:
            return None  # the same act again is no other act
        self._acts.add(act.digest)
        return self._approval(act, acts.fault(act, data, self._latest), entry)

    def _approval(self, act: Act, fault: str | None, entry: Entry) -> Step:
        if act.deed is not Deed.APPROVE or act.role not in _SEATS:
            fault = fault or f"nobody may {act.deed} a request as {act.role}"
        return Step(
            case=act.about.removeprefix(NAMESPACE),
            doing=Doing.APPROVE,
            seat=_SEATS.get(act.role, Seat.OWNER),
            at=entry.at,
            person=act.person,
            words=act.words,
            over=act.over,
            seen=act.seen,
            departments=departments_of(roles_of(self.persons, act.person, day_of(self._latest)), Role.OWNER),
            act=act.digest,
            played=act.played,
            fault=fault,
            seq=entry.seq,
        )

    def _moved(self, entry: Entry) -> Step | None:
        """What was released under an agreement that answers a request, and the withdrawal of such a release."""
        release = str(entry.body.get("release_id", ""))
        # A release without a row shares nothing: nobody has answered by it.
        if entry.kind == RELEASE and entry.body.get("request") and entry.body.get("rows") != 0:
            self._released[release] = str(entry.body["request"])
        number = self._released.get(release)
        if number is None:
            return None
        doing = Doing.RELEASE if entry.kind == RELEASE else Doing.END
        agreement = str(entry.body.get("agreement", ""))
        return Step(number, doing, Seat.PLATFORM, entry.at, agreement=agreement, release=release, seq=entry.seq)
