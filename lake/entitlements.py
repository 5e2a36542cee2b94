"""Who may receive what at a level and above, on which acts and until when; who did receive; and what persons signed.

Read from the declarations and the ledger alone; nothing is judged anew, and no lake is opened. An entitlement is in
force where every approval that its agreement names stands over what was judged last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from contracts.acts import ActEvidence, Person, person_key
from contracts.model import Agreement, Catalogue, Level
from lake.acts import Acts, Persons, Recorded
from sharing.canonical import agreement_digest
from sharing.ledger import Ledger

IN_FORCE = "in force"


@dataclass(frozen=True)
class Entitlement:
    """What one agreement lets its recipient receive. `columns` are those at the level and above, as last judged;
    `since` is the time of the last approval that it needed, None where one is lacking; `releases` are all there ever
    were.
    """

    agreement: str
    recipient: str
    product: str
    level_ceiling: str
    columns: tuple[dict[str, str], ...]
    valid_from: date | None
    valid_until: date | None
    state: str
    since: str | None
    acts: tuple[dict[str, str], ...]
    releases: tuple[dict[str, Any], ...]

    @property
    def unused(self) -> bool:
        """Whether it may be received and nothing ever was."""
        return self.state == IN_FORCE and not self.releases


@dataclass(frozen=True)
class Signed:
    """One person: as what they may act, the acts they signed, and the roles under which they never did anything."""

    person: str
    roles: tuple[dict[str, str], ...]
    acts: tuple[dict[str, Any], ...]
    unused_roles: tuple[str, ...]


def entitlements(ledger: Ledger, catalogue: Catalogue, persons: Persons, level: Level, today: date) -> dict[str, Any]:
    """The report as JSON-ready data: `entitlements`, `persons`, `unused` (names of agreements)."""
    acts, verdicts = Acts(ledger, persons), {key: entry.body for key, entry in ledger.current("verdict").items()}
    releases = _releases(ledger)
    declared = [
        _entitlement(agreement, verdicts.get(agreement.name, {}), acts, level, today, releases)
        for agreement in catalogue.agreements.values()
    ]
    gone = [_gone(name, releases[name]) for name in sorted(releases.keys() - catalogue.agreements.keys())]
    found = [one for one in (*declared, *gone) if one.columns or Level(one.level_ceiling) >= level]
    return {
        "level": str(level),
        "entitlements": [{**asdict(one), "unused": one.unused} for one in found],
        "unused": [one.agreement for one in found if one.unused],
        "persons": [asdict(one) for one in _persons(catalogue, acts)],
    }


def _entitlement(
    agreement: Agreement,
    verdict: Mapping[str, Any],
    acts: Acts,
    level: Level,
    today: date,
    releases: Mapping[str, tuple[dict[str, Any], ...]],
) -> Entitlement:
    evidence = verdict.get("evidence") or {}
    dossier = (evidence.get("acts") or {}).get("dossier") or {}
    done = acts.evidence(agreement, dossier)
    counting = [one for one in done.approvals if one.counts]
    state = _state(agreement, done, dossier, today)
    return Entitlement(
        agreement.name,
        agreement.agency,
        agreement.product,
        str(agreement.level_ceiling),
        tuple(_columns(evidence, level)),
        agreement.valid_from,
        agreement.valid_until,
        state,
        max(one.at for one in counting).isoformat() if state == IN_FORCE and counting else None,
        tuple(
            {"person": one.person, "role": one.role, "at": one.at.isoformat(), "act": one.digest} for one in counting
        ),
        releases.get(agreement.name, ()),
    )


def _state(agreement: Agreement, done: ActEvidence, dossier: Mapping[str, str], today: date) -> str:
    if today > agreement.valid_until:
        return "ended"
    if done.stopped is not None:
        return "stopped"
    if not dossier:
        return "never judged"
    if dossier.get("agreement") != agreement_digest(agreement):
        return "changed since it was judged"
    signed = {person_key(one.person) for one in done.approvals if one.counts}
    if any(person_key(name) not in signed for name in done.required):
        return "not approved"
    return "not yet" if today < agreement.valid_from else IN_FORCE


def _columns(evidence: Mapping[str, Any], level: Level) -> Iterator[dict[str, str]]:
    for column in (evidence.get("lineage") or {}).get("columns", ()):
        effective = Level(column["levels"]["effective"])
        if effective >= level:
            yield {"name": column["name"], "level": str(effective)}


def _releases(ledger: Ledger) -> dict[str, tuple[dict[str, Any], ...]]:
    """Agreement -> its releases in order, each with when it was released and, where it was, withdrawn."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for entry in ledger.entries("release"):
        body = entry.body
        made = {name: body.get(name) for name in ("release_id", "recipient", "product", "rows")}
        one = {**made, "released": entry.at.isoformat(), "withdrawn": None, "why": None}
        found.setdefault(str(body["agreement"]), {}).setdefault(str(body.get("release_id")), one)
    for entry in ledger.entries("withdrawal"):
        known = found.get(str(entry.body["agreement"]), {}).get(str(entry.body.get("release_id")))
        if known is not None:
            known |= {"withdrawn": entry.at.isoformat(), "why": entry.body.get("reason")}
    return {agreement: tuple(releases.values()) for agreement, releases in found.items()}


def _gone(name: str, releases: tuple[dict[str, Any], ...]) -> Entitlement:
    """An agreement that is declared no more: what left under it did leave. Its ceiling is not known any longer."""
    last = releases[-1]
    recipient, product = str(last["recipient"]), str(last["product"])
    return Entitlement(
        name, recipient, product, str(Level.L4), (), None, None, "no longer declared", None, (), releases
    )


def _persons(catalogue: Catalogue, acts: Acts) -> Iterator[Signed]:
    by: dict[str, list[Recorded]] = {}
    for one in acts.recorded:
        by.setdefault(person_key(one.act.person), []).append(one)
    declared = {person_key(person.name): person for person in catalogue.persons.values()}
    for key in sorted({*by, *declared}):
        yield _signed(declared.get(key), by.get(key, []))


def _signed(person: Person | None, acts: list[Recorded]) -> Signed:
    roles = person.roles if person else ()
    used = {one.act.role for one in acts if one.fault is None}
    return Signed(
        person.name if person else acts[0].act.person,
        tuple({"role": str(r.role), "from": str(r.valid_from), "until": str(r.valid_until)} for r in roles),
        tuple(
            {
                "deed": str(one.act.deed),
                "about": one.act.about,
                "role": str(one.act.role),
                "at": one.act.at.isoformat(),
                "act": one.act.digest,
                "played": one.act.played,
                "fault": one.fault,
            }
            for one in acts
        ),
        tuple(sorted({str(grant.role) for grant in roles if grant.role not in used})),
    )
