"""Dagster's own folder in a workspace's state: what its instance is told. Nothing of Dagster is imported here."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import yaml

from lake.settings import Settings


def prepare_dagster_home(settings: Settings) -> None:
    """Make Dagster's folder, with telemetry and its sign-up dialogue off."""
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
