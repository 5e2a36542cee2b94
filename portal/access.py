"""Access tokens: what a client gets for its id and secret, good for an hour and no longer than its grant.

OAuth 2.0 client credentials (RFC 6749, 4.4): the client's id is the id of its token, the secret the token itself. An
access token is signed and kept nowhere; the grant behind it is asked again with each use.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.city import City
from portal.whence import whence
from sharing.grants import Grant, recognise

PREFIX = "zta_"
LIFETIME = timedelta(hours=1)
_LONGEST = 4096
_BASIC = "basic "


class Access:
    """The endpoint of access tokens."""

    def __init__(self, city: City) -> None:
        self._city = city

    def routes(self) -> list[Route]:
        """Its route."""
        return [Route("/oauth/token", self.token, methods=["POST"])]

    async def token(self, request: Request) -> Response:
        """An access token, for a client's id and secret in the header (Basic) or the form."""
        form = dict(parse_qsl((await request.body())[:_LONGEST].decode("utf-8", "replace"), keep_blank_values=True))
        if form.get("grant_type") != "client_credentials":
            return _refusal(400, "unsupported_grant_type")
        client, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
        grant, now = recognise(self._city.grants(), secret), self._city.now()
        if grant is None or grant.token != client or not grant.stands(now) or not grant.admits(*whence(request)):
            return _refusal(401, "invalid_client")
        ends = min(now + LIFETIME, grant.until)
        told = {"token_type": "Bearer", "expires_in": int((ends - now).total_seconds())}
        return JSONResponse({"access_token": made(grant, ends, self._city.key), **told}, headers=_UNKEPT)


_UNKEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _refusal(status: int, error: str) -> Response:
    headers = {**_UNKEPT, **({"WWW-Authenticate": "Basic"} if status == 401 else {})}
    return JSONResponse({"error": error}, status, headers)


def _basic(request: Request) -> tuple[str, str] | None:
    said = request.headers.get("authorization", "")
    if not said.lower().startswith(_BASIC):
        return None
    try:
        text = base64.b64decode(said[len(_BASIC) :][:_LONGEST], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client, _, secret = text.partition(":")
    return unquote_plus(client), unquote_plus(secret)


def made(grant: Grant, ends: datetime, key: bytes) -> str:
    """An access token of a grant, until a moment."""
    told = f"{grant.token}.{int(ends.timestamp())}"
    return f"{PREFIX}{told}.{_signature(told, key)}"


def token_id(text: str, key: bytes, now: datetime) -> str | None:
    """The id of the token that an access token was made for; None for one that was not made here, or has ended."""
    told, _, signature = text.removeprefix(PREFIX).rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(told, key).encode()):
        return None
    found, _, ends = told.partition(".")
    return found if now < datetime.fromtimestamp(int(ends), UTC) else None


def _signature(told: str, key: bytes) -> str:
    return hmac.new(key, f"access token {told}".encode(), hashlib.sha256).hexdigest()
