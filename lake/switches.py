"""Switches against the ledger: whether what is served is what the newest verdict released. Nothing is switched here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lake.settings import Settings
from sharing import witnesses
from sharing.durable import read_file
from sharing.faults import Fault
from sharing.ledger import Ledger
from sharing.witnesses import Recorded

_RUN = "run `zhongtai run`: it judges again, and switches to what it releases"


def switch_faults(settings: Settings, ledger: Ledger) -> Iterator[Fault]:
    """Switches that serve another release than the newest verdict released."""
    current, recorded = ledger.current("verdict"), Recorded.of(ledger)
    gone = {str(entry.body.get("release_id")) for entry in ledger.entries("withdrawal")}
    there = witnesses.placed(settings.releases)
    for name, entry in current.items():
        wanted = _newest_released(ledger, entry.body, name)
        switched = _switched(settings.releases / name / "current.json")
        if switched is None and wanted is not None and wanted not in gone and f"{name}/{wanted}" in there:
            message = f"release {wanted} was released last, and nothing is served"
            yield Fault("switch", f"{name} {wanted}", message, _RUN)
        elif switched is not None and switched in gone:
            yield Fault("switch", f"{name} {switched}", "it is served, and was withdrawn", _RUN)
        elif switched is not None and switched != wanted and not _newer(recorded, name, switched, entry.seq):
            message = f"it is served; the last that was released is {wanted}"
            yield Fault("switch", f"{name} {switched}", message, _RUN)


def _newer(recorded: Recorded, agreement: str, release: str, verdict: int) -> bool:
    """Whether a release was recorded after the verdict: a run that died between the two left it."""
    return recorded.released.get(f"{agreement}/{release}", 0) > verdict


def _newest_released(ledger: Ledger, newest: Any, name: str) -> str | None:
    if newest.get("verdict") == "released":
        return str(newest.get("release_id"))
    return ledger.released_last(name)


def _switched(path: Path) -> str | None:
    try:
        return str(json.loads(read_file(path))["release_id"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
