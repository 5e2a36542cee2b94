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

from contracts.acts import Role, RoleGrant
from contracts.load import load_catalogue
from contracts.model import Catalogue, Level, SharingAttribute
from contracts.names import place_fault
from lake.attach import open_lake
from lake.cases import acting
from lake.cases.asking import read_request
from lake.cases.drafting import Draft, draft
from lake.cases.drafts import folder_of, write_draft
from lake.cases.resources import find_resource
from lake.settings import load_settings
from orchestration.transform import aside
from orchestration.transform.project import compiled_manifest
from sharing.cases.law import Case, case_of
from sharing.cases.vocabulary import Doing, Kind, State
from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from tests.unit.lake.casework import BAO, CHEN, MEI, NOW, REQUEST, TAO, Office, workspace

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
    for case, made in drafted[:2]:  # what a scope means only a person can write: until then no row leaves
        sql = made.files[f"dbt_project/models/products/{made.agreement}/{made.product}.sql"]
        assert sql.endswith("\nwhere false\n") and " ".join(case.asked.scope.split()) in sql
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


def test_a_draft_takes_an_earlier_ones_place_and_nothing_elses(office: Office, tmp_path: Path) -> None:
    case, folder = approved(office), tmp_path / "out"

    def files() -> set[str]:
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    first = write_draft(office.ledger, case, office.catalogue, folder, office.at)
    (known,) = office.catalogue.agreements.values()
    taken = replace(office.catalogue, agreements={known.name: known, first.agreement: known})
    second = write_draft(office.ledger, case, taken, folder, office.at)
    assert second.agreement == f"{first.agreement}_2" and files() == {*second.files, "change.patch"}
    assert (folder / "change.patch").read_text("utf-8") == second.patch
    (folder / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(SharingRefused, match=r"no draft: notes\.txt"):
        write_draft(office.ledger, case, office.catalogue, folder, office.at)
    assert files() == {*second.files, "change.patch", "notes.txt"}


@pytest.mark.parametrize("code", ["a" * 63, f"{'a' * 53}_{'b' * 9}", "con", "select"])
def test_a_name_of_any_length_is_one_that_a_city_can_have(office: Office, code: str) -> None:
    made = draft(
        approved(office, purpose={"code": code, "text": "x", "legal_basis": "y"}), office.catalogue, office.ledger
    )
    assert place_fault(made.product) is None and made.agreement == f"taxation__{code}"


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


@pytest.mark.attack
def test_every_resource_of_the_sample_city_can_be_drafted(tmp_path: Path) -> None:
    """All that may be asked of each dataset and entity, and each product: applied together, loaded, taken by dbt."""
    root = Path(__file__).resolve().parents[3]
    for name in ("contracts", "dbt_project", "zhongtai.yml"):
        (shutil.copytree if (root / name).is_dir() else shutil.copy)(root / name, tmp_path / name)
    for name in ("codes", "elements", "jurisdictions"):  # the platform's own, which no city declares again
        shutil.rmtree(tmp_path / "contracts" / "standards" / name)
    catalogue = load_catalogue(tmp_path)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        evidence = {"sources": [{"dataset": "health.visits"}], "lineage": {"columns": []}}
        for name in catalogue.agreements:
            ledger.append("verdict", {"agreement": name, "evidence": evidence}, NOW)
        wanted = [*catalogue.datasets, *(f"theme.{one}" for one in catalogue.entities)]
        wanted += [f"product.{one.product}" for one in catalogue.agreements.values() if one.agency != "public"]
        made = [_drafted(catalogue, ledger, number, one) for number, one in enumerate(wanted)]
    for one in filter(None, made):
        (tmp_path / "change.patch").write_text(one.patch, "utf-8")
        command = ["git", "apply", "--whitespace=error-all", "change.patch"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    after = load_catalogue(tmp_path)
    assert len(after.agreements) == len(catalogue.agreements) + sum(one is not None for one in made)
    assert sum(one is not None for one in made) >= len(wanted) - 3
    settings = load_settings(tmp_path, {"ZHONGTAI_STATE": str(tmp_path / "state"), "ZHONGTAI_THREADS": "1"})
    with open_lake(settings):
        pass
    manifest = compiled_manifest(settings)
    assert aside.left_out(settings) == {}
    assert {node["name"] for node in manifest["nodes"].values()} >= {one.product for one in made if one}


def _drafted(catalogue: Catalogue, ledger: Ledger, number: int, wanted: str) -> Draft | None:
    """A request for all of a resource, as if it had been approved, and its draft; None where nothing may be asked."""
    resource = find_resource(catalogue, ledger, wanted)
    assert resource is not None
    columns = {one.name: "a reason" for one in resource.columns if one.sharing is not SharingAttribute.NOT_SHARED}
    told = {**REQUEST, "resource": wanted, "columns": columns}
    told["purpose"] = {"code": f"purpose_{number}", "text": "why: 1% #2", "legal_basis": "a law"}
    try:
        asked = read_request(told, catalogue, ledger)
        step = acting.filed(acting.Told(asked=asked, kind=Kind.REQUEST), acting.Doer("anna", (APPLICANT,)), NOW, {})
        case = case_of([step])
        assert case is not None
        return draft(replace(case, state=State.BUREAU_APPROVED), catalogue, ledger)
    except SharingRefused as refusal:
        assert refusal.rule in {"draft_columns", "request_understood", "request_whole", "request_shareable"}, refusal
        return None


APPLICANT = RoleGrant(Role.APPLICANT, date(2026, 1, 1), date(2028, 12, 31), agency="taxation")
