"""Which public key a release is verified with, and what is told of the release: from its folder and a trusted key.

A recipient has one key, got by another way than the releases. The city's later keys are trusted by the word of those
before them, beside the releases; a key that the city revoked is none. Whether the release holds is `verify`'s.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.certificate import CERTIFICATE, Statement, parse_statement
from sharing.durable import read_file
from sharing.envelope import open_envelope
from sharing.faults import Fault, SharingRefused
from sharing.keyring import revocation, successor
from sharing.keys import PublicKey
from sharing.tombstones import home_of, tombstone
from sharing.verify import verify_release, withdrawn_fault

KEYS, SWITCH = "keys", "current.json"


def verify_trusted(folder: Path, trusted: PublicKey | None, now: datetime) -> tuple[list[Fault], dict[str, Any]]:
    """Every fault of the release in `folder`, and what is told of it.

    Without a trusted key it is verified with the key that lies beside it, which says no more than that it is whole.
    SharingRefused where there is no such folder: that is nothing that could be valid.
    """
    if not folder.is_dir() and tombstone(folder.parent, folder.name).exists():
        return [withdrawn_fault(folder.parent.name)], {}  # it was sealed away
    if not folder.is_dir():
        raise SharingRefused("release_folder", str(folder), "there is no such folder", "give the folder of one release")
    public = home_of(folder).parent / KEYS
    try:
        signed_with = _key_id(folder)
        key = _key(public, trusted, signed_with)
    except SharingRefused as refusal:
        return [refusal.fault], {}
    faults = list(verify_release(folder, key, now))
    reason = revoked(public, trusted or key, key)
    if reason is not None:
        fix = "do not use it; ask the publisher for one that is signed with the key that it has now"
        faults.append(Fault("key_revoked", key.key_id, f"the city revoked its key: {reason}", fix))
    return faults, _told(folder, key, trusted)


def trusted_keys(releases: Path, trusted: PublicKey | None) -> tuple[PublicKey, ...]:
    """The keys whose word on the publisher's log counts: a trusted one and those that it leads to, none revoked.

    Without a trusted key all that lie beside the releases: that says no more than that log and release go together.
    """
    public = releases / KEYS
    paths = sorted(public.glob("*.pem")) if public.is_dir() else []
    if trusted is None:
        return tuple(PublicKey.read(path) for path in paths)
    led = (successor(public, trusted, path.stem) for path in paths)
    every = {key.key_id: key for key in (trusted, *filter(None, led))}.values()
    return tuple(key for key in every if revoked(public, trusted, key) is None)


def _key_id(folder: Path) -> str:
    try:
        _, key_id, _ = open_envelope(read_file(folder / CERTIFICATE), CERTIFICATE)
    except OSError:
        raise SharingRefused(
            "certificate_present", str(folder), f"there is no readable {CERTIFICATE}", "give the folder of one release"
        ) from None
    return key_id


def _key(public: Path, trusted: PublicKey | None, key_id: str) -> PublicKey:
    if trusted is not None:
        # Where no word leads there, the trusted key itself says that the signature is another's.
        return successor(public, trusted, key_id) or trusted
    path = public / f"{key_id}.pem"
    if not re.fullmatch(r"[0-9a-f]{64}", key_id) or not path.is_file():
        raise SharingRefused(
            "public_key", str(public), f"no public key {key_id[:16]}", "ask the publisher for it and name its file"
        )
    return PublicKey.read(path)


def revoked(public: Path, trusted: PublicKey, key: PublicKey) -> str | None:
    """Why a key counts no more, by the word of a trusted key or of one that it leads to."""
    names = [path.stem for path in sorted(public.glob("*.pem"))] if public.is_dir() else []
    speaking = [trusted, *(found for name in names if (found := successor(public, trusted, name)))]
    return next((why for by in speaking if (why := revocation(public, key, by)) is not None), None)


def _told(folder: Path, key: PublicKey, trusted: PublicKey | None) -> dict[str, Any]:
    try:
        statement = parse_statement(open_envelope(read_file(folder / CERTIFICATE), CERTIFICATE)[0])
    except (OSError, SharingRefused):
        return {"key": key.key_id}
    said = statement.predicate
    return {
        "key": key.key_id,
        "key_trusted": trusted is not None,
        "agreement": said.agreement.name,
        "recipient": said.agreement.recipient,
        "product": said.product,
        "release_id": said.release_id,
        "rows": said.rows,
        "issued_at": said.issued_at.isoformat(),
        "valid_until": said.agreement.valid_until.isoformat(),
        "acts": [{"person": one.person, "role": one.role, "at": one.at.isoformat()} for one in said.acts],
        "demonstration": said.demonstration,
        **({"overrides": [one.model_dump(mode="json") for one in said.overrides]} if said.overrides else {}),
        "current": _is_current(folder, statement),
    }


def _is_current(folder: Path, statement: Statement) -> bool | None:
    """Whether it is what its recipient may read now; None where the publisher's switch is not beside it."""
    identity = statement.predicate.release_id
    if tombstone(home_of(folder), identity).exists():
        return False
    try:
        switched = json.loads(read_file(home_of(folder) / SWITCH))["release_id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return bool(switched == identity)
