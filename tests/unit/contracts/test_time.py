"""Working days with make-up workdays, the calendar's horizon, and the one clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.calendar import Calendar
from contracts.clock import FixedClock, SystemClock, today
from contracts.load import load_catalogue
from contracts.working_days import CalendarHorizon, add_working_days, is_working_day, working_days_between

DAYS = st.dates(date(2005, 1, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 10, 1), False),
        (date(2026, 2, 14), True),  # a Saturday worked in exchange for the Spring Festival
    ],
)
def test_a_day(day: date, working: bool) -> None:
    assert is_working_day(day) is working


def test_friday_to_monday_is_one_working_day() -> None:
    assert working_days_between(date(2026, 11, 20), date(2026, 11, 23)) == 1
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 20)) == 0


HOLIDAYS = st.frozensets(st.dates(date(2025, 1, 1), date(2029, 12, 31)), max_size=9)
WORKED = st.frozensets(st.dates(date(2030, 1, 1), date(2030, 12, 31)), max_size=9)
OWN = st.builds(Calendar, HOLIDAYS, WORKED, st.frozensets(st.sampled_from([2027, 2028])))


@given(st.dates(date(2025, 6, 1), date(2029, 1, 31)), st.integers(-5, 900), st.integers(0, 500), OWN)
def test_years_counted_whole_are_days_counted_one_by_one(start: date, days: int, count: int, own: Calendar) -> None:
    """And where a day is nobody's to say, both say so of the same day."""

    def told(ask: Callable[[], object]) -> object:
        try:
            return ask()
        except CalendarHorizon as horizon:
            return horizon.day

    def one_by_one() -> int:
        return sum(is_working_day(start + timedelta(days=n), own) for n in range(1, days + 1))

    def after() -> date:
        day, left = start, count
        while left:
            day += timedelta(days=1)
            left -= is_working_day(day, own)
        return day

    assert told(lambda: working_days_between(start, start + timedelta(days=days), own)) == told(one_by_one)
    assert told(lambda: add_working_days(start, count, own)) == told(after)


@given(DAYS, st.integers(0, 60))
def test_adding_and_counting_agree(start: date, count: int) -> None:
    assert working_days_between(start, add_working_days(start, count)) == count


@given(DAYS, st.integers(0, 90), st.integers(0, 90))
def test_counting_adds_up(start: date, first: int, second: int) -> None:
    middle = date.fromordinal(start.toordinal() + first)
    end = date.fromordinal(middle.toordinal() + second)
    whole = working_days_between(start, end)
    assert whole == working_days_between(start, middle) + working_days_between(middle, end)


def test_past_the_horizon_nothing_is_guessed() -> None:
    with pytest.raises(CalendarHorizon) as beyond:
        working_days_between(date(2026, 12, 31), date(2027, 1, 4))
    assert (beyond.value.day, beyond.value.last_year) == (date(2027, 1, 1), 2026)
    assert "zhongtai.yml" in str(beyond.value)


def test_a_city_may_say_what_the_calendar_does_not_know(workspace: Path) -> None:
    calendar = load_catalogue(workspace).calendar
    assert not is_working_day(date(2027, 1, 1), calendar)
    assert is_working_day(date(2027, 1, 3), calendar)  # a Sunday
    assert working_days_between(date(2026, 12, 31), date(2027, 1, 4), calendar) == 2
    with pytest.raises(CalendarHorizon):
        is_working_day(date(2028, 1, 3), calendar)


def test_a_city_may_overrule_a_known_year() -> None:
    assert not is_working_day(date(2026, 11, 20), Calendar(holidays=frozenset({date(2026, 11, 20)})))


def test_a_negative_deadline_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        add_working_days(date(2026, 1, 5), -1)


def test_the_clock_that_stands_still() -> None:
    clock = FixedClock(datetime(2026, 11, 20, 20, 0, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert today(clock) == date(2026, 11, 21)
    assert SystemClock().now().tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 11, 20))
