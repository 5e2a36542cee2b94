"""The page of statements: an owner's of their department, an applicant's of their agency, all for officer and auditor.

What is not theirs has the very answer of what is not there. What a statement says is `facts`'.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.acts import Role
from contracts.model import Catalogue
from portal.pages import Pages
from portal.people.people import People
from portal.people.reader import Reader
from portal.statements.facts import Concerns, Statements

_ALL = (Role.OFFICER, Role.AUDITOR)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class StatementPages:
    """The statements of one city, for whom they concern."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages = people, pages
        self._statements = Statements(people.city)

    @property
    def _catalogue(self) -> Catalogue:
        return self._people.city.catalogue

    def routes(self) -> list[Route]:
        """Its route."""
        return [Route("/statements", self.shown, methods=["GET"])]

    async def shown(self, request: Request) -> Response:
        """What was read; `?month=`, `?department=` and `?agency=` choose of it."""
        reader = self._people.expect(request, *_ALL, Role.OWNER, Role.APPLICANT)
        departments, agencies = self._departments(reader), self._agencies(reader)
        asked = {name: request.query_params.get(name, "") for name in ("month", "department", "agency")}
        about = _chosen(asked, departments, agencies)
        if about is None:
            return self._pages.page(request, "nothing.html", 404)
        told = await asyncio.to_thread(self._statements.told, about)
        choices = {"departments": departments, "agencies": agencies, "asked": asked}
        return self._pages.page(request, "statements.html", told=told, catalogue=self._catalogue, **choices)

    def _departments(self, reader: Reader) -> list[str]:
        every = sorted(self._catalogue.departments)
        if reader.has(*_ALL):
            return every
        owned = reader.departments(Role.OWNER)
        return [name for name in every if owned is None or name in owned]

    def _agencies(self, reader: Reader) -> list[str]:
        if reader.has(*_ALL):
            return sorted({one.agency for one in self._catalogue.agreements.values()})
        return sorted(reader.agencies)


def _chosen(asked: dict[str, str], departments: Iterable[str], agencies: Iterable[str]) -> Concerns | None:
    """Whose statements are asked for, of those that may be: all of them where none is named; None for any other."""
    month, department, agency = asked["month"], asked["department"], asked["agency"]
    mine, ours = tuple(departments), tuple(agencies)
    if (month and not _MONTH.fullmatch(month)) or department not in ("", *mine) or agency not in ("", *ours):
        return None
    if department:
        return Concerns((department,), (agency,) if agency else (), month)
    return Concerns(() if agency else mine, (agency,) if agency else ours, month)
