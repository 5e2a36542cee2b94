"""A disk that is full from some write on: a command says so and where, and with room again it comes to the same end.

    python -m tests.attack.full_disks [--seconds N] [--seed N] [COMMAND …]

The first write that finds no space is chosen: one of each kind of file at first, then others, as far as the seconds go.
All writes after it fail, too, of whichever process. What is asked of the words is below; the commands and what must be
the same afterwards are those of `crashpoints`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from tests.attack.crashpoints import Bound, Crashing, Tally, each_command
from tests.attack.interpose.points import Ended, Mode, Point
from tests.attack.score import Score

_FULL = re.compile(r"no space left", re.IGNORECASE)
_MISLEADING = re.compile(r"correct |report |damaged|rebuild|well-formed|Traceback|ask the department", re.IGNORECASE)
_NAMES = ("first run", "run of a new delivery", "run with nothing new", "maintain", "backup", "rebuild")


def attack(seed: int, seconds: float = 900, names: Sequence[str] = _NAMES, most: int = 1 << 30) -> Score:
    """Fill the disk under every command, each for its share of the seconds, at most so many times."""
    tallies = each_command(Filling, random.Random(seed), Bound(seconds, most), names)
    fell = [f"{one.name}: {line}" for one in tallies for line in one.fell]
    tried, failed = sum(one.tried for one in tallies), sum(one.failed for one in tallies)
    return Score(f"full disks, of {sum(one.points for one in tallies):,} writes", tried, tried - failed, fell)


class Filling(Crashing):
    """Filling the disk under one command in a box."""

    counts = Mode.COUNT_WRITES

    def attempt(self, point: Point, wanted: dict[str, Any], tally: Tally) -> None:
        ended = self.do(Mode.FULL, point.number)
        reached = [one for one in ended.points if one.number == point.number]
        self.served.rest()
        if not reached:
            return
        tally.tried += 1
        tally.seen.add(reached[0].kind)
        found = [*self._words(ended), *self.unrecovered(reached[0], wanted)]
        tally.fell += [f"{point.number} {reached[0].what} {reached[0].path}: {what}" for what in found]

    def _words(self, ended: Ended) -> Iterator[str]:
        """What is wrong with how the command ended, and with what it said of it."""
        if ended.status not in {0, 1, 3}:
            yield f"it ended with {ended.status}"
        said = _told(ended)
        if ended.status == 3 and not _FULL.search(said):
            yield f"no word of space: {said[-300:]!r}"
        if ended.status == 3 and str(self.box.kept) not in said:
            yield f"no folder is named: {said[-300:]!r}"
        if wrong := _MISLEADING.search(said):
            yield f"it misleads by {wrong.group()!r}: {said[-300:]!r}"


def _told(ended: Ended) -> str:
    """Everything that the command said went wrong."""
    with suppress(ValueError):
        found = json.loads(ended.out)
        rows = [row["message"] for row in found.get("datasets", ()) if row["state"] == "failed"]
        return "\n".join([found.get("failure", ""), *rows, ended.err])
    return ended.out + ended.err


def main() -> int:
    """Fill the disk under the commands that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="COMMAND", help=", ".join(_NAMES))
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=20261127)
    asked = parser.parse_args()
    score = attack(asked.seed, asked.seconds, asked.names or _NAMES)
    print(f"{score.suite}: {score.tried:,} tried, {score.held:,} held")
    for line in score.fell:
        print(f"  {line}")
    return 0 if score.well else 1


if __name__ == "__main__":
    sys.exit(main())
