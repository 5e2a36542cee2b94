"""Anchors: the newest signed head of the ledger, written on other mounts, and which of them are not there.

The ledger has each anchor that was ever written. One that is gone was removed, or its place is not mounted: it is told,
and not written anew before somebody has resolved that. What the heads in them say is `sharing.witnesses`'.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lake.settings import Settings
from sharing.canonical import canonical_json
from sharing.chain import signed_head
from sharing.durable import write_file
from sharing.faults import Fault
from sharing.keys import Signer
from sharing.ledger import Ledger

KIND, MISSING = "anchor", "anchor_missing"
_MOUNT = "mount it, or restore it; where it is lost for good, have somebody resolve it: the next run writes it anew"


def missing_anchors(settings: Settings, ledger: Ledger) -> Iterator[Fault]:
    """Each anchor that was written once and is not there."""
    written = ledger.current(KIND)
    for path in settings.anchors:
        if str(path) in written and not path.exists():
            message = f"the anchor was written first at {written[str(path)].at.isoformat()}, and is not there"
            yield Fault(MISSING, str(path), message, _MOUNT)


def anchor_notes(settings: Settings, ledger: Ledger) -> list[str]:
    """What a person should know of anchors: those that are gone, and those that could never be written."""
    written = ledger.current(KIND)
    gone = [f"{one.rule} {one.subject}: {one.message}; {one.fix}" for one in missing_anchors(settings, ledger)]
    never = [path for path in settings.anchors if str(path) not in written and not path.exists()]
    said = "no writer has been able to write this anchor; make its folder, or correct ZHONGTAI_ANCHOR"
    return [*gone, *(f"{MISSING} {path}: {said}" for path in never if not path.parent.is_dir())]


def write_anchors(settings: Settings, ledger: Ledger, signer: Signer, excused: set[str]) -> None:
    """Write the newest head to every anchor that can be reached."""
    for path in _wanted(settings, ledger, excused):
        _write(path, ledger, signer)


def remember_anchors(settings: Settings, ledger: Ledger, signer: Signer, excused: set[str]) -> None:
    """Record each anchor that is written for the first time."""
    written = ledger.current(KIND)
    fresh = [path for path in _wanted(settings, ledger, excused) if str(path) not in written]
    for path in fresh:
        if _write(path, ledger, signer):
            ledger.append(KIND, {"path": str(path)}, settings.clock.now())


def _wanted(settings: Settings, ledger: Ledger, excused: set[str]) -> list[Path]:
    gone = {one.subject for one in missing_anchors(settings, ledger) if f"{MISSING} {one.subject}" not in excused}
    return [path for path in settings.anchors if str(path) not in gone]


def _write(path: Path, ledger: Ledger, signer: Signer) -> bool:
    with suppress(OSError):
        write_file(path, canonical_json(signed_head(ledger.head(), signer)))
        return True
    return False
