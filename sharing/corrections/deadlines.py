"""The clocks of a correction or dispute; days are counted as those of requests are (`sharing/cases/deadlines.py`).

send: from the opening to the sending. answer: from each sending, or decision that the data is to be mended, to the
answer. mend: from the answer that it is corrected to the delivery that has it so. dispute: from the dispute to its
decision; of a case that is a dispute from its opening on. A clock is met by what it asks for alone: what else ends it,
the next clock or the end of the case, leaves it not done. What deliveries closed and lost again has a new run of the
clock that ran then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from contracts.clock import day_of
from sharing.cases.deadlines import Deadline, Rules, Span, deadline_of
from sharing.corrections.law import Case
from sharing.corrections.steps import Step
from sharing.corrections.vocabulary import Doing, Kind, Outcome, Seat

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
    closed = ""
    for step in case.steps:
        day, begins = day_of(step.at), _begins(case, step)
        if step.doing is Doing.REOPEN:
            begins = closed
        met, closes = running is not None and _is_met(running.name, case, step), _closes(case, step)
        if closes:
            closed = running.name if running else ""
        if running is not None and (met or begins or closes):
            yield replace(running, done=day, met=met)
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


_MEETS = {SEND: Doing.SEND, ANSWER: Doing.ANSWER, DISPUTE: Doing.DECIDE}


def _is_met(name: str, case: Case, step: Step) -> bool:
    if name != MEND:
        return step.doing is _MEETS[name]
    # Of what has no rows that could be counted somebody else than who answered says that it is mended.
    return _mends_whole(case, step) or (
        step.doing is Doing.CLOSE and step.seat is not Seat.PLATFORM and not case.unmended
    )


def _mends_whole(case: Case, step: Step) -> bool:
    return step.doing is Doing.CONFIRM and step.mended == case.about.rows


def _closes(case: Case, step: Step) -> bool:
    return step.doing in {Doing.CLOSE, Doing.WITHDRAW, Doing.DECIDE} or _mends_whole(case, step)
