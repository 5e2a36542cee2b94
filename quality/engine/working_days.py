"""How many working days lie between two days, by a given calendar or by the Chinese one (调休 included).

No clock is read here: today is whatever the caller says it is.
"""

import datetime
from collections.abc import Collection

from quality.engine.errors import EngineError


class CalendarHorizonError(EngineError):
    """A day lies where the calendar says nothing."""

    def __init__(self, day: datetime.date) -> None:
        super().__init__(
            f"the working-day calendar does not know {day.isoformat()}",
            "Update the package chinesecalendar, or pass working_days that reach that far.",
        )
        self.day = day


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
    for day in (start, end):
        if not known or not known[0] <= day <= known[-1]:
            raise CalendarHorizonError(day)
    return sum(start < day <= end for day in set(known))


def _by_notices(start: datetime.date, end: datetime.date) -> int:
    """By ``chinesecalendar``, which raises for a year whose notice it does not hold."""
    import chinese_calendar

    for day in (start, end):
        try:
            chinese_calendar.is_workday(day)
        except NotImplementedError:
            raise CalendarHorizonError(day) from None
    return len(chinese_calendar.get_workdays(start, end)) - chinese_calendar.is_workday(start)
