"""Anomalies: planted faults are found and nothing else is; constants, weekends and holidays are quiet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.calendar import Calendar
from contracts.working_days import is_working_day
from quality.anomalies import LEAST, Band, Kind, Point, TooLittle, band, bands, distance
from tests.bench.anomalies import Tally, corpus, judged, total

START = date(2025, 3, 3)


def days(count: int, first: date = START) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def known(kind: Kind, history: list[Point], day: date, rows: int = 0, calendar: Calendar | None = None) -> Band:
    found = band(kind, history, Point(day, 0.0, rows), calendar)
    assert isinstance(found, Band), found
    return found


def test_a_slice_of_the_labelled_corpus() -> None:
    tallies = []
    for one in corpus(2, 220, 3):
        tallies.append(Tally())
        judged(one, tallies[-1])
    whole = total(tallies)
    assert whole.found + whole.missed >= 20
    assert min(whole.precision, whole.recall) >= 0.9, whole


def test_the_corpus_is_the_same_each_time() -> None:
    assert list(corpus(1, 220, 5)) == list(corpus(1, 220, 5)) != list(corpus(1, 220, 6))


@given(st.integers(0, 10**7), st.sampled_from([Kind.ROWS, Kind.DISTINCT]))
@settings(max_examples=40, deadline=None)
def test_a_constant_series_is_quiet_and_what_leaves_it_is_not(value: int, kind: Kind) -> None:
    history = [Point(day, float(value)) for day in days(65)]
    found = known(kind, history, START + timedelta(days=65))
    assert found.holds(value) and found.expected == pytest.approx(value, abs=1e-6 * (1 + value))
    if value >= 1000:
        assert not found.holds(value * 0.5) and not found.holds(value * 2) and not found.holds(0)


def test_too_little_history_says_nothing_and_says_so() -> None:
    history = [Point(day, 100.0) for day in days(LEAST - 1)]
    assert band(Kind.ROWS, history, Point(START + timedelta(days=20), 0.0)) == TooLittle(LEAST - 1)


def weekly(count: int = 140, first: date = START) -> list[Point]:
    """Offices that deliver a tenth on days on which they do not work."""
    return [Point(day, (1000.0 if is_working_day(day) else 100.0) + day.day) for day in days(count, first)]


def test_weekends_and_holidays_are_quiet() -> None:
    history = weekly()
    for ahead in range(100):
        every = weekly(140 + ahead + 1)
        newest = every[-1]
        found = band(Kind.ROWS, every[:-1], newest)
        assert isinstance(found, TooLittle) or found.holds(newest.value), newest
    saturday, monday = date(2025, 7, 26), date(2025, 7, 28)
    assert not known(Kind.ROWS, history, saturday).holds(1000)
    assert not known(Kind.ROWS, history, monday).holds(100)


def test_a_citys_own_holiday_is_one() -> None:
    own = Calendar(holidays=frozenset({date(2025, 7, 29)}))
    history = weekly()
    assert not known(Kind.ROWS, history, date(2025, 7, 29)).holds(110)
    assert known(Kind.ROWS, history, date(2025, 7, 29), calendar=own).holds(110)


def test_a_trend_is_followed() -> None:
    history = [Point(day, 1000 * 1.01**n) for n, day in enumerate(days(100))]
    found = known(Kind.ROWS, history, START + timedelta(days=100))
    assert found.holds(1000 * 1.01**100) and not found.holds(1000)


def test_a_new_level_is_told_and_then_is_the_level() -> None:
    every = [Point(day, 1000.0 if n < 60 else 3000.0) for n, day in enumerate(days(110))]
    told = [band(Kind.ROWS, every[:n], every[n]) for n in range(60, 110)]
    assert isinstance(told[0], Band) and not told[0].holds(3000)
    assert isinstance(told[-1], Band) and told[-1].holds(3000)


def test_a_share_of_few_rows_may_stray_farther() -> None:
    history = [Point(day, 0.1, 1000) for day in days(60)]
    few, many = (known(Kind.NULLS, history, START + timedelta(days=60), rows) for rows in (20, 10_000))
    assert few.holds(0.3) and not many.holds(0.3)


def test_distance_is_a_distance() -> None:
    one, other = {"a": 1.0, "b": 3.0}, {"a": 3.0, "c": 1.0}
    assert distance(one, one) == 0 and distance(one, {"a": 10, "b": 30}) == pytest.approx(0)
    assert distance({"a": 1}, {"b": 1}) == pytest.approx(1)
    assert distance(one, other) == pytest.approx(distance(other, one)) and 0 < distance(one, other) < 1
    assert distance({}, one) == 0


def test_many_bands_at_once_are_each_as_alone() -> None:
    every = weekly(200)
    alone = [band(Kind.ROWS, every[:n], every[n]) for n in range(150, 200)]
    assert bands(Kind.ROWS, every, 50) == alone
    assert bands(Kind.ROWS, every[:3], 50) == [TooLittle(0), TooLittle(1), TooLittle(2)]
    assert bands(Kind.ROWS, [], 50) == []


def test_what_came_weekly_says_nothing_of_what_comes_daily() -> None:
    """Three weekly batches of 400 rows, on Mondays, and then a fifth of that each day: no Monday is unusual for it."""
    weekly = [START + timedelta(weeks=n) for n in range(3)]
    daily = days(40, weekly[-1] + timedelta(days=1))
    size = {True: 118.0, False: 45.0}
    points = [Point(day, 400.0 + n) for n, day in enumerate(weekly)]
    points += [Point(day, size[is_working_day(day)] + day.day % 7) for day in daily]
    found = bands(Kind.ROWS, points, len(points))
    judged_ = [(one, told) for one, told in zip(points, found, strict=True) if isinstance(told, Band)]
    assert len(judged_) > 15
    assert [one.day for one, told in judged_ if not told.low <= one.value <= told.high] == []
    assert known(Kind.ROWS, points, points[-1].day + timedelta(days=1)).high < 300
    back = [*points, *(Point(points[-1].day + timedelta(weeks=n), 400.0) for n in range(1, 5))]
    assert isinstance(band(Kind.ROWS, back, Point(back[-1].day + timedelta(weeks=1), 400.0)), TooLittle)


def test_one_long_gap_is_a_holiday_and_no_other_cadence() -> None:
    before, after = days(30), days(5, START + timedelta(days=40))
    points = [Point(day, 100.0 + day.day % 5) for day in (*before, *after)]
    found = known(Kind.ROWS, points, after[-1] + timedelta(days=1))
    assert found.of > LEAST
