"""`/findings`: every fault that a reader answers for, by department and kind, a page at a time."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.clock import day_of
from lake.findings.finding import Kind
from lake.findings.whose import TENDING
from portal.asking import Refused
from portal.catalogue.finding import page_of
from portal.findings.morning import Asked, Morning, counts
from portal.pages import Pages
from portal.people.people import People

_A_PAGE = 100


class FindingPages:
    """The list of faults."""

    def __init__(self, people: People, morning: Morning, pages: Pages) -> None:
        self._people, self._morning, self._pages = people, morning, pages

    def routes(self) -> list[Route]:
        """Its route."""
        return [Route("/findings", self.every, methods=["GET"])]

    async def every(self, request: Request) -> Response:
        """What an address asks for of it."""
        reader = self._people.expect(request, *TENDING)
        asked = Asked(*(request.query_params.get(name, "") for name in ("department", "kind")))
        for name, choices in (("kind", {*map(str, Kind)}), ("department", self._people.city.catalogue.departments)):
            if (told := getattr(asked, name)) and told not in choices:
                raise Refused(400, "INVALID_PARAMETER_VALUE", f"{name} is one of {', '.join(sorted(choices))}")
        mine = await asyncio.to_thread(self._morning.of, reader)
        found = [one for one in mine if asked.has(one)]
        page = page_of(request.query_params)
        return self._pages.page(
            request,
            "findings.html",
            found=found[(page - 1) * _A_PAGE : page * _A_PAGE],
            count=len(found),
            page=page,
            pages=max(1, -(-len(found) // _A_PAGE)),
            asked=asked,
            kinds=counts(mine),
            departments=self._departments({one.department for one in mine if one.department}),
            agencies=titles(self._people),
            today=day_of(self._people.city.now()),
        )

    def _departments(self, names: set[str]) -> list[tuple[str, str]]:
        known = titles(self._people)
        return sorted((name, known.get(name, name)) for name in names)


def titles(people: People) -> dict[str, str]:
    """What departments and agencies are called."""
    departments = people.city.catalogue.departments
    return {**{name: one.title_zh for name, one in departments.items()}, "public": "社会公众"}
