"""The sample city's indicators after its run: how many there are, what they come to, and what is said of late ones.

Values are held against queries that share nothing with the models: over the accepted rows of deliveries.
"""

from __future__ import annotations

from typing import Any

import pytest

from lake.attach import open_lake
from lake.city import declarations
from lake.queries import city_lineage
from lineage.graph import ColumnRef
from tests.integration.conftest import SampleCity

pytestmark = pytest.mark.city

FIRST_LEVEL, SECOND_LEVEL = 73, 183
DIMENSIONS = {"infrastructure", "environment", "traffic", "supply", "safety", "vitality"}


@pytest.fixture(scope="module")
def told(city: SampleCity, first: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = city.ask("indicators")
    return answer


def test_there_are_as_many_as_the_model_city_has(told: dict[str, Any]) -> None:
    assert len(told["groups"]) >= FIRST_LEVEL
    assert len(told["indicators"]) >= SECOND_LEVEL
    assert {one["dimension"] for one in told["indicators"]} == DIMENSIONS
    named = [name for group in told["groups"] for name in group["indicators"]]
    assert sorted(named) == sorted(one["id"] for one in told["indicators"])


def test_each_has_a_value_or_says_why_it_has_none(told: dict[str, Any]) -> None:
    without = [one for one in told["indicators"] if one["value"] is None]
    assert [one["id"] for one in without if not one["why"]] == []
    assert len(without) <= len(told["indicators"]) // 10, [(one["id"], one["why"]) for one in without]
    broken = [(one["id"], one["why"]) for one in told["indicators"] if one["state"] in ("failed", "withheld")]
    assert broken == []
    assert all(one["owner"] and one["sources"] and one["unit"] for one in told["indicators"])


def test_what_is_late_is_stale_and_names_the_source(told: dict[str, Any]) -> None:
    """The visits to scenic spots were not delivered since the 9th."""
    late = [one for one in told["indicators"] if "culture_tourism.scenic_visits" in one["late"]]
    assert late and all(one["state"] in ("stale", "undefined", "missing") for one in late)
    assert all("culture_tourism.scenic_visits" in one["why"] + one["next"] for one in late)


def test_levels_are_those_of_lineage(city: SampleCity, told: dict[str, Any]) -> None:
    catalogue = declarations(city.settings)
    levels = city_lineage(city.settings, catalogue).levels
    for one in told["indicators"]:
        declared = catalogue.indicators.every[one["id"]]
        assert one["sensitivity"] <= declared.level
    columns = {
        column.column: levels.effective(column)
        for column in levels
        if column.relation.startswith("lake.indicator.") and not column.column.endswith("__why")
    }
    known = {one["id"]: one["sensitivity"] for one in told["indicators"]}
    assert {name: columns[name] for name in known} == {
        name: max(level, columns[name]) if catalogue.indicators.every[name].formula is None else columns[name]
        for name, level in known.items()
    }
    assert ColumnRef("lake.indicator.nothing", "x") not in levels


def test_values_are_what_the_deliveries_come_to(city: SampleCity, told: dict[str, Any]) -> None:
    """Roads by district: from the raw table, without a model between."""
    with open_lake(city.settings, read_only=True) as lake:
        rows = dict(
            lake.execute(
                "select district, sum(length_m) / 1000.0 from "
                "(select distinct segment_id, district, length_m from lake.raw.transport__road_segments) group by 1"
            ).fetchall()
        )
    own: dict[str, Any] = city.ask("indicators", "road_length")
    assert own["value"] == pytest.approx(sum(rows.values()))
    assert {one["place"]: one["value"] for one in own["peers"]} == pytest.approx(rows)
    assert [one["rank"] for one in own["peers"]] == list(range(1, len(rows) + 1))


def test_districts_of_what_adds_up_come_to_the_city(city: SampleCity) -> None:
    catalogue = declarations(city.settings)
    with open_lake(city.settings, read_only=True) as lake:
        for one in catalogue.indicators.every.values():
            measure = one.measure
            if measure is None or not measure.place or measure.time or measure.aggregate not in ("count", "sum"):
                continue
            view = next(
                name
                for (name,) in lake.execute(
                    "select view_name from duckdb_views() where schema_name = 'indicator' and sql like ?",
                    [f"% AS {one.id}%"],
                ).fetchall()
            )
            [(whole, parts)] = lake.execute(
                f"select sum({one.id}) filter (place = 'city'), sum({one.id}) filter (place <> 'city') "
                f"from lake.indicator.{view}"
            ).fetchall()
            if whole is not None:
                assert parts == pytest.approx(whole) or parts <= whole, one.id
