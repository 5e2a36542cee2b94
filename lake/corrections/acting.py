"""Doing something in a correction or dispute: what somebody may do by their roles, and the step as an entry.

Of two who decide at once the second writes nothing, and is told what the first did. Who may do what is the law's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.acts import RoleGrant, agencies_of, departments_of
from contracts.clock import day_of
from contracts.jurisdiction import Jurisdiction
from contracts.requests import MOST_TEXT
from contracts.signs import fault_of_text, one_kind_of_line
from lake.acts import Persons
from lake.cases.reading import roles_of
from lake.corrections.reading import ROLES, SEATS, Book
from sharing.corrections.about import About
from sharing.corrections.law import SAID_ALREADY, Case, fault_of
from sharing.corrections.steps import KIND, Attachment, Step, number_of
from sharing.corrections.vocabulary import RIGHTS, Doing, Kind, Outcome, Seat, State
from sharing.faults import SharingRefused

CASE_CHANGED, OPENED_ALREADY, NOT_ALLOWED = "case_changed", "case_opened", "case_step"
_TRIES = 5
_SEE = "see `zhongtai corrections {case}` for what was done by whom, and what is to be done"


@dataclass(frozen=True)
class Doer:
    """Somebody about to do something: by name and the roles that they hold today; or the platform, without a name."""

    name: str = ""
    grants: tuple[RoleGrant, ...] = ()

    @property
    def seats(self) -> tuple[Seat, ...]:
        """As what they may do something, in order."""
        if not self.name:
            return (Seat.PLATFORM,)
        return tuple(dict.fromkeys(SEATS[one.role] for one in self.grants if one.role in SEATS))


PLATFORM = Doer()


@dataclass(frozen=True)
class Told:
    """What somebody says with a step; `after` is the case as they saw it (`Case.moved`)."""

    words: str = ""
    outcome: Outcome | None = None
    ground: str = ""
    department: str = ""
    after: int = 0
    attachments: tuple[Attachment, ...] = ()


def step_of(number: str, doing: Doing, seat: Seat, who: Doer, told: Told, at: datetime) -> Step:
    """The step as somebody means it."""
    return Step(
        case=number,
        doing=doing,
        seat=seat,
        at=at,
        person=who.name,
        words=one_kind_of_line(told.words).strip(),
        after=told.after,
        outcome=told.outcome,
        ground=told.ground,
        department=told.department,
        attachments=told.attachments,
        departments=departments_of(who.grants, ROLES[seat]) if seat in {Seat.STEWARD, Seat.OWNER} else None,
        agencies=agencies_of(who.grants) if seat is Seat.CONSUMER else None,
    )


def may(case: Case, who: Doer, at: datetime) -> tuple[Doing, ...]:
    """What somebody may do in a case now."""
    to = next((one for one in case.about.among if one != case.about.department), "")
    to = to or ("" if case.opened.about and case.opened.about.department else "department")
    said = [Told("words", one, "ground", to, case.moved) for one in Outcome]
    return tuple(
        doing
        for doing in Doing
        if doing is not Doing.OPEN
        and any(
            fault_of(case, step_of(case.id, doing, seat, who, one, at)) is None for seat in who.seats for one in said
        )
    )


def propose(case: Case, doing: Doing, who: Doer, told: Told, at: datetime) -> Step:
    """The step that somebody may do, as the first of their roles that may. SharingRefused where none may."""
    expect_words(case.id, told.words)
    tried = [(step, fault_of(case, step)) for step in _tried(case.id, doing, who, told, at)]
    found = next((step for step, fault in tried if fault is None), None)
    if found is not None:
        return found
    listed = [fault for step, fault in tried if step.seat in RIGHTS[doing]]
    roles = ", ".join(map(str, who.seats)) or "nobody who acts in cases"
    why = str((listed or [f"{who.name} may not {doing}: is {roles}"])[-1])
    rule = CASE_CHANGED if why.startswith("meanwhile") or why == SAID_ALREADY else NOT_ALLOWED
    raise SharingRefused(rule, case.id, why, _SEE.format(case=case.id))


def _tried(number: str, doing: Doing, who: Doer, told: Told, at: datetime) -> Iterator[Step]:
    for seat in who.seats:
        yield step_of(number, doing, seat, who, told, at)


def do(book: Book, number: str, doing: Doing, who: Doer, told: Told, at: datetime) -> Case:
    """Do something in a case, and the case after it. SharingRefused for who may not, and for who came second.

    The entry is written where nothing was written about the case since it was read; else it is looked at again.
    """
    for _ in range(_TRIES):
        found = book.find(number)
        if found is None:
            raise SharingRefused("case_known", number, "there is no such case", "see `zhongtai corrections`")
        case, last = found
        step = propose(case, doing, who, told, at)
        try:
            book.ledger.append_after(KIND, step.as_body(), at, last)
        except SharingRefused as refusal:
            if refusal.rule != "entry_expected":
                raise
            continue
        return book.expect(number)
    raise SharingRefused(CASE_CHANGED, number, "others act in it at this moment", "try again")


def open_case(book: Book, kind: Kind, about: About, who: Doer, told: Told, at: datetime, *, send: bool = False) -> Case:
    """Open a case, and with `send` have it sent at once by whoever may. SharingRefused for who may not, or if it is
    open already.
    """
    expect_words("a new case", told.words)
    cases = book.cases()
    same = next((one for one in cases.values() if _is_same(one, kind, about)), None)
    if same is not None:
        what = f"a {kind} about exactly this is {same.state} already"
        raise SharingRefused(OPENED_ALREADY, same.id, what, "go on there")
    step = replace(_opening(cases, kind, about, who, told, at), kind=kind, about=about)
    book.ledger.append_after(KIND, step.as_body(), at, 0)
    case = book.expect(step.case)
    if send and Doing.SEND in may(case, who, at):
        return do(book, case.id, Doing.SEND, who, Told(after=case.moved), at)
    return case


def _opening(cases: Mapping[str, Case], kind: Kind, about: About, who: Doer, told: Told, at: datetime) -> Step:
    by, again = who.name, 0
    while (number := number_of(kind, about, by, day_of(at), again)) in cases:
        again += 1
    tried = [replace(one, kind=kind, about=about) for one in _tried(number, Doing.OPEN, who, told, at)]
    faults = [(one, fault_of(None, one)) for one in tried]
    found = next((one for one, fault in faults if fault is None), None)
    if found is None:
        why = str(([fault for _, fault in faults] or [f"{who.name} holds no role by which cases are opened"])[-1])
        fix = "have somebody of the department, or who received the release, open it; or give the role in persons.yml"
        raise SharingRefused(NOT_ALLOWED, about.dataset or about.release or about.department, why, fix)
    return found


def _is_same(case: Case, kind: Kind, about: About) -> bool:
    return case.state is not State.CLOSED and case.kind is kind and case.about.same == about.same


def expect_ground(jurisdiction: Jurisdiction, ground: str) -> None:
    """SharingRefused for a ground of rejection that the jurisdiction does not have."""
    known = jurisdiction.correction_grounds
    if ground not in known:
        listed = ", ".join(known) or "none is declared, so that nothing can be rejected"
        raise SharingRefused("case_ground", ground or "no ground", "a rejection has a ground of the list", listed)


def expect_words(subject: str, words: str) -> None:
    """SharingRefused for words that are too many, or that nobody can read."""
    said = one_kind_of_line(words).strip()
    if len(said) > MOST_TEXT:
        what = f"{len(said)} characters are too many"
        raise SharingRefused("case_words", subject, what, f"say it in {MOST_TEXT} characters")
    fault = fault_of_text(said, lines=True) if said else None
    if fault:
        raise SharingRefused("case_words", subject, f"what is said is no plain text: {fault}", "say it in plain text")


def is_stuck(case: Case, persons: Persons, at: datetime) -> bool:
    """Whether a dispute waits for somebody who is not declared: of the officers, all are party to it."""
    if case.state is not State.DISPUTED or persons.plays:
        return False
    everyone = (Doer(one.name, roles_of(persons, one.name, day_of(at))) for one in persons.catalogue.persons.values())
    return not any(Doing.DECIDE in may(case, one, at) for one in everyone)


def waiting(cases: Iterable[Case], who: Doer, at: datetime) -> list[Case]:
    """The cases in which somebody is to do something; to talk, withdraw, dispute and send on are no duties."""
    duties = {Doing.ANSWER, Doing.DECIDE, Doing.CLOSE}
    every = ((one, duties | {Doing.SEND} if one.state is State.OPEN else duties) for one in cases)
    return [one for one, due in every if one.state is not State.CLOSED and due & set(may(one, who, at))]
