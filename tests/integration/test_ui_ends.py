"""`zhongtai ui` takes its web server, daemon, code server and dbt with it, whatever ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attack.kills import running
from tests.planted.city import NOW, plant

_COMMAND = "import sys; from lake.cli import main; sys.exit(main())"
_SECONDS = 120
ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _until(holds: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.3)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.parametrize(
    "ending",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGHUP, marks=pytest.mark.attack),
        pytest.param(signal.SIGINT, marks=pytest.mark.attack),
        pytest.param(signal.SIGKILL, marks=pytest.mark.attack),
    ],
)
def test_nothing_is_left_of_it(ending: signal.Signals, tmp_path: Path) -> None:
    city = plant(tmp_path / "city")
    port, mark = _free_port(), str(tmp_path)
    environment = {**os.environ, "ZHONGTAI_NOW": NOW, "PYTHONPATH": str(ROOT), "ZHONGTAI_TEST_MARK": mark}
    with subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "ui", "--port", str(port), "--workspace", str(city.place)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as ui:
        try:
            _until(lambda: _answers(port) and any("worker" in line for line in running(mark)), "it is up")
            assert len(running(mark)) >= 6  # the command, both code servers, the web server, the daemon, dbt
            ui.send_signal(ending)
            _until(lambda: running(mark) == [], "all has ended")
        finally:
            ui.kill()
