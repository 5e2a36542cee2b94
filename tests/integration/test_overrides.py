"""A product that a failing check withholds, released by two persons' word, and gone again when that ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
