"""What was delivered, exactly: the deep suites of reading, casting and order, each held to a reference of its own.

The references lie with the tests that have their thin slices; here they are tried far and counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from lake.attach import open_lake
from lake.settings import REPOSITORY, load_settings
from tests.attack.score import Score
from tests.harness.__main__ import table, tried
from tests.harness.suites import all_cases
from tests.harness.verdicts import Verdict
from tests.unit.lake.desk import Desk
from tests.unit.lake.history import History
from tests.unit.quality.test_casts import attack as near_misses

FOUND = REPOSITORY.parent / "shared" / "found"
_FRESH = 10
"""Histories after which the lake is made anew: every run looks through all that it knows."""


def malformed(_: int, only: str = "") -> Score:
    """Other people's malformed files, all or those of a suite: none is silently wrong, and none stops the reader."""
    cases = [case for case in all_cases() if only in case.suite]
    found = tried(cases)
    print(table(found), flush=True)
    verdicts = [one for suite in found.values() for one in suite]
    bad = {Verdict.WRONG, Verdict.CRASH}
    fell = [f"{case.suite}/{case.name}: {verdict}: {seen[:300]}" for case, verdict, seen in verdicts if verdict in bad]
    return Score("malformed files", len(verdicts), len(verdicts) - len(fell), fell)


def histories(seed: int, number: int = 150, steps: int = 8) -> Score:
    """Random histories of deliveries: after every step the lake holds what the reference does."""
    fell = []
    for begin in range(0, number, _FRESH):
        with TemporaryDirectory() as folder:
            settings = load_settings(Path(folder), {"ZHONGTAI_STATE": f"{folder}/state", "ZHONGTAI_THREADS": "1"})
            with open_lake(settings) as connection:
                for one in range(seed + begin, seed + min(begin + _FRESH, number)):
                    fell += _parted(Desk(connection, settings, Path(folder) / str(one)), one, steps)
    return Score("order: histories of deliveries", number, number - len(fell), fell)


def _parted(desk: Desk, seed: int, steps: int) -> list[str]:
    """Where the lake and the reference part, if they do."""
    try:
        for step, (found, wanted) in enumerate(History(desk, seed).play(steps)):
            if found != wanted:
                return [f"history {seed}, step {step}: {found} for {wanted}"]
    except Exception as error:
        return [f"history {seed}: {type(error).__name__}: {error}"]
    return []


def casts(seed: int, number: int = 2_000) -> Score:
    """Near misses of every grammar: each is read as what it says, or as nothing."""
    texts, found = near_misses(number, seed)
    fell = [f"{kind} {text!r}: {read!r} for {meant!r}" for kind, text, read, meant in found]
    return Score("casts: near misses of every grammar", texts, texts - len(fell), fell[:200])


def found(_: int, only: str = "*") -> Score:
    """The found deliveries, through whole runs, by the tool that lies with them."""
    name = "found deliveries"
    if not (FOUND / "deliveries").is_dir():
        return Score(name, 0, 0, ["they are not beside the project"])
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        tool, cases = str(FOUND / "tools" / "try-found"), str(FOUND / "deliveries")
        done = subprocess.run(
            [sys.executable, tool, cases, "--json", str(report), "--only", only, "--jobs", "1"],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            return Score(name, 1, 0, [f"the tool failed: {done.stderr[-300:]}"])
        told = json.loads(report.read_text("utf-8"))["cases"]
    fell = [f"{one['id']}: {one['why'][:300]}" for one in told if not one["right"]]
    return Score(name, len(told), len(told) - len(fell), fell)
