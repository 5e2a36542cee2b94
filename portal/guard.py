"""Before the application: what no request may be, and what every answer says.

A request with two lengths is read in two ways by two programs, and one that comes a byte a minute holds a place for
ever: both are refused here. Who asks, and for what, is not known.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 1 << 20
SECONDS_FOR_BODY = 20.0
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Nothing to other sites; with no-referrer browsers would not say of the portal's own forms that they are its own.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'",
}


class Guard:
    """The application behind its guard."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, why = _fault(scope["headers"])
        body = b""
        if not why:
            status, why, body = await _read(receive)
        if why:
            await _refuse(_dressed(send), status, why, page=_for_a_person(scope))
            return
        await self._app(scope, _replayed(body, receive), _dressed(send))


def _fault(headers: Iterable[tuple[bytes, bytes]]) -> tuple[int, str]:
    told = [(name.lower(), value) for name, value in headers]
    lengths = [value for name, value in told if name == b"content-length"]
    if lengths and any(name == b"transfer-encoding" for name, _ in told):
        return 400, "a request has one length"
    if len(set(lengths)) > 1 or any(not value.isdigit() for value in lengths):
        return 400, "a request has one length"
    if any(int(value) > MOST_BODY for value in lengths if len(value) <= 18) or any(len(one) > 18 for one in lengths):
        return 413, f"a request has at most {MOST_BODY} bytes"
    if sum(name == b"host" for name, _ in told) > 1:
        return 400, "a request is for one host"
    return 0, ""


async def _read(receive: Receive) -> tuple[int, str, bytes]:
    """All of a request's body, before anybody is asked anything; or why it is not waited for, or read, any longer."""
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS_FOR_BODY):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return 400, "the request ended before its body", b""
                body += message.get("body", b"")
                if len(body) > MOST_BODY:
                    return 413, f"a request has at most {MOST_BODY} bytes", b""
                if not message.get("more_body"):
                    return 0, "", bytes(body)
    except TimeoutError:
        return 408, f"the body of a request comes within {SECONDS_FOR_BODY:g} seconds", b""


def _replayed(body: bytes, receive: Receive) -> Receive:
    """What the application receives: the body that was read, and then whatever comes of the connection."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return left.pop() if left else await receive()

    return replayed


def _dressed(send: Send) -> Send:
    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return dressed


def _for_a_person(scope: Scope) -> bool:
    """Whether a browser asks, and not a machine."""
    return any(name.lower() == b"accept" and b"text/html" in value for name, value in scope["headers"])


_IN_WORDS = {
    413: ("提交的内容过大：一次最多 1 MB。请返回，换用较小的文件。", "What you sent is too large: 1 MB at most. ")
}
_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>未受理 Not taken</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/style.css"></head>
<body><main><h1>未受理 <span lang="en">Not taken</span></h1>
<p>{zh} <span lang="en">{en}Go back; nothing of it was kept.</span></p></main></body></html>
"""


async def _refuse(send: Send, status: int, why: str, *, page: bool) -> None:
    zh, en = _IN_WORDS.get(status, ("请求有误，请返回重试。", f"{why}. "))
    told = json.dumps({"errorCode": "MALFORMED_REQUEST", "message": why})
    body = (_PAGE.format(zh=zh, en=en) if page else told).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8" if page else b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
