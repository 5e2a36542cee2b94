"""What later runs of the sample city cost, as ratios to its first run: nothing new, one delivery, everything again.

    python -m tests.bench.again [--people 20000]

Each run is a command in a process of its own, with all that it starts. The delivery is a part of an older one under a
new day: once of a dataset on which little hangs, once of one on which the persons do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lake.settings import REPOSITORY
from tests.bench.measure import Took, heading, line

_NOW, _NEXT = "2026-11-21T10:00:00+08:00", "2026-11-20"
_LITTLE, _MUCH = "ecology/stations.csv", "civil_affairs/deaths.csv"


def ran(folder: Path, *more: str) -> Took:
    """One `zhongtai run`: seconds on the clock, and of processor with all of its children."""
    environment = {
        **os.environ,
        "ZHONGTAI_STATE": str(folder / "state"),
        "ZHONGTAI_DELIVERIES": str(folder / "deliveries"),
        "ZHONGTAI_NOW": _NOW,
    }
    wall, before = time.perf_counter(), os.times()
    program = "import sys; from lake.cli import main; sys.argv[0] = 'zhongtai'; main()"
    subprocess.run(
        [sys.executable, "-c", program, "run", "--json", *more],
        cwd=REPOSITORY, env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(time.perf_counter() - wall, processor)


def delivered(folder: Path, name: str) -> None:
    """A delivery of the next day: the first lines of the newest one before it."""
    newest = sorted(folder.glob(f"deliveries/*/{name}"))[-1]
    lines = newest.read_bytes().splitlines(keepends=True)
    target = folder / "deliveries" / _NEXT / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"".join(lines[: max(2, len(lines) // 2)]))


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20_000)
    asked = parser.parse_args()
    from tests.sample_city.generate import generate

    with tempfile.TemporaryDirectory(prefix="again-") as scratch:
        folder = Path(scratch)
        generate(asked.people, folder / "deliveries")
        first = ran(folder)
        heading(f"Runs of the sample city of {asked.people:,} people, against its first")
        line("nothing new", ran(folder), first, "0.05 (cpu)")
        delivered(folder, _LITTLE)
        line(f"one delivery: {_LITTLE}", ran(folder), first, "0.15 (cpu)")
        delivered(folder, _MUCH)
        line(f"one delivery: {_MUCH}", ran(folder), first, "0.15 (cpu)")
        line("everything again (--full)", ran(folder, "--full"), first)


if __name__ == "__main__":
    main()
