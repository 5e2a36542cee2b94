"""The law of a case: its state is the fold of its steps, in the ledger's order. Pure, and without a clock.

A step that the law does not allow counts for nothing, and is told as such. Who may do what from where is one table
(`vocabulary.RIGHTS`); deadlines are counted in `deadlines.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from contracts.acts import person_key
from sharing.cases.asked import Asked
from sharing.cases.folding import Law, folded
from sharing.cases.steps import Step
from sharing.cases.vocabulary import ASKING, DECIDING, EXACT, NEED_WORDS, RIGHTS, Doing, Kind, Seat, State


@dataclass(frozen=True)
class Case:
    """One case as its steps make it. `steps` are those that count, `ignored` those that do not, each with the reason.

    `approved` maps each department that has approved what is asked now to its step; `escalated` are the deadlines that
    the officer was told of, each with the day since which it ran.
    """

    id: str
    kind: Kind
    asked: Asked
    state: State
    steps: tuple[Step, ...]
    ignored: tuple[tuple[Step, str], ...] = ()
    approved: Mapping[str, Step] = field(default_factory=dict)
    bureau: Step | None = None
    refused: Step | None = None
    agreement: str = ""
    release: str = ""
    escalated: frozenset[tuple[str, str]] = frozenset()

    @property
    def filed(self) -> Step:
        """Its first step."""
        return self.steps[0]

    @property
    def pending(self) -> tuple[str, ...]:
        """The departments that have yet to approve."""
        return tuple(name for name in self.asked.departments if name not in self.approved)

    @property
    def acts(self) -> tuple[Step, ...]:
        """The approvals that stand, each once: of departments, then of the bureau."""
        found = [*self.approved.values(), *([self.bureau] if self.bureau else [])]
        return tuple({step.seq: step for step in found}.values())


def case_of(steps: Iterable[Step]) -> Case | None:
    """The case that steps make, in their order; None where none of them files one."""
    return folded(steps, Law(fault_of, _filed, _after, _repeats))


def fault_of(case: Case | None, step: Step) -> str | None:
    """Why a step counts for nothing in a case as it is, None where it counts; also for whoever is about to do it."""
    if step.fault is not None:
        return step.fault
    states = RIGHTS.get(step.doing, {}).get(step.seat)
    if states is None:
        return f"nobody may {step.doing} as {step.seat}"
    if step.doing in NEED_WORDS and not step.words.strip():
        return f"to {step.doing} takes words"
    if step.doing is Doing.FILE or case is None:
        return _filing_fault(case, step)
    if case.state not in states and not _needs_no_department(case, step):
        return f"the case is {case.state}: nobody may {step.doing} as {step.seat} then"
    return next((told for rule in _RULES if (told := rule(case, step))), None)


def _filing_fault(case: Case | None, step: Step) -> str | None:
    if step.doing is not Doing.FILE:
        return "there is no case yet"
    if case is not None:
        return "the case is there already"
    if step.asked is None or step.kind is None:
        return "it does not say what is asked"
    if (step.kind is Kind.REQUEST) != (step.seat is Seat.APPLICANT):
        return f"a {step.kind} is not filed by a {step.seat}"
    if step.kind is Kind.REQUEST and step.agencies is not None and step.asked.agency not in step.agencies:
        return f"{step.person} does not ask for {step.asked.agency}"
    return None


def _needs_no_department(case: Case, step: Step) -> bool:
    officer = step.doing is Doing.APPROVE and step.seat is Seat.OFFICER
    return officer and not case.asked.departments and case.state in {State.FILED, State.ANSWERED}


def _seat_fault(case: Case, step: Step) -> str | None:
    asks = step.seat in {Seat.APPLICANT, Seat.VISITOR}
    if asks and (case.filed.seat is Seat.APPLICANT) != (step.seat is Seat.APPLICANT):
        return f"the case was filed by a {case.filed.seat}, and is no {step.seat}'s"
    if step.seat is Seat.APPLICANT and step.agencies is not None and case.asked.agency not in step.agencies:
        return f"the case is {case.asked.agency}'s, for which {step.person} does not ask"
    if step.seat is Seat.OWNER and not _spoken_for(case.asked.departments, step):
        return f"{step.person} owns none of what is asked"
    return None


def _apart_fault(case: Case, step: Step) -> str | None:
    """Nobody both asks and decides, approves for a department and for the bureau, or decides about the own refusal."""
    who = person_key(step.person)
    if step.doing in DECIDING and who in {person_key(one.person) for one in case.steps if one.doing in ASKING}:
        return f"{step.person} asks in this case, and decides nothing in it"
    bureau = step.doing is Doing.APPROVE and step.seat is Seat.OFFICER
    if bureau and who in {person_key(one.person) for one in case.approved.values()}:
        return f"{step.person} approved it for a department; the bureau's approval is another person's"
    own = case.state is State.DISPUTED and case.refused and who == person_key(case.refused.person)
    if own and step.doing in {Doing.REFUSE, Doing.REOPEN}:
        return f"{step.person} refused it; another person decides about the objection"
    return None


def _over_fault(case: Case, step: Step) -> str | None:
    if step.doing not in EXACT or step.over == case.asked.digest:
        return None
    parts = case.asked.parts
    changed = sorted(name for name in {*parts, *step.seen} if parts.get(name) != step.seen.get(name))
    named = ": " + ", ".join(changed) if step.seen and changed else ""
    return f"it is over what has changed since{named}"


def _content_fault(case: Case, step: Step) -> str | None:
    if step.doing is Doing.APPROVE and not step.act:
        return "an approval is a signed act, and this is none"
    if step.doing is Doing.APPROVE and step.seat is Seat.OWNER and not _spoken_for(case.pending, step):
        return f"every department for which {step.person} speaks has approved it"
    if step.doing is Doing.REFUSE and not step.ground:
        return "a refusal without a ground is none"
    if step.doing is Doing.DRAFT and not step.agreement:
        return "it names no agreement"
    if step.doing is Doing.ANSWER and step.asked is not None and step.asked.agency != case.asked.agency:
        return "what is asked cannot become another agency's"
    if step.doing is Doing.ESCALATE and (step.deadline, step.since) in case.escalated:
        return "the officer was told of it before"
    if step.doing is Doing.END and step.release != case.release:
        return "another release than the newest ended"
    return None


_RULES: tuple[Callable[[Case, Step], str | None], ...] = (_seat_fault, _apart_fault, _over_fault, _content_fault)


def _repeats(case: Case, step: Step) -> bool:
    """Whether it only says again what the platform has said: nothing to tell anybody of."""
    return step.seat is Seat.PLATFORM


def _spoken_for(departments: Iterable[str], step: Step) -> list[str]:
    return [name for name in departments if step.departments is None or name in step.departments]


def _filed(step: Step) -> Case:
    assert step.asked is not None and step.kind is not None
    return Case(step.case, step.kind, step.asked, State.FILED, (step,))


def _after(case: Case, step: Step) -> Case:
    """The case after a step that counts."""
    return _CHANGES[step.doing](replace(case, steps=(*case.steps, step)), step)


def _answered(case: Case, step: Step) -> Case:
    asked = step.asked or case.asked
    changed = asked.digest != case.asked.digest
    found = replace(case, asked=asked, approved={} if changed else case.approved)
    whole = bool(found.asked.departments) and not found.pending
    return replace(found, state=State.DEPARTMENT_APPROVED if whole else State.ANSWERED)


def _approved(case: Case, step: Step) -> Case:
    if step.seat is Seat.OFFICER:
        return replace(case, bureau=step, state=State.BUREAU_APPROVED)
    found = replace(case, approved={**case.approved, **dict.fromkeys(_spoken_for(case.pending, step), step)})
    return found if found.pending else replace(found, state=State.DEPARTMENT_APPROVED)


def _reopened(case: Case, step: Step) -> Case:
    # What was approved before the refusal is to be looked at again, as all else of it.
    return replace(case, state=State.FILED, approved={}, bureau=None)


def _escalated(case: Case, step: Step) -> Case:
    return replace(case, escalated=case.escalated | {(step.deadline, step.since)})


def _to(state: State) -> Callable[[Case, Step], Case]:
    return lambda case, step: replace(case, state=state)


_CHANGES: Mapping[Doing, Callable[[Case, Step], Case]] = {
    Doing.QUESTION: _to(State.QUESTIONS),
    Doing.ANSWER: _answered,
    Doing.APPROVE: _approved,
    Doing.REFUSE: lambda case, step: replace(case, state=State.REFUSED, refused=step),
    Doing.WITHDRAW: _to(State.WITHDRAWN),
    Doing.OBJECT: _to(State.DISPUTED),
    Doing.REOPEN: _reopened,
    Doing.DRAFT: lambda case, step: replace(case, state=State.DRAFTED, agreement=step.agreement),
    Doing.RELEASE: lambda case, step: replace(
        case, state=State.RELEASED, release=step.release, agreement=step.agreement
    ),
    Doing.END: _to(State.ENDED),
    Doing.ESCALATE: _escalated,
}
