"""`/data-docs/<table>.html`: Great Expectations' own page of a table, for whoever may know all of its columns."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from lake.data_docs import DataDocs
from lake.findings.whose import OF_ALL, OF_OWN, TENDING
from portal.pages import Pages
from portal.people.people import People
from portal.people.reader import Reader
from quality.data_docs_style import RULES, STYLE
from quality.rules import declared_rules


class DataDocsPages:
    """The pages of one city."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages = people, pages
        self._docs = DataDocs(people.city.settings)

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route(f"/data-docs/{STYLE}", self.style, methods=["GET"]),
            Route("/data-docs/{table}.html", self.one, methods=["GET"]),
        ]

    async def style(self, request: Request) -> Response:
        """The few rules that all pages share."""
        return Response(RULES, media_type="text/css")

    async def one(self, request: Request) -> Response:
        """One table's page."""
        reader, table = self._people.expect(request, *TENDING), request.path_params["table"]
        path = self._docs.of(table) if self._may(reader, table) else None
        if path is None:
            return self._pages.page(request, "nothing.html", 404)
        return HTMLResponse(await asyncio.to_thread(path.read_bytes), headers={"Cache-Control": "no-store"})

    def _may(self, reader: Reader, table: str) -> bool:
        """Only of tables with rules, which are declared names and no paths; of datasets the department's own."""
        catalogue = self._people.city.catalogue
        if table not in declared_rules(catalogue):
            return False
        whole = reader.has(*OF_ALL) or any(reader.departments(role) is None for role in OF_OWN)
        name = table.partition(".")[2].removeprefix("stg_")
        dataset = next((one for one in catalogue.datasets.values() if one.table == name), None)
        return whole or (dataset is not None and reader.has(*OF_OWN, department=dataset.department))
