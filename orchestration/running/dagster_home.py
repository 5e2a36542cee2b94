"""Dagster's own folder in a workspace's state: what its instance is told. Nothing of Dagster is imported here."""

from __future__ import annotations

import yaml

from lake.settings import Settings


def prepare_dagster_home(settings: Settings) -> None:
    """Make Dagster's folder, with telemetry and its sign-up dialogue off."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    instance = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "event_log_storage": {
            "module": "orchestration.running.event_log",
            "class": "OpenSqliteEventLog",
            "config": {"base_dir": str(settings.dagster_home / "events")},
        },
    }
    (settings.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(instance), encoding="utf-8")
