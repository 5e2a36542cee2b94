"""Dagster's own folder in a workspace's state: what its instance is told. Nothing of Dagster is imported here."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import yaml

from lake.settings import Settings

_DEQUEUE_SECONDS, _MONITOR_SECONDS = 5, 30
_TICK_DAYS = {"skipped": 1, "success": 90, "failure": 90, "started": 7}


def prepare_dagster_home(settings: Settings) -> None:
    """Make Dagster's folder: telemetry and its sign-up dialogue off, runs one after the other."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    instance = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        # What steps print is no evidence, and may quote a value: it is not kept, and no process is started to keep it.
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        "event_log_storage": {
            "module": "orchestration.running.event_log",
            "class": "OpenSqliteEventLog",
            "config": {"base_dir": str(settings.dagster_home / "events")},
        },
        # A lake has one writer: whoever asks for a run, schedule, sensor or person, is served in turn.
        "run_coordinator": {
            "module": "dagster",
            "class": "QueuedRunCoordinator",
            "config": {"max_concurrent_runs": 1, "dequeue_interval_seconds": _DEQUEUE_SECONDS},
        },
        "run_launcher": {
            "module": "orchestration.running.launcher",
            "class": "WatchedRunLauncher",
            "config": {"state": str(settings.state)},
        },
        "run_monitoring": {"enabled": True, "poll_interval_seconds": _MONITOR_SECONDS},
        # Ticks are no evidence: those that did nothing are not kept for long.
        "retention": {
            "schedule": {"purge_after_days": _TICK_DAYS},
            "sensor": {"purge_after_days": _TICK_DAYS},
        },
    }
    (settings.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(instance), encoding="utf-8")


def put_by(settings: Settings) -> Path:
    """Move a damaged folder out of the way, and prepare a new one; where the old one lies now."""
    place = settings.dagster_home
    named = (place.with_name(f"{place.name}.damaged-{number}") for number in count(1))
    old = next(one for one in named if not one.exists())
    settings.dagster_home.rename(old)
    prepare_dagster_home(settings)
    return old
