"""What windows hold: of each feed the rows that count, who was heard, and the signs. By nothing but the rows.

However records came (in which order, batches, how often), the same records make the same window: of rows with one key
the greatest counts, column by column, and what is summed up is rounded as declared.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from contracts.sql_text import identifier
from contracts.windows import Feed, Sign, WindowSet
from lake.attach import raw_table
from lake.windows.engine import Measured, SignEngine, SignUnclear, listed
from lake.windows.folding import Frame
from lake.windows.records import Part, Untold, Value

_NAMED = 20
"""So many of those who were not heard are named; all are counted."""
_AT_ONCE = 2_000_000
"""So many rows of one feed are held at once, but for those of a single window."""


@dataclass(frozen=True)
class Content:
    """What a window holds."""

    parts: tuple[Part, ...]
    values: tuple[Value, ...]
    untold: tuple[Untold, ...] = ()

    @property
    def rows(self) -> int:
        """All rows that count."""
        return sum(one.rows for one in self.parts)

    @property
    def coverage(self) -> float:
        """The mean of the feeds' coverages."""
        return round(sum(one.coverage for one in self.parts) / len(self.parts), 6)

    @property
    def digest(self) -> str:
        """What tells this content from any other; in which words a sign is not told makes no other one."""
        facts = {"parts": [one.as_dict() for one in self.parts], "values": [one.as_dict() for one in self.values]}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass
class Maker:
    """Makes the windows of one set.

    `reads` are the columns of each feed that signs read, `feeds_of` the feeds that a sign is made of; `expected` is who
    is expected of a feed, and `named` the feeds of which those who were not heard may be named. What could not be told
    is in `faults`: sign -> why.
    """

    lake: duckdb.DuckDBPyConnection
    engine: SignEngine
    windows: WindowSet
    frames: Mapping[str, Frame]
    reads: Mapping[str, Sequence[str]]
    feeds_of: Mapping[str, Sequence[str]]
    expected: Mapping[str, pa.Table]
    key: bytes
    named: frozenset[str] = frozenset()
    faults: dict[str, str] = field(default_factory=dict)

    def make(self, rows: Mapping[int, Mapping[str, Mapping[str, int]]]) -> Iterator[tuple[int, Content]]:
        """Each window's content. `rows` says of windows, by dataset and batch, how many rows there are to look at."""
        for portion in self._portions(rows):
            yield from self._portion({start: rows[start] for start in portion})

    def _portions(self, rows: Mapping[int, Mapping[str, Mapping[str, int]]]) -> Iterator[list[int]]:
        portion: list[int] = []
        size = 0
        for start in sorted(rows):
            own = sum(sum(batches.values()) for batches in rows[start].values())
            if portion and size + own > _AT_ONCE:
                yield portion
                portion, size = [], 0
            portion.append(start)
            size += own
        if portion:
            yield portion

    def _portion(self, rows: Mapping[int, Mapping[str, Mapping[str, int]]]) -> Iterator[tuple[int, Content]]:
        starts = sorted(rows)
        parts: dict[int, list[Part]] = {start: [] for start in starts}
        for feed in self.windows.feeds:
            mine = [start for start in starts if rows[start].get(feed.dataset)]
            batches = sorted({batch for start in mine for batch in rows[start][feed.dataset]})
            self._place(feed, mine, batches)
            found = self._parts(feed)
            for start in starts:
                parts[start].append(found.get(start) or self._silent(feed))
        for start in starts:
            yield start, self._content(start, parts[start])

    def empty(self) -> Content:
        """What a window holds of which nothing came."""
        parts = tuple(self._silent(feed) for feed in self.windows.feeds)
        values = tuple(Value(one.name, "", None) for one in self.windows.signs)
        silent = {one.dataset for one in self.windows.feeds}
        return Content(parts, values, tuple(Untold(one.name, self._silence(one, silent)) for one in self.windows.signs))

    def _place(self, feed: Feed, starts: Sequence[int], batches: Sequence[str]) -> None:
        frame = self.frames[feed.dataset]
        columns = self.reads.get(f"raw.{frame.dataset.table}", ())
        rows = self.lake.execute(_winners(frame, feed, columns, (starts, batches))).to_arrow_table()
        self.engine.place(frame.dataset.table, rows, columns)

    def _parts(self, feed: Feed) -> dict[int, Part]:
        """What a feed gave to each window of which something came."""
        placed = f"lake.work.{identifier(self.frames[feed.dataset].dataset.table)}"
        counts = self.engine.connection.execute(
            f"select _start, count(*), sha256(string_agg(_digest, '' order by _digest)) from {placed} group by 1"
        ).fetchall()
        heard = self._heard(feed, placed)
        found = {}
        for start, rows, digest in counts:
            named, expected, missing = heard.get(start, (0, None, ()))
            # Where nobody is expected one record is all; where somebody is and nobody knows who, none is known of.
            known = 0 if feed.dataset in self.expected else None
            expected = known if expected is None else expected
            coverage = 1.0 if expected is None else round(named / expected, 6) if expected else 0.0
            told = missing if feed.dataset in self.named else ()
            found[start] = Part(feed.dataset, rows, named, expected, coverage, told, self._keyed(digest))
        return found

    def _heard(self, feed: Feed, placed: str) -> dict[int, tuple[int, int | None, tuple[str, ...]]]:
        """Window -> how many of those who are expected were heard, how many there are, and who was not."""
        if feed.dataset not in self.expected or not feed.sender:
            rows = self.engine.connection.execute(f"select _start, count(distinct _sender) from {placed} group by 1")
            return {start: (heard, None, ()) for start, heard in rows.fetchall()}
        known = f"lake.work.{identifier(f'expected {feed.dataset}')}"
        rows = self.engine.connection.execute(
            f"with heard as (select distinct _start, _sender from {placed}), "
            f"wanted as (select _start, sender from (select distinct _start from {placed}), {known}), "
            "told as (select w._start, w.sender, h._sender is not null as heard from wanted as w left join heard as h "
            "on h._start = w._start and h._sender = w.sender) "
            "select _start, count(*) filter (heard), count(*), "
            f"coalesce(list_sort(list(sender) filter (not heard)), [])[1:{_NAMED}] from told group by 1"
        )
        return {start: (heard, every, tuple(missing)) for start, heard, every, missing in rows.fetchall()}

    def _silent(self, feed: Feed) -> Part:
        """What is told of a feed of which nothing came."""
        known = self.expected.get(feed.dataset)
        names = sorted(known.column(0).to_pylist()) if known is not None and feed.sender else None
        missing = tuple(names[:_NAMED]) if names and feed.dataset in self.named else ()
        return Part(feed.dataset, 0, 0, len(names) if names is not None else None, 0.0, missing)

    def _content(self, start: int, parts: Sequence[Part]) -> Content:
        self.engine.turn_to(start)
        silent = {one.dataset for one in parts if not one.rows}
        values: list[Value] = []
        untold: list[Untold] = []
        for sign in self.windows.signs:
            found = self._measured(sign, silent)
            values += found.values or (Value(sign.name, "", None),)
            if found.why:
                untold.append(Untold(sign.name, found.why))
            if found.fault:
                self.faults[sign.name] = found.why
        return Content(tuple(parts), tuple(values), tuple(untold))

    def _measured(self, sign: Sign, silent: Set[str]) -> Measured:
        # What is not told is not nought.
        if why := self._silence(sign, silent):
            return Measured((), why)
        try:
            return self.engine.measured(sign)
        except (duckdb.Error, SignUnclear) as error:
            return Measured((), _told(error), fault=True)

    def _silence(self, sign: Sign, silent: Set[str]) -> str:
        """Which feeds that a sign is made of told nothing; empty where all did."""
        feeds = sorted(silent & set(self.feeds_of[sign.name]))
        return f"nothing came of {', '.join(feeds)}" if feeds else ""

    def _keyed(self, digest: str) -> str:
        """The digest of rows under the city's key: of few rows a plain one could be guessed."""
        return hmac.new(self.key, digest.encode(), hashlib.sha256).hexdigest()[:32]


