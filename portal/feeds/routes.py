"""Pushing a micro-batch of a feed: its bytes, whole, into the folder where the department's deliveries lie.

Nothing of it is read here, and no lake is opened. Who pushes is known by a token of the department's own, which reads
nothing; a token that reads pushes nothing.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.model import Dataset
from lake.windows.inbox import FeedRefused, Inbox
from portal.asking import Refused, asking
from portal.city import City
from portal.guard import MOST_BODY

PUSHED = "pushed"
_GONE = Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no feed of that name for this grant")


def feeding(department: str) -> str:
    """Whom a grant is given to that pushes for a department."""
    return f"feed.{department}"


class Feeds:
    """The door of one city."""

    def __init__(self, city: City) -> None:
        self._city = city

    def routes(self) -> list[Route]:
        """Its address."""
        return [Route("/api/feeds/{department}/{dataset}", self.push, methods=["POST"])]

    async def push(self, request: Request) -> Response:
        """Put a micro-batch down, and answer with the digest of what lies there; known bytes are known."""
        grant = asking(self._city, request)
        stream = self._stream(request)
        if stream is None or grant.recipient != feeding(stream.department):
            raise _GONE
        body = await request.body()
        inbox = Inbox(Path(str(self._city.catalogue.deliveries)), stream, MOST_BODY)
        try:
            put = await asyncio.to_thread(inbox.put, body)
        except FeedRefused as refused:
            raise Refused(400, "INVALID_PARAMETER_VALUE", refused.what) from None
        told = {"dataset": put.dataset, "digest": put.digest, "known": put.known, "bytes": len(body)}
        await self._city.journal.write(PUSHED, {**told, "token": grant.token})
        return JSONResponse(told, 200 if put.known else 201)

    def _stream(self, request: Request) -> Dataset | None:
        name = ".".join(str(request.path_params[part]) for part in ("department", "dataset"))
        return self._city.catalogue.streams.get(name)
