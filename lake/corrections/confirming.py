"""What the platform does in cases by itself: it counts what deliveries mended, closes what is mended whole or was taken
back, opens again what a delivery had mended that is taken back itself, and tells the officer of what is overdue. Safe
to repeat: what was said is said once.

Where the lake is open, mended rows are counted by reason; from the ledger alone only a whole batch is known to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import duckdb

from contracts.clock import day_of
from contracts.model import Catalogue, Dataset
from contracts.sql_text import literal
from lake.acts import Persons
from lake.attach import quarantine_table
from lake.cases.escalating import rules
from lake.city import City
from lake.corrected import corrected_rows
from lake.corrections.acting import PLATFORM, Told, step_of
from lake.corrections.opening import is_taken_back
from lake.corrections.reading import Book
from lake.quarantine.book import QuarantineBook
from lake.quarantine.store import place_of_store
from lake.store import stored_batches, stored_deliveries
from sharing.cases.deadlines import Rules
from sharing.corrections.deadlines import deadlines
from sharing.corrections.law import Case, fault_of
from sharing.corrections.steps import KIND, Step
from sharing.corrections.vocabulary import Doing, Outcome, Seat, State

Unmended = Callable[[Dataset, str, str], int | None]
"""Of a dataset, batch and reason: how many rejected rows nothing mended; None where that is not known."""


def settle(
    book: Book, quarantine: QuarantineBook, catalogue: Catalogue, at: datetime, unmended: Unmended | None = None
) -> int:
    """Say all that the platform has to say of cases; how many steps that took."""
    told = book.cases()
    cases = {number: one for number, one in told.items() if one.state is not State.CLOSED}
    by_ledger = _by_ledger(quarantine)
    steps = [*_settling(cases, quarantine, catalogue, at, unmended or by_ledger)]
    counting = _unless_whole(by_ledger, unmended or _where_told(quarantine, by_ledger))
    steps += _reopening(told.values(), quarantine, catalogue, at, counting)
    closed = {step.case for step in steps if step.doing is Doing.CLOSE}
    steps += (step for step in overdue_steps(cases, rules(catalogue), at) if step.case not in closed)
    if steps:
        book.ledger.append_many([(KIND, step.as_body()) for step in steps], at)
    return len(steps)


def settle_city(city: City) -> int:
    """As `settle`, of a city at work, with its lake."""
    if next(city.ledger.entries(KIND), None) is None:
        return 0
    book = Book(city.ledger, Persons.of(city.settings, city.catalogue))
    quarantine = QuarantineBook(city.ledger, place_of_store(city.settings))
    return settle(book, quarantine, city.catalogue, city.now(), in_lake(city.connection, quarantine))


def _settling(
    cases: Mapping[str, Case], quarantine: QuarantineBook, catalogue: Catalogue, at: datetime, unmended: Unmended
) -> Iterator[Step]:
    for case in cases.values():
        dataset = _dataset(catalogue, case.about.dataset)
        if dataset is None or not case.about.batch:
            continue
        step = _taken_back(case, quarantine, dataset, at) or _confirmed(case, unmended, dataset, at)
        if step is not None and fault_of(case, step) is None:
            yield step


def _reopening(
    cases: Iterable[Case], quarantine: QuarantineBook, catalogue: Catalogue, at: datetime, unmended: Unmended
) -> Iterator[Step]:
    """What was closed as mended and is no more, for the delivery that mended it counts no more."""
    for case in cases:
        dataset = _dataset(catalogue, case.about.dataset) if case.before is not None else None
        if dataset is None or is_taken_back(quarantine, dataset, case.about.batch) is not None:
            continue
        counted = _confirmed(case, unmended, dataset, at)
        step = counted and replace(counted, doing=Doing.REOPEN, words=LOST)
        if step is not None and fault_of(case, step) is None:
            yield step


LOST = "更正已不再生效：更正的报送被撤回或召回 the delivery that mended it was taken back: its rows are open again"


def _unless_whole(known: Unmended, counting: Unmended) -> Unmended:
    """As `counting`, that is asked only where a batch is not known to be mended whole: closed cases are many."""

    def unmended(dataset: Dataset, batch: str, reason: str) -> int | None:
        return 0 if known(dataset, batch, "") == 0 else counting(dataset, batch, reason)

    return unmended


def _where_told(quarantine: QuarantineBook, known: Unmended) -> Unmended:
    """As `known`, of batches of which the ledger ever told what mended them: where none did, the lake alone knows."""

    def unmended(dataset: Dataset, batch: str, reason: str) -> int | None:
        names = (dataset.id, *dataset.formerly)
        told = any(quarantine.ledger.latest("corrected", f"{name}/{batch}") for name in names)
        return known(dataset, batch, reason) if told else None

    return unmended


def _dataset(catalogue: Catalogue, name: str) -> Dataset | None:
    """A dataset by its name, or by one that it had."""
    renamed = (one for one in catalogue.datasets.values() if name in one.formerly)
    return catalogue.datasets.get(name) or next(renamed, None)


def _taken_back(case: Case, quarantine: QuarantineBook, dataset: Dataset, at: datetime) -> Step | None:
    why = is_taken_back(quarantine, dataset, case.about.batch)
    if why is None:
        return None
    return step_of(case.id, Doing.CLOSE, Seat.PLATFORM, PLATFORM, Told(why, Outcome.RECALLED), at)


def _confirmed(case: Case, unmended: Unmended, dataset: Dataset, at: datetime) -> Step | None:
    if not case.about.rows:
        return None
    left = unmended(dataset, case.about.batch, case.about.rule)
    if left is None:
        return None
    mended = case.about.rows - min(left, case.about.rows)
    step = step_of(case.id, Doing.CONFIRM, Seat.PLATFORM, PLATFORM, Told(), at)
    return replace(step, mended=mended) if mended != case.mended else None


def _by_ledger(quarantine: QuarantineBook) -> Unmended:
    def unmended(dataset: Dataset, batch: str, reason: str) -> int | None:
        found = quarantine.batch(dataset, batch)
        if found is None:
            return None
        left = max(found.rows - sum(found.mended.values()), 0)
        if not reason or not left:
            return left
        # Judged again by another contract, rows left quarantine: so many of the reason are there at most.
        return found.reasons.get(reason, 0) if not found.mended else None

    return unmended


def in_lake(connection: duckdb.DuckDBPyConnection, quarantine: QuarantineBook | None = None) -> Unmended:
    """Counted in the lake, row by row; of deliveries that were taken back since the last run the book knows."""

    def unmended(dataset: Dataset, batch: str, reason: str) -> int | None:
        batches = stored_batches(connection, dataset.id).get(dataset.id, [])
        right = corrected_rows(dataset, stored_deliveries(connection, dataset.id).get(dataset.id, []), batches)
        undone = quarantine.standing(dataset).undone if quarantine else ()
        gone = [str(one.delivery) for one in batches if one.batch in undone]
        stands = f"and righted not in ({', '.join(gone)})" if gone else ""
        mended = (
            f"and (q._delivery, q._row) not in (select number, _row from ({right}) where _row is not null {stands})"
        )
        held = f"and list_contains(q._faults, {literal(reason)})" if reason else ""
        found = connection.execute(
            f"select count(*) from {quarantine_table(dataset)} as q where q._batch = {literal(batch)} {held} "
            f"and (q._row is null or true {mended if right else ''})"
        ).fetchone()
        return int(found[0]) if found else None

    return unmended


def overdue_steps(cases: Mapping[str, Case], by: Rules, at: datetime) -> Iterator[Step]:
    """The steps that tell the officer of what is overdue and was not told yet."""
    for case in cases.values():
        for one in deadlines(case, by, day_of(at)):
            since = one.span.since.isoformat()
            if one.overdue and (one.span.name, since) not in case.escalated:
                step = step_of(case.id, Doing.ESCALATE, Seat.PLATFORM, PLATFORM, Told(), at)
                yield replace(step, deadline=one.span.name, since=since)
