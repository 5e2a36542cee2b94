"""Recall: name every release that a bad batch reached, and withdraw each of them. Ledger and releases alone are needed.

Reached is what the ledger or the release's own certificate says, whichever says more; a release whose certificate
cannot be read and of which the ledger knows nothing counts as reached. A recall is for good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.faults import SharingRefused
from sharing.keys import Signer
from sharing.ledger import Ledger
from sharing.release import Release
from sharing.tombstones import Reason
from sharing.withdrawal import Books, recipients, released, take_back

_SHORTEST = 4


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


def find_batch(ledger: Ledger, releases_root: Path, wanted: str) -> str:
    """The id of the one batch that begins so, of all that were ever landed or released; SharingRefused otherwise."""
    known = {str(entry.body["batch"]): str(entry.body["dataset"]) for entry in ledger.entries("batch") if _named(entry)}
    certified = {batch: "" for release in released(ledger, releases_root) for batch in release.batches}
    recorded = {batch: "" for batches in _recorded(ledger).values() for batch in batches}
    every = {**certified, **recorded, **known}
    if wanted in every:
        return wanted
    found = sorted(batch for batch in every if batch.startswith(wanted)) if len(wanted) >= _SHORTEST else []
    if len(found) == 1:
        return found[0]
    if not found:
        what, fix = "no batch of this id was ever landed or released", "see `zhongtai status` for batch ids"
        raise SharingRefused("batch_known", wanted, what, fix)
    named = ", ".join(f"{batch} ({every[batch]})" if every[batch] else batch for batch in found)
    raise SharingRefused("batch_known", wanted, f"several batches begin so: {named}", "give more of its id")


def reached(ledger: Ledger, releases_root: Path, batch: str) -> tuple[Release, ...]:
    """Every release that holds rows of the batch, current or not; SharingRefused for a batch nobody has heard of."""
    recorded = _recorded(ledger)
    releases = released(ledger, releases_root)
    found = tuple(release for release in releases if _reaches(release, recorded.get(release.release_id), batch))
    if not any(batch in (recorded.get(one.release_id) or set()) | set(one.batches) for one in found):
        _refuse_unknown(ledger, batch)
    return found


def recipients_of(ledger: Ledger, releases: Iterable[Release]) -> tuple[str, ...]:
    """Who received any of these releases, each once."""
    known = recipients(ledger)
    names = {release.recipient or known.get(release.release_id) for release in releases}
    return tuple(sorted(name for name in names if name))


def recall(
    ledger: Ledger, releases_root: Path, batch: str, reason: str | Reason, at: datetime, signer: Signer | None = None
) -> Recall:
    """Withdraw every release that the batch reached, and record it. Safe to repeat: what is withdrawn stays so.

    With a signer each recipient is told by a signed notice. Withdrawing comes first: a crash before the ledger is
    written leaves nothing served, and the next recall, or run, records it. SharingRefused without a reason.
    """
    said = reason if isinstance(reason, Reason) else Reason(reason)
    if not said.words.strip():
        raise SharingRefused("recall_reason", batch, "a recall without a reason is none", "say why, with --why TEXT")
    why = Reason(f"batch {batch} was recalled: {said.words}", said.by, batch, said.act)
    books = Books(ledger, releases_root, signer)
    done = [take_back(books, release, why, at) for release in reached(ledger, releases_root, batch)]
    withdrawn = tuple(release for release, _ in done)
    found = Recall(batch, withdrawn, recipients_of(ledger, withdrawn))
    body = {
        "batch": batch,
        "reason": said.words,
        **{name: value for name, value in (("by", said.by), ("act", said.act)) if value},
        "releases": [release.release_id for release in withdrawn],
        "recipients": list(found.recipients),
    }
    entries = [(kind, {**entry, "reason": said.words}) for _, (kind, entry) in done]
    ledger.append_many([("recall", body), *entries], at)
    return found


def release_entry(ledger: Ledger, release: Release, batches: Iterable[str]) -> dict[str, Any] | None:
    """The body of the `release` entry that the ledger still lacks, or None where it has it.

    `batches` are those of the newest evidence: the same bytes may by now be made from more batches than the certificate
    names, and a recall of those must find the release. Asking the ledger, not the run, also covers a run that died
    between publishing and recording.
    """
    known = _recorded(ledger).get(release.release_id)
    every = {*release.batches, *batches, *(known or ())}
    return None if known == every else release.as_dict() | {"batches": sorted(every)}


def recalled_batches(ledger: Ledger) -> dict[str, str]:
    """Every batch that was ever recalled, with the reason: its rows count for nothing any more."""
    return {entry.key: str(entry.body.get("reason", "")) for entry in ledger.entries("recall")}


def _named(entry: Any) -> bool:
    return bool(entry.body.get("batch"))


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
