"""SM2 signatures with SM3 (GB/T 32918.2-2016, GM/T 0009-2012): OpenSSL 3 signs, gmalg verifies.

Signing is left to OpenSSL's command line, which is given the key's text as it lies in its file; verifying needs no more
than Python, for a recipient has nothing else. No other algorithm lives here.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import algos, keys, pem
from gmalg import SM2
from gmalg.errors import GMError

from sharing.faults import SharingRefused

CURVE = "1.2.156.10197.1.301"
"""The object identifier of the curve sm2p256v1."""
_USER = b"1234567812345678"  # the default user id: GM/T 0009-2012, 10
_SECONDS = 30
keys.NamedCurve.register("sm2p256v1", CURVE, 32)


@dataclass(frozen=True)
class Sm2PublicKey:
    """A point of the curve, with its SubjectPublicKeyInfo."""

    der: bytes
    point: bytes

    @property
    def pem(self) -> bytes:
        """The key as PEM text."""
        text: bytes = pem.armor("PUBLIC KEY", self.der)
        return text

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether a DER signature is this key's on exactly this message."""
        try:
            parts = algos.DSASignature.load(signature, strict=True)
            r, s = parts["r"].native, parts["s"].native
            # One spelling only: another DER of the same numbers would be another signature.
            if parts.dump(force=True) != signature:
                return False
            wide = (r.to_bytes(32, "big"), s.to_bytes(32, "big"))
            return bool(SM2(pk=self.point, uid=_USER).verify(message, *wide))
        except (ValueError, TypeError, OverflowError, GMError):
            return False


def read_public(text: bytes) -> Sm2PublicKey | None:
    """The key in PEM text; None where that is no key of this curve. ValueError where it is damaged."""
    if not pem.detect(text):
        return None
    kind, _, der = pem.unarmor(text)
    if kind != "PUBLIC KEY":
        return None
    info = keys.PublicKeyInfo.load(der, strict=True)
    if info["algorithm"]["algorithm"].native != "ec":
        return None
    curve = info["algorithm"]["parameters"]
    if curve.name != "named" or curve.chosen.dotted != CURVE:
        return None
    point = info["public_key"].native
    if len(point) != 65 or not SM2(pk=point).verify_pk(point):
        raise ValueError("not a point of the curve")
    return Sm2PublicKey(der, point)


def generate(passphrase: Path | None) -> bytes:
    """A new private key as PKCS#8 text, encrypted where there is a passphrase."""
    key = _openssl(["genpkey", "-algorithm", "SM2"])
    return _openssl(["pkcs8", "-topk8", *_protected(passphrase)], key)


def _protected(passphrase: Path | None) -> list[str]:
    return ["-v2", "aes-256-cbc", "-passout", f"file:{passphrase}"] if passphrase else ["-nocrypt"]


def public_half(key: bytes, passphrase: Path | None) -> bytes:
    """The PEM text of the public half of a private key's PEM text."""
    return _openssl(["pkey", "-pubout", *_unlocked(passphrase)], key)


def is_private(key: bytes, passphrase: Path | None) -> bool:
    """Whether a text holds a private key of this curve."""
    try:
        return read_public(public_half(key, passphrase)) is not None
    except (SharingRefused, ValueError):
        return False


def sign(key: bytes, passphrase: Path | None, message: bytes) -> bytes:
    """The DER signature of a message with a private key's PEM text."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        options = ["-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{_USER.decode()}", "-in", file.name]
        return _openssl(["pkeyutl", "-sign", "-inkey", "/dev/stdin", *options, *_unlocked(passphrase)], key)


def _unlocked(passphrase: Path | None) -> list[str]:
    return ["-passin", f"file:{passphrase}" if passphrase else "pass:"]


def _openssl(arguments: list[str], given: bytes = b"") -> bytes:
    program = shutil.which("openssl")
    if program is None:
        raise SharingRefused("openssl", "SM2", "there is no openssl to sign with", "install OpenSSL 3")
    # Its own arguments, and no shell.
    done = subprocess.run(  # noqa: S603
        [program, *arguments], input=given, capture_output=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        # What it says may quote the file.
        raise SharingRefused(
            "openssl", "SM2", f"openssl {arguments[0]} refused", "see to the key's file and its passphrase"
        )
    return done.stdout
