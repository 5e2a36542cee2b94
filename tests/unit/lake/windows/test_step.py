"""Micro-batches through the lake: what becomes of records that are late, of the future, doubled, or recalled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.clock import FixedClock
from lake import facts
from lake.city import open_city
from lake.conservation import conservation
from lake.proof import prove
from lake.rebuilding import remake_store
from lake.windows import reading
from lake.windows import step as stepping
from lake.windows.step import Step
from lake.windows.storing import Writer
from sharing.recall import recall
from sharing.tombstones import Reason
from tests.unit.lake.windows.fed import GATES, LENGTH, LOTS, SINCE, Fed, both, record, write_city


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Fed:
    return Fed(write_city(tmp_path_factory.mktemp("fed")))


def test_a_morning(fed: Fed) -> None:
    gates, lots = both(10, 3)
    ahead = [record("a", 86_400 * 3, 9)]
    long_ago = [record("a", -86_400 * 2, 9)]
    fed.send(GATES, "1", [*gates, *gates, *ahead, *long_ago])
    fed.send(LOTS, "1", lots)
    (first, second) = fed.step(60).batches
    assert (first.accepted, dict(first.reasons)) == (2, {"feed:ahead": 1, "feed:too_late": 1})
    assert second.accepted == 1
    assert fed.shape() == []  # neither the watermark nor the clock is past it

    # The watermark is a lateness behind the slowest feed.
    fed.send(GATES, "2", both(190)[0])
    fed.send(LOTS, "2", both(130)[1])
    fed.step(195)
    assert fed.shape() == []
    fed.send(LOTS, "2b", both(190)[1])
    fed.step(200)
    # What was told twice counts once; a record of the future has moved nothing.
    assert fed.shape() == [("complete", 1, 2)]
    assert fed.values(0) == {("passings", ""): 3.0, ("passings", "a"): 3.0, ("free", ""): 3.0}

    # A feed that stops: the clock closes what is over, and the feed is named.
    fed.send(GATES, "3", [record("a", 250, 1)])
    fed.step(720)
    assert fed.shape() == [("complete", 1, 2), ("complete", 1, 3), ("incomplete", 1, 1), ("incomplete", 1, 0)]
    third, fourth = fed.day()[2:]
    assert (third.missing_feeds, third.coverage) == ((LOTS,), 0.5)
    assert (fourth.missing_feeds, fourth.coverage) == ((GATES, LOTS), 0.0)
    # Of a feed that told nothing nobody says nought.
    assert fed.values(2) == {("passings", ""): 1.0, ("passings", "a"): 1.0, ("free", ""): None}

    # Late records amend, and both revisions stand.
    fed.send(LOTS, "3", [record("p", 260, 5)])
    fed.step(730)
    one, two = reading.history(fed.settings, fed.windows, SINCE + 2 * LENGTH)
    assert (str(one.window.state), str(two.window.state), two.window.coverage) == ("incomplete", "amended", 1.0)
    assert [dataset for dataset, _ in two.batches] == [GATES, LOTS]
    # The same bytes again change nothing, wherever they lie.
    fed.send(LOTS, "4", [record("p", 260, 5)])
    assert [one.state for one in fed.step(731).batches] == ["known"]
    assert len(reading.history(fed.settings, fed.windows, SINCE + 2 * LENGTH)) == 2


def test_recall(fed: Fed) -> None:
    """A recalled batch is in no window any more, and each window it was in says so."""
    before = reading.history(fed.settings, fed.windows, SINCE + 2 * LENGTH)[-1]
    batch = dict(before.batches)[LOTS]
    _recall(fed, batch)
    fed.step(740)
    after = reading.history(fed.settings, fed.windows, SINCE + 2 * LENGTH)[-1]
    assert (str(after.window.state), after.window.revision, after.window.missing_feeds) == ("amended", 3, (LOTS,))
    assert after.window.why == f"{LOTS}: batch {batch} counts no more"
    assert dict(after.batches).keys() == {GATES}
    # For good: whatever comes later of the same bytes.
    fed.send(LOTS, "5", [record("p", 260, 5)])
    assert [one.state for one in fed.step(741).batches] == ["recalled"]
    assert len(reading.history(fed.settings, fed.windows, SINCE + 2 * LENGTH)) == 3


def test_audited_and_made_again(fed: Fed) -> None:
    """An audit knows of streams; a lake that is made again of what landed has them, judged as by their arrival."""
    with open_city(fed.settings, catalogue=fed.catalogue) as city:
        assert not prove(city).faults
        assert not conservation(city)[0]
    before = _told(fed)
    late = replace(fed.settings, clock=FixedClock(fed.now + timedelta(days=30)))
    made = remake_store(late, fed.catalogue)
    assert not made.lacking and made.batches > 5
    fed.step(742)
    assert _told(fed) == before


def test_the_newest(fed: Fed) -> None:
    found = reading.newest(fed.settings, "traffic")
    assert found is not None
    assert (found.start, found.revision) == (SINCE + 2 * LENGTH, 3)
    told = reading.signs(fed.settings, fed.windows, fed.now)
    assert [(one.sign, one.value, one.late) for one in told] == [("passings", 1.0, True), ("free", 1.0, True)]
    counts = reading.day(fed.settings, fed.windows, SINCE.date()).counts
    assert sum(counts.values()) == 720
    assert (counts["before"], counts["amended"]) == (270, 1)


def _recall(fed: Fed, batch: str) -> None:
    with open_city(fed.settings, catalogue=fed.catalogue) as city:
        recall(city.ledger, fed.settings.releases, batch, Reason("wrong", "anna"), fed.now, city.signer)


Place = tuple[Any, str]
PLACES: tuple[Place, ...] = (
    *((Step, "_note_batches"), (facts, "record_batches"), (stepping, "ingest_arriving"), (facts, "record_look")),
    # The first windows are closed, and there are some to amend.
    *((Writer, "amend"), (Writer, "close"), (Writer, "move_on"), (stepping, "fold")),
)


class Killed(BaseException):
    """What ends a process, as far as the code under test can tell."""


def _dies(*_: object, **__: object) -> None:
    raise Killed


def test_killed_and_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _killed_at(((Writer, "move_on"),), tmp_path, monkeypatch)


@pytest.mark.attack
def test_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _killed_at(PLACES, tmp_path, monkeypatch)


def _killed_at(places: Sequence[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped between any two of its parts and done again, a step comes to what one that was not stopped comes to."""
    whole, broken = Fed(write_city(tmp_path / "whole")), Fed(write_city(tmp_path / "broken"))
    for number, (where, name) in enumerate(places):
        begin = number * 120
        for fed in (whole, broken):
            gates, lots = both(begin + 100, number)
            fed.send(GATES, str(number), [*gates, record("late", begin - 220, number)])
            fed.send(LOTS, str(number), lots)
        at = begin + 200
        whole.step(at)
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(where, name, _dies)
            broken.step(at)
        broken.step(at)
        assert _told(whole) == _told(broken), name
    assert len(_told(whole)) >= len(places) - 1
    assert [len(one.batches) for one in whole.taken] == [2] * len(places)


def _told(fed: Fed) -> list[object]:
    starts = [SINCE + number * LENGTH for number in range(20)]
    found = (reading.history(fed.settings, fed.windows, start) for start in starts)
    return [[(str(one.window.state), one.values, one.batches) for one in each] for each in found if each]