def _told(error: Exception) -> str:
    """Why a sign could not be told: the engine may quote values of rows."""
    return str(error) if isinstance(error, SignUnclear) else f"the engine cannot evaluate it ({type(error).__name__})"


def _winners(frame: Frame, feed: Feed, columns: Sequence[str], what: tuple[Sequence[int], Sequence[str]]) -> str:
    """The rows of a feed that count in these windows, of these batches: one of each key."""
    starts, batches = what
    every = [identifier(column.name) for column in frame.dataset.columns]
    key = ", ".join(identifier(column.name) for column in frame.dataset.key)
    order = ", ".join(f"{name} desc nulls last" for name in every)
    length = int(frame.windows.length.total_seconds())
    low, high = (frame.local(starts[0]), frame.local(starts[-1] + length)) if starts else ("null", "null")
    names = "".join(f"{identifier(one)}, " for one in columns)
    sender = identifier(feed.sender) if feed.sender else "null"
    record = ", ".join(f"{name} := {name}" for name in every)
    return (
        f"select {names}_start, cast({sender} as varchar) as _sender, "
        f"md5(cast(to_json(struct_pack({record})) as varchar)) as _digest "
        f"from (select {', '.join(every)}, {frame.start} as _start from {raw_table(frame.dataset)} "
        f"where {frame.event} >= {low} and {frame.event} < {high} and _batch in ({listed(batches) or 'null'}) "
        f"and {frame.start} in ({listed(starts) or 'null'}) "
        f"qualify row_number() over (partition by {key} order by {order}) = 1)"
    )
