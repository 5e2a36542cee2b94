"""What a set of windows is declared as, and declared anew: no value that is none, and no window by a silent formula."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from lake.window_file import VERSION, windows_file
from lake.windows import definitions, reading
from lake.windows.definitions import WindowsRedeclared
from lake.windows.step import waits
from tests.command import call
from tests.unit.lake.windows.fed import GATES, LOTS, SINCE, Fed, both, record, write_city

SETS = "windows/traffic.yml"
FREE = "select coalesce(avg(cast(number as decimal(9, 2))), 0) as value from lake.raw.transport__lots"


@pytest.fixture
def fed(tmp_path: Path) -> Fed:
    return Fed(write_city(tmp_path))


def test_a_value_that_is_none(fed: Fed) -> None:
    """Neither endless nor null by division: the window says which sign has none and why, until the sign is mended."""
    broken = "select 1e0 / (count(*) - 1) as value from lake.raw.transport__lots"
    fed.declare(SETS, FREE, broken)
    fed.declare(SETS, "sum(number) as value", "nullif(sum(number), 3) % 0 as value")
    _send(fed, 10, 3)
    assert fed.step(600).faults.keys() == {"free"}
    assert fed.values(0) == {("free", ""): None, ("passings", ""): None, ("passings", "a"): None}
    first, second = fed.day()[:2]
    told = {one.sign: one.why for one in first.untold}
    assert "no number (inf or NaN) of the whole city" in told["free"] and "null" in told["passings"]
    assert {one.why for one in second.untold} == {f"nothing came of {GATES}", f"nothing came of {LOTS}"}
    assert [one.why for one in reading.signs(fed.settings, fed.windows, fed.now)] == [
        f"nothing came of {GATES}",
        f"nothing came of {LOTS}",
    ]
    said = call("windows", "--workspace", str(fed.folder), environment={"ZHONGTAI_NOW": fed.now.isoformat()})
    assert "not told: free in 1 windows: what it comes to is no number" in said.out
    # Once it is mended the windows of before have their value, and say why.
    fed.declare(SETS, broken, FREE)
    fed.step(601)
    last = reading.history(fed.settings, fed.windows, SINCE)[-1]
    assert (last.window.revision, last.window.why) == (2, "sign free declared anew")
    assert fed.values(0)["free", ""] == 3.0
    assert [one.sign for one in last.window.untold] == ["passings"]


def test_a_sign_declared_anew(fed: Fed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every window stands by the formula that is declared, a portion with each step, and until then it is told."""
    for number in range(3):
        _send(fed, 120 * number + 10, number + 1)
    fed.step(700)
    assert len(fed.day()) == 4
    monkeypatch.setattr(definitions, "_AT_ONCE", 3)
    fed.declare(SETS, FREE, FREE.replace("avg(", "2 * avg("))
    assert waits(fed.settings, fed.catalogue)
    # The newest first; a record that comes meanwhile is told besides.
    fed.send(LOTS, "late", [record("q", 250, 5)])
    assert fed.step(701).older == {"traffic": 1}
    assert [one.revision for one in fed.day()] == [1, 2, 2, 2]
    assert fed.day()[2].why.count("; ") == 1
    assert waits(fed.settings, fed.catalogue)
    assert fed.step(702).older == {"traffic": 0}
    assert [fed.values(number)["free", ""] for number in range(4)] == [2.0, 4.0, 8.0, None]
    assert len({one.formula for one in fed.day()}) == 1
    # Nothing else is to be done: neither now, nor where a title or a sign that is gone changes no value.
    fed.declare(SETS, "{zh: 空位, en: Free}", "{zh: 余位, en: Left}")
    assert not waits(fed.settings, fed.catalogue)
    # Back again: as it was, and told again.
    fed.declare(SETS, "2 * avg(", "avg(")
    fed.step(703)
    fed.step(704)
    assert [fed.values(number)["free", ""] for number in range(4)] == [1.0, 2.0, 4.0, None]
    assert reading.history(fed.settings, fed.windows, SINCE)[-1].window.revision == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [("length_seconds: 120", "length_seconds: 60"), ("T09:00:00+08", "T08:50:00+08"), ("T09:00:00+08", "T09:10:00+08")],
)
def test_where_windows_lie_is_for_good(fed: Fed, before: str, after: str) -> None:
    """Another length or beginning would leave records in no window: nothing is taken in, and what stands is told."""
    _send(fed, 10, 1)
    fed.step(700)
    stood = fed.day()
    fed.declare(SETS, before, after)
    fed.send(LOTS, "late", [record("q", 10, 5)])
    with pytest.raises(WindowsRedeclared, match="under a name of its own") as refused:
        fed.step(701)
    assert "120 seconds since 2026-11-21T09:00:00+08:00" in str(refused.value)
    assert fed.day() == stood
    fed.declare(SETS, after, before)
    assert [one.state for one in fed.step(702).batches] == ["accepted"]
    assert fed.day()[0].revision == 2


def test_a_file_of_before(fed: Fed) -> None:
    """Windows of a file that kept no formulas are made anew, and lose nothing."""
    _send(fed, 10, 1)
    fed.step(300)
    path = windows_file(fed.settings)
    with sqlite3.connect(path) as store:
        for table in ("untold", "grid", "formula", "clock"):
            store.execute(f"drop table {table}")
        store.execute("drop index version_by_formula")
        store.execute("alter table version drop column formula")
        store.execute("alter table taken drop column failed_by")
        store.execute("pragma user_version = 1")
    assert [one.formula for one in fed.day()] == [""]
    fed.step(301)
    assert [(one.window.revision, one.values) for one in reading.history(fed.settings, fed.windows, SINCE)] == [
        (number, reading.history(fed.settings, fed.windows, SINCE)[0].values) for number in (1, 2)
    ]
    with sqlite3.connect(path) as store:
        assert store.execute("pragma user_version").fetchone() == (VERSION,)


def _send(fed: Fed, second: float, number: int) -> None:
    gates, lots = both(second, number)
    fed.send(GATES, f"{second}", gates)
    fed.send(LOTS, f"{second}", lots)
