"""Taking back what was released, whole: the tombstone, the notice to its recipient, and what the ledger says of it.

Everything that withdraws goes this way: a recall, a stop, an agreement that ended. What is withdrawn is the callers' to
say. Each step is safe to repeat, and what a crash left undone the next run does (`settle_withdrawn`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.keys import Signer
from sharing.ledger import Ledger
from sharing.notices import issue_notice
from sharing.release import Release, list_releases, withdraw
from sharing.tombstones import Reason, read_tombstone, tombstone

Entry = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Books:
    """What withdrawing needs, and all it needs: the ledger, the releases, and who signs (None: nobody is told)."""

    ledger: Ledger
    releases: Path
    signer: Signer | None = None
    run_id: str | None = None


def take_back(books: Books, release: Release, why: Reason, at: datetime) -> tuple[Release, Entry]:
    """Withdraw a release for good and tell its recipient; returned beside it is the entry that the caller records."""
    gone = withdraw(books.releases, release.agreement, why, at, release.release_id) or release
    recipient = gone.recipient or recipients(books.ledger).get(gone.release_id)
    body = {**gone.as_dict(), "recipient": recipient, "reason": why.words}
    more = {"batch": why.batch, "by": why.by, "act": why.act, "run_id": books.run_id}
    if recipient and books.signer:
        more["notice"] = issue_notice(books.releases, gone, recipient, (why, at), books.signer)
    return gone, ("withdrawal", {**body, **{name: value for name, value in more.items() if value}})


def take_back_recorded(books: Books, release: Release, why: Reason, at: datetime) -> Release:
    """Withdraw a release, and have the ledger say so."""
    gone, entry = take_back(books, release, why, at)
    books.ledger.append_many([entry], at)
    return gone


def settle_withdrawn(books: Books, at: datetime) -> None:
    """Finish what a crash left undone: what has a tombstone is sealed away, its recipient told, and recorded."""
    recorded = {str(entry.body.get("release_id")) for entry in books.ledger.entries("withdrawal")}
    for release in list_releases(books.releases):
        home = books.releases / release.agreement
        if release.state == "withdrawn" and (release.release_id not in recorded or release.path.parent == home):
            stone = read_tombstone(tombstone(home, release.release_id))
            gone, entry = take_back(books, release, stone.why, at)
            if gone.release_id not in recorded:
                books.ledger.append_many([entry], at)


def recipients(ledger: Ledger) -> Mapping[str, str]:
    """Release id -> who received it, as the ledger has it."""
    return {
        str(entry.body.get("release_id")): str(entry.body["recipient"])
        for entry in ledger.entries("release")
        if entry.body.get("recipient")
    }


def released(ledger: Ledger, releases_root: Path) -> Iterator[Release]:
    """Every release that there is or ever was: those on the disk, then those that the ledger alone knows of."""
    there = list_releases(releases_root)
    yield from there
    known = {release.release_id for release in there}
    for entry in ledger.entries("release"):
        agreement, identity = str(entry.body.get("agreement")), str(entry.body.get("release_id"))
        if identity not in known:
            known.add(identity)
            home = releases_root / agreement
            gone = tombstone(home, identity).exists()
            yield Release(agreement, identity, home / identity, "withdrawn" if gone else "damaged", None)
