"""Two-minute windows: one at city scale from arrival to signs, and a day of them with feeds late and missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from contracts.clock import FixedClock
from contracts.model import Catalogue
from lake.city import declarations, open_city
from lake.settings import REPOSITORY, Settings
from lake.windows import reading
from lake.windows.levels import SignLineage
from lake.windows.step import Lineages, Taken, take_in
from tests.sample_city import words
from tests.sample_city.city import City, listed
from tests.sample_city.feeds import FEEDS, SEGMENTS, Plan, write_file
from tests.sample_city.places import coded, district

DAY = datetime(2026, 11, 21)
_LOCAL = timedelta(hours=8)
PEOPLE = 1_670_000
"""So many people have half a million vehicles."""


@dataclass
class Feeding:
    """A city that is fed by a plan, its reference tables set down without a run."""

    folder: Path
    plan: Plan
    threads: int = 2

    def __post_init__(self) -> None:
        self.settings = Settings(
            REPOSITORY, self.folder / "state", self.folder / "deliveries", self.threads, "3GB", FixedClock(self._at(0))
        )
        declared = declarations(self.settings)
        windows = {"traffic": replace(declared.windows["traffic"], since=self._at(0))}
        self.catalogue: Catalogue = replace(declared, windows=windows)
        self.generator = duckdb.connect(config={"threads": 2})
        self._references()
        # What of levels a run would say is not known here, and is not what is measured.
        self.lineages: Lineages = {
            name: SignLineage(self.settings, self.catalogue, one) for name, one in windows.items()
        }

    def _at(self, window: float) -> datetime:
        begin = (self.plan.begin - _LOCAL).replace(tzinfo=UTC)
        return begin + timedelta(seconds=window * self.plan.seconds)

    def _references(self) -> None:
        roads = (
            f"select {coded('R', 'n', 6)} as segment_id, {district('n')} as district, "
            f"{listed(('1', '2', '2', '3', '3', '4', '4', '4'), 'n // 8 % 8')} as road_class, "
            f"(200 + n % 3000)::double as length_m, 60::double as speed_limit from range({SEGMENTS}) as t(n)"
        )
        lots = (
            f"select {coded('P', 'n', 6)} as lot_id, {district('n')} as district, 40 as spaces "
            f"from range({self.plan.parking_lots}) as t(n)"
        )
        gates = f"select {coded('G', 'n', 4)} as gate_id from range({self.plan.gates}) as t(n)"
        tables = {"transport__road_segments": roads, "housing__parking_lots": lots, "transport__gate_passings": gates}
        with open_city(self.settings, catalogue=self.catalogue) as city:
            for name, sql in tables.items():
                city.connection.execute(f"create table lake.staging.stg_{name} as {sql}")

    def send(self, window: int) -> list[Path]:
        """The files of one window."""
        return list(write_file(self.generator, self.plan, self.folder / "deliveries", window))

    def step(self, window: float) -> Taken:
        """Take in what waits, as of the end of a window and a little."""
        now = replace(self.settings, clock=FixedClock(self._at(window)))
        return take_in(now, self.catalogue, f"run-{window}", self.lineages)


def city_plan(windows: int) -> Plan:
    """Half a million vehicles, 3,000 gates, 200,000 records a window."""
    city = City(PEOPLE, 1)
    size = {"gates": 3_000, "passings": 130_000, "positions": 65_000, "lots": 5_000}
    return Plan(city, windows=windows, together=1, begin=DAY, **size)


def day_plan() -> Plan:
    """A day of a middling city: a feed is missing for an hour, another brings three hours at once."""
    city = City(20_000, 1)
    size = {"gates": 300, "passings": 1_500, "positions": 700, "lots": 200}
    stopped, held = {FEEDS[2]: (100, 130)}, {FEEDS[1]: (300, 390)}
    return Plan(city, windows=720, together=1, begin=DAY, **size, late=20, latest=8, stopped=stopped, held=held)


def one_window(folder: Path) -> tuple[float, int]:
    """Seconds from the arrival of a window's files until its signs are stored, and its records."""
    feeding = Feeding(folder, city_plan(4))
    for window in range(2):
        feeding.send(window)
        feeding.step(window + 1.9)
    feeding.send(2)
    begun = time.perf_counter()
    taken = feeding.step(2 + 2.6)
    seconds = time.perf_counter() - begun
    assert taken.stored["traffic"], taken
    return seconds, sum(one.rows_read for one in taken.batches)


def a_day(folder: Path, plan: Plan | None = None) -> dict[str, float]:
    """Seconds that a day takes, and how its windows are counted."""
    feeding = Feeding(folder, plan or day_plan())
    spent, slowest = 0.0, 0.0
    for window in range(feeding.plan.windows):
        feeding.send(window)
        begun = time.perf_counter()
        feeding.step(window + 1.1)
        own = time.perf_counter() - begun
        spent, slowest = spent + own, max(slowest, own)
    feeding.step(feeding.plan.windows + 10)
    found = reading.day(feeding.settings, feeding.catalogue.windows["traffic"], DAY.date())
    assert found.counts["open"] == 0 and found.counts["before"] == 0, found.counts
    counts = {name: float(count) for name, count in found.counts.items() if count}
    return {"seconds": spent, "slowest": slowest, "missing": float(sum(found.missing.values())), **counts}


@contextmanager
def own(folder: Path) -> Iterator[Path]:
    """A folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


_ = words
