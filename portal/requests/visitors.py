"""What anybody asks of the city without signing in: a data request, a registration, an objection; and following it.

A case number is told, and a secret link to come back by; the ledger keeps the link's digest alone. Who asks is not
known and not asked for. How much of it there may be on a day is bounded: nobody fills the ledger by knocking.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.clock import day_of
from lake.cases import acting
from lake.cases.acting import Doer
from lake.cases.asking import RequestRefused, read_public
from portal.asking import Refused
from portal.pages import Pages
from portal.requests.desk import Desk
from portal.requests.forms import Unsaid
from portal.requests.sight import following
from portal.requests.words import EVERY, KINDS
from portal.whence import whence
from sharing.cases.law import Case
from sharing.cases.steps import Step
from sharing.cases.vocabulary import Doing, Kind
from sharing.faults import SharingRefused

MOST_A_DAY = 100
"""So many cases of the public are taken on one day of the city, whoever files them."""
MOST_OF_ONE = 5
"""And so many from one address, while the portal runs: addresses are kept nowhere."""
VISITOR = Doer("", visitor=True)
_FIELDS = ("kind", "title", "text", "about")
_MAY = {str(one): one for one in (Doing.ANSWER, Doing.WITHDRAW, Doing.OBJECT)}
_GONE = "there is no case at this link"


class Visitors:
    """The pages of what the public asks."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk, self._pages, self._people = desk, pages, desk.people
        self._day, self._knocked = date.min, Counter[str]()

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/requests/follow/{secret}", self.follow, methods=["GET"]),
            Route("/requests/follow/{secret}/{doing}", self.act, methods=["POST"]),
        ]

    def form(
        self,
        request: Request,
        texts: Mapping[str, str] | None = None,
        refusal: RequestRefused | Refused | None = None,
    ) -> Response:
        """The form; with what is wrong with what was sent, which is never lost."""
        asked = request.query_params
        kind = asked.get("kind", "")
        first = {"kind": kind if kind in KINDS else "public_request", "about": asked.get("resource", "")[:130]}
        faults = refusal.faults if isinstance(refusal, RequestRefused) else ()
        refused = refusal if isinstance(refusal, Refused) else None
        status = refused.status if refused else 400 if faults else 200
        facts = {"texts": texts or first, "faults": faults, "refused": refused, **EVERY}
        return self._pages.page(request, "request_public.html", status, **facts)

    async def file(self, request: Request, form: Mapping[str, str]) -> Response:
        """File it, and show its number and its link, once."""
        try:
            kind, asked = read_public({name: form.get(name, "") for name in _FIELDS})
            await self._expect_room(request)
        except (RequestRefused, Refused) as refusal:
            return self.form(request, form, refusal)
        secret = secrets.token_urlsafe(32)
        filing = acting.Told(asked=asked, kind=kind, follow=following(secret))
        step = acting.filed(filing, VISITOR, self._desk.city.now(), {})
        case = await self._desk.write(step)
        link = f"{self._people.base}/requests/follow/{secret}"
        answer = self._pages.page(request, "request_filed.html", 201, number=case.id, link=link)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def _expect_room(self, request: Request) -> None:
        today = day_of(self._desk.city.now())
        if self._day != today:
            self._day, self._knocked = today, Counter()
        address = whence(request)[0]
        every = (await self._desk.cases()).values()
        of_today = sum(one.kind is not Kind.REQUEST and day_of(one.filed.at) == today for one in every)
        if self._knocked[address] >= MOST_OF_ONE or of_today >= MOST_A_DAY:
            raise Refused(429, "TOO_MANY", "no more is taken today: come back tomorrow, or write to the data office")
        self._knocked[address] += 1

    async def follow(self, request: Request) -> Response:
        """The case of a link."""
        return self._show(request, await self._case(request))

    def _show(self, request: Request, case: Case, unsaid: Unsaid | None = None) -> Response:
        may = acting.may(case, VISITOR, self._desk.city.now())
        facts = {
            "one": self._desk.all_of(case),
            "may": [str(one) for one in may],
            "grounds": self._desk.city.catalogue.jurisdiction.grounds,
            "secret": request.path_params["secret"],
            "unsaid": unsaid,
        }
        status = unsaid.refused.status if unsaid else 200
        answer = self._pages.page(request, "request_follow.html", status, **facts, **EVERY)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def act(self, request: Request) -> Response:
        """Answer, withdraw, or object, by the link."""
        form = await self._people.posted(request)
        case, doing = await self._case(request), _MAY.get(request.path_params["doing"])
        if doing is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", _GONE)
        try:
            await self._desk.write(self._step(case, doing, form))
        except Refused as refused:
            return self._show(request, await self._case(request), Unsaid(refused, doing, form.get("words", "")))
        return RedirectResponse(f"/requests/follow/{request.path_params['secret']}", 303)

    def _step(self, case: Case, doing: Doing, form: Mapping[str, str]) -> Step:
        told = acting.Told(form.get("words", ""), over=case.asked.digest)
        try:
            return acting.propose(case, doing, VISITOR, told, self._desk.city.now())
        except SharingRefused as refusal:
            raise Refused(403, "NOT_ALLOWED", refusal.fault.message) from None

    async def _case(self, request: Request) -> Case:
        found = await self._desk.followed(request.path_params["secret"])
        if found is None:
            raise Refused(404, "RESOURCE_DOES_NOT_EXIST", _GONE)
        return found
