"""The audit: the ledger's chain recomputed, and the ledger against everything beside it that tells of the past.

What is found wrong with the past is kept, and stays a fault until a named person resolves it. Nothing else is changed,
and nothing mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb

from lake.anchoring import anchor_notes
from lake.attach import LakeUnreadable
from lake.audited import load, save
from lake.city import City, declarations, expect_run, open_city
from lake.conservation import conservation
from lake.guarding import LACKING, examine, findings_of, head_witnesses, keep, known_keys
from lake.identity.files import registry_faults
from lake.proof import Proof, prove, prove_lake
from lake.returning import Present, note_returned
from lake.settings import Settings
from lake.statistics import StatisticsSealed
from lake.switches import switch_faults
from lake.ways_back import REBUILD
from lake.witnessing import signed_roots
from sharing import witnesses
from sharing.audit import verify_ledger
from sharing.certificate import CERTIFICATE
from sharing.chain import Head
from sharing.durable import read_file
from sharing.envelope import verified_payload
from sharing.faults import Fault, SharingRefused
from sharing.findings import token
from sharing.keys import PublicKey
from sharing.ledger import Ledger
from sharing.log_audit import Root, checkpoint_root, root_faults, tile_faults
from sharing.notices import notice_faults
from sharing.transparency import Log, origin
from sharing.tree import Range
from sharing.withdrawal import tombstone_faults
from sharing.witnesses import Placed, Told

_KEPT = {
    *LACKING,
    *("head", "tail", "digest", "chain", "sequence", "head_readable", "head_signature", "ledger_guarded"),
    *("release_missing", "release_swapped", "tombstone_missing", "tombstone_changed", "certificate_key"),
    *("switch", "switch_withdrawn"),
    *("release_file", "certificate_readable", "certificate_signature", "private_key"),
    *("log_signature", "log_checkpoint", "log_missing", "log_tile"),
    *("tree_lacking", "witness_conflict", "time_stamp"),
    *("anchor_readable", "anchor_signature", "anchor_missing", "findings_changed"),
}
"""The faults of the past, which stay findings; others are of what can be looked at again."""
_SWAPPED = "restore the release from a backup, and find out who put another in its place"


def audit(settings: Settings, *, deep: bool = False, new: bool = False) -> dict[str, Any]:
    """What does not hold of the city's past and of its rows: `valid`, and `faults` by rule, subject, message and fix.

    `deep` also recounts landing and proves every landed, stored and released file (`proof`). A fault that is a finding
    names it (`finding`). `new` leaves out what the last audit found well. Raises `NothingRunYet`.
    """
    try:
        expect_run(settings)
        catalogue = declarations(settings)
        with open_city(settings, catalogue=catalogue, refuse=False) as city:
            past = past_faults(city, new=new)
            keep(settings, city.ledger, [one for one in past if one.rule in _KEPT], city.signer)
            notes = anchor_notes(settings, city.ledger)
            rows, looked, proof = _rows(city, deep=deep)
            rows += registry_faults(settings, city.ledger)
            found = [*_all(settings, city.ledger, past), *map(Fault.as_dict, rows)]
    except SharingRefused as refused:
        # What cannot even be opened is told as far as it can be read.
        return _unopened(settings, refused.fault)
    except (LakeUnreadable, StatisticsSealed) as unread:
        return _unopened(settings, Fault("lake_readable", settings.catalog.name, str(unread), REBUILD))
    found += proof.faults if proof else []
    notes += signed_roots(settings)[2]
    more = {**({"proved": proof.counts} if proof else {}), **({"notes": notes} if notes else {})}
    return {"valid": not found, **looked, **more, "faults": found}


def _rows(city: City, *, deep: bool) -> tuple[list[Fault], dict[str, int], Proof | None]:
    """What is wrong with the lake's rows, how many were looked at, and what the files say; these also where no row of
    what the lake knows of itself can be read.
    """
    try:
        rows, looked = conservation(city)
        return rows, looked, prove(city) if deep else None
    except duckdb.FatalException:
        raise
    except duckdb.Error as error:
        message = f"what it knows of itself cannot be read ({type(error).__name__})"
        fault = Fault("lake_readable", "lake", message, REBUILD)
        return [fault], {"batches": 0, "rows": 0}, prove_lake(city)


def _unopened(settings: Settings, fault: Fault) -> dict[str, Any]:
    faults = [_relative(settings, fault)]
    if not settings.ledger.exists():
        return {"valid": False, "batches": 0, "rows": 0, "faults": _all(settings, None, faults)}
    faults += verify_ledger(settings.ledger)
    try:
        with Ledger.read(settings.ledger) as ledger:
            found = _all(settings, ledger, faults)
    except Exception:
        found = _all(settings, None, faults)
    return {"valid": False, "batches": 0, "rows": 0, "faults": found}


def _all(settings: Settings, ledger: Ledger | None, faults: Sequence[Fault]) -> list[dict[str, str]]:
    """Faults, each with the finding it is part of, and the findings that nothing tells of any more."""
    by_token = findings_of(settings).named(ledger)
    told = [one.as_dict() | _part_of(by_token, one) for one in faults]
    return [*told, *_findings(settings, ledger, {token(one) for one in faults})]


def _part_of(by_token: dict[str, str], fault: Fault) -> dict[str, str]:
    return {"finding": by_token[token(fault)]} if token(fault) in by_token else {}


def _findings(settings: Settings, ledger: Ledger | None, present: set[str]) -> list[dict[str, str]]:
    """The open findings of which no part is among the present faults: what they name has come back, or its witness is
    gone.
    """
    findings = findings_of(settings)
    named = findings.named(ledger)
    told = {named[one] for one in present if one in named}
    return [
        fault.as_dict() | {"finding": one.finding} for one, fault in findings.faults(ledger) if one.finding not in told
    ]


def past_faults(city: City, *, new: bool = False) -> list[Fault]:
    """Every fault of the ledger and of what witnesses it, those that were accepted as lost left out.

    With `new` of what has come since the last audit that found all well, where that still holds; else of all.
    """
    settings, ledger = city.settings, city.ledger
    keys = known_keys(settings, ledger, city.signer)
    seen = examine(settings, ledger, city.signer)
    there = [one for _, one in sorted(witnesses.placed(settings.releases).items()) if one.folder]
    audited = load(settings, keys) if new else None
    begun = audited.begun(settings) if audited and ledger.holds(audited.head) else None
    before = audited if begun else None
    said = told_by(before.fresh(there) if before else there)
    heads, faults = head_witnesses(settings, keys)
    faults += [
        *witnesses.anchored(settings.anchors, keys)[1],
        *_certificates(said, keys),
        *switch_faults(settings, ledger),
        *tombstone_faults(ledger, settings.releases),
        *notice_faults(ledger, settings.releases, keys),
    ]
    findings = findings_of(settings)
    faults += [*findings.kept()[1], *findings.forged(keys)]
    faults += [*log_faults(settings, ledger, said, begun), *signed_roots(settings)[1]]
    heads += _heads(said, keys)
    faults += [*seen.lacking, *seen.missing, *witnesses.lacking_heads(ledger, heads)]
    # Heads that the ledger lacks are told once, by what names them.
    chain = verify_ledger(ledger.path, keys, after=before.head if before else None)
    faults += [_relative(settings, one) for one in chain]
    if not new and not seen.lacking:
        present = {*seen.present, *map(token, faults)}
        note_returned(findings, Present(settings, ledger, present, whole=True), city.signer)
    accepted = findings.excused(ledger)
    found = [one for one in _once(faults) if token(one) not in accepted]
    if not found:
        save(settings, ledger, city.signer, there)
    return found


Said = list[tuple[Placed, Told | None]]


def told_by(there: Iterable[Placed]) -> Said:
    """What the certificate of each release tells, unverified."""
    return [(one, witnesses.told(one.folder, one.name)) for one in there if one.folder]


def log_faults(settings: Settings, ledger: Ledger, said: Said, begun: Range | None = None) -> Iterator[Fault]:
    """The log against the ledger, with every root that certificates and others tell.

    `begun` is the tree of the entries that were found well before.
    """
    log = Log(settings.log)
    trees = [*signed_roots(settings)[0]]
    trees += [Root(*told.tree, f"the certificate of {one.name}") for one, told in said if told and told.tree]
    if begun is not None:
        trees = [one for one in trees if one.size >= begun.size]
    try:
        checkpoint = log.checkpoint()
    except SharingRefused as refused:
        yield refused.fault
        checkpoint = None
    if checkpoint is None or checkpoint.origin != origin(ledger):
        yield from root_faults(ledger, trees, begun)
        return
    hashes = list[bytes]()
    faults = list(root_faults(ledger, [checkpoint_root(checkpoint), *trees], begun, hashes))
    yield from faults
    if not faults and begun is None:
        yield from tile_faults(hashes, log.folder, checkpoint)


def _heads(said: Said, keys: Sequence[PublicKey]) -> list[Head]:
    """Where the ledger ended, by each certificate that names a key of the city."""
    known = {key.key_id for key in keys}
    return [told.head for _, told in said if told and told.head and told.key_id in known]


def certificate_heads(settings: Settings, keys: Sequence[PublicKey]) -> list[Head]:
    """Where the ledger ended, by every certificate that names a key of the city."""
    return _heads(told_by(witnesses.placed(settings.releases).values()), keys)


def _once(faults: Iterable[Fault]) -> list[Fault]:
    return list({(token(fault), fault.message): fault for fault in faults}.values())


def _relative(settings: Settings, fault: Fault) -> Fault:
    subject = fault.subject.replace(f"{settings.state}/", "")
    return Fault(fault.rule, subject, fault.message, fault.fix)


def _certificates(said: Said, keys: Sequence[PublicKey]) -> Iterator[Fault]:
    """Certificates that are no witness: unreadable, signed by nobody known, or of another release than their place."""
    known = {key.key_id: key for key in keys}
    for one, told in said:
        if told is None:
            yield Fault("certificate_readable", one.name, "its certificate cannot be read", _SWAPPED)
        elif (told.agreement, told.release_id) != (one.agreement, one.release_id):
            message = f"the certificate there is of {told.agreement}/{told.release_id}"
            yield Fault("release_swapped", one.name, message, _SWAPPED)
        elif told.key_id not in known:
            message = f"its certificate is signed with key {told.key_id[:16]}, which is none of the city's"
            yield Fault("certificate_key", one.name, message, _SWAPPED)
        else:
            yield from _signature(one, known[told.key_id])
            for name in told.absent:
                message = "the certificate names this file, and it is gone"
                yield Fault("release_file", f"{one.name}/{name}", message, _SWAPPED)


def _signature(one: Placed, key: PublicKey) -> Iterator[Fault]:
    assert one.folder is not None
    try:
        verified_payload(read_file(one.folder / CERTIFICATE), key, CERTIFICATE)
    except (OSError, SharingRefused) as error:
        message = error.message if isinstance(error, SharingRefused) else "it cannot be read"
        yield Fault("certificate_signature", one.name, message, _SWAPPED)
