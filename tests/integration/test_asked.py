"""From an agency's request to what it receives, by the commands alone; and what ends it."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.workspace.begin import begin
from orchestration.workspace.newcity import NewCity
from tests.command import call
from tests.unit.lake.casework import NOW, REQUEST

ANNA, BUREAU = "anna@tax.example", "data-office@city.example"
MARKET, TAX = "data-office@market.example", "data-office@taxation.example"
ROLES = {
    ANNA: {"role": "applicant", "agency": "taxation"},
    MARKET: {"role": "owner", "department": "market_regulation"},
    TAX: {"role": "owner", "department": "taxation"},
    BUREAU: {"role": "officer"},
}


@pytest.mark.attack
def test_what_is_asked_for_is_received_and_named_by_its_request(tmp_path: Path) -> None:
    city = tmp_path / "harbour"
    begin(city, NewCity("harbour", "示例港", "Harbour", NOW.date()))
    term = {"from": date(2026, 1, 1), "until": date(2028, 12, 31)}
    persons = {name: {"title": {"zh": name, "en": name}, "roles": [{**role, **term}]} for name, role in ROLES.items()}
    (city / "contracts" / "persons.yml").write_text(yaml.safe_dump({"persons": persons}), "utf-8")
    environment = {"ZHONGTAI_WORKSPACE": str(city), "ZHONGTAI_NOW": NOW.isoformat(), "ZHONGTAI_THREADS": "2"}

    def told(*arguments: str) -> dict[str, Any]:
        said = call(*arguments, "--json", environment=environment)
        assert said.status == 0, said.err
        found: dict[str, Any] = json.loads(said.out)
        return found

    assert told("run")["releases"][0]["verdict"] == "released"
    asked = {**REQUEST, "resource": "theme.legal_entity", "valid": {"from": NOW.date(), "until": date(2027, 11, 30)}}
    asked["columns"] = {"credit_code": "know the enterprise", "name": "call it", "status": "see who has gone"}
    (tmp_path / "request.yml").write_text(yaml.safe_dump(asked, allow_unicode=True), "utf-8")
    number = told("cases", "file", str(tmp_path / "request.yml"), "--as", ANNA)["case"]
    for person in (MARKET, TAX, BUREAU):
        found = told("cases", "approve", number, "--as", person)
    assert found["state"] == "agreement_drafted"

    patch = city / ".zhongtai" / "drafts" / number / "change.patch"
    subprocess.run(["git", "apply", str(patch)], cwd=city, check=True, capture_output=True)
    agreement = found["agreement"]
    (model,) = (city / "dbt_project" / "models" / "products" / agreement).glob("*.sql")
    rows = {one["agreement"]: one["rows"] for one in told("run")["releases"]}
    assert rows[agreement] == 0  # as it was drafted no row leaves, and that is no answer
    assert told("cases", number)["state"] == "agreement_drafted"
    model.write_text(model.read_text("utf-8").replace("where false", "where status <> '1'"), "utf-8")
    # Whoever approved what was judged before is asked again, about the model as it is now.
    (withheld,) = [one for one in told("run")["releases"] if one["agreement"] == agreement]
    assert [one["rule"] for one in withheld["violations"]] == ["approved_as_it_is"] * 3
    for person in (MARKET, TAX, BUREAU):
        told("approve", agreement, "--as", person)
    (released,) = [one for one in told("run")["releases"] if one["agreement"] == agreement]
    assert released["verdict"] == "released" and released["rows"] > 0

    case = told("cases", number)
    assert (case["state"], case["release"]) == ("released", released["release_id"])
    evidence = told("explain", agreement)["evidence"]["acts"]["request"]
    approvals = [one["act"] for one in case["steps"] if one["doing"] == "approve"]
    assert [one["digest"] for one in evidence["acts"]] == approvals and evidence["fault"] is None
    assert number in call("explain", agreement, environment=environment).out
    (path,) = [one["path"] for one in told("releases")["releases"] if one["release_id"] == released["release_id"]]
    assert told("verify", path)["valid"]
    assert told("run", "--plan")["agreements"] == []
    told("stop", agreement, "--as", BUREAU, "--why", "a complaint")
    assert told("cases", number)["state"] == "ended"
    assert told("audit")["valid"]
