"""Where a request comes from: its address, and the certificate that its connection proved to have.

The certificate is what TLS itself verified on this connection, never what a header says.
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_KEY = "portal.certificate"


def whence(request: Request) -> tuple[str, str]:
    """The address of whoever asks, and the SHA-256 of their certificate; "" for none."""
    return request.client.host if request.client else "", str(request.scope.get(_KEY, ""))


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
