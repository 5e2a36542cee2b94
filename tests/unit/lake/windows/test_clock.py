"""A clock that went back, or far ahead: nothing is judged or closed by it before a person says that it is right."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lake.windows import reading
from lake.windows.clock_leaps import ClockUnbelieved
from tests.command import Said, call
from tests.unit.lake.windows.fed import GATES, LENGTH, LOTS, SINCE, Fed, both, record, write_city

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def fed(tmp_path: Path) -> Fed:
    fed = Fed(write_city(tmp_path))
    gates, lots = both(10, 1)
    fed.send(GATES, "1", gates)
    fed.send(LOTS, "1", lots)
    fed.step(300)
    return fed


@pytest.mark.parametrize(("second", "what"), [(-3300, "it went back"), (300 + DAY, "it went on by 1 day, 0:00:00")])
def test_a_clock_that_is_not_believed(fed: Fed, second: float, what: str) -> None:
    stood = fed.day()
    fed.send(GATES, "2", both(290, 1)[0])
    with pytest.raises(ClockUnbelieved, match=what) as refused:
        fed.step(second)
    assert refused.value.last == SINCE + timedelta(seconds=300)
    assert "2026-11-21 09:05:00" in str(refused.value) and "zhongtai windows --clock-is-right" in str(refused.value)
    # Set right, nothing has come of it: what waited is judged as if it had come now.
    (batch,) = fed.step(301).batches
    assert (batch.state, batch.accepted, batch.quarantined) == ("accepted", 1, 0)
    assert fed.day() == stood


def test_a_pause_is_told(fed: Fed) -> None:
    """Of more than a day once it is said that the clock is right, and of hours beside what it closed."""
    assert not fed.taken[-1].leap
    said = _call(fed, SINCE + timedelta(hours=5))
    assert "the clock went on by 4:55:00 since the last step, and 147 windows were closed" in said.out
    later = SINCE + timedelta(days=2)
    assert (_call(fed, later).status, _call(fed, later, "--clock-is-right").status) == (3, 0)
    fed.now = later
    assert fed.step().batches == []


def test_closed_before_its_time(fed: Fed) -> None:
    """What a clock that was ahead closed is open again for a right one, and is closed when it is over."""
    fed.step(DAY - 3600)
    assert len(fed.day()) == 450
    assert len(_histories(fed, 3)) == 1
    # Nothing that is not over is shown as newest, though the file has it.
    fed.now = SINCE + timedelta(seconds=310)
    assert [one.start for one in fed.day()] == [SINCE, SINCE + LENGTH]
    assert {one.window.start for one in reading.signs(fed.settings, fed.windows, fed.now) if one.window} == {SINCE}
    assert reading.values(fed.settings, fed.windows, "free", SINCE.date()).count(None) == 718
    told = json.loads(_call(fed, fed.now, "--clock-is-right", "--json").out)
    assert (told["counts"]["open"], told["counts"]["amended"]) == (448, 0)
    # Windows that are not over are no windows to amend.
    fed.send(GATES, "2", both(370, 2)[0])
    fed.send(LOTS, "2", both(370, 2)[1])
    fed.step(380)
    assert len(fed.day()) == 2
    fed.step(900)
    first, second = _histories(fed, 3)
    assert (str(first.window.state), str(second.window.state), second.window.rows) == ("incomplete", "complete", 2)
    assert "before its time" in second.window.why
    states = [str(one.state) for one in fed.day()]
    assert states == ["complete", "incomplete", "incomplete", "complete", "incomplete", "incomplete"]


def test_how_records_of_the_future_come_in(fed: Fed) -> None:
    ahead = [record("a", 400, 1), record("b", 400, 1)]
    fed.send(GATES, "2", ahead)
    (batch,) = fed.step(310).batches
    assert (batch.accepted, batch.reasons) == (0, {"feed:ahead": 2})
    fed.send(GATES, "3", ahead)
    said = _call(fed, SINCE + timedelta(seconds=420))
    assert "known" in said.out and "in a file of other bytes" in said.out
    fed.send(GATES, "4", ahead[::-1])
    assert [one.accepted for one in fed.step(430).batches] == [2]


def _histories(fed: Fed, number: int) -> tuple[reading.Revision, ...]:
    return reading.history(fed.settings, fed.windows, SINCE + number * LENGTH)


def _call(fed: Fed, now: datetime, *options: str) -> Said:
    told = {"ZHONGTAI_NOW": now.isoformat(), "ZHONGTAI_STATE": str(fed.settings.state)}
    return call("windows", "--workspace", str(fed.folder), *options, environment=told)
