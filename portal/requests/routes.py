"""The pages of requests for those who are signed in: the list, a case, filing one, and acting in it.

Whom a case concerns, and who may do what in it, is asked anew with each request; what is not a reader's is answered
like what is not there. What the public asks is `visitors.py`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.acts import Role
from lake.cases import acting
from lake.cases.asking import RequestRefused, read_request
from lake.cases.resources import Resource, find_resource
from portal.asking import Refused
from portal.pages import Pages
from portal.people.people import Form
from portal.people.reader import Reader
from portal.people.signing import Intended, ToSign, signed, to_sign
from portal.requests.desk import Desk
from portal.requests.forms import Filled, Unsaid, declared, texts_of
from portal.requests.sight import doer, sees
from portal.requests.visitors import Visitors
from portal.requests.words import EVERY, STATES
from sharing.acts import read_act
from sharing.cases.asked import NAMESPACE, Asked
from sharing.cases.law import Case
from sharing.cases.steps import Step
from sharing.cases.vocabulary import Doing, Kind
from sharing.faults import SharingRefused

_A_PAGE = 100
_FILTERS = ("state", "department", "agency", "overdue", "waiting")
_CHANGED = "request_changed"
_BESIDE = frozenset({acting.FILED_ALREADY, _CHANGED})
"""What is wrong is not with the form, but with the case as it is."""
_NOTHING = "there is no such case, or it does not concern you"
_SIMPLE = {str(one): one for one in (Doing.QUESTION, Doing.REFUSE, Doing.WITHDRAW, Doing.OBJECT, Doing.REOPEN)}


class Requests:
    """The pages of cases."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk, self._pages = desk, pages
        self._people, self._city = desk.people, desk.city
        self._visitors = Visitors(self._desk, pages)

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/requests", self.listed, methods=["GET"]),
            Route("/requests/new", self.new, methods=["GET"]),
            Route("/requests/new", self.file, methods=["POST"]),
            *self._visitors.routes(),
            Route("/requests/{id}", self.one, methods=["GET"]),
            Route("/requests/{id}/answer", self.changing, methods=["GET"]),
            Route("/requests/{id}/answer", self.answer, methods=["POST"]),
            Route("/requests/{id}/approve", self.approve, methods=["POST"]),
            Route("/requests/{id}/{doing}", self.act, methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        """The cases that concern a reader; `?state=` (also overdue), `department=`, `agency=`, `overdue=1`, `waiting=1`
        (for the reader), `page=`.
        """
        reader = self._people.reader(request)
        if not reader.signed_in:
            return self._pages.page(request, "requests_visitor.html", 200, **EVERY)
        mine = [one for one in (await self._desk.cases()).values() if sees(reader, one)]
        wanted = {name: request.query_params.get(name, "") for name in _FILTERS}
        lines = await asyncio.to_thread(self._lines, mine, reader, wanted)
        page = _page(request.query_params.get("page", "1"))
        facts = {
            "lines": lines[(page - 1) * _A_PAGE : page * _A_PAGE],
            "total": len(lines),
            "page_number": page,
            "pages": -(-len(lines) // _A_PAGE) or 1,
            "wanted": wanted,
            "departments": sorted({name for one in mine for name in one.asked.departments}),
            "agencies": sorted({one.asked.agency for one in mine if one.asked.agency}),
            "may_ask": reader.has(Role.APPLICANT),
        }
        return self._pages.page(request, "requests.html", 200, **facts, **EVERY)

    def _lines(self, cases: list[Case], reader: Reader, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        """Those that are wanted: what waits for the reader by the day it is due; else overdue ones first, then the
        newest.
        """
        if wanted["waiting"]:
            lines = self._desk.waiting(cases, reader)
        else:
            newest = [self._desk.line(one) for one in reversed(cases)]
            lines = sorted(newest, key=lambda one: not one["overdue"])
        state = wanted["state"] if wanted["state"] in STATES else ""
        overdue = bool(wanted["overdue"]) or wanted["state"] == "overdue"
        return [
            one
            for one in lines
            if (not state or one["state"] == state)
            and (not overdue or one["overdue"])
            and (not wanted["department"] or wanted["department"] in one["departments"])
            and (not wanted["agency"] or wanted["agency"] == one["agency"])
        ]

    async def one(self, request: Request) -> Response:
        """One case, with what this reader may do in it."""
        reader, case = await self._expect(request)
        return await asyncio.to_thread(self._show, request, reader, case)

    def _show(self, request: Request, reader: Reader, case: Case, unsaid: Unsaid | None = None) -> Response:
        may, known = acting.may(case, doer(reader), self._city.now()), self._known(case.asked.resource)
        facts = {
            "one": self._desk.all_of(case),
            "may": [str(one) for one in may],
            "grounds": self._city.catalogue.jurisdiction.grounds,
            "known": known,
            "offered": {one.name: one for one in known.columns} if known else {},
            "to_sign": self._to_sign(reader, case, may),
            "approved": case.approved,
            "drafted": reader.has(Role.OFFICER, Role.ENGINEER) and (self._desk.drafted(case) / "change.patch").exists(),
            "released": self._agreed(case),
            "unsaid": unsaid,
        }
        return self._pages.page(request, "request.html", unsaid.refused.status if unsaid else 200, **facts, **EVERY)

    def _agreed(self, case: Case) -> str:
        """The agreement that answers a case, once it is declared."""
        return case.agreement if case.agreement in self._city.agreements else ""

    def _known(self, resource: str) -> Resource | None:
        try:
            return find_resource(self._city.catalogue, self._city.ledger, resource)
        except SharingRefused:
            return None

    def _to_sign(self, reader: Reader, case: Case, may: tuple[Doing, ...]) -> ToSign | None:
        if Doing.APPROVE not in may:
            return None
        return to_sign(self._people, self._signing(reader, case), _approving(case))

    def _signing(self, reader: Reader, case: Case) -> Reader:
        """The reader in the one role in which the case waits for them: somebody may be owner and officer."""
        told = acting.Told(over=case.asked.digest, seen=case.asked.parts, act="to be signed")
        seat = acting.propose(case, Doing.APPROVE, doer(reader), told, self._city.now()).seat
        assert reader.person is not None
        roles = tuple(one for one in reader.person.roles if str(one.role) == str(seat))
        held = tuple(one for one in reader.roles if one in roles)
        return replace(reader, person=replace(reader.person, roles=roles), roles=held)

    async def new(self, request: Request) -> Response:
        """The form of a request: an applicant's for `?resource=`, anybody else's for the public's."""
        reader = self._people.reader(request)
        if not reader.has(Role.APPLICANT) or "kind" in request.query_params:
            return self._visitors.form(request)
        wanted = request.query_params.get("resource", "")[:200]
        agencies = sorted(reader.agencies)
        texts = {"resource": wanted, "agency": agencies[0] if agencies else ""}
        return await self._form(request, reader, texts)

    async def file(self, request: Request) -> Response:
        """File a request for one of the reader's agencies."""
        form = await self._people.posted(request)
        if form.get("kind"):
            return await self._visitors.file(request, form)
        reader = self._people.expect(request, Role.APPLICANT)
        try:
            asked = await asyncio.to_thread(self._asked, form)
            filing = acting.Told(asked=asked, kind=Kind.REQUEST)
            step = acting.filed(filing, doer(reader), self._city.now(), await self._desk.cases())
            case = await self._desk.write(step)
        except SharingRefused as refusal:
            return await self._form(request, reader, form, refusal)
        except Refused as refused:
            return await self._form(request, reader, form, _late(refused, acting.FILED_ALREADY, step.case))
        return RedirectResponse(f"/requests/{case.id}", 303)

    def _asked(self, form: Mapping[str, str]) -> Asked:
        return read_request(declared(form), self._city.catalogue, self._city.ledger)

    async def _form(
        self,
        request: Request,
        reader: Reader,
        texts: Mapping[str, str],
        refusal: SharingRefused | None = None,
        case: Case | None = None,
    ) -> Response:
        """The form with what is in it, and what is wrong with it; of a case, its answer."""
        found = await asyncio.to_thread(self._known, texts.get("resource", ""))
        faults = refusal.faults if isinstance(refusal, RequestRefused) else (refusal.fault,) if refusal else ()
        filled = Filled(texts, found, faults)
        agencies = sorted(reader.agencies)
        facts = {"filled": filled, "agencies": agencies, "case": case, "resources": self._resources()}
        status = 200 if refusal is None else 409 if refusal.rule in _BESIDE else 400
        return self._pages.page(request, "request_form.html", status, **facts, **EVERY)

    def _resources(self) -> list[tuple[str, str]]:
        """What can be asked for, by its id and its title."""
        catalogue = self._city.catalogue
        found = [(one.id, one.title_zh) for one in catalogue.datasets.values()]
        found += [(f"theme.{one.name}", one.title_zh) for one in catalogue.entities.values()]
        found += [(f"product.{one.product}", one.title_zh) for one in catalogue.agreements.values()]
        return sorted(dict(found).items())

    async def changing(self, request: Request) -> Response:
        """The form of an answer, with what is asked as it is: whatever is changed in it is asked from then on."""
        reader, case = await self._expect(request)
        self._expect_may(reader, case, Doing.ANSWER)
        return await self._form(request, reader, texts_of(case.asked), case=case)

    async def answer(self, request: Request) -> Response:
        """Answer a question, and change what is asked where the form says otherwise than the case."""
        reader, case = await self._expect(request)
        form = await self._people.posted(request)
        try:
            asked = await asyncio.to_thread(self._asked, {**form, "agency": case.asked.agency})
            told = acting.Told(form.get("words", ""), asked=asked if asked != case.asked else None)
            step = acting.propose(case, Doing.ANSWER, doer(reader), told, self._city.now())
            await self._desk.write(step)
        except SharingRefused as refusal:
            return await self._form(request, reader, form, refusal, case)
        except Refused as refused:
            return await self._form(request, reader, form, _late(refused, _CHANGED, case.id), case)
        return RedirectResponse(f"/requests/{case.id}", 303)

    async def approve(self, request: Request) -> Response:
        """Approve exactly what was shown: a signed act."""
        reader, case = await self._expect(request)
        form = await self._people.form(request)
        try:
            await self._approve(reader, case, form)
        except Refused as refused:
            return await self._again(request, reader, case, Unsaid(refused, Doing.APPROVE, form.texts.get("words", "")))
        return RedirectResponse(f"/requests/{case.id}", 303)

    async def _approve(self, reader: Reader, case: Case, form: Form) -> None:
        self._expect_shown(case, form)
        self._expect_may(reader, case, Doing.APPROVE)
        who = self._signing(reader, case)
        data = await asyncio.to_thread(signed, self._people, who, _approving(case), form)
        with _told_as(403):
            acting.expect_act(case, read_act(data), doer(reader), self._city.now())
        await self._desk.sign(case.id, data)

    async def act(self, request: Request) -> Response:
        """Any other step of a case."""
        reader, case = await self._expect(request)
        form = await self._people.form(request)
        doing = _SIMPLE.get(request.path_params["doing"])
        if doing is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", _NOTHING)
        try:
            self._expect_shown(case, form)
            await self._desk.write(self._step(reader, case, doing, form))
        except Refused as refused:
            return await self._again(request, reader, case, Unsaid(refused, doing, form.texts.get("words", "")))
        return RedirectResponse(f"/requests/{case.id}", 303)

    async def _again(self, request: Request, reader: Reader, case: Case, unsaid: Unsaid) -> Response:
        """The case as it is now, with what was written, which is not lost; the refusal goes on the record as all do."""
        now = (await self._desk.cases()).get(case.id, case)
        if not sees(reader, now):
            raise unsaid.refused
        await self._desk.keep_refusal(reader.name, request.url.path, unsaid.refused)
        return await asyncio.to_thread(self._show, request, reader, now, unsaid)

    def _step(self, reader: Reader, case: Case, doing: Doing, form: Form) -> Step:
        ground = form.texts.get("ground", "")
        told = acting.Told(form.texts.get("words", ""), ground, over=case.asked.digest)
        with _told_as(403):
            if doing is Doing.REFUSE:
                acting.expect_ground(self._city.catalogue.jurisdiction, ground)
            return acting.propose(case, doing, doer(reader), told, self._city.now())

    def _expect_may(self, reader: Reader, case: Case, doing: Doing) -> None:
        if doing not in acting.may(case, doer(reader), self._city.now()):
            raise Refused(403, "NOT_ALLOWED", f"the case is {case.state}: you may not {doing} now")

    def _expect_shown(self, case: Case, form: Form) -> None:
        if form.texts.get("over") != case.asked.digest:
            raise Refused(
                409, "NOT_WHAT_IS_SHOWN", "what is asked has changed since: look again, and decide about that"
            )

    async def _expect(self, request: Request) -> tuple[Reader, Case]:
        """Who asks about which case. Raises `SignInFirst`; `Refused` alike for none and for another's."""
        reader = self._people.expect(request)
        case = (await self._desk.cases()).get(request.path_params["id"])
        if case is None or not sees(reader, case):
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", _NOTHING)
        return reader, case


@contextmanager
def _told_as(status: int) -> Iterator[None]:
    """What the law refuses, told as a page."""
    try:
        yield
    except SharingRefused as refusal:
        raise Refused(status, "NOT_ALLOWED", refusal.fault.message) from None


def _late(refused: Refused, rule: str, case: str) -> SharingRefused:
    """What lost a race against another's step, as what is wrong with a form."""
    return SharingRefused(rule, case, refused.message, "look at the case as it is now")


def _approving(case: Case) -> Intended:
    return Intended(acting.DEED, NAMESPACE + case.id, case.asked.parts)


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) else 1
