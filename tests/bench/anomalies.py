"""Anomalies of a labelled corpus: series with planted faults, weekends, holidays and trends. Precision and recall.

    python -m tests.bench.anomalies [--series 40] [--days 400] [--seed 20261121]

The corpus is a function of the seed. A planted fault counts as found where one of its days is flagged; every flagged
day outside of planted ones is a false alarm. Days after a level has changed for good are neither.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from contracts.working_days import is_working_day
from quality.anomalies import LOOK_BACK, Kind, Point, TooLittle, band, distance, together

START = date(2024, 3, 1)
BEFORE = 90
"""No fault is planted before so many days of history."""


@dataclass
class Series:
    """One series, and its planted faults: the first day and the last of each; `after` are days that nobody judges."""

    name: str
    kind: Kind
    points: list[Point]
    planted: list[tuple[int, int]] = field(default_factory=list)
    after: set[int] = field(default_factory=set)


def corpus(count: int, days: int, seed: int) -> Iterator[Series]:
    """`count` series of each shape; the same for the same arguments."""
    for number in range(count):
        for shape in _SHAPES:
            rng = random.Random(f"{seed}/{number}/{shape.__name__}")
            yield shape(rng, days, f"{shape.__name__.strip('_')}-{number}")


def _calendar(days: int, *, weekdays_only: bool = False) -> list[date]:
    every = [START + timedelta(days=n) for n in range(days)]
    return [day for day in every if is_working_day(day)] if weekdays_only else every


def _levels(rng: random.Random, days: Sequence[date]) -> list[float]:
    """Expected rows a day: a base, a trend, weekends and holidays of their own."""
    base, trend = 10 ** rng.uniform(2.3, 4.7), rng.choice([0.0, 0.0, 0.0012, -0.0008, 0.0025])
    off, holiday = rng.choice([1.0, 0.35, 0.1]), rng.choice([1.0, 0.6, 1.8])
    shape = [rng.uniform(0.9, 1.1) for _ in range(7)]
    found = []
    for n, day in enumerate(days):
        level = base * (1 + trend) ** n * shape[day.weekday()]
        if not is_working_day(day):
            level *= off if day.weekday() >= 5 else off * holiday
        found.append(level)
    return found


def _spots(rng: random.Random, count: int, days: int) -> list[int]:
    """Days that are planted: apart from each other, with enough before them."""
    free = list(range(BEFORE, days - 12, 24))
    return sorted(spot + rng.randrange(10) for spot in rng.sample(free, min(count, len(free))))


def _counted(rng: random.Random, level: float, noise: float) -> float:
    return float(max(0, round(level * (1 + rng.gauss(0, noise)))))


def _rows(rng: random.Random, length: int, name: str) -> Series:
    days = _calendar(length, weekdays_only=rng.random() < 0.3)
    noise = rng.uniform(0.02, 0.08)
    values = [_counted(rng, level, noise) for level in _levels(rng, days)]
    planted = []
    for spot in _spots(rng, 4, len(days)):
        factor = rng.choice([0.0, 0.2, 0.4, 2.5, 4.0])
        values[spot] = float(round(values[spot] * factor))
        planted.append((spot, spot))
    return Series(name, Kind.ROWS, _points(days, values), planted)


def _shifted(rng: random.Random, length: int, name: str) -> Series:
    """A level that changes for good, once."""
    days = _calendar(length)
    noise = rng.uniform(0.02, 0.06)
    spot = rng.randrange(BEFORE, len(days) - 120)
    factor = rng.choice([0.45, 2.2, 3.0])
    levels = [level * (factor if n >= spot else 1) for n, level in enumerate(_levels(rng, days))]
    values = [_counted(rng, level, noise) for level in levels]
    after = set(range(spot + 5, spot + 45))
    return Series(name, Kind.ROWS, _points(days, values), [(spot, spot + 4)], after)


def _constant(rng: random.Random, length: int, name: str) -> Series:
    """A register that is delivered whole, and hardly changes."""
    days = _calendar(length, weekdays_only=rng.random() < 0.5)
    value, grows = rng.randrange(50, 50_000), rng.random() < 0.5
    values = [float(value + (n // 9 if grows else 0)) for n in range(len(days))]
    return Series(name, Kind.ROWS, _points(days, values))


def _weekly(rng: random.Random, length: int, name: str) -> Series:
    days = [START + timedelta(days=7 * n) for n in range(max(60, length // 4))]
    base, noise = 10 ** rng.uniform(2.5, 4.0), rng.uniform(0.02, 0.06)
    values = [_counted(rng, base, noise) for _ in days]
    spot = rng.randrange(30, len(days) - 5)
    values[spot] = float(round(values[spot] * rng.choice([0.0, 0.3, 3.0])))
    return Series(name, Kind.ROWS, _points(days, values), [(spot, spot)])


def _nulls(rng: random.Random, length: int, name: str) -> Series:
    days, base = _calendar(length), rng.choice([0.0, 0.0, 0.01, 0.08, 0.3])
    rows = [round(level) + 1 for level in _levels(rng, days)]
    values = [min(1.0, _binomial(rng, n, base) / n) for n in rows]
    planted = []
    for spot in _spots(rng, 3, len(days)):
        if rows[spot] < 60:  # a burst among a handful of rows is none
            continue
        values[spot] = min(1.0, values[spot] + rng.choice([0.15, 0.4, 0.7]))
        planted.append((spot, spot))
    points = [Point(day, value, n) for day, value, n in zip(days, values, rows, strict=True)]
    return Series(name, Kind.NULLS, points, planted)


def _binomial(rng: random.Random, count: int, share: float) -> float:
    spread = (count * share * (1 - share)) ** 0.5
    return max(0.0, round(rng.gauss(count * share, spread)))


def _distinct(rng: random.Random, length: int, name: str) -> Series:
    days = _calendar(length, weekdays_only=rng.random() < 0.3)
    base = rng.choice([5, 18, 400, 12_000])
    noise = 0.0 if base < 100 else rng.uniform(0.01, 0.03)
    values = [_counted(rng, base, noise) for _ in days]
    planted = []
    for spot in _spots(rng, 3, len(days)):
        values[spot] = float(max(1, round(base * rng.choice([0.05, 0.2, 0.3]))))
        planted.append((spot, spot))
    return Series(name, Kind.DISTINCT, _points(days, values), planted)


def _distribution(rng: random.Random, length: int, name: str) -> Series:
    days, rows = _calendar(length), rng.choice([300, 2_000, 20_000])
    weights = [rng.uniform(0.2, 1.0) ** 3 for _ in range(16)]
    weekend = [one * rng.uniform(0.7, 1.4) for one in weights]
    spots = set(_spots(rng, 3, len(days)))
    signatures = []
    for n, day in enumerate(days):
        now = weights if is_working_day(day) else weekend
        if n in spots:
            now = [one * (4 if b % 3 == 0 else 0.3) for b, one in enumerate(now)]
        whole = sum(now)
        signatures.append({str(b): _binomial(rng, rows, one / whole) for b, one in enumerate(now)})
    values = [distance(one, together(signatures[max(0, n - 30) : n])) for n, one in enumerate(signatures)]
    points = [Point(day, value, rows) for day, value in zip(days, values, strict=True)][1:]
    return Series(name, Kind.DISTRIBUTION, points, [(spot - 1, spot - 1) for spot in sorted(spots)])


def _arrival(rng: random.Random, length: int, name: str) -> Series:
    days = _calendar(length, weekdays_only=rng.random() < 0.5)
    hour, spread = rng.uniform(1, 9), rng.uniform(0.05, 0.8)
    values = [max(0.0, rng.gauss(hour, spread)) for _ in days]
    planted = []
    for spot in _spots(rng, 3, len(days)):
        values[spot] += rng.choice([9.0, 20.0, 50.0])
        planted.append((spot, spot))
    return Series(name, Kind.ARRIVAL, _points(days, values), planted)


def _points(days: Sequence[date], values: Sequence[float]) -> list[Point]:
    return [Point(day, value) for day, value in zip(days, values, strict=True)]


_SHAPES = (_rows, _shifted, _constant, _weekly, _nulls, _distinct, _distribution, _arrival)


@dataclass
class Tally:
    """What was found of what was planted, and what was flagged beside it."""

    found: int = 0
    missed: int = 0
    false: int = 0
    judged: int = 0
    silent: int = 0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0


def judged(one: Series, tally: Tally) -> None:
    """Each batch of a series against those before it."""
    flagged = set()
    for n, point in enumerate(one.points):
        known = band(one.kind, one.points[max(0, n - LOOK_BACK) : n], point)
        if isinstance(known, TooLittle):
            tally.silent += 1
            continue
        tally.judged += 1
        if not known.holds(point.value):
            flagged.add(n)
    inside = {n for first, last in one.planted for n in range(first, last + 1)}
    for first, last in one.planted:
        hit = any(n in flagged for n in range(first, last + 1))
        tally.found, tally.missed = tally.found + hit, tally.missed + (not hit)
    tally.false += len(flagged - inside - one.after)


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    whole = Tally()
    for one in tallies:
        for name, value in vars(one).items():
            setattr(whole, name, getattr(whole, name) + value)
    return whole


def main() -> int:
    """Print the table; 1 where precision or recall is below 0.9."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=40)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    by, begun = dict[str, Tally](), time.perf_counter()
    for one in corpus(asked.series, asked.days, asked.seed):
        judged(one, by.setdefault(one.name.partition("-")[0], Tally()))
    seconds, whole = time.perf_counter() - begun, total(by.values())
    for name, tally in [*by.items(), ("all", whole)]:
        print(
            f"{name:14} planted {tally.found + tally.missed:5}  found {tally.found:5}  false {tally.false:5}  "
            f"judged {tally.judged:7}  silent {tally.silent:6}  precision {tally.precision:.3f}  "
            f"recall {tally.recall:.3f}"
        )
    print(f"{seconds / max(1, whole.judged) * 1e6:.0f} µs a batch and number")
    return 0 if min(whole.precision, whole.recall) >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
