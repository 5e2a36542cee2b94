"""Runs killed at any moment: the next run must end as an undisturbed one, and nothing of the killed one may be left.

A small city is run in a process of its own, which SIGKILL ends after a random share of the time that a whole run takes.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.attack.score import Score
from tests.planted.city import DATASETS, NOW, ROOT, Planted, plant

_COMMAND = "import sys; from lake.cli import main; sys.exit(main())"
_PATIENCE = 15.0


def attack(seed: int, kills: int = 10) -> Score:
    """Kill so many first runs, each of a city of its own, and complete each by a second."""
    chance, fell = random.Random(seed), list[str]()
    with TemporaryDirectory() as folder:
        well = plant(Path(folder) / "well")
        whole = _seconds(well, Path(folder) / "timed")
        for number in range(kills):
            after = chance.uniform(0.02, 0.98) * whole
            city = _copy(well, Path(folder) / f"killed{number}")
            left = _killed(city, after)
            fell += [f"kill {number} after {after:.1f} of {whole:.1f} s: {what}" for what in (*left, *_faults(city))]
            shutil.rmtree(city.place)
    return Score("killed runs", kills, kills - len({line.split(" after")[0] for line in fell}), fell)


def _copy(city: Planted, place: Path) -> Planted:
    shutil.copytree(city.place, place, symlinks=True)
    return Planted(place)


def _start(city: Planted) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "run", "--json", "--workspace", str(city.place)],
        env={**os.environ, "ZHONGTAI_NOW": NOW, "PYTHONPATH": str(ROOT), "ZHONGTAI_TEST_MARK": str(city.place)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _seconds(well: Planted, place: Path) -> float:
    begun = time.monotonic()
    with _start(_copy(well, place)) as run:
        run.wait()
    return time.monotonic() - begun


def _killed(city: Planted, after: float) -> list[str]:
    with _start(city) as run:
        time.sleep(after)
        run.send_signal(signal.SIGKILL)
    ends = time.monotonic() + _PATIENCE
    while (left := running(str(city.place))) and time.monotonic() < ends:
        time.sleep(0.2)
    return [f"left running: {line}" for line in left]


def running(mark: str) -> list[str]:
    """The command lines of processes whose environment holds the mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            alive = "Z" not in (process / "stat").read_text().split()[2]
            if alive and f"ZHONGTAI_TEST_MARK={mark}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def _faults(city: Planted) -> list[str]:
    outcome = city.run()
    found = [] if outcome.released() == set(DATASETS) else [f"released {sorted(outcome.released())}"]
    counts = {name: outcome.accepted(name) for name in DATASETS}
    if counts != {name: place + 2 for place, name in enumerate(DATASETS)}:
        found.append(f"accepted {counts}")
    audit = city.say("audit")
    return found if audit.status == 0 else [*found, f"audit: {audit.out[-200:]}"]
