"""A signing key in hardware, or in what stands for it: Ed25519 by PKCS#11, named by a URI (RFC 7512).

`pkcs11:token=city;object=signing?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin`. The private key
never leaves the token. Keys in files are `keys`'.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import pkcs11
from asn1crypto.core import OctetString
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pkcs11.util.ec import encode_named_curve_parameters

from sharing.faults import SharingRefused
from sharing.keys import PublicKey, read_passphrase

SCHEME = "pkcs11:"
_CURVE = "1.3.101.112"  # Ed25519: RFC 8410, 3


@dataclass(frozen=True)
class TokenKey:
    """Which key of which token, by which library, and where its PIN lies."""

    token: str
    label: str
    module: Path
    pin: Path

    @classmethod
    def parse(cls, uri: str) -> TokenKey:
        """The key that a URI names; SharingRefused where it names no whole one, or holds the PIN: URIs are read."""
        path, _, query = uri.removeprefix(SCHEME).partition("?")
        parts = dict(item.partition("=")[::2] for item in path.split(";") if item)
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        wanted = {
            "token": parts.get("token"),
            "object": parts.get("object"),
            "module-path": asked.get("module-path"),
            "pin-source": asked.get("pin-source"),
        }
        missing = [name for name, value in wanted.items() if not value]
        if not uri.startswith(SCHEME) or missing or "pin-value" in asked:
            raise SharingRefused(
                "hardware_key",
                "ZHONGTAI_SIGNING_KEY",
                f"not a whole PKCS#11 URI: it lacks {', '.join(missing)}" if missing else "it holds the PIN itself",
                "write pkcs11:token=…;object=…?module-path=…&pin-source=file:…",
            )
        named = {name: unquote(str(value)) for name, value in wanted.items()}
        pin = Path(named["pin-source"].removeprefix("file:"))
        return cls(named["token"], named["object"], Path(named["module-path"]), pin)


class HardwareSigner:
    """The key of a token, which signs there."""

    def __init__(self, place: TokenKey) -> None:
        self._place, self._lock = place, threading.Lock()
        with _opened(place) as session:
            key = _find(session, place, pkcs11.ObjectClass.PUBLIC_KEY)
            point = OctetString.load(key[pkcs11.Attribute.EC_POINT]).native
        self.public = PublicKey(Ed25519PublicKey.from_public_bytes(point))

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of the message, 64 bytes."""
        with self._lock, _opened(self._place) as session:
            key = _find(session, self._place, pkcs11.ObjectClass.PRIVATE_KEY)
            signature: bytes = key.sign(message, mechanism=pkcs11.Mechanism.EDDSA)
        return signature


def create_token_key(place: TokenKey) -> HardwareSigner:
    """A new key in a token, not to be taken out of it; SharingRefused where there is one of that name."""
    with _opened(place, write=True) as session:
        if any(True for _ in session.get_objects({pkcs11.Attribute.LABEL: place.label})):
            raise SharingRefused("hardware_key", place.label, "there is a key already", "give the new one another name")
        session.create_domain_parameters(
            pkcs11.KeyType.EC_EDWARDS,
            {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)},
            local=True,
        ).generate_keypair(mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=place.label)
    return HardwareSigner(place)


def _find(session: Any, place: TokenKey, kind: pkcs11.ObjectClass) -> Any:
    found = list(session.get_objects({pkcs11.Attribute.LABEL: place.label, pkcs11.Attribute.CLASS: kind}))
    if len(found) != 1:
        raise SharingRefused(
            "hardware_key",
            place.label,
            f"token {place.token} has {len(found)} keys of that name",
            "name one that is there, or make it: `zhongtai keys init`",
        )
    return found[0]


@contextmanager
def _opened(place: TokenKey, *, write: bool = False) -> Iterator[Any]:
    pin = read_passphrase(place.pin).decode()
    try:
        token = pkcs11.lib(str(place.module)).get_token(token_label=place.token)
        with token.open(rw=write, user_pin=pin) as session:
            yield session
    except SharingRefused:
        raise
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise SharingRefused(
            "hardware_key",
            f"{place.token}/{place.label}",
            f"the token cannot be used ({type(error).__name__})",
            "see that it is there, that module-path is its library, and that its PIN is right",
        ) from None
