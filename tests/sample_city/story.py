"""A month of the sample city with a story in it: health degrades, transport recovers, tourism falls silent.

    python -m tests.sample_city.story --state DIR [--people 500] [--days 30]

Writes the sample city, then a day's deliveries after another, and runs the city on each of those days: so that pages of
quality over time have something to show. Everything is made of what the sample city delivered last, by hashes of keys:
the same month each time. Nobody is meant (docs/sample-city.md).
"""

from __future__ import annotations

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb

from contracts.working_days import is_working_day
from tests.command import call
from tests.sample_city.generate import generate

LAST = date(2026, 11, 16)
"""The day of the sample city's last delivery; the month begins on the day after."""
_TOURISM = date(2026, 11, 9)
WORSE_FROM, BETTER_FROM, SILENT_FROM = 12, 14, 20
"""The days of the month on which health begins to degrade, transport has mended, and tourism delivers no more."""


def wrong_in_health(number: int) -> float:
    """The share of visits with a cost that none has: one in a hundred, and from a day on more each day."""
    return 0.01 if number < WORSE_FROM else min(0.35, 0.01 + 0.02 * (number - WORSE_FROM + 1))


def wrong_in_transport(number: int) -> float:
    """The share of passings with a speed that none has: one in eight, until somebody mended the gates."""
    return 0.125 if number < BETTER_FROM else 0.005


def deliver(out: Path, number: int) -> None:
    """The deliveries of one day of the month, from 1 on."""
    day = LAST + timedelta(days=number)
    share = 0.25 if is_working_day(day) else 0.1
    with duckdb.connect() as connection:
        _visits(connection, out, day, (share, wrong_in_health(number)))
        _passings(connection, out, day, (share, wrong_in_transport(number)))
    if number < SILENT_FROM:
        _entries(out, day)


def _share(key: str, day: date, what: str, share: float) -> str:
    """SQL that is true of such a share of rows, by a hash of their keys."""
    return f"hash({key} || '{day}{what}') % 10000 < {round(share * 10_000)}"


def _place(out: Path, day: date, name: str) -> Path:
    place = out / day.isoformat() / name
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _visits(connection: duckdb.DuckDBPyConnection, out: Path, day: date, shares: tuple[float, float]) -> None:
    source, ahead = out / LAST.isoformat() / "health/visits.parquet", (day - LAST).days
    connection.execute(
        f"copy (select 'V{day:%y%m%d}' || lpad(cast(row_number() over (order by visit_id) as varchar), 6, '0') "
        "as visit_id, patient_id, facility_id, dept_code, icd10, "
        f"visited_at + interval {ahead - 1} day as visited_at, "
        f"case when {_share('visit_id', day, 'cost', shares[1])} then -1 else total_cost end as total_cost, self_paid "
        f"from '{source}' where {_share('visit_id', day, '', shares[0])}) "
        f"to '{_place(out, day, 'health/visits.parquet')}' (format parquet)"
    )


def _passings(connection: duckdb.DuckDBPyConnection, out: Path, day: date, shares: tuple[float, float]) -> None:
    source, ahead = out / LAST.isoformat() / "transport/gate_passings.parquet", (day - LAST).days
    connection.execute(
        f"copy (select 'K{day:%y%m%d}' || lpad(cast(row_number() over (order by passing_id) as varchar), 6, '0') "
        f"as passing_id, gate_id, segment_id, plate, passed_at + interval {ahead - 1} day as passed_at, "
        f"case when {_share('passing_id', day, 'speed', shares[1])} then 999 else speed_kmh end as speed_kmh, lane "
        f"from '{source}' where {_share('passing_id', day, '', shares[0])}) "
        f"to '{_place(out, day, 'transport/gate_passings.parquet')}' (format parquet)"
    )


def _entries(out: Path, day: date) -> None:
    """The entries of scenic spots: a tenth of the last delivery's lines, with numbers and days of their own."""
    lines = (out / _TOURISM.isoformat() / "culture_tourism/scenic_visits.csv").read_text("gb18030").splitlines()
    made = [lines[0]]
    for number, line in enumerate(lines[2::10], start=1):
        cells = line.split(",")
        made.append(",".join([f"M{day:%y%m%d}{number:06d}", *cells[1:4], day.isoformat(), *cells[5:]]))
    _place(out, day, "culture_tourism/scenic_visits.csv").write_text("\n".join(made) + "\n", "gb18030")


def main() -> int:
    """Write the city and live the month."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--state", type=Path, required=True, help="where the city's state and deliveries lie")
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--days", type=int, default=30)
    asked = parser.parse_args()
    out = asked.state / "deliveries"
    around = {"ZHONGTAI_STATE": str(asked.state), "ZHONGTAI_DELIVERIES": str(out)}
    generate(people=asked.people, out=out)
    for number in range(asked.days + 1):
        day = LAST + timedelta(days=number)
        if number:
            deliver(out, number)
        found = call("run", environment={**around, "ZHONGTAI_NOW": f"{day}T18:00:00+08:00"})
        print(f"{day}: ended with {found.status}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
