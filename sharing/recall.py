"""Recall: name every release that a bad batch reached, and withdraw each of them.

Reached is what the ledger or the release's own certificate says, whichever says more; a release whose certificate
cannot be read and of which the ledger knows nothing counts as reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from sharing.release import Release, list_releases, withdraw
from sharing.tombstones import tombstones


@dataclass(frozen=True)
class Recall:
    """What a recall did: the batch, the releases withdrawn (now or before) as records, and who had received them."""

    batch: str
    releases: tuple[Release, ...]
    recipients: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        releases = [release.as_dict() for release in self.releases]
        return {"batch": self.batch, "releases": releases, "recipients": list(self.recipients)}


def reached(ledger: Ledger, releases_root: Path, batch: str) -> tuple[Release, ...]:
    """Every release that holds rows of the batch, current or not; SharingRefused for a batch nobody has heard of."""
    recorded = _recorded(ledger)
    releases = list_releases(releases_root)
    found = tuple(release for release in releases if _reaches(release, recorded.get(release.release_id), batch))
    if not any(batch in (recorded.get(one.release_id) or set()) | set(one.batches) for one in found):
        _refuse_unknown(ledger, batch)
    return found


def recall(ledger: Ledger, releases_root: Path, batch: str, reason: str, at: datetime) -> Recall:
    """Withdraw every release that the batch reached, and record it. Safe to repeat: what is withdrawn stays so.

    Withdrawing comes first: a crash before the ledger is written leaves nothing served, and the next recall records it.
    """
    why = f"batch {batch} was recalled: {reason}"
    withdrawn = []
    for release in reached(ledger, releases_root, batch):
        gone = withdraw(releases_root, release.agreement, why, at, release.release_id)
        withdrawn.append(gone or release)
    known = _recipients(ledger)
    names = {release.recipient or known.get(release.release_id) for release in withdrawn}
    done = Recall(batch, tuple(withdrawn), tuple(sorted(name for name in names if name)))
    ledger.append_many(_entries(done, reason), at)
    return done


def release_entry(ledger: Ledger, release: Release, batches: Iterable[str]) -> dict[str, Any] | None:
    """The body of the `release` entry that the ledger still lacks, or None where it has it.

    `batches` are those of the newest evidence: the same bytes may by now be made from more batches than the certificate
    names, and a recall of those must find the release. Asking the ledger, not the run, also covers a run that died
    between publishing and recording.
    """
    known = _recorded(ledger).get(release.release_id)
    every = {*release.batches, *batches, *(known or ())}
    return None if known == every else release.as_dict() | {"batches": sorted(every)}


def recalled_batches(ledger: Ledger, releases_root: Path | None = None) -> dict[str, str]:
    """Every batch that was ever recalled, with the reason: its rows count for nothing any more.

    With the releases, also what a tombstone alone says: of a recall that died before the ledger had it.
    """
    told = {stone.batch: stone.reason for stone in tombstones(releases_root)} if releases_root else {}
    told.pop("", None)
    return told | {entry.key: str(entry.body.get("reason", "")) for entry in ledger.entries("recall")}


def _recorded(ledger: Ledger) -> dict[str, set[str]]:
    recorded: dict[str, set[str]] = {}
    for entry in ledger.entries("release"):
        recorded.setdefault(str(entry.body.get("release_id")), set()).update(entry.body.get("batches", ()))
    return recorded


def _reaches(release: Release, recorded: set[str] | None, batch: str) -> bool:
    if release.statement is None and recorded is None:
        return True
    return batch in release.batches or batch in (recorded or ())


def _refuse_unknown(ledger: Ledger, batch: str) -> None:
    if not any(entry.body.get("batch") == batch for entry in ledger.entries("batch")):
        raise SharingRefused(
            "batch_known",
            batch,
            "no batch of this id was ever landed or released",
            "see `zhongtai status` for batch ids",
        )


def _recipients(ledger: Ledger) -> dict[str, str]:
    return {
        str(entry.body.get("release_id")): str(entry.body["recipient"])
        for entry in ledger.entries("release")
        if entry.body.get("recipient")
    }


def _entries(done: Recall, reason: str) -> list[tuple[str, dict[str, Any]]]:
    why = {"batch": done.batch, "reason": reason}
    ids = [release.release_id for release in done.releases]
    first = ("recall", why | {"releases": ids, "recipients": list(done.recipients)})
    return [first, *(("withdrawal", release.as_dict() | why) for release in done.releases)]
