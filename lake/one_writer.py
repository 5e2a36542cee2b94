"""One writer at a time: a second one waits for the first, and says for whom, instead of failing its deliveries.

The lock is the operating system's, on a file of the state, so that it ends with the process that held it, however that
ended. Readers need none.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from lake.room import watch

_WRITER = "writer"
_POLL = 0.2
MOST_SECONDS = 3600.0
_TOLD: list[Callable[[str], None]] = [lambda _: None]
# States whose lock this process holds for a whole command, and not only for the steps that ask for it.
_THROUGHOUT: set[Path] = set()


class LakeBusy(RuntimeError):
    """Another process has been writing for longer than this one was to wait; `holder` says which, and since when."""

    def __init__(self, state: Path, holder: str, waited: float) -> None:
        self.state, self.holder, self.waited = state, holder, waited
        how = f"has not ended in the {waited:.0f} seconds that this waited" if waited >= 1 else "this was not to wait"
        super().__init__(
            f"{state}: {holder} is writing to the lake, and {how}; nothing was done. Try again when it has ended, or "
            "say --wait SECONDS where the command has it"
        )


@contextmanager
def one_writer(
    state: Path, waiting: Callable[[str], None] | None = None, most: float = MOST_SECONDS, name: str = _WRITER
) -> Iterator[None]:
    """Hold the state's lock inside; waits for whoever has it, at most `most` seconds, and tells `waiting` who that is.

    Without `waiting`, whom `tell_waiting` named is told. `name` is another lock than the lake's. Raises `LakeBusy`.
    """
    if name == _WRITER and state in _THROUGHOUT:
        yield
        return
    watch(state)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _file(state, name).open("a+", encoding="utf-8") as file:
        _wait(file, _file(state, name), waiting or _TOLD[-1], most)
        _write(file, _own_name())
        try:
            yield
        finally:
            _write(file, "")


def tell_waiting(told: Callable[[str], None]) -> None:
    """Have whatever of this process waits for a lock say to whom, where it is not told otherwise."""
    _TOLD[:] = [told]


@contextmanager
def held_throughout(state: Path, waiting: Callable[[str], None] | None, most: float) -> Iterator[None]:
    """Hold the lake's lock inside, where whatever of this process asks for it has it. Raises `LakeBusy`."""
    with one_writer(state, waiting, most):
        _THROUGHOUT.add(state)
        try:
            yield
        finally:
            _THROUGHOUT.discard(state)


def is_held(state: Path) -> bool:
    """Whether anybody writes to the lake of a state right now."""
    path = _file(state, _WRITER)
    if not path.exists():
        return False
    with path.open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _file(state: Path, name: str) -> Path:
    return state / f"{name}.lock"


def _own_name() -> str:
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.stem
    words = [name if name.isidentifier() else "zhongtai", *sys.argv[1:2]]
    # Of what was asked for only the command: what follows may name a person.
    return f"process {os.getpid()}, {' '.join(word for word in words if not word.startswith('-'))}"


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _holder(path: Path) -> str:
    """Who holds a lock, and since when: the file was written as it was taken, by the clock of the system."""
    text = path.read_text(encoding="utf-8")
    if not text:
        return "another process"
    since = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return f"{text} (since {since.isoformat(timespec='seconds')})"


def _wait(file: IO[str], path: Path, waiting: Callable[[str], None], most: float) -> None:
    begun, told = time.monotonic(), False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            waited = time.monotonic() - begun
            if waited >= most:
                raise LakeBusy(path.parent, _holder(path), waited) from None
            if not told:
                waiting(_holder(path))
                told = True
            time.sleep(min(_POLL, max(most - waited, 0)))
