"""Each batch held against those of its dataset before it: what is outside the band is kept as an anomaly.

The bands are `quality/anomalies`'; here its numbers are fetched, and what it says is written down. Of a history that is
read at once only the newest batches are judged: what was odd two years ago helps nobody this morning.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.calendar import Calendar
from contracts.clock import in_city
from quality.anomalies import LOOK_BACK, WINDOW, Band, Kind, Point, TooLittle, band, bands, distance, together

NEWEST = 30
"""So many days are judged at most of what came at once."""
_PROFILES = WINDOW + NEWEST
_REFERENCE = 30
_LONGEST_WAY = 14 * 24.0
"""A delivery that came into the lake later than so many hours after its day was loaded with others, and says nothing of
when deliveries come."""


@dataclass
class _Day:
    """All that came of a dataset for one day: the parts of a delivery are one."""

    day: date
    batch: str
    read: int = 0
    hours: float | None = None
    rows: int = 0
    columns: Mapping[str, Any] | None = None
    engine: str = ""
    distances: dict[str, float] | None = None


def judge(connection: sqlite3.Connection, dataset: str, since: str, calendar: Calendar) -> None:
    """Judge the batches of a dataset from a day on, within the caller's transaction."""
    days = list(_days(connection, dataset))
    wanted = [n for n, one in enumerate(days) if str(one.day) >= since][-NEWEST:]
    silent: dict[str, int] = {}
    connection.execute("delete from anomaly where dataset = ? and day >= ?", (dataset, since))
    for n in wanted:
        silent = {}
        for column, kind, found, value in _told(days, n, calendar):
            if isinstance(found, TooLittle):
                silent[str(kind)] = max(silent.get(str(kind), 0), found.of)
            elif not found.holds(value):
                row = (dataset, str(days[n].day), column, str(kind), days[n].batch, value)
                connection.execute(
                    "insert or replace into anomaly values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*row, found.expected, found.low, found.high, found.of),
                )
        connection.execute(
            "update profile set distances = ? where dataset = ? and day = ? and batch = ?",
            (json.dumps(days[n].distances or {}), dataset, str(days[n].day), days[n].batch),
        )
    if wanted:
        newest = str(days[wanted[-1]].day)
        connection.execute("insert or replace into judged values (?, ?, ?)", (dataset, newest, json.dumps(silent)))


def _days(connection: sqlite3.Connection, dataset: str) -> Iterator[_Day]:
    """The newest days of a dataset, oldest first."""
    by: dict[str, _Day] = {}
    for day, batch, at, read in connection.execute(
        "select day, batch, at, read from delivery where dataset = ? and state not in ('withdrawn', 'recalled') and "
        "day >= coalesce((select min(day) from (select distinct day from delivery where dataset = ? order by day desc "
        "limit ?)), '') order by day, seq",
        (dataset, dataset, LOOK_BACK + NEWEST),
    ):
        one = by.setdefault(day, _Day(date.fromisoformat(day), batch))
        one.batch, one.read = batch, one.read + read
        hours = _hours(one.day, at)
        one.hours = max(hours, one.hours or 0.0) if hours is not None else one.hours
    for day, batch, engine, rows, columns, distances in connection.execute(
        "select day, batch, engine, rows, columns, distances from profile where dataset = ? "
        "order by day desc, seq desc limit ?",
        (dataset, _PROFILES),
    ):
        if day in by and by[day].columns is None:
            one = by[day]
            one.batch, one.engine, one.rows, one.columns = batch, engine, rows, json.loads(columns)
            one.distances = json.loads(distances) if distances else None
    yield from by.values()


def _hours(day: date, at: str) -> float | None:
    came = in_city(datetime.fromisoformat(at)).replace(tzinfo=None)
    hours = (came - datetime(day.year, day.month, day.day)).total_seconds() / 3600
    return hours if 0 <= hours <= _LONGEST_WAY else None


_Judged = tuple[str, Kind, Any, float]


def _told(days: Sequence[_Day], n: int, calendar: Calendar) -> Iterator[_Judged]:
    """Column ("" the whole), kind, what is usual, and what is, of each number of one day."""
    now, before = days[n], days[:n]
    history = [Point(one.day, float(one.read)) for one in before]
    yield "", Kind.ROWS, band(Kind.ROWS, history, Point(now.day, 0.0, now.read), calendar), float(now.read)
    if now.hours is not None:
        came = [Point(one.day, one.hours) for one in before if one.hours is not None]
        yield "", Kind.ARRIVAL, band(Kind.ARRIVAL, came, Point(now.day, 0.0), calendar), now.hours
    if now.columns and now.rows:
        profiled = [one for one in before if one.columns is not None and one.rows][-WINDOW:]
        for name, column in now.columns.items():
            yield from _of_column(now, profiled, name, column, calendar)


