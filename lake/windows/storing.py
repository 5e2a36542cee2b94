"""Writing windows: revisions are added, never changed, and all that one step found out is one transaction.

What a window holds is `making`'s; here it is decided whether that is news.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.windows import WindowSet
from lake.windows.definitions import formula
from lake.windows.folding import Folded
from lake.windows.making import Content
from lake.windows.records import State


@dataclass(frozen=True)
class Latest:
    """The newest revision of a window, as far as another one hangs on it."""

    revision: int
    digest: str
    formula: str
    batches: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Moment:
    """As of when windows are made: the clock, and the watermark then."""

    now: datetime
    watermark: int | None


@dataclass
class Writer:
    """Writes the windows of one set, within the caller's transaction; `stored` counts what it stored, by state."""

    store: sqlite3.Connection
    windows: WindowSet
    moment: Moment
    stored: dict[str, int] = field(default_factory=dict)
    formula: str = field(init=False)

    def __post_init__(self) -> None:
        self.formula = formula(self.windows)

    def learn(self, folded: Folded) -> None:
        """Which batches there are, and which windows they reach."""
        name = self.windows.name
        for dataset, batch, judged, counts in folded.batches:
            self.store.execute(
                "delete from touched where set_name = ? and dataset = ? and batch = ?", (name, dataset, batch)
            )
            self.store.execute(
                "insert or replace into batch values (?, ?, ?, ?, ?)", (name, dataset, batch, judged, int(counts))
            )
        for dataset, rows in folded.touched.items():
            self.store.executemany(
                "insert into touched values (?, ?, ?, ?, ?)",
                [(name, dataset, start, batch, count) for batch, start, count in rows],
            )
        self.store.executemany(
            "insert into progress values (?, ?, ?) on conflict (set_name, dataset) do update set "
            "newest = max(newest, excluded.newest)",
            [(name, dataset, newest) for dataset, newest in folded.newest.items()],
        )

    def touching(self, starts: Iterable[int]) -> dict[int, dict[str, dict[str, int]]]:
        """Window -> dataset -> batch -> rows, of windows that have any; of feeds that the set has."""
        feeds = {one.dataset for one in self.windows.feeds}
        found: dict[int, dict[str, dict[str, int]]] = {}
        for start in starts:
            rows = self.store.execute(
                "select dataset, batch, rows from touched where set_name = ? and start = ?", (self.windows.name, start)
            ).fetchall()
            for dataset, batch, count in (row for row in rows if row[0] in feeds):
                found.setdefault(start, {}).setdefault(dataset, {})[batch] = count
        return found

    def latest(self, start: int) -> Latest | None:
        """The newest revision of a window."""
        row = self.store.execute(
            "select seq, revision, digest, formula from version where set_name = ? and start = ? "
            "order by revision desc limit 1",
            (self.windows.name, start),
        ).fetchone()
        if row is None:
            return None
        batches = self.store.execute("select dataset, batch from reached where seq = ?", (row[0],)).fetchall()
        return Latest(row[1], row[2], row[3], frozenset(batches))

    def close(self, start: int, content: Content, batches: Iterable[tuple[str, str]], why: str) -> None:
        """The first revision of a window; or the next one, where it was closed before its time by a wrong clock."""
        whole = all(one.rows and one.coverage >= self.windows.complete_at for one in content.parts)
        state = State.COMPLETE if whole else State.INCOMPLETE
        before = self.latest(start)
        if before is not None:
            why += "; it was closed before its time, by a clock that was ahead"
        self._write(start, before.revision + 1 if before else 1, (state, why), content, batches)

    def amend(self, start: int, content: Content, batches: Sequence[tuple[str, str]], why: str) -> None:
        """Another revision, where it is news: it holds something else, a batch it was made of counts no more, or it is
        made by another formula."""
        before = self.latest(start)
        if before is None or (
            before.digest == content.digest and before.formula == self.formula and before.batches <= set(batches)
        ):
            return
        self._write(start, before.revision + 1, (State.AMENDED, why), content, batches)

    def move_on(self, following: int) -> None:
        """Note up to where windows are closed, and the watermark."""
        self.store.execute(
            "insert or replace into mark values (?, ?, ?)", (self.windows.name, self.moment.watermark, following)
        )

    def _write(
        self, start: int, revision: int, state: tuple[State, str], content: Content, batches: Iterable[tuple[str, str]]
    ) -> None:
        facts = (str(state[0]), self.moment.watermark, content.rows, content.coverage, content.digest, state[1])
        seq = self.store.execute(
            "insert into version (set_name, start, revision, state, watermark, rows, coverage, digest, why, made_at, "
            "formula) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.windows.name, start, revision, *facts, self.moment.now.isoformat(), self.formula),
        ).lastrowid
        self.store.executemany(
            "insert into part values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (seq, one.dataset, one.rows, one.heard, one.expected, one.coverage, json.dumps(one.missing), one.digest)
                for one in content.parts
            ],
        )
        self.store.executemany(
            "insert into sign values (?, ?, ?, ?)", [(seq, one.sign, one.district, one.value) for one in content.values]
        )
        self.store.executemany(
            "insert into untold values (?, ?, ?)", [(seq, one.sign, one.why) for one in content.untold]
        )
        self.store.executemany("insert into reached values (?, ?, ?)", [(seq, *one) for one in sorted(batches)])
        self.stored[str(state[0])] = self.stored.get(str(state[0]), 0) + 1


def following(store: sqlite3.Connection, windows: WindowSet) -> int:
    """The first window that is not closed."""
    row = store.execute("select next from mark where set_name = ?", (windows.name,)).fetchone()
    return row[0] if row else int(windows.since.timestamp())


def of_batches(touching: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    """Dataset and batch, of all that reach a window."""
    return sorted((dataset, batch) for dataset, batches in touching.items() for batch in batches)
