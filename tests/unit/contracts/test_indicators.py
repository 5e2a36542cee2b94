"""Indicators as they are declared: what is refused, and where; formulas, and the windows that are compared."""

from __future__ import annotations

import ast
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import chinese_calendar
import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts.faults import DeclarationsRefused
from contracts.formulas import Formula, NotAFormula
from contracts.indicators import Indicators, Thresholds, Window
from contracts.load import load_catalogue
from contracts.spring_festival import NEW_YEARS, year_before

ROADS = {"table": "person", "place": "district", "count": True}


def declared(workspace: Path, *indicators: dict[str, Any], **changes: Any) -> Indicators:
    """What is read of a file with some indicators under one group."""
    every = [{"unit": "km", "title": {"zh": one["id"], "en": one["id"]}, **one} for one in indicators]
    group = {"id": "network", "title": {"zh": "路网", "en": "Roads"}, "indicators": every}
    file = {
        "dimension": "traffic",
        "title": {"zh": "交通", "en": "Traffic"},
        "owner": "office@city.example",
        "groups": [group],
        **changes,
    }
    folder = workspace / "contracts" / "indicators"
    folder.mkdir(exist_ok=True)
    (folder / "traffic.yml").write_text(yaml.safe_dump(file, allow_unicode=True, sort_keys=False), "utf-8")
    return load_catalogue(workspace).indicators


def a(name: str, **facts: Any) -> dict[str, Any]:
    return {"id": name, **facts}


def test_what_is_declared_is_read(workspace: Path) -> None:
    found = declared(
        workspace,
        a("roads", measure={**ROADS, "divide": 1000}),
        a("lanes", measure={"table": "person", "sum": "lanes", "where": "lanes > 0"}, level="L2"),
        a("lanes_a_road", formula="lanes / roads", better="higher", thresholds={"bad_below": 1, "warn_below": 2}),
    )
    assert list(found.every) == ["roads", "lanes", "lanes_a_road"]
    assert found.groups["network"].indicators == ("roads", "lanes", "lanes_a_road")
    assert (found.every["lanes"].level, found.every["roads"].level) == ("L2", "L1")
    assert found.under("lanes_a_road") == ("lanes", "roads")
    assert found.every["lanes_a_road"].thresholds.judge(1.5) == "warn"


@pytest.mark.parametrize(
    ("indicators", "where", "words"),
    [
        ([a("x")], "groups[0].indicators[0]", "nothing says"),
        ([a("x", measure=ROADS, formula="y")], "groups[0].indicators[0]", "2 ways"),
        ([a("x", measure={"table": "person"})], "groups[0].indicators[0].measure", "nothing says what"),
        ([a("x", measure={**ROADS, "sum": "y"})], "groups[0].indicators[0].measure", "are two"),
        ([a("x", measure={**ROADS, "table": "perso"})], "groups[0].indicators[0].measure.table", "perso"),
        ([a("x", measure={**ROADS, "divide": 0})], "groups[0].indicators[0].measure.divide", "zero"),
        ([a("x", measure=ROADS, window="day")], "groups[0].indicators[0].measure.time", "needs a time"),
        ([a("x", measure={**ROADS, "time": "at"})], "groups[0].indicators[0].measure.time", "of no time"),
        ([a("x", measure={**ROADS, "where": "a; b"})], "groups[0].indicators[0].measure.where", "';'"),
        ([a("x", measure=ROADS), a("x", measure=ROADS)], "groups[0].indicators[1].id", "already"),
        ([a("x", formula="y + 1")], "groups[0].indicators[0].formula", "no indicator 'y'"),
        ([a("x", formula="x + 1")], "groups[0].indicators[0].formula", "x → x"),
        ([a("x", formula="y"), a("y", formula="z"), a("z", formula="x")], "groups[0].indicators[0].formula", "a ring"),
        ([a("x", measure=ROADS), a("y", formula="x / 0")], "groups[0].indicators[1].formula", "divides by zero"),
        ([a("x", measure=ROADS), a("y", formula="x ** 2")], "groups[0].indicators[1].formula", "no part"),
        ([a("x", measure=ROADS), a("y", formula="f(x)")], "groups[0].indicators[1].formula", "no part"),
        ([a("x", measure=ROADS), a("y", formula="1 + 2")], "groups[0].indicators[1].formula", "names no indicator"),
        (
            [a("x", measure={**ROADS, "time": "at"}, window="day"), a("y", formula="x")],
            "groups[0].indicators[1].formula",
            "of each day",
        ),
        (
            [a("x", measure=ROADS, thresholds={"warn_above": 5, "bad_above": 3})],
            "groups[0].indicators[0].thresholds",
            "out of order",
        ),
        ([a("window_start", measure=ROADS)], "groups[0].indicators[0].id", "every view"),
        ([a("place", measure=ROADS)], "groups[0].indicators[0].id", "every view"),
        ([a("x", measure={**ROADS, "times": 0})], "groups[0].indicators[0].measure.times", "always 0"),
        ([a("x", measure=ROADS), a("y", formula="x / (2 - 2)")], "groups[0].indicators[1].formula", "divides by zero"),
        ([a("x", measure=ROADS, level="L4")], "groups[0].indicators[0].level", "L4"),
        ([a("x", measure=ROADS, due_working_days=3)], "groups[0].indicators[0].due_working_days", "no window"),
    ],
)
def test_bad_ones_are_refused_where_they_stand(
    workspace: Path, indicators: list[dict[str, Any]], where: str, words: str
) -> None:
    with pytest.raises(DeclarationsRefused) as refused:
        declared(workspace, *indicators)
    found = [one for one in refused.value.faults if one.where == where]
    assert found and words in str(found[0]) and found[0].line and found[0].write_instead


