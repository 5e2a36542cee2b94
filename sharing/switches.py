"""When which release of an agreement was the current one: the order in which a recipient came to see them.

A release may become current twice, with another between. The ledger has each time; where a writer died before it wrote
the last one down, or did not write them yet, the switch itself and the entries of releases say it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sharing.ledger import Ledger
from sharing.release import switched

KIND = "switch"


@dataclass(frozen=True)
class Switch:
    """One time that a release became current."""

    release_id: str
    at: datetime


def record_switch(ledger: Ledger, agreement: str, release_id: str, at: datetime) -> None:
    """Note that a release is the current one, if the newest note of its agreement names another."""
    newest = ledger.latest(KIND, agreement)
    if newest is None or newest.body["release_id"] != release_id:
        ledger.append(KIND, {"agreement": agreement, "release_id": release_id}, at)


def switches(ledger: Ledger, releases_root: Path, agreement: str) -> list[Switch]:
    """Every switch of an agreement, in order: the number of each in this list never changes."""
    noted = [Switch(str(one.body["release_id"]), one.at) for one in ledger.about(KIND, agreement)]
    before = [Switch(str(one.body["release_id"]), one.at) for one in ledger.about("release", agreement)]
    if noted:
        before = [one for one in before if one.at < noted[0].at]
    now = switched(releases_root, agreement)
    return list(_turns([*before, *noted, *([Switch(*now)] if now else [])]))


def _turns(found: list[Switch]) -> Iterator[Switch]:
    """Without those that switch to what is current already."""
    last = ""
    for one in found:
        if one.release_id != last:
            last = one.release_id
            yield one
