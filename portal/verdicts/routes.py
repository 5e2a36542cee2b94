"""The pages of what was judged and released, and the acts on it: approving exactly what is shown, and a stop at once.

An approval is the very act of `zhongtai approve`, and a stop that of `zhongtai stop`. What lets a product leave the
gates decide, at the next run.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.acts import Deed, Role, person_key
from lake.acts import Persons, record_act, required
from lake.approving import Shown, expect_approver, shown, take_stop
from lake.cli.explained import gate_titles
from portal.asking import Refused
from portal.pages import Pages
from portal.people.people import NotForYou, People
from portal.people.reader import Reader
from portal.people.signing import Intended, ToSign, signed, to_sign
from portal.verdicts.overriding import Overriding
from portal.verdicts.records import departments, lines, may_see, record
from sharing.acts import read_act
from sharing.canonical import digest
from sharing.faults import SharingRefused
from sharing.withdrawal import Books


class Verdicts:
    """The pages of agreements, for those whom they concern."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages, self._city = people, pages, people.city
        self._overriding = Overriding(people)

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/releases", self.listed, methods=["GET"]),
            Route("/releases/{name}", self.one, methods=["GET"]),
            Route("/releases/{name}/approve", self.approve, methods=["POST"]),
            Route("/releases/{name}/stop", self.stop, methods=["POST"]),
            *self._overriding.routes(),
        ]

    async def listed(self, request: Request) -> Response:
        """The agreements that concern a reader; `?state=released|withheld`."""
        reader = self._people.expect(request)
        every = await asyncio.to_thread(lines, self._city, reader)
        state = request.query_params.get("state", "")
        found = [one for one in every if not state or (one.newest and one.newest.verdict == state)]
        return self._pages.page(request, "releases.html", lines=found, state=state)

    async def one(self, request: Request) -> Response:
        """One agreement."""
        reader, name = self._expect(request)
        persons = Persons.of(self._city.settings, self._people.declared.now())
        found = await asyncio.to_thread(record, self._city, persons, name)
        approval = await asyncio.to_thread(self._approval, reader, name)
        until = request.query_params.get("until", "")
        facts = {
            "one": found,
            "gates": dict(gate_titles()),
            "approval": approval,
            "stop": self._stop(reader, name),
            "overriding": await asyncio.to_thread(self._overriding.facts, reader, name, until),
        }
        return self._pages.page(request, "release.html", 200, **facts)

    async def approve(self, request: Request) -> Response:
        """Approve what was shown, if it still is what there is."""
        reader, name = self._expect(request)
        form = await self._people.form(request)
        what = await asyncio.to_thread(self._shown, name)
        if what is None or form.texts.get("over") != digest(dict(what.dossier)):
            raise Refused(409, "NOT_WHAT_IS_SHOWN", "it was judged again since: look again, and approve that")
        try:
            expect_approver(what, reader.name)
        except SharingRefused as refusal:
            raise NotForYou(f"{refusal.fault.message}; {refusal.fault.fix}") from None
        data = await asyncio.to_thread(signed, self._people, reader, _approving(what), form)
        await asyncio.to_thread(record_act, self._city.ledger, data, self._city.now())
        return RedirectResponse(f"/releases/{name}", 303)

    async def stop(self, request: Request) -> Response:
        """Withdraw what is released of an agreement, and let nothing more pass until it is approved again."""
        reader, name = self._expect(request)
        form = await self._people.form(request)
        if self._stop(reader, name) is None:
            raise NotForYou(f"stop {name}")
        data = await asyncio.to_thread(signed, self._people, reader, Intended(Deed.STOP, name, {}), form)
        if not read_act(data).words.strip():
            raise Refused(400, "NO_REASON", "a stop without a reason is none: say why")
        books = Books(self._city.ledger, self._city.settings.releases, self._city.signer)
        await asyncio.to_thread(take_stop, books, name, data, self._city.now())
        return RedirectResponse(f"/releases/{name}", 303)

    def _expect(self, request: Request) -> tuple[Reader, str]:
        """Who asks about which agreement; the very answer of no such agreement for whom it does not concern."""
        reader, name = self._people.expect(request), request.path_params["name"]
        if not may_see(self._city, reader, name):
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such agreement, or it does not concern you")
        return reader, name

    def _shown(self, name: str) -> Shown | None:
        try:
            return shown(self._city.ledger, self._city.settings, self._people.catalogue, name)
        except SharingRefused:
            return None

    def _approval(self, reader: Reader, name: str) -> dict[str, object] | None:
        """What a reader is asked to approve, and how it stands; None where nothing was judged that could be."""
        what = self._shown(name)
        if what is None:
            return None
        named = {person_key(one) for one in required(what.agreement)}
        mine = person_key(reader.name) in named and what.changed.get(reader.name, ("-",)) != ()
        sign: ToSign | None = None
        if mine and reader.has(Role.OWNER, Role.OFFICER, Role.APPROVER):
            sign = to_sign(self._people, reader, _approving(what))
        return {"shown": what.as_dict(), "over": digest(dict(what.dossier)), "to_sign": sign}

    def _stop(self, reader: Reader, name: str) -> ToSign | None:
        """What a reader would sign to stop an agreement; None for who may not: owners of others' departments, too."""
        of = departments(self._city, name)
        if not reader.has(Role.OFFICER) and not any(reader.has(Role.OWNER, department=one) for one in of):
            return None
        return to_sign(self._people, reader, Intended(Deed.STOP, name, {}))


def _approving(what: Shown) -> Intended:
    return Intended(Deed.APPROVE, what.agreement.name, what.dossier)
