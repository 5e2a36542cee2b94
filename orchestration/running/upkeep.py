"""Upkeep as the command line does it: Dagster's storage of the workspace is opened here, the work is `keeping`'s."""

from __future__ import annotations

from typing import Any

from lake.settings import Settings
from orchestration.keeping.upkeep import maintain_city
from orchestration.running.instance import open_instance


def maintain(settings: Settings) -> dict[str, Any]:
    """Everything that upkeep does, in numbers; raises as `maintain_city`."""
    if not settings.dagster_home.is_dir():
        return maintain_city(settings, None)
    with open_instance(settings) as instance:
        return maintain_city(settings, instance)
