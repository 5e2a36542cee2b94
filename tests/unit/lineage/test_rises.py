"""Rules by which a product counts for more than its columns: each holds for what it was written for, and no sooner."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from lineage.from_sql import column_lineage
from lineage.graph import ColumnRef, merge_graphs
from lineage.policy import Policy, load_policy
from lineage.rises import Facts, Rise, Source, risen, values_of

POLICY = load_policy(Path(__file__).parents[3] / "contracts" / "standards" / "lineage_policy.yml")
PLAIN = (frozenset[str](),)
MASKED = (frozenset({"declassify_mask_id"}),)
YEAR = (frozenset({"declassify_year"}),)
PSEUDONYM = (frozenset({"declassify_hmac"}),)


def held(facts: Facts) -> dict[str, tuple[str, ...]]:
    return {one.rule.name: one.found.columns for one in risen(POLICY.rises, facts)}


def source(dataset: str, element: str = "resident_id", sensitive: bool = True, through=PLAIN) -> Source:
    return Source(dataset, element, sensitive, through)


def facts(persons: int = 10, counted: bool = True, marks: dict | None = None, **sources: Source) -> Facts:
    return Facts(marks or {}, {name: (one,) for name, one in sources.items()}, persons, counted)


def test_sensitive_values_of_two_datasets_rise_and_of_one_do_not():
    assert held(facts(a=source("health.visits"), b=source("police.residents"))) == {"sensitive_joined": ("a", "b")}
    assert held(facts(a=source("health.visits"), b=source("health.visits"))) == {}
    assert held(facts(a=source("health.visits"), b=source("police.residents", sensitive=False))) == {}
    assert held(facts(a=source("health.visits"), b=source("police.residents", through=MASKED))) == {}


def test_one_fact_that_two_departments_know_is_one_fact():
    both = (source("health.visits"), source("police.residents"))
    assert held(Facts({}, {"a": both}, 1)) == {}
    assert held(Facts({}, {"a": (both[0], source("police.residents", "diagnosis_code"))}, 1)) == {
        "sensitive_joined": ("a",)
    }


def test_so_many_persons_make_sensitive_information_important_and_not_one_fewer():
    marks = {"a": frozenset({"personal", "sensitive_personal"}), "b": frozenset({"personal"})}
    (one,) = risen(POLICY.rises, facts(100_001, marks=marks))
    assert (one.rule.name, one.found.columns, one.rule.category) == ("many_persons", ("a",), "important")
    assert one.found.numbers == {"persons": 100_001, "over": 100_000}
    assert held(facts(100_000, marks=marks)) == {}
    assert held(facts(10_000_001, marks={"b": frozenset({"personal"})})) == {"very_many_persons": ("b",)}
    assert held(facts(10_000_001, marks={"b": frozenset()})) == {}


def test_rows_that_were_counted_for_persons_are_called_so():
    marks = {"a": frozenset({"personal", "sensitive_personal"})}
    (one,) = risen(POLICY.rises, facts(100_001, counted=False, marks=marks))
    assert one.found.why.startswith("sensitive personal information on 100,001 rows")


@pytest.mark.parametrize(("through", "rises"), [(PLAIN, True), (PSEUDONYM, True), (YEAR, False)])
def test_places_beside_what_tells_persons_apart_rise(through, rises: bool):
    place = source("housing.buildings", "longitude", sensitive=False)
    who = source("police.residents", through=through)
    assert held(facts(x=place, who=who)) == ({"located_persons": ("x", "who")} if rises else {})
    assert held(facts(who=who)) == {}


def test_a_coordinate_of_a_grid_is_no_place():
    place = source("housing.buildings", "longitude", sensitive=False, through=(frozenset({"declassify_grid"}),))
    assert held(facts(x=place, who=source("police.residents"))) == {}


def test_a_rule_that_raises_nothing_or_asks_something_else_is_no_rule():
    sound = {"name": "r", "title": "r", "title_zh": "r", "source": "s", "level": "L4"}
    Rise.model_validate({**sound, "when": {"kind": "persons", "mark": "personal", "over": 1}})
    for wrong in (
        {**sound, "level": None, "when": {"kind": "persons", "mark": "personal", "over": 1}},
        {**sound, "when": {"kind": "on_full_moon"}},
        {**sound, "when": {"kind": "persons", "mark": "personal", "over": 1, "datasets": 2}},
    ):
        with pytest.raises(ValidationError):
            Rise.model_validate(wrong)
    with pytest.raises(ValidationError, match="unknown level L9"):
        Policy.model_validate({"rises": [{**sound, "level": "L9", "when": {"kind": "sensitive_from", "datasets": 2}}]})


def test_values_are_followed_with_the_least_that_stands_between():
    schema = {"lake.raw.p": dict.fromkeys(("id", "k"), "varchar")}
    lowerings = POLICY.registry.lowerings()
    one = column_lineage(
        "select zt.declassify_hmac(id) as h, id, k from lake.raw.p", schema, target="m.a", declassifiers=lowerings
    )
    made = {"m.a": dict.fromkeys(("h", "id", "k"), "varchar")}
    sql = "select h, h || id as both, k from m.a where id <> ''"
    two = column_lineage(sql, made, target="m.b", declassifiers=lowerings)
    graph = merge_graphs([one.graph(), two.graph()])
    source_id = ColumnRef("lake.raw.p", "id")
    assert values_of(graph, ColumnRef("m.b", "h"))[source_id] == (frozenset({"declassify_hmac"}),)
    assert values_of(graph, ColumnRef("m.b", "both"))[source_id] == (frozenset(),)
    assert source_id not in values_of(graph, ColumnRef("m.b", "k"))
