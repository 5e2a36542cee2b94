"""The first page: for a visitor where to go, for a signed-in person what waits."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portal.home.records import glance
from portal.open.datasets import open_datasets
from portal.pages import Pages
from portal.released import Released
from portal.requests.desk import Desk
from portal.requests.words import EVERY

_FIRST = 10
"""So many of the cases that wait are on the first page: those that are due first."""


class Home:
    """The first page of a city's portal."""

    def __init__(self, desk: Desk, released: Released, pages: Pages) -> None:
        self._people, self._released, self._pages, self._desk = desk.people, released, pages, desk

    def routes(self) -> list[Route]:
        """Its route."""
        return [Route("/", self.home, methods=["GET"])]

    async def home(self, request: Request) -> Response:
        """The first page."""
        city, reader = self._people.city, self._people.reader(request)
        if reader.signed_in:
            found = await asyncio.to_thread(glance, city, self._people.catalogue, reader)
            every = (await self._desk.cases()).values()
            lines = await asyncio.to_thread(self._desk.waiting, every, reader)
            facts = {"glance": found, "cases": lines[:_FIRST], "more": len(lines[_FIRST:])}
            return self._pages.page(request, "home.html", **facts, **EVERY)
        datasets = await asyncio.to_thread(open_datasets, self._released, city.catalogue)
        departments = len(city.catalogue.departments)
        return self._pages.page(request, "welcome.html", datasets=datasets, departments=departments)
