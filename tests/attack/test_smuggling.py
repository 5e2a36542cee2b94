"""A thin slice of the models that smuggle: the cases themselves, and what can be judged of their text without a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lineage.from_sql import column_lineage
from orchestration.transform.sandbox.selects import select_fault
from tests.attack.smuggling import ASIDE, Case, City, Tried, _faults, cases

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
PERSON = "lake.theme.natural_person"
_REF = re.compile(r"\{\{ ref\('natural_person'\) \}\}")
# Columns above L2, of which no case of these families may let anything out.
SENSITIVE = {"resident_id", "name", "birth_date", "phone", "address"}


def _schema() -> dict[str, dict[str, str]]:
    declared = yaml.safe_load((MODELS / "domains" / "natural_person" / "natural_person.yml").read_text("utf-8"))
    model = next(one for one in declared["models"] if one["name"] == "natural_person")
    return {PERSON: {column["name"]: column["data_type"] for column in model["columns"]}}


def _readable(*kinds: str) -> list[Case]:
    """Cases whose text is SQL over one entity, once its refs are put in."""
    found = [case for case in cases() if case.kind in kinds and case.must == "withheld" and case.agency != "public"]
    return [case for case in found if "{" not in _REF.sub("", case.sql).replace("{'", "") and _REF.search(case.sql)]


def test_the_cases_are_what_they_ought_to_be() -> None:
    names = [case.id for case in cases()]
    assert len(set(names)) == len(names)
    assert sum(case.must == "released" for case in cases()) >= 12
    assert sum(case.must != "released" for case in cases()) >= 150
    assert [case.id for case in cases() if case.must in ("withheld", "not_both") and not case.rules] == []
    assert [case.id for case in cases() if case.must == "not_both" and case.pair not in names] == []


@pytest.mark.parametrize("case", _readable("lineage", "influence"), ids=lambda case: case.id)
def test_what_is_smuggled_has_an_edge_or_is_unknown(case: Case) -> None:
    found = column_lineage(_REF.sub(PERSON, case.sql), _schema())
    sources = {edge.source.column for edges in found.edges.values() for edge in edges}
    assert sources & SENSITIVE or found.is_open or any(found.unknown.values())


@pytest.mark.parametrize(
    "case",
    [case for case in _readable("sandbox") if len(case.rules) == 1 and case.rules[0].startswith("aside")],
    ids=lambda case: case.id,
)
def test_what_is_no_select_over_its_refs_is_refused(case: Case) -> None:
    word = case.rules[0].removeprefix("aside").removeprefix(": ")
    why = select_fault(_REF.sub(PERSON, case.sql), frozenset({("lake", "theme", "natural_person")}))
    assert why and word in why


def test_the_scorer_wants_the_rule_that_a_case_was_written_for(tmp_path: Path) -> None:
    case = Case("x", "lineage", {"x": "string"}, "select 1 as x", by="level.level_ceiling", must_not_write="f.csv")
    told = (f"product.x: {ASIDE}: it is no select",)
    assert list(_faults(case, {"x": Tried("withheld", ("level.level_ceiling",))}, tmp_path)) == []
    assert list(_faults(case, {"x": Tried("withheld", ("contract.product_made",), told)}, tmp_path))
    assert list(_faults(case, {"x": Tried("released")}, tmp_path))
    assert list(_faults(case, {"x": Tried("no verdict")}, tmp_path))
    assert Tried("withheld", (), told).by("aside: select") and not Tried("withheld", (), told).by("aside: flags")
    (tmp_path / "f.csv").touch()
    assert list(_faults(case, {"x": Tried("withheld", ("level.level_ceiling",))}, tmp_path))


def test_a_city_of_cases_has_no_products_of_its_own(tmp_path: Path) -> None:
    city = City(tmp_path, seed=7, people=200)
    city._write(cases()[0], 0)
    models = [path.stem for path in (city.workspace / "dbt_project" / "models" / "products").rglob("*.sql")]
    assert models == [cases()[0].id]
    assert [path.stem for path in (city.workspace / "contracts" / "agreements").iterdir()] == [cases()[0].name]
