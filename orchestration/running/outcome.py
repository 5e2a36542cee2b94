"""What a run came to, and what a person should know besides. Nothing is run here, and nothing printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.model import Catalogue
from lake.settings import Settings
from lake.witnessing import have_signed


@dataclass(frozen=True)
class RunOutcome:
    """What a run came to: `success` is False when a step raised, and `failure` then says which and why."""

    success: bool
    summary: dict[str, Any]
    failure: str = ""


def notes_of(settings: Settings, catalogue: Catalogue) -> list[str]:
    """What a person should know of a run beside its outcome."""
    return [*_twins(settings, catalogue), *have_signed(settings)]


def _twins(settings: Settings, catalogue: Catalogue) -> list[str]:
    from orchestration.twins.sync import drift  # reads SQL, which `--help` need not wait for

    different = drift(catalogue, settings.dbt_project)
    if not different:
        return []
    named = ", ".join(one.path for one in different[:3])
    return [f"{len(different)} dbt twins differ from the declarations ({named} …): run `zhongtai sync`, then run again"]
