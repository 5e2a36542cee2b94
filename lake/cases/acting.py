"""Doing something in a case: what somebody may do by their roles, the step as an entry, and the approval as an act.

An approval is signed as `zhongtai approve` signs, over the digests of the parts of what is asked, and is an entry of
kind `act`; all other steps are entries of kind `case`. Who may do what is the law's (`sharing/cases/law.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from contracts.acts import Deed, Role, RoleGrant, agencies_of, departments_of
from contracts.clock import day_of
from contracts.jurisdiction import Jurisdiction
from contracts.requests import MOST_TEXT
from contracts.signs import fault_of_text, one_kind_of_line
from lake.acts import Actor, Persons, record_act
from lake.cases.reading import roles_of
from sharing.acts import Act, prepared, read_act
from sharing.cases.asked import NAMESPACE, Asked
from sharing.cases.law import Case, fault_of
from sharing.cases.steps import KIND, Step, case_id
from sharing.cases.vocabulary import OVER, RIGHTS, Doing, Kind, Seat, State
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

DEED = Deed.APPROVE
"""An approval of a request is the deed that an approval of an agreement is: the same right, over another thing."""


@dataclass(frozen=True)
class Doer:
    """Somebody about to do something: by name and the roles that they hold; or a visitor, who has the case's link."""

    name: str
    grants: tuple[RoleGrant, ...] = ()
    visitor: bool = False

    @property
    def seats(self) -> tuple[Seat, ...]:
        """As what they may do something, in order."""
        if self.visitor:
            return (Seat.VISITOR,)
        known = {Role.APPLICANT: Seat.APPLICANT, Role.OWNER: Seat.OWNER, Role.OFFICER: Seat.OFFICER}
        found = [known[one.role] for one in self.grants if one.role in known]
        return tuple(dict.fromkeys(found))

    def step(self, case: str, doing: Doing, seat: Seat, at: datetime, told: Told) -> Step:
        """The step as they mean it."""
        owner, applicant = seat is Seat.OWNER, seat is Seat.APPLICANT
        return Step(
            case=case,
            doing=doing,
            seat=seat,
            at=at,
            person=self.name,
            departments=departments_of(self.grants, Role.OWNER) if owner else None,
            agencies=agencies_of(self.grants) if applicant else None,
            **told.facts,
        )


@dataclass(frozen=True)
class Told:
    """What somebody says with a step."""

    words: str = ""
    ground: str = ""
    agreement: str = ""
    over: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    asked: Asked | None = None
    kind: Kind | None = None
    follow: str = ""
    act: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """Its fields, as those of a step."""
        return {**vars(self), "words": one_kind_of_line(self.words).strip()}


def propose(case: Case, doing: Doing, who: Doer, told: Told, at: datetime) -> Step:
    """The step that somebody may do, as the first of their roles that may. SharingRefused where none may."""
    _expect_words(case, told.words)
    if told.asked is not None:
        _expect_term(told.asked, at)
    tried = [(step, fault_of(case, step)) for step in _tried(case, doing, who, told, at)]
    found = next((step for step, fault in tried if fault is None), None)
    if found is not None:
        return found
    listed = [fault for step, fault in tried if step.seat in RIGHTS.get(doing, {})]
    roles = ", ".join(map(str, who.seats)) or "nobody who acts in cases"
    why = (listed or [f"{who.name or 'a visitor'} may not {doing}: is {roles}"])[-1]
    raise SharingRefused("case_step", case.id, str(why), _SEE.format(case=case.id))


def _expect_words(case: Case, words: str) -> None:
    said = one_kind_of_line(words).strip()
    if len(said) > MOST_TEXT:
        fix = f"say it in {MOST_TEXT} characters"
        raise SharingRefused("case_words", case.id, f"{len(said)} characters are too many", fix)
    fault = fault_of_text(said, lines=True) if said else None
    if fault:
        raise SharingRefused("case_words", case.id, f"what is said is no plain text: {fault}", "say it in plain text")


def _tried(case: Case, doing: Doing, who: Doer, told: Told, at: datetime) -> Iterator[Step]:
    for seat in who.seats:
        yield who.step(case.id, doing, seat, at, told)


def may(case: Case, who: Doer, at: datetime, doings: Iterable[Doing] = Doing) -> tuple[Doing, ...]:
    """Which of these somebody may do in a case now."""
    told = Told("words", "ground", "agreement", case.asked.digest, case.asked.parts, act="act")
    return tuple(
        doing
        for doing in doings
        if doing is not Doing.FILE and any(fault_of(case, step) is None for step in _tried(case, doing, who, told, at))
    )


