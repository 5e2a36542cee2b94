"""Values of indicators over time: new windows, amendments, what is gone; and what each is worth on a day."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.calendar import Calendar
from contracts.clock import FixedClock
from contracts.formulas import Formula
from contracts.frequency import timeliness
from contracts.indicators import (
    CITY,
    Aggregate,
    Group,
    Indicator,
    Indicators,
    Measure,
    SignDimension,
    Thresholds,
    Window,
)
from contracts.model import Catalogue
from lake.city import City
from lake.indicators.asking import asked
from lake.indicators.comparing import peers, year_on_year
from lake.indicators.schema import IndicatorsDamaged
from lake.indicators.standing import Shown, State, Today, standing
from lake.indicators.taking import KIND, Column, Readable, store_path, take
from lake.indicators.told import spelt, whole
from lake.settings import Settings
from sharing.keyring import make_keys
from sharing.ledger import Ledger

DATASET = "bureau.counts"
Rows = Mapping[tuple[str, str], float | None]
"""(Window's first day, place) -> value."""


class Desk:
    """A lake with one view of two indicators, and the store beside it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings, folder: Path) -> None:
        self.connection, self.settings = connection, settings
        shutil.rmtree(settings.state / "indicators", ignore_errors=True)
        keys = make_keys(settings.key_place)
        self.ledger = Ledger.open(folder / "ledger.sqlite", keys)
        self.city = City(settings, cast(Catalogue, None), connection, self.ledger, keys, "run")
        connection.execute("create schema if not exists lake.indicator")
        self.counting = set[tuple[str, str]]()

    def turn_to(self, moment: str) -> None:
        """Have the city's clock stand at a moment."""
        clock = FixedClock(datetime.fromisoformat(moment))
        self.city = replace(self.city, settings=replace(self.settings, clock=clock))

    def view(self, rows: Rows, name: str = "v") -> None:
        values = ", ".join(
            f"(date '{start}', '{place}', {'null' if value is None else f'{value}::double'}, 1.0::double)"
            for (start, place), value in rows.items()
        )
        body = f"values {values}" if rows else "select date '2026-01-01', '', 1.0::double, 1.0::double where false"
        self.connection.execute(
            f"create or replace view lake.indicator.{name} as select * from ({body}) as t(window_start, place, a, b)"
        )

    def batch(self, name: str) -> None:
        self.counting.add((DATASET, name))

    def recall(self, name: str) -> None:
        self.counting.discard((DATASET, name))

    def take(self, **facts: Any) -> tuple[int, int, int]:
        taken = take(self.city, [readable(**facts)], self.counting)
        return taken.fresh, taken.amended, taken.withdrawn


def readable(**facts: Any) -> Readable:
    columns = (Column("a", "L1", "there are no rows"), Column("b", "L1", "there are no rows"))
    told = {"columns": columns, "datasets": (DATASET,), "above": ("theme.count",), "timed": True}
    return Readable(relation="indicator.v", **{**told, **facts})


@pytest.fixture
def desk(lake: duckdb.DuckDBPyConnection, settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    found = Desk(lake, settings, tmp_path)
    with found.ledger:
        yield found


def newest(desk: Desk, indicator: str = "a") -> dict[tuple[str, str], float]:
    """What the store says of every window now, of those that have a value."""
    with asked(desk.settings.state) as values:
        assert values is not None
        every = [one for place in (CITY, "1", "2") for one in values.windows(indicator, place)]
        return {(one.start.isoformat(), one.place): one.value for one in every if one.value is not None}


def test_a_window_is_new_once_amended_when_it_changes_and_withdrawn_when_it_is_gone(desk: Desk) -> None:
    desk.batch("b1")
    desk.view({("2026-11-01", CITY): 5.0, ("2026-11-02", CITY): 6.0})
    assert desk.take() == (4, 0, 0)
    assert desk.take() == (0, 0, 0)
    desk.batch("b2")
    desk.view({("2026-11-01", CITY): 7.0, ("2026-11-03", CITY): 8.0})
    assert desk.take() == (2, 1, 2)
    with asked(desk.settings.state) as values:
        assert values is not None
        told = values.revisions("a", CITY, date(2026, 11, 1))
        assert [(one.revision, one.value, one.state) for one in told] == [(1, 5.0, "value"), (2, 7.0, "value")]
        gone = values.revisions("a", CITY, date(2026, 11, 2))[-1]
        assert (gone.revision, gone.value, gone.state) == (2, None, "withdrawn")
        makings = values.makings("a", CITY, date(2026, 11, 1))
        [turn] = values.turns(makings[0], makings[1], (DATASET,))
        assert (turn.dataset, turn.batch, turn.change) == (DATASET, "b2", "came")


def test_a_recalled_batch_is_named_as_what_went(desk: Desk) -> None:
    for name in ("b1", "b2"):
        desk.batch(name)
    desk.view({("2026-11-01", CITY): 5.0})
    desk.take()
    desk.recall("b2")
    with asked(desk.settings.state) as values:
        assert values is not None
        [one, _] = standing(values, INDICATORS, today(recalled={"b2"}), CITY)
        assert (one.state, one.late, one.number) == (State.RECALLED, (DATASET,), 5.0)
        assert "b2" in one.why and one.fix == "run `zhongtai run`"
    desk.view({("2026-11-01", CITY): 4.0})
    desk.take()
    with asked(desk.settings.state) as values:
        assert values is not None
        [one, _] = standing(values, INDICATORS, today(recalled={"b2"}), CITY)
        assert (one.state, one.number) == (State.AMENDED, 4.0)
        [turn] = values.turns(1, 2, (DATASET,))
        assert (turn.batch, turn.change) == ("b2", "went")


_VALUES = st.dictionaries(
    st.tuples(st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03"]), st.sampled_from([CITY, "1", "2"])),
    st.sampled_from([None, 1.0, 2.0, 0.1]),
    max_size=5,
)


def test_whatever_the_views_say_in_turn_the_store_says_the_last_and_keeps_all_before(desk: Desk) -> None:
    @hypothesis.settings(max_examples=12)
    @given(st.lists(_VALUES, min_size=1, max_size=3))
    def held(history: list[dict[tuple[str, str], float | None]]) -> None:
        shutil.rmtree(desk.settings.state / "indicators", ignore_errors=True)
        said: dict[tuple[str, str], list[float | None]] = {}
        for rows in history:
            desk.view(rows)
            desk.take()
            for key in rows.keys() | said.keys():
                told = said.setdefault(key, [])
                if not told or told[-1] != rows.get(key) or (len(told) > 0 and key not in rows):
                    told.append(rows.get(key))
            assert newest(desk) == {key: value for key, value in rows.items() if value is not None}
        with asked(desk.settings.state) as values:
            assert values is not None
            for (start, place), told in said.items():
                kept = [one.value for one in values.revisions("a", place, date.fromisoformat(start))]
                assert [one for one in kept if one is not None] == _changes(told)

    held()


def _changes(told: list[float | None]) -> list[float]:
    """What was said, each as often as it was said anew."""
    found: list[float] = []
    before: float | None = None
    for value in told:
        if value is not None and value != before:
            found.append(value)
        before = value
    return found


def test_no_value_says_why_and_is_no_zero(desk: Desk) -> None:
    desk.view({("2026-11-01", CITY): None})
    desk.take()
    with asked(desk.settings.state) as values:
        assert values is not None
        [one, _] = standing(values, INDICATORS, today(), CITY)
        assert (one.state, one.number, one.why) == (State.UNDEFINED, None, "there are no rows")


def test_what_is_no_finite_number_is_no_value(desk: Desk) -> None:
    desk.connection.execute(
        "create or replace view lake.indicator.v as select date '2026-11-01' as window_start, 'city' as place, "
        "'inf'::double as a, 'nan'::double as b"
    )
    desk.take()
    with asked(desk.settings.state) as values:
        assert values is not None
        assert [one.state for one in standing(values, INDICATORS, today(), CITY)] == [State.UNDEFINED] * 2


def test_an_amendment_says_whether_the_declaration_or_the_data_changed(desk: Desk) -> None:
    def column(definition: str) -> tuple[Column, ...]:
        return (Column("a", "L1", "", definition=definition), Column("b", "L1", ""))

    for number, definition in enumerate(("one", "one", "other"), start=1):
        desk.view({("2026-11-01", CITY): float(number)})
        desk.take(columns=column(definition))
    with asked(desk.settings.state) as values:
        assert values is not None
        [one, _] = standing(values, INDICATORS, today(), CITY)
        assert [each["redefined"] for each in whole(values, one)["revisions"]] == [False, False, True]


def test_what_comes_while_a_window_goes_on_is_no_amendment(desk: Desk) -> None:
    """A month that is told three times while it goes on, once when it is over, and once more."""
    months, later = indicators(indicator("a", window=Window.MONTH)), today(date(2026, 12, 9), date(2026, 12, 8))
    states = []
    for number, day in enumerate(("2026-11-09", "2026-11-21", "2026-12-02", "2026-12-03"), start=1):
        desk.turn_to(f"{day}T10:00:00+08:00")
        desk.view({("2026-11-01", CITY): float(number)})
        desk.take()
        states.append(shown(desk, later, months).state)
    assert states == [State.CURRENT, State.CURRENT, State.CURRENT, State.AMENDED]


def test_a_recalled_value_is_called_so_also_where_its_models_fail(desk: Desk) -> None:
    desk.batch("b1")
    desk.view({("2026-11-01", CITY): 5.0})
    desk.take()
    desk.recall("b1")
    desk.take(failed="its table was not built")
    one = shown(desk, today(recalled={"b1"}))
    assert one.state is State.RECALLED and "its table was not built" in one.why


def test_two_values_for_one_window_are_none(desk: Desk) -> None:
    desk.connection.execute(
        "create or replace view lake.indicator.v as select date '2026-11-01' as window_start, 'city' as place, "
        "1.0::double as a, i::double as b from range(2) as t(i)"
    )
    assert desk.take() == (0, 0, 0)
    with asked(desk.settings.state) as values:
        assert values is not None
        [one, _] = standing(values, INDICATORS, today(), CITY)
        assert one.state is State.FAILED and "two values for city" in one.why


def test_what_the_engine_cannot_compute_of_one_is_not_the_others_fault(desk: Desk) -> None:
    desk.connection.execute(
        "create or replace view lake.indicator.v as select date '2026-11-01' as window_start, 'city' as place, "
        "5.0::double as a, cast(cast(w as varchar) as double) as b from (values ('secret words')) as t(w)"
    )
    taken = take(desk.city, [readable()])
    assert (taken.fresh, list(taken.failed)) == (1, ["indicator.v"])
    assert "b: the engine cannot compute it" in taken.failed["indicator.v"]
    assert "secret" not in taken.failed["indicator.v"]
    with asked(desk.settings.state) as values:
        assert values is not None
        [good, bad] = standing(values, INDICATORS, today(), CITY)
        assert (good.state, good.number, bad.state) == (State.CURRENT, 5.0, State.FAILED)


def test_a_day_to_come_is_not_shown_and_said(desk: Desk) -> None:
    desk.view({("2026-11-02", CITY): 5.0, ("2027-03-01", CITY): 1.0})
    desk.take()
    one = shown(desk, today())
    assert (one.state, one.number, one.value and one.value.start) == (State.DOUBTFUL, 5.0, date(2026, 11, 2))
    assert "2027-03-01" in one.why and DATASET in one.fix


def test_a_view_that_failed_leaves_what_was_said_and_is_called_failed(desk: Desk) -> None:
    desk.view({("2026-11-01", CITY): 5.0})
    desk.take()
    desk.connection.execute("drop view lake.indicator.v")
    assert desk.take(failed="its table was not built") == (0, 0, 0)
    assert desk.take() == (0, 0, 0)
    assert newest(desk) == {("2026-11-01", CITY): 5.0}
    with asked(desk.settings.state) as values:
        assert values is not None
        assert standing(values, INDICATORS, today(), CITY)[0].state is State.FAILED


def test_a_value_above_its_declared_level_is_neither_taken_nor_shown(desk: Desk) -> None:
    desk.view({("2026-11-01", CITY): 5.0})
    desk.take()
    above = Column("a", "L3", "", withheld="its value is of level L3")
    desk.view({("2026-11-01", CITY): 9.0})
    desk.take(columns=(above, Column("b", "L1", "")))
    assert newest(desk) == {("2026-11-01", CITY): 5.0}
    with asked(desk.settings.state) as values:
        assert values is not None
        one = standing(values, INDICATORS, today(), CITY)[0]
        assert (one.state, one.number, one.level) == (State.WITHHELD, None, "L3")
        assert whole(values, one)["windows"] == []


def test_a_state_of_each_delivery_keeps_those_of_the_days_before(desk: Desk) -> None:
    states = {"timed": False}
    desk.connection.execute(
        "create or replace view lake.indicator.v as select 'city' as place, 1.0::double as a, 1.0::double as b"
    )
    desk.take(as_of=date(2026, 11, 2), **states)
    desk.take(as_of=date(2026, 11, 9), **states)
    assert newest(desk) == {("2026-11-02", CITY): 1.0, ("2026-11-09", CITY): 1.0}
    # The newest delivery was recalled: what was said as of its day is gone, and the day before it stands.
    assert desk.take(as_of=date(2026, 11, 2), **states) == (0, 0, 2)
    assert newest(desk) == {("2026-11-02", CITY): 1.0}
    # Nothing counts any more.
    assert desk.take(as_of=None, **states) == (0, 0, 2)
    assert newest(desk) == {}


def test_the_ledger_has_each_making_also_of_a_run_that_died_before_it_told(desk: Desk) -> None:
    desk.view({("2026-11-01", CITY): 5.0})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lake.indicators.taking._tell", lambda city, path: None)
        desk.take()
    assert desk.ledger.latest(KIND, "1") is None
    desk.view({("2026-11-01", CITY): 6.0})
    desk.take()
    first, second = desk.ledger.latest(KIND, "1"), desk.ledger.latest(KIND, "2")
    assert first and second and first.body["fresh"] == 2 and second.body["amended"] == 1
    assert first.body["digest"] != second.body["digest"]


def test_a_store_that_cannot_be_read_is_not_made_anew(desk: Desk) -> None:
    path = store_path(desk.settings.state)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no database at all" * 100)
    desk.view({("2026-11-01", CITY): 5.0})
    with pytest.raises(IndicatorsDamaged, match="backup"):
        desk.take()
    assert path.read_bytes().startswith(b"no database")


# What a value is worth on a day


def indicator(name: str, **facts: Any) -> Indicator:
    told = {"window": Window.DAY, "measure": Measure("count", Aggregate.SUM, "n", time="day", place="district")}
    own = ("data-office@city.example", "L1")
    return Indicator(
        name, name, name, SignDimension.TRAFFIC, "g", "km", owner=own[0], level=own[1], **{**told, **facts}
    )


def indicators(*every: Indicator) -> Indicators:
    group = Group("g", "g", "g", SignDimension.TRAFFIC, tuple(one.id for one in every))
    return Indicators({"g": group}, {one.id: one for one in every}, {SignDimension.TRAFFIC: ("交通", "Traffic")})


INDICATORS = indicators(indicator("a"), indicator("b"))


def today(day: date = date(2026, 11, 4), delivered: date | None = date(2026, 11, 3), **facts: Any) -> Today:
    told = timeliness(delivered, "1w", 20, day, Calendar())
    return Today(day, Calendar(), {DATASET: told}, **facts)


def shown(desk: Desk, on: Today, every: Indicators = INDICATORS) -> Shown:
    with asked(desk.settings.state) as values:
        return standing(values, every, on, CITY)[0]


def test_a_value_grows_stale_by_itself_and_names_the_source_that_did_not_come(desk: Desk) -> None:
    desk.view({("2026-11-02", CITY): 5.0})
    desk.take()
    assert shown(desk, today()).state is State.CURRENT
    late = shown(desk, today(date(2026, 11, 20)))
    assert (late.state, late.late, late.number) == (State.STALE, (DATASET,), 5.0)
    assert DATASET in late.why and DATASET in late.fix


def test_a_window_that_is_due_and_not_there_makes_stale_too(desk: Desk) -> None:
    """The 2nd is there; the 3rd is due two working days after it: by the 5th it is not late, on the 6th it is."""
    every = indicators(indicator("a", due_working_days=2))
    desk.view({("2026-11-02", CITY): 5.0})
    desk.take()
    assert shown(desk, today(date(2026, 11, 5)), every).state is State.CURRENT
    stale = shown(desk, today(date(2026, 11, 6)), every)
    assert stale.state is State.STALE and "2026-11-03" in stale.why and stale.late == (DATASET,)


def test_no_window_is_silently_old(desk: Desk) -> None:
    """Nothing declares when it is due: then it is due as long after its end as its source may be old, or 20 days."""
    desk.view({("2026-08-03", CITY): 5.0})
    desk.take()
    fresh = timeliness(date(2026, 11, 3), "1w", 200, date(2026, 11, 4), Calendar())
    on = Today(date(2026, 11, 4), Calendar(), {DATASET: fresh})
    assert shown(desk, on).state is State.STALE
    assert shown(desk, replace(on, allowed={DATASET: 200})).state is State.CURRENT


def test_a_place_of_which_the_newest_is_not_there_is_told_so(desk: Desk) -> None:
    desk.view({("2026-11-02", CITY): 9.0, ("2026-11-02", "1"): 2.0, ("2026-11-01", "2"): 3.0})
    desk.take()
    with asked(desk.settings.state) as values:
        assert values is not None
        told = {place: standing(values, INDICATORS, today(), place)[0] for place in ("1", "2", "3")}
    assert (told["1"].state, told["2"].state, told["3"].state) == (State.CURRENT, State.STALE, State.MISSING)
    assert told["2"].number == 3.0 and "2026-11-02" in told["2"].why
    assert "of this place" in told["3"].why and "delivered, then" not in told["3"].fix


def test_a_failing_check_above_makes_doubtful(desk: Desk) -> None:
    desk.view({("2026-11-02", CITY): 5.0})
    desk.take()
    one = shown(desk, today(failing={"theme.count": ("grain",), "theme.other": ("grain",)}))
    assert one.state is State.DOUBTFUL and one.why == "theme.count fails grain"


def test_nothing_made_yet_is_missing(desk: Desk) -> None:
    assert shown(desk, today()).state is State.MISSING


def test_peers_are_ranked_by_what_is_better_and_equals_share_a_rank(desk: Desk) -> None:
    desk.view({("2026-11-02", CITY): 9.0, ("2026-11-02", "1"): 2.0, ("2026-11-02", "2"): 3.0})
    desk.take()
    with asked(desk.settings.state) as values:
        assert values is not None
        places = values.places("a", date(2026, 11, 2))
    assert [(one.rank, one.place) for one in peers(indicator("a", better="lower"), places)] == [(1, "1"), (2, "2")]
    assert [(one.rank, one.place) for one in peers(indicator("a"), places)] == [(1, "2"), (2, "1")]


def test_the_year_before_needs_both_sides(desk: Desk) -> None:
    months = indicator("a", window=Window.MONTH)
    desk.view({("2025-01-01", CITY): 1.0, ("2025-02-01", CITY): 3.0, ("2026-02-01", CITY): 6.0})
    desk.take()
    with asked(desk.settings.state) as values:
        assert values is not None
        february = values.windows("a", CITY)[-1]
        assert year_on_year(values, months, february) is None
    desk.view(
        {("2025-01-01", CITY): 1.0, ("2025-02-01", CITY): 3.0, ("2026-01-01", CITY): 2.0, ("2026-02-01", CITY): 6.0}
    )
    desk.take()
    with asked(desk.settings.state) as values:
        assert values is not None
        found = year_on_year(values, months, values.windows("a", CITY)[-1])
        assert found and (found.now, found.before, found.basis, found.change) == (8.0, 4.0, "jan_feb", 1.0)


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "–"), (1e308, "1e+308"), (0.0, "0"), (1234567.5, "1,234,568"), (12.3456, "12.35"), (0.00012, "0.00012")],
)
def test_numbers_are_spelt_for_people(number: float | None, text: str) -> None:
    assert spelt(number) == text


def test_a_formula_is_no_state_of_its_own(tmp_path: Path) -> None:
    """What is derived is by district where all that it is made of is."""
    derived = indicator("c", measure=None, formula=Formula.read("a / b"))
    every = indicators(indicator("a"), indicator("b"), derived)
    assert every.under("c") == ("a", "b")
    with asked(tmp_path) as values:
        assert values is None


def test_thresholds_judge_what_is_shown(desk: Desk) -> None:
    desk.view({("2026-11-02", CITY): 5.0})
    desk.take()
    assert shown(desk, today(), indicators(indicator("a", thresholds=Thresholds(bad_above=4)))).verdict == "bad"


def test_a_window_that_is_not_over_is_told_so(desk: Desk) -> None:
    months = indicators(indicator("a", window=Window.MONTH))
    desk.view({("2026-11-01", CITY): 5.0})
    desk.take()
    assert [shown(desk, today(day), months).going_on for day in (date(2026, 11, 30), date(2026, 12, 1))] == [
        True,
        False,
    ]
