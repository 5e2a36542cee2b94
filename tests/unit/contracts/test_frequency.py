"""When a dataset is due: by its frequency, on days on which offices work."""

from __future__ import annotations

from datetime import date

import pytest

from contracts.calendar import Calendar
from contracts.frequency import timeliness

NO = Calendar()


@pytest.mark.parametrize(
    ("newest", "frequency", "today", "due", "late"),
    [
        (date(2026, 11, 20), "1d", date(2026, 11, 22), date(2026, 11, 23), 0),  # Friday; Saturday is no day of work
        (date(2026, 11, 20), "1d", date(2026, 11, 24), date(2026, 11, 23), 1),
        (date(2026, 9, 30), "1d", date(2026, 10, 7), date(2026, 10, 8), 0),  # the national holiday
        (date(2026, 1, 31), "1m", date(2026, 3, 2), date(2026, 2, 28), 1),  # a Saturday that is worked
        (date(2026, 11, 20), "irregular", date(2026, 12, 20), None, None),
        (date(2026, 11, 20), "daily", date(2026, 12, 20), None, None),
    ],
)
def test_due_on_a_working_day(newest: date, frequency: str, today: date, due: date | None, late: int | None) -> None:
    found = timeliness(newest, frequency, 0, today, NO)
    assert (found.due, found.late, found.stale) == (due, late, False)


def test_stale_by_the_contracts_working_days() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert timeliness(friday, "irregular", 1, monday, NO).age == 1
    assert not timeliness(friday, "irregular", 1, monday, NO).stale
    assert timeliness(friday, "irregular", 1, date(2026, 11, 24), NO).stale


def test_a_citys_own_days_count_and_nothing_is_said_beyond_the_calendar() -> None:
    own = Calendar(holidays=frozenset({date(2026, 11, 23)}))
    assert timeliness(date(2026, 11, 20), "1d", 0, date(2026, 11, 23), own).due == date(2026, 11, 24)
    assert timeliness(date(2050, 1, 3), "1d", 5, date(2050, 2, 1), NO).late is None
    assert timeliness(None, "1d", 5, date(2026, 11, 23), NO).newest is None
