"""How many releases are made into other formats at once: each holds memory and a thread until its client has read it.

A client that asks for a long stream and reads nothing holds its place, so that one token, or one address without, has
few of them. Files as they are need none. What is streamed is not known here.
"""

from __future__ import annotations

from collections import Counter

from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from portal.asking import Refused

MOST, MOST_OF_ONE = 32, 4
_TAKEN = Refused(
    429, "TOO_MANY_AT_ONCE", f"{MOST_OF_ONE} downloads of one client, {MOST} in all, are made at once: wait"
)
_held = Counter[str]()


def expect_place(scope: Scope) -> None:
    """Raises `Refused` where whoever asks, or all together, have as many as there are."""
    if _held[_who(scope)] >= MOST_OF_ONE or _held.total() >= MOST:
        raise _TAKEN


def _who(scope: Scope) -> str:
    """The token by which it is asked, or the address from which it is where anybody may ask."""
    grant = scope.get("state", {}).get("grant")
    if grant is not None:
        return f"token {grant.token}"
    return f"address {scope['client'][0]}" if scope.get("client") else ""


class Placed(StreamingResponse):
    """A stream that holds a place of whoever asked for it until it ends, however it ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream, or refuse where others were quicker."""
        try:
            expect_place(scope)
        except Refused as refused:
            told = {"errorCode": refused.code, "message": refused.message}
            await JSONResponse(told, refused.status)(scope, receive, send)
            return
        who = _who(scope)
        _held[who] += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            _held[who] -= 1
            if not _held[who]:
                del _held[who]
