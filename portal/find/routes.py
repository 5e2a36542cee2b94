"""`/find`: tables and columns by their names and titles, as a page, and as JSON for the field on top of every page."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lake.findings.whose import TENDING
from portal.catalogue.shelf import Shelf
from portal.catalogue.who import who
from portal.find.hits import LONGEST, Hit, hits
from portal.pages import Pages
from portal.people.people import People


class Find:
    """Finding for whoever looks."""

    def __init__(self, people: People, shelf: Shelf, pages: Pages) -> None:
        self._people, self._shelf, self._pages = people, shelf, pages

    def routes(self) -> list[Route]:
        """Its routes."""
        return [Route("/find", self.page, methods=["GET"]), Route("/find.json", self.told, methods=["GET"])]

    async def page(self, request: Request) -> Response:
        """What `?q=` finds."""
        found = await self._found(request)
        return self._pages.page(request, "find.html", asked=_asked(request), found=found)

    async def told(self, request: Request) -> Response:
        """The same, for a field that shows it while its reader writes."""
        found = await self._found(request)
        return JSONResponse([one.as_dict() for one in found], headers={"Cache-Control": "no-store"})

    async def _found(self, request: Request) -> list[Hit]:
        view = await self._shelf.seen(who(self._people, request).sight)
        lineage = self._people.reader(request).has(*TENDING)
        return await asyncio.to_thread(hits, view, _asked(request), lineage=lineage)


def _asked(request: Request) -> str:
    return request.query_params.get("q", "")[:LONGEST]
