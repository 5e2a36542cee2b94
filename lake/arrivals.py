"""When micro-batches arrived, and which of their records' times are not believed for that.

Noted before anything of a batch is carried, so that whoever carries it again, after a crash or years later, judges it
by the same moment. Whether a record belongs to a window is `folding`'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from lake.order import Delivery
from lake.settings import Settings
from lake.window_file import reading, windows_file

AHEAD, TOO_LATE = "feed:ahead", "feed:too_late"


def note_arrival(store: sqlite3.Connection, path: str, print_: str, now: datetime) -> None:
    """Note that what lies at a path was seen now; the same thing seen again arrived when it was first seen."""
    store.execute(
        "insert into taken (path, print, arrived, done) values (?, ?, ?, 0) on conflict (path) do update set "
        "print = excluded.print, arrived = excluded.arrived, done = 0 where print <> excluded.print",
        (path, print_, now.astimezone(UTC).isoformat()),
    )


def arrival(settings: Settings, dataset: Dataset, delivery: Delivery) -> datetime:
    """When a batch arrived: as it was noted; else, where nobody noted it, as its day ended."""
    with reading(windows_file(settings)) as store:
        row = store and (
            store.execute(
                "select at from arrived where dataset = ? and batch = ?", (dataset.id, delivery.batch)
            ).fetchone()
            or store.execute("select arrived as at from taken where path = ?", (delivery.path,)).fetchone()
        )
    if row:
        return datetime.fromisoformat(row["at"])
    return datetime.combine(delivery.delivered_on + timedelta(days=1), time(), ZoneInfo(dataset.source.zone))


def untimely(dataset: Dataset, arrived: datetime) -> Mapping[str, str]:
    """Fault -> SQL that is true of the records that have it."""
    stream = dataset.stream
    assert stream is not None
    at, here = identifier(stream.event_time), arrived.astimezone(ZoneInfo(dataset.source.zone)).replace(tzinfo=None)
    return {
        AHEAD: f"coalesce({at} >= {_moment(here + stream.ahead)}, false)",
        TOO_LATE: f"coalesce({at} < {_moment(here - stream.amend)}, false)",
    }


def _moment(naive: datetime) -> str:
    return f"timestamp {literal(naive.isoformat(sep=' '))}"
