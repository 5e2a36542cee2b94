"""The catalogue for applications: searched and read by a grant, or by whoever is signed in, a page at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from portal.asking import Refused, asking
from portal.catalogue.finding import find
from portal.catalogue.records import Resource, brief, told_fields
from portal.catalogue.shelf import Shelf, View
from portal.catalogue.who import who
from portal.people.people import People

_MOST = 100


class CatalogueApi:
    """The catalogue of one city as JSON."""

    def __init__(self, people: People, shelf: Shelf) -> None:
        self._people, self._shelf = people, shelf

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/api/catalogue", self.found, methods=["GET"]),
            Route("/api/catalogue/{id}", self.one, methods=["GET"]),
        ]

    async def found(self, request: Request) -> Response:
        """The resources that `?q=` and the filters find, without their columns: `?page=` from 1 on, a hundred each."""
        view = await self._view(request)
        found = await asyncio.to_thread(find, view, request.query_params, _MOST)
        shown = [_brief(view, one) for one in found.shown]
        return JSONResponse({"total": len(found.every), "page": found.page, "resources": shown})

    async def one(self, request: Request) -> Response:
        """One resource with its columns."""
        view = await self._view(request)
        found = view.known.get(request.path_params["id"])
        if found is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "the catalogue has nothing of that id")
        return JSONResponse({**_brief(view, found), "fields": told_fields(found)})

    async def _view(self, request: Request) -> View:
        asker = who(self._people, request)
        if not asker.sight.inside:
            asking(self._people.city, request)  # refuses in the same words as for any other
        return await self._shelf.seen(asker.sight)


def _brief(view: View, one: Resource) -> dict[str, Any]:
    days = view.days(one)
    return brief(one, days.newest.isoformat() if days.newest else "", str(days.state))
