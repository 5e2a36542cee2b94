"""Crashes at every boundary: a command is ended by SIGKILL at one point of what it does to its files, and once more
for each of the others. The command again, and a run, must leave what they leave undisturbed, and nothing of the crash.

    python -m tests.attack.crashpoints [--seconds N] [--seed N] [COMMAND …]

A point is a rename, link, removal, truncation, new file or folder, fsync, or the begin of a process, in whichever
process of the command (`interpose/points.c`); of these are all commits made. Points that differ in numbers alone are of
one kind. Of each kind one is tried first, then the others as far as the seconds go; by default all.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lake.one_writer import is_held
from lake.rebuilding import versions
from lake.settings import Settings, load_settings
from orchestration.transform.run import end
from tests.attack.interpose.points import Commands, Mode, Point, commands
from tests.attack.score import Score
from tests.recalled.city import FIRST, SECOND, THIRD, Recalled, found_city

_PATIENCE = 15.0


@dataclass(frozen=True)
class Crash:
    """A command that is crashed: what it is asked, how it is said again, and what was done before it."""

    name: str
    arguments: tuple[str, ...]
    prepared: Callable[[Box], None]


@dataclass
class Tally:
    """What one command came to: its points and their kinds, how many were tried, and what was not recovered from."""

    name: str
    points: int = 0
    kinds: int = 0
    tried: int = 0
    seen: set[str] = field(default_factory=set)
    fell: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        held = self.tried - len({line.split(": ", 1)[0] for line in self.fell})
        known = f"{self.points:,} points of {self.kinds:,} kinds"
        return f"{self.name}: {known}; {self.tried:,} tried, of {len(self.seen):,} kinds; {held:,} recovered from"


@dataclass(frozen=True)
class Box:
    """A small city in a folder, with all that its commands write to in `kept`, so that it can be put back."""

    folder: Path

    @property
    def kept(self) -> Path:
        return self.folder / "kept"

    @property
    def city(self) -> Recalled:
        return Recalled(self.folder / "city", state=self.kept / "state")

    @property
    def restored(self) -> Recalled:
        return Recalled(self.folder / "city", state=self.kept / "restored")

    @property
    def backups(self) -> str:
        return str(self.kept / "backups")

    def settings(self, city: Recalled) -> Settings:
        return load_settings(city.place, {"ZHONGTAI_STATE": str(city.state), "ZHONGTAI_NOW": city.now})

    def note(self, name: str) -> None:
        """Keep what is there under a name."""
        _copy(self.kept, self.folder / f"noted.{name}")

    def put_back(self, name: str) -> None:
        """Have again what was kept under a name, and nothing else."""
        _remove(self.kept)
        _copy(self.folder / f"noted.{name}", self.kept)

    def facts(self, city: Recalled) -> dict[str, Any]:
        """What must be the same after a crash as without one."""
        listed = city.tell("releases")["releases"]
        known = {row["release_id"] for row in listed}
        assert city.state
        lying = {path.name for path in (city.state / "releases").glob("archive__*/*") if path.is_dir()}
        audit = city.say("audit", "--json")
        return {
            "tables": versions(self.settings(city)),
            "current": sorted((row["agreement"], row["rows"], row["batches"]) for row in listed if _stands(row)),
            "served": {name: city.rows(name) for name in sorted(city.releases())},
            "unknown releases": sorted(name for name in lying - known),
            "audit": json.loads(audit.out)["faults"] if audit.status in {0, 1} else audit.err[-300:],
            "lock": is_held(city.state),
        }


def _stands(row: dict[str, Any]) -> bool:
    return bool(row["state"] == "current")


def _copy(source: Path, target: Path) -> None:
    # As it is, to the last time of change: what is done again is decided by that.
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _remove(folder: Path) -> None:
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def small_city(folder: Path) -> Box:
    """The box, with a city to which two deliveries of each dataset came, and that never ran."""
    box = Box(folder)
    box.kept.mkdir(parents=True)
    city = found_city(folder / "city", fresh=5)
    shutil.rmtree(city.place / ".zhongtai", ignore_errors=True)
    city.deliver("visits", {"a": 1, "b": 2}, FIRST)
    city.deliver("visits", {"c": 3}, SECOND)
    city.deliver("lots", {"a": 1, "b": 2}, FIRST)
    city.deliver("lots", {"a": 5, "d": 6}, SECOND)
    city.deliver("people", {"a": 1, "b": 2, "c": 7}, FIRST)
    city.deliver("people", {"b": 3}, SECOND)
    return box


def _ran(box: Box) -> None:
    box.city.run()


def _delivered(box: Box) -> None:
    box.city.run()
    box.city.deliver("visits", {"z": 9}, THIRD)


def _grown(box: Box) -> None:
    _delivered(box)
    box.city.run()


def _backed_up(box: Box) -> None:
    _delivered(box)
    box.city.tell("backup", box.backups)
    box.city.run()


def _lost(box: Box) -> None:
    """A backup is there, and a state of nothing but keys beside it."""
    _ran(box)
    box.city.tell("backup", box.backups)
    _copy_keys(box)


CRASHES = (
    Crash("first run", ("run",), lambda _: None),
    Crash("run of a new delivery", ("run",), _delivered),
    Crash("run with nothing new", ("run",), _ran),
    Crash("full run", ("run", "--full"), _ran),
    Crash("maintain", ("maintain",), _grown),
    Crash("backup", ("backup", "@"), _backed_up),
    Crash("restore", ("restore", "@"), _lost),
    Crash("rebuild", ("rebuild",), _grown),
)


def attack(seed: int, seconds: float = 2400, names: Sequence[str] = ()) -> Score:
    """Crash every command, each for its share of the seconds."""
    chosen = [crash for crash in CRASHES if not names or crash.name in names]
    tallies = [crashed(crash, random.Random(seed), seconds / len(chosen)) for crash in chosen]
    fell = [f"{one.name}: {line}" for one in tallies for line in one.fell]
    tried, failed = sum(one.tried for one in tallies), sum(_failed(one) for one in tallies)
    points = sum(one.points for one in tallies)
    return Score(f"crash points, of {points:,}", tried, tried - failed, fell)


def _failed(tally: Tally) -> int:
    return len({line.split(": ", 1)[0] for line in tally.fell})


def crashed(crash: Crash, chance: random.Random, seconds: float) -> Tally:
    """Crash one command at its points, as far as the seconds go."""
    with TemporaryDirectory(dir=_memory()) as folder:
        box = small_city(Path(folder))
        crash.prepared(box)
        box.note("before")
        with commands(Path(folder), box.kept) as served:
            tally = _Crashing(crash, box, served).each(chance, seconds)
    print(f"  {tally}", flush=True)
    end()
    return tally


def _memory() -> str | None:
    """Where files cost least: what is tried is the order of steps, not a disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass(frozen=True)
