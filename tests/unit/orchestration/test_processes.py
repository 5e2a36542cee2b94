"""SQL of processes against plain Python: the state of every order of times, and clocks on every day of the calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jinja2 import Environment

from contracts.calendar import Calendar
from contracts.working_days import add_working_days, is_working_day, working_days_between
from orchestration.twins.processes import calendar_sql, span

MACROS = Path(__file__).parents[3] / "dbt_project" / "packages" / "zhongtai" / "macros" / "process.sql"
STEPS = ("found", "assigned", "checked", "closed")
OWN = Calendar(frozenset({date(2026, 3, 4)}), frozenset({date(2026, 3, 7)}))


def _macros() -> Any:
    return Environment(autoescape=False).from_string(MACROS.read_text("utf-8")).module


def _state(times: tuple[int | None, ...]) -> str:
    """Walked step by step: the first fault in the order of steps, else how far it has come."""
    if times[0] is None:
        return "found_missing"
    reached = 0
    for number in range(1, len(STEPS)):
        earlier, now = times[number - 1], times[number]
        if now is None:
            continue
        if earlier is None:
            return f"{STEPS[number]}_without_{STEPS[number - 1]}"
        if now < earlier:
            return f"{STEPS[number]}_before_{STEPS[number - 1]}"
        reached = number
    return "in_order" if reached == len(STEPS) - 1 else f"open_{STEPS[reached]}"


def test_every_order_of_four_times_has_the_state_that_walking_finds() -> None:
    cases = list(product((None, 1, 2, 3, 4), repeat=4))
    rows = ", ".join(f"({', '.join('null' if one is None else str(one) for one in case)})" for case in cases)
    named = [(name, name) for name in STEPS]
    sql = f"select {', '.join(STEPS)}, {_macros().process_state(named)} from (values {rows}) as t ({', '.join(STEPS)})"
    found = {row[:4]: row[4] for row in duckdb.sql(sql).fetchall()}
    assert found == {case: _state(case) for case in cases} and len(set(found.values())) == 10


@pytest.fixture(scope="module")
def calendar() -> Iterator[duckdb.DuckDBPyConnection]:
    class _Dbt:
        dateadd: Callable[[str, str, str], str] = staticmethod(lambda part, n, day: f"{day} + to_days({n})")

    sql = Environment(autoescape=False).from_string(calendar_sql(OWN)).render(dbt=_Dbt)
    with duckdb.connect() as connection:
        connection.execute(f"create table working_day as {sql}")
        yield connection


def test_every_day_of_the_calendar_is_worked_as_declared(calendar: duckdb.DuckDBPyConnection) -> None:
    first, last = span(OWN)
    rows = calendar.sql("select day, day_number, worked, worked_so_far from working_day order by day").fetchall()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    assert [row[0] for row in rows] == days
    assert [row[:3] for row in rows] == [(day, (day - first).days, int(is_working_day(day, OWN))) for day in days]
    before = int(is_working_day(first, OWN))
    assert [row[3] for row in rows] == [before + working_days_between(first, day, OWN) for day in days]


def test_a_deadline_is_that_of_working_days(calendar: duckdb.DuckDBPyConnection) -> None:
    deadline = _macros().deadline("due.day", "began.day")
    sql = f"""select began.day, promise, {deadline} from working_day as began
        cross join (select unnest([0, 1, 3, 5, 20]) as promise)
        left join working_day as due on due.worked = 1 and due.worked_so_far = began.worked_so_far + promise
        where began.day between '2026-01-20' and '2026-11-20'"""
    found = calendar.sql(sql).fetchall()
    assert len(found) > 1000
    assert [row for row in found if row[2] != add_working_days(row[0], row[1], OWN)] == []


def test_office_minutes_run_only_while_the_office_is_open(calendar: duckdb.DuckDBPyConnection) -> None:
    """Counted minute by minute over a week with a holiday, a worked Saturday and a weekend."""
    opens, closes, start = 9 * 60, 17 * 60, datetime(2026, 3, 3)
    told = _macros().office_minutes("moment", "days", str(opens), str(closes))
    sql = f"""select moment, {told} - first_value({told}) over (order by moment)
        from (select unnest(generate_series(timestamp '2026-03-03', timestamp '2026-03-10', interval 17 minute))
            as moment)
        join working_day as days on days.day = cast(moment as date) order by moment"""
    counted, minutes = start, 0
    for moment, office in calendar.sql(sql).fetchall():
        while counted < moment:
            within = time(opens // 60) <= counted.time() < time(closes // 60)
            minutes += int(within and is_working_day(counted.date(), OWN))
            counted += timedelta(minutes=1)
        assert office == minutes, moment
    assert minutes == 5 * 8 * 60


def test_what_is_objected_to_or_has_no_end_is_never_valid() -> None:
    told = _macros().valid_through("ends", "objection")
    sql = f"""select objection, ends is not null, {told} from (values ('none'), ('rejected'), ('raised'), ('upheld'),
        (null), ('anything')) as o (objection) cross join (values (date '2026-01-01'), (null)) as e (ends)"""
    shown = {(objection, ends) for objection, ends, day in duckdb.sql(sql).fetchall() if day is not None}
    assert shown == {("none", True), ("rejected", True)}
