"""What a sound workspace becomes: everything inherited is filled in."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from contracts.load import load_catalogue
from contracts.model import Catalogue, Level, LoweringApproval, Rule, SharingAttribute
from contracts.schemas import FOLDER, MODELS, schema_texts
from contracts.violation import Severity

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def catalogue(workspace: Path) -> Catalogue:
    return load_catalogue(workspace)


def rule_names(rules: tuple[Rule, ...]) -> list[str]:
    return [rule.name for rule in rules]


def test_a_column_inherits_from_its_element(catalogue: Catalogue) -> None:
    column = catalogue.datasets["police.residents"].column("resident_id")
    assert column.headers == ("身份证号", "公民身份号码")
    assert (column.level, column.mask, column.required, column.key) == (Level.L4, "hmac", True, True)
    assert rule_names(column.rules) == ["type:resident_id", "required:resident_id", "check_digit:resident_id"]
    assert {rule.severity for rule in column.rules} == {Severity.ERROR}


def test_a_column_says_in_which_forms_it_may_leave(workspace: Path) -> None:
    path = workspace / "contracts" / "departments" / "police" / "residents.yml"
    text = path.read_text("utf-8")
    plain = "{property: sharing_attribute, value: not_shared}"
    path.write_text(text.replace(plain, "{property: may_leave, value: [aggregated, masked]}"), encoding="utf-8")
    dataset = load_catalogue(workspace).datasets["police.residents"]
    assert dataset.column("born").may_leave == ("aggregated", "masked")
    assert dataset.column("name").may_leave is None


def test_an_agreement_says_who_approved_each_declassifier(workspace: Path, catalogue: Catalogue) -> None:
    assert catalogue.agreements["health__care"].declassifiers is None
    path = workspace / "contracts" / "agreements" / "health__care.yml"
    entry = "{name: declassify_year, columns: [born], approved_by: dpo@city.example, approved_on: 2026-01-02}"
    path.write_text(path.read_text("utf-8") + f"author: anna@city.example\ndeclassifiers: [{entry}]\n", "utf-8")
    found = load_catalogue(workspace).agreements["health__care"]
    assert found.author == "anna@city.example"
    assert found.declassifiers == (
        LoweringApproval("declassify_year", ("born",), "dpo@city.example", date(2026, 1, 2)),
    )


def test_a_column_keeps_its_own_row_rules_and_the_table_gets_the_rest(catalogue: Catalogue) -> None:
    dataset = catalogue.datasets["police.residents"]
    assert rule_names(dataset.column("income").rules) == ["type:income", "income_range"]
    assert rule_names(dataset.rules) == ["born_before_today", "income_present", "unique:resident_id", "freshness"]
    assert dataset.rules[-1].arguments == {"working_days": 5}
    assert dataset.rules[-1].severity is Severity.WARNING  # age withholds by its own gate


def test_check_warning_weakens_the_elements_rules_and_not_the_rest(catalogue: Catalogue) -> None:
    column = catalogue.datasets["health.visits"].column("resident_id")
    assert {rule.name: rule.severity for rule in column.rules} == {
        "type:resident_id": "error",
        "required:resident_id": "error",
        "check_digit:resident_id": "warning",
    }


def test_a_reference_names_the_staged_table(catalogue: Catalogue) -> None:
    rule = next(rule for rule in catalogue.datasets["health.visits"].rules if rule.kind == "reference")
    assert rule.arguments == {"table": "staging.stg_police__residents", "column": "resident_id"}


def test_every_rule_has_titles_in_both_languages(catalogue: Catalogue) -> None:
    rules = [rule for dataset in catalogue.datasets.values() for rule in dataset.rules]
    rules += [rule for dataset in catalogue.datasets.values() for column in dataset.columns for rule in column.rules]
    rules += [rule for agreement in catalogue.agreements.values() for rule in agreement.rules]
    assert [rule.name for rule in rules if not (rule.title_zh and rule.title_en)] == []


def test_owner_is_the_contracts_else_the_departments(catalogue: Catalogue) -> None:
    assert catalogue.datasets["police.residents"].owner == "steward@police.example"
    assert catalogue.datasets["health.visits"].owner == "data@health.example"


def test_an_attribute_is_as_sensitive_as_what_is_provided(catalogue: Catalogue) -> None:
    (entity,) = catalogue.entities.values()
    assert {one.name: one.level for one in entity.attributes} == {"name": Level.L3, "born": Level.L3}
    assert rule_names(entity.rules) == [
        "required:city_id",
        "unique:city_id",
        "required:resident_id",
        "unique:resident_id",
    ]


def test_sharing_attributes_come_from_the_dataset_unless_said(catalogue: Catalogue) -> None:
    dataset = catalogue.datasets["police.residents"]
    assert dataset.column("name").sharing_attribute is SharingAttribute.CONDITIONAL
    assert dataset.column("born").sharing_attribute is SharingAttribute.NOT_SHARED


def test_a_city_adds_to_the_platforms_code_sets(catalogue: Catalogue) -> None:
    divisions = catalogue.code_sets["administrative_division"]
    assert divisions.codes["888001"] == ("东区", "East")
    assert divisions.codes["330000"] == ("浙江省", "Zhejiang")
    assert "the town" in divisions.source


def test_an_agreement_promises_what_it_requires(catalogue: Catalogue) -> None:
    agreement = catalogue.agreements["health__care"]
    assert rule_names(agreement.rules) == ["required:person_id", "grain"]
    assert agreement.valid_until.isoformat() == "2026-12-31"


def test_deliveries_lie_where_the_city_or_the_caller_says(workspace: Path) -> None:
    assert load_catalogue(workspace).deliveries == workspace / "deliveries"
    assert load_catalogue(workspace, deliveries=Path("/elsewhere")).deliveries == Path("/elsewhere")


def test_loading_reads_the_same_catalogue_twice(workspace: Path) -> None:
    assert load_catalogue(workspace) == load_catalogue(workspace)


def test_the_registry_is_wide_and_sourced(catalogue: Catalogue) -> None:
    assert len(catalogue.elements) >= 45
    assert len(catalogue.code_sets["ethnic_group"].codes) == 58
    assert len(catalogue.code_sets["industry"].codes) == 20
    assert all(one.source and one.title_zh and one.title_en for one in catalogue.elements.values())


def test_the_repositorys_own_city_is_sound() -> None:
    catalogue = load_catalogue(REPOSITORY)
    contracts = REPOSITORY / "contracts"
    assert len(catalogue.departments) >= 19
    declared = {f"{path.parent.name}.{path.stem}" for path in contracts.glob("departments/*/*.yml")}
    assert declared == {*catalogue.datasets, *catalogue.streams} and len(catalogue.datasets) >= 43
    assert len(catalogue.domains) == len([*contracts.glob("domains/*.yml")]) >= 14


@pytest.mark.parametrize("name", sorted(schema_texts()))
def test_schemas_are_those_of_the_models(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == schema_texts()[name], "run `python -m contracts.schemas`"
    schema = json.loads(written)
    # A file of several kinds has a shape for each.
    shapes = [schema["$defs"][one["$ref"].rpartition("/")[2]] for one in schema.get("oneOf", ())] or [schema]
    assert all(shape["additionalProperties"] is False for shape in shapes)


def test_no_schema_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(MODELS)


def test_check_none_keeps_only_what_the_column_says_itself(workspace: Path) -> None:
    path = workspace / "contracts/departments/health/visits.yml"
    path.write_text(
        path.read_text("utf-8").replace("{property: check, value: warning}", "{property: check, value: none}")
    )
    column = load_catalogue(workspace).datasets["health.visits"].column("resident_id")
    assert rule_names(column.rules) == ["type:resident_id", "required:resident_id"]
