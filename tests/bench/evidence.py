"""What evidence costs: certificates, acts, the ledger and its log, and the telling of batches, as parts of a run.

    python -m tests.bench.evidence [--people 200000] [--threads 2]

One run of the sample city in this process, with what is measured timed around its own functions (the outermost call
counts); the baseline is that same run. A second run, where nothing is new, is measured as well.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.bench.city import governed
from tests.bench.measure import Took, heading, line

MEASURED: dict[str, tuple[str, ...]] = {
    "ledger: entries": ("sharing.ledger:Ledger.append_many",),
    "ledger: its past looked at, its log signed": ("lake.guarding:examine", "lake.guarding:publish"),
    "certificates: releases signed and written": ("orchestration.share.release:publish",),
    "acts: read, verified, played": ("orchestration.share.release:acts_of",),
    "batches told (provenance)": ("orchestration.share.provenance:Provenance.of",),
    "sealing: statistics, scratch, landing": ("lake.city:put_away",),
}
_GOVERNING = ("ledger", "certificates", "acts")


class Parts:
    """Seconds by what they were spent on."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.processor: dict[str, float] = defaultdict(float)
        self._within = 0

    def around(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time booked."""

        def timed(*given: Any, **named: Any) -> Any:
            if self._within:
                return work(*given, **named)
            self._within, wall, processor = 1, time.perf_counter(), time.process_time()
            try:
                return work(*given, **named)
            finally:
                self._within = 0
                self.wall[name] += time.perf_counter() - wall
                self.processor[name] += time.process_time() - processor

        return timed

    def patches(self) -> list[Any]:
        """Every measured function put in its place."""
        return [_patched(place, name, self) for name, places in MEASURED.items() for place in places]


def _patched(place: str, name: str, parts: Parts) -> Any:
    module, path = place.split(":")
    owner: Any = importlib.import_module(module)
    *classes, function = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    return patch.object(owner, function, parts.around(name, getattr(owner, function)))


def main() -> None:
    """Print the parts of a first run and of a second one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="evidence-") as scratch:
        folder = Path(scratch)
        from tests.sample_city.generate import generate

        rows = generate(asked.people, folder / "deliveries")["rows"]
        for which in ("first", "second"):
            heading(f"The {which} run of the sample city of {asked.people:,} people, {rows:,} delivered rows")
            _measured(folder, asked.threads)


def _measured(folder: Path, threads: int) -> None:
    parts = Parts()
    patches = parts.patches()
    for one in patches:
        one.start()
    try:
        took, _, _ = governed(folder, threads)
    finally:
        for one in patches:
            one.stop()
    for name in MEASURED:
        line(f"  {name}", Took(parts.wall[name], parts.processor[name]), took)
    governing = [name for name in MEASURED if name.startswith(_GOVERNING)]
    whole = Took(sum(parts.wall[one] for one in governing), sum(parts.processor[one] for one in governing))
    line("certificates, acts and ledger / the run", whole, took, "0.05")


if __name__ == "__main__":
    main()
