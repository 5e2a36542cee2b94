"""Landed copies whose declared retention is over: each named in the ledger, then removed.

Kept whatever their age are the batches of a release that stands, for it must be reproduced, and everything while a
finding is open. What has left can be neither judged again nor rebuilt; its rows stay in the lake. What is wrong with
landing is `conservation`'s and `proof`'s.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.clock import day_of
from lake.batch import UNTAKEN
from lake.city import City
from lake.landed import SEALED
from sharing.ledger import Ledger
from sharing.release import list_releases

GONE = "landed_gone"


@dataclass(frozen=True)
class Leaving:
    """One landed batch whose time is over, and since when: the day of its last delivery."""

    dataset: str
    batch: str
    folder: Path
    since: date

    def as_dict(self, days: int) -> dict[str, Any]:
        """The body of its ledger entry."""
        size = sum(file.stat().st_size for file in self.folder.iterdir())
        why = f"retention.landing_days: {days}"
        facts = {"dataset": self.dataset, "batch": self.batch, "since": self.since.isoformat()}
        return {**facts, "bytes": size, "why": why}


def gone_landed(ledger: Ledger) -> set[str]:
    """The batches whose landed copy left by its retention."""
    return set(ledger.current(GONE))


def leave(city: City) -> list[dict[str, Any]]:
    """Let the landed copies go whose retention is over; what the ledger now has of each.

    The ledger comes first: a crash leaves copies that the next time removes.
    """
    days = city.catalogue.retention.landing_days
    if days is None:
        return []
    found = list(_over(city, city.today() - timedelta(days=days)))
    known = gone_landed(city.ledger)
    told = [one.as_dict(days) for one in found]
    if fresh := [(GONE, body) for body in told if body["batch"] not in known]:
        city.ledger.append_many(fresh, city.now())
    for one in found:
        shutil.rmtree(one.folder)
    return told


def _over(city: City, last: date) -> Iterator[Leaving]:
    needed = _needed(city)
    if needed is None:
        return
    delivered = _delivered(city)
    for dataset in city.catalogue.datasets.values():
        home = city.settings.landing / dataset.table
        for folder in sorted(home.iterdir()) if home.is_dir() else []:
            batch = folder.name.removesuffix(SEALED)
            if not folder.is_dir() or folder.name.startswith(".") or batch in needed:
                continue
            # What was refused is in no entry: it lies there since it came.
            since = delivered.get(batch) or _day(city, folder.stat().st_mtime)
            if since < last:
                yield Leaving(dataset.id, batch, folder, since)


def _needed(city: City) -> set[str] | None:
    """The batches of releases that stand, in force still; None where a certificate cannot be read: who knows then."""
    needed = set[str]()
    for one in list_releases(city.settings.releases):
        if one.state == "withdrawn":
            continue
        if one.statement is None:
            return None
        if one.statement.predicate.agreement.valid_until >= city.today():
            needed |= set(one.batches)
    return needed


def _delivered(city: City) -> dict[str, date]:
    """Batch -> when it was delivered last: by its own day, or when it came, whichever is later."""
    found: dict[str, date] = {}
    for entry in city.ledger.entries("batch"):
        body = entry.body
        if body["state"] in {*UNTAKEN, "rejudged", "withdrawn"}:
            continue
        day = date.fromisoformat(str(body["delivered_on"]))
        came = _day(city, entry.at.timestamp())
        found[body["batch"]] = max(found.get(body["batch"], date.min), day, came)
    return found


def _day(city: City, moment: float) -> date:
    return min(day_of(datetime.fromtimestamp(moment, UTC)), city.today())