def test_a_fault_has_no_other_beside_it_that_only_follows(workspace: Path) -> None:
    with pytest.raises(DeclarationsRefused) as refused:
        declared(workspace, a("x", measure=ROADS, level="L4"))
    assert [one.where for one in refused.value.faults] == ["groups[0].indicators[0].level"]
    with pytest.raises(DeclarationsRefused) as refused:
        declared(workspace, groups=[])
    assert [one.where for one in refused.value.faults] == ["groups"]


def test_a_file_is_named_after_its_dimension(workspace: Path) -> None:
    with pytest.raises(DeclarationsRefused, match=r"not the file.s name"):
        declared(workspace, a("x", measure=ROADS), dimension="safety")


_ENGINE = duckdb.connect()
_NUMBERS = st.sampled_from(["2", "0.5", "10"])
_FORMULAS = st.recursive(
    st.sampled_from(["a", "b", "c"]) | _NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda each: f"({' '.join(each)})"),
    max_leaves=8,
)


@given(_FORMULAS, st.lists(st.integers(-3, 3), min_size=3, max_size=3))
def test_sql_says_what_the_formula_says(text: str, numbers: list[int]) -> None:
    try:
        formula = Formula.read(text)
    except NotAFormula:
        return
    named = dict(zip("abc", map(float, numbers), strict=True))
    expected = _computed(ast.parse(text, mode="eval").body, named)
    row = _ENGINE.execute(f"select {formula.sql(lambda name: f'({named[name]}::double)')}").fetchone()
    assert row is not None
    assert row[0] == pytest.approx(expected) if expected is not None else row[0] is None


def _computed(node: ast.expr, named: dict[str, float]) -> float | None:
    """By hand, and not by SQL: nothing comes of a division by zero, nor of what is made of nothing."""
    if isinstance(node, ast.Name):
        return named[node.id]
    if isinstance(node, ast.Constant):
        return float(str(node.value))
    assert isinstance(node, ast.BinOp)
    left, right = _computed(node.left, named), _computed(node.right, named)
    if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
        return None
    made = {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}
    return made[type(node.op)] if type(node.op) in made else left / right


def test_formulas_are_written_out_in_one_another(workspace: Path) -> None:
    found = declared(
        workspace,
        a("x", measure=ROADS),
        a("y", measure={**ROADS, "where": "lanes > 1"}),
        a("sum_of", formula="x + y"),
        a("share_of", formula="y / sum_of * 100"),
    )
    assert found.formula_over_measures("share_of").meant == "y / (x + y) * 100"
    assert [told for _, told in found.formula_over_measures("share_of").divisors(str)] == ["x + y"]


@pytest.mark.parametrize(
    ("bounds", "value", "verdict"),
    [
        (Thresholds(warn_above=5, bad_above=9), 5.0, "good"),
        (Thresholds(warn_above=5, bad_above=9), 6.0, "warn"),
        (Thresholds(warn_above=5, bad_above=9), 9.5, "bad"),
        (Thresholds(bad_below=1), 0.5, "bad"),
        (Thresholds(), 0.5, ""),
        (Thresholds(bad_below=1), None, ""),
    ],
)
def test_thresholds(bounds: Thresholds, value: float | None, verdict: str) -> None:
    assert bounds.judge(value) == verdict


def test_new_years_are_where_the_holidays_are_and_a_moon_apart() -> None:
    """Two things that know nothing of the list: the yearly notices, and that lunar months have 29 or 30 days."""
    for year, day in NEW_YEARS.items():
        if 2010 <= year <= 2026:
            assert chinese_calendar.get_holiday_detail(day)[1] == "Spring Festival"
        assert date(year, 1, 21) <= day <= date(year, 2, 20)
    for before, after in pairwise(NEW_YEARS.values()):
        assert (after - before).days in {353, 354, 355, 383, 384, 385}


@given(st.dates(date(2006, 1, 1), date(2040, 12, 31)))
def test_days_near_the_festival_are_compared_by_their_distance_from_it(day: date) -> None:
    found = year_before(Window.DAY, day, additive=True)
    assert found is not None and found.now == (day,)
    distance = day - NEW_YEARS[day.year]
    near = timedelta(-15) <= distance <= timedelta(25)
    assert (found.basis == "lunar") is near
    assert found.before[0].year == day.year - 1 or near
    if near:
        assert found.before[0] - NEW_YEARS[day.year - 1] == distance
    else:
        assert (found.before[0].month, found.before[0].day) == (day.month, day.day) or (day.month, day.day) == (2, 29)


def test_january_and_february_of_what_adds_up_are_compared_together() -> None:
    assert year_before(Window.MONTH, date(2026, 1, 1), additive=True) is None
    found = year_before(Window.MONTH, date(2026, 2, 1), additive=True)
    assert found and found.basis == "jan_feb"
    assert found.before == (date(2025, 1, 1), date(2025, 2, 1))
    mean = year_before(Window.MONTH, date(2026, 1, 1), additive=False)
    assert mean and (mean.basis, mean.before) == ("date", (date(2025, 1, 1),))
