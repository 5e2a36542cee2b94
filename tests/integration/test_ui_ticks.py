"""What is switched on in `zhongtai ui` ticks, and its runs really run, one after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.served import Served, served, until
from tests.recalled.city import FIRST, NOW, PRODUCTS, found_city

_WHERE = {"repositoryName": "__repository__", "repositoryLocationName": "orchestration.definitions"}
_SWITCH_ON = "mutation($s: SensorSelector!) {startSensor(sensorSelector: $s) {__typename}}"
_LAUNCH = "mutation($p: ExecutionParams!) {launchRun(executionParams: $p) {__typename}}"
_RUNS = "{runsOrError {... on Runs {results {jobName status startTime endTime}}}}"


def _runs(ui: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ui.ask(_RUNS)["runsOrError"]["results"]
    return found


@pytest.mark.attack
def test_deliveries_wake_a_run_and_runs_take_turns(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city")
    for name in ("visits", "lots", "people"):
        city.deliver(name, {"a": 1}, FIRST)
    with served(city.place, str(tmp_path), NOW) as ui:
        until(ui.answers, "it is up")
        assert ui.ask(_SWITCH_ON, s={**_WHERE, "sensorName": "arrivals"})["startSensor"]["__typename"] == "Sensor"
        until(lambda: len(_runs(ui)) == 1, "the sensor asked for a run", 180)
        job = {"selector": {**_WHERE, "jobName": "everything"}, "runConfigData": {}, "mode": "default"}
        assert ui.ask(_LAUNCH, p=job)["launchRun"]["__typename"] == "LaunchRunSuccess"
        until(lambda: [one["status"] for one in _runs(ui)] == ["SUCCESS"] * 2, "both ended well", 240)
        later, earlier = sorted(_runs(ui), key=lambda one: float(one["startTime"]), reverse=True)
        assert later["startTime"] >= earlier["endTime"]
    assert city.status().released == set(PRODUCTS)
