"""The law of corrections and disputes: the state is the fold of the steps, in the ledger's order. Pure, and clockless.

A step that the law does not allow counts for nothing, and is told as such. Who may do what from where is one table
(`vocabulary.RIGHTS`); deadlines are counted in `deadlines.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from contracts.acts import person_key
from sharing.cases.folding import Law, folded
from sharing.corrections.about import About
from sharing.corrections.steps import Step
from sharing.corrections.vocabulary import (
    ANSWERS,
    DECISIONS,
    EXACT,
    NEED_WORDS,
    RIGHTS,
    Doing,
    Kind,
    Outcome,
    Seat,
    State,
)


@dataclass(frozen=True)
class Case:
    """One case as its steps make it. `steps` are those that count, `ignored` those that do not, each with the reason.

    `moved` is the number of the last step that was no talk; `outcome` is how it ended (None: it has not); `mended` of
    how many of its rows a later delivery has the keys; `escalated` the deadlines that the officer was told of. `before`
    is where it stood when deliveries closed it: there it goes on, where they are taken back.
    """

    id: str
    kind: Kind
    about: About
    state: State
    steps: tuple[Step, ...]
    moved: int
    ignored: tuple[tuple[Step, str], ...] = ()
    outcome: Outcome | None = None
    rejected: Step | None = None
    mended: int = 0
    before: State | None = None
    escalated: frozenset[tuple[str, str]] = frozenset()

    @property
    def opened(self) -> Step:
        """Its first step."""
        return self.steps[0]

    @property
    def unmended(self) -> int:
        """How many of its rows no delivery has mended; 0 where nobody counted any."""
        return max((self.about.rows or 0) - self.mended, 0)


def case_of(steps: Iterable[Step]) -> Case | None:
    """The case that steps make, in their order; None where none of them opens one."""
    return folded(steps, Law(fault_of, _opened, _after, _said_again))


def _said_again(case: Case, step: Step) -> bool:
    """What the platform says again is nothing to tell anybody of."""
    return step.seat is Seat.PLATFORM


def fault_of(case: Case | None, step: Step) -> str | None:
    """Why a step counts for nothing in a case as it is, None where it counts; also for whoever is about to do it."""
    if step.fault is not None:
        return step.fault
    states = RIGHTS[step.doing].get(step.seat)
    if states is None:
        return f"nobody may {step.doing} as {step.seat}"
    if step.doing in NEED_WORDS and not step.words.strip():
        return f"to {step.doing} takes words"
    if step.doing is Doing.OPEN or case is None:
        return _opening_fault(case, step)
    if case.state not in states:
        return f"the case is {case.state}: nobody may {step.doing} as {step.seat} then"
    return next((told for rule in _RULES if (told := rule(case, step))), None)


def _opening_fault(case: Case | None, step: Step) -> str | None:
    if step.doing is not Doing.OPEN:
        return "there is no case yet"
    if case is not None:
        return "the case is there already"
    if step.about is None or step.kind is None:
        return "it does not say what it is about"
    if step.seat is Seat.CONSUMER and not (step.about.agency and step.about.release):
        return "a consumer objects to a release, and it names none"
    if step.seat is Seat.CONSUMER and step.agencies is not None and step.about.agency not in step.agencies:
        return f"{step.person} does not speak for {step.about.agency}"
    if step.seat in _OF_DEPARTMENT and not _speaks(step, step.about.department):
        return f"{step.person} does not speak for {step.about.department}"
    return None


_OF_DEPARTMENT = frozenset({Seat.STEWARD, Seat.OWNER})


def _speaks(step: Step, department: str) -> bool:
    """Of a case that names no department yet, whoever speaks for all of them."""
    return step.departments is None or department in step.departments


def _seat_fault(case: Case, step: Step) -> str | None:
    if step.seat in _OF_DEPARTMENT and not _speaks(step, case.about.department):
        return f"{step.person} does not speak for {case.about.department}"
    if step.seat is Seat.CONSUMER:
        if not case.about.agency:
            return "no consumer is party to the case"
        if step.agencies is not None and case.about.agency not in step.agencies:
            return f"the case is {case.about.agency}'s, for which {step.person} does not speak"
    if step.doing is Doing.WITHDRAW and case.opened.seat is Seat.PLATFORM:
        return None if step.seat in {Seat.STEWARD, Seat.OFFICER} else "the platform opened it: a steward withdraws it"
    if step.doing is Doing.WITHDRAW and person_key(step.person) != person_key(case.opened.person):
        return f"{case.opened.person} opened it; nobody else withdraws it"
    return None


def _apart_fault(case: Case, step: Step) -> str | None:
    """Nobody decides about what they opened, disputed or answered, or closes over the own answer."""
    who = person_key(step.person)
    parties = {person_key(one.person): one.doing for one in case.steps if one.doing in _PARTY}
    if step.doing is Doing.DECIDE and who in parties:
        return f"{step.person} is party to the case; another person decides it"
    answered = {person_key(one.person) for one in case.steps if one.doing is Doing.ANSWER}
    if step.doing in {Doing.CLOSE, Doing.DISPUTE} and step.seat is not Seat.PLATFORM and who in answered:
        return f"{step.person} answered it; another person says what follows"
    return None


_PARTY = frozenset({Doing.OPEN, Doing.ANSWER, Doing.DISPUTE})


def _over_fault(case: Case, step: Step) -> str | None:
    if step.doing in EXACT and step.seat is not Seat.PLATFORM and step.after < case.moved:
        last = next(one for one in case.steps if one.seq == case.moved)
        return f"meanwhile {last.person or 'the platform'} did this: {last.doing}; look at the case as it is now"
    return None


def _content_fault(case: Case, step: Step) -> str | None:
    if step.doing is Doing.SEND and (fault := _sending_fault(case, step)):
        return fault
    if step.doing is Doing.ANSWER:
        if step.outcome not in ANSWERS[case.kind]:
            return f"an answer to a {case.kind} says {' or '.join(sorted(ANSWERS[case.kind]))}"
        return "a rejection without a ground is none" if step.outcome is Outcome.REJECTED and not step.ground else None
    if step.doing is Doing.DECIDE:
        if case.kind is Kind.CORRECTION and case.state is not State.DISPUTED:
            return "nothing in it is disputed, so that nothing is to be decided"
        return None if step.outcome in DECISIONS else f"a decision says {' or '.join(sorted(DECISIONS))}"
    if step.doing in {Doing.CONFIRM, Doing.REOPEN}:
        return _counting_fault(case, step)
    if step.doing is Doing.CLOSE and step.seat is Seat.PLATFORM:
        return None if step.outcome is Outcome.RECALLED else "the platform closes what was recalled, and nothing else"
    if step.doing is Doing.ESCALATE and (step.deadline, step.since) in case.escalated:
        return "the officer was told of it before"
    if step.doing is Doing.SAY and not step.words.strip() and not step.attachments:
        return "it says nothing, and brings nothing"
    if step.doing is Doing.SAY and _is_said(case, step):
        return SAID_ALREADY
    return None


SAID_ALREADY = "it is there already: the last that was done is exactly this"


def _is_said(case: Case, step: Step) -> bool:
    """Whether the same person said the same before, and nothing came between: a button pressed twice."""
    last = case.steps[-1]
    told = (last.doing, person_key(last.person), last.words, last.attachments)
    return told == (step.doing, person_key(step.person), step.words, step.attachments)


def _sending_fault(case: Case, step: Step) -> str | None:
    """Data says itself whose it is; what names nobody goes to one of whose data are in it, until it is answered."""
    to, among = step.department or case.about.department, case.about.among
    if not to:
        return "it is not said to which department it is sent"
    if case.state is State.SENT:
        if case.opened.about is None or case.opened.about.department:
            return "the case is sent, and whose the data is does not change"
        if any(one.doing is Doing.ANSWER for one in case.steps):
            return "it was answered: it is sent to nobody else"
        if to == case.about.department:
            return f"it is with {to} already"
    elif case.about.department and to != case.about.department:
        return f"the data is {case.about.department}'s"
    if among and to not in among:
        return f"{to} has no data in it: it is made of what {', '.join(among)} deliver"
    return None


def _counting_fault(case: Case, step: Step) -> str | None:
    if step.mended is None or case.about.rows is None or step.mended > case.about.rows:
        return "it counts other rows than the case has"
    if step.doing is Doing.REOPEN and case.before is None:
        return "no delivery closed it"
    return "it says nothing new" if step.mended == case.mended else None


_RULES: tuple[Callable[[Case, Step], str | None], ...] = (_seat_fault, _apart_fault, _over_fault, _content_fault)


def _opened(step: Step) -> Case:
    assert step.about is not None and step.kind is not None
    return Case(step.case, step.kind, step.about, State.OPEN, (step,), step.seq)


def _after(case: Case, step: Step) -> Case:
    """The case after a step that counts."""
    moved = case.moved if step.doing in _TALK else step.seq
    return _CHANGES[step.doing](replace(case, steps=(*case.steps, step), moved=moved), step)


# Rows that are mended meanwhile change nothing of what somebody decides, but where all are: then the case is closed.
_TALK = frozenset({Doing.SAY, Doing.ESCALATE, Doing.CONFIRM})


def _sent(case: Case, step: Step) -> Case:
    about = replace(case.about, department=step.department or case.about.department)
    return replace(case, state=State.SENT, about=about)


def _answered(case: Case, step: Step) -> Case:
    if step.outcome is Outcome.REJECTED:
        return replace(case, state=State.REJECTED, rejected=step)
    return replace(case, state=State.CORRECTED if step.outcome is Outcome.CORRECTED else State.ANSWERED)


def _decided(case: Case, step: Step) -> Case:
    # Who is told to mend answers again; all else ends with the decision.
    if step.outcome is Outcome.UPHELD and case.kind is Kind.CORRECTION:
        return replace(case, state=State.SENT, rejected=None)
    return replace(case, state=State.CLOSED, outcome=step.outcome)


def _confirmed(case: Case, step: Step) -> Case:
    assert step.mended is not None
    found = replace(case, mended=step.mended)
    whole = found.about.rows is not None and found.mended == found.about.rows
    return replace(found, state=State.CLOSED, outcome=Outcome.CORRECTED, before=case.state) if whole else found


def _reopened(case: Case, step: Step) -> Case:
    assert step.mended is not None and case.before is not None
    return replace(case, state=case.before, outcome=None, mended=step.mended, before=None)


def _closed(case: Case, step: Step) -> Case:
    if step.seat is Seat.PLATFORM:
        return replace(case, state=State.CLOSED, outcome=Outcome.RECALLED)
    if case.state is State.REJECTED:
        return replace(case, state=State.CLOSED, outcome=Outcome.REJECTED)
    # Rows whose key cannot be read are recognised in no delivery: somebody else than who answered says that it is done.
    return replace(case, state=State.CLOSED, outcome=Outcome.UNCONFIRMED if case.unmended else Outcome.CORRECTED)


_CHANGES: Mapping[Doing, Callable[[Case, Step], Case]] = {
    Doing.SEND: _sent,
    Doing.SAY: lambda case, step: case,
    Doing.ANSWER: _answered,
    Doing.DISPUTE: lambda case, step: replace(case, state=State.DISPUTED),
    Doing.DECIDE: _decided,
    Doing.CONFIRM: _confirmed,
    Doing.REOPEN: _reopened,
    Doing.CLOSE: _closed,
    Doing.WITHDRAW: lambda case, step: replace(case, state=State.CLOSED, outcome=Outcome.WITHDRAWN),
    Doing.ESCALATE: lambda case, step: replace(case, escalated=case.escalated | {(step.deadline, step.since)}),
}
