"""What pages and commands ask of windows: from their own file alone. No lake is opened, and nothing is made here.

`newest` costs one look into an index: it is what a page that is kept up to date asks, again and again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from contracts.clock import in_city
from contracts.windows import WindowSet
from lake.settings import Settings
from lake.window_file import reading, windows_file
from lake.windows.definitions import as_made
from lake.windows.records import Day, Newest, Part, Revision, State, Told, Untold, Value, Window

# By revision, for which there is an index: the newest of a set's by number would be looked for among all of them.
_LATEST = "w.revision = (select max(v.revision) from version as v where v.set_name = w.set_name and v.start = w.start)"


def newest(settings: Settings, name: str) -> Newest | None:
    """The newest revision that was stored of a set; None where nothing was."""
    with reading(windows_file(settings)) as store:
        if store is None:
            return None
        row = store.execute(
            "select seq, start, revision from version where seq = (select max(seq) from version where set_name = ?)",
            (name,),
        ).fetchone()
    return Newest(row["seq"], _moment(row["start"]), row["revision"]) if row else None


def signs(settings: Settings, windows: WindowSet, now: datetime) -> tuple[Told, ...]:
    """Every sign of a set as it stands now, in declared order; one that was never told is there, without a value."""
    with reading(windows_file(settings)) as store:
        made = as_made(store, windows)
        return tuple(_told(store, made, sign.name, now) for sign in windows.signs)


def day(settings: Settings, windows: WindowSet, of: date) -> Day:
    """All windows of a day of the city: each closed one as of its newest revision, and those that are not closed.

    One that is not over by the clock is none of the closed ones: a clock that was ahead closed it.
    """
    begin = _midnight(of)
    with reading(windows_file(settings)) as store:
        windows = as_made(store, windows)
        end = min(begin + timedelta(days=1), _moment(_over(store, windows, settings.clock.now())))
        closed = {one.start: one for one in _windows(store, windows, _versions(store, windows.name, begin, end))}
    starts = [begin + number * windows.length for number in range(timedelta(days=1) // windows.length)]
    return Day(windows.name, tuple(closed.get(start) or _unclosed(windows, start) for start in starts))


def history(settings: Settings, windows: WindowSet, start: datetime) -> tuple[Revision, ...]:
    """Every revision of one window, the first first; none of one that is not closed."""
    with reading(windows_file(settings)) as store:
        if store is None:
            return ()
        rows = store.execute(
            "select * from version where set_name = ? and start = ? order by revision",
            (windows.name, int(start.timestamp())),
        ).fetchall()
        found = _windows(store, as_made(store, windows), rows)
        return tuple(Revision(one, _values(store, one.seq), _batches(store, one.seq)) for one in found)


def values(settings: Settings, windows: WindowSet, sign: str, of: date, district: str = "") -> list[Value | None]:
    """One sign of all windows of a day, as of their newest revisions; None of those not closed, or not over."""
    begin = _midnight(of)
    with reading(windows_file(settings)) as store:
        windows = as_made(store, windows)
        count, over = timedelta(days=1) // windows.length, _over(store, windows, settings.clock.now())
        if store is None:
            return [None] * count
        rows = store.execute(
            f"select w.start, s.value from version as w left join sign as s on s.seq = w.seq and s.sign = ? "
            f"and s.district = ? where w.set_name = ? and w.start >= ? and w.start < ? and {_LATEST}",
            (sign, district, windows.name, _seconds(begin), min(_seconds(begin + timedelta(days=1)), over)),
        ).fetchall()
    found = {row["start"]: Value(sign, district, row["value"]) for row in rows}
    return [found.get(_seconds(begin + number * windows.length)) for number in range(count)]


def _told(store: sqlite3.Connection | None, windows: WindowSet, name: str, now: datetime) -> Told:
    sign = next(one for one in windows.signs if one.name == name)
    facts = (sign.name, sign.title_zh, sign.title_en, sign.unit, str(sign.level))
    row = (
        store
        and store.execute(
            "select w.* from version as w where w.set_name = ? and exists (select 1 from sign as s where s.seq = w.seq "
            f"and s.sign = ? and s.value is not null) and w.start < ? and {_LATEST} order by w.start desc limit 1",
            (windows.name, name, _over(store, windows, now)),
        ).fetchone()
    )
    if not store or not row:
        return Told(*facts, value=None, window=None, late=True, why=_why_untold(store, windows, name, now))
    window = _windows(store, windows, [row])[0]
    own = [one for one in _values(store, window.seq) if one.sign == name]
    city = next((one.value for one in own if not one.district), None)
    # One window more than the grace: what follows may be about to be closed.
    late = now >= window.end + windows.length + windows.grace
    districts, why = tuple(one for one in own if one.district), _why_untold(store, windows, name, now)
    return Told(*facts, value=city, window=window, late=late, districts=districts, why=why)


def _why_untold(store: sqlite3.Connection | None, windows: WindowSet, name: str, now: datetime) -> str:
    """Why the newest closed window does not tell a sign."""
    row = (
        store
        and store.execute(
            "select u.why from untold as u where u.sign = ? and u.seq = (select w.seq from version as w "
            "where w.set_name = ? and w.start < ? order by w.start desc, w.revision desc limit 1)",
            (name, windows.name, _over(store, windows, now)),
        ).fetchone()
    )
    return str(row["why"]) if row else ""


def _versions(store: sqlite3.Connection | None, name: str, begin: datetime, end: datetime) -> Sequence[sqlite3.Row]:
    if store is None:
        return ()
    return store.execute(
        f"select w.* from version as w where w.set_name = ? and w.start >= ? and w.start < ? and {_LATEST} "
        "order by w.start",
        (name, _seconds(begin), _seconds(end)),
    ).fetchall()


def _windows(store: sqlite3.Connection | None, windows: WindowSet, rows: Sequence[sqlite3.Row]) -> list[Window]:
    if store is None or not rows:
        return []
    listed = ", ".join(str(row["seq"]) for row in rows)
    parts: dict[int, list[Part]] = {}
    for one in store.execute(f"select * from part where seq in ({listed}) order by seq, dataset").fetchall():
        facts = (one["dataset"], one["rows"], one["heard"], one["expected"], one["coverage"])
        parts.setdefault(one["seq"], []).append(Part(*facts, tuple(json.loads(one["missing"])), one["digest"]))
    untold: dict[int, list[Untold]] = {}
    for one in store.execute(f"select * from untold where seq in ({listed}) order by seq, sign").fetchall():
        untold.setdefault(one["seq"], []).append(Untold(one["sign"], one["why"]))
    return [
        replace(_window(row, windows, parts.get(row["seq"], ())), untold=tuple(untold.get(row["seq"], ())))
        for row in rows
    ]


def _window(row: sqlite3.Row, windows: WindowSet, parts: Iterable[Part]) -> Window:
    start = _moment(row["start"])
    return Window(
        start=start,
        end=start + windows.length,
        state=State(row["state"]),
        revision=row["revision"],
        watermark=_moment(row["watermark"]) if row["watermark"] is not None else None,
        rows=row["rows"],
        coverage=row["coverage"],
        digest=row["digest"],
        why=row["why"],
        made_at=datetime.fromisoformat(row["made_at"]),
        formula=row["formula"],
        seq=row["seq"],
        parts=tuple(parts),
    )


def _unclosed(windows: WindowSet, start: datetime) -> Window:
    state = State.BEFORE if start < windows.since else State.OPEN
    return Window(start, start + windows.length, state)


def _values(store: sqlite3.Connection, seq: int) -> tuple[Value, ...]:
    rows = store.execute("select sign, district, value from sign where seq = ? order by sign, district", (seq,))
    return tuple(Value(row["sign"], row["district"], row["value"]) for row in rows.fetchall())


def _batches(store: sqlite3.Connection, seq: int) -> tuple[tuple[str, str], ...]:
    rows = store.execute("select dataset, batch from reached where seq = ? order by dataset, batch", (seq,))
    return tuple((row["dataset"], row["batch"]) for row in rows.fetchall())


def _over(store: sqlite3.Connection | None, windows: WindowSet, now: datetime) -> int:
    """Windows that start before this are closed and over: a clock that was ahead may have closed others."""
    row = store and store.execute("select next from mark where set_name = ?", (windows.name,)).fetchone()
    over = _seconds(windows.starting(now))
    return min(over, row["next"]) if row else over


def _midnight(of: date) -> datetime:
    """The beginning of a day in the city."""
    moment = datetime(of.year, of.month, of.day, tzinfo=UTC)
    return moment - (in_city(moment).utcoffset() or timedelta())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
