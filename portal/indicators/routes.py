"""`/indicators` and one of them, as pages and as JSON. Gathering is the desk's, drawing `maps` and `charts`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.indicators import CITY, Indicator, SignDimension
from lake.indicators.asking import Value, Values
from lake.indicators.standing import TITLES, Shown, State, Today, standing
from lake.indicators.told import groups_told, spelt, told_of, whole
from portal.asking import Refused
from portal.charts import Frame, Mark, line
from portal.indicators.desk import Board, IndicatorDesk, veiled
from portal.indicators.maps import drawn, shades
from portal.indicators.sight import sees
from portal.pages import Pages
from portal.people.people import People
from portal.people.reader import Reader

_CHART = Frame(960, 220)
_ROWS = 60
WORDS: dict[str, Any] = {"states": {str(state): title for state, title in TITLES.items()}, "spelt": spelt}


class IndicatorPages:
    """The pages of indicators of one city."""

    def __init__(self, people: People, pages: Pages, desk: IndicatorDesk) -> None:
        self._people, self._pages, self._desk = people, pages, desk

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/indicators", self.listed, methods=["GET"]),
            Route("/indicators/{indicator}", self.one, methods=["GET"]),
            Route("/api/indicators", self.listed_json, methods=["GET"]),
            Route("/api/indicators/{indicator}", self.one_json, methods=["GET"]),
        ]

    async def listed(self, request: Request) -> Response:
        """All of them; `?dimension=`, `?state=` and `?place=` choose."""
        chosen, board = await self._chosen(request)
        rows = _filtered(board, chosen)
        return self._pages.page(
            request,
            "indicators.html",
            200,
            board=board,
            rows=rows,
            chosen=chosen,
            groups=self._desk.indicators.groups,
            dimensions=self._desk.indicators.titles,
            places=self.place_names(),
            **WORDS,
        )

    async def listed_json(self, request: Request) -> Response:
        """The same for programs."""
        chosen, board = await self._chosen(request)
        told = [self._told(board, one) for one in _filtered(board, chosen)]
        return JSONResponse({"place": board.place, "groups": groups_told(self._desk.indicators), "indicators": told})

    async def one(self, request: Request) -> Response:
        """One indicator: its number today, its line, its places, what it is made of."""
        reader, indicator = self._people.reader(request), self._find(request)
        if indicator is None:
            return self._pages.page(request, "nothing.html", 404)
        _expect_known(request, {})
        place = self._place(request)
        facts = await asyncio.to_thread(self._facts, reader, indicator, place)
        return self._pages.page(request, "indicator.html", 200, places=self.place_names(), **facts, **WORDS)

    async def one_json(self, request: Request) -> Response:
        """The same for programs."""
        reader, indicator = self._people.reader(request), self._find(request)
        if indicator is None:
            raise Refused(404, "NO_SUCH_INDICATOR", "there is no such indicator; /api/indicators lists them")
        _expect_known(request, {})
        place = self._place(request)

        def told(values: Values | None, today: Today) -> dict[str, Any]:
            one = _standing(values, self._desk, today, (indicator, place))
            return whole(values, one) if sees(reader, one.level) else self._hidden(veiled(one, reader))

        return JSONResponse({**await asyncio.to_thread(self._desk.ask, told), "place": place})

    def place_names(self) -> dict[str, tuple[str, str]]:
        """The places that the city has outlines of, or whose codes it knows, with their titles; the city first."""
        catalogue = self._people.city.catalogue
        divisions = catalogue.code_sets.get("administrative_division")
        titles = divisions.codes if divisions else {}
        own = {code: titles.get(code, (code, code)) for code in sorted(catalogue.districts)}
        return {CITY: ("全市", "The city"), **own}

    def _title_of(self, place: str) -> tuple[str, str]:
        divisions = self._people.city.catalogue.code_sets.get("administrative_division")
        known = {**(divisions.codes if divisions else {}), **self.place_names()}
        return known.get(place, (place, place))

    async def _chosen(self, request: Request) -> tuple[dict[str, str], Board]:
        _expect_known(request, {"dimension": SignDimension, "state": State})
        place = self._place(request)
        chosen = {key: request.query_params.get(key, "") for key in ("dimension", "state")} | {"place": place}
        return chosen, await self._desk.board(self._people.reader(request), place)

    def _place(self, request: Request) -> str:
        place = request.query_params.get("place", CITY)
        divisions = self._people.city.catalogue.code_sets.get("administrative_division")
        if place not in self.place_names() and not (divisions and place in divisions.codes):
            raise Refused(400, "INVALID_PARAMETER_VALUE", f"there is no such place: {CITY}, or the code of a district")
        return place

    def _find(self, request: Request) -> Indicator | None:
        return self._desk.indicators.every.get(request.path_params["indicator"])

    def _told(self, board: Board, one: Shown) -> dict[str, Any]:
        return self._hidden(one) if one.indicator.id in board.hidden else told_of(one)

    def _hidden(self, one: Shown) -> dict[str, Any]:
        """What is told of an indicator whose value somebody may not see."""
        return {**told_of(one), "late": [], "sources": []}

    def _facts(self, reader: Reader, indicator: Indicator, place: str) -> dict[str, Any]:
        return self._desk.ask(lambda values, today: self._gathered(reader, (indicator, place), values, today))

    def _gathered(
        self, reader: Reader, about: tuple[Indicator, str], values: Values | None, today: Today
    ) -> dict[str, Any]:
        one = _standing(values, self._desk, today, about)
        seen = sees(reader, one.level)
        shown = one if seen else veiled(one, reader)
        told = whole(values if seen else None, shown)
        windows = values.windows(one.indicator.id, about[1]) if seen and values else []
        everywhere = values.places(one.indicator.id, one.value.start) if seen and values and one.value else []
        return {
            "one": shown,
            "seen": seen,
            "told": told,
            "group": self._desk.indicators.groups[one.indicator.group],
            "dimension": self._desk.indicators.titles[one.indicator.dimension],
            "picture": _picture(windows, one),
            "windows": windows[::-1][:_ROWS],
            "sources": [(name, today.timeliness.get(name)) for name in one.sources] if seen else [],
            "map": self.map_of(everywhere),
            "place": about[1],
            "place_title": self._title_of(about[1]),
            "recalled": set(one.late) if one.state is State.RECALLED else set(),
        }

    def map_of(self, everywhere: Sequence[Value]) -> str:
        """The map of one window's values."""
        numbers = {one.place: one.value for one in everywhere if one.value is not None and one.place != CITY}
        if not numbers:
            return ""
        names = self.place_names()
        words = {code: (title[0], spelt(numbers.get(code))) for code, title in names.items() if code != CITY}
        return drawn(self._people.city.catalogue.districts, shades(numbers), words)


