"""What a hundredth more rows of datasets that are added to cost the sample city, as ratios to everything again.

    python -m tests.bench.growing [--people 50000]

The last hundredth of the newest delivery is held back from the first run, and delivered under the next day: first of
the visits alone, on which tables hang that follow them row by row; then of all such datasets but the one in a workbook.
Beside each run it is told how many tables were extended, and how many made whole.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb

from contracts.load import load_catalogue
from contracts.model import DeliveryMode
from lake.settings import REPOSITORY
from tests.bench.again import ran
from tests.bench.measure import heading, line

_NEXT, _FIRST = "2026-11-20", "health/visits.parquet"


def hold_back(folder: Path) -> dict[str, Path]:
    """Take the last hundredth out of the newest delivery of each dataset that is added to: place -> what was taken."""
    held = {}
    for place in _places():
        newest = sorted((folder / "deliveries").glob(f"*/{place}"))[-1]
        held[place] = folder / "held" / place
        held[place].parent.mkdir(parents=True, exist_ok=True)
        _SPLIT[newest.suffix](newest, held[place])
    return held


def _places() -> Iterator[str]:
    for dataset in load_catalogue(REPOSITORY).datasets.values():
        place = dataset.source.path.removeprefix("*/")
        if dataset.mode is DeliveryMode.APPEND and Path(place).suffix in _SPLIT:
            yield place


def _lines(newest: Path, held: Path) -> None:
    head, *lines = newest.read_bytes().splitlines(keepends=True)
    kept = len(lines) - max(1, len(lines) // 100)
    newest.write_bytes(b"".join([head, *lines[:kept]]))
    held.write_bytes(b"".join([head, *lines[kept:]]))


def _parquet(newest: Path, held: Path) -> None:
    whole = newest.with_suffix(".whole")
    newest.rename(whole)
    numbered = f"(from read_parquet('{whole}', file_row_number = true))"
    last = f"(select max(file_row_number) * 0.99 from {numbered})"
    for target, condition in ((newest, "<="), (held, ">")):
        rows = f"select * exclude (file_row_number) from {numbered} where file_row_number {condition} {last}"
        duckdb.execute(f"copy ({rows}) to '{target}' (format parquet)")
    whole.unlink()


def _sqlite(newest: Path, held: Path) -> None:
    shutil.copyfile(newest, held)
    for file, condition in ((newest, "<="), (held, ">")):
        with sqlite3.connect(file) as connection:
            tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (table,) in tables:
                connection.execute(
                    f'delete from "{table}" where not rowid {condition} (select max(rowid) * 0.99 from "{table}")'
                )
        connection.close()


_SPLIT = {".csv": _lines, ".parquet": _parquet, ".sqlite": _sqlite}


def _deliver(folder: Path, place: str, held: Path) -> None:
    target = folder / "deliveries" / _NEXT / place
    target.parent.mkdir(parents=True, exist_ok=True)
    held.rename(target)


def _told(folder: Path, before: dict[str, str]) -> dict[str, str]:
    """How each table was made that was made since."""
    tables = json.loads((folder / "state" / "made.json").read_bytes())["tables"]
    changed = {name: one["how"] for name, one in tables.items() if one["how"] and before.get(name) != one["state"]}
    ways = Counter("extended" if how.startswith("extended") else "whole" for how in changed.values())
    print(f"  {ways['extended']} tables were extended, {ways['whole']} made whole", flush=True)
    return {name: one["state"] for name, one in tables.items()}


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50_000)
    asked = parser.parse_args()
    from tests.sample_city.generate import generate

    with tempfile.TemporaryDirectory(prefix="growing-") as scratch:
        folder = Path(scratch)
        generate(asked.people, folder / "deliveries")
        held = hold_back(folder)
        ran(folder)
        whole = ran(folder, "--full")
        heading(f"A hundredth more rows in the sample city of {asked.people:,} people, against everything again")
        states = _told(folder, {})
        _deliver(folder, _FIRST, held.pop(_FIRST))
        line(f"one dataset: {_FIRST}", ran(folder), whole)
        states = _told(folder, states)
        for place, file in held.items():
            _deliver(folder, place, file)
        line(f"{len(held)} datasets more", ran(folder), whole)
        _told(folder, states)


if __name__ == "__main__":
    main()
