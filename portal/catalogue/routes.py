"""The catalogue as pages: searched and filtered by address, and one resource with all that its reader may know."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lake.findings.whose import TENDING
from lake.quality_past.store import QualityPast
from portal.asking import Refused
from portal.catalogue.due import cycle
from portal.catalogue.finding import find
from portal.catalogue.records import DATASET, KINDS, PRODUCT, Resource
from portal.catalogue.shelf import Shelf, View
from portal.catalogue.shown import shown
from portal.catalogue.standing import Standing, standing
from portal.catalogue.states import State
from portal.catalogue.who import Who, who
from portal.open.datasets import open_datasets
from portal.pages import Pages
from portal.people.people import People
from portal.quality.records import sees
from portal.quality.words import STATES
from portal.released import Released

_A_PAGE = 50


class CataloguePages:
    """The catalogue of one city for whoever looks."""

    def __init__(self, people: People, known: tuple[Shelf, QualityPast], pages: Pages, released: Released) -> None:
        self._people, self._pages, self._released = people, pages, released
        self._shelf, self._past = known

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/catalogue", self.found, methods=["GET"]),
            Route("/catalogue/{id}", self.one, methods=["GET"]),
        ]

    async def found(self, request: Request) -> Response:
        """What `?q=` and the filters find, a page at a time."""
        _, view = await self._view(request)
        found = await asyncio.to_thread(find, view, request.query_params, _A_PAGE)
        if found.page > found.pages:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", f"there are {found.pages} pages")
        return self._pages.page(
            request,
            "catalogue.html",
            found=found,
            rows=[(one, view.days(one), cycle(one.frequency)) for one in found.shown],
            choices=await asyncio.to_thread(self._choices, view),
            inside=view.sight.inside,
        )

    async def one(self, request: Request) -> Response:
        """One resource."""
        asker, view = await self._view(request)
        one = view.known.get(request.path_params["id"])
        if one is None:
            return self._pages.page(request, "catalogue_nothing.html", 404)
        quality = await asyncio.to_thread(self._standing, one)
        told = await asyncio.to_thread(shown, self._people.city, view, asker, one, quality)
        opened = await asyncio.to_thread(self._opened, one)
        facts = {"shown": told, "one": one, "opened": opened, **self._more(request, one)}
        return self._pages.page(request, "catalogue_resource.html", **facts)

    def _standing(self, one: Resource) -> Standing:
        self._past.look(self._people.city.catalogue)
        return standing(self._past, one)

    def _more(self, request: Request, one: Resource) -> dict[str, Any]:
        """Whether the reader has pages of lineage, and the page of quality that is theirs ("": none)."""
        reader, own = self._people.reader(request), one.kind == DATASET
        page = f"/quality/{one.id.replace('.', '/', 1)}" if own and sees(reader, one.provider) else ""
        return {"tends": reader.has(*TENDING), "quality_page": page, "quality_states": STATES}

    async def _view(self, request: Request) -> tuple[Who, View]:
        asker = who(self._people, request)
        return asker, await self._shelf.seen(asker.sight)

    def _opened(self, one: Resource) -> list[str]:
        """The names of the open datasets that a product is in."""
        every = open_datasets(self._released, self._people.city.catalogue) if one.kind == PRODUCT else []
        return [each.id for each in every if f"product.{each.table.name}" == one.id]

    def _choices(self, view: View) -> dict[str, list[tuple[str, str]]]:
        """What each filter can be, of what the reader may know."""
        catalogue = self._people.city.catalogue
        providers = {name for one in view.known.values() for name in one.provider.split(", ") if name}
        domains = {one.domain for one in view.known.values() if one.domain}
        return {
            "department": sorted((name, catalogue.departments[name].title_zh) for name in providers),
            "domain": sorted((name, catalogue.domains[name].title_zh) for name in domains if name in catalogue.domains),
            "kind": [(kind, "") for kind in KINDS if any(one.kind == kind for one in view.known.values())],
            "state": [(str(state), "") for state in State],
            "sharing": [("unconditional", ""), ("conditional", ""), ("not_shared", "")],
        }
