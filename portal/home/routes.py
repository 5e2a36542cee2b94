"""The first page: for a visitor where to go, for a signed-in person what waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import groupby, islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.clock import day_of
from lake.findings.finding import Finding, Kind
from lake.findings.whose import TENDING
from portal.city import City
from portal.corrections.desk import CorrectionDesk
from portal.findings.morning import Morning, counts
from portal.findings.routes import titles
from portal.home.records import Glance, glance
from portal.identity.desk import IdentityDesk
from portal.open.datasets import open_datasets
from portal.pages import Pages
from portal.people.reader import Reader
from portal.released import Released
from portal.requests.desk import Desk
from portal.requests.words import EVERY

_FIRST = 10
"""So many of the cases that wait are on the first page: those that are due first."""


_FAULTS = 5
"""So many faults of each kind stand on the first page; the list has all."""


class Home:
    """The first page of a city's portal."""

    def __init__(
        self,
        desk: Desk,
        desks: tuple[CorrectionDesk, IdentityDesk],
        known: tuple[Released, Morning],
        pages: Pages,
    ) -> None:
        self._people, self._pages, self._desk = desk.people, pages, desk
        self._corrections, self._identity = desks
        self._released, self._morning = known

    def routes(self) -> list[Route]:
        """Its route."""
        return [Route("/", self.home, methods=["GET"])]

    async def home(self, request: Request) -> Response:
        """The first page."""
        city, reader = self._people.city, self._people.reader(request)
        if reader.signed_in:
            found = await asyncio.to_thread(self._glance, city, reader)
            every = (await self._desk.cases()).values()
            lines = await asyncio.to_thread(self._desk.waiting, every, reader)
            facts = {"glance": found, "cases": lines[:_FIRST], "more": len(lines[_FIRST:])}
            told = await asyncio.to_thread(self._faults, reader)
            told["corrections"] = (await asyncio.to_thread(self._corrections.waiting, reader))[:_FIRST]
            told["identities"] = (await asyncio.to_thread(self._identity.to_confirm, reader))[:_FIRST]
            return self._pages.page(request, "home.html", **facts, **told, **EVERY)
        datasets = await asyncio.to_thread(open_datasets, self._released, city.catalogue)
        departments = len(city.catalogue.departments)
        return self._pages.page(request, "welcome.html", datasets=datasets, departments=departments)

    def _glance(self, city: City, reader: Reader) -> Glance:
        return glance(city, self._people.catalogue, reader, self._morning.newest())

    def _faults(self, reader: Reader) -> dict[str, Any]:
        """What is bad now, for those who answer for data: the urgent first, warnings counted alone."""
        tends = reader.has(*TENDING)
        mine = self._morning.of(reader) if tends else []
        urgent = [one for one in mine if one.kind is not Kind.WARNING]
        return {
            "tends": tends,
            "faults": _some(urgent),
            "bad": counts(mine),
            "agencies": titles(self._people),
            "today": day_of(self._people.city.now()),
        }


def _some(urgent: Iterable[Finding]) -> list[Finding]:
    """The first of each kind, so that many of one hide none of another."""
    return [one for _, each in groupby(urgent, key=lambda one: one.kind) for one in islice(each, _FAULTS)]
