"""How many working days lie between two days, by a given calendar or by the Chinese one (调休 included).

No clock is read here: today is whatever the caller says it is.
"""

import datetime
from collections.abc import Collection

from quality.engine.errors import EngineError


class CalendarHorizonError(EngineError):
    """A day lies where the calendar says nothing. The day is an attribute only: it may come from a cell."""

    def __init__(self, day: datetime.date, first: datetime.date, last: datetime.date) -> None:
        super().__init__(
            f"a date lies outside the working-day calendar, which runs from {first} to {last}",
            "Update the package chinesecalendar, or pass working_days that reach that far.",
        )
        self.day, self.first, self.last = day, first, last


def working_days_between(
    start: datetime.date, end: datetime.date, working_days: Collection[datetime.date] | None = None
) -> int:
    """Working days after ``start`` up to and including ``end``; negative if ``end`` comes first.

    ``working_days`` lists every working day of a period; without it the State Council's yearly notices are used,
    as packaged in ``chinesecalendar``. Raises ``CalendarHorizonError`` for a day outside the calendar.
    """
    if end < start:
        return -working_days_between(end, start, working_days)
    if working_days is None:
        return _by_notices(start, end)
    known = sorted(working_days)
    _within(start, end, (known[0], known[-1]) if known else (end, start))
    return sum(start < day <= end for day in set(known))


def _within(start: datetime.date, end: datetime.date, horizon: tuple[datetime.date, datetime.date]) -> None:
    """Raise ``CalendarHorizonError`` for the first day outside ``horizon``."""
    for day in (start, end):
        if not horizon[0] <= day <= horizon[1]:
            raise CalendarHorizonError(day, *horizon)


def _by_notices(start: datetime.date, end: datetime.date) -> int:
    """By ``chinesecalendar``, which knows whole years, from its first to its last notice."""
    import chinese_calendar

    years = [day.year for day in chinese_calendar.holidays]
    _within(start, end, (datetime.date(min(years), 1, 1), datetime.date(max(years), 12, 31)))
    return len(chinese_calendar.get_workdays(start, end)) - chinese_calendar.is_workday(start)
