"""A thin slice of each deep suite that has no test of its own elsewhere."""

from __future__ import annotations

from tests.attack import deliveries, mutants
from tests.attack.score import Score


def test_damaged_deliveries() -> None:
    assert deliveries.attack(seed=7, files=52).fell == []


def test_mutants_of_the_gates() -> None:
    score = mutants.attack(seed=7, most=12)
    assert (score.tried, list(score.fell)) == (12, [])


def test_a_suite_that_tried_nothing_has_not_held() -> None:
    assert not Score("nothing", 0, 0).well
    assert not Score("some", 3, 2, ["one"]).well
    assert Score("all", 3, 3).well
