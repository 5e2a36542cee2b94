"""What is late on a day, by the store's deliveries and the city's calendar; and of what nobody can say."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from contracts.frequency import Timeliness, timeliness
from lake.quality_past.asking import DATASETS, told_at
from lake.quality_past.store import QualityPast


@dataclass(frozen=True)
class Late:
    """A dataset whose next delivery was due (`due`) and did not come, or whose newest is older than is allowed, or that
    comes regularly and never came (`newest` None).

    `working_days` late, 0 where it is stale alone; `since` is the day after it was due, or the day it became stale on
    as far as that is known (else the newest delivery's). Where no calendar has `unknown_year`, the numbers are those of
    the last day that one has.
    """

    dataset: str
    newest: date | None
    due: date | None
    working_days: int
    age: int | None
    allowed: int
    stale: bool
    since: date | None
    unknown_year: int | None = None


@dataclass(frozen=True)
class Lateness:
    """What is late on a day, and of which datasets nobody can say so, since no calendar has `unknown_year`."""

    late: tuple[Late, ...]
    unjudged: tuple[str, ...] = ()
    unknown_year: int | None = None


def newest_days(connection: sqlite3.Connection, of: str = "") -> dict[str, date]:
    """Dataset -> the day of its newest delivery that counts: of all, of a department's, or of one."""
    rows = connection.execute(
        f"select d.dataset, max(day) from ({DATASETS}) as d join delivery on delivery.dataset = d.dataset and day = "
        "(select max(day) from delivery where dataset = d.dataset and state not in ('withdrawn', 'recalled', 'held')) "
        "group by 1",
        (of,),
    )
    return {row[0]: date.fromisoformat(row[1]) for row in rows}


def timeliness_of(past: QualityPast, newest: Mapping[str, date], dataset: str, today: date) -> Timeliness:
    """How up to date a dataset is."""
    one = past.catalogue.datasets[dataset]
    allowed = one.freshness_working_days
    return timeliness(newest.get(dataset), one.frequency, allowed, today, past.catalogue.calendar)


def lateness(past: QualityPast, connection: sqlite3.Connection, today: date) -> Lateness:
    """The datasets that are late or stale on a day, the latest first, and those of which that cannot be said."""
    newest = newest_days(connection)
    every = {name: timeliness_of(past, newest, name, today) for name in past.catalogue.datasets}
    begun = told_at(connection) is not None  # a city to which nothing came yet waits for no single dataset
    late = [_late(past, name, told) for name, told in every.items() if told.behind and (begun or not told.never)]
    unjudged = tuple(name for name, told in every.items() if told.unjudged)
    years = [told.unknown_year for told in every.values() if told.unknown_year is not None]
    order = sorted(late, key=lambda each: (-each.working_days, -(each.age or 0), each.dataset))
    return Lateness(tuple(order), unjudged, min(years, default=None))


def _late(past: QualityPast, name: str, told: Timeliness) -> Late:
    since = told.due if told.late and told.due else told.newest
    allowed = past.catalogue.datasets[name].freshness_working_days
    facts = (told.late or 0, told.age, allowed, told.stale, since, told.unknown_year)
    return Late(name, told.newest, told.due, *facts)


def late_now(past: QualityPast, connection: sqlite3.Connection, today: date) -> list[Late]:
    """The datasets that are late or stale on a day, the latest first."""
    return list(lateness(past, connection, today).late)
