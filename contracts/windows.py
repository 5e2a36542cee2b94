"""Streamed datasets and window sets as records: what a feed promises of time, and which signs are made of a window.

Records only. How their files are read is `reading_windows`' and `streams`'; what becomes of records and windows is
`lake.windows`'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True)
class Stream:
    """What a streamed dataset promises of its records' times.

    `event_time` is the column of the moment at which something was seen; a record comes at most `lateness` after it, or
    is late; one that is `ahead` of the clock or more is not believed, and one that is older than `amend` changes no
    window any more.
    """

    event_time: str
    lateness: timedelta
    ahead: timedelta
    amend: timedelta


@dataclass(frozen=True)
class Expected:
    """Who should be heard in each window: the values of a column of a table of the lake (`<schema>.<table>`)."""

    table: str
    column: str


@dataclass(frozen=True)
class Feed:
    """A streamed dataset in a window set: the column of who sends, and who is expected (None: anybody will do)."""

    dataset: str
    sender: str | None = None
    expected: Expected | None = None


@dataclass(frozen=True)
class Sign:
    """A number made of each window: one SELECT of `value`, and of `district` where it is told by district, too.

    `decimals` is to how many its value is kept. No column of a level above `level` may flow into it.
    """

    name: str
    title_zh: str
    title_en: str
    unit: str
    level: str
    sql: str
    decimals: int = 2
    district: bool = False


@dataclass(frozen=True)
class WindowSet:
    """Windows of one length, one after the other from `since` on, and the signs that each has.

    A window is closed `grace` after its end at the latest, whatever has come by then. It is complete where each feed
    was heard, of at least `complete_at` of the senders that are expected.
    """

    name: str
    title_zh: str
    title_en: str
    owner: str
    length: timedelta
    since: datetime
    grace: timedelta
    complete_at: float
    feeds: tuple[Feed, ...]
    signs: tuple[Sign, ...]
    path: Path | None = field(default=None, compare=False)

    def starting(self, moment: datetime) -> datetime:
        """The start of the window that a moment lies in."""
        return moment - (moment.astimezone(UTC) - datetime.fromtimestamp(0, UTC)) % self.length