class _Crashing:
    crash: Crash
    box: Box
    served: Commands

    def each(self, chance: random.Random, seconds: float) -> Tally:
        ends = time.monotonic() + seconds
        counted = self._do(Mode.COUNT)
        self.served.rest()
        assert counted.status == 0, counted.err[-2000:]
        wanted = self._afterwards()
        tally = Tally(self.crash.name, len(counted.points), len({one.kind for one in counted.points}))
        for point in _ordered(counted.points, chance):
            if time.monotonic() > ends:
                break
            self.box.put_back("before")
            self._try(point.number, wanted, tally)
        return tally

    def _try(self, number: int, wanted: dict[str, Any], tally: Tally) -> None:
        ended = self._do(Mode.KILL if number % 2 else Mode.KILL_ALL, number)
        reached = [one for one in ended.points if one.number == number]
        left = self._left()
        self.served.rest()
        if not reached:
            return  # it took fewer steps this time
        tally.tried += 1
        tally.seen.add(reached[0].kind)
        found = [*left, *self._unrecovered(reached[0], wanted)]
        tally.fell += [f"{number} {reached[0].what} {reached[0].path}: {what}" for what in found]

    def _do(self, mode: Mode, number: int = 0) -> Any:
        city = self.box.city
        asked = ["--workspace", str(city.place), "--json"]
        environment = {"ZHONGTAI_STATE": str(self._state), "ZHONGTAI_NOW": city.now}
        return self.served.do([*self._arguments, *asked], environment, mode, number)

    @property
    def _arguments(self) -> list[str]:
        return [self.box.backups if one == "@" else one for one in self.crash.arguments]

    @property
    def _state(self) -> Path:
        found = self.box.restored.state if self.crash.name == "restore" else self.box.city.state
        assert found
        return found

    def _left(self) -> list[str]:
        ends = time.monotonic() + _PATIENCE
        while (left := self.served.left()) and time.monotonic() < ends:
            time.sleep(0.1)
        return [f"left running: {line}" for line in left]

    def _unrecovered(self, point: Point, wanted: dict[str, Any]) -> Iterator[str]:
        # What the crash left of dbt's must be read by a dbt that knows nothing of it.
        if point.path.startswith("dbt/") or point.number % 5 == 0:
            end()
        try:
            found = self._afterwards()
        except AssertionError as error:
            yield f"does not go on: {str(error)[-400:]}"
            return
        for name, value in found.items():
            if value != wanted[name]:
                yield f"{name}: {_different(value, wanted[name])}"

    def _afterwards(self) -> dict[str, Any]:
        """The command again, a run, and what is there then."""
        city = self.box.restored if self.crash.name == "restore" else self.box.city
        city.tell(*self._arguments)
        if self.crash.name == "backup":
            _copy_keys(self.box)
            city = self.box.restored
            city.tell("restore", self.box.backups)
        city.tell("run")
        return self.box.facts(city)


def _copy_keys(box: Box) -> None:
    assert box.restored.state and box.city.state
    box.restored.state.mkdir(mode=0o700)
    _copy(box.city.state / "keys", box.restored.state / "keys")


def _different(found: Any, wanted: Any) -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        names = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
        return ", ".join(f"{name} is {found.get(name)!s:.80}, not {wanted.get(name)!s:.80}" for name in names[:3])
    return f"{found!s:.300}, not {wanted!s:.100}"


def _ordered(points: Sequence[Point], chance: random.Random) -> list[Point]:
    """All points: first one of each kind, then the others, each in any order."""
    mixed = list(points)
    chance.shuffle(mixed)
    first = {point.kind: point for point in mixed}
    return [*first.values(), *(point for point in mixed if first[point.kind] is not point)]


def main() -> int:
    """Crash the commands that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="COMMAND", help=", ".join(one.name for one in CRASHES))
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=20261127)
    asked = parser.parse_args()
    score = attack(asked.seed, asked.seconds, asked.names)
    print(f"{score.suite}: {score.tried:,} tried, {score.held:,} recovered from")
    for line in score.fell:
        print(f"  {line}")
    return 0 if score.well else 1


if __name__ == "__main__":
    sys.exit(main())
