"""A value beside others: the year before, and the places of the city among themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.indicators import ADDITIVE, CITY, Indicator, Window
from contracts.spring_festival import Compared, year_before
from lake.indicators.asking import Value, Values

_NEAR = 31
"""A state is compared with one of at most so many days before the same date."""


@dataclass(frozen=True)
class YearOnYear:
    """A value against that of the year before: `basis` is date, lunar, jan_feb, or state; `change` a share of it."""

    now: float
    before: float
    basis: str
    windows: tuple[date, ...]

    @property
    def change(self) -> float | None:
        """How much more, as a share of what it was; None where that was nothing."""
        return (self.now - self.before) / abs(self.before) if self.before else None


@dataclass(frozen=True)
class Peer:
    """One place among the others: its rank by what is better, or by size where nothing is said to be."""

    place: str
    value: float
    rank: int


def year_on_year(values: Values, one: Indicator, shown: Value) -> YearOnYear | None:
    """None where the year before has no value, or not all that adds up is there on both sides."""
    if shown.value is None:
        return None
    if one.window is Window.DELIVERY:
        return _state_before(values, one, shown)
    compared = year_before(one.window, shown.start, additive=is_additive(one))
    if compared is None:
        return None
    found = values.at(one.id, shown.place, (*compared.now, *compared.before))
    return _summed(found, compared)


def is_additive(one: Indicator) -> bool:
    """Whether its windows add up."""
    return one.measure is not None and one.measure.aggregate in ADDITIVE


def _summed(found: Mapping[date, float], compared: Compared) -> YearOnYear | None:
    if not found.keys() >= {*compared.now, *compared.before}:
        return None
    now, before = (sum(found[one] for one in side) for side in (compared.now, compared.before))
    return YearOnYear(now, before, compared.basis, compared.before)


def _state_before(values: Values, one: Indicator, shown: Value) -> YearOnYear | None:
    assert shown.value is not None
    until = shown.start - timedelta(days=365)
    before = values.last_until(one.id, shown.place, until, until - timedelta(days=_NEAR))
    if before is None or before.value is None:
        return None
    return YearOnYear(shown.value, before.value, "state", (before.start,))


def peers(one: Indicator, places: list[Value]) -> list[Peer]:
    """The places that have a value, best first; equals share a rank."""
    numbers = sorted(
        ((value.value, value.place) for value in places if value.value is not None and value.place != CITY),
        key=lambda each: (each[0] if one.better == "lower" else -each[0], each[1]),
    )
    ranked: list[Peer] = []
    for place, (number, name) in enumerate(numbers, start=1):
        same = ranked and ranked[-1].value == number
        ranked.append(Peer(name, number, ranked[-1].rank if same else place))
    return ranked
