"""Resolving a finding: a named person's act by which the city goes on without what was lost, and says so for ever.

What was lost is named in the ledger; releases and withdrawals that it had lost are recorded as found, so that a recall
reaches them. Finding is `guarding`'s and `auditing`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from contracts.acts import Deed
from contracts.model import Catalogue
from lake.acts import Actor, Acts, Persons, Said, record_act
from lake.auditing import certificate_heads, log_faults, told_by
from lake.guarding import examine, findings_of, known_keys, record_lost
from lake.one_writer import one_writer
from lake.own_keys import key_faults, record_keys
from lake.remaking import remake_lake
from lake.returning import Present, note_returned
from lake.settings import Settings
from sharing import witnesses
from sharing.canonical import canonical_json
from sharing.chain import Entry
from sharing.faults import Fault, SharingRefused
from sharing.findings import KIND, PAST, RESOLVED, Finding, Findings, resolved, token
from sharing.keyring import make_keys, open_signing, publish_key
from sharing.keys import Signer, create_key
from sharing.ledger import Ledger

_LOST_KEYS = {"private_key", "pseudonym_key", "key_missing", "key_other"}


@contextmanager
def _books(settings: Settings, finding: Finding) -> Iterator[tuple[Ledger, Signer, set[str]]]:
    """Ledger and signer, whatever is lacking: also without what the finding says is lost; and what of it is back."""
    with one_writer(settings.state):
        there, back = settings.ledger.exists(), _noted(settings, finding) or _key_back(settings, finding)
        signer = _signer(settings, finding, made=not back)
        keys = witnesses.speaking_keys(settings.public_keys, signer.public)
        with Ledger.open(settings.ledger, signer, keys) as ledger:
            if there and finding.rule not in _LOST_KEYS:
                seen = examine(settings, ledger, signer)
                now = Present(settings, ledger, seen.present)
                back |= {one for one in finding.lost if now.is_back(one)}
            yield ledger, signer, back


def _noted(settings: Settings, finding: Finding) -> set[str]:
    """What of a finding was seen to be back before; were it gone again, that would be another finding."""
    if not settings.ledger.exists():
        return {lost for name, lost in findings_of(settings).returned(None) if name == finding.finding}
    with Ledger.read(settings.ledger) as ledger:
        return {lost for name, lost in findings_of(settings).returned(ledger) if name == finding.finding}


def _key_back(settings: Settings, finding: Finding) -> set[str]:
    """Whether the key that a finding says is lost is there: asked before one is made in its place."""
    if finding.rule not in _LOST_KEYS or not settings.ledger.exists():
        return set()
    try:
        signer = open_signing(settings.key_place)
    except SharingRefused:
        return set()
    with Ledger.read(settings.ledger) as ledger:
        now = Present(settings, ledger, {token(one) for one in key_faults(settings, ledger, signer)})
        return {one for one in finding.lost if now.is_back(one)}


def _signer(settings: Settings, finding: Finding, *, made: bool) -> Signer:
    place = settings.key_place
    if finding.rule in _LOST_KEYS and made:
        if not place.hardware and not place.signing.exists():
            publish_key(settings.public_keys, create_key(place.signing, passphrase=place.passphrase).public)
        if not place.pseudonym.exists():
            make_keys(place)
    return open_signing(place)


def find(settings: Settings, name: str) -> Finding:
    """The open finding whose id begins so; SharingRefused where there is none, or more than one."""
    ledger = Ledger.read(settings.ledger) if settings.ledger.exists() else None
    try:
        opened, closed = findings_of(settings).open(ledger), resolved(ledger) if ledger else {}
    finally:
        if ledger:
            ledger.close()
    found = [one for one in opened if name and one.finding.startswith(name)]
    if len(found) != 1:
        known = ", ".join(one.finding for one in opened) or "none"
        done = [one for one in closed if name and one.startswith(name)]
        if not found and len(done) == 1:
            raise _resolved_already(done[0], closed[done[0]], known)
        said = f"{len(found)} open findings are called so"
        raise SharingRefused("finding_known", name, said, f"name one of those that are open: {known}")
    return found[0]


def _resolved_already(name: str, entry: Entry, known: str) -> SharingRefused:
    by = "" if entry.key == name else f" with finding {entry.key}"
    said = f"finding {name} was resolved{by} by {entry.body.get('by')} at {entry.at.isoformat()}"
    return SharingRefused("finding_open", name, said, f"there is nothing more to resolve of it; open are: {known}")


def resolve(settings: Settings, catalogue: Catalogue, finding: Finding, who: Actor, why: str) -> dict[str, Any]:
    """Accept what a finding says is lost, in somebody's name; the ledger can go on from what it is now.

    Returns the finding, who resolved it, all that is `lost` by it and what of it is there again (`back`); `also` are
    other findings that say no more.
    """
    now, about = settings.clock.now(), f"finding {finding.finding}"
    seen_digest = hashlib.sha256(canonical_json(finding.as_dict())).hexdigest()
    # Before anything is changed, and a key made: who may not resolve changes nothing.
    who.act(Deed.RESOLVE, about, {"finding": seen_digest}, Said(now, why))
    with _books(settings, finding) as (ledger, signer, back):
        findings = findings_of(settings)
        if finding.rule in _LOST_KEYS and not back:
            remake_lake(settings)
        after = Acts(ledger, Persons.of(settings, catalogue)).newest(about)
        act = who.act(Deed.RESOLVE, about, {"finding": seen_digest}, Said(now, why, after))
        lost = _lost(settings, ledger, signer, finding, back)
        if lost:
            ledger.accept_end()
        if finding.finding not in ledger.current(KIND):
            ledger.append(KIND, finding.as_dict(), now)
        record_act(ledger, act, now)
        seen = examine(settings, ledger, signer)
        body = {"finding": finding.finding, "rule": finding.rule, "lost": lost, "by": who.person.name, "why": why}
        body |= {"back": sorted(back), "also": _also(findings, ledger, finding, lost)}
        ledger.append(RESOLVED, body, now)
        if finding.rule == PAST and lost:
            record_lost(settings, ledger, signer, seen, f"found when {about} was resolved")
        record_keys(settings, ledger, signer)
        # What was made anew by this is there: lost once more it would be another finding.
        seen = examine(settings, ledger, signer)
        if not seen.lacking:
            note_returned(findings, Present(settings, ledger, seen.present), signer)
    return body


def _also(findings: Findings, ledger: Ledger, finding: Finding, lost: Sequence[str]) -> list[str]:
    """The other open findings that have nothing lost but what this one has, and nothing that came back."""
    over = findings.returned(ledger)
    others = [one for one in findings.open(ledger) if one != finding and set(one.lost) <= set(lost)]
    return [one.finding for one in others if not over & {(one.finding, each) for each in one.lost}]


def _lost(settings: Settings, ledger: Ledger, signer: Signer, finding: Finding, back: set[str]) -> list[str]:
    """What the finding names and is not back, and of a past that is lacking all that any witness still names."""
    lost = [one for one in finding.lost if one not in back]
    if finding.rule != PAST or not lost:
        return lost
    heads = certificate_heads(settings, known_keys(settings, ledger, signer))
    now_lacking: list[Fault] = [
        *log_faults(settings, ledger, told_by(witnesses.placed(settings.releases).values())),
        *(one for one in examine(settings, ledger, signer).lacking if not one.rule.startswith("key_")),
        *witnesses.lacking_heads(ledger, heads),
    ]
    return list(dict.fromkeys([*lost, *map(token, now_lacking)]))