def _of_column(
    now: _Day, before: Sequence[_Day], name: str, column: Mapping[str, Any], calendar: Calendar
) -> Iterator[_Judged]:
    known = [(one, told) for one in before if (told := (one.columns or {}).get(name)) is not None]
    share = column["nulls"] / now.rows
    nulls = [Point(one.day, told["nulls"] / one.rows, one.rows) for one, told in known]
    yield name, Kind.NULLS, band(Kind.NULLS, nulls, Point(now.day, 0.0, now.rows), calendar), share
    yield from _distinct(now, known, (name, column), calendar)
    yield from _distribution(now, known, (name, column), calendar)


_Known = Sequence[tuple[_Day, Mapping[str, Any]]]


def _distinct(now: _Day, known: _Known, column: tuple[str, Mapping[str, Any]], calendar: Calendar) -> Iterator[_Judged]:
    """Fewer rows have fewer values: what is outside must be so by number, and by number to rows."""
    name, value = column[0], float(column[1]["distinct"])
    points = [Point(one.day, float(told["distinct"])) for one, told in known]
    found = band(Kind.DISTINCT, points, Point(now.day, 0.0), calendar)
    if not isinstance(found, TooLittle) and not found.holds(value):
        shares = [Point(one.day, 1000.0 * told["distinct"] / one.rows) for one, told in known]
        by_rows = band(Kind.DISTINCT, shares, Point(now.day, 0.0), calendar)
        if isinstance(by_rows, TooLittle) or by_rows.holds(1000.0 * value / now.rows):
            return
    yield name, Kind.DISTINCT, found, value


def _distribution(
    now: _Day, known: _Known, column: tuple[str, Mapping[str, Any]], calendar: Calendar
) -> Iterator[_Judged]:
    name, bins = column[0], column[1].get("bins")
    now.distances = {} if now.distances is None else now.distances
    alike = [(one, told) for one, told in known if told.get("bins") and one.engine == now.engine]
    if not bins or not alike:
        return
    value = distance(bins, together(told["bins"] for _, told in alike[-_REFERENCE:]))
    now.distances[name] = round(value, 5)
    points = [
        Point(one.day, (one.distances or {})[name], one.rows) for one, _ in alike if name in (one.distances or {})
    ]
    at = Point(now.day, 0.0, sum(bins.values()))
    yield name, Kind.DISTRIBUTION, band(Kind.DISTRIBUTION, points, at, calendar), value


@dataclass(frozen=True)
class Judged:
    """A number of one day and its band; none where there was too little to judge by."""

    day: date
    value: float
    band: Band | None


class History:
    """The newest days of one dataset, read once for all that is drawn of them."""

    def __init__(self, connection: sqlite3.Connection, dataset: str, calendar: Calendar) -> None:
        self._days, self._calendar = list(_days(connection, dataset)), calendar

    def series(self, kind: Kind, column: str = "", most: int = 60) -> list[Judged]:
        """The newest days of one number, oldest first, each with what was usual then, by its own history."""
        points = _points(self._days, kind, column)
        usual = bands(kind, points, most, self._calendar)
        return [
            Judged(one.day, one.value, None if isinstance(told, TooLittle) else told)
            for one, told in zip(points[-len(usual) :] if usual else (), usual, strict=True)
        ]


def _points(days: Sequence[_Day], kind: Kind, column: str) -> list[Point]:
    if kind is Kind.ROWS:
        return [Point(one.day, float(one.read)) for one in days]
    if kind is Kind.ARRIVAL:
        return [Point(one.day, one.hours) for one in days if one.hours is not None]
    known = [(one, told) for one in days if one.rows and (told := (one.columns or {}).get(column)) is not None]
    if kind is Kind.NULLS:
        return [Point(one.day, told["nulls"] / one.rows, one.rows) for one, told in known]
    if kind is Kind.DISTINCT:
        return [Point(one.day, float(told["distinct"])) for one, told in known]
    return [
        Point(one.day, (one.distances or {})[column], one.rows) for one, _ in known if column in (one.distances or {})
    ]
