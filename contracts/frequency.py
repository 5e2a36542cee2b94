"""How often a dataset is to come, as contracts write it (`1d`, `1m`, `irregular`), and when it is due next.

By the calendar alone, and by working days: nobody waits for an office that is closed. No clock is read.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from contracts.calendar import Calendar
from contracts.working_days import CalendarHorizon, is_working_day, working_days_between

_MONTHS = {"m": 1, "q": 3, "y": 12}
_DAYS = {"min": 0, "h": 0, "d": 1, "w": 7}
_FAR = 40


@dataclass(frozen=True)
class Timeliness:
    """How up to date a dataset is on a day.

    `due` is the day by whose end the next delivery is to be there, on which offices work; `late` how many working days
    ago that was; `age` how many working days old the newest is, and `stale` whether that is more than its contract
    allows. None is what nobody can say: it comes irregularly, never came, or no calendar has the year.

    `never` says that it comes regularly and never came. `unknown_year` is the year of the day where no calendar has it:
    what was late by the last day that is known is so still (by as much at least); of all else nothing can be said.
    """

    newest: date | None
    due: date | None
    late: int | None
    age: int | None
    stale: bool
    never: bool = False
    unknown_year: int | None = None

    @property
    def behind(self) -> bool:
        """Whether it is not as up to date as it is to be, for all that can be said."""
        return bool(self.late) or self.stale or self.never

    @property
    def unjudged(self) -> bool:
        """Whether nobody can say so, for want of a calendar."""
        return self.unknown_year is not None and not self.behind


def timeliness(newest: date | None, frequency: str, allowed: int, today: date, holidays: Calendar) -> Timeliness:
    """How up to date a dataset is of which the newest delivery is of a day; `allowed` 0 is without a limit."""
    if newest is None:
        return Timeliness(None, None, None, None, stale=False, never=after(today, frequency) is not None)
    try:
        age = working_days_between(newest, today, holidays)
    except CalendarHorizon as horizon:
        return _beyond(newest, (frequency, allowed), (today, date(horizon.last_year, 12, 31)), holidays)
    stale = bool(allowed) and age > allowed
    try:
        due = due_after(newest, frequency, holidays)
        late = working_days_between(due, today, holidays) if due else None
    except CalendarHorizon:
        return Timeliness(newest, None, 0, age, stale)  # due in a year to come
    return Timeliness(newest, due, late, age, stale)


def _beyond(newest: date, promise: tuple[str, int], days: tuple[date, date], holidays: Calendar) -> Timeliness:
    """How up to date a dataset is on a day of which nobody knows whether it is worked; `days` are that day and the last
    that is known."""
    (frequency, allowed), (today, last) = promise, days
    nothing = Timeliness(newest, None, None, None, stale=False)
    if not allowed and after(newest, frequency) is None:
        return nothing
    known = timeliness(newest, frequency, allowed, last, holidays) if newest < last < today else nothing
    return replace(known if known.behind else replace(nothing, due=known.due), unknown_year=today.year)


def due_after(day: date, frequency: str, holidays: Calendar) -> date | None:
    """The working day on which the next delivery is due after one of a day. Raises `CalendarHorizon`."""
    found = after(day, frequency)
    for _ in range(_FAR):
        if found is None or is_working_day(found, holidays):
            return found
        found += timedelta(days=1)
    return found


def after(day: date, frequency: str) -> date | None:
    """The day on which the next delivery is due after one of a day; None for what comes irregularly."""
    found = re.fullmatch(r"(\d+)([a-z]+)", frequency)
    if not found or found[2] not in {*_MONTHS, *_DAYS}:
        return None
    count, unit = int(found[1]), found[2]
    try:
        return _months_on(day, count * _MONTHS[unit]) if unit in _MONTHS else day + timedelta(days=count * _DAYS[unit])
    except (OverflowError, ValueError):
        return None


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
