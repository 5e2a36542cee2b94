"""A city served by `zhongtai ui` in a process of its own, and what it answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_COMMAND = "import sys; from lake.cli import main; sys.exit(main())"
_SECONDS = 120
ROOT = Path(__file__).resolve().parents[2]


def until(holds: Callable[[], bool], what: str, seconds: float = _SECONDS) -> None:
    """Wait until something holds; it must within a while."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.3)


@dataclass(frozen=True)
class Served:
    """The process of the command, and the port of its web server."""

    process: subprocess.Popen[bytes]
    port: int

    def answers(self) -> bool:
        """Whether the web server is up."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/server_info", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What Dagster answers to a query of GraphQL."""
        data = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content-type": "application/json"}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/graphql", data, headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)["data"]
        return found


@contextmanager
def served(place: Path, mark: str, now: str) -> Iterator[Served]:
    """`zhongtai ui` on a city; every process of it has `mark` in its environment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    environment = {**os.environ, "ZHONGTAI_NOW": now, "PYTHONPATH": str(ROOT), "ZHONGTAI_TEST_MARK": mark}
    with subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "ui", "--port", str(port), "--workspace", str(place)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield Served(process, port)
        finally:
            process.terminate()
            try:
                process.wait(30)
            finally:
                process.kill()
