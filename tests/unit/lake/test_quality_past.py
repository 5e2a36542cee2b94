"""Quality over time: the store says what the ledger tells, however it was read, and what is bad is shown as that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.calendar import Calendar
from contracts.model import Catalogue, Department
from contracts.weights import Weights
from lake.findings.of_past import of_past
from lake.quality_past import asking
from lake.quality_past.judging import History
from lake.quality_past.lateness import late_now, lateness, newest_days
from lake.quality_past.schema import reading
from lake.quality_past.store import QualityPast
from lake.settings import load_settings
from quality.anomalies import Kind
from quality.measured import State
from sharing.ledger import Ledger
from sharing.sealing import Limits
from tests.unit.lake.desk import column, dataset

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
RESIDENTS = replace(
    dataset(column("id", required=True, key=True), column("age", "integer", minimum=0), column("note")),
    name="residents",
    frequency="1d",
)
SECOND = replace(dataset(column("id", required=True)), department="other", name="second")
DEPARTMENTS = {name: Department(name, name, name, "1", "") for name in ("test", "other")}


def city(root: Path, *datasets: Any) -> Catalogue:
    named = {one.id: one for one in datasets}
    return Catalogue("city", "某市", "A City", root, root, DEPARTMENTS, named, {}, {}, {}, {})


@dataclass
class Desk:
    """A ledger that is written by hand, and the store of it."""

    ledger: Ledger
    past: QualityPast
    root: Path

    def check(self, day: int, rule: str, failing: int | None, rows: int | None = 100, **more: Any) -> None:
        table = more.pop("table", "raw.test__residents")
        told = {"table": table, "rule": rule, "dimension": "timeliness", "severity": "error", "column": None}
        body = {**told, "rows": rows, "failing_rows": failing, "passed": failing == 0, "error": None, **more}
        self.ledger.append("check", {**body, "run_id": f"run{day}"}, START + timedelta(days=day))

    def deliver(self, day: int, read: int = 100, name: str = "test.residents", **more: Any) -> None:
        of = (START + timedelta(days=day)).date()
        told = {"dataset": name, "path": f"{of}/x.csv", "batch": f"b{day}", "delivered_on": str(of), "read": read}
        body = {
            **told,
            "state": "accepted",
            "accepted": read,
            "quarantined": 0,
            "reasons": {},
            "run_id": f"run{day}",
            **more,
        }
        self.ledger.append("batch", body, START + timedelta(days=day))

    def profile(self, day: int, rows: int = 1000, **columns: Any) -> None:
        of = (START + timedelta(days=day)).date()
        told = {"dataset": "test.residents", "batch": f"b{day}", "delivered_on": str(of), "by": "duckdb"}
        self.ledger.append("profile", {**told, "rows": rows, "columns": columns}, START + timedelta(days=day))

    def unit(self, name: str = "test.residents") -> asking.UnitNow:
        self.past.read_on()
        with self.past.asked() as store:
            found = asking.units_now(store, self.past.catalogue.weights)
        return next(one for one in found if one.name == name)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        tables = ("rule", "result", "standing", "rollup", "delivery", "anomaly")
        with reading(self.past.path) as store:
            return {
                name: sorted(map(tuple, store.execute(f"select * from {name}").fetchall()), key=repr) for name in tables
            }


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    settings = load_settings(tmp_path, {"ZHONGTAI_NOW": START.isoformat()})
    with Ledger.open(settings.ledger) as ledger:
        yield Desk(ledger, QualityPast(settings, ledger, city(tmp_path, RESIDENTS, SECOND)), tmp_path)


def fill(desk: Desk, days: range, *, read_on: bool = False) -> None:
    for day in days:
        desk.deliver(day, 100 + day % 3, reasons={"type:age": day % 4})
        desk.check(day, "built", 0 if day % 5 else 1, table="staging.stg_test__residents")
        desk.check(day, "built", 0, table="staging.stg_other__second")
        if read_on and day % 3 == 2:
            desk.past.read_on()


def test_failing_since_the_first_day_of_the_unbroken_stretch(desk: Desk) -> None:
    for day, failing in enumerate([0, 3, 0, 5, 5, 7]):
        desk.check(day, "built", failing)
    desk.past.read_on()
    with desk.past.asked() as store:
        (found,) = asking.failing_since(store)
        assert (found.unit, found.rule, found.failing, found.rows) == ("test.residents", "built", 7, 100)
        assert (found.since, found.day) == (date(2026, 3, 5), date(2026, 3, 7))
        assert asking.failing_since(store, department="other") == []
        told = asking.result_on(store, "raw.test__residents", "built")
        assert [(one["failing"], one["times"]) for one in told] == [(0, 1), (3, 1), (0, 1), (5, 2), (7, 1)]
    desk.check(9, "built", 0)
    desk.past.read_on()
    with desk.past.asked() as store:
        assert asking.failing_since(store) == []


def test_read_as_it_comes_or_at_once_and_from_closed_segments_is_the_same(desk: Desk) -> None:
    fill(desk, range(30), read_on=True)
    piecemeal = desk.dump()
    for close in (False, True):
        desk.past.path.unlink()
        if close:
            late = START + timedelta(days=60)
            assert desk.ledger.close_segments(late, late, Limits(least=10, most=40)) > 0
        QualityPast(load_settings(desk.root, {}), desk.ledger, desk.past.catalogue).read_on()
        at_once = desk.dump()
        assert {name: len(rows) for name, rows in at_once.items()} == {n: len(rows) for n, rows in piecemeal.items()}
        assert _rounded(at_once) == _rounded(piecemeal)


def _rounded(dump: dict[str, list[tuple[Any, ...]]]) -> Any:
    return {
        name: [tuple(round(one, 6) if isinstance(one, float) else one for one in row) for row in rows]
        for name, rows in dump.items()
    }


def test_a_rule_that_is_declared_no_more_counts_no_more(desk: Desk) -> None:
    fill(desk, range(4))
    assert desk.unit().failing
    bare = replace(RESIDENTS, columns=tuple(replace(one, rules=()) for one in RESIDENTS.columns))
    desk.past.follow(city(desk.root, bare, SECOND))
    assert {one.rule for one in _failing(desk)} <= {"built", "structure"}
    desk.past.follow(city(desk.root, RESIDENTS, SECOND))
    assert "type:age" in {one.rule for one in _failing(desk)}


def _failing(desk: Desk) -> list[asking.Failing]:
    desk.past.read_on()
    with desk.past.asked() as store:
        return asking.failing_since(store)


def test_what_was_delivered_is_scored_and_not_what_was_left_of_it(desk: Desk) -> None:
    desk.deliver(0, 100, accepted=60, quarantined=40, reasons={"type:age": 40})
    desk.check(0, "type:age", 0, 60, dimension="conformity", column="age")
    (found,) = [one for one in _failing(desk) if one.rule == "type:age"]
    assert (found.table, found.failing, found.rows) == ("delivered.test__residents", 40, 100)
    assert desk.unit().score.dimensions["conformity"] < 100
    with desk.past.asked() as store:
        conforming = asking.column_conformance(desk.past, store, "test.residents")
        assert conforming["age"] == (100, 40)
        assert asking.conformance(desk.past, store)["test.residents"].broken == 40


def _broken(desk: Desk) -> tuple[int, int] | None:
    """Failing and delivered rows of a rule that rejects, as it stands."""
    return next(((one.failing, one.rows) for one in _failing(desk) if one.rule == "type:age"), None)


def test_of_deliveries_the_newest_day_counts_whenever_it_came(desk: Desk) -> None:
    desk.deliver(5, reasons={"type:age": 40})
    assert _broken(desk) == (40, 100)
    # One clean row of an older day mends nothing, nor does what is older and bad spoil anything.
    for day, reasons in ((1, {}), (2, {"type:age": 1})):
        desk.deliver(day, 1, reasons=reasons)
        assert _broken(desk) == (40, 100)
    desk.deliver(5, batch="b5-again", reasons={"type:age": 3})
    assert _broken(desk) == (3, 100)
    desk.deliver(6, reasons={})
    assert _broken(desk) is None
    # What is taken back, or recalled, leaves what was newest before it.
    desk.deliver(6, state="withdrawn")
    assert _broken(desk) == (3, 100)
    desk.ledger.append("recall", {"batch": "b5-again", "why": "x"}, START + timedelta(days=7))
    assert _broken(desk) == (40, 100)
    # The same bytes for another day are that day's.
    desk.deliver(7)
    assert _broken(desk) is None
    desk.deliver(8, state="known", batch="b5")
    assert _broken(desk) == (40, 100)


def test_states_are_shown_and_never_good(desk: Desk) -> None:
    assert desk.unit().state is State.UNCHECKED
    desk.check(1, "built", 0)
    assert desk.unit().state is State.MEASURED
    desk.check(2, "type:age", None, None, passed=False, error="no such column", dimension="conformity", column="age")
    crashed = desk.unit()
    assert (crashed.state, crashed.score.grade) == (State.CRASHED, "")
    desk.check(3, "type:age", 0, 0, dimension="conformity", column="age")
    desk.check(3, "unique:id", 0, 0, table="staging.stg_test__residents", dimension="accuracy", column="id")
    never = desk.unit()
    assert (never.state, never.score.overall) == (State.UNCHECKED, None)  # nothing ever came of it
    desk.deliver(3, 0)
    empty = desk.unit()
    assert (empty.state, empty.score.overall) == (State.EMPTY, None)


def test_a_table_of_nulls_is_that(desk: Desk) -> None:
    nothing = {"nulls": 1000, "distinct": 0}
    desk.profile(0, id=nothing, age=nothing, note=nothing)
    desk.check(0, "built", 0)
    assert desk.unit().state is State.ALL_NULL
    desk.profile(1, id={"nulls": 0, "distinct": 1000}, age=nothing, note=nothing)
    desk.check(1, "built", 0)
    assert desk.unit().state is State.MEASURED


def test_lines_of_departments_and_the_city_are_of_all_that_stood_that_day(desk: Desk) -> None:
    desk.check(0, "built", 0, table="staging.stg_test__residents")
    desk.check(1, "built", 100, table="staging.stg_other__second")
    desk.past.read_on()
    weights = desk.past.catalogue.weights
    with desk.past.asked() as store:
        line = asking.scope_line(store, "city", weights)
        assert [(str(one.day), one.score.overall) for one in line] == [("2026-03-02", 100.0), ("2026-03-03", 50.0)]
        known = asking.scopes(store, weights)
    assert (known["department:test"].score.overall, known["department:other"].score.overall) == (100.0, 0.0)
    assert known["city"].score.unmeasured == (
        *("conformity", "completeness", "accuracy", "consistency", "accessibility"),
    )


def test_a_batch_is_held_against_those_before_it(desk: Desk) -> None:
    for day in range(40):
        rows = 1000 if (START + timedelta(days=day)).weekday() < 5 else 300
        desk.deliver(day, rows + day)
        age = {"nulls": 10, "distinct": 80, "bins": {"h1": 500, "h2": 490}}
        desk.profile(day, rows, id={"nulls": 0, "distinct": rows}, age=age)
    desk.deliver(40, 150)
    age = {"nulls": 600, "distinct": 79, "bins": {"h1": 10, "h2": 380}}
    desk.profile(40, 1000, id={"nulls": 0, "distinct": 1000}, age=age)
    desk.past.read_on()
    with desk.past.asked() as store:
        found = {(one.kind, one.column): one for one in asking.anomalies_now(store)}
        assert set(found) == {("row_count", ""), ("null_rate", "age"), ("distribution", "age")}
        rows_ = found["row_count", ""]
        assert (rows_.observed, rows_.since) == (
            150,
            date(2026, 4, 11),
        ) and rows_.high > rows_.expected > rows_.low > 150
        drawn = History(store, "test.residents", desk.past.catalogue.calendar).series(Kind.NULLS, "age")
        assert drawn[-1].value == 0.6 and drawn[-1].band is not None and not drawn[-1].band.holds(0.6)
    desk.deliver(41, 160)
    desk.past.read_on()
    with desk.past.asked() as store:
        (now,) = [one for one in asking.anomalies_now(store) if one.kind == "row_count"]
        assert (now.day, now.since) == (date(2026, 4, 12), date(2026, 4, 11))


def test_too_little_history_is_said(desk: Desk) -> None:
    desk.deliver(0)
    desk.past.read_on()
    with desk.past.asked() as store:
        assert asking.anomalies_now(store) == []
        assert asking.silent_kinds(store, "test.residents") == {"row_count": 0, "arrival": 0}


def test_late_by_working_days(desk: Desk) -> None:
    desk.deliver(0)  # a Monday
    desk.past.read_on()
    with desk.past.asked() as store:
        assert late_now(desk.past, store, date(2026, 3, 3)) == []
        (late,) = late_now(desk.past, store, date(2026, 3, 6))
        assert (late.dataset, late.due, late.working_days) == ("test.residents", date(2026, 3, 3), 3)


def test_a_dataset_that_comes_regularly_and_never_came_is_late(desk: Desk) -> None:
    today = date(2026, 3, 6)
    desk.past.follow(city(desk.root, RESIDENTS, replace(SECOND, frequency="1w")))
    desk.past.read_on()
    with desk.past.asked() as store:
        assert late_now(desk.past, store, today) == []  # nothing came to the city at all
    desk.deliver(3)
    found = of_past(desk.past, desk.past.catalogue, today).found
    assert [(one.subject, one.state) for one in found if one.kind == "late"] == [("other.second", "never")]


def test_beyond_the_calendar_what_was_late_stays_so_and_the_rest_is_one_finding(desk: Desk) -> None:
    others = [replace(RESIDENTS, name=name) for name in ("often", "also")]
    desk.past.follow(city(desk.root, RESIDENTS, *others))
    desk.deliver(0)
    for day, name in ((303, "test.often"), (303, "test.also")):  # the last day of the last year that is known
        desk.deliver(day, name=name)
    last, after = date(2026, 12, 31), date(2027, 1, 4)
    desk.past.read_on()
    with desk.past.asked() as store:
        told = lateness(desk.past, store, last)
        assert ([one.dataset for one in told.late], told.unjudged) == (["test.residents"], ())
        before, told = told, lateness(desk.past, store, after)
        (late,) = told.late
        assert (late.working_days, late.unknown_year) == (before.late[0].working_days, 2027)
        assert (told.unjudged, told.unknown_year) == (("test.often", "test.also"), 2027)
    found = [one for one in of_past(desk.past, desk.past.catalogue, after).found if one.kind == "late"]
    assert [one.subject for one in found] == ["test.residents", "calendar"]
    assert "list the holidays of 2027 under calendar" in found[0].what.en
    assert "of 2 datasets" in found[1].what.en and found[1].concerned == ("test",)
    known = replace(desk.past.catalogue, calendar=Calendar(years=frozenset({2027})))
    assert len([one for one in of_past(desk.past, known, after).found if one.kind == "late"]) == 3


def test_what_has_no_value_conforms_to_nothing(desk: Desk) -> None:
    def share() -> float | None:
        desk.past.read_on()
        with desk.past.asked() as store:
            (values, _) = asking.column_conformance(desk.past, store, "test.residents")["age"]
            found = asking.conformance(desk.past, store)["test.residents"]
            assert found.values == values  # of one column that follows a standard
            return found.share

    def told(day: int, nulls: int) -> None:
        desk.profile(day, 100, **{name: {"nulls": nulls, "distinct": 1} for name in ("id", "age", "note")})

    only = replace(RESIDENTS, columns=RESIDENTS.columns[1:2])
    desk.past.follow(city(desk.root, only))
    desk.deliver(0)
    assert share() == 100.0
    told(0, 100)
    assert share() is None
    told(1, 50)  # told before its delivery, too
    desk.deliver(1, reasons={"type:age": 10})
    assert share() == 80.0
    desk.deliver(2, batch="b1", state="known")  # the same bytes
    desk.past.read_on()
    with desk.past.asked() as store:
        assert asking.conformance(desk.past, store)["test.residents"].values == 50


def test_a_recalled_batch_counts_no_more(desk: Desk) -> None:
    desk.deliver(0)
    desk.deliver(3)
    desk.ledger.append("recall", {"batch": "b3", "why": "x"}, START + timedelta(days=4))
    desk.past.read_on()
    with desk.past.asked() as store:
        assert newest_days(store)["test.residents"] == date(2026, 3, 2)


def test_a_spoilt_store_is_made_again(desk: Desk) -> None:
    fill(desk, range(3), read_on=True)
    before = _rounded(desk.dump())
    desk.past.path.write_bytes(b"no database at all" * 100)
    for end in ("-wal", "-shm"):
        desk.past.path.with_name(desk.past.path.name + end).unlink(missing_ok=True)
    desk.deliver(9)
    desk.past.read_on()
    assert len(_rounded(desk.dump())["standing"]) > len(before["standing"])


def test_readers_do_not_wait_for_a_writer(desk: Desk) -> None:
    fill(desk, range(3), read_on=True)
    with desk.past._writing() as writer, desk.past.asked() as store:
        writer.execute("begin immediate")
        writer.execute("delete from standing")
        assert asking.units_now(store, desk.past.catalogue.weights)[1].day is not None
        writer.execute("rollback")


def test_a_probe_is_told_of_the_product_and_of_what_it_is_made_of(desk: Desk) -> None:
    desk.check(0, "built", 0)
    body = {"agreement": "a__b", "table": "product.p", "sources": ["test.residents"], "severity": "error"}
    bad = {"rows": 10, "failing_rows": 10, "passed": False, "error": None, "observed": "9 rows read of 10"}
    desk.ledger.append("probe", {**body, **bad, "run_id": ""}, START)
    assert desk.unit().score.dimensions["accessibility"] == 0.0


def test_a_store_of_another_past_is_made_again(desk: Desk, tmp_path: Path) -> None:
    fill(desk, range(6), read_on=True)
    desk.past.read_on()
    settings = load_settings(tmp_path, {"ZHONGTAI_NOW": START.isoformat()})
    with Ledger.open(tmp_path / "restored.sqlite") as other:
        put_back = Desk(other, QualityPast(settings, other, desk.past.catalogue), tmp_path)
        put_back.check(0, "built", 3)
        assert put_back.unit().failing == 1
        assert len(put_back.dump()["rule"]) == 1


def test_a_page_waits_for_nobody_who_brings_it_up_to_date(desk: Desk) -> None:
    fill(desk, range(3), read_on=True)
    desk.check(9, "built", 5)
    with desk.past._lock:
        desk.past.look(desk.past.catalogue)
    with desk.past.asked() as store:
        assert asking.as_of(store) == desk.ledger.size() - 1
    desk.past.look(desk.past.catalogue)
    desk.past.kept = True
    desk.check(10, "built", 5)
    desk.past.look(desk.past.catalogue)
    with desk.past.asked() as store:
        assert asking.as_of(store) == desk.ledger.size() - 1
    # Other declarations are never a page's own alone: a dataset that is new is in the store, too.
    new = replace(SECOND, name="third")
    desk.past.look(replace(city(desk.root, RESIDENTS, SECOND, new), weights=Weights({"accuracy": 1.0})))
    with desk.past.asked() as store:
        assert "other.third" in {one.name for one in asking.units_now(store, desk.past.catalogue.weights)}
    assert desk.past.catalogue.weights.of("timeliness") == 0
