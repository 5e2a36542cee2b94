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
from typing import Any, ClassVar

import pyarrow.parquet as pq

from lake.one_writer import is_held
from lake.rebuilding import versions
from lake.settings import Settings, load_settings
from orchestration.transform.run import end
from tests.attack.interpose.points import Commands, Ended, Mode, Point, commands
from tests.attack.score import Score
from tests.recalled.city import FIRST, SECOND, THIRD, Recalled, found_city

_PATIENCE = 15.0


@dataclass(frozen=True)
class Crash:
    """A command that is crashed: what it is asked, and the state before it."""

    name: str
    arguments: tuple[str, ...]
    state: str


@dataclass
class Tally:
    """What one command came to: its points and their kinds, how many were tried, and what was not recovered from."""

    name: str
    points: int = 0
    kinds: int = 0
    tried: int = 0
    seen: set[str] = field(default_factory=set)
    fell: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Of how many points something is said."""
        return len({line.split(": ", 1)[0] for line in self.fell})

    def __str__(self) -> str:
        held = self.tried - self.failed
        known = f"{self.points:,} points of {self.kinds:,} kinds"
        return f"{self.name}: {known}; {self.tried:,} tried, of {len(self.seen):,} kinds; {held:,} recovered from"


@dataclass(frozen=True)
class Bound:
    """How far a command is tried: so many seconds, and so many points at most."""

    seconds: float
    most: int = 1 << 30


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

    def have(self, state: str) -> None:
        """Have one of the states that commands begin in, which is made once."""
        if not (self.folder / f"noted.{state}").exists():
            if state != "empty":
                self.have("empty")
                _STATES[state](self)
            self.note(state)
        self.put_back(state)

    def note(self, name: str) -> None:
        """Keep what is there under a name."""
        _remove(self.folder / f"noted.{name}")
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
            "served": {row["agreement"]: (row["batches"], _rows(row)) for row in listed if row["state"] == "current"},
            "unknown releases": sorted(name for name in lying - known),
            "audit": json.loads(audit.out)["faults"] if audit.status in {0, 1} else audit.err[-300:],
            "lock": is_held(city.state),
        }


def _rows(release: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for file in sorted(Path(release["path"]).glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def _copy(source: Path, target: Path) -> None:
    # As it is, to the last time of change: what is done again is decided by that.
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _remove(folder: Path) -> None:
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def small_city(folder: Path) -> Box:
    """The box, with a city to which two deliveries of each dataset came, and that never ran."""
    box = Box(folder)
    box.kept.mkdir(parents=True)
    box.have("empty")
    city = found_city(folder / "city", fresh=5)
    shutil.rmtree(city.place / ".zhongtai", ignore_errors=True)
    city.deliver("visits", {"a": 1, "b": 2}, FIRST)
    city.deliver("visits", {"c": 3}, SECOND)
    city.deliver("lots", {"a": 1, "b": 2}, FIRST)
    city.deliver("lots", {"a": 5, "d": 6}, SECOND)
    city.deliver("people", {"a": 1, "b": 2, "c": 7}, FIRST)
    city.deliver("people", {"b": 3}, SECOND)
    return box


def box_of(folder: Path, city: Recalled) -> Box:
    """The box, with a copy of the state of a city that ran."""
    box = Box(folder)
    box.kept.mkdir(parents=True)
    (folder / "city").symlink_to(city.place)
    assert city.state
    _copy(city.state, box.kept / "state")
    box.note("ran")
    return box


def _ran(box: Box) -> None:
    box.city.run()


def _delivered(box: Box) -> None:
    box.have("ran")
    _deliver(box)


def _deliver(box: Box) -> None:
    # Once: a file that is written anew is another delivery.
    if not (box.city.place / "deliveries" / THIRD).exists():
        box.city.deliver("visits", {"z": 9}, THIRD)


def _grown(box: Box) -> None:
    box.have("delivered")
    box.city.run()


def _backed_up(box: Box) -> None:
    """The state has grown since its last backup."""
    box.have("ran")
    box.city.tell("backup", box.backups)
    _deliver(box)
    box.city.run()


def _lost(box: Box) -> None:
    """A backup is there, and a state of nothing but keys beside it."""
    box.have("ran")
    box.city.tell("backup", box.backups)
    _copy_keys(box)


_STATES: dict[str, Callable[[Box], None]] = {
    "ran": _ran,
    "delivered": _delivered,
    "grown": _grown,
    "backed up": _backed_up,
    "lost": _lost,
}
# In this order: once it has come, the new delivery is there for all that follow.
CRASHES = (
    Crash("first run", ("run",), "empty"),
    Crash("run with nothing new", ("run",), "ran"),
    Crash("full run", ("run", "--full"), "ran"),
    Crash("restore", ("restore", "@"), "lost"),
    Crash("run of a new delivery", ("run",), "delivered"),
    Crash("maintain", ("maintain",), "grown"),
    Crash("backup", ("backup", "@"), "backed up"),
    Crash("rebuild", ("rebuild",), "grown"),
)


def attack(seed: int, seconds: float = 2400, names: Sequence[str] = (), most: int = 1 << 30) -> Score:
    """Crash every command, each for its share of the seconds, at most so many times."""
    tallies = each_command(Crashing, random.Random(seed), Bound(seconds, most), names)
    fell = [f"{one.name}: {line}" for one in tallies for line in one.fell]
    tried, failed = sum(one.tried for one in tallies), sum(one.failed for one in tallies)
    return Score(f"crash points, of {sum(one.points for one in tallies):,}", tried, tried - failed, fell)


def each_command(way: type[Crashing], chance: random.Random, bound: Bound, names: Sequence[str]) -> list[Tally]:
    """Try every command in one way, on one city, each for its share of the seconds."""
    chosen = [crash for crash in CRASHES if not names or crash.name in names]
    tallies = list[Tally]()
    with TemporaryDirectory(dir=memory_folder()) as folder:
        box = small_city(Path(folder))
        with commands(Path(folder), box.kept) as served:
            for crash in chosen:
                tallies.append(way(crash, box, served).each(chance, Bound(bound.seconds / len(chosen), bound.most)))
                print(f"  {tallies[-1]}", flush=True)
        end()
    return tallies


def one_command(way: type[Crashing], crash: Crash, box: Box, bound: Bound, seed: int) -> Tally:
    """Try one command, no run, in one way."""
    with commands(box.folder, box.kept, runs=False) as served:
        return way(crash, box, served).each(random.Random(seed), bound)


def memory_folder() -> str | None:
    """Where files cost least: what is tried is the order of steps, not a disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass(frozen=True)
