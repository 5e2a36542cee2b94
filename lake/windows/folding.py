"""From batches to windows: which windows have records of which batch, how far time has come, what is to be made.

Counts alone are kept, per batch and window, so that no record is looked at again for a window that it is not of. What
a window holds is `making`'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb

from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from contracts.windows import WindowSet
from lake.attach import store_table
from lake.order import Delivery, StoredBatch
from lake.store import RawView


@dataclass(frozen=True)
class Frame:
    """The windows of a set over one stream, as SQL over its rows."""

    windows: WindowSet
    dataset: Dataset

    @property
    def event(self) -> str:
        """The column of the event time."""
        assert self.dataset.stream is not None
        return identifier(self.dataset.stream.event_time)

    @property
    def seconds(self) -> str:
        """A row's event time as seconds since 1970 (UTC)."""
        return f"(epoch_us({self.event}) // 1000000 - {self._offset})"

    @property
    def start(self) -> str:
        """The start of the window that a row is of."""
        length = int(self.windows.length.total_seconds())
        return f"({self.seconds} // {length} * {length})"

    def local(self, seconds: int) -> str:
        """A moment as event times are written."""
        naive = datetime.fromtimestamp(seconds + self._offset, UTC).replace(tzinfo=None)
        return f"timestamp {literal(naive.isoformat(sep=' '))}"

    @property
    def _offset(self) -> int:
        zone = ZoneInfo(self.dataset.source.zone)
        offset = self.windows.since.astimezone(zone).utcoffset()
        return int(offset.total_seconds()) if offset else 0


@dataclass
class Folded:
    """What changed: windows with other records than before, batches that are new or count no more."""

    touched: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)
    """Dataset -> batch, window, rows."""
    batches: list[tuple[str, str, str, bool]] = field(default_factory=list)
    """Dataset, batch, by what it was judged, whether it counts."""
    newest: dict[str, int] = field(default_factory=dict)
    dirty: dict[int, set[str]] = field(default_factory=dict)
    """Window -> what came to it, in words."""


def fold(
    lake: duckdb.DuckDBPyConnection,
    store: sqlite3.Connection,
    frames: Iterable[Frame],
    stored: tuple[Mapping[str, Sequence[StoredBatch]], Mapping[str, Sequence[Delivery]]],
) -> Folded:
    """What the lake has that windows do not know yet. Nothing is written."""
    folded = Folded()
    for frame in frames:
        name = frame.dataset.id
        batches, deliveries = stored[0].get(name, ()), stored[1].get(name, ())
        _fold_one(lake, store, frame, RawView(frame.dataset, deliveries, batches), folded)
    return folded


def _fold_one(
    lake: duckdb.DuckDBPyConnection, store: sqlite3.Connection, frame: Frame, view: RawView, folded: Folded
) -> None:
    name, own = frame.dataset.id, frame.windows.name
    counting = {batch: judged for batch, (_, judged) in view.counting.items()}
    known = {
        batch: (judged, bool(counts))
        for batch, judged, counts in store.execute(
            "select batch, judged, counts from batch where set_name = ? and dataset = ?", (own, name)
        ).fetchall()
    }
    fresh = sorted(batch for batch, judged in counting.items() if known.get(batch) != (judged, True))
    gone = sorted(batch for batch, (_, counts) in known.items() if counts and batch not in counting)
    folded.batches += [(name, batch, counting[batch], True) for batch in fresh]
    folded.batches += [(name, batch, known[batch][0], False) for batch in gone]
    for batch in gone:
        _dirty(store, frame, batch, f"{name}: batch {batch} counts no more", folded)
    rows = _rows(lake, frame, fresh)
    again = [batch for batch in fresh if batch in known]
    for batch in again:
        _dirty(store, frame, batch, f"{name}: batch {batch} was judged again", folded)
    since = int(frame.windows.since.timestamp())
    folded.touched[name] = [(batch, start, count) for batch, start, count, _ in rows if start >= since]
    for batch, start, _ in folded.touched[name]:
        folded.dirty.setdefault(start, set()).add(f"{name}: batch {batch}")
    newest = [most for *_, most in rows]
    if newest:
        folded.newest[name] = max(newest)


def _dirty(store: sqlite3.Connection, frame: Frame, batch: str, why: str, folded: Folded) -> None:
    rows = store.execute(
        "select start from touched where set_name = ? and dataset = ? and batch = ?",
        (frame.windows.name, frame.dataset.id, batch),
    )
    for (start,) in rows.fetchall():
        folded.dirty.setdefault(start, set()).add(why)


def _rows(lake: duckdb.DuckDBPyConnection, frame: Frame, batches: Sequence[str]) -> list[tuple[str, int, int, int]]:
    """Batch, window, rows and the newest event of them, of accepted rows."""
    if not batches:
        return []
    listed = ", ".join(map(literal, batches))
    return lake.execute(
        f"select _batch, {frame.start} as start, count(*), max({frame.seconds}) from {store_table(frame.dataset)} "
        f"where _batch in ({listed}) and _faults is null group by all order by all"
    ).fetchall()


def watermark(store: sqlite3.Connection, frames: Sequence[Frame], newest: Mapping[str, int]) -> int | None:
    """Up to when all feeds have told, less their lateness; it never goes back. None while one was never heard."""
    own = frames[0].windows.name
    known = dict(store.execute("select dataset, newest from progress where set_name = ?", (own,)).fetchall())
    before = store.execute("select watermark from mark where set_name = ?", (own,)).fetchone()
    told: list[int] = []
    for frame in frames:
        stream, name = frame.dataset.stream, frame.dataset.id
        at = max((one for one in (known.get(name), newest.get(name)) if one is not None), default=None)
        if at is None or stream is None:
            told = []
            break
        told.append(at - int(stream.lateness.total_seconds()))
    marks = [one for one in (min(told, default=None), before[0] if before else None) if one is not None]
    return max(marks, default=None)


def due(windows: WindowSet, first: int, mark: int | None, now: datetime) -> list[int]:
    """The windows, from `first` on, that are over: by the watermark, or by the clock."""
    length, grace = int(windows.length.total_seconds()), int(windows.grace.total_seconds())
    clock = int(now.timestamp()) - grace
    end = max(clock, min(mark, int(now.timestamp()))) if mark is not None else clock
    return list(range(first, end - length + 1, length))
