"""The process that serves commands, and the page by which it is told at which point to end one, or to fill its disk.

What is counted is `points.c`'s, which is compiled here with the C compiler of the machine; what is tried, the suites'.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from tests.attack.kills import running
from tests.planted.city import ROOT

_PAGE = struct.Struct("QQQ1000s1000s")
_NUMBERS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|\d+")


class Mode(IntEnum):
    """What becomes of a command at its point."""

    COUNT_WRITES = 30
    COUNT = 10
    KILL = 1
    KILL_ALL = 2
    FULL = 3


@dataclass(frozen=True)
class Point:
    """One point that a command came to: its number, what was to be done, and the path below the folder."""

    number: int
    process: int
    what: str
    path: str

    @property
    def kind(self) -> str:
        """The same for all points that differ in numbers alone: of batches, processes, files."""
        return f"{self.what} {_NUMBERS.sub('#', self.path)}"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status (below 0 a signal), what it said, and the points it came to."""

    status: int
    out: str
    err: str
    points: tuple[Point, ...]


class Commands:
    """Commands below one folder; `state` is the part of it where points are."""

    def __init__(self, folder: Path, state: Path, *, runs: bool) -> None:
        self.folder, self.state = folder, state
        self._page, self._said, self._log = folder / "page", folder / "said.json", folder / "points.log"
        self._page.write_bytes(bytes(_PAGE.size))
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LD_PRELOAD": str(_compiled(folder)),
            "CRASH_CONTROL": str(self._page),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.attack.interpose.commands", *(["--runs"] if runs else [])],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def do(self, arguments: Sequence[str], environment: Mapping[str, str], mode: Mode, target: int = 0) -> Ended:
        """One command; at its `target`th point it is ended, or its disk full."""
        for file in (self._said, self._log):
            file.unlink(missing_ok=True)
        self._tell(mode, target)
        asked = {
            "arguments": list(arguments),
            "environment": {**environment, "ZHONGTAI_TEST_MARK": str(self.folder)},
            "said": str(self._said),
        }
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        status = int(json.loads(self._process.stdout.readline())["status"])
        said = json.loads(self._said.read_bytes()) if self._said.exists() else {"out": "", "err": ""}
        return Ended(status, said["out"], said["err"], tuple(self._points()))

    def rest(self) -> None:
        """Have nothing counted, and nothing ended, of what is still running."""
        self._tell(None, 0)

    def left(self) -> list[str]:
        """Processes of the last command that are still there."""
        return running(str(self.folder))

    def close(self) -> None:
        """End the process that serves."""
        self._process.communicate()

    def _tell(self, mode: Mode | None, target: int) -> None:
        told = {None: 0, Mode.COUNT: 1, Mode.COUNT_WRITES: 3}.get(mode, int(mode or 0))
        page = _PAGE.pack(0, target, told, os.fsencode(self.state), os.fsencode(self._log))
        with self._page.open("r+b") as file, mmap.mmap(file.fileno(), _PAGE.size) as mapped:
            mapped[: len(page)] = page

    def _points(self) -> Iterator[Point]:
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log.exists() else []
        for line in lines:
            number, process, what, path = line.split("\t", 3)
            yield Point(int(number), int(process), what, path.removeprefix(f"{self.state}/"))


@contextmanager
def commands(folder: Path, state: Path, *, runs: bool = True) -> Iterator[Commands]:
    """The process that serves commands, ended at the end; `runs` where many of them are."""
    served = Commands(folder, state, runs=runs)
    try:
        yield served
    finally:
        served.rest()
        served.close()


def _compiled(folder: Path) -> Path:
    made = folder / "points.so"
    source = Path(__file__).with_name("points.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made
