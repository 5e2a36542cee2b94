"""What the store knows, as plain records. What a value is worth today is `standing`'s to say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.indicators import CITY
from lake.indicators.schema import IndicatorsDamaged, reading
from lake.indicators.taking import store_path


@dataclass(frozen=True)
class Value:
    """One revision of one window's value. `state` is value, undefined (then `why`) or withdrawn."""

    indicator: str
    place: str
    start: date
    revision: int
    value: float | None
    why: str
    state: str
    at: str
    before_at: str | None = None
    """When the revision before it was made."""


@dataclass(frozen=True)
class Status:
    """What became of an indicator at the last making that touched it: taken, missing, failed or withheld, and why."""

    state: str
    why: str
    level: str


@dataclass(frozen=True)
class Turn:
    """A batch that began or ceased to count between two makings."""

    dataset: str
    batch: str
    change: str


class Values:
    """The store of one state, open for asking."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def status(self) -> dict[str, Status]:
        """Of every indicator that was ever to be taken."""
        rows = self._store.execute("select indicator, state, why, level from status")
        return {row["indicator"]: Status(row["state"], row["why"], row["level"]) for row in rows}

    def sources(self) -> dict[str, tuple[str, ...]]:
        """Indicator -> the datasets that it is made of."""
        return self._grouped("select indicator, dataset from source order by 1, 2")

    def above(self) -> dict[str, tuple[str, ...]]:
        """Indicator -> the theme tables that it is made of."""
        return self._grouped("select indicator, tbl from above order by 1, 2")

    def counted(self) -> dict[str, set[str]]:
        """Dataset -> the batches that values as they are were made of."""
        found: dict[str, set[str]] = {}
        rows = self._store.execute(
            "select dataset, batch from batch as b where change = 'came' and making = "
            "(select max(making) from batch where dataset = b.dataset and batch = b.batch)"
        )
        for dataset, batch in rows:
            found.setdefault(dataset, set()).add(batch)
        return found

    def newest(self, place: str, until: date) -> dict[str, Value]:
        """The newest revision of the newest window of every indicator at a place, of those that were not withdrawn and
        began by a day."""
        rows = self._store.execute(
            f"""
            select {_COLUMNS} from (select indicator from status) as s
            join value as v on v.indicator = s.indicator and v.place = :place
              and v.start = (
                select start from value as w where w.indicator = s.indicator and w.place = :place
                and w.start <= :until and w.state <> 'withdrawn' and w.revision = (
                  select max(revision) from value as x
                  where x.indicator = w.indicator and x.place = w.place and x.start = w.start
                )
                order by start desc limit 1
              )
              and v.revision = (
                select max(revision) from value as x
                where x.indicator = v.indicator and x.place = v.place and x.start = v.start
              )
            join making on making.id = v.making
            """,
            {"place": place, "until": until.isoformat()},
        )
        return {row["indicator"]: _value(row) for row in rows}

    def ahead(self, place: str, after: date) -> dict[str, date]:
        """Indicators that have a window which begins after a day -> the last such window."""
        rows = self._store.execute(
            "select s.indicator, (select v.start from value as v where v.indicator = s.indicator and v.place = :place "
            "and v.start > :after and v.state <> 'withdrawn' and v.revision = (select max(revision) from value as x "
            "where x.indicator = v.indicator and x.place = v.place and x.start = v.start) "
            "order by v.start desc limit 1) as start from status as s",
            {"place": place, "after": after.isoformat()},
        )
        return {row["indicator"]: date.fromisoformat(row["start"]) for row in rows if row["start"]}

    def windows(self, indicator: str, place: str = CITY, most: int = 400) -> list[Value]:
        """The newest revision of each of the newest windows, the oldest first."""
        rows = self._store.execute(
            f"select {_COLUMNS} from value as v join making on making.id = v.making where v.indicator = ? "
            "and v.place = ? and v.revision = (select max(revision) from value as x where x.indicator = v.indicator "
            "and x.place = v.place and x.start = v.start) order by v.start desc limit ?",
            (indicator, place, most),
        )
        return [_value(row) for row in rows][::-1]

    def at(self, indicator: str, place: str, starts: Sequence[date]) -> dict[date, float]:
        """The values of some windows, of those that have one."""
        marks = ", ".join("?" * len(starts))
        rows = self._store.execute(
            f"select start, value from value as v where indicator = ? and place = ? and start in ({marks}) "
            "and state = 'value' and revision = (select max(revision) from value as x where x.indicator = v.indicator "
            "and x.place = v.place and x.start = v.start)",
            (indicator, place, *(one.isoformat() for one in starts)),
        )
        return {date.fromisoformat(start): value for start, value in rows}

    def last_until(self, indicator: str, place: str, until: date, since: date) -> Value | None:
        """The newest value of a window that began between two days."""
        rows = self._store.execute(
            f"select {_COLUMNS} from value as v join making on making.id = v.making where v.indicator = ? "
            "and v.place = ? and v.start between ? and ? and v.state = 'value' and v.revision = (select max(revision) "
            "from value as x where x.indicator = v.indicator and x.place = v.place and x.start = v.start) "
            "order by v.start desc limit 1",
            (indicator, place, since.isoformat(), until.isoformat()),
        )
        return next(map(_value, rows), None)

    def revisions(self, indicator: str, place: str, start: date) -> list[Value]:
        """All that was ever said of one window, the oldest first."""
        rows = self._store.execute(
            f"select {_COLUMNS} from value as v join making on making.id = v.making "
            "where v.indicator = ? and v.place = ? and v.start = ? order by v.revision",
            (indicator, place, start.isoformat()),
        )
        return [_value(row) for row in rows]

    def places(self, indicator: str, start: date) -> list[Value]:
        """The newest revision of one window at every place, the city first."""
        rows = self._store.execute(
            f"select {_COLUMNS} from value as v join making on making.id = v.making "
            "where v.indicator = :one and v.start = :start and v.revision = (select max(revision) from value as x "
            "where x.indicator = v.indicator and x.place = v.place and x.start = v.start) "
            "order by v.place <> :city, v.place",
            {"one": indicator, "start": start.isoformat(), "city": CITY},
        )
        return [_value(row) for row in rows]

    def knows(self, place: str) -> bool:
        """Whether anything was ever said of a place."""
        found = self._store.execute(
            "select 1 from status as s where exists (select 1 from value as v where v.indicator = s.indicator "
            "and v.place = ?) limit 1",
            (place,),
        )
        return found.fetchone() is not None

    def turns(self, after: int, until: int, datasets: Sequence[str]) -> list[Turn]:
        """Batches that began or ceased to count after one making and up to another, of some datasets."""
        marks = ", ".join("?" * len(datasets))
        rows = self._store.execute(
            f"select dataset, batch, change from batch where making > ? and making <= ? and dataset in ({marks}) "
            "order by 1, 3, 2",
            (after, until, *datasets),
        )
        return [Turn(*row) for row in rows]

    def redefined(self, after: int, until: int, indicator: str) -> bool:
        """Whether an indicator was declared anew after one making and up to another."""
        rows = self._store.execute(
            "select 1 from definition where indicator = ? and making > ? and making <= ? limit 1",
            (indicator, after, until),
        )
        return rows.fetchone() is not None

    def makings(self, indicator: str, place: str, start: date) -> list[int]:
        """The making of each revision of one window."""
        rows = self._store.execute(
            "select making from value where indicator = ? and place = ? and start = ? order by revision",
            (indicator, place, start.isoformat()),
        )
        return [int(row[0]) for row in rows]

    def _grouped(self, query: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for key, value in self._store.execute(query):
            found.setdefault(key, []).append(value)
        return {key: tuple(values) for key, values in found.items()}


_COLUMNS = (
    "v.indicator, v.place, v.start, v.revision, v.value, v.why, v.state, making.at, "
    "(select m.at from value as b join making as m on m.id = b.making where b.indicator = v.indicator "
    "and b.place = v.place and b.start = v.start and b.revision = v.revision - 1) as before_at"
)


def _value(row: sqlite3.Row) -> Value:
    return Value(row[0], row[1], date.fromisoformat(row[2]), row[3], row[4], row[5], row[6], row[7], row[8])


@contextmanager
def asked(state: Path) -> Iterator[Values | None]:
    """The store of a state; None where nothing was ever taken in. Raises `IndicatorsDamaged`."""
    path = store_path(state)
    if not path.exists():
        yield None
        return
    try:
        with reading(path) as store:
            yield Values(store)
    except sqlite3.DatabaseError as error:
        raise IndicatorsDamaged(path, str(error)) from None


def touched(state: Path) -> frozenset[str]:
    """The indicators that were ever to be taken; none where the store cannot be read, as whoever writes to it says."""
    try:
        with asked(state) as values:
            return frozenset(values.status()) if values else frozenset()
    except IndicatorsDamaged:
        return frozenset()
