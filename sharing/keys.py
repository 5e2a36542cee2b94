"""Keys as others see them: the public half that everybody verifies with, and what can sign.

Ed25519 (RFC 8032) by cryptography, SM2 with SM3 (GB/T 32918) in `sm2.py`. A private key is read here and held by no one
else; where a city's keys lie, and which of them count, is `keyring`'s. What is signed is not known here.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sharing import sm2
from sharing.durable import read_file
from sharing.faults import SharingRefused

ED25519, SM2 = "ed25519", "sm2"


class PublicKey:
    """A public key and its id: the SHA-256, in hex, of its DER form (SubjectPublicKeyInfo)."""

    def __init__(self, key: Ed25519PublicKey | sm2.Sm2PublicKey) -> None:
        self._key = key
        if isinstance(key, Ed25519PublicKey):
            self.algorithm = ED25519
            self.pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            self.algorithm, self.pem, der = SM2, key.pem, key.der
        self.key_id = hashlib.sha256(der).hexdigest()

    @classmethod
    def read(cls, source: bytes | Path) -> PublicKey:
        """A public key from its PEM text or file; SharingRefused where there is none."""
        try:
            pem = read_file(source) if isinstance(source, Path) else source
            key = sm2.read_public(pem) or load_pem_public_key(pem)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _unreadable(source, "no public key can be read") from error
        if not isinstance(key, (Ed25519PublicKey, sm2.Sm2PublicKey)):
            raise _unreadable(source, "the key is neither an Ed25519 key nor one of SM2")
        return cls(key)

    @property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key, as signed notes have it; SharingRefused for another kind."""
        if isinstance(self._key, Ed25519PublicKey):
            return self._key.public_bytes_raw()
        raise _unreadable(self.pem, "a signed note wants an Ed25519 key")

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is this key's, on exactly this message."""
        if isinstance(self._key, sm2.Sm2PublicKey):
            return self._key.verifies(signature, message)
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer(Protocol):
    """What can sign; `public` is its public half."""

    @property
    def public(self) -> PublicKey:
        """The half that verifies."""

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""


class Ed25519Signer:
    """An Ed25519 key in memory."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of the message, 64 bytes."""
        return self._key.sign(message)


class Sm2Signer:
    """An SM2 key, which OpenSSL signs with: its text as it lay in its file when it was opened.

    Whoever has it open goes on to sign with it, also once another lies there.
    """

    def __init__(self, key: bytes, passphrase: Path | None) -> None:
        self._key, self._passphrase = key, passphrase
        self.public = PublicKey.read(sm2.public_half(key, passphrase))

    def sign(self, message: bytes) -> bytes:
        """The SM2 signature of the message, DER of (r, s)."""
        return sm2.sign(self._key, self._passphrase, message)


def open_signer(path: Path, passphrase: Path | None = None) -> Signer:
    """The signer of a private key's PEM file, its passphrase in a file; SharingRefused if others may read either."""
    refuse_readable(path, "signing key")
    try:
        pem = read_file(path)
        key = load_pem_private_key(pem, password=read_passphrase(passphrase) if _is_encrypted(pem) else None)
    except UnsupportedAlgorithm:
        return Sm2Signer(pem, passphrase)
    except (OSError, ValueError, TypeError) as error:
        raise SharingRefused(*_why_unread(path, passphrase)) from error
    if not isinstance(key, Ed25519PrivateKey):
        if sm2.is_private(pem, passphrase):
            return Sm2Signer(pem, passphrase)
        raise SharingRefused("private_key", str(path), "neither an Ed25519 key nor one of SM2", "restore it")
    return Ed25519Signer(key)


def create_key(path: Path, algorithm: str = ED25519, passphrase: Path | None = None) -> Signer:
    """A new private key at `path`, for its owner alone, which is there whole or not at all; SharingRefused where there
    is one: it is never made anew in silence.
    """
    if path.exists():
        raise SharingRefused("private_key", str(path), "there is a key already", "give the new one another name")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = read_passphrase(passphrase) if passphrase else None
    if algorithm == SM2:
        write_owned(path, sm2.generate(passphrase))
    else:
        write_owned(path, private_pem(Ed25519PrivateKey.generate(), secret))
    return open_signer(path, passphrase)


def private_pem(key: Ed25519PrivateKey, passphrase: bytes | None) -> bytes:
    """The key as PKCS#8 text, encrypted where there is a passphrase."""
    how: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def read_passphrase(path: Path | None) -> bytes:
    """The first line of a passphrase's file, which others may not read either; SharingRefused where there is none."""
    if path is None:
        raise SharingRefused("passphrase", "key", "it is encrypted and no passphrase is given", _NAME_IT)
    refuse_readable(path, "passphrase")
    try:
        text = read_file(path).splitlines()[0].strip()
    except (OSError, IndexError):
        text = b""
    if not text:
        raise SharingRefused("passphrase", str(path), "no passphrase can be read there", _NAME_IT)
    return text


_NAME_IT = "write it into a file of mode 0600 and name that in ZHONGTAI_KEY_PASSPHRASE_FILE"


def refuse_readable(path: Path, what: str) -> None:
    """SharingRefused where somebody else than its owner may read or write a secret's file."""
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SharingRefused(
            "key_mode", str(path), f"others may read the {what}", f"run `chmod 600 {path}`, then renew the key"
        )


def write_owned(path: Path, data: bytes) -> None:
    """A file for its owner alone, whole or not at all; what another process put there first stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as writer:
        writer.write(data)
        writer.flush()
        os.fsync(writer.fileno())
    try:
        # A link, not a rename: of two first uses at once, one key stands and both read it.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _is_encrypted(pem: bytes) -> bool:
    return b"ENCRYPTED" in pem


def _why_unread(path: Path, passphrase: Path | None) -> tuple[str, str, str, str]:
    """The refusal. With another passphrase it might be read: what cannot be read now is not lost."""
    if path.is_file() and passphrase is not None:
        told = "the signing key cannot be read: of another passphrase, or damaged"
        return "key_unread", str(path), told, AWAY
    return "private_key", str(path), "the signing key cannot be read", "restore it from a backup"


AWAY = (
    "name the file of its passphrase; where the key is damaged, restore it from a backup; where it is lost for good, "
    "move it away, and have somebody resolve what `zhongtai audit` finds then"
)


def _unreadable(source: bytes | Path, why: str) -> SharingRefused:
    where = str(source) if isinstance(source, Path) else "public key"
    return SharingRefused("public_key", where, why, "ask the publisher for the public key that the certificate names")
