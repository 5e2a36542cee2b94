"""`python -m tests.harness [--only SUITE …] [--wrong]`: the verdicts on malformed files, one line for each suite.

Exit 1 where anything is silently wrong or crashed, or fewer than nine in ten of the files whose text is all there come
out right.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from lake.attach import open_lake
from lake.settings import load_settings
from tests.harness.suites import Case, all_cases
from tests.harness.verdicts import Verdict, judge
from tests.unit.lake.desk import Desk

_LEAST_RIGHT = 0.9


def run(cases: list[Case], desk: Desk) -> dict[str, list[tuple[Case, Verdict, str]]]:
    """The verdicts by suite."""
    found: dict[str, list[tuple[Case, Verdict, str]]] = defaultdict(list)
    for case in cases:
        found[case.suite].append((case, *judge(desk, case)))
    return found


def tried(cases: list[Case]) -> dict[str, list[tuple[Case, Verdict, str]]]:
    """The same, on a lake of their own."""
    with tempfile.TemporaryDirectory() as root:
        settings = load_settings(Path(root), {"ZHONGTAI_STATE": f"{root}/state", "ZHONGTAI_THREADS": "1"})
        with open_lake(settings) as connection:
            return run(cases, Desk(connection, settings, Path(root) / "deliveries"))


def table(found: dict[str, list[tuple[Case, Verdict, str]]]) -> str:
    """The verdicts counted, a line for each suite."""
    lines = [f"{'suite':28}" + "".join(f"{verdict:>13}" for verdict in Verdict) + f"{'whole, right':>16}"]
    for suite, verdicts in found.items():
        counts = Counter(verdict for _, verdict, _ in verdicts)
        whole = [verdict for case, verdict, _ in verdicts if case.whole and case.rows is not None]
        share = f"{whole.count(Verdict.RIGHT)} of {len(whole)}"
        lines.append(f"{suite:28}" + "".join(f"{counts[verdict]:13}" for verdict in Verdict) + f"{share:>16}")
    return "\n".join(lines)


def holds(found: dict[str, list[tuple[Case, Verdict, str]]]) -> bool:
    """Whether nothing is wrong, nothing crashed, and enough is right."""
    every = [one for suite in found.values() for one in suite]
    whole = [verdict for case, verdict, _ in every if case.whole and case.rows is not None]
    wrong = any(verdict in {Verdict.WRONG, Verdict.CRASH} for _, verdict, _ in every)
    return not wrong and whole.count(Verdict.RIGHT) >= len(whole) * _LEAST_RIGHT


def main() -> int:
    """Run what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="suites, or parts of file names")
    parser.add_argument("--wrong", action="store_true", help="tell every file that is not right")
    asked = parser.parse_args()
    cases = [
        one for one in all_cases() if not asked.only or any(only in f"{one.suite}/{one.name}" for only in asked.only)
    ]
    found = tried(cases)
    print(table(found))
    for case, verdict, seen in (one for suite in found.values() for one in suite):
        if verdict in {Verdict.WRONG, Verdict.CRASH} or (asked.wrong and verdict is not Verdict.RIGHT):
            print(f"{verdict:12} {case.suite}/{case.name}: {seen[:400]}")
    return 0 if holds(found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
