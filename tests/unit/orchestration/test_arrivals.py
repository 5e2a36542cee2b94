"""What wakes a run by itself, and that runs take turns: the sensor, the queue, and who in it still lives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher.base import WorkerStatus

from contracts.clock import FixedClock
from contracts.model import Catalogue, Dataset
from lake.one_writer import one_writer
from lake.settings import Settings, load_settings
from orchestration.arrivals import arrivals
from orchestration.automation import schedules
from orchestration.running.instance import open_instance
from tests.unit.lake.desk import people

NOW = FixedClock(load_settings().clock.now())


@pytest.fixture
def city(tmp_path: Path) -> Settings:
    """Settings of a workspace that has deliveries, at a moment that stands still."""
    (tmp_path / "deliveries").mkdir()
    return replace(load_settings(tmp_path, {}), clock=NOW)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dg.DagsterInstance, Path]]:
    """Dagster as `zhongtai` sets it up, and the state it lies in."""
    settings = load_settings(tmp_path_factory.mktemp("city"), {})
    with open_instance(settings) as opened:
        yield opened, settings.state


class Sensor:
    """The sensor of a city with one dataset, and what it asks for."""

    def __init__(self, settings: Settings, one: Dataset) -> None:
        root = settings.workspace / "deliveries"
        known = Catalogue("test", "测试", "Test", root, root, {}, {one.id: one}, {}, {}, {}, {})
        self.definition, self.cursor, self.file = arrivals(settings, known), "", root / f"2026-11-02/{one.name}.csv"
        self.file.parent.mkdir(exist_ok=True)

    def asks(self) -> list[str]:
        """The keys of the runs that one tick asks for."""
        found = self.definition.evaluate_tick(dg.build_sensor_context(cursor=self.cursor))
        self.cursor = found.cursor or self.cursor
        return [str(one.run_key) for one in found.run_requests or ()]

    def ticks(self, number: int = 3) -> list[str]:
        """The keys that so many ticks ask for."""
        return [key for _ in range(number) for key in self.asks()]


def test_each_set_at_rest_is_asked_for_once_whatever_becomes_of_its_run(city: Settings) -> None:
    sensor = Sensor(city, people())
    assert sensor.ticks() == []
    sensor.file.write_text("id,name,age\n", encoding="utf-8")
    assert sensor.asks() == []  # it may still be written to
    (first,) = sensor.ticks()
    beside = sensor.file.parent.with_name("2026-11-03")
    beside.mkdir()
    (beside / sensor.file.name).write_text("id,name,age\n", encoding="utf-8")
    (both,) = sensor.ticks()
    for length in (2, 3, 4):
        sensor.file.write_text("1,甲,1\n" * length, encoding="utf-8")
        assert sensor.asks() == []
    (second,) = sensor.ticks()
    mark = sensor.file.with_name(f"{sensor.file.name}.withdrawn")
    mark.touch()
    (third,) = sensor.ticks()
    mark.unlink()
    (fourth,) = sensor.ticks()  # what lay there before is asked for again, by another key
    assert len({first, both, second, third, fourth}) == 5


def test_who_watches_anew_asks_for_nothing_that_was_asked_for(city: Settings) -> None:
    one = people()
    sensor = Sensor(city, one)
    sensor.file.write_text("id,name,age\n", encoding="utf-8")
    assert len(sensor.ticks()) == 1
    again = Sensor(city, one)
    again.cursor = sensor.cursor
    assert again.ticks() == []


@pytest.mark.parametrize("source", [{"settled_seconds": 60}, {"complete": "_SUCCESS"}])
def test_what_the_contract_does_not_call_whole_wakes_nobody(city: Settings, source: dict[str, object]) -> None:
    sensor = Sensor(city, people(**source))
    sensor.file.write_text("id,name,age\n", encoding="utf-8")
    moment = NOW.moment.timestamp()
    os.utime(sensor.file, (moment - 59, moment - 59))
    assert sensor.ticks() == []
    if "complete" in source:
        sensor.file.with_name("_SUCCESS").touch()
    else:
        os.utime(sensor.file, (moment - 60, moment - 60))
    assert len(sensor.ticks()) == 1


def test_schedules_and_sensor_stand_still_until_they_are_switched_on(city: Settings) -> None:
    (schedule,), sensor = schedules([people()]), Sensor(city, people()).definition
    assert [one.default_status.value for one in (schedule, sensor)] == ["STOPPED", "STOPPED"]


def test_runs_take_turns(instance: tuple[dg.DagsterInstance, Path]) -> None:
    opened, _ = instance
    assert isinstance(opened.run_coordinator, dg.QueuedRunCoordinator)
    assert opened.get_concurrency_config().run_queue_config.max_concurrent_runs == 1  # type: ignore[union-attr]
    assert opened.run_monitoring_enabled


def test_a_run_whose_process_is_gone_frees_the_queue(instance: tuple[dg.DagsterInstance, Path]) -> None:
    opened, state = instance
    run = opened.create_run_for_job(dg.job(name="one")(lambda: None), status=dg.DagsterRunStatus.STARTED)
    with one_writer(state):
        assert opened.run_launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
    assert opened.run_launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND
