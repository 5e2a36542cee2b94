"""Categories and marks are inherited from data elements and datasets, and only ever rise."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.category import Category
from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.model import Catalogue, Dataset
from lake.settings import REPOSITORY
from lineage.facts import ColumnRef
from lineage.from_contracts import contract_marks


def changed(workspace: Path, file: str, old: str, new: str) -> Catalogue:
    path = workspace / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_catalogue(workspace)


def residents(workspace: Path, old: str = "", new: str = "") -> Dataset:
    return changed(workspace, "contracts/departments/police/residents.yml", old, new).datasets["police.residents"]


def test_a_dataset_gives_its_category_to_all_its_columns_and_one_may_be_stricter(workspace: Path) -> None:
    income = "{property: element, value: money}"
    found = residents(workspace, income, f"{income}\n          - {{property: category, value: core}}")
    assert {column.name: column.category for column in found.columns} == {
        name: Category.CORE if name == "income" else Category.IMPORTANT
        for name in ("resident_id", "name", "sex", "born", "income")
    }


def test_an_element_gives_its_category_and_its_marks(workspace: Path) -> None:
    ward = "source: the town\n    type: string"
    found = changed(
        workspace, "contracts/standards/elements/town.yml", ward, f"{ward}\n    category: core\n    personal: true"
    )
    assert (found.elements["ward"].category, found.elements["ward"].personal) == (Category.CORE, True)


def test_one_column_makes_a_dataset_one_about_persons(workspace: Path) -> None:
    found = residents(workspace)
    assert found.personal
    assert {column.name for column in found.columns if column.personal} == {"resident_id", "name"}
    assert {column.name for column in found.columns if column.sensitive_personal} == {"resident_id"}
    catalogue = load_catalogue(REPOSITORY)
    assert not catalogue.datasets["ecology.stations"].personal
    assert catalogue.datasets["health.visits"].personal


def test_a_column_may_be_declared_sensitive_and_is_then_personal(workspace: Path) -> None:
    income = "{property: element, value: money}"
    found = residents(workspace, income, f"{income}\n          - {{property: sensitive_personal, value: true}}")
    assert (found.column("income").personal, found.column("income").sensitive_personal) == (True, True)


def test_all_columns_and_the_rows_of_a_dataset_about_persons_are_marked() -> None:
    marks = contract_marks(load_catalogue(REPOSITORY))
    visits = "lake.raw.health__visits"
    assert marks[ColumnRef(visits, "diagnosis")] == {"personal", "sensitive_personal"}
    assert marks[ColumnRef(visits, "facility_id")] == {"personal"}
    assert marks[ColumnRef(visits, "*")] == marks[ColumnRef(visits, "_row")] == {"personal"}
    assert marks[ColumnRef("contract.health.visits", "diagnosis")] == {"personal", "sensitive_personal"}
    assert marks[ColumnRef("lake.raw.ecology__stations", "*")] == frozenset()


def test_what_is_opened_is_of_no_importance_to_anybody(workspace: Path) -> None:
    path = workspace / "contracts/agreements/health__care.yml"
    text = path.read_text(encoding="utf-8").replace("agency: health\n", "agency: public\n")
    text = text.replace("health__care", "public__care").replace("conditional", "unconditional")
    text = text.replace("level_ceiling: L3", "level_ceiling: L1\ncategory_ceiling: important")
    path.unlink()
    path.with_name("public__care.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    assert [(one.where, one.what) for one in refused.value.faults] == [
        ("category_ceiling", "an open product may carry important data")
    ]


def test_an_agreement_says_its_ceiling_and_what_its_author_takes_a_column_to_be(workspace: Path) -> None:
    born = "purpose: to know the age"
    found = changed(workspace, "contracts/agreements/health__care.yml", born, f"{born}, level: L2")
    agreement = found.agreements["health__care"]
    assert agreement.category_ceiling is Category.GENERAL
    assert {column.name: column.level for column in agreement.columns} == {"person_id": None, "born": "L2"}
