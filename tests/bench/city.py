"""The sample city run whole, as a ratio to one hand-written DuckDB script over the same deliveries.

    python -m tests.bench.city [--people 200000] [--threads 2]

Ours is `orchestration.running.runner.run_city` on a fresh state: land, judge, model, check, gate, release. The script
(`city_baseline`, which says what it leaves out) makes the same entities and products without governance. Both run once
and in this process; importing is timed by itself. The profile tells our time by the step whose end was reported next.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.bench import city_baseline
from tests.bench.measure import Took, heading, line, timed


class Steps:
    """A progress listener that books the time since the last report to the step that reports now."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.processor: dict[str, float] = defaultdict(float)
        self.last = (0.0, 0.0)

    def __enter__(self) -> Steps:
        self.last = (time.perf_counter(), time.process_time())
        return self

    def __exit__(self, *_: object) -> None:
        self("end", "", "")

    def __call__(self, step: str, subject: str, what: str) -> None:
        now = (time.perf_counter(), time.process_time())
        self.wall[step] += now[0] - self.last[0]
        self.processor[step] += now[1] - self.last[1]
        self.last = now


def _import() -> None:
    import orchestration.running.runner  # noqa: F401  (what is timed is the import)


def _settings(folder: Path, threads: int) -> Any:
    from lake.settings import REPOSITORY, load_settings, silence_libraries

    silence_libraries()
    environment = {
        "ZHONGTAI_STATE": str(folder / "state"),
        "ZHONGTAI_DELIVERIES": str(folder / "deliveries"),
        "ZHONGTAI_THREADS": str(threads),
        "ZHONGTAI_NOW": "2026-11-20T09:00:00+08:00",
    }
    return load_settings(REPOSITORY, environment)


def governed(folder: Path, threads: int) -> tuple[Took, Steps, dict[str, Any]]:
    """One run of the platform: its time without imports, the time by step, and its summary."""
    from orchestration.running.runner import run_city

    steps, outcomes = Steps(), []
    settings = _settings(folder, threads)
    took = timed(lambda: outcomes.append(run_city(settings, progress=steps)))
    outcome = outcomes[0]
    if not outcome.success:
        raise RuntimeError(f"the run failed: {outcome.failure}")
    return took, steps, outcome.summary


def main() -> None:
    """Print the comparison, then the profile."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    imports = timed(_import)
    with tempfile.TemporaryDirectory(prefix="city-") as scratch:
        folder = Path(scratch)
        from tests.sample_city.generate import generate

        rows = generate(asked.people, folder / "deliveries")["rows"]
        heading(f"The sample city of {asked.people:,} people, {rows:,} delivered rows")
        made: dict[str, int] = {}
        base = timed(lambda: made.update(city_baseline.run(folder / "deliveries", folder / "script", asked.threads)))
        ours, steps, summary = governed(folder, asked.threads)
        line("run_city / one DuckDB script", ours, base)
        for step, wall in steps.wall.items():
            line(f"  {step}", Took(wall, steps.processor[step]), base)
        line("  imports, not counted above", imports, base)
        _same_rows(summary, made)


def _same_rows(summary: dict[str, Any], made: dict[str, int]) -> None:
    """Both sides' rows of every released product: near, since the script refuses no row."""
    released = {one["product"]: one["rows"] for one in summary["releases"] if one["verdict"] == "released"}
    print("rows, ours/script: " + ", ".join(f"{name} {rows}/{made[name]}" for name, rows in sorted(released.items())))


if __name__ == "__main__":
    main()
