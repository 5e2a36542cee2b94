"""The clocks of a correction or dispute; days are counted as those of requests are (`sharing/cases/deadlines.py`).

send: from the opening to the sending. answer: from each sending, or decision that the data is to be mended, to the
answer. mend: from the answer that it is corrected to the delivery that has it so. dispute: from the dispute to its
decision; of a case that is a dispute from its opening on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from contracts.clock import day_of
from sharing.cases.deadlines import Deadline, Rules, Span, deadline_of
from sharing.corrections.law import Case
from sharing.corrections.steps import Step
from sharing.corrections.vocabulary import Doing, Kind, Outcome, State

SEND, ANSWER, MEND, DISPUTE = "send", "answer", "mend", "dispute"
LIMITS = {one: f"correction_{one}" for one in (SEND, ANSWER, MEND, DISPUTE)}
"""Clock -> the deadline of the jurisdiction's table."""


def deadlines(case: Case, rules: Rules, today: date) -> tuple[Deadline, ...]:
    """The deadlines of a case as of a day, in the order in which they began."""
    found = ((span, rules.jurisdiction.limits.get(LIMITS[span.name])) for span in spans(case))
    return tuple(deadline_of(span, limit, rules, today) for span, limit in found if limit is not None)


def spans(case: Case) -> Iterator[Span]:
    """The clocks that ran or run in a case."""
    running: Span | None = None
    last = case.steps[-1]
    for step in case.steps:
        day = day_of(step.at)
        begins = _begins(case, step)
        ends = bool(begins) or (step is last and case.state is State.CLOSED) or _ends(case, step)
        if running is not None and ends:
            yield replace(running, done=day)
            running = None
        if begins:
            running = Span(begins, day)
    if running is not None:
        yield running


def _begins(case: Case, step: Step) -> str:
    if case.kind is Kind.DISPUTE:
        return DISPUTE if step.doing is Doing.OPEN else ""
    return {
        (Doing.OPEN, None): SEND,
        (Doing.SEND, None): ANSWER,
        (Doing.ANSWER, Outcome.CORRECTED): MEND,
        (Doing.DISPUTE, None): DISPUTE,
        (Doing.DECIDE, Outcome.UPHELD): ANSWER,
    }.get((step.doing, step.outcome), "")


def _ends(case: Case, step: Step) -> bool:
    return case.kind is Kind.CORRECTION and step.doing in {Doing.ANSWER, Doing.DECIDE}
