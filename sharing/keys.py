"""The key that a city signs with (Ed25519, RFC 8032) and the public half that everybody verifies with.

The private key never leaves its file; nothing but its signatures does. What is signed is not known here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sharing.durable import read_file
from sharing.faults import SharingRefused

PRIVATE_KEY = "signing.pem"


class PublicKey:
    """A public key and its id: the SHA-256, in hex, of its DER form (SubjectPublicKeyInfo)."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key_id = hashlib.sha256(der).hexdigest()

    @classmethod
    def read(cls, source: bytes | Path) -> PublicKey:
        """A public key from its PEM text or file; SharingRefused where there is none."""
        try:
            key = load_pem_public_key(read_file(source) if isinstance(source, Path) else source)
        except (OSError, ValueError, TypeError) as error:
            raise _unreadable(source, "no public key can be read") from error
        if not isinstance(key, Ed25519PublicKey):
            raise _unreadable(source, "the key is not an Ed25519 key")
        return cls(key)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is this key's, on exactly this message."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """A private key that can sign; `public` is its public half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    @classmethod
    def open(cls, folder: Path) -> Signer:
        """The key in `<folder>/signing.pem`, made on first use with mode 0600; SharingRefused if others may read it."""
        path = folder / PRIVATE_KEY
        if not path.exists():
            _create(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SharingRefused(
                "private_key",
                str(path),
                "others may read the signing key",
                f"run `chmod 600 {path}`, then renew the key",
            )
        try:
            key = load_pem_private_key(read_file(path), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise SharingRefused(
                "private_key", str(path), "the signing key cannot be read", "restore it from a backup, or move it away"
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SharingRefused("private_key", str(path), "not an Ed25519 key", "restore it, or move it away")
        return cls(key)

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of the message, 64 bytes."""
        return self._key.sign(message)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as writer:
        writer.write(pem)
        writer.flush()
        os.fsync(writer.fileno())
    try:
        # A link, not a rename: of two first uses at once, one key stands and both read it.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _unreadable(source: bytes | Path, why: str) -> SharingRefused:
    where = str(source) if isinstance(source, Path) else "public key"
    return SharingRefused("public_key", where, why, "ask the publisher for the public key that the certificate names")
