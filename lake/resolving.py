"""Resolving a finding: a named person's act by which the city goes on without what was lost, and says so for ever.

What was lost is named in the ledger; releases and withdrawals that it had lost are recorded as found, so that a recall
reaches them. Finding is `guarding`'s and `auditing`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contracts.acts import Deed
from contracts.model import Catalogue
from lake.acts import Actor, Acts, Persons, Said, record_act
from lake.auditing import certificate_heads, log_faults, told_by
from lake.guarding import examine, findings_of, known_keys, record_lost
from lake.one_writer import one_writer
from lake.own_keys import record_keys
from lake.remaking import remake_lake
from lake.settings import Settings
from sharing import witnesses
from sharing.canonical import canonical_json
from sharing.faults import Fault, SharingRefused
from sharing.findings import KIND, PAST, RESOLVED, Finding, token
from sharing.keyring import make_keys, open_signing, publish_key
from sharing.keys import Signer, create_key
from sharing.ledger import Ledger

_LOST_KEYS = {"private_key", "pseudonym_key", "key_missing", "key_other"}


@contextmanager
def _books(settings: Settings, finding: Finding) -> Iterator[tuple[Ledger, Signer]]:
    """Ledger and signer, whatever is lacking: also without what the finding says is lost."""
    with one_writer(settings.state):
        signer = _signer(settings, finding)
        keys = witnesses.speaking_keys(settings.public_keys, signer.public)
        with Ledger.open(settings.ledger, signer, keys) as ledger:
            yield ledger, signer


def _signer(settings: Settings, finding: Finding) -> Signer:
    place = settings.key_place
    if finding.rule in _LOST_KEYS:
        if not place.hardware and not place.signing.exists():
            publish_key(settings.public_keys, create_key(place.signing, passphrase=place.passphrase).public)
        if not place.pseudonym.exists():
            make_keys(place)
    return open_signing(place)


def find(settings: Settings, name: str) -> Finding:
    """The open finding whose id begins so; SharingRefused where there is none, or more than one."""
    ledger = Ledger.read(settings.ledger) if settings.ledger.exists() else None
    try:
        opened = findings_of(settings).open(ledger)
    finally:
        if ledger:
            ledger.close()
    found = [one for one in opened if name and one.finding.startswith(name)]
    if len(found) != 1:
        known = ", ".join(one.finding for one in opened) or "none"
        said = f"{len(found)} open findings are called so"
        raise SharingRefused("finding_known", name, said, f"name one of those that are open: {known}")
    return found[0]


def resolve(settings: Settings, catalogue: Catalogue, finding: Finding, who: Actor, why: str) -> dict[str, Any]:
    """Accept what a finding says is lost, in somebody's name; the ledger can go on from what it is now.

    Returns the finding, who resolved it and all that is lost by it; `also` are other findings that say no more.
    """
    now, about = settings.clock.now(), f"finding {finding.finding}"
    seen_digest = hashlib.sha256(canonical_json(finding.as_dict())).hexdigest()
    # Before anything is changed, and a key made: who may not resolve changes nothing.
    who.act(Deed.RESOLVE, about, {"finding": seen_digest}, Said(now, why))
    with _books(settings, finding) as (ledger, signer):
        if finding.rule in _LOST_KEYS:
            remake_lake(settings)
        after = Acts(ledger, Persons.of(settings, catalogue)).newest(about)
        act = who.act(Deed.RESOLVE, about, {"finding": seen_digest}, Said(now, why, after))
        lost = _lost(settings, ledger, signer, finding)
        ledger.accept_end()
        if finding.finding not in ledger.current(KIND):
            ledger.append(KIND, finding.as_dict(), now)
        record_act(ledger, act, now)
        seen = examine(settings, ledger, signer)
        opened = findings_of(settings).open(ledger)
        also = [one.finding for one in opened if one != finding and set(one.lost) <= set(lost)]
        body = {"finding": finding.finding, "rule": finding.rule, "lost": lost, "by": who.person.name, "why": why}
        body["also"] = also
        ledger.append(RESOLVED, body, now)
        if finding.rule == PAST:
            record_lost(settings, ledger, signer, seen, f"found when {about} was resolved")
        record_keys(settings, ledger, signer)
    return body


def _lost(settings: Settings, ledger: Ledger, signer: Signer, finding: Finding) -> list[str]:
    """What the finding names, and of a past that is lacking all that any witness still names."""
    if finding.rule in ("release_missing", "tombstone_missing"):
        # What has come back is not lost: were it gone again, that would be another finding.
        missing = {token(one) for one in examine(settings, ledger, signer).missing}
        return [one for one in finding.lost if one in missing]
    if finding.rule != PAST:
        return list(finding.lost)
    heads = certificate_heads(settings, known_keys(settings, ledger, signer))
    now_lacking: list[Fault] = [
        *log_faults(settings, ledger, told_by(witnesses.placed(settings.releases).values())),
        *(one for one in examine(settings, ledger, signer).lacking if not one.rule.startswith("key_")),
        *witnesses.lacking_heads(ledger, heads),
    ]
    return list(dict.fromkeys([*finding.lost, *map(token, now_lacking)]))
