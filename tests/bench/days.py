"""A thousand days of a small city: what a run costs and what it leaves must not grow with the days behind it.

    python -m tests.bench.days [--days 1000]

The clock is moved a day a run. Each day one of three datasets is delivered, every tenth day none; every seventh day
`maintain` follows. Everything runs in this process, but for dbt. Ratios are to day 30 of the same run; the aim is 1.5.
Seconds are of the middle run of the seven before, so that a busy machine weighs less.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.recalled.city import MODES, Recalled, found_city

BASE, AIM = 30, 1.5
_SHOWN = (1, 10, 30, 60, 100, 200, 300, 500, 700, 1000)
_BEGIN, _AT = date(2026, 1, 5), "T10:00:00+08:00"
_SECONDS, _WIDTH = ("run", "cpu"), 10
_NOTHING_EVERY, _MAINTAIN_EVERY = 10, 7
# A person is known by one of so many keys: the rows that count stay few, the days behind them do not.
_KEYS = 20


def main() -> int:
    """Live the days, and print the curve."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=1000)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        city = found_city(Path(folder), fresh=2600)
        for name in ("visits", "lots", "people", "joined", "kept"):
            city.agree(name, "2036-12-31")
        live(city, asked.days)
    return 0


def live(city: Recalled, days: int) -> None:
    """So many days, the curve printed as it comes."""
    measures = dict[str, float]()
    walls, processors = list[float](), list[float]()
    names = ("files", "lake files", "catalogue", "ledger", "segments", "dagster", "made", "dbt")
    head = " ".join(f"{name:>{_WIDTH}}" for name in ("run s", "cpu s", *names))
    print(f"{'day':>5} {head}   ratios to day {BASE}", flush=True)
    for number in range(1, days + 1):
        today = replace(city, now=f"{_BEGIN + timedelta(days=number)}{_AT}")
        if number % _NOTHING_EVERY:
            _deliver(today, number)
        wall, processor = _took(today.run)
        walls.append(wall)
        processors.append(processor)
        if number % _MAINTAIN_EVERY == 0:
            assert today.say("maintain").status in {0, 1}
        if number in _SHOWN or number == days:
            found = {
                "run": statistics.median(walls[-7:]),
                "cpu": statistics.median(processors[-7:]),
                **_sizes(city.place / ".zhongtai"),
            }
            _show(number, found, measures)
            if number == BASE:
                measures |= found


def _deliver(city: Recalled, number: int) -> None:
    name = tuple(MODES)[number % len(MODES)]
    day = datetime.fromisoformat(city.now).date()
    rows = {f"{number % _KEYS}-{one}": number + one for one in range(3)}
    city.deliver(name, {f"{day}-{key}" if name == "visits" else key: amount for key, amount in rows.items()}, str(day))


def _took(work: Callable[[], object]) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def _sizes(state: Path) -> dict[str, float]:
    """Files, and bytes, of what a state is made of."""
    files = [path for path in state.rglob("*") if path.is_file()]

    def bytes_of(*names: str) -> int:
        return sum(path.stat().st_size for path in files if str(path.relative_to(state)).startswith(names))

    return {
        "files": len(files),
        "lake files": sum(path.suffix == ".parquet" and path.is_relative_to(state / "lake") for path in files),
        "catalogue": bytes_of("lake/catalog"),
        "ledger": bytes_of("ledger.sqlite") - bytes_of("ledger.sqlite.segments/"),
        "segments": bytes_of("ledger.sqlite.segments/"),
        "dagster": bytes_of("dagster/"),
        "made": bytes_of("made.json"),
        "dbt": bytes_of("dbt/"),
    }


def _show(day: int, found: dict[str, float], base: dict[str, float]) -> None:
    row = f"{day:5} " + " ".join(f"{one:{_WIDTH},.{2 * (name in _SECONDS)}f}" for name, one in found.items())
    ratios = " ".join(f"{name} {found[name] / base[name]:.2f}" for name in found if base.get(name))
    print(f"{row}   {ratios}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
