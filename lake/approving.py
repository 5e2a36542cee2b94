"""What a person is shown before an act on an agreement, and the act itself: approving what was judged, and stopping.

An approval is over the newest verdict's dossier, and only while the declarations still are what was judged. Signing is
`sharing.acts`', keeping `lake.acts`', and what an approval lets pass is the gate's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.acts import Deed, person_key
from contracts.model import Agreement, Catalogue
from lake.acts import Actor, Acts, Persons, Said, record_act, required
from lake.settings import Settings
from sharing.acts import Act, read_act
from sharing.canonical import agreement_digest
from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from sharing.release import current_release
from sharing.tombstones import Reason
from sharing.withdrawal import Books, take_back


@dataclass(frozen=True)
class Shown:
    """What an approval is over: the parts and their digests, the newest verdict, and what changed since each person
    signed. `faults` maps whose newest approval counts for nothing to the reason; `stopped` is why it is stopped.
    """

    agreement: Agreement
    dossier: Mapping[str, str]
    verdict: Mapping[str, Any]
    changed: Mapping[str, tuple[str, ...]]
    faults: Mapping[str, str] = field(default_factory=dict)
    stopped: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data: names, levels and digests, and no value of the data."""
        lineage = self.verdict["evidence"]["lineage"]
        masks = {one.name: one.mask for one in self.agreement.columns}
        return {
            "agreement": self.agreement.name,
            "recipient": self.agreement.agency,
            "product": self.agreement.product,
            "purpose": self.agreement.purpose,
            "valid_until": self.agreement.valid_until.isoformat(),
            "rows": self.verdict.get("rows"),
            "verdict": self.verdict["verdict"],
            "columns": [
                {
                    "name": one["name"],
                    "level": one["levels"]["effective"],
                    "category": one["category"],
                    "mask": masks.get(one["name"]),
                }
                for one in lineage["columns"]
            ],
            "scope": self.agreement.scope,
            "row_scope": [{"column": one.column, "values": list(one.values)} for one in self.agreement.rows],
            "untold_basis": self.agreement.untold_basis,
            "declassifiers": [[one["column"], one["declassifier"]] for one in lineage["declassifications"]],
            "dossier": dict(self.dossier),
            "required": list(required(self.agreement)),
            "changed": {name: list(parts) for name, parts in self.changed.items()},
            "faults": dict(self.faults),
            "stopped": self.stopped,
        }


def shown(ledger: Ledger, settings: Settings, catalogue: Catalogue, name: str) -> Shown:
    """What there is to approve of an agreement; SharingRefused where nothing was judged that still is."""
    agreement = catalogue.agreements.get(name)
    if agreement is None:
        known = ", ".join(sorted(catalogue.agreements)) or "none"
        raise SharingRefused("agreement_known", name, "there is no such agreement", f"name one of {known}")
    entry = ledger.latest("verdict", name)
    acts = ((entry.body.get("evidence") or {}).get("acts") or {}) if entry else {}
    dossier = acts.get("dossier")
    if entry is None or not dossier:
        what = "nothing was judged that could be approved"
        raise SharingRefused("judged", name, what, "run `zhongtai run`, read `zhongtai explain`, then approve")
    if dossier["agreement"] != agreement_digest(agreement):
        what = "the agreement has changed since it was judged"
        raise SharingRefused("judged", name, what, "run `zhongtai run` again, then approve what it judged")
    known_acts = Acts(ledger, Persons.of(settings, catalogue)).evidence(agreement, dossier)
    newest = {one.person: one for one in known_acts.approvals}
    changed = {name: one.changed for name, one in newest.items() if one.fault is None}
    faults = {name: one.fault for name, one in newest.items() if one.fault is not None}
    return Shown(agreement, dossier, entry.body, changed, faults, known_acts.stopped)


def approve(ledger: Ledger, settings: Settings, what: Shown, who: Actor, said: Said) -> Act:
    """One person's approval of exactly what is shown, taken into the ledger. SharingRefused for who may not."""
    expect_approver(what, who.person.name)
    data = who.act(Deed.APPROVE, what.agreement.name, what.dossier, said)
    record_act(ledger, data, said.at)
    return read_act(data)


def expect_approver(what: Shown, name: str) -> None:
    """SharingRefused where an agreement does not ask for somebody's approval."""
    if person_key(name) not in {person_key(one) for one in required(what.agreement)}:
        named = ", ".join(required(what.agreement)) or "nobody"
        fix = f"have one of them sign, or name {name} in its approvals"
        raise SharingRefused("approver_named", name, f"{what.agreement.name} asks for approval by {named}", fix)


def stop(books: Books, name: str, who: Actor, said: Said) -> dict[str, Any]:
    """Withdraw what an agreement released, at once, and let nothing more pass until it is approved again."""
    return take_stop(books, name, who.act(Deed.STOP, name, {}, said), said.at)


def take_stop(books: Books, name: str, data: bytes, at: datetime) -> dict[str, Any]:
    """Do what a signed stop orders. The act comes first: what a crash leaves undone of it the next run does
    (`lake.unfinished`).
    """
    record_act(books.ledger, data, at)
    act, current = read_act(data), current_release(books.releases, name)
    why = Reason(f"stopped: {act.words}", act.person, act=act.digest)
    gone, entry = take_back(books, current, why, at) if current else (None, None)
    if entry is not None:
        books.ledger.append_many([entry], at)
    return {"agreement": name, "by": act.person, "why": act.words, "withdrawn": gone and gone.release_id}


def said(acts: Acts, subject: str, at: datetime, words: str) -> Said:
    """When and with which words, after the newest act there is on the subject."""
    return Said(at, words, acts.newest(subject))
