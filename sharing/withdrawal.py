"""Taking back what was released, whole: the tombstone, the notice to its recipient, and what the ledger says of it.

Everything that withdraws goes this way: a recall, a stop, an agreement that ended. What is withdrawn is the callers' to
say. Each step is safe to repeat, and what a crash left undone the next run does (`settle_withdrawn`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.faults import Fault
from sharing.keys import Signer
from sharing.ledger import Ledger
from sharing.notices import issue_notice
from sharing.release import Release, list_releases, withdraw
from sharing.tombstones import Reason, Tombstone, read_tombstone, tombstone, tombstones

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


def settle_withdrawn(books: Books, at: datetime, *, lost: bool = False) -> None:
    """Finish what a crash left undone: what has a tombstone is sealed away, its recipient told, and recorded.

    A tombstone is nobody's signed word: that a batch was recalled it tells only where a part of the ledger is `lost`,
    which a named person has accepted.
    """
    ledger = books.ledger
    recorded = {str(entry.body.get("release_id")): entry.body for entry in ledger.entries("withdrawal")}
    known, entries = recipients(ledger), list[Entry]()
    for release in list_releases(books.releases):
        if release.state != "withdrawn":
            continue
        body = recorded.get(release.release_id)
        told = body is not None and ("notice" in body or release.release_id not in known)
        home = books.releases / release.agreement
        if not told or release.path.parent == home:
            stone = read_tombstone(tombstone(home, release.release_id))
            entry = take_back(books, release, stone.why, _moment(stone, at))[1]
            entries += [] if told else [entry]
    entries += _recalls(books, {entry.key for entry in ledger.entries("recall")}) if lost else ()
    if entries:
        ledger.append_many(entries, at)


def withdraw_again(books: Books, at: datetime) -> None:
    """Withdraw what the ledger knows to be withdrawn, or made of a recalled batch, and what stands all the same: put
    back, or left by a crash.
    """
    gone = {str(entry.body.get("release_id")): entry.body for entry in books.ledger.entries("withdrawal")}
    recalls = {entry.key: entry.body for entry in books.ledger.entries("recall")}
    made_of: dict[str, set[str]] = {}
    for entry in books.ledger.entries("release"):
        made_of.setdefault(str(entry.body.get("release_id")), set()).update(entry.body.get("batches", ()))
    for release in list_releases(books.releases):
        if release.state == "withdrawn":
            continue
        bad = sorted(recalls.keys() & ({*release.batches} | made_of.get(release.release_id, set())))
        if release.release_id in gone:
            take_back(books, release, _reason(gone[release.release_id]), at)
        elif bad:
            said = recalls[bad[0]]
            why = f"batch {bad[0]} was recalled: {said.get('reason', '')}"
            take_back_recorded(books, release, replace(_reason(said), words=why, batch=bad[0]), at)


def _reason(body: Mapping[str, Any]) -> Reason:
    return Reason(*(str(body.get(name) or "") for name in ("reason", "by", "batch", "act")))


def tombstone_faults(ledger: Ledger, releases_root: Path) -> Iterator[Fault]:
    """Tombstones that say nothing, or another batch or act than the ledger has of that withdrawal."""
    gone: dict[str, list[Mapping[str, Any]]] = {}
    for entry in ledger.entries("withdrawal"):
        gone.setdefault(str(entry.body.get("release_id")), []).append(entry.body)
    for stone in tombstones(releases_root):
        if stone.release_id in gone and not any(_agrees(stone, body) for body in gone[stone.release_id]):
            subject = f"{stone.agreement}/{stone.release_id}"
            told = "its tombstone does not say for which batch, and by which act, the ledger has it withdrawn"
            fix = "find out who wrote it; remove it, and the next run writes it anew"
            yield Fault("tombstone_changed", subject, told, fix)


def _agrees(stone: Tombstone, body: Mapping[str, Any]) -> bool:
    if not stone.at:
        return False
    # Those of before there were acts name neither.
    said = {"batch": stone.batch, "act": stone.act}
    return all(not value or value == str(body.get(name) or "") for name, value in said.items())


def _moment(stone: Tombstone, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(stone.at)
    except ValueError:
        return otherwise
    return found if found.tzinfo else otherwise


def _recalls(books: Books, recorded: set[str]) -> Iterator[Entry]:
    """Recalls that tombstones tell of, and the ledger does not."""
    found: dict[str, list[Tombstone]] = {}
    for stone in tombstones(books.releases):
        if stone.batch and stone.batch not in recorded:
            found.setdefault(stone.batch, []).append(stone)
    known = recipients(books.ledger)
    for batch, stones in sorted(found.items()):
        ids = [stone.release_id for stone in stones]
        told = {name: value for name, value in (("by", stones[0].by), ("act", stones[0].act)) if value}
        names = sorted({known[one] for one in ids if one in known})
        reason = stones[0].reason.removeprefix(f"batch {batch} was recalled: ")
        yield "recall", {"batch": batch, "reason": reason, **told, "releases": ids, "recipients": names}


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