def is_stuck(case: Case, persons: Persons, at: datetime) -> bool:
    """Whether an objection waits for somebody who is not declared: of the officers, all have asked or refused in it."""
    if case.state is not State.DISPUTED or persons.plays:
        return False
    everyone = (Doer(one.name, roles_of(persons, one.name, day_of(at))) for one in persons.catalogue.persons.values())
    return not any(may(case, one, at, (Doing.REOPEN, Doing.REFUSE)) for one in everyone)


def expect_act(case: Case, act: Act, who: Doer, at: datetime) -> None:
    """SharingRefused where an act that was signed elsewhere would count for nothing in a case as it is."""
    _expect_words(case, act.words)
    told = Told(act.words, over=act.over, seen=act.seen, act=act.digest)
    step = who.step(case.id, Doing.APPROVE, Seat(str(act.role)), at, told) if act.role in _SIGNING else None
    fault = fault_of(case, step) if step else f"nobody may approve a request as {act.role}"
    if fault:
        raise SharingRefused("case_step", case.id, fault, _SEE.format(case=case.id))


_SEE = "see `zhongtai cases {case}` for what was done by whom, and what is to be done"
_SIGNING = frozenset({Role.OWNER, Role.OFFICER})


def expect_ground(jurisdiction: Jurisdiction, ground: str) -> None:
    """SharingRefused for a ground that the jurisdiction does not have."""
    if ground not in jurisdiction.grounds:
        known = ", ".join(jurisdiction.grounds) or "none is declared"
        raise SharingRefused("case_ground", ground or "no ground", "a refusal has a ground of the list", known)


def filed(told: Told, who: Doer, at: datetime, cases: Mapping[str, Case]) -> Step:
    """The step that files a case beside those that there are.

    SharingRefused for who may not ask for that agency, for a term that is past, and where the same is filed already.
    """
    assert told.kind is not None and told.asked is not None
    kind, asked = told.kind, told.asked
    _expect_term(asked, at)
    number = _number(told, who, at, cases)
    tried = [who.step(number, Doing.FILE, seat, at, replace(told, over=asked.digest)) for seat in who.seats]
    found = next((step for step in tried if fault_of(None, step) is None), None)
    if found is None:
        what = f"{who.name} may not ask for {asked.agency}: is {', '.join(map(str, who.seats)) or 'nothing'}"
        fix = f"have an applicant of {asked.agency} file it, or give the role in contracts/persons.yml"
        raise SharingRefused("case_applicant", asked.agency or str(kind), what, fix)
    return found


def _number(told: Told, who: Doer, at: datetime, cases: Mapping[str, Case]) -> str:
    """The number after those of the same that were filed on the day, and are over."""
    assert told.kind is not None and told.asked is not None
    by, again = who.name or told.follow, 0
    while (known := cases.get(number := case_id(told.kind, told.asked, by, day_of(at), again))) is not None:
        if known.state not in OVER:
            what = f"exactly this is filed already, and is {known.state}"
            fix = "go on there, withdraw it first, or ask for something else"
            raise SharingRefused(FILED_ALREADY, number, what, fix)
        again += 1
    return number


FILED_ALREADY = "request_filed"


def _expect_term(asked: Asked, at: datetime) -> None:
    """Asked of whoever files or changes it: of a case that waited too long the term is told, and judged by persons."""
    if asked.valid_until is not None and asked.valid_until < day_of(at):
        told = f"it ended on {asked.valid_until}, before today, {day_of(at)}"
        raise SharingRefused("request_term", "valid.until", told, "a last day that is still to come")


def record(ledger: Ledger, step: Step) -> None:
    """Put a step into the ledger."""
    ledger.append(KIND, step.as_body(), step.at)


def approve(ledger: Ledger, case: Case, who: tuple[Actor, Doer], words: str, at: datetime) -> Act:
    """Somebody's approval of exactly what is asked, signed and in the ledger. SharingRefused for who may not."""
    actor, doer = who
    person, seen = actor.person, case.asked.parts
    told = Told(words, over=case.asked.digest, seen=seen, act="to be signed")
    step = propose(case, Doing.APPROVE, doer, told, at)
    # By the exact role: somebody who is owner and officer signs as the one that the case waits for.
    role = Role(str(step.seat))
    act = Act(DEED, NAMESPACE + case.id, person.name, role, at, seen, step.words, played=actor.played)
    data = prepared(act, person, actor.signer)[1]
    record_act(ledger, data, at)
    return read_act(data)
