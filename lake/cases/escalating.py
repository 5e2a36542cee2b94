"""Overdue cases: which there are, and the entry that tells the officer of one, written once by whoever looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from contracts.clock import day_of
from contracts.model import Catalogue
from lake.acts import Persons
from lake.cases.reading import Book
from lake.city import City
from sharing.cases.deadlines import Deadline, Rules, deadlines
from sharing.cases.law import Case
from sharing.cases.steps import KIND, Step
from sharing.cases.vocabulary import Doing, Seat
from sharing.ledger import Ledger


def rules(catalogue: Catalogue) -> Rules:
    """By what a city's deadlines are counted."""
    return Rules(catalogue.jurisdiction, catalogue.calendar)


def overdue(cases: Iterable[Case], by: Rules, at: datetime) -> Iterator[tuple[Case, Deadline]]:
    """Each case with each deadline of it that is past and still open."""
    for case in cases:
        for one in deadlines(case, by, day_of(at)):
            if one.overdue:
                yield case, one


def escalations(cases: Iterable[Case], by: Rules, at: datetime) -> list[Step]:
    """The steps that tell the officer of what is overdue and was not told yet."""
    return [
        Step(case.id, Doing.ESCALATE, Seat.PLATFORM, at, deadline=one.span.name, since=one.span.since.isoformat())
        for case, one in overdue(cases, by, at)
        if (one.span.name, one.span.since.isoformat()) not in case.escalated
    ]


def escalate(ledger: Ledger, cases: Iterable[Case], by: Rules, at: datetime) -> list[Step]:
    """Put them into the ledger, and return them. Safe to repeat: what was told is told once."""
    found = escalations(cases, by, at)
    if found:
        ledger.append_many([(KIND, step.as_body()) for step in found], at)
    return found


def tell_overdue(city: City) -> int:
    """Tell the officer of what is overdue in a city at work; how many steps that took."""
    if next(city.ledger.entries(KIND), None) is None:
        return 0
    cases = Book(city.ledger, Persons.of(city.settings, city.catalogue)).cases()
    return len(escalate(city.ledger, cases.values(), rules(city.catalogue), city.now()))
