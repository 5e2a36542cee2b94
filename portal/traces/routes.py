"""The page of own traces: for somebody whom the city's account system has verified, about nobody but themselves.

That it was asked is on the record before it is answered, and not by whom: the number is in no log, ledger, address or
page. It is asked by a form, so that nothing is looked up, or recorded, because a browser fetched a page ahead.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lake.asked import KIND, access
from portal.asking import Refused
from portal.pages import Pages
from portal.people.people import NotForYou, People, SignInFirst
from portal.people.reader import Citizen
from portal.traces.facts import Traces
from sharing.faults import SharingRefused
from sharing.keyring import open_pseudonym

_WHO, _WHY = "本人 the person concerned", "own traces: 个人信息保护法 art. 44, 45"
# So often is one session answered within an hour: each answer is an entry of the ledger, for good.
_MOST, _WITHIN = 10, timedelta(hours=1)


class OwnTraces:
    """The page of own traces of one city."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages, self._city = people, pages, people.city
        self._traces = Traces(people.city)
        self._asked: dict[str, list[datetime]] = {}

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/me/traces", self.ask, methods=["GET"]),
            Route("/me/traces", self.told, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """What can be asked here, and the button that asks it."""
        self._citizen(request)
        return self._pages.page(request, "traces.html", told=None, unable=False)

    async def told(self, request: Request) -> Response:
        """The traces of who asks."""
        citizen = self._citizen(request)
        await self._people.posted(request)
        self._expect_seldom(self._people.reader(request).csrf)
        try:
            await asyncio.to_thread(open_pseudonym, self._city.settings.key_place)  # who cannot be answered asks not
            await self._city.journal.write(KIND, access(_WHO, _WHY))
            found = await asyncio.to_thread(self._traces.told, citizen)
        except SharingRefused:
            return self._pages.page(request, "traces.html", 503, told=None, unable=True)
        return self._pages.page(request, "traces.html", told=found, unable=False, catalogue=self._city.catalogue)

    def _citizen(self, request: Request) -> Citizen:
        reader = self._people.reader(request)
        if reader.citizen is not None:
            return reader.citizen
        if reader.signed_in:
            raise NotForYou("own traces are for who signs in by the city's account system, about themselves")
        raise SignInFirst

    def _expect_seldom(self, session: str) -> None:
        now = self._city.now()
        left = {who: [at for at in times if at > now - _WITHIN] for who, times in self._asked.items()}
        self._asked = {who: times for who, times in left.items() if times}
        mine = self._asked.setdefault(session, [])
        if len(mine) >= _MOST:
            raise Refused(429, "ASKED_TOO_OFTEN", f"it was answered {_MOST} times within an hour: ask again later")
        mine.append(now)
