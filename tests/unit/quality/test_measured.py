"""Scores: what is empty, all null or could not be checked is never good; weights count as they are declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.dimensions import DIMENSIONS
from contracts.weights import Weights
from quality.measured import State, Told, score, standing

GOOD = Told("accuracy", True, 100, 0, None)
HALF = Told("accuracy", False, 100, 50, None)
CRASH = Told("conformity", False, None, None, "no such column")
TOLD = st.builds(
    lambda dimension, rows, failing, passed, nothing: Told(dimension, passed, rows, failing, None, True, nothing),
    st.sampled_from(DIMENSIONS),
    st.integers(0, 100),
    st.integers(0, 100),
    st.booleans(),
    st.booleans(),
)


def test_the_mean_of_rules_by_dimension() -> None:
    found = standing([GOOD, HALF])
    assert (found.state, found.dimensions, found.failing) == (State.MEASURED, {"accuracy": 75.0}, 1)


def test_nothing_checked_is_unchecked_and_has_no_score() -> None:
    found = standing([])
    assert found.state is State.UNCHECKED
    told = score(found.dimensions, Weights(), found.state)
    assert (told.overall, told.grade, told.unmeasured) == (None, "", DIMENSIONS)


def test_an_empty_table_is_shown_as_that() -> None:
    built = Told("timeliness", True, 1, 0, None, counts_rows=False)
    found = standing([built, Told("accuracy", True, 0, 0, None), Told("completeness", False, 0, 0, None)])
    assert (found.state, found.dimensions) == (State.EMPTY, {"completeness": 0.0})
    assert score(found.dimensions, Weights(), found.state).grade == ""


def test_a_table_of_nulls_is_shown_as_that() -> None:
    found = standing([Told("accuracy", True, 100, 0, None, nothing=True), GOOD], all_null=True)
    assert (found.state, found.dimensions) == (State.ALL_NULL, {})


def test_a_crash_counts_as_broken_and_is_shown() -> None:
    found = standing([GOOD, CRASH])
    assert (found.state, found.dimensions["conformity"]) == (State.CRASHED, 0.0)
    assert score(found.dimensions, Weights(), found.state).grade == ""


@given(st.lists(TOLD, max_size=6), st.sampled_from(DIMENSIONS))
def test_what_could_not_be_judged_never_raises_a_score(told: list[Told], dimension: str) -> None:
    before = standing(told).dimensions.get(dimension, 0.0)
    for more in (
        Told(dimension, False, None, None, "crashed"),
        Told(dimension, True, 0, 0, None),
        Told(dimension, True, 100, 0, None, nothing=True),
    ):
        assert standing([*told, more]).dimensions.get(dimension, 0.0) <= before + 1e-9


def test_weights_count_and_what_is_not_measured_counts_for_nothing() -> None:
    told = {"accuracy": 100.0, "completeness": 0.0, "timeliness": None}
    assert score(told, Weights()).overall == 50.0
    assert score(told, Weights({"accuracy": 3, "completeness": 1})).overall == 75.0
    assert score(told, Weights({"timeliness": 1})).overall is None
    assert sum(Weights({"accuracy": 3, "completeness": 1}).shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(("value", "grade"), [(100, "A"), (95, "A"), (94.99, "B"), (85, "B"), (60, "D"), (59.9, "E")])
def test_five_grades(value: float, grade: str) -> None:
    assert score({"accuracy": value}, Weights()).grade == grade
