"""Runs the tests in a process of their own and sorts what came out: passed, failed, or not applicable and why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.attack.gx_upstream.applies import REASONS, reason
from tests.attack.gx_upstream.distribution import ROOT, unpacked_tests

_SUITES = ("tests/integration/data_sources_and_expectations", "tests/integration/metrics")


@dataclass
class Outcome:
    """``left_out`` counts tests by reason; ``unused`` are reasons that left out none."""

    passed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    unused: list[str] = field(default_factory=list)


def outcome() -> Outcome:
    """Everything of one run."""
    return sort(_run())


def sort(report: list[Mapping[str, str]]) -> Outcome:
    """One entry per test, by what became of it. A test that is said not to apply, and passes, is a pass."""
    found = Outcome()
    for entry in report:
        why = entry["why"] if entry["outcome"] == "left out" else reason(entry["test"])
        if entry["outcome"] == "passed":
            found.passed += 1
        elif entry["outcome"] == "skipped":
            found.left_out["is skipped by Great Expectations itself"] += 1
        elif why:
            found.left_out[why] += 1
        else:
            found.failed[entry["test"].removeprefix("tests/integration/")] = entry["why"]
    found.unused = [why for why in dict.fromkeys(REASONS.values()) if why not in found.left_out]
    return found


def _run() -> list[Mapping[str, str]]:
    folder = unpacked_tests()
    with tempfile.TemporaryDirectory() as scratch:
        report, settings = Path(scratch) / "report.json", Path(scratch) / "pytest.ini"
        settings.write_text("[pytest]\nfilterwarnings = ignore\n", encoding="utf-8")
        path = os.pathsep.join(map(str, (folder, Path(__file__).parent, ROOT)))
        plugins = [part for name in ("duckdb_plugin", "no:cacheprovider", "no:xdist") for part in ("-p", name)]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-c", str(settings), "--rootdir", str(folder), *plugins, *_SUITES],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "GX_UPSTREAM_REPORT": str(report)},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            raise RuntimeError(f"Great Expectations' tests did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        read: list[Mapping[str, str]] = json.loads(report.read_text(encoding="utf-8"))
        return read
