"""Whether a new batch is like those before it: bands from a dataset's own history, and what lies outside them.

Robust (medians, and deviations from them), seasonal by working day, weekday and holiday, and with the trend. Silent,
and saying so, where there is too little to judge by. Pure: no lake, no ledger, no clock. What the numbers are measured
from is `lake/profiles`' business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from contracts.calendar import Calendar
from contracts.working_days import CalendarHorizon, is_working_day

WINDOW = 120
"""So many batches before one are what it is judged by."""
LOOK_BACK = 400
"""And so many for holidays, of which there are few in a year."""
LEAST = 10
"""Fewer say nothing."""
_LEAST_OF_KIND = 8
_LEAST_OF_WEEKDAY = 4
_LEAST_FOR_TREND = 16
_LATELY = 35
_REGIME = 5
_CADENCE = 3.5
"""So many times longer or shorter, a gap between batches is of another cadence."""
"""So many batches in a row outside the band, on one side, are a new level rather than faults."""
_WIDTH = 5.5
_UNKNOWN_HOLIDAY = 0.9
_SIGMA = 1.4826
_SLOW = 5


class Kind(StrEnum):
    """What of a batch is judged."""

    ROWS = "row_count"
    NULLS = "null_rate"
    DISTINCT = "distinct_values"
    DISTRIBUTION = "distribution"
    ARRIVAL = "arrival"


_ONE_SIDED = {Kind.DISTRIBUTION, Kind.ARRIVAL}
_LOGARITHMIC = {Kind.ROWS, Kind.DISTINCT}
# What a value may differ by before its series is said to be anything but constant, on the scale it is judged on.
_FLOOR = {Kind.ROWS: 0.02, Kind.NULLS: 0.005, Kind.DISTINCT: 0.03, Kind.DISTRIBUTION: 0.012, Kind.ARRIVAL: 0.75}


class Point(NamedTuple):
    """One number of one batch: the day it is of, and of how many rows (0: that matters not)."""

    day: date
    value: float
    rows: int = 0


@dataclass(frozen=True)
class Band:
    """Where a number would lie, were the batch like those before it; `of` says how many were looked at."""

    expected: float
    low: float
    high: float
    of: int

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class TooLittle:
    """Nothing is said: there are too few batches to judge by. `of` are those there are, `least` those wanted."""

    of: int
    least: int = LEAST


def band(kind: Kind, history: Sequence[Point], at: Point, calendar: Calendar | None = None) -> Band | TooLittle:
    """The band for a batch of a day after those of `history`, oldest first. `at` gives the day and the rows alone."""
    days = _days_of(calendar)
    older = (_seen(kind, one, days) for one in history[-LOOK_BACK:-WINDOW] if math.isfinite(one.value))
    known = [_seen(kind, one, days) for one in history[-WINDOW:] if math.isfinite(one.value)]
    return _band(kind, (older, known), _seen(kind, Point(at.day, 0.0, at.rows), days))


def bands(kind: Kind, points: Sequence[Point], most: int, calendar: Calendar | None = None) -> list[Band | TooLittle]:
    """The band of each of the newest points, at most so many, by those before it; as `band`, and faster."""
    days = _days_of(calendar)
    seen = [_seen(kind, one, days) for one in points]
    return [
        _band(kind, (seen[max(0, n - LOOK_BACK) : max(0, n - WINDOW)], seen[max(0, n - WINDOW) : n]), seen[n])
        for n in range(max(0, len(seen) - most), len(seen))
    ]


def _band(kind: Kind, history: tuple[Iterable[_Seen], list[_Seen]], new: _Seen) -> Band | TooLittle:
    older, known = history
    known = _since_cadence(known)
    if len(known) < LEAST:
        return TooLittle(len(known))
    if _gap(known) >= _SLOW:  # what comes weekly or less often does not hang on the day of the week
        known, new = [one.plain for one in known], new.plain
    if (still := _still(kind, known, new)) is not None:
        return still
    since = _since_level(kind, known)
    if len(since) < LEAST:
        return TooLittle(len(since))
    if len(since) == len(known) and new.kind == _HOLIDAY:  # those of another level say nothing of this one
        since = [*(one for one in older if one.kind == _HOLIDAY), *known]
    found = _judged(kind, since, new)
    if isinstance(found, TooLittle):
        return found
    lately = _judged(kind, since[-_LATELY:], new) if len(since) > _LATELY else found
    if not isinstance(lately, TooLittle):  # while a new level is taking over, both are as usual
        low, high = min(found.low, lately.low), max(found.high, lately.high)
        found = Band(found.expected, low, high, found.of)
    low, high = found.low, found.high
    if kind in _ONE_SIDED:
        low = 0.0
    return Band(_back(kind, found.expected), max(0.0, _back(kind, low)), _capped(kind, _back(kind, high)), found.of)


def _capped(kind: Kind, value: float) -> float:
    return min(1.0, value) if kind in {Kind.NULLS, Kind.DISTRIBUTION} else value


_WORKED, _OFF, _HOLIDAY = "worked", "off", "holiday"


class _Seen(NamedTuple):
    """A point as it is judged: day number, value on its scale, kind of day, weekday, rows."""

    x: int
    y: float
    kind: str
    weekday: int
    rows: int

    @property
    def plain(self) -> _Seen:
        return _Seen(self.x, self.y, _WORKED, 0, self.rows)


class _Days(dict[date, tuple[int, str, int]]):
    """Day -> its number, its kind (worked, off, or off though it is no weekend) and its weekday, as they are asked for.

    Beyond the calendar by the weekday alone.
    """

    def __init__(self, calendar: Calendar | None) -> None:
        super().__init__()
        self._calendar = calendar

    def __missing__(self, day: date) -> tuple[int, str, int]:
        try:
            worked = is_working_day(day, self._calendar)
        except CalendarHorizon:
            worked = day.weekday() < _SLOW
        kind = _WORKED if worked else _OFF if day.weekday() >= _SLOW else _HOLIDAY
        found = self[day] = (day.toordinal(), kind, day.weekday())
        return found


@lru_cache(maxsize=8)
def _days_of(calendar: Calendar | None) -> _Days:
    return _Days(calendar)


def _seen(kind: Kind, one: Point, days: _Days) -> _Seen:
    number, of, weekday = days[one.day]
    return _Seen(number, _on(kind, one.value), of, weekday, one.rows)


def _on(kind: Kind, value: float) -> float:
    return math.log1p(max(0.0, value)) if kind in _LOGARITHMIC else value


def _back(kind: Kind, value: float) -> float:
    return math.expm1(min(value, 60.0)) if kind in _LOGARITHMIC else value


def _gap(known: Sequence[_Seen]) -> float:
    return median(later.x - one.x for one, later in pairwise(known))


def _since_cadence(known: list[_Seen]) -> list[_Seen]:
    """The history since it comes as often as now: of a daily batch a weekly one says nothing, of whatever Monday.

    One long gap is a holiday; two in a row were another cadence.
    """
    gaps = [later.x - one.x for one, later in pairwise(known)]
    if len(gaps) < _REGIME:
        return known
    now = max(1.0, median(gaps[-_REGIME:]))
    other = [1 if gap > _CADENCE * now else -1 if gap * _CADENCE < now else 0 for gap in gaps]
    for place in range(len(other) - 1, 0, -1):
        if other[place] and other[place] == other[place - 1]:
            return known[place + 1 :]
    return known


def _still(kind: Kind, known: Sequence[_Seen], new: _Seen) -> Band | None:
    """The band of a series that never moved, where there are enough days such as the new one; most are so."""
    value = known[0].y
    if any(one.y != value for one in known) or sum(one.kind == new.kind for one in known) < _LEAST_OF_KIND:
        return None
    width = _WIDTH * max(_FLOOR[kind], _chance(kind, value, new.rows))
    low = 0.0 if kind in _ONE_SIDED else max(0.0, _back(kind, value - width))
    return Band(_back(kind, value), low, _capped(kind, _back(kind, value + width)), len(known))


def _since_level(kind: Kind, known: list[_Seen]) -> list[_Seen]:
    """The history since the level last changed for good: what lies before that says nothing of now."""
    if len(known) < LEAST + _REGIME:
        return known
    before = known[:-_REGIME]
    side, count, outside = 0, 0, 0
    for one in reversed(known):
        found = _judged(kind, before, one)
        if one.kind == _HOLIDAY or isinstance(found, TooLittle):
            count += 1
            continue
        if found.holds(one.y):
            break
        now = 1 if one.y > found.high else -1
        if side not in (0, now):
            break
        side, count, outside = now, count + 1, outside + 1
    return known[-count:] if outside >= _REGIME else known


def _judged(kind: Kind, known: Sequence[_Seen], new: _Seen) -> Band | TooLittle:
    return _holiday(kind, known, new) if new.kind == _HOLIDAY else _of_kind(kind, known, new)


def _holiday(kind: Kind, known: Sequence[_Seen], new: _Seen) -> Band | TooLittle:
    """A holiday is like a weekend, like a day of work, or like holidays before it; nobody knows which it will be."""
    same = [one for one in known if one.kind == _HOLIDAY]
    found = [_within(kind, each, new, by_weekday=False) for each in _split(known) if len(each) >= _LEAST_OF_KIND]
    if len(found) < len({one.kind == _WORKED for one in known}) or not found:
        return TooLittle(len(same), _LEAST_OF_KIND)
    margin = _UNKNOWN_HOLIDAY if kind in _LOGARITHMIC else 0.0
    low = min(*(one.low for one in found), *(one.y for one in same), found[0].low) - margin
    high = max(*(one.high for one in found), *(one.y for one in same), found[0].high) + margin
    return Band(median(one.expected for one in found), low, high, sum(one.of for one in found))


def _split(known: Sequence[_Seen]) -> list[list[_Seen]]:
    return [each for worked in (True, False) if (each := [one for one in known if (one.kind == _WORKED) is worked])]


def _of_kind(kind: Kind, known: Sequence[_Seen], new: _Seen) -> Band | TooLittle:
    same = [one for one in known if one.kind == new.kind]
    if len(same) < _LEAST_OF_KIND:
        return TooLittle(len(same), _LEAST_OF_KIND)
    return _within(kind, same, new, by_weekday=True)


def _within(kind: Kind, same: Sequence[_Seen], new: _Seen, *, by_weekday: bool) -> Band:
    """The band of days that are alike: their trend, what is usual on the weekday, and how far they stray from it."""
    flat = [one.y for one in same]
    slope = _slope(same) if len(same) >= _LEAST_FOR_TREND else 0.0
    level = [one.y - slope * (one.x - new.x) for one in same]
    if not slope or _mad(level) > 0.8 * _mad(flat):
        level = flat
    centre = median(level)
    offsets = _weekdays(same, level) if by_weekday else {}
    if new.weekday not in offsets:
        offsets = {}  # a weekday that is hardly ever such a day: it strays as far as all of them do
    own = offsets.get(new.weekday, centre)
    rests = [value - offsets.get(one.weekday, centre) for one, value in zip(same, level, strict=True)]
    count = sum(one.weekday == new.weekday for one in same) if new.weekday in offsets else len(same)
    spread = _SIGMA * median(map(abs, rests)) * (1 + 5 / len(same)) * math.sqrt(1 + 1.6 / count)
    width = _WIDTH * max(spread, _FLOOR[kind], _chance(kind, own, new.rows))
    return Band(own, own - width, own + width, len(same))


def _weekdays(same: Sequence[_Seen], level: Sequence[float]) -> dict[int, float]:
    by: dict[int, list[float]] = {}
    for one, value in zip(same, level, strict=True):
        by.setdefault(one.weekday, []).append(value)
    return {day: median(values) for day, values in by.items() if len(values) >= _LEAST_OF_WEEKDAY}


def _slope(same: Sequence[_Seen]) -> float:
    """How much a day adds, by the median over pairs half the series apart (Theil 1950, incomplete method)."""
    half = len(same) // 2
    pairs = zip(same[:half], same[-half:], strict=True)
    return median((later.y - one.y) / (later.x - one.x) if later.x > one.x else 0.0 for one, later in pairs)


def _mad(values: Sequence[float]) -> float:
    centre = median(values)
    return median(abs(value - centre) for value in values)


def _chance(kind: Kind, expected: float, rows: int) -> float:
    """How far a number strays by chance alone, on its scale."""
    if kind in _LOGARITHMIC:
        return (1.0 if kind is Kind.ROWS else 0.3) / math.sqrt(1.0 + max(0.0, math.expm1(min(expected, 60.0))))
    if kind is Kind.NULLS and rows:
        share = min(max(expected, 1.0 / rows), 1.0)
        return math.sqrt(share * (1.0 - share) / rows) if share < 1 else 0.0
    return 0.5 / math.sqrt(rows) if kind is Kind.DISTRIBUTION and rows else 0.0


def distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How far two distributions are apart, from 0 to 1: the root of the Jensen-Shannon divergence, in bits (Lin 1991).

    Both are weights by bin, which need not add up to one; 0 where either is empty.
    """
    first, second = sum(one.values()), sum(other.values())
    if first <= 0 or second <= 0:
        return 0.0
    total = 0.0
    for bin_ in one.keys() | other.keys():
        p, q = one.get(bin_, 0.0) / first, other.get(bin_, 0.0) / second
        middle = (p + q) / 2
        total += (p * math.log2(p / middle) if p else 0.0) + (q * math.log2(q / middle) if q else 0.0)
    return math.sqrt(max(0.0, total / 2))


def together(signatures: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """What several distributions are together, each counting alike."""
    found: dict[str, float] = {}
    for one in signatures:
        whole = sum(one.values())
        for bin_, weight in one.items() if whole > 0 else ():
            found[bin_] = found.get(bin_, 0.0) + weight / whole
    return found
