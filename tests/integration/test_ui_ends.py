"""`zhongtai ui` takes its web server, daemon, code server and dbt with it, whatever ends it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.attack.kills import running
from tests.integration.served import served, until
from tests.planted.city import NOW, plant


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(signal.SIGTERM, marks=pytest.mark.attack),
        pytest.param(signal.SIGHUP, marks=pytest.mark.attack),
        pytest.param(signal.SIGINT, marks=pytest.mark.attack),
        pytest.param(signal.SIGKILL, marks=pytest.mark.attack),
    ],
)
def test_nothing_is_left_of_it(ending: signal.Signals, tmp_path: Path) -> None:
    city, mark = plant(tmp_path / "city"), str(tmp_path)
    with served(city.place, mark, NOW) as ui:
        until(lambda: ui.answers() and any("worker" in line for line in running(mark)), "it is up")
        # The command, both code servers, the web server, the daemon, dbt.
        until(lambda: len(running(mark)) >= 6, "all of it is up")
        ui.process.send_signal(ending)
        until(lambda: running(mark) == [], "all has ended")
