"""The catalogue for applications of agencies: searched and read by the grant that asks, a page at a time.

Persons will find it as pages once they can sign in; the public finds what is open (`portal/open`).
"""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.asking import Refused, asking
from portal.catalogue.records import Resource, resources
from portal.catalogue.search import Index
from portal.city import City
from portal.released import Released

_MOST = 100
_FRESH_SECONDS = 60.0


class ResourceCatalogue:
    """The catalogue of one city, made anew as time passes."""

    def __init__(self, city: City, released: Released) -> None:
        self._city, self._released = city, released
        self._made: tuple[float, Index, dict[str, Resource]] | None = None

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/api/catalogue", self.found, methods=["GET"]),
            Route("/api/catalogue/{id}", self.one, methods=["GET"]),
        ]

    async def found(self, request: Request) -> Response:
        """The resources that `?q=` finds, without their columns: `?page=` from 1 on, a hundred each."""
        asking(self._city, request)
        page = request.query_params.get("page", "1")
        if not (page.isascii() and page.isdigit() and 0 < len(page) < 7 and int(page)):
            raise Refused(400, "INVALID_PARAMETER_VALUE", "page is a whole number from 1 on")
        index, _ = await asyncio.to_thread(self._index)
        every = await asyncio.to_thread(index.find, request.query_params.get("q", "")[:200])
        first = (int(page) - 1) * _MOST
        shown = [one.brief() for one in every[first : first + _MOST]]
        return JSONResponse({"total": len(every), "page": int(page), "resources": shown})

    async def one(self, request: Request) -> Response:
        """One resource with its columns."""
        asking(self._city, request)
        _, known = await asyncio.to_thread(self._index)
        found = known.get(request.path_params["id"])
        if found is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "the catalogue has nothing of that id")
        return JSONResponse(found.as_dict())

    def _index(self) -> tuple[Index, dict[str, Resource]]:
        now = time.monotonic()
        if self._made is None or now - self._made[0] > _FRESH_SECONDS:
            every = resources(self._city.catalogue, self._city.ledger, self._released)
            self._made = (now, Index(every), {one.id: one for one in every})
        return self._made[1], self._made[2]
