"""Grants: the right of an agency's application to read what is released to that agency, by a bearer token.

The ledger holds all there is of a grant: whose, until when, from which networks, and the SHA-256 of its token, which
nobody can turn back into one. A token is shown once, as it is made. What may be read with it the releases say; asking
and answering over a network is the portal's.

Source: RFC 6750 (bearer tokens); Delta Sharing protocol, profile file format, versions 1 and 2.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from sharing.faults import SharingRefused
from sharing.ledger import Ledger

KIND = "grant"
PREFIX = "ztk_"
LONGEST = timedelta(days=366)
_BYTES = 32


@dataclass(frozen=True)
class Grant:
    """One token's right to read: `recipient` is an agency, `token` the id of the token, `until` the moment it ends.

    `networks` are those that it may be used from (CIDR; none: from anywhere), `certificate` is the SHA-256 of the TLS
    certificate without which it is of no use (RFC 8705; "": of use without one), `by` who gave it.
    """

    token: str
    recipient: str
    sha256: str
    until: datetime
    networks: tuple[str, ...] = ()
    by: str = ""
    ended: str = ""
    certificate: str = ""

    def stands(self, at: datetime) -> bool:
        """Whether it can be used at a moment."""
        return not self.ended and at < self.until

    def admits(self, address: str, certificate: str = "") -> bool:
        """Whether it can be used from an address, over a connection that proved to have a certificate ("": none).

        From none that is no address, where networks are named.
        """
        if self.certificate and not hmac.compare_digest(self.certificate, certificate):
            return False
        if not self.networks:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in ipaddress.ip_network(network) for network in self.networks)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, and the body of its ledger entry."""
        told = {**vars(self), "until": self.until.isoformat(), "networks": list(self.networks)}
        # What was written before there were such is spelled as before.
        return told if self.certificate else {name: value for name, value in told.items() if name != "certificate"}


@dataclass(frozen=True)
class Asked:
    """What is asked for of a new grant."""

    recipient: str
    days: int
    networks: Sequence[str] = ()
    by: str = ""
    certificate: str = ""


def give(ledger: Ledger, asked: Asked, at: datetime) -> tuple[Grant, str]:
    """A new grant, in the ledger, and its token, which is nowhere. Earlier ones go on until they end: so tokens are
    changed with an overlap. SharingRefused for a term or a network that cannot be meant.
    """
    term = timedelta(days=asked.days)
    if not timedelta(0) < term <= LONGEST:
        fix = f"name 1 to {LONGEST.days} days, and give another before it ends"
        raise SharingRefused("grant_term", asked.recipient, f"{asked.days} days", fix)
    for network in asked.networks:
        _expect_network(asked.recipient, network)
    text = PREFIX + secrets.token_urlsafe(_BYTES)
    digest = _digest(text)
    networks, bound = tuple(asked.networks), asked.certificate
    grant = Grant(digest[:12], asked.recipient, digest, at + term, networks, asked.by, certificate=bound)
    ledger.append(KIND, grant.as_dict(), at)
    return grant, text


def end(ledger: Ledger, recipient: str, by: str, at: datetime, token: str | None = None) -> list[Grant]:
    """End a recipient's grants, or the one of a token's id, from now on. SharingRefused where none stands."""
    found = [
        one for one in grants(ledger) if one.recipient == recipient and one.stands(at) and token in (None, one.token)
    ]
    if not found:
        what = f"no grant of it stands{f' with the token {token}' if token else ''}"
        raise SharingRefused("grant_unknown", recipient, what, "see `zhongtai recipient list`")
    ended = [Grant(**{**vars(one), "ended": at.isoformat(), "by": by}) for one in found]
    ledger.append_many([(KIND, one.as_dict()) for one in ended], at)
    return ended


def grants(ledger: Ledger) -> Iterator[Grant]:
    """Every grant there ever was, as it is now."""
    for entry in ledger.current(KIND).values():
        yield read_grant(entry.body)


def read_grant(body: Mapping[str, Any]) -> Grant:
    """A grant from its ledger entry."""
    names = ("token", "recipient", "sha256", "by", "ended", "certificate")
    texts = {name: str(body.get(name) or "") for name in names}
    return Grant(**texts, until=datetime.fromisoformat(body["until"]), networks=tuple(map(str, body["networks"])))


def recognise(known: Mapping[str, Grant], text: str) -> Grant | None:
    """The grant of a token among those known by the id of their token; None where it is of none.

    The whole digest is compared in a time that tells nothing of it.
    """
    digest = _digest(text)
    found = known.get(digest[:12])
    return found if found is not None and hmac.compare_digest(found.sha256, digest) else None


def profile(base: str, grant: Grant, text: str, *, oauth: bool = False) -> bytes:
    """The profile file that a client of Delta Sharing opens, with the token as it is or as a client's secret."""
    endpoint = f"{base.rstrip('/')}/delta-sharing"
    if oauth:
        told: dict[str, Any] = {
            "shareCredentialsVersion": 2,
            "type": "oauth_client_credentials",
            "endpoint": endpoint,
            "tokenEndpoint": f"{base.rstrip('/')}/oauth/token",
            "clientId": grant.token,
            "clientSecret": text,
        }
    else:
        told = {
            "shareCredentialsVersion": 1,
            "endpoint": endpoint,
            "bearerToken": text,
            "expirationTime": grant.until.isoformat(timespec="milliseconds"),
        }
    return json.dumps(told, indent=2).encode() + b"\n"


def certificate_digest(pem: bytes, name: str) -> str:
    """The SHA-256, in hex, of a certificate in PEM; SharingRefused for what is none."""
    try:
        return hashlib.sha256(load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).hexdigest()
    except ValueError:
        raise SharingRefused("grant_certificate", name, "is no certificate", "name the client's own, in PEM") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _expect_network(recipient: str, network: str) -> None:
    try:
        ipaddress.ip_network(network)
    except ValueError:
        raise SharingRefused("grant_network", recipient, f"{network!r} is no network", "write 10.1.0.0/16") from None
