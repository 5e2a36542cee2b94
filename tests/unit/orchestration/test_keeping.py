"""What Dagster keeps of runs is bounded by their number, and what nobody asks for again goes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from lake.settings import Settings, load_settings
from orchestration.keeping.upkeep import tidy_dagster
from orchestration.running.instance import open_instance

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dg.asset(check_specs=[dg.AssetCheckSpec("well", asset="table")])
def table() -> Iterator[dg.AssetCheckResult | dg.Output[None]]:
    yield dg.AssetCheckResult(check_name="well", passed=True)
    yield dg.Output(None)


@dg.asset
def broken() -> None:
    raise ValueError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path, {"ZHONGTAI_STATE": str(tmp_path / "state")})


def made(instance: dg.DagsterInstance, asset: dg.AssetsDefinition) -> str:
    return dg.materialize([asset], instance=instance, raise_on_error=False).run_id


def events(instance: dg.DagsterInstance, run: str) -> set[str]:
    return {one.dagster_event.event_type_value for one in instance.all_logs(run) if one.dagster_event}


def test_the_newest_runs_are_kept_and_their_passing_events_are_not(settings: Settings) -> None:
    with open_instance(settings) as instance:
        first, failed, *_, last = [made(instance, one) for one in (table, broken, table, table)]
        found = tidy_dagster(settings, (instance, ""), (LONG_AGO, 3))
        assert found["runs"] == 1 and found["events"] > 0 and not instance.has_run(first)
        kept = events(instance, last)
        assert {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION", "STEP_SUCCESS", "PIPELINE_SUCCESS"} <= kept
        assert not {"STEP_OUTPUT", "ASSET_MATERIALIZATION_PLANNED"} & kept
        # A run that failed can be taken up from where it did.
        assert "ASSET_MATERIALIZATION_PLANNED" in events(instance, failed)
        assert tidy_dagster(settings, (instance, ""), (LONG_AGO, 3))["events"] == 0


def test_an_asset_stays_made_though_the_run_that_made_it_is_gone(settings: Settings) -> None:
    with open_instance(settings) as instance:
        first = made(instance, table)
        made(instance, broken)
        assert tidy_dagster(settings, (instance, first), (LONG_AGO, 1))["runs"] == 0
        assert tidy_dagster(settings, (instance, ""), (LONG_AGO, 1))["runs"] == 1
        assert not instance.has_run(first)
        assert instance.get_latest_materialization_event(dg.AssetKey("table")) is not None
