"""`make attack`: run the deep suites, print one table of their scores with the seed, and keep it as JSON.

usage: python -m tests.attack [--only SUITE …] [--seed N] [--json FILE]. Exit 1 if anything tried did not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.attack.score import Score
from tests.attack.suites import SUITES

_SHOWN = 5


def main() -> int:
    """Run what was asked for; a suite that cannot be run has not held."""
    asked = _arguments()
    scores = {name: _timed(name, asked.seed) for name in asked.only or SUITES}
    print(f"\n{'suite':52} {'tried':>8} {'held':>8} {'seconds':>8}   seed {asked.seed}")
    for score, seconds in scores.values():
        print(f"{score.suite:52} {score.tried:8,} {score.held:8,} {seconds:8,.0f}   {'' if score.well else 'NOT HELD'}")
        for line in score.fell[:_SHOWN]:
            print(f"    {line}")
    found = [{**score.as_dict(), "seconds": round(seconds)} for score, seconds in scores.values()]
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps({"seed": asked.seed, "suites": found}, ensure_ascii=False, indent=1), "utf-8")
    return 0 if all(score.well for score, _ in scores.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(SUITES), help="these suites alone")
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--json", type=Path, default=Path(".zhongtai") / "attack.json")
    return parser.parse_args()


def _timed(name: str, seed: int) -> tuple[Score, float]:
    begun = time.monotonic()
    print(f"{name} …", flush=True)
    try:
        score = SUITES[name](seed)
    except Exception as error:
        score = Score(name, 1, 0, [f"it could not be run: {type(error).__name__}: {error}"])
    # At once, too: a run that is stopped has not been for nothing.
    print(f"{name}: {score.held:,} of {score.tried:,} held", flush=True)
    return score, time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
