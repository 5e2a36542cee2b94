"""Where a request comes from: its address, and the certificate that its connection proved to have.

The certificate is what TLS itself verified on this connection, never what a header says.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEY = "portal.certificate"


def whence(request: Request) -> tuple[str, str]:
    """The address of whoever asks, and the SHA-256 of their certificate; "" for none."""
    return _plain(request.client.host if request.client else ""), str(request.scope.get(_KEY, ""))


def _plain(address: str) -> str:
    """An address as it is declared: of a socket for both kinds, IPv4 is written within IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(getattr(found, "ipv4_mapped", None) or found)


def neighbourhood(address: str) -> str:
    """What one client has of addresses: one of IPv4, and of IPv6 a network of 64 bits."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))


class CertifiedProtocol(H11Protocol):
    """Uvicorn's protocol, which tells the application which certificate a connection has."""

    def connection_made(self, transport: Any) -> None:
        """As the base class, and see whose connection it is."""
        super().connection_made(transport)
        told = transport.get_extra_info("ssl_object")
        certificate = told.getpeercert(binary_form=True) if told is not None else None
        if certificate:
            self.app = _Certified(self.app, hashlib.sha256(certificate).hexdigest())


class _Certified:
    def __init__(self, app: Any, digest: str) -> None:
        self._app: ASGIApp = app
        self._digest = digest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, _KEY: self._digest}, receive, send)
