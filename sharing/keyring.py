"""The keys of one city: where they lie, how they are made, opened, replaced and revoked.

Keys are made by an explicit act or where there is no past at all, and never anew in silence: another signing key signs
what nobody trusts, and another pseudonym key changes every city id. Public halves, the old key's word for the new one,
and revocations lie beside the releases, where whoever verifies finds them. How a key signs is `keys`'.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sharing import durable
from sharing.canonical import canonical_json
from sharing.envelope import STATEMENT_TYPE, sign_payload, verified_payload
from sharing.faults import SharingRefused
from sharing.keys import (
    AWAY,
    ED25519,
    PublicKey,
    Signer,
    create_key,
    open_signer,
    private_pem,
    read_passphrase,
    refuse_readable,
    write_owned,
)

SIGNING, PSEUDONYM, LANDING = "signing.pem", "pseudonym.key", "landing.key"
KEY_STATEMENT = "urn:zhongtai:key:v1"
_BYTES = 32
_LOST = "run `zhongtai audit`, and have somebody who may `zhongtai resolve` what it finds: a new one is made"


@dataclass(frozen=True)
class KeyPlace:
    """Where a city's keys lie: a folder, the file of the passphrase that encrypts them, and the URI of a signing key in
    hardware where that is not in the folder.
    """

    folder: Path
    passphrase: Path | None = None
    hardware: str | None = None

    @property
    def signing(self) -> Path:
        """The signing key's file."""
        return self.folder / SIGNING

    @property
    def pseudonym(self) -> Path:
        """The pseudonym key's file: 32 bytes, or encrypted as the seed of a PKCS#8 key (RFC 5958)."""
        return self.folder / PSEUDONYM

    @property
    def landing(self) -> Path:
        """The file of the key that seals landed files, where the city declares that."""
        return self.folder / LANDING


def make_keys(place: KeyPlace, algorithm: str = ED25519) -> Signer:
    """The first keys of a city; each that is there stays. Two processes at once make one of each."""
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not place.pseudonym.exists():
        secret = secrets.token_bytes(_BYTES)
        if place.passphrase:
            seed = Ed25519PrivateKey.from_private_bytes(secret)
            secret = private_pem(seed, read_passphrase(place.passphrase))
        write_owned(place.pseudonym, secret)
    if place.hardware:
        return open_signing(place)
    if not place.signing.exists():
        create_key(place.signing, algorithm, place.passphrase)
    return open_signing(place)


def open_signing(place: KeyPlace) -> Signer:
    """The signing key; SharingRefused where it is missing, others may read it, or it cannot be read."""
    if place.hardware:
        from sharing.hardware import HardwareSigner, TokenKey

        return HardwareSigner(TokenKey.parse(place.hardware))
    if not place.signing.exists():
        raise SharingRefused("private_key", str(place.signing), "the signing key is missing", _restore(_LOST))
    return open_signer(place.signing, place.passphrase)


def open_pseudonym(place: KeyPlace) -> bytes:
    """The pseudonym key's 32 bytes; SharingRefused where it is missing, damaged, or others may read it."""
    path = place.pseudonym
    if not path.exists():
        why = "the pseudonym key is missing; with another one no city id would be what it was"
        raise SharingRefused("pseudonym_key", str(path), why, _restore())
    refuse_readable(path, "pseudonym key")
    data = durable.read_file(path)
    if data.startswith(b"-----BEGIN"):
        data = _unwrapped(path, data, place.passphrase)
    if len(data) != _BYTES:
        raise SharingRefused("pseudonym_key", str(path), f"it has {len(data)} bytes, not {_BYTES}", _restore())
    return data


