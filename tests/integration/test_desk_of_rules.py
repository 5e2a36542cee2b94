"""On the sample city: a product released in spite of a failing check, and taken back; a suite tried on a sample."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lake.city import declarations
from lake.suite_desk import judged, tried_apart
from lake.suite_trials import told_to_desks
from tests.integration.conftest import SampleCity

NAME, RULE = "public__star_hotels", "fire_certificate_present"
STEWARD, OFFICER = "steward@city.example", "data-office@city.example"


def act(city: SampleCity, *arguments: str, by: str, status: int = 0) -> str:
    """The number of the override that somebody acts on."""
    said = city.call("override", NAME, *arguments, "--as", by, "--json")
    assert said.status == status, said.err
    return "" if status else city.ask("override", NAME)["overrides"][-1]["override"]


def verdict(city: SampleCity) -> dict[str, Any]:
    run = city.ask("run")
    return {one["agreement"]: one for one in city.ask("status")["releases"]}[NAME] | {"run": run}


@pytest.mark.attack
def test_what_two_persons_let_leave_leaves_and_is_taken_back(city: SampleCity, first: dict[str, Any]) -> None:
    assert city.ask("override", NAME)["failing"][0]["rule"] == RULE
    number = act(city, "--until", "2026-12-10", "--why", "inspected in December", by=STEWARD)
    assert verdict(city)["verdict"] == "withheld"
    act(city, "--confirm", number, "--why", "agreed", by=STEWARD, status=2)
    act(city, "--confirm", number, "--why", "agreed", by=OFFICER)
    told = verdict(city)
    assert (told["verdict"], told["violations"]) == ("released", [])
    (release,) = [one for one in city.ask("releases")["releases"] if one["agreement"] == NAME]
    (override,) = city.ask("verify", release["path"])["overrides"]
    assert override["checks"][0]["rule"] == RULE and override["confirmed"]["person"] == OFFICER
    assert NAME not in {one["agreement"] for one in city.ask("run", "--plan")["agreements"]}
    act(city, "--end", number, "--why", "it burns", by=OFFICER)
    told = verdict(city)
    assert told["verdict"] == "withheld" and "it burns" in told["violations"][0]["message"]
    assert not Path(release["path"]).exists()
    assert [one["state"] for one in city.ask("releases")["releases"] if one["agreement"] == NAME] == ["withdrawn"]


@pytest.mark.attack
def test_a_suite_is_tried_on_a_sample_by_counts_and_on_the_record(
    city: SampleCity, first: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "staging.stg_culture_tourism__hotels"
    rooms = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "rooms", "min_value": 100}}
    told = {"name": "tried", "expectations": [rooms, {"type": "expect_nothing", "kwargs": {}}]}
    file = tmp_path / f"{table}.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    before, looks = city.ask("status")["checks"], len(city.accesses())
    found = city.ask("check", "--suite", str(file), "--sample", "30", status=1)
    again = city.ask("check", "--suite", str(file), "--sample", "30", status=1)
    assert found == again and found["sample"] == 30
    counted, unknown = found["checks"]
    assert 0 < counted["failing_rows"] < counted["rows"] == 30 and not counted["error"]
    assert (unknown["passed"], unknown["rows"]) == (False, None) and "expect_nothing" in unknown["error"]
    assert [entry.body["subject"] for entry in city.accesses()[looks:]] == [f"suite.{table}"] * 2
    assert city.ask("status")["checks"] == before
    for name, value in city.environment.items():
        monkeypatch.setenv(name, value)
    what = judged(declarations(city.settings), table, file.read_text("utf-8"))
    assert tried_apart(city.settings, what, 30) == told_to_desks(found)
