"""Indicators in the words of other tools: judged by those tools' own rules, and equal to what the views come to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt_semantic_interfaces.implementations.metric import PydanticMetric
from dbt_semantic_interfaces.implementations.project_configuration import PydanticProjectConfiguration
from dbt_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from dbt_semantic_interfaces.implementations.semantic_model import PydanticSemanticModel
from dbt_semantic_interfaces.transformations.semantic_manifest_transformer import PydanticSemanticManifestTransformer
from dbt_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator

from contracts.formulas import Formula
from contracts.indicators import Aggregate, Group, Indicator, Indicators, Measure, SignDimension, Window
from orchestration.twins.indicators import files
from orchestration.twins.semantic import FORMATS, OSSIE, exported
from tests.unit.portal.catalogued import sample


def an(name: str, **facts: Any) -> Indicator:
    told = {"window": Window.DELIVERY, "measure": Measure("roads", Aggregate.COUNT, place="district"), **facts}
    return Indicator(name, name, name, SignDimension.TRAFFIC, "g", "km", owner="o@city.example", level="L1", **told)


def over(aggregate: Aggregate, of: str = "", **facts: Any) -> Measure:
    return Measure("roads", aggregate, of, **{"place": "district", **facts})


EVERY = {
    one.id: one
    for one in (
        an("roads_counted"),
        an("long_ones", measure=over(Aggregate.COUNT, where="metres > 150")),
        an("metres_summed", measure=over(Aggregate.SUM, "metres", divide=1000.0)),
        an("metres_mean", measure=over(Aggregate.MEAN, "metres", where="lanes > 1")),
        an("metres_most", measure=over(Aggregate.HIGHEST, "metres", times=2.0)),
        an("lanes_least", measure=over(Aggregate.LOWEST, "lanes")),
        an("kinds", measure=over(Aggregate.DISTINCT, "lanes")),
        an("broad_share", measure=over(Aggregate.SHARE, "lanes > 2", where="metres > 50", times=100.0)),
        an("metres_each", measure=None, formula=Formula.read("metres_summed * 1000 / roads_counted")),
        an("twice", measure=None, formula=Formula.read("(metres_each + metres_each) / 1")),
    )
}
INDICATORS = Indicators({"g": Group("g", "组", "G", SignDimension.TRAFFIC, tuple(EVERY))}, EVERY, {})
ROWS = "values ('1', 100.0, 1), ('1', 200.0, 3), ('1', 300.0, 3), ('2', 160.0, null), ('2', 40.0, 2), (null, 10.0, 2)"


@pytest.fixture(scope="module")
def views() -> dict[tuple[str, str], float | None]:
    """Indicator and place -> what the generated views come to."""
    engine = duckdb.connect()
    engine.execute(f"create table roads as select * from ({ROWS}) as t(district, metres, lanes)")
    found: dict[tuple[str, str], float | None] = {}
    for path, sql in files(INDICATORS):
        name = Path(path).stem
        text = re.sub(r"{{ ref..(\w+).. }}", r"\1", sql)
        engine.execute(f"create view {name} as {text}")
        relation = engine.sql(f"from {name}")
        for row in relation.fetchall():
            told = dict(zip(relation.columns, row, strict=True))
            found |= {(one, told["place"]): told[one] for one in EVERY if one in told}
    return found


def test_the_views_come_to_what_can_be_counted_by_hand(views: dict[tuple[str, str], float | None]) -> None:
    city = {name: views[name, "city"] for name in EVERY}
    assert city == pytest.approx(
        {
            "roads_counted": 6, "long_ones": 3, "metres_summed": 0.81, "metres_mean": (200 + 300 + 40 + 10) / 4,
            "metres_most": 600, "lanes_least": 1, "kinds": 3, "broad_share": 200 / 3, "metres_each": 135, "twice": 270,
        }
    )  # fmt: skip
    assert (views["broad_share", "2"], views["roads_counted", "2"]) == (None, 2)
    assert {place for _, place in views} == {"city", "1", "2"}


def test_ossie_says_of_each_what_the_views_come_to(views: dict[tuple[str, str], float | None]) -> None:
    told = yaml.safe_load(exported(INDICATORS, "a_city", "ossie"))
    assert (told["version"], told["name"], [one["name"] for one in told["datasets"]]) == (OSSIE, "a_city", ["roads"])
    engine = duckdb.connect()
    engine.execute(f"create table roads as select * from ({ROWS}) as t(district, metres, lanes)")
    for metric in [*told["datasets"][0]["metrics"], *told["metrics"]]:
        [spoken] = metric["expression"]["dialects"]
        assert spoken["dialect"] == "ANSI_SQL"
        for place, where in (("city", ""), ("1", "where district = '1'"), ("2", "where district = '2'")):
            row = engine.execute(f"select ({spoken['expression']})::double from roads {where}").fetchone()
            expected = views[metric["name"], place]
            assert row and row[0] == (pytest.approx(expected) if expected is not None else None), (metric, place)


@pytest.mark.parametrize("city", ["small", "sample"])
def test_metricflow_is_sound_by_its_own_rules(city: str) -> None:
    indicators = INDICATORS if city == "small" else sample().indicators
    told = yaml.safe_load(exported(indicators, "a_city", "metricflow"))
    manifest = PydanticSemanticManifest(
        semantic_models=[PydanticSemanticModel(**_related(one)) for one in told["semantic_models"]],
        metrics=[PydanticMetric(**_inputs(one)) for one in told["metrics"]],
        project_configuration=PydanticProjectConfiguration(time_spine_table_configurations=[]),
    )
    transformed = PydanticSemanticManifestTransformer.transform(manifest)
    results = SemanticManifestValidator[PydanticSemanticManifest]().validate_semantic_manifest(transformed)
    assert [one.message for one in results.errors] == []
    assert {one["name"] for one in told["metrics"]} >= set(indicators.every)


def _related(model: dict[str, Any]) -> dict[str, Any]:
    """As dbt hands it on: the table that `ref` names, and no shorthand."""
    table = re.fullmatch(r"ref\('(\w+)'\)", model.pop("model"))
    assert table
    return {**model, "node_relation": {"alias": table[1], "schema_name": "theme"}}


def _inputs(metric: dict[str, Any]) -> dict[str, Any]:
    given = metric["type_params"]
    if "measure" in given:
        given["measure"] = {"name": given["measure"]}
    return metric


def test_persons_are_exported_over_what_keeps_small_counts_back() -> None:
    persons = an("residents", measure=Measure("natural_person", Aggregate.PERSONS, "city_id", place="district"))
    indicators = Indicators({}, {"residents": persons}, {})
    for form in FORMATS:
        text = exported(indicators, "a_city", form)
        assert "city_id" not in text and "indicators__natural_person__delivery__district" in text
