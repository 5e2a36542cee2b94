"""What the pages of indicators are filled with: values as they stand now, as far as whoever looks may see them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from contracts.indicators import CITY, Indicators, SignDimension
from lake.indicators.asking import Value, Values, asked
from lake.indicators.standing import SOUND, Shown, State, Today, standing
from lake.indicators.today import today_of
from lake.quality_past.store import QualityPast
from portal.city import City
from portal.indicators.sight import sees
from portal.people.reader import Reader

FoundT = TypeVar("FoundT")


@dataclass(frozen=True)
class Board:
    """Every indicator at one place, for one reader: what is `hidden` is there without its number."""

    place: str
    shown: tuple[Shown, ...]
    hidden: frozenset[str]
    today: Today

    def of(self, dimension: SignDimension) -> tuple[Shown, ...]:
        """Those of one dimension."""
        return tuple(one for one in self.shown if one.indicator.dimension is dimension)

    @property
    def states(self) -> Mapping[State, int]:
        """How many are in each state, of states that any is in."""
        counts = {state: sum(one.state is state for one in self.shown) for state in State}
        return {state: count for state, count in counts.items() if count}

    @property
    def unsound(self) -> tuple[Shown, ...]:
        """Those that are not to be taken as they stand, or are bad by their own bounds."""
        return tuple(one for one in self.shown if one.state not in SOUND or one.verdict == "bad")


class IndicatorDesk:
    """The indicators of one city."""

    def __init__(self, city: City, past: QualityPast) -> None:
        self.city, self._past = city, past

    @property
    def indicators(self) -> Indicators:
        """The declarations."""
        return self.city.catalogue.indicators

    async def board(self, reader: Reader, place: str = CITY) -> Board:
        """Every indicator at a place."""
        return await asyncio.to_thread(self.ask, lambda values, today: self._board(values, today, reader, place))

    def ask(self, asking: Callable[[Values | None, Today], FoundT]) -> FoundT:
        """Ask the store, and what decides about values today, brought up to date before."""
        self._past.look(self.city.catalogue)
        today = today_of(self.city.settings, self.city.ledger, self._past)
        with asked(self.city.settings.state) as values:
            return asking(values, today)

    def _board(self, values: Values | None, today: Today, reader: Reader, place: str) -> Board:
        every = standing(values, self.indicators, today, place)
        hidden = frozenset(one.indicator.id for one in every if not sees(reader, one.level))
        return Board(place, tuple(veiled(one, reader) for one in every), hidden, today)

    def places(self, indicator: str) -> dict[str, Value]:
        """An indicator's newest window at every place."""

        def told(values: Values | None, today: Today) -> dict[str, Value]:
            newest = values.newest(CITY, today.day).get(indicator) if values else None
            return {one.place: one for one in values.places(indicator, newest.start)} if values and newest else {}

        return self.ask(told)


def veiled(one: Shown, reader: Reader) -> Shown:
    """An indicator without what somebody may not see of it."""
    if sees(reader, one.level):
        return one
    return replace(one, value=None, why=f"its value is of level {one.level}", fix="", late=())
