"""The pages of quality, for stewards and owners of their departments, and for those who see the whole city."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.dimensions import DIMENSIONS, TITLES
from lake.data_docs import DataDocs
from lake.quality_past.store import QualityPast
from portal.pages import Pages
from portal.people.people import People
from portal.people.reader import Reader
from portal.quality.records import OWN, WHOLE, DatasetRow, compared, dataset, department, front, sees
from portal.quality.words import EVERY
from quality.measured import State

ROLES = (*OWN, *WHOLE)


class QualityPages:
    """The pages of quality of one city."""

    def __init__(self, people: People, pages: Pages, past: QualityPast) -> None:
        self._people, self._pages, self._past = people, pages, past
        self._docs = DataDocs(people.city.settings)

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/quality", self.city, methods=["GET"]),
            Route("/quality/compare", self.compare, methods=["GET"]),
            Route("/quality/{department}", self.department, methods=["GET"]),
            Route("/quality/{department}/{dataset}", self.dataset, methods=["GET"]),
        ]

    async def city(self, request: Request) -> Response:
        """The city: six dimensions, domains, departments, and what is worst."""
        reader = self._people.expect(request)
        if not reader.has(*ROLES):
            return self._nothing(request)
        facts = await self._asked(lambda: front(self._past, reader, self._people.city.now()))
        return self._page(request, "quality.html", facts=facts)

    async def compare(self, request: Request) -> Response:
        """Departments by the same rules; `?department=a&department=b` those alone."""
        if not self._people.expect(request).has(*ROLES):
            return self._nothing(request)
        chosen = request.query_params.getlist("department")
        facts = await self._asked(lambda: compared(self._past, chosen))
        return self._page(request, "quality_compare.html", facts=facts, chosen=chosen)

    async def department(self, request: Request) -> Response:
        """A department; `?state=`, `?dimension=` and `?sort=` choose of its datasets."""
        reader, name = self._people.expect(request), request.path_params["department"]
        known = self._people.city.catalogue.departments.get(name)
        if known is None or not self._sees(reader, name):
            return self._nothing(request)
        facts = await self._asked(lambda: department(self._past, name, self._people.city.now()))
        chosen = {key: request.query_params.get(key, "") for key in ("state", "dimension")}
        rows = _filtered(facts.datasets, chosen["state"], chosen["dimension"])
        return self._page(request, "quality_department.html", facts=facts, one=known, rows=rows, chosen=chosen)

    async def dataset(self, request: Request) -> Response:
        """A dataset; `?show=null_rate:column` draws one of its numbers."""
        reader, place = self._people.expect(request), request.path_params["department"]
        name = f"{place}.{request.path_params['dataset']}"
        if name not in self._people.city.catalogue.datasets or not self._sees(reader, place):
            return self._nothing(request)
        show = request.query_params.get("show", "")
        facts = await self._asked(lambda: dataset(self._past, name, self._people.city.now(), show))
        known = self._people.city.catalogue.departments[place]
        docs = [table for table in _tables(facts.dataset.table) if self._docs.of(table)]
        return self._page(request, "quality_dataset.html", facts=facts, one=known, show=show, docs=docs)

    async def _asked(self, ask: Callable[[], Any]) -> Any:
        """What is asked of the store, brought up to date before."""

        def asked() -> Any:
            self._past.look(self._people.city.catalogue)
            return ask()

        return await asyncio.to_thread(asked)

    def _page(self, request: Request, template: str, **facts: Any) -> Response:
        weights = self._people.city.catalogue.weights
        return self._pages.page(request, template, 200, **EVERY, titles_of=TITLES, weights=weights, **facts)

    def _sees(self, reader: Reader, name: str) -> bool:
        return reader.has(*ROLES) and sees(reader, name)

    def _nothing(self, request: Request) -> Response:
        return self._pages.page(request, "nothing.html", 404)


def _tables(table: str) -> tuple[str, str]:
    return f"raw.{table}", f"staging.stg_{table}"


def _filtered(rows: Sequence[DatasetRow], state: str, dimension: str) -> list[DatasetRow]:
    """The datasets of a state, or a state of things; those that are worst in a dimension first where one is named."""
    found = [one for one in rows if not state or _is(one, state)]
    if dimension in DIMENSIONS:
        return sorted(found, key=lambda one: one.now.score.dimensions.get(dimension, 101.0))
    return found


def _is(one: DatasetRow, state: str) -> bool:
    told = {"failing": bool(one.now.failing), "late": one.timeliness.behind, "odd": bool(one.odd)}
    return told.get(state, one.now.state == state if state in set(map(str, State)) else False)
