"""Dagster's web server as a child that never outlives this process, whatever ends it: its code servers and dbt go too.

What the server shows is `definitions`'. No signal is handled anywhere else.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_GRACE_SECONDS = 10
_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2), PR_SET_PDEATHSIG


def serve(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a server until it ends, or a signal ends this process; the server's exit code, or 128 + the signal."""
    with _catching() as caught:
        # A session of its own: whatever it starts can be ended with it.
        child = subprocess.Popen(  # noqa: S603
            command, env=dict(environment), start_new_session=True, preexec_fn=_end_with_parent
        )
        try:
            while not caught:
                with suppress(subprocess.TimeoutExpired):
                    return child.wait(timeout=0.2)
        finally:
            _end(child)
    return 128 + caught[0]


@contextmanager
def _catching() -> Iterator[list[int]]:
    caught: list[int] = []

    def heard(number: int, _: FrameType | None) -> None:
        caught.append(number)

    before = {number: signal.signal(number, heard) for number in _ENDING}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the server's whole session to end; after a while, end it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=_GRACE_SECONDS)
            break
    # What the server started and did not wait for.
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _end_with_parent() -> None:
    # Nothing can be done on SIGKILL, but that the system tells the child. Only Linux has this.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