def _unwrapped(path: Path, data: bytes, passphrase: Path | None) -> bytes:
    try:
        key = load_pem_private_key(data, read_passphrase(passphrase) if b"ENCRYPTED" in data else None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        why = "it cannot be decrypted: of another passphrase, or damaged"
        raise SharingRefused("key_unread", str(path), why, AWAY)
    return key.private_bytes_raw()


def _restore(otherwise: str = "") -> str:
    more = f"; where it is lost for good, {otherwise}" if otherwise else ""
    return f"restore it from a backup of the keys{more}"


def fingerprints(place: KeyPlace, signer: Signer) -> dict[str, str]:
    """What the ledger keeps of the keys: the signing key's id, and a digest of the pseudonym key, which is random."""
    secret = hashlib.sha256(b"zhongtai pseudonym key\n" + open_pseudonym(place)).hexdigest()
    return {"signing": signer.public.key_id, "pseudonym": secret}


def publish_key(folder: Path, public: PublicKey) -> None:
    """Put a public key where whoever verifies looks for it."""
    path = folder / f"{public.key_id}.pem"
    if not path.exists() or path.read_bytes() != public.pem:
        durable.make_folder(folder)
        durable.write_file(path, public.pem)


def rotate(place: KeyPlace, public: Path, why: str, at: datetime) -> tuple[PublicKey, PublicKey]:
    """A new signing key in place of the old one, which speaks for it; (old, new). What the old one signed stays good.

    The old key's word is written first: a crash leaves a word for a key that nobody uses.
    """
    if place.hardware:
        fix = (
            "make a key of another name in the token, name it in ZHONGTAI_SIGNING_KEY, and run `zhongtai keys endorse`"
        )
        raise SharingRefused("hardware_key", "signing key", "a token's key is not replaced from here", fix)
    old = open_signing(place)
    draft = place.folder / f".{SIGNING}.next"
    draft.unlink(missing_ok=True)
    new = create_key(draft, old.public.algorithm, place.passphrase)
    endorse(old, new.public, public, why, at)
    place.signing.replace(place.folder / f"signing.{old.public.key_id[:16]}.retired.pem")
    draft.replace(place.signing)
    return old.public, new.public


def endorse(old: Signer, new: PublicKey, public: Path, why: str, at: datetime) -> None:
    """The old key's signed word that the new one is the city's, beside the public keys."""
    publish_key(public, old.public)
    publish_key(public, new)
    word = _statement("succeeds", new, why, at) | {"predicate_by": old.public.key_id}
    durable.write_file(public / f"{new.key_id}.endorsement.json", sign_payload(canonical_json(word), old))


def revoke(signer: Signer, key_id: str, public: Path, why: str, at: datetime) -> None:
    """The city's signed word that a key counts no more; SharingRefused for one that is not among its public keys, and
    for the one that signs now: nobody believes a key of itself that it is not to be believed.
    """
    if key_id == signer.public.key_id:
        fix = "replace it first: `zhongtai keys rotate --why TEXT`; then revoke it by the key that follows"
        raise SharingRefused("key_replaced", key_id, "it is the key that signs now", fix)
    path = public / f"{key_id}.pem"
    if not path.is_file():
        known = ", ".join(sorted(one.stem[:16] for one in public.glob("*.pem")))
        raise SharingRefused("public_key", key_id, "no such public key", f"name one of {known or 'none'}")
    word = _statement("revoked", PublicKey.read(path), why, at)
    durable.write_file(public / f"{key_id}.revoked.json", sign_payload(canonical_json(word), signer))


def _statement(kind: str, key: PublicKey, why: str, at: datetime) -> dict[str, Any]:
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": f"{key.key_id}.pem", "digest": {"sha256": hashlib.sha256(key.pem).hexdigest()}}],
        "predicateType": KEY_STATEMENT,
        "predicate": {"kind": kind, "key_id": key.key_id, "why": why, "at": at.isoformat()},
    }


def successor(public: Path, trusted: PublicKey, key_id: str) -> PublicKey | None:
    """The public key of an id, where a chain of words leads to it from a trusted key; None where none does."""
    seen: set[str] = set()
    path = [key_id]
    while path[-1] not in seen and path[-1] != trusted.key_id:
        seen.add(path[-1])
        by = _endorser(public, path[-1])
        if by is None:
            return None
        path.append(by)
    if path[-1] != trusted.key_id:
        return None
    key = trusted
    for name in reversed(path[:-1]):
        found = _spoken_for(public, key, name)
        if found is None:
            return None
        key = found
    return key


def _endorser(public: Path, key_id: str) -> str | None:
    try:
        record = json.loads(durable.read_file(public / f"{key_id}.endorsement.json"))
        by = record["signatures"][0]["keyid"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return by if isinstance(by, str) else None


def _spoken_for(public: Path, by: PublicKey, key_id: str) -> PublicKey | None:
    found = _told(public / f"{key_id}.endorsement.json", by, "succeeds")
    try:
        key = PublicKey.read(public / f"{key_id}.pem")
    except SharingRefused:
        return None
    return key if found == key.key_id == key_id else None


def revocation(public: Path, key: PublicKey, by: PublicKey) -> str | None:
    """The reason, where the city's key `by` says that a key counts no more."""
    path = public / f"{key.key_id}.revoked.json"
    if not path.is_file():
        return None
    found = _told(path, by, "revoked")
    if found != key.key_id:
        return None
    return str(json.loads(verified_payload(durable.read_file(path), by, path.name))["predicate"]["why"])


def _told(path: Path, by: PublicKey, kind: str) -> str | None:
    """The key id that a signed word of a kind is about; None where the word is not `by`'s, or is another."""
    try:
        statement = json.loads(verified_payload(durable.read_file(path), by, path.name))
        predicate = statement["predicate"]
        right = statement["predicateType"] == KEY_STATEMENT and predicate["kind"] == kind
    except (OSError, SharingRefused, ValueError, LookupError, TypeError, RecursionError):
        return None
    return str(predicate["key_id"]) if right else None
