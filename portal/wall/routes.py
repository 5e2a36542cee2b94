"""`/wall`: six dimensions, the map, and the signs of every two minutes, which move by server-sent events.

What moves is fetched anew by the page, so that a value is spelt in one place alone; the events say only that there is
something new. Whoever has no script sees the page as it was made.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from contracts.indicators import CITY
from contracts.windows import WindowSet
from lake.indicators.standing import Shown
from lake.indicators.told import told_of
from lake.windows.reading import newest, signs
from lake.windows.records import Told
from portal.asking import Refused
from portal.indicators.desk import Board, IndicatorDesk
from portal.indicators.routes import WORDS, IndicatorPages
from portal.indicators.sight import sees
from portal.pages import Pages
from portal.people.people import People
from portal.people.reader import Reader

LOOK_SECONDS = 0.5
"""How often the store of windows is asked whether anything came: one look into an index."""
_BEAT_SECONDS = 15.0
LONGEST = timedelta(minutes=30)
"""After so long an answer ends, and the page asks again: nothing of one connection lasts for ever."""
MOST_LISTENERS = 200
_SHOWN = 6
"""So many indicators of a dimension stand on the wall: those that need a look first."""


@dataclass(frozen=True)
class MovingSet:
    """The signs of one set of windows, as somebody may see them."""

    name: str
    title_zh: str
    title_en: str
    signs: tuple[Told, ...]


class Wall:
    """The wall of one city."""

    def __init__(self, people: People, pages: Pages, desk: IndicatorDesk, indicators: IndicatorPages) -> None:
        self._people, self._pages, self._desk, self._indicators = people, pages, desk, indicators
        self._listeners = 0

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/wall", self.page, methods=["GET"]),
            Route("/wall/signs", self.moving, methods=["GET"]),
            Route("/wall/events", self.events, methods=["GET"]),
            Route("/api/wall", self.told, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The whole wall; `?map=` is the indicator that the map shows."""
        reader = self._people.reader(request)
        board = await self._desk.board(reader)
        wanted = self._mapped(board, request.query_params.get("map", ""))
        picture = await asyncio.to_thread(self._map, wanted) if wanted else ""
        return self._pages.page(
            request,
            "wall.html",
            200,
            board=board,
            panels=_panels(board, self._desk),
            map=picture,
            mapped=self._desk.indicators.every.get(wanted),
            choices=_mappable(board)[:12],
            moving=await asyncio.to_thread(self._moving, reader),
            **WORDS,
        )

    async def moving(self, request: Request) -> Response:
        """The signs of every two minutes alone, as a part of the page."""
        reader = self._people.reader(request)
        sets = await asyncio.to_thread(self._moving, reader)
        answer = self._pages.page(request, "_moving.html", 200, moving=sets, **WORDS)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    async def told(self, request: Request) -> Response:
        """The wall for programs."""
        if request.query_params:
            raise Refused(
                400, "INVALID_PARAMETER_VALUE", "the wall is of the whole city; /api/indicators takes a place"
            )
        reader = self._people.reader(request)
        board = await self._desk.board(reader)
        sets = await asyncio.to_thread(self._moving, reader)
        return JSONResponse(
            {
                "as_of": self._people.city.now().isoformat(),
                "states": {str(state): count for state, count in board.states.items()},
                "indicators": [told_of(one) for one in board.shown if one.indicator.id not in board.hidden],
                "signs": {one.name: [each.as_dict() for each in one.signs] for one in sets},
            }
        )

    async def events(self, request: Request) -> Response:
        """One event for each window that is stored from now on; a comment now and then, so that nobody hangs up."""
        if self._listeners >= MOST_LISTENERS:
            raise Refused(503, "TOO_MANY", f"{MOST_LISTENERS} walls are listening already; the page itself is there")
        return StreamingResponse(
            self._stream(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self, request: Request) -> AsyncIterator[str]:
        self._listeners += 1
        try:
            loop = asyncio.get_running_loop()
            until, beat, seen = loop.time() + LONGEST.total_seconds(), loop.time(), await self._newest()
            yield f"retry: 2000\n\nevent: ready\ndata: {json.dumps(seen)}\n\n"
            while loop.time() < until and not await request.is_disconnected():
                await asyncio.sleep(LOOK_SECONDS)
                if (now := await self._newest()) != seen:
                    seen, beat = now, loop.time()
                    yield f"event: window\ndata: {json.dumps(now)}\n\n"
                elif loop.time() - beat > _BEAT_SECONDS:
                    beat = loop.time()
                    yield ": still here\n\n"
        finally:
            self._listeners -= 1

    async def _newest(self) -> dict[str, int]:
        return await asyncio.to_thread(self._asked)

    def _asked(self) -> dict[str, int]:
        settings = self._people.city.settings
        found = {name: newest(settings, name) for name in self._sets()}
        return {name: one.seq for name, one in found.items() if one}

    def _sets(self) -> dict[str, WindowSet]:
        return dict(self._people.city.catalogue.windows)

    def _moving(self, reader: Reader) -> list[MovingSet]:
        city = self._people.city
        return [
            MovingSet(
                name,
                one.title_zh,
                one.title_en,
                tuple(each for each in signs(city.settings, one, city.now()) if sees(reader, each.level)),
            )
            for name, one in self._sets().items()
        ]

    def _mapped(self, board: Board, asked: str) -> str:
        choices = [one.indicator.id for one in _mappable(board)]
        return asked if asked in choices else next(iter(choices), "")

    def _map(self, indicator: str) -> str:
        return self._indicators.map_of(list(self._desk.places(indicator).values()))


def _mappable(board: Board) -> list[Shown]:
    """What a map can show: what districts have values of, one of each group."""
    found: dict[str, Shown] = {}
    for one in board.shown:
        if one.indicator.by_district and one.number is not None and board.place == CITY:
            found.setdefault(one.indicator.group, one)
    return list(found.values())


def _panels(board: Board, desk: IndicatorDesk) -> list[dict[str, Any]]:
    """Each dimension: how many of its signs are sound, and those that stand on the wall, the worst first."""
    unsound = {one.indicator.id for one in board.unsound}
    panels = []
    for dimension, title in desk.indicators.titles.items():
        every = board.of(dimension)
        first = sorted(every, key=lambda one: (one.indicator.id not in unsound, one.number is None))
        seen: dict[str, Shown] = {}
        for one in first:
            seen.setdefault(one.indicator.group, one)
        panels.append(
            {
                "dimension": str(dimension),
                "title": title,
                "many": len(every),
                "groups": len({one.indicator.group for one in every}),
                "unsound": sum(one.indicator.id in unsound for one in every),
                "shown": list(seen.values())[:_SHOWN],
            }
        )
    return panels
