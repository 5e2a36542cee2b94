"""The catalogue for harvesters and tools: DCAT in pages, CSV, and a resource's contract and lineage event.

Who asks without sign-in or grant is told what everybody may know. Pages are in the order of ids, so that of a catalogue
that does not change none is left out or told twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from portal.asking import Refused
from portal.catalogue.dcat import Entry, Leaf, json_ld, turtle
from portal.catalogue.finding import find, page_of
from portal.catalogue.neighbours import sources
from portal.catalogue.odcs import contract
from portal.catalogue.openlineage import dataset_event
from portal.catalogue.records import PRODUCT, Resource
from portal.catalogue.shelf import Shelf, View
from portal.catalogue.spreadsheet import lines
from portal.catalogue.who import who
from portal.open.datasets import OpenDataset, open_datasets
from portal.people.people import People
from portal.released import Released

A_PAGE = 100
_GONE = Refused(404, "RESOURCE_DOES_NOT_EXIST", "the catalogue has nothing of that id")


class Exports:
    """The catalogue of one city for other programs."""

    def __init__(self, people: People, shelf: Shelf, released: Released) -> None:
        self._people, self._shelf, self._released = people, shelf, released

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/catalog.jsonld", self.json_ld, methods=["GET"]),
            Route("/catalog.ttl", self.turtle, methods=["GET"]),
            Route("/catalogue.csv", self.csv, methods=["GET"]),
            Route("/catalogue/{id}.odcs.yml", self.contract, methods=["GET"]),
            Route("/catalogue/{id}.openlineage.json", self.event, methods=["GET"]),
        ]

    async def json_ld(self, request: Request) -> Response:
        """A page of DCAT 3 as JSON-LD."""
        leaf = await self._leaf(request, "/catalog.jsonld")
        told = await asyncio.to_thread(json_ld, leaf, self._people.city.catalogue, self._people.base)
        text = await asyncio.to_thread(json.dumps, told, ensure_ascii=False)
        return Response(text, media_type="application/ld+json", headers=_links(leaf))

    async def turtle(self, request: Request) -> Response:
        """A page of DCAT 3 as Turtle."""
        leaf = await self._leaf(request, "/catalog.ttl")
        told = await asyncio.to_thread(json_ld, leaf, self._people.city.catalogue, self._people.base)
        return Response(await asyncio.to_thread(turtle, told), media_type="text/turtle", headers=_links(leaf))

    async def csv(self, request: Request) -> Response:
        """What the words and filters find of what the reader may know, for a spreadsheet; everything without any."""
        view = await self._view(request)
        found = await asyncio.to_thread(find, view, request.query_params, len(view.known) or 1)
        rows = ((one, view.days(one)) for one in found.every)
        headers = {"Content-Disposition": 'attachment; filename="catalogue.csv"', **_KEPT}
        return StreamingResponse(lines(rows), media_type="text/csv; charset=utf-8", headers=headers)

    async def contract(self, request: Request) -> Response:
        """A resource's contract."""
        one = await self._one(request)
        headers = {"Content-Disposition": f'attachment; filename="{one.id}.odcs.yml"', **_KEPT}
        return Response(await asyncio.to_thread(contract, one), media_type="application/yaml", headers=headers)

    async def event(self, request: Request) -> Response:
        """A resource as a lineage event."""
        one, city = await self._one(request), self._people.city
        return JSONResponse(await asyncio.to_thread(dataset_event, one, city.name, city.now()), headers=_KEPT)

    async def _view(self, request: Request) -> View:
        return await self._shelf.seen(who(self._people, request).sight)

    async def _one(self, request: Request) -> Resource:
        found = (await self._view(request)).known.get(request.path_params["id"])
        if found is None:
            raise _GONE
        return found

    async def _leaf(self, request: Request, path: str) -> Leaf:
        page = page_of(request.query_params)
        view = await self._view(request)
        return await asyncio.to_thread(self._made, view, page, f"{self._people.base}{path}")

    def _made(self, view: View, page: int, path: str) -> Leaf:
        every = list(view.known.values())
        opened: dict[str, list[OpenDataset]] = {}
        for one in open_datasets(self._released, self._people.city.catalogue):
            opened.setdefault(f"product.{one.table.name}", []).append(one)
        shown = every[(page - 1) * A_PAGE : page * A_PAGE]
        entries = [Entry(one, view.days(one), _sources(view, one), _opened(one, opened)) for one in shown]
        return Leaf(entries, page, max(1, -(-len(every) // A_PAGE)), len(every), path)


def _sources(view: View, one: Resource) -> list[str]:
    return sorted(view.by_table[table].id for table in sources(view.past.made_of, view.by_table, one.table))


def _opened(one: Resource, opened: Mapping[str, list[OpenDataset]]) -> list[OpenDataset]:
    return opened.get(one.id, []) if one.kind == PRODUCT else []


# What a reader who is signed in is shown is nobody else's.
_KEPT = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}


def _links(leaf: Leaf) -> dict[str, str]:
    """The pages around one, as RFC 8288 tells them."""
    near = {"first": 1, "last": leaf.pages, "prev": leaf.page - 1, "next": leaf.page + 1}
    told = [f'<{leaf.address(n)}>; rel="{name}"' for name, n in near.items() if 1 <= n <= leaf.pages]
    return {"Link": ", ".join(told), **_KEPT}
