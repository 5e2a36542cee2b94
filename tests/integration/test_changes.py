"""A change of the declarations is shown before it is done, and one that breaks a promise needs a version that says so.

One small city, run once; every change is made to a copy of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake.in_force import KIND, SUBJECT
from lake.replaying import history
from sharing.ledger import Ledger
from tests.recalled.city import FIRST, SECOND, Recalled, found_city

OLD = "      - {name: amount,"
NOTE = "      - {name: note, physicalName: 备注, customProperties: [{property: element, value: entry_number}]}\n"
FORMERLY = "customProperties:\n  - {property: formerly, value: bureau.lots}\n  - {property: delivery_mode"


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Recalled:
    city = found_city(tmp_path_factory.mktemp("changes") / "city")
    for name, rows in {"visits": {"a": 1}, "lots": {"a": 1, "b": 2}, "people": {"a": 1}}.items():
        city.deliver(name, rows, FIRST)
    city.write("编号,数量,手机号码\nc,3,13871940562\n", "deliveries", SECOND, "bureau", "visits.csv")
    city.run()
    return city


@pytest.fixture
def city(well: Recalled, tmp_path: Path) -> Iterator[Recalled]:
    shutil.copytree(well.place, tmp_path / "city", symlinks=True)
    yield replace(well, place=tmp_path / "city")


def edit(city: Recalled, old: str, new: str, *file: str) -> None:
    path = city.place.joinpath("contracts", *(file or ("departments", "bureau", "lots.yml")))
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def planned(city: Recalled) -> tuple[int, dict[str, dict[str, Any]]]:
    """How `plan` ends, and each change by its kind."""
    said = city.say("plan", "--json")
    return said.status, {one["kind"]: one for one in json.loads(said.out)["changes"]}


def test_every_change_is_told_with_what_it_touches(city: Recalled) -> None:
    assert planned(city) == (0, {})
    edit(city, OLD, NOTE + OLD)
    edit(city, "level_ceiling: L1", "level_ceiling: L2", "agreements", "archive__lots.yml")
    status, found = planned(city)
    assert status == 0 and found.keys() == {"column_added", "ceiling_changed"}
    added = found["column_added"]
    assert (added["subject"], added["breaking"]) == ("bureau.lots.note", False)
    assert {(one["table"], one["effect"]) for one in added["tables"]} == {
        ("raw.bureau__lots", "altered"),
        ("staging.stg_bureau__lots", "altered"),
        ("product.p_lots", "rebuilt"),
    }
    assert (added["products"], added["recipients"]) == (["p_lots"], ["archive"])
    (city.place / "contracts" / "agreements" / "archive__people.yml").unlink()
    assert planned(city)[0] == 1 and planned(city)[1]["agreement_removed"]["recipients"] == ["archive"]
    edit(city, "name: amount, physicalName: 数量", "name: number, physicalName: 数量")
    status, found = planned(city)
    assert status == 2 and found["column_renamed"]["wants_version"] == "2.0.0"


def test_a_contract_that_breaks_needs_a_version_of_its_own(city: Recalled) -> None:
    edit(city, "value: snapshot", "value: append")
    agreed = ("agreements", "archive__people.yml")
    edit(city, "text: all rows", "text: some rows", *agreed)
    ran = city.run()
    assert "promise_kept it promises archive less than it did: scope changed" in ran.why("people")
    refused = [row["message"] for row in ran.summary["datasets"] if row["state"] == "failed"]
    assert len(refused) == 2 and "delivery mode changed" in refused[0] and "version 2.0.0" in refused[0]
    assert "delivery mode changed" in ran.why("lots")
    # What was refused is not in force, however often it is run.
    assert planned(city)[0] == 2
    assert "promise_kept" in city.run().why("people")
    edit(city, "version: 1.0.0", "version: 2.0.0")
    assert planned(city)[0] == 2
    edit(city, "agreement: archive__people", "agreement: archive__people\nversion: 2.0.0", *agreed)
    assert planned(city)[0] == 1
    ran = city.run()
    states = {row["dataset"]: row["state"] for row in ran.summary["datasets"]}
    assert states["bureau.lots"] == "rejudged" and "promise_kept" not in ran.why("people")
    assert planned(city) == (0, {})


def test_a_renamed_dataset_keeps_its_rows_and_its_history(city: Recalled) -> None:
    before = city.status().batch("lots", FIRST)
    folder = city.place / "contracts" / "departments" / "bureau"
    (folder / "lots.yml").rename(folder / "plots.yml")
    renamed = ("departments", "bureau", "plots.yml")
    for old, new in (("bureau.lots", "bureau.plots"), ("- name: lots", "- name: plots")):
        edit(city, old, new, *renamed)
    edit(city, "customProperties:\n  - {property: delivery_mode", FORMERLY, *renamed)
    model = city.place / "dbt_project" / "models" / "products" / "archive__lots" / "p_lots.sql"
    model.write_text(model.read_text("utf-8").replace("bureau__lots", "bureau__plots"), encoding="utf-8")
    assert planned(city)[1].keys() == {"dataset_renamed"}
    city.tell("sync")
    ran = city.run()
    assert ran.batch("plots", FIRST) == before and ran.state("plots", before)[0] == "known"
    # Made again from the ledger, which knows it by both names, it is one dataset.
    with Ledger.read(city.place / ".zhongtai" / "ledger.sqlite") as ledger:
        datasets = {one.dataset for one in history(ledger, {"bureau.lots": "bureau.plots"})}
    assert datasets == {"bureau.plots", "bureau.visits", "bureau.people"}
    # Judged by whoever approves, not by the data: its rows are there, and no fault is found in them.
    assert "check" not in ran.why("lots") and not [one for one in city.audited() if "lots" in one["subject"]]


def test_what_was_in_force_is_bound_to_the_ledger(city: Recalled) -> None:
    with Ledger.read(city.place / ".zhongtai" / "ledger.sqlite") as ledger:
        entry = ledger.latest(KIND, SUBJECT)
    assert entry is not None
    (kept,) = (city.place / ".zhongtai" / "declared").iterdir()
    assert kept.stem == entry.body["digest"]
    kept.write_bytes(kept.read_bytes().replace(b"snapshot", b"append"))
    assert json.loads(city.say("plan", "--json").out) == {"changes": [], "compared": False}


def test_a_drafted_change_is_shown_and_written_with_its_version(city: Recalled) -> None:
    contract = city.place / "contracts" / "departments" / "bureau" / "visits.yml"
    before = contract.read_text("utf-8")
    failed = [row["message"] for row in city.status().summary["datasets"] if row["state"] == "failed"]
    assert "contract apply bureau.visits" in failed[0] and "手机" not in failed[0] and "138" not in failed[0]
    shown = city.say("contract", "apply", "bureau.visits", "--dry-run")
    assert shown.status == 0 and "+version: 1.1.0" in shown.out and contract.read_text("utf-8") == before
    assert city.tell("contract", "apply", "bureau.visits")["written"]
    after = contract.read_text("utf-8")
    assert "physicalName: 手机号码" in after and "phone\n" in after, after
    assert "13871940562" not in after + shown.out
    assert planned(city)[1].keys() == {"column_added"}
    assert city.say("contract", "apply", "bureau.visits").status == 2


def test_what_failed_of_a_dataset_that_is_declared_no_more_is_past(city: Recalled) -> None:
    failed = [row["dataset"] for row in city.status().summary["datasets"] if row["state"] == "failed"]
    assert failed == ["bureau.visits"]
    (city.place / "contracts" / "departments" / "bureau" / "visits.yml").unlink()
    models = city.place / "dbt_project" / "models"
    for name in ("visits", "joined", "kept"):
        (city.place / "contracts" / "agreements" / f"archive__{name}.yml").unlink()
        shutil.rmtree(models / "products" / f"archive__{name}")
    for kept in models.rglob("kept.*"):
        kept.unlink()
    city.tell("sync")
    ran = city.run()
    assert ran.released == {"lots", "people"}
    for told in (ran, city.status()):
        assert [row["dataset"] for row in told.summary["datasets"] if row["state"] == "failed"] == []
