"""A clock that a step cannot believe: behind that of the last step, or further on by a day than it was then.

Records are judged and windows closed by the clock, for good. So such a step does nothing, until a person says that the
clock is right; then what was closed before its time is open again. Whether a record's own time is believed is
`lake.arrivals`'.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from contracts.clock import in_city
from contracts.windows import WindowSet

_SLACK = timedelta(seconds=1)
"""A clock that is set by others' may go back as far as this."""
_FAR = timedelta(days=1)
TELLING = timedelta(hours=1)
"""From so far on it is told how far the clock went since the last step, and what that closed."""
_FIX = "Set the clock right (or ZHONGTAI_NOW); or, {where}, say so once: `zhongtai windows --clock-is-right`"


class ClockUnbelieved(RuntimeError):
    """The city's clock is behind the last step's, or a day and more beyond it."""

    def __init__(self, now: datetime, last: datetime) -> None:
        self.now, self.last = now, last
        what, where = (
            ("it went back", "where it was wrong then and is right now")
            if now < last
            else (f"it went on by {now - last} meanwhile", "where no step was taken for so long")
        )
        super().__init__(
            f"the city's clock says {_words(now)}, and the last step of windows was at {_words(last)}: {what}. Nothing "
            f"was taken in or made. {_FIX.format(where=where)}"
        )


def expect_clock(store: sqlite3.Connection, now: datetime) -> None:
    """Raises `ClockUnbelieved`."""
    last = last_step(store)
    if last is not None and (now < last - _SLACK or now - last >= _FAR):
        raise ClockUnbelieved(now, last)


def last_step(store: sqlite3.Connection) -> datetime | None:
    """What the clock said at the last step; None before the first one."""
    row = store.execute("select at from clock").fetchone()
    return datetime.fromtimestamp(row[0], UTC) if row else None


def note_clock(store: sqlite3.Connection, now: datetime) -> None:
    """Note what the clock says, within the caller's transaction."""
    store.execute("insert or replace into clock values (1, ?)", (int(now.timestamp()),))


def believe(store: sqlite3.Connection, sets: Iterable[WindowSet], now: datetime) -> None:
    """Have the clock be right, whatever it said before: no window is closed that is not over by it, and no feed has
    told of later. Within the caller's transaction."""
    seconds = int(now.timestamp())
    for one in sets:
        current = int(one.starting(now).timestamp())
        store.execute(
            "update mark set next = min(next, ?), watermark = min(watermark, ?) where set_name = ?",
            (max(current, int(one.since.timestamp())), seconds, one.name),
        )
    store.execute("update progress set newest = min(newest, ?)", (seconds,))
    note_clock(store, now)


def _words(moment: datetime) -> str:
    return f"{in_city(moment):%Y-%m-%d %H:%M:%S}"