class Crashing:
    """Crashing one command in a box."""

    crash: Crash
    box: Box
    served: Commands
    counts: ClassVar[Mode] = Mode.COUNT

    def each(self, chance: random.Random, bound: Bound) -> Tally:
        """All points, or as many as the bound allows."""
        self.box.have(self.crash.state)
        self.box.note("before")
        ends = time.monotonic() + bound.seconds
        counted, wanted = self.undisturbed(self.counts)
        tally = Tally(self.crash.name, len(counted.points), len({one.kind for one in counted.points}))
        for point in in_order(counted.points, chance):
            if time.monotonic() > ends or tally.tried == bound.most:
                break
            self.box.put_back("before")
            self.attempt(point, wanted, tally)
        return tally

    def undisturbed(self, mode: Mode) -> tuple[Ended, dict[str, Any]]:
        """The command with its points counted, and what is there after it, and after it again."""
        counted = self.do(mode)
        self.served.rest()
        assert counted.status == 0, counted.err[-2000:]
        return counted, self._afterwards()

    def attempt(self, point: Point, wanted: dict[str, Any], tally: Tally) -> None:
        """End the command at a point, and see whether it is recovered from."""
        number = point.number
        ended = self.do(Mode.KILL if number % 2 else Mode.KILL_ALL, number)
        reached = [one for one in ended.points if one.number == number]
        left = [*self._left(), *self._partial()]
        self.served.rest()
        if not reached:
            return  # it took fewer steps this time
        tally.tried += 1
        tally.seen.add(reached[0].kind)
        found = [*left, *self.unrecovered(reached[0], wanted)]
        tally.fell += [f"{number} {reached[0].what} {reached[0].path}: {what}" for what in found]

    def do(self, mode: Mode, number: int = 0) -> Ended:
        """The command in a process of its own, with a point at which something becomes of it."""
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

    def _partial(self) -> Iterator[str]:
        """Releases that recipients would take as current right after the crash, and that are not whole."""
        for pointer in sorted(self._state.glob("releases/*/current.json")):
            release = pointer.with_name(str(json.loads(pointer.read_bytes())["release_id"]))
            if self.box.city.say("verify", str(release)).status:
                yield f"partial release: {pointer.parent.name}"

    def unrecovered(self, point: Point, wanted: dict[str, Any]) -> Iterator[str]:
        """What is not as it is without that point, when the command was said again."""
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
        """The command again, a run, and what is there then; of a backup, what comes of restoring it."""
        if self.crash.name == "restore":
            return self._restored()
        self.box.city.tell(*self._arguments)
        if self.crash.name == "backup":
            _copy_keys(self.box)
            return self._restored()
        if self._arguments[0] != "run":
            self.box.city.tell("run")
        return self.box.facts(self.box.city)

    def _restored(self) -> dict[str, Any]:
        said = self.box.restored.say("restore", self.box.backups, "--json")
        # Where all is in place nothing is to be done; whether it is shows by what is there.
        assert said.status == 0 or "a city's state is there" in said.err, said.err[-1000:]
        return self.box.facts(self.box.restored)


def _copy_keys(box: Box) -> None:
    assert box.restored.state and box.city.state
    box.restored.state.mkdir(mode=0o700)
    _copy(box.city.state / "keys", box.restored.state / "keys")


def _different(found: Any, wanted: Any) -> str:
    if isinstance(found, dict) and isinstance(wanted, dict):
        names = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
        return ", ".join(f"{name} is {found.get(name)!s:.80}, not {wanted.get(name)!s:.80}" for name in names[:3])
    return f"{found!s:.300}, not {wanted!s:.100}"


def in_order(points: Sequence[Point], chance: random.Random) -> list[Point]:
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
