"""What a run came to, and what a person should know besides. Nothing is run here, and nothing printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contracts.model import Catalogue
from lake.settings import Settings
from lake.witnessing import have_signed
from sharing.ledger import Ledger

_TOLERATED = timedelta(minutes=5)


@dataclass(frozen=True)
class RunOutcome:
    """What a run came to: `success` is False when a step raised, and `failure` then says which and why."""

    success: bool
    summary: dict[str, Any]
    failure: str = ""


def notes_of(settings: Settings, catalogue: Catalogue) -> list[str]:
    """What a person should know of a run beside its outcome."""
    return [*_clock(settings), *_twins(settings, catalogue), *have_signed(settings)]


def _clock(settings: Settings) -> list[str]:
    """A clock behind what was written down already: days and ages are judged by it all the same."""
    with Ledger.read(settings.ledger) as ledger:
        newest = max((entry.at for entry in ledger.current("verdict").values()), default=None)
    now = settings.clock.now()
    if newest is None or newest <= now + _TOLERATED:
        return []
    return [
        f"the clock says {now.isoformat(timespec='minutes')}, and the ledger has a verdict of "
        f"{newest.isoformat(timespec='minutes')}: it went back. Ages and terms were judged by it: set it right (or "
        "ZHONGTAI_NOW), then run again"
    ]


def _twins(settings: Settings, catalogue: Catalogue) -> list[str]:
    from orchestration.twins.sync import drift  # reads SQL, which `--help` need not wait for

    different = drift(catalogue, settings.dbt_project)
    if not different:
        return []
    named = ", ".join(one.path for one in different[:3])
    return [f"{len(different)} dbt twins differ from the declarations ({named} …): run `zhongtai sync`, then run again"]
