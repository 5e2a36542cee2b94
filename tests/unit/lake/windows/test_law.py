"""The law of windows: any order, lateness, doubling and cutting of the same records ends in the same windows.

By an engine in memory in place of the lake: what is tried is folding and making, thousands of times as often.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.sql_text import literal
from contracts.windows import Expected, WindowSet
from lake.attach import first_keys
from lake.city import City
from lake.order import Delivery, StoredBatch
from lake.windows import reading
from lake.windows.records import Window
from lake.windows.step import Lineages, Step, judged_signs, opened
from tests.unit.lake.windows.fed import GATES, LENGTH, LOTS, SINCE, Fed, settings_at, write_city

_LOCAL = timedelta(hours=8)
_SPAN = 5
_TABLES = {GATES: "transport__gates", LOTS: "transport__lots"}


@dataclass(frozen=True, order=True)
class Record:
    """One record of a feed: who, when (seconds after the first window began) and what."""

    feed: str
    sender: str
    second: int
    number: int


@dataclass
class Memory:
    """A lake in memory, and the windows that are made of it in a folder of their own."""

    folder: Path
    fed: Fed
    lineages: Lineages
    batches: dict[str, list[StoredBatch]] = field(default_factory=lambda: {GATES: [], LOTS: []})
    deliveries: dict[str, list[Delivery]] = field(default_factory=lambda: {GATES: [], LOTS: []})
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    windows: WindowSet | None = None

    def __post_init__(self) -> None:
        self.connection.execute("attach ':memory:' as lake; create schema lake.store; create schema lake.raw")
        for table in _TABLES.values():
            columns = 'sender varchar, "at" timestamp, number bigint, _faults varchar[], _batch varchar'
            self.connection.execute(f"create table lake.store.{table} ({columns})")
            shown = f'select sender, "at", number, _batch from lake.store.{table} where _faults is null'
            self.connection.execute(f"create view lake.raw.{table} as {shown}")

    def deliver(self, records: Sequence[Record]) -> None:
        """One batch of each feed that some record is of."""
        for feed, table in _TABLES.items():
            mine = [one for one in records if one.feed == feed]
            if not mine:
                continue
            known = self.batches[feed]
            name = f"b{len(known)}"
            rows = ", ".join(
                f"({literal(one.sender)}, {_at(one.second)}, {one.number}, null, {literal(name)})" for one in mine
            )
            self.connection.execute(f"insert into lake.store.{table} values {rows}")
            count = len(known) + 1
            known.append(StoredBatch(name, count, date(2026, 11, 21), name, len(mine), len(mine), 0, "c"))
            self.deliveries[feed].append(Delivery(name, name, date(2026, 11, 21), count))

    def recall(self, feed: str, batch: str) -> None:
        """Have a batch count for nothing."""
        self.batches[feed] = [replace(one, recalled=True) if one.batch == batch else one for one in self.batches[feed]]
        table = _TABLES[feed]
        shown = f'select sender, "at", number, _batch from lake.store.{table} where _batch <> {literal(batch)}'
        self.connection.execute(f"create or replace view lake.raw.{table} as {shown}")

    def step(self, second: float) -> None:
        """Make windows as of so many seconds after the first began."""
        now = settings_at(self.folder, SINCE + timedelta(seconds=second))
        city = City(now, self.fed.catalogue, self.connection, None, None)  # type: ignore[arg-type]
        with opened(now) as store, closing(Step(city, store, self.lineages)) as step:
            step.make_windows(self.windows or self.fed.windows, (self.batches, self.deliveries))

    def day(self) -> list[Window]:
        """The windows that are closed."""
        now = settings_at(self.folder, SINCE + timedelta(days=1))
        return [one for one in reading.day(now, self.fed.windows, SINCE.date()).windows if one.seq]

    def ends(self) -> list[tuple[Any, ...]]:
        """What each closed window holds in the end."""
        return [(one.start, one.rows, one.coverage, one.digest, one.parts) for one in self.day()]


def _at(second: int) -> str:
    naive = (SINCE + _LOCAL + timedelta(seconds=second)).replace(tzinfo=None)
    return f"timestamp {literal(naive.isoformat(sep=' '))}"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Fed:
    fed = Fed(write_city(tmp_path_factory.mktemp("law")))
    first_keys(fed.settings)
    return fed


_RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from([GATES, LOTS]),
        st.sampled_from("abc"),
        st.integers(0, _SPAN * 120 - 1) | st.sampled_from([0, 119, 120, 239, 240]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=16,
)


@st.composite
def _arrivals(draw: st.DrawFn) -> tuple[list[Record], list[list[Record]], list[int]]:
    """Records; the same in any order, some of them twice, cut into batches; and when each batch comes."""
    records = draw(_RECORDS)
    twice = draw(st.lists(st.sampled_from(records), max_size=4))
    shuffled = draw(st.permutations(records + twice))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=3)))
    pieces = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    times = sorted(draw(st.lists(st.integers(0, 1500), min_size=len(pieces), max_size=len(pieces))))
    return records, pieces, times


def _memory(city: Fed, tmp: Path, name: str) -> Memory:
    folder = tmp / name
    (folder / "state").mkdir(parents=True)
    (folder / "state" / "keys").symlink_to(city.settings.keys)
    return Memory(folder, city, judged_signs(city.settings, city.catalogue) if city.lineages is None else city.lineages)


@given(drawn=_arrivals())
@settings(max_examples=12, deadline=None)
def test_any_arrival_of_the_same_records_ends_in_the_same_windows(
    city: Fed, tmp_path_factory: pytest.TempPathFactory, drawn: tuple[list[Record], list[list[Record]], list[int]]
) -> None:
    records, pieces, times = drawn
    city.lineages = city.lineages or judged_signs(city.settings, city.catalogue)
    tmp = tmp_path_factory.mktemp("drawn")
    at_once, as_drawn = _memory(city, tmp, "once"), _memory(city, tmp, "drawn")
    at_once.deliver(sorted(set(records)))
    at_once.step(2000)
    marks = []
    for piece, second in zip(pieces, times, strict=True):
        as_drawn.deliver(piece)
        as_drawn.step(second)
        as_drawn.step(second)
        marks += [one.watermark for one in as_drawn.day() if one.watermark]
    as_drawn.step(2000)
    assert as_drawn.ends() == at_once.ends()
    # None is passed over, and none is made twice without a reason.
    starts = [one.start for one in as_drawn.day()]
    assert starts == [SINCE + number * LENGTH for number in range(len(starts))]
    assert len(starts) == (2000 - 180) // 120
    _histories(as_drawn)


def _histories(memory: Memory) -> None:
    now = settings_at(memory.folder, SINCE + timedelta(days=1))
    for window in memory.day():
        revisions = reading.history(now, memory.fed.windows, window.start)
        assert [one.window.revision for one in revisions] == list(range(1, len(revisions) + 1))
        marks: list[datetime] = [one.window.watermark for one in revisions if one.window.watermark]
        assert marks == sorted(marks)
        told = [one.window.digest for one in revisions]
        assert all(one != other for one, other in pairwise(told))
        states = [str(one.window.state) for one in revisions]
        assert set(states[1:]) <= {"amended"} and states[0] in {"complete", "incomplete"}
        named = {one.dataset for one in window.parts if not one.rows}
        assert set(window.missing_feeds) == named and (window.coverage == 0) == (window.rows == 0)


def test_of_one_key_the_greatest_row_counts_whatever_came_last(city: Fed, tmp_path: Path) -> None:
    """Two rows of one key that contradict each other: one counts, and it is the same in any order."""
    city.lineages = city.lineages or judged_signs(city.settings, city.catalogue)
    ends = []
    for name, numbers in (("up", (1, 2)), ("down", (2, 1))):
        memory = _memory(city, tmp_path, name)
        for number in numbers:
            memory.deliver([Record(GATES, "a", 5, number), Record(LOTS, "p", 5, 7)])
            memory.step(130)
        memory.step(400)
        ends.append(memory.ends())
        values = reading.history(settings_at(memory.folder, SINCE), city.windows, SINCE)[-1].values
        assert {one.district: one.value for one in values if one.sign == "passings"} == {"": 2.0, "a": 2.0}
    assert ends[0] == ends[1]
    assert ends[0][0][1] == 2


def test_a_recalled_batch_is_named_also_where_another_told_the_same(city: Fed, tmp_path: Path) -> None:
    city.lineages = city.lineages or judged_signs(city.settings, city.catalogue)
    memory, now = _memory(city, tmp_path, "twice"), settings_at(tmp_path / "twice", SINCE)
    record = Record(GATES, "a", 5, 1)
    memory.deliver([record, Record(LOTS, "p", 5, 7)])
    memory.step(400)
    memory.deliver([record])
    memory.step(410)
    assert len(reading.history(now, city.windows, SINCE)) == 1, "the same twice is no news"
    memory.recall(GATES, "b0")
    memory.step(420)
    first, second = reading.history(now, city.windows, SINCE)
    assert (first.window.digest, second.window.why) == (second.window.digest, f"{GATES}: batch b0 counts no more")
    assert (dict(first.batches)[GATES], dict(second.batches)[GATES]) == ("b0", "b1")
    memory.recall(GATES, "b1")
    memory.step(430)
    assert reading.history(now, city.windows, SINCE)[-1].window.missing_feeds == (GATES,)


def test_where_nobody_knows_who_is_expected_no_window_is_complete(city: Fed, tmp_path: Path) -> None:
    """A table of expected senders that is empty is no reason to call whatever came all of it."""
    city.lineages = city.lineages or judged_signs(city.settings, city.catalogue)
    memory = _memory(city, tmp_path, "expected")
    gates, lots = city.windows.feeds
    memory.windows = replace(city.windows, feeds=(replace(gates, expected=Expected("theme.gates", "sender")), lots))
    memory.connection.execute("create schema lake.theme; create table lake.theme.gates (sender varchar)")
    memory.deliver([Record(GATES, "a", 5, 1), Record(LOTS, "p", 5, 7)])
    memory.step(310)
    memory.connection.execute("insert into lake.theme.gates values ('a')")
    memory.deliver([Record(GATES, "a", 125, 1), Record(LOTS, "p", 125, 7)])
    memory.step(430)
    told = [(str(one.state), one.coverage, one.parts[0].expected) for one in memory.day()]
    assert told == [("incomplete", 0.5, 0), ("complete", 1.0, 1)]
