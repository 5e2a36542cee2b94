"""Upkeep of what a city keeps: the lake's files, landing by its retention, and what dead writers left.

Nothing that is evidence goes: neither the ledger's entries nor releases, and while a finding is open no former state of
the lake and no landed copy. What Dagster and dbt keep is `orchestration`'s.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lake.cases.escalating import tell_overdue
from lake.city import City
from lake.compacting import compact
from lake.corrections.confirming import settle_city
from lake.guarding import findings_of
from lake.in_force import forget_former
from lake.lake_files import record_files
from lake.leaving import leave
from lake.made import keep_made
from lake.rebuilding import PUT_BY
from lake.settings import Settings
from lake.table_states import table_states
from sharing.segments import segments_folder

# A reader that began before files were let go may read them this long.
_GRACE = timedelta(days=1)
_DRAFT = ".draft"
_MOSTLY = 2


def keep_up(city: City) -> dict[str, Any]:
    """Everything of the lake's own; what was done, in numbers. `held_by` are open findings, for which nothing goes."""
    held = [one.finding for one in findings_of(city.settings).open(city.ledger)]
    days, now = city.catalogue.retention.snapshots_days, city.now()
    oldest = now - timedelta(days=days)
    # An open case may ask what the lake was: nothing of that is let go, nor removed.
    states = table_states(city.connection)
    lake = compact(city.connection, city.settings.lake_data, None if held else (oldest, now - _GRACE))
    # The rows are the same, which was proved: no run needs to make anything again for it.
    keep_made(city.settings, states, table_states(city.connection))
    left = [] if held else leave(city)
    drafts = _remove_drafts(city.settings)
    put_by = 0 if held else _remove_put_by(city.settings, oldest)
    record_files(city)
    return {
        "lake": lake.as_dict(),
        "landing": {"left": left, "bytes": sum(one["bytes"] for one in left)},
        "drafts": drafts,
        "put_by": put_by,
        "declared": forget_former(city.settings, city.ledger),
        "ledger": _tidy_ledger(city, None if held else oldest),
        "overdue_told": tell_overdue(city) + settle_city(city),
        "held_by": held,
    }


def _tidy_ledger(city: City, before: datetime | None) -> dict[str, int]:
    """Close the entries of before a moment into segments, where one is given; nothing of the ledger goes."""
    closed = city.ledger.close_segments(before, city.now()) if before else 0
    with closing(sqlite3.connect(city.ledger.path, timeout=20, isolation_level=None)) as connection:
        free, pages = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("freelist_count", "page_count"))
        # What segments leave free the next entries fill: only a file that is mostly empty is written anew.
        if free * _MOSTLY > pages:
            connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
    packed = sum(file.stat().st_size for file in segments_folder(city.ledger.path).glob("*"))
    size = city.ledger.path.stat().st_size
    return {"entries": city.ledger.head().seq, "closed": closed, "bytes": size, "segments_bytes": packed}


def _remove_put_by(settings: Settings, before: datetime) -> int:
    """Remove lakes that a rebuilding put by before a moment; how many they were."""
    # A folder that is renamed keeps the time of its last change: when it was put by its inode's says.
    old = [one for one in settings.state.glob(f"{PUT_BY}*") if one.stat().st_ctime < before.timestamp()]
    for one in old:
        shutil.rmtree(one)
    return len(old)


def _remove_drafts(settings: Settings) -> int:
    """Remove what writers that are no more left half written; how many files and folders that was."""
    found = [one for one in _drafts(settings) if not _is_alive(one)]
    for one in found:
        if one.is_dir() and not one.is_symlink():
            one.chmod(0o700)
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)
    return len(found)


def _drafts(settings: Settings) -> Iterator[Path]:
    state = settings.state
    yield from sorted(state.glob(f".*{_DRAFT}"))
    for folder in (settings.releases, settings.log, settings.held, state / "lineage", settings.keys):
        yield from sorted(folder.rglob(f".*{_DRAFT}"))
    for pattern in ("*/.*.part", "*/.*.sealed"):
        yield from sorted(settings.landing.glob(pattern))


def _is_alive(draft: Path) -> bool:
    """Whether another process that still runs is writing it: its number is in the name, where it has one."""
    numbers = [int(part) for part in draft.name.split(".") if part.isdecimal()]
    if not numbers or numbers[-1] == os.getpid():
        return False
    try:
        os.kill(numbers[-1], 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
