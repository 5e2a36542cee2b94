"""Dagster's servers as children that never outlive this process, whatever ends it: what they started goes, too.

One code server, which the web server and the daemon share: the one shows the graph and takes requests, the other has
schedules and sensors tick and takes runs from the queue. What they show is `definitions`'. No signal is handled
anywhere else.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import yaml

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_GRACE_SECONDS = 10
_POLL_SECONDS = 0.2
_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2), PR_SET_PDEATHSIG
_GRAPH = "orchestration.definitions"


def serve_city(port: int, environment: Mapping[str, str]) -> int:
    """Serve Dagster on the loopback interface until a server ends or a signal comes; see `serve`."""
    with tempfile.TemporaryDirectory(prefix="zhongtai-") as folder:
        # A socket in a folder of the owner's: whoever reaches a code server can have it run things.
        socket, place = Path(folder) / "code", Path(folder) / "workspace.yaml"
        code = _command("dagster", "code-server", "start", "-m", _GRAPH, "-s", str(socket))
        # By this name Dagster remembers which schedules are on: it is the same at every start.
        server = {"host": "localhost", "socket": str(socket), "location_name": _GRAPH}
        place.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}), encoding="utf-8")
        web = _command("dagster-webserver", "-h", "127.0.0.1", "-p", str(port), "-w", str(place))
        daemon = _command("dagster-daemon", "run", "-w", str(place))
        return serve([code, web, daemon], environment, socket)


def _command(name: str, *arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name(name)), *arguments]


def serve(commands: Sequence[Sequence[str]], environment: Mapping[str, str], first: Path | None = None) -> int:
    """Run servers until one ends, or a signal ends this process; that one's exit code, or 128 + the signal.

    Where `first` is given, the others begin once the first of them has made that file.
    """
    children: list[subprocess.Popen[bytes]] = []
    with _catching() as caught:
        try:
            for command in commands:
                # A session of its own: whatever it starts can be ended with it.
                child = subprocess.Popen(  # noqa: S603
                    command, env=dict(environment), start_new_session=True, preexec_fn=_end_with_parent
                )
                children.append(child)
                while first is not None and not (first.exists() or caught or _ended(children)):
                    time.sleep(_POLL_SECONDS)
            while not caught and not _ended(children):
                time.sleep(_POLL_SECONDS)
            return 128 + caught[0] if caught else int(_ended(children)[0].returncode)
        finally:
            _end(children)


def _ended(children: Sequence[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    return [child for child in children if child.poll() is not None]


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


def _end(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask the servers' whole sessions to end; after a while, end them, and what they started and did not wait for."""
    for child in children:
        _tell(child, signal.SIGTERM)
    until = time.monotonic() + _GRACE_SECONDS
    while len(_ended(children)) < len(children) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    for child in children:
        _tell(child, signal.SIGKILL)
        child.wait()


def _tell(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _end_with_parent() -> None:
    # Nothing can be done on SIGKILL, but that the system tells the child. Only Linux has this.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
