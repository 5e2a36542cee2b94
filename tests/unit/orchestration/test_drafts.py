"""What an approved request writes: a change that applies, whose declarations load, and whose models dbt takes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.load import load_catalogue
from contracts.model import Level
from lake.attach import open_lake
from lake.cases.drafting import draft
from lake.cases.drafts import folder_of, write_draft
from lake.settings import load_settings
from orchestration.transform import aside
from orchestration.transform.project import compiled_manifest
from sharing.cases.law import Case
from sharing.cases.vocabulary import Doing, State
from sharing.faults import SharingRefused
from tests.unit.lake.casework import BAO, CHEN, MEI, TAO, Office, workspace

PRODUCT = {
    "resource": "product.unfiled_enterprises",
    "columns": {"credit_code": "know it", "name": "call it", "established_on": "begin the duty"},
    "purpose": {"code": "tax_forecast", "text": "foresee: 5% #1", "legal_basis": "税收征收管理法 第十五条"},
    "title": "预测: 'quoted' #1",
}
ENTITY = {
    "resource": "theme.legal_entity",
    "columns": {"city_id": "join them", "credit_code": "know it", "phone": "call: #1 'them'"},
    "purpose": {"code": "tax_calls", "text": "call\nthem", "legal_basis": "a law"},
    "scope": "whoever\n-- has a phone; {of any kind}",
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("drafts") / "harbour")


@pytest.fixture
def office(city: Path, tmp_path: Path) -> Iterator[Office]:
    found = Office.of(city, tmp_path / "state")
    with found.ledger:
        evidence = {"sources": [{"dataset": "market_regulation.enterprises"}], "lineage": {"columns": []}}
        found.ledger.append("verdict", {"agreement": "taxation__unfiled_enterprises", "evidence": evidence}, found.at)
        yield found


def approved(office: Office, **changes: Any) -> Case:
    filed = office.file(**changes)
    owners = {"market_regulation": MEI, "taxation": TAO}
    return office.approve(filed, *(owners[name] for name in filed.asked.departments), BAO)


def applied(office: Office, patch: Path, to: Path) -> Path:
    """A copy of the workspace with a patch applied, as a reviewer would."""
    shutil.copytree(office.settings.workspace, to, dirs_exist_ok=True)
    subprocess.run(["git", "apply", "--whitespace=error-all", str(patch)], cwd=to, check=True, capture_output=True)
    return to


def test_drafts_of_every_kind_apply_load_and_are_taken_by_dbt(office: Office, tmp_path: Path) -> None:
    drafted = []
    for changes in ({}, ENTITY, PRODUCT):
        case, folder = approved(office, **changes), tmp_path / "out" / str(len(drafted))
        made = write_draft(office.ledger, case, office.catalogue, folder, office.at)
        after = office.book.expect(case.id)
        assert (after.state, after.agreement) == (State.DRAFTED, made.agreement)
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} == {*made.files, "change.patch"}
        applied(office, folder / "change.patch", tmp_path / "copy")
        assert all((tmp_path / "copy" / place).read_text("utf-8") == text for place, text in made.files.items())
        drafted.append((case, made))
    catalogue = load_catalogue(tmp_path / "copy")
    for case, made in drafted:
        agreement = catalogue.agreements[made.agreement]
        assert (agreement.request, agreement.product, agreement.agency) == (case.id, made.product, "taxation")
        assert (agreement.purpose, agreement.scope) == (case.asked.purpose, case.asked.scope)
        assert agreement.approvals == tuple(one.person for one in case.acts)
        assert {one.name: one.purpose for one in agreement.columns} == dict(case.asked.columns)
        masked = {one.name: one.mask for one in agreement.columns if one.mask}
        assert masked == {"city_id": "city_id"} if "city_id" in case.asked.columns else not masked
        assert (agreement.valid_from, agreement.valid_until) == (case.asked.valid_from, case.asked.valid_until)
    settings = load_settings(tmp_path / "copy", {"ZHONGTAI_STATE": str(tmp_path / "parsed"), "ZHONGTAI_THREADS": "1"})
    with open_lake(settings):
        pass  # its tables' schemas stand before dbt comes
    manifest = compiled_manifest(settings)
    assert aside.left_out(settings) == {}
    products = {node["name"] for node in manifest["nodes"].values() if "products" in node["fqn"]}
    assert products == {"unfiled_enterprises", *(made.product for _, made in drafted)}
    depends = {node["name"]: node["depends_on"].get("nodes", []) for node in manifest["nodes"].values()}
    assert depends[drafted[0][1].product] == ["model.harbour.stg_market_regulation__enterprises"]
    assert depends[drafted[2][1].product] == ["model.harbour.legal_entity"]


def test_what_is_above_what_may_leave_is_left_out_and_named(office: Office) -> None:
    dataset = office.catalogue.datasets["market_regulation.enterprises"]
    secret = tuple(
        replace(one, level=Level.L4, mask="hmac") if one.name == "status" else one for one in dataset.columns
    )
    catalogue = replace(office.catalogue, datasets={dataset.id: replace(dataset, columns=secret)})
    made = draft(approved(office), catalogue, office.ledger)
    sql = made.files[f"dbt_project/models/products/{made.agreement}/{made.product}.sql"]
    body, comments = (
        [line for line in sql.splitlines() if line.startswith("--") == commented] for commented in (False, True)
    )
    assert "status" not in "\n".join(body) and "declassify_hmac" in "\n".join(comments)
    terms = yaml.safe_load(made.files[f"contracts/agreements/{made.agreement}.yml"])
    assert [one["name"] for one in terms["columns"]] == ["credit_code", "established_on"]
    assert any("status (L4)" in one for one in made.notes)
    every = tuple(replace(one, level=Level.L4) for one in dataset.columns)
    above = replace(office.catalogue, datasets={dataset.id: replace(dataset, columns=every)})
    with pytest.raises(SharingRefused, match="above L3"):
        draft(approved(office, scope="all"), above, office.ledger)


def test_names_that_are_taken_get_a_number(office: Office, tmp_path: Path) -> None:
    purpose = {"code": "unfiled_enterprises", "text": "again", "legal_basis": "a law"}
    case = approved(office, purpose=purpose)
    made = draft(case, office.catalogue, office.ledger)
    assert (made.agreement, made.product) == ("taxation__unfiled_enterprises_2", "unfiled_enterprises_data")
    again = write_draft(office.ledger, case, office.catalogue, tmp_path / "a", office.at)
    assert again == made and folder_of(office.settings, case.id).name == case.id


def test_only_an_approved_request_that_nothing_answers_is_drafted(office: Office) -> None:
    filed = office.file()
    refused = office.do(office.file(scope="more"), CHEN, Doing.REFUSE, ground="no_duty")
    for case in (filed, refused):
        with pytest.raises(SharingRefused, match="only an approved request"):
            draft(case, office.catalogue, office.ledger)
    case = office.approve(filed, MEI, BAO)
    (known,) = office.catalogue.agreements.values()
    answering = {known.name: replace(known, request=case.id)}
    with pytest.raises(SharingRefused, match="answers it already"):
        draft(case, replace(office.catalogue, agreements=answering), office.ledger)
    gone = replace(office.catalogue, datasets={})
    with pytest.raises(SharingRefused, match="no more what was asked of"):
        draft(case, gone, office.ledger)
    assert case.asked.valid_from == date(2026, 12, 1)
