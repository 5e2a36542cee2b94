"""The key of one agreement under which agencies make tokens of identifiers: made, read, derived from, destroyed.

A file for its owner alone, which each side is handed and destroys. Whether a key was destroyed before is the ledger's
to say (`record.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sharing.canonical import canonical_json
from sharing.durable import read_file, remove_file
from sharing.faults import SharingRefused
from sharing.keys import refuse_readable, write_owned

VERSION = 1
"""Of how identifiers are spelt, judged and encoded: tokens of two versions are never compared."""
_KIND = "zhongtai-blind-key"
_BYTES = 32
_ANOTHER = "name a key that `zhongtai blind key` made, as it was handed over"


class Algorithm(StrEnum):
    """The hash of the keyed hash."""

    SHA256 = "hmac-sha256"
    SM3 = "hmac-sm3"


@dataclass(frozen=True)
class BlindKey:
    """A secret of one agreement, and the last day on which it may be used."""

    agreement: str
    until: date
    secret: bytes

    def __repr__(self) -> str:
        return f"BlindKey({self.agreement!r}, {self.until})"

    @property
    def key_id(self) -> str:
        """What it is called, in ledgers and tokens: a digest of what it is, from which random bytes are not found."""
        said = canonical_json({"agreement": self.agreement, "until": self.until.isoformat()})
        return hashlib.sha256(b"zhongtai blind key\n" + said + self.secret).hexdigest()[:32]

    def derived(self, element: str, algorithm: Algorithm) -> bytes:
        """The key for one element: HKDF (RFC 5869), so that tokens of two elements or agreements never meet."""
        said = canonical_json([self.agreement, element, VERSION, str(algorithm)])
        return HKDF(hashes.SHA256(), _BYTES, salt=None, info=b"zhongtai blind token\n" + said).derive(self.secret)


def make_key(path: Path, agreement: str, until: date) -> BlindKey:
    """A new key at `path`, from the operating system's randomness; SharingRefused where something is there."""
    if os.path.lexists(path):
        raise SharingRefused("blind_key", str(path), "something is there already", "name a file that is not there")
    key = BlindKey(agreement, until, secrets.token_bytes(_BYTES))
    body = {
        "kind": _KIND,
        "version": VERSION,
        "agreement": agreement,
        "until": until.isoformat(),
        "secret": key.secret.hex(),
    }
    write_owned(path, canonical_json(body) + b"\n")
    if read_key(path) != key:
        raise SharingRefused("blind_key", str(path), "another process wrote there", "name a file that is not there")
    return key


def read_key(path: Path) -> BlindKey:
    """The key of a file; SharingRefused where there is none, others may read it, or it was destroyed."""
    body = _read(path)
    if "destroyed" in body:
        raise SharingRefused("blind_key_destroyed", str(path), "this key was destroyed", "agree on a new one")
    try:
        key = BlindKey(str(body["agreement"]), date.fromisoformat(body["until"]), bytes.fromhex(body["secret"]))
        version = body["version"]
    except (LookupError, TypeError, ValueError):
        raise _no_key(path) from None
    if version != VERSION:
        told = f"it is of version {version!a}, and this platform encodes by version {VERSION}"
        raise SharingRefused("blind_key", str(path), told, "agree on a new key, with platforms of one version")
    if len(key.secret) != _BYTES:
        raise _no_key(path)
    return key


def expect_usable(key: BlindKey, today: date) -> None:
    """SharingRefused where a key's last day is past."""
    if today > key.until:
        told = f"the key of agreement {key.agreement} ended on {key.until}"
        raise SharingRefused("blind_key_ended", key.key_id, told, "destroy it, and agree on a new one")


def overwrite(path: Path) -> str:
    """Overwrite the secret in the file; the key's id. Again after a crash: the file still says whose it was.

    The bytes are replaced where they lie; copies, backups, snapshots and what a flash drive keeps are out of reach.
    """
    body = _read(path)
    if "destroyed" in body:
        return str(body["destroyed"])
    key_id = read_key(path).key_id
    if path.is_symlink() or path.stat().st_nlink > 1:
        told = "the file has another name, under which the key would remain"
        raise SharingRefused("blind_key", str(path), told, "remove its other names, then destroy it")
    size = path.stat().st_size
    mark = canonical_json({"kind": _KIND, "destroyed": key_id})
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "wb", buffering=0) as writer:
        for data in (secrets.token_bytes(size), mark.ljust(size)):
            writer.seek(0)
            writer.write(data)
            os.fsync(writer.fileno())
    return key_id


def remove(path: Path) -> None:
    """Remove a file whose secret was overwritten."""
    remove_file(path)


def _read(path: Path) -> dict[str, Any]:
    refuse_readable(path, "key")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _no_key(path)
        body = json.loads(read_file(path))
    except (OSError, ValueError, RecursionError):
        raise _no_key(path) from None
    if not isinstance(body, dict) or body.get("kind") != _KIND:
        raise _no_key(path)
    return body


def _no_key(path: Path) -> SharingRefused:
    return SharingRefused("blind_key", str(path), "no key can be read there", _ANOTHER)
