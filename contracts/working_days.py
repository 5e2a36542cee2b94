"""Chinese working days: weekdays less public holidays, plus the weekends that 调休 turns into workdays.

The years are those of `chinesecalendar`, which follows the State Council's yearly notices, and whatever a city's
`zhongtai.yml` adds. A day beyond both is an error, never a guess.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

import chinese_calendar

from contracts.calendar import Calendar

_BUILT_IN = frozenset(day.year for day in chinese_calendar.holidays)


class CalendarHorizon(Exception):
    """Nobody has said which days of a year are holidays. `day` was asked for, `last_year` is the last known."""

    def __init__(self, day: date, last_year: int) -> None:
        self.day = day
        self.last_year = last_year
        super().__init__(
            f"{day} lies outside the years whose working days are known (up to {last_year}); take a newer "
            f"chinesecalendar, or list the holidays and make-up workdays of {day.year} under calendar: in "
            f"zhongtai.yml, with years: [{day.year}]"
        )


def known_years(calendar: Calendar | None = None) -> frozenset[int]:
    """The years of which somebody has said of every day whether it is worked."""
    return _BUILT_IN | (calendar or Calendar()).years


def is_working_day(day: date, calendar: Calendar | None = None) -> bool:
    """Whether offices work on a day. Raises `CalendarHorizon` where nobody has said."""
    own = calendar or Calendar()
    if day in own.holidays:
        return False
    if day in own.workdays:
        return True
    if day.year in own.years:
        return day.weekday() < 5
    if day.year not in _BUILT_IN:
        raise CalendarHorizon(day, max(_BUILT_IN | own.years))
    return bool(chinese_calendar.is_workday(day))


def working_days_between(start: date, end: date, calendar: Calendar | None = None) -> int:
    """How many working days come after `start`, up to and including `end`; 0 where `end` is not later.

    So a delivery of Friday is one working day old on an ordinary Monday. Raises `CalendarHorizon`.
    """
    if end <= start:
        return 0
    own = calendar or Calendar()
    if not all(_is_whole(own, year) for year in range(start.year, end.year + 1)):
        days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
        return sum(is_working_day(day, own) for day in days)
    between = sum(_counted(own, year)[-1] for year in range(start.year, end.year))
    return between + _up_to(own, end) - _up_to(own, start)


def add_working_days(start: date, count: int, calendar: Calendar | None = None) -> date:
    """The day on which `count` working days after `start` have passed: the last day of a deadline.

    Raises `CalendarHorizon`, and ValueError for a negative count.
    """
    if count < 0:
        raise ValueError(f"a deadline of {count} working days lies in the past")
    own, day = calendar or Calendar(), start
    while count:
        if _is_whole(own, day.year):
            used, whole = _up_to(own, day), _counted(own, day.year)
            if count <= whole[-1] - used:
                return date(day.year, 1, 1) + timedelta(days=bisect_left(whole, used + count))
            count, day = count - (whole[-1] - used), date(day.year, 12, 31)
        day += timedelta(days=1)
        count -= is_working_day(day, own)
    return day


def _is_whole(own: Calendar, year: int) -> bool:
    """Whether somebody has said of every day of a year whether it is worked."""
    return year in own.years or year in _BUILT_IN


@lru_cache(maxsize=256)
def _counted(own: Calendar, year: int) -> tuple[int, ...]:
    """For each day of a whole year, how many of its working days there were up to and including it."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    return tuple(accumulate(int(is_working_day(day, own)) for day in days))


def _up_to(own: Calendar, day: date) -> int:
    return _counted(own, day.year)[day.timetuple().tm_yday - 1]
