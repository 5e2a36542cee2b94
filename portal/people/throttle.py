"""Slower with each failure: after some that are forgiven, the wait doubles, for an account and for an address alike.

An address may be a whole office: more is forgiven to it.
Failures are forgotten a day after the last. Who tries, and what for, is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from portal.people.store import Store

_FORGIVEN = {"person": 5, "address": 50}
_FIRST = timedelta(seconds=30)
_LONGEST = timedelta(hours=1)
_FORGOTTEN = timedelta(days=1)


class Throttle:
    """The failures of a portal, by what they are about."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def waits(self, about: Sequence[str], at: datetime) -> int:
        """How many seconds nothing is tried for any of these; 0 where something may be."""
        marks = ", ".join("?" for _ in about)
        found = self._store.rows(f"select until from failures where about in ({marks})", *about)
        left = [float(str(until)) - at.timestamp() for (until,) in found]
        # A clock that was set back must not shut anybody out for longer than the longest wait.
        longest = _LONGEST.total_seconds()
        return max((int(min(seconds, longest)) + 1 for seconds in left if seconds > 0), default=0)

    def failed(self, about: Sequence[str], at: datetime) -> None:
        """Count one failure of each: `person …`, `address …`."""
        with self._store.writing() as connection:
            connection.execute("delete from failures where until < ?", ((at - _FORGOTTEN).timestamp(),))
            for one in about:
                row = connection.execute("select failed from failures where about = ?", (one,)).fetchone()
                failed = (row[0] if row else 0) + 1
                until = at + _wait(failed - _FORGIVEN[one.partition(" ")[0]])
                connection.execute("insert or replace into failures values (?, ?, ?)", (one, failed, until.timestamp()))

    def forget(self, about: str) -> None:
        """Somebody came in: what failed before is forgiven."""
        with self._store.writing() as connection:
            connection.execute("delete from failures where about = ?", (about,))


def _wait(beyond: int) -> timedelta:
    return timedelta(0) if beyond < 0 else min(_FIRST * 2 ** min(beyond, 12), _LONGEST)
