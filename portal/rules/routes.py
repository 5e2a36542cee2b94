"""The pages of rules: all of the city's by table, and one table's, with the suite that its steward works on.

A suite is judged, tried on a sample, and kept as a change for review; nothing on these pages puts one in force. What is
not a reader's own is answered like what is not there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.faults import Fault
from lake.quarantine.sight import row_sight
from lake.suite_desk import Judged, current_text, draft_suite, judged, tried_apart
from lake.suite_sight import expect_in_sight
from portal.asking import Refused
from portal.catalogue.finding import page_of
from portal.lineage.known import Known
from portal.pages import Pages
from portal.people.people import People
from portal.people.reader import Reader
from portal.rules.levels import column_levels
from portal.rules.records import ORIGINS, ROLES, STATES, Table
from portal.rules.shelf import RuleShelf
from quality.rules import ACROSS
from sharing.faults import SharingRefused

_ROWS = 1000
_A_PAGE = 100


class Rules:
    """The rules of one city, for its stewards and owners."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages, self._city = people, pages, people.city
        self.shelf, self._turn = RuleShelf(people.city), threading.Lock()
        self._known = Known(people.city)

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/rules", self.listed, methods=["GET"]),
            Route("/rules/{table}", self.one, methods=["GET"]),
            Route("/rules/{table}", self.worked_on, methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        """Every table with its rules; `?state=` (one of STATES), `?origin=`, `?department=`, `?q=`, `?page=`."""
        reader = self._people.expect(request, *ROLES)
        asked = {name: request.query_params.get(name, "").strip() for name in ("state", "origin", "department", "q")}
        for name, choices in (("state", STATES), ("origin", ORIGINS)):
            if asked[name] and asked[name] not in choices:
                raise Refused(400, "INVALID_PARAMETER_VALUE", f"{name} is one of {', '.join(choices)}")
        every, page = await asyncio.to_thread(self.shelf.tables, reader), page_of(request.query_params)
        is_asked = any(asked.values())
        found = [one for each in every if (one := _narrowed(each, asked) if is_asked else each).lines]
        departments = sorted({one.department for one in every if one.department})
        return self._pages.page(
            request,
            "rules.html",
            tables=found[(page - 1) * _A_PAGE : page * _A_PAGE],
            count=len(found),
            page=page,
            pages=max(1, -(-len(found) // _A_PAGE)),
            address=urlencode({name: value for name, value in asked.items() if value}),
            asked=asked,
            choices={"state": STATES, "origin": ORIGINS, "department": departments},
            departments=self._city.catalogue.departments,
            kinds=sorted(ACROSS),
        )

    async def one(self, request: Request) -> Response:
        """One table's rules and its suite."""
        _, found = await self._expect(request)
        text = await asyncio.to_thread(current_text, self._city.catalogue, found.name)
        return self._shown(request, found, text)

    async def worked_on(self, request: Request) -> Response:
        """A suite that was edited: judged; and then, as asked, tried on a sample or kept for review."""
        reader, found = await self._expect(request)
        form = await self._people.form(request)
        text, doing = form.texts.get("suite", ""), form.texts.get("do", "validate")
        if doing not in ("validate", "try", "draft"):
            raise Refused(400, "INVALID_PARAMETER_VALUE", "do is validate, try or draft")
        try:
            what = await asyncio.to_thread(judged, self._city.catalogue, found.name, text)
            if what.suite is None or doing == "validate":
                return self._shown(request, found, text, faults=what.faults, sound=what.suite is not None)
            if doing == "try":
                return self._shown(request, found, text, tried=await self._tried(reader, found, what, form.texts))
            return self._shown(request, found, text, drafted=await self._drafted(reader, what))
        except SharingRefused as refusal:
            return self._shown(request, found, text, refusal=f"{refusal.fault.message}: {refusal.fault.fix}")

    async def _tried(self, reader: Reader, of: Table, what: Judged, texts: Mapping[str, str]) -> dict[str, object]:
        levels = await asyncio.to_thread(column_levels, self._city.catalogue, self._known, what.table)
        expect_in_sight(what, levels, row_sight(reader.name, reader.roles, of.department).level)
        rows = texts.get("rows", "")
        number = int(rows) if rows.isascii() and rows.isdigit() and len(rows) < 8 else _ROWS
        body = {"subject": f"suite.{what.table}", "rows": number, "by": reader.name}
        await self._city.journal.write("access", body)
        return await asyncio.to_thread(self._one_at_a_time, what, number)

    def _one_at_a_time(self, what: Judged, rows: int) -> dict[str, object]:
        if not self._turn.acquire(blocking=False):
            raise Refused(429, "BUSY", "another suite is being tried: try yours in a minute")
        try:
            return tried_apart(self._city.settings, what, rows)
        finally:
            self._turn.release()

    async def _drafted(self, reader: Reader, what: Judged) -> dict[str, object]:
        settings, catalogue = self._city.settings, self._city.catalogue
        folder, told = await asyncio.to_thread(draft_suite, settings, catalogue, what)
        await self._city.journal.write("draft", {**told, "by": reader.name})
        return {"folder": folder.name}

    async def _expect(self, request: Request) -> tuple[Reader, Table]:
        reader = self._people.expect(request, *ROLES)
        found = await asyncio.to_thread(self.shelf.table, reader, request.path_params["table"])
        if found is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such table, or it is not yours to look after")
        return reader, found

    def _shown(self, request: Request, found: Table, text: str, **more: object) -> Response:
        nothing: tuple[Fault, ...] = ()
        told = {"faults": nothing, "sound": False, "tried": None, "drafted": None, "refusal": "", **more}
        status = 400 if told["faults"] or told["refusal"] else 200
        return self._pages.page(request, "rules_table.html", status, one=found, text=text, **told)


def _narrowed(one: Table, asked: dict[str, str]) -> Table:
    if asked["department"] and one.department != asked["department"]:
        return Table(one.name, one.title_zh, one.title_en, one.department, ())
    wanted = asked["q"].casefold()
    lines = tuple(
        line
        for line in one.lines
        if (not asked["state"] or line.state == asked["state"])
        and (not asked["origin"] or line.origin == asked["origin"])
        and (
            not wanted or wanted in f"{one.name} {one.title_zh} {line.name} {line.title_zh} {line.title_en}".casefold()
        )
    )
    return Table(one.name, one.title_zh, one.title_en, one.department, lines)
