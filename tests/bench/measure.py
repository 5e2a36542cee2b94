"""What benchmarks share: timing on both clocks, and the line that sets a measurement against its baseline.

No threshold is asserted here or in any benchmark: the aim is printed beside the ratio.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Took(NamedTuple):
    """Seconds on the clock, and seconds of processor over all threads (which hold on a shared machine too)."""

    wall: float
    processor: float


def timed(work: Callable[[], object]) -> Took:
    """How long `work` took in this process."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - processor)


def median(runs: Iterable[Took]) -> Took:
    """The median of each clock by itself."""
    walls, processors = zip(*runs, strict=True)
    return Took(statistics.median(walls), statistics.median(processors))


def heading(title: str) -> None:
    """The head of one table, with the load of the machine as it is now."""
    print(f"\n{title}  (load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors)")
    print(f"{'':46} {'ours':>9} {'baseline':>9} {'ratio':>7} {'cpu ratio':>9}  aim", flush=True)


def line(name: str, ours: Took, base: Took, aim: str = "") -> None:
    """One measurement against its baseline: seconds on the clock, and the ratio on both clocks."""
    wall, processor = ours.wall / base.wall, ours.processor / max(base.processor, 1e-9)
    print(f"{name:46} {ours.wall:7.2f} s {base.wall:7.2f} s {wall:7.2f} {processor:9.2f}  {aim}", flush=True)
