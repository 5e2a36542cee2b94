"""The way to a provider and back, for the persons of the offices and for the people of the city.

A browser that comes back is the one that was sent: what ties both is a cookie, and good for minutes, once. Of somebody
of the city nothing is kept but the session, and their identifier in this process' memory alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.signing_in import Provider
from portal.asking import Refused
from portal.entrance.provider import Flow, Issuer, NotRecognised, Place
from portal.entrance.routes import SigningIn, onward
from portal.people.accounts import Denied, happened
from portal.people.cookies import FLOW
from portal.people.people import People
from portal.people.reader import Citizen
from portal.people.store import known_as, new_secret

_MINUTES = timedelta(minutes=10)
_Endpoint = Callable[[Request], Awaitable[Response]]
OFFICES, CITIZENS = "provider", "citizen"


class AtProvider:
    """Signing in at the providers of a city."""

    def __init__(self, people: People, entrance: SigningIn) -> None:
        self._people, self._entrance = people, entrance
        declared, settings = people.city.catalogue.signing_in, people.city.settings
        found: dict[str, Provider | None] = {OFFICES: declared.provider, CITIZENS: declared.citizens}
        self._declared = {name: one for name, one in found.items() if one is not None}
        self._issuers = {
            name: Issuer(one, Place(settings.workspace, settings.secrets, f"{people.base}/sign-in/{name}/back"))
            for name, one in self._declared.items()
        }

    def routes(self) -> list[Route]:
        """Its routes; none of a provider that is not declared."""
        return [
            Route(address, endpoint, methods=[method], name=f"{method} {address}")
            for name in self._issuers
            for address, endpoint, method in (
                (f"/sign-in/{name}", self._to(name), "POST"),
                (f"/sign-in/{name}/back", self._back(name), "GET"),
            )
        ]

    def _to(self, name: str) -> _Endpoint:
        async def to(request: Request) -> Response:
            form = await self._people.posted(request)
            flow, browser = Flow(new_secret(), new_secret(), new_secret()), new_secret()
            try:
                address = await self._issuers[name].address(flow)
            except NotRecognised as error:
                return self._not(request, error)
            at = self._people.city.now()
            with self._people.store.writing() as connection:
                connection.execute("delete from flows where until < ?", (at.timestamp(),))
                values = (
                    known_as(browser),
                    name,
                    f"{flow.state} {flow.nonce}",
                    flow.verifier,
                    onward(form.get("next", "")),
                )
                connection.execute(
                    "insert into flows values (?, ?, ?, ?, ?, ?)", (*values, (at + _MINUTES).timestamp())
                )
            answer = RedirectResponse(address, 303)
            self._people.cookies.set(answer, FLOW, browser)
            return answer

        return to

    def _back(self, name: str) -> _Endpoint:
        async def back(request: Request) -> Response:
            found = self._taken(name, self._people.cookies.read(request, FLOW))
            if found is None:
                raise Refused(400, "NO_SIGN_IN", "this browser did not go to sign in, or minutes ago: begin again")
            flow, target = found
            try:
                told = dict(request.query_params)
                who = await self._issuers[name].who(flow, told, self._people.city.now())
                answer = await self._begin(request, name, who, target)
            except NotRecognised as error:
                answer = self._not(request, error)
            self._people.cookies.forget(answer, FLOW)
            return answer

        return back

    async def _begin(self, request: Request, name: str, who: str, target: str) -> Response:
        if name == CITIZENS:
            citizen = Citizen(self._declared[name].element, who)
            return await self._entrance.begin(request, "", target, name, citizen)
        if self._people.declared.find(who) is None:
            # The provider knows them, so that this is no stranger who fills the ledger.
            await self._people.city.journal.write(*happened("nobody", "sign-in refused", how=name))
            raise NotRecognised("whom it names is not among the persons of this city")
        return await self._entrance.begin(request, who, target, name)

    def _not(self, request: Request, error: NotRecognised) -> Response:
        return self._entrance.form(request, "/", Denied("统一身份认证未能登录", error.why))

    def _taken(self, name: str, browser: str) -> tuple[Flow, str] | None:
        """What was remembered of a browser that went to a provider: taken once."""
        with self._people.store.writing() as connection:
            row = connection.execute(
                "delete from flows where flow = ? and provider = ? and until >= ? returning nonce, verifier, next",
                (known_as(browser), name, self._people.city.now().timestamp()),
            ).fetchone()
        if row is None:
            return None
        state, _, nonce = str(row[0]).partition(" ")
        return Flow(state, nonce, str(row[1])), str(row[2])
