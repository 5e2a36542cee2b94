"""One writer at a time: a second one waits for the first, and says for whom, instead of failing its deliveries.

The lock is the operating system's, on a file of the state, so that it ends with the process that held it, however that
ended. Readers need none.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = "writer.lock"
_POLL = 0.2
MOST_SECONDS = 3600.0


class LakeBusy(RuntimeError):
    """Another process has been writing for longer than anybody waits; `holder` says which."""

    def __init__(self, state: Path, holder: str, waited: float) -> None:
        self.state, self.holder, self.waited = state, holder, waited
        super().__init__(
            f"{state}: {holder} is writing to the lake and has not ended for {waited:.0f} seconds; wait until it has, "
            "or end it, then try again"
        )


@contextmanager
def one_writer(
    state: Path, waiting: Callable[[str], None] = lambda _: None, most: float = MOST_SECONDS
) -> Iterator[None]:
    """Hold the state's lock inside; waits for whoever has it, at most `most` seconds, and tells `waiting` who that is.

    Raises `LakeBusy`.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / _FILE).open("a+", encoding="utf-8") as file:
        _wait(file.fileno(), state, waiting, most)
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


def _wait(descriptor: int, state: Path, waiting: Callable[[str], None], most: float) -> None:
    begun, told = time.monotonic(), False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            waited = time.monotonic() - begun
            holder = (state / _FILE).read_text(encoding="utf-8") or "another process"
            if waited > most:
                raise LakeBusy(state, holder, waited) from None
            if not told:
                waiting(holder)
                told = True
            time.sleep(_POLL)
