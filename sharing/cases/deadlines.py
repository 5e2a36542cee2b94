"""The clocks of a case: which deadlines it has, how much of each is used, and when it is due. No clock is read here.

Days are the city's, and working days by its calendar; the day on which something begins does not count. While a
question is with whoever asked the clock stands, if the jurisdiction says so: from the day after the question up to and
including the day of the answer. A day that no calendar knows is told, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from contracts.calendar import Calendar
from contracts.clock import day_of
from contracts.jurisdiction import Jurisdiction, Limit
from contracts.working_days import CalendarHorizon, add_working_days, working_days_between
from sharing.cases.law import Case
from sharing.cases.vocabulary import Doing, Kind, Seat


@dataclass(frozen=True)
class Span:
    """One run of a clock: since which day, on which day it ended (None: it runs), whether by what was due (`met`: what
    was withdrawn or overtaken was not done), and its pauses, each from the day after its first up to its second day
    (None: it stands).
    """

    name: str
    since: date
    done: date | None = None
    pauses: tuple[tuple[date, date | None], ...] = ()
    met: bool = True

    @property
    def stopped_since(self) -> date | None:
        """The day since which it stands; None where it runs, or what was due is done."""
        standing = self.pauses and self.pauses[-1][1] is None and self.done is None
        return self.pauses[-1][0] if standing else None


@dataclass(frozen=True)
class Deadline:
    """One deadline as of a day: `used` of `limit.working_days` up to and including `until`, and the last day for it,
    unknown while it stands.

    `horizon` says why nobody can say, where a calendar ends.
    """

    span: Span
    limit: Limit
    until: date
    used: int | None
    due: date | None
    horizon: str = ""

    @property
    def left(self) -> int | None:
        """How many working days are left; below nothing where it is past."""
        return None if self.used is None else self.limit.working_days - self.used

    @property
    def open(self) -> bool:
        """Whether what is due is still to be done."""
        return self.span.done is None

    @property
    def late(self) -> bool:
        """Whether its last day is past, be the next one a working day or none; while it stands, or where nobody knows
        its last day, whether more days were used than there are.
        """
        if self.due is not None:
            return self.due < self.until
        return self.left is not None and self.left < 0

    @property
    def overdue(self) -> bool:
        """Whether it is late and still to be done."""
        return self.open and self.late


@dataclass(frozen=True)
class Rules:
    """By what deadlines are counted."""

    jurisdiction: Jurisdiction
    calendar: Calendar


def deadlines(case: Case, rules: Rules, today: date) -> tuple[Deadline, ...]:
    """The deadlines of a case as of a day, in the order in which they began."""
    limits = rules.jurisdiction.limits
    found = ((span, limits.get(_limit_of(case, span.name))) for span in spans(case))
    return tuple(deadline_of(span, limit, rules, today) for span, limit in found if limit is not None)


def spans(case: Case) -> Iterator[Span]:
    """The clocks that ran or run in a case."""
    running: Span | None = None
    for step in case.steps:
        day = day_of(step.at)
        if running is not None and step.doing is Doing.QUESTION:
            running = replace(running, pauses=(*running.pauses, (day, None)))
        elif running is not None and running.stopped_since is not None and step.doing is Doing.ANSWER:
            running = replace(running, pauses=(*running.pauses[:-1], (running.stopped_since, day)))
        if running is not None and _ends(running, case, step.doing, step.seat):
            yield replace(running, done=day, met=step.doing is not Doing.WITHDRAW)
            running = None
        if name := _begins(case, step.doing, step.seat):
            running = Span(name, day)
    if running is not None:
        yield running


ANSWER, SHARE, DISPUTE = "answer", "share", "dispute"


def _begins(case: Case, doing: Doing, seat: Seat) -> str:
    if doing in {Doing.FILE, Doing.REOPEN}:
        return ANSWER
    if doing is Doing.OBJECT:
        return DISPUTE
    shares = doing is Doing.APPROVE and seat is Seat.OFFICER and case.kind is Kind.REQUEST
    return SHARE if shares else ""


_ENDS = {
    ANSWER: {Doing.REFUSE, Doing.WITHDRAW},
    SHARE: {Doing.RELEASE, Doing.WITHDRAW},
    DISPUTE: {Doing.REFUSE, Doing.REOPEN, Doing.WITHDRAW},
}


def _ends(running: Span, case: Case, doing: Doing, seat: Seat) -> bool:
    answered = running.name == ANSWER and doing is Doing.APPROVE and seat is Seat.OFFICER
    return answered or doing in _ENDS[running.name]


def _limit_of(case: Case, name: str) -> str:
    if name != ANSWER:
        return name
    if case.kind is not Kind.REQUEST:
        return f"answer_{case.kind}"
    return "answer_unconditional" if case.asked.sharing == "unconditional" else "answer_conditional"


def deadline_of(span: Span, limit: Limit, rules: Rules, today: date) -> Deadline:
    """One run of a clock under its limit, as of a day."""
    if not rules.jurisdiction.questions_stop:
        span = replace(span, pauses=())
    until = min(today, span.done) if span.done else today
    used, beyond = _known(lambda: _used(span, rules.calendar, until))
    due, later = _known(lambda: _due(span, limit.working_days, rules.calendar))
    return Deadline(span, limit, until, used, due, beyond or later)


T = TypeVar("T")


def _known(count: Callable[[], T]) -> tuple[T | None, str]:
    """What is counted, or why nobody can say."""
    try:
        return count(), ""
    except CalendarHorizon as horizon:
        return None, str(horizon)


def _used(span: Span, calendar: Calendar, until: date) -> int:
    """Counted run by run: of the days on which it stood no calendar has to know anything."""
    starts = [span.since, *(last for _, last in span.pauses if last is not None)]
    stops = [*(min(first, until) for first, _ in span.pauses), *([] if span.stopped_since else [until])]
    return sum(working_days_between(start, stop, calendar) for start, stop in zip(starts, stops, strict=True))


def _due(span: Span, allowed: int, calendar: Calendar) -> date | None:
    start, left = span.since, allowed
    for first, last in span.pauses:
        spent = working_days_between(start, first, calendar)
        if spent > left or (spent == left and add_working_days(start, left, calendar) < first):
            break  # it was due before the clock stood
        if last is None:
            return None
        start, left = last, left - spent
    return add_working_days(start, left, calendar)
