"""Asks the portal's own application for a page in this process, as a person who is named; nothing listens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from portal.people.reader import Reader


async def ask(app: ASGIApp, address: str, reader: Reader) -> tuple[int, str, bytes]:
    """The status, the type and the bytes of what a GET is answered, by somebody who is signed in as `reader`."""
    parts = urlsplit(address)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(b"host", b"report")],
        "client": ("127.0.0.1", 0),
        "server": ("report", 80),
        "root_path": "",
        "state": {"reader": reader},
    }
    told: dict[str, Any] = {"status": 0, "headers": {}}
    body = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told["status"] = message["status"]
            told["headers"] = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return told["status"], told["headers"].get("content-type", ""), bytes(body)
