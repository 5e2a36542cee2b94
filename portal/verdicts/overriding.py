"""Lawful overrides on the page of an agreement: asking for one, confirming another's, ending one.

Each is the very act of `zhongtai override`. What one lets pass the quality gate decides, at the next run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.acts import Deed, Role, person_key
from contracts.clock import day_of
from contracts.overrides import OverriddenCheck, Override
from lake.overriding import Desk
from portal.asking import Refused
from portal.people.people import Form, NotForYou, People
from portal.people.reader import Reader
from portal.people.signing import Intended, ToSign, signed, to_sign
from portal.verdicts.records import departments, may_see
from sharing.canonical import digest
from sharing.faults import SharingRefused


@dataclass(frozen=True)
class Shown:
    """One override on the page, and what its reader may do to it."""

    one: Override
    why_not: str | None
    confirm: ToSign | None
    end: ToSign | None


@dataclass(frozen=True)
class Asked:
    """What a reader may ask: of which failing checks, until when at the latest; with a day, what is to be signed."""

    failing: tuple[OverriddenCheck, ...]
    latest: date
    until: str
    refusal: str
    to_sign: ToSign | None
    terms: str = ""
    """The digest of what is to be signed: what is asked is what was shown."""


class Overriding:
    """The overrides of one city's agreements."""

    def __init__(self, people: People) -> None:
        self._people, self._city = people, people.city

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/releases/{name}/override", self.ask, methods=["POST"]),
            Route("/releases/{name}/override/confirm", self.confirm, methods=["POST"]),
            Route("/releases/{name}/override/end", self.end, methods=["POST"]),
        ]

    def facts(self, reader: Reader, name: str, until: str) -> dict[str, object]:
        """What the page of an agreement shows of them."""
        desk, today = self._desk(), day_of(self._city.now())
        shown = [self._shown(desk, reader, name, one, today) for one in desk.listed(name)]
        inside = reader.has(Role.OFFICER, Role.AUDITOR) or self._may_ask(reader, name)
        # What is only asked for, or was ended, is the offices' own; its recipient has it on the certificate.
        told = [one for one in reversed(shown) if inside or one.why_not is None]
        return {"overrides": told, "ask": self._asked(desk, reader, name, until)}

    async def ask(self, request: Request) -> Response:
        """Ask for an override of what failed when the product was last judged."""
        reader, name = self._expect(request)
        if not self._may_ask(reader, name):
            raise NotForYou(f"ask for an override of {name}")
        form = await self._people.form(request)
        intended = await asyncio.to_thread(self._asking, self._desk(), name, form.texts.get("until", ""))
        if form.texts.get("terms") != digest(dict(intended.seen)):
            what = "it was judged or declared otherwise since: look at what fails now, and ask for that"
            raise Refused(409, "NOT_WHAT_IS_SHOWN", what)
        return await self._act(reader, name, intended, form)

    async def confirm(self, request: Request) -> Response:
        """Confirm, as a second person, what another asked."""
        reader, name = self._expect(request)
        form = await self._people.form(request)
        desk = self._desk()
        asked = self._find(desk, name, form.texts.get("override", ""))
        try:
            desk.expect_second(asked, reader.name)
        except SharingRefused as refusal:
            raise NotForYou(f"{refusal.fault.message}; {refusal.fault.fix}") from None
        return await self._act(reader, name, self._confirming(desk, name, asked), form)

    async def end(self, request: Request) -> Response:
        """End an override; what stands on it is withdrawn by the next run."""
        reader, name = self._expect(request)
        if not (reader.has(Role.OFFICER) or self._may_ask(reader, name)):
            raise NotForYou(f"end an override of {name}")
        form = await self._people.form(request)
        desk = self._desk()
        asked = self._find(desk, name, form.texts.get("override", ""))
        try:
            desk.expect_open(asked)
        except SharingRefused as refusal:
            raise Refused(409, "NOT_WHAT_IS_SHOWN", refusal.fault.message) from None
        return await self._act(reader, name, _ending(name, asked), form)

    async def _act(self, reader: Reader, name: str, intended: Intended, form: Form) -> Response:
        data = await asyncio.to_thread(signed, self._people, reader, intended, form)
        try:
            await asyncio.to_thread(self._desk().take, data)
        except SharingRefused as refusal:
            if refusal.rule != "override_reason":
                raise
            raise Refused(400, "NO_REASON", "say why: the reason is printed on the certificate") from None
        return RedirectResponse(f"/releases/{name}#overrides", 303)

    def _desk(self) -> Desk:
        return Desk(self._city.ledger, self._city.settings, self._people.catalogue)

    def _asking(self, desk: Desk, name: str, until: str) -> Intended:
        try:
            day = date.fromisoformat(until)
            terms = desk.terms(name, day, day_of(self._city.now()))
        except ValueError:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "until is a day, YYYY-MM-DD") from None
        except SharingRefused as refusal:
            raise Refused(409, "NOT_WHAT_IS_SHOWN", f"{refusal.fault.message}: {refusal.fault.fix}") from None
        return Intended(Deed.OVERRIDE, name, terms.seen)

    def _confirming(self, desk: Desk, name: str, asked: Override) -> Intended:
        return Intended(Deed.CONFIRM_OVERRIDE, name, desk.confirming(name, asked))

    def _find(self, desk: Desk, name: str, number: str) -> Override:
        try:
            return desk.find(name, number)
        except SharingRefused:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such override") from None

    def _shown(self, desk: Desk, reader: Reader, name: str, one: Override, today: date) -> Shown:
        open_, other = one.ended is None, person_key(one.asked.person) != person_key(reader.name)
        may_confirm = open_ and not one.is_confirmed and other and reader.has(Role.OFFICER)
        may_end = open_ and today <= one.until and (reader.has(Role.OFFICER) or self._may_ask(reader, name))
        return Shown(
            one,
            desk.standing(name, one, today),
            to_sign(self._people, reader, self._confirming(desk, name, one)) if may_confirm else None,
            to_sign(self._people, reader, _ending(name, one)) if may_end else None,
        )

    def _asked(self, desk: Desk, reader: Reader, name: str, until: str) -> Asked | None:
        failing = desk.failing(name) if self._may_ask(reader, name) else ()
        if not failing:
            return None
        latest = desk.overrides.latest(day_of(self._city.now()))
        sign, refusal, terms = None, "", ""
        if until:
            try:
                asking = self._asking(desk, name, until)
                sign, terms = to_sign(self._people, reader, asking), digest(dict(asking.seen))
            except Refused as refused:
                refusal = refused.message
        return Asked(failing, latest, until, refusal, sign, terms)

    def _may_ask(self, reader: Reader, name: str) -> bool:
        of = departments(self._city, name)
        held = (Role.STEWARD, Role.OWNER)
        everywhere = any(reader.departments(role) is None for role in held)
        return everywhere or any(reader.has(*held, department=one) for one in of)

    def _expect(self, request: Request) -> tuple[Reader, str]:
        reader, name = self._people.expect(request), request.path_params["name"]
        if not may_see(self._city, reader, name):
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such agreement, or it does not concern you")
        return reader, name


def _ending(name: str, one: Override) -> Intended:
    return Intended(Deed.END_OVERRIDE, name, {"override": one.asked.digest})