def _standing(values: Values | None, desk: IndicatorDesk, today: Today, about: tuple[Indicator, str]) -> Shown:
    indicator, place = about
    return next(one for one in standing(values, desk.indicators, today, place) if one.indicator is indicator)


def _filtered(board: Board, chosen: dict[str, str]) -> list[Shown]:
    return [
        one
        for one in board.shown
        if chosen["dimension"] in ("", str(one.indicator.dimension)) and chosen["state"] in ("", str(one.state))
    ]


def _expect_known(request: Request, words: Mapping[str, type[StrEnum]]) -> None:
    """Raises `Refused` for a question that would be answered as if nothing had been asked."""
    known = {"place", *words}
    if unknown := sorted(set(request.query_params) - known):
        raise Refused(
            400, "INVALID_PARAMETER_VALUE", f"there is no {unknown[0]!r} to choose by: {', '.join(sorted(known))}"
        )
    for name, every in words.items():
        value = request.query_params.get(name, "")
        if value and value not in set(map(str, every)):
            told = f"there is no {name} {value!r}: it is one of {', '.join(every)}"
            raise Refused(400, "INVALID_PARAMETER_VALUE", told)


def _picture(windows: Sequence[Value], one: Shown) -> str:
    """The line of the windows; one that was amended is a ring, one without a value a gap."""
    bounds = one.indicator.thresholds
    marks = [
        Mark(each.start.isoformat(), each.value, bounds.warn_below, bounds.warn_above, odd=each.revision > 1)
        for each in windows
    ]
    return line(marks, f"{one.indicator.title_en} ({one.indicator.unit})", _CHART) if len(marks) > 1 else ""
