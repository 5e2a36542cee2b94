"""Recalling a batch as a person's act, and acknowledging that one was told: from ledger, releases and persons alone.

No lake is opened and no contract read, so that both work where little else does. Withdrawing itself is `sharing`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contracts.acts import Deed
from lake.acts import Actor, Acts, Persons, Said, record_act
from sharing.acts import read_act
from sharing.canonical import digest
from sharing.chain import Entry
from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from sharing.notices import ACKNOWLEDGED, Notice, notices, recorded_notices
from sharing.recall import Recall, find_batch, reached, recipients_of
from sharing.recall import recall as recall_batch
from sharing.tombstones import Reason
from sharing.withdrawal import Books


def would_reach(ledger: Ledger, releases_root: Path, wanted: str) -> Recall:
    """The releases that a recall of the batch whose id begins so withdraws; nothing is changed."""
    batch = find_batch(ledger, releases_root, wanted)
    found = reached(ledger, releases_root, batch)
    return Recall(batch, found, recipients_of(ledger, found))


def recall(books: Books, what: Recall, who: Actor, said: Said) -> dict[str, Any]:
    """Withdraw what the batch reached, by a person's act over just that. SharingRefused for who may not.

    The act comes first: what a crash leaves undone of it the next run does (`lake.unfinished`).
    """
    data = who.act(Deed.RECALL, what.batch, _seen(what), said)
    record_act(books.ledger, data, said.at)
    why = Reason(said.words, who.person.name, act=read_act(data).digest)
    done = recall_batch(books.ledger, books.releases, what.batch, why, said.at, books.signer)
    return {**done.as_dict(), "by": who.person.name, "why": said.words, "act": why.act}


def acknowledge(ledger: Ledger, notice: Notice, who: Actor, said: Said) -> dict[str, Any]:
    """Record that a notice was read, by a person's act. SharingRefused for who may not; again changes nothing."""
    known = ledger.latest(ACKNOWLEDGED, notice.notice)
    if known is None:
        data = who.act(Deed.ACKNOWLEDGE, notice.notice, {"notice": digest(notice.as_dict() | {"path": ""})}, said)
        record_act(ledger, data, said.at)
        body = {"notice": notice.notice, "recipient": notice.recipient, "release_id": notice.release_id}
        known = ledger.append(
            ACKNOWLEDGED, {**body, "by": who.person.name, "words": said.words, "act": read_act(data).digest}, said.at
        )
    return {**known.body, "at": known.at.isoformat()}


def said(ledger: Ledger, persons: Persons, subject: str, words: Said) -> Said:
    """The same words, after the newest act there is on the subject. SharingRefused where a reason is blank."""
    if not words.words.strip():
        raise SharingRefused("reason", subject, "an act without a reason is none", "say why, with --why TEXT")
    return Said(words.at, words.words.strip(), Acts(ledger, persons).newest(subject))


def _seen(what: Recall) -> dict[str, str]:
    ids = sorted(release.release_id for release in what.releases)
    return {"releases": digest(ids), "recipients": digest(list(what.recipients))}


def told(ledger: Ledger, releases_root: Path, recipient: str | None = None) -> list[dict[str, Any]]:
    """Every notice, oldest first, as JSON-ready data, with who acknowledged it and when (None: nobody).

    One that the ledger knows of and whose file is gone is there, too, without a path.
    """
    acknowledged = ledger.current(ACKNOWLEDGED)
    found = {one.notice: one.as_dict() for one in notices(releases_root, recipient)}
    for one in recorded_notices(ledger):
        if recipient in (None, one["recipient"]):
            found.setdefault(one["notice"], {**one, "path": None})
    rows = sorted(found.values(), key=lambda one: (one["since"], one["notice"]))
    return [{**one, "acknowledged": _by(acknowledged.get(one["notice"]))} for one in rows]


def _by(entry: Entry | None) -> dict[str, str] | None:
    return {"by": str(entry.body["by"]), "at": entry.at.isoformat()} if entry else None
