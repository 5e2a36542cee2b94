"""Which window of the year before one is fairly compared with: by the moon around the Spring Festival, else by date.

The festival moves between 21 January and 20 February, and a city empties and fills around it: its days are compared by
their distance from New Year's Day, and January and February of what adds up only together, as the National Bureau of
Statistics publishes them. Beyond the years that are known here everything is compared by date. No clock is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from contracts.indicators import Window

# GB/T 33661-2017 says how they are computed; as the Hong Kong Observatory's tables of conversion list them.
_NEW_YEARS = """
    2004-01-22 2005-02-09 2006-01-29 2007-02-18 2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10
    2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22
    2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31
    2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 2040-02-12
"""
NEW_YEARS = {day.year: day for day in map(date.fromisoformat, _NEW_YEARS.split())}
BEFORE, AFTER = 15, 25
"""So many days before and after New Year's Day the festival decides what a city is like (春运: 40 days)."""


@dataclass(frozen=True)
class Compared:
    """Windows, and those of the year before that they are held against: each side is summed. `basis` is date, lunar,
    or jan_feb."""

    now: tuple[date, ...]
    before: tuple[date, ...]
    basis: str


def year_before(window: Window, start: date, *, additive: bool) -> Compared | None:
    """What a window is compared with; None for a January of what adds up, which is compared together with February."""
    if window is Window.DAY:
        return _day(start)
    if window is Window.MONTH and additive and start.month <= 2:
        months = (date(start.year, 1, 1), date(start.year, 2, 1))
        return Compared(months, tuple(map(_by_date, months)), "jan_feb") if start.month == 2 else None
    return Compared((start,), (_by_date(start),), "date")


def _day(day: date) -> Compared:
    here, before = NEW_YEARS.get(day.year), NEW_YEARS.get(day.year - 1)
    if here and before and -BEFORE <= (day - here).days <= AFTER:
        return Compared((day,), (before + (day - here),), "lunar")
    return Compared((day,), (_by_date(day),), "date")


def _by_date(day: date) -> date:
    """The same date of the year before; the last of February for a leap day."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day - timedelta(days=366)
