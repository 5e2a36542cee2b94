"""The page of one's own: roles, what one did here, and the tokens by which applications of one's agency read.

A token is handed over as the profile file that clients open, once, as it is made; another may be made before it ends,
so that an application changes without a gap. It is the same grant as `zhongtai recipient add` gives.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.acts import Role, person_key
from portal.asking import Refused
from portal.pages import Pages
from portal.people.people import People
from sharing.faults import SharingRefused
from sharing.grants import Asked, end, give, profile

_SHOWN = 50


class Own:
    """The pages of a person's own."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages = people, pages
        self._city = people.city

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/me", self.me, methods=["GET"]),
            Route("/me/tokens", self.give, methods=["POST"]),
            Route("/me/tokens/{token}/end", self.end, methods=["POST"]),
        ]

    async def me(self, request: Request) -> Response:
        """Roles, tokens, and what one did."""
        reader = self._people.expect(request)
        now, every = self._city.now(), self._city.grants().values()
        mine = [one for one in every if one.recipient in reader.agencies]
        mine.sort(key=lambda one: (not one.stands(now), one.until), reverse=False)
        done, number = await asyncio.to_thread(self._done, reader.name)
        rules = self._city.catalogue.signing_in
        return self._pages.page(request, "me.html", grants=mine, done=done, every=number, rules=rules)

    async def give(self, request: Request) -> Response:
        """A new token for applications of an agency, as the profile file to keep."""
        form = await self._people.posted(request)
        agency = form.get("agency", "")
        reader = self._people.expect(request, Role.APPLICANT, agency=agency or "-")
        networks = tuple(filter(None, re.split(r"[\s,;，；]+", form.get("networks", ""))))
        if form.get("kind", "bearer") not in ("bearer", "oauth"):
            raise Refused(400, "INVALID_PARAMETER_VALUE", "kind is bearer or oauth")
        asked = Asked(agency, _days(form.get("days", "90")), networks, reader.name)
        try:
            grant, text = await asyncio.to_thread(give, self._city.ledger, asked, self._city.now())
        except SharingRefused as refusal:
            raise Refused(400, "INVALID_PARAMETER_VALUE", f"{refusal.fault.message}: {refusal.fault.fix}") from None
        data = profile(self._people.base, grant, text, oauth=form.get("kind") == "oauth")
        told = {"Content-Disposition": f'attachment; filename="{agency}.json"', "Cache-Control": "no-store"}
        return Response(data, media_type="application/json", headers=told)

    async def end(self, request: Request) -> Response:
        """End a token of one's agency, from the next request on."""
        await self._people.posted(request)
        token = request.path_params["token"]
        grant = self._city.grants().get(token)
        reader = self._people.expect(request, Role.APPLICANT)
        if grant is None or grant.recipient not in reader.agencies or not grant.stands(self._city.now()):
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "no token of that id stands for your agency")
        await asyncio.to_thread(end, self._city.ledger, grant.recipient, reader.name, self._city.now(), token)
        return RedirectResponse("/me", 303)

    def _done(self, name: str) -> tuple[list[tuple[datetime, str]], int]:
        """The newest of what the ledger says that a person did: when, and what; and how much there is in all."""
        by = {"account": "person", "act": "person", "case": "person", "grant": "by"}
        mine = [
            entry
            for kind, field in by.items()
            for entry in self._city.ledger.entries(kind)
            if person_key(str(entry.body.get(field) or "")) == person_key(name)
        ]
        mine.sort(key=lambda one: one.seq, reverse=True)
        return [(one.at, _told(one.kind, one.body)) for one in mine[:_SHOWN]], len(mine)


def _told(kind: str, body: Mapping[str, Any]) -> str:
    """What an entry says that its person did."""
    if kind == "account":
        return " ".join(str(body[key]) for key in ("what", "path") if body.get(key))
    if kind == "act":
        return f"{body.get('deed')} {body.get('about')}"
    if kind == "case":
        return f"{body.get('doing')} {body.get('case')}"
    return f"token {body.get('token')} of {body.get('recipient')}{' ended' if body.get('ended') else ''}"


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise Refused(400, "INVALID_PARAMETER_VALUE", "days is a whole number")
    return int(text)
