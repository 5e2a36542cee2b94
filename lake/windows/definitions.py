"""By what the windows of a set were made: its grid, for good, and the formula of each revision.

A window lies where length and `since` put it, so neither can change once there are windows. What a sign or a feed is
can: the windows that were made by another formula are made anew, the newest first. What they hold is `making`'s.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contracts.clock import in_city
from contracts.windows import Feed, Sign, WindowSet

_AT_ONCE = 120
"""So many windows are made anew in one step at most."""
_CLOSED = (
    "w.revision = (select max(v.revision) from version as v where v.set_name = w.set_name and v.start = w.start) "
    "and w.start < (select m.next from mark as m where m.set_name = w.set_name)"
)
Grid = tuple[timedelta, datetime]


class WindowsRedeclared(ValueError):
    """A set of windows whose length or beginning is not the one that its windows were made by."""

    def __init__(self, name: str, made: str, declared: str) -> None:
        self.name, self.made, self.declared = name, made, declared
        super().__init__(
            f"window set {name}: its windows were made of {made}, and it is declared as {declared}. Nothing was taken "
            "in or made. Put it back; or declare another set, under a name of its own: these windows stay"
        )


def formulas(windows: WindowSet) -> dict[str, str]:
    """Each sign and each feed -> what tells its definition from any other that makes other values."""
    signs = {f"sign {one.name}": _digest(_of_sign(one)) for one in windows.signs}
    return {**signs, **{f"feed {one.dataset}": _digest(_of_feed(one)) for one in windows.feeds}}


def formula(windows: WindowSet) -> str:
    """What tells the definitions that a set's windows are made by from any others."""
    return _digest(formulas(windows))


def expect_grid(store: sqlite3.Connection, windows: WindowSet) -> None:
    """Raises `WindowsRedeclared` where a set's windows were made of another length, or from another moment on."""
    known = grid(store, windows.name)
    if known is not None and known != (windows.length, windows.since):
        raise WindowsRedeclared(windows.name, _words(*known), _words(windows.length, windows.since))


def grid(store: sqlite3.Connection, name: str) -> Grid | None:
    """Length and beginning of the windows that a set has; None where it has none."""
    row = store.execute("select length, since from grid where set_name = ?", (name,)).fetchone()
    return (timedelta(seconds=row[0]), datetime.fromtimestamp(row[1], UTC)) if row else None


def as_made(store: sqlite3.Connection | None, windows: WindowSet) -> WindowSet:
    """A set as its windows were made, whatever it is declared as meanwhile: what stands lies where it lay."""
    known = grid(store, windows.name) if store is not None else None
    return replace(windows, length=known[0], since=known[1]) if known else windows


def keep(store: sqlite3.Connection, windows: WindowSet) -> None:
    """Note by what windows are made from now on, within the caller's transaction."""
    facts = (windows.name, int(windows.length.total_seconds()), int(windows.since.timestamp()))
    store.execute("insert or ignore into grid values (?, ?, ?)", facts)
    items = json.dumps(formulas(windows), sort_keys=True)
    store.execute(
        "insert into formula values (?, ?, ?, 0) on conflict (set_name, formula) do update set looked = 0",
        (windows.name, formula(windows), items),
    )


def older(store: sqlite3.Connection, windows: WindowSet) -> int:
    """How many windows stand by an older formula."""
    return sum(_count(store, windows, one) for one in _others(store, windows))


def outdated(store: sqlite3.Connection, windows: WindowSet) -> dict[int, str]:
    """The newest windows that stand by another formula, a portion at most -> which definitions are new, in words."""
    found: dict[int, str] = {}
    for one, why in _others(store, windows).items():
        rows = store.execute(
            f"select w.start from version as w where w.set_name = ? and w.formula = ? and {_CLOSED} "
            "order by w.start desc limit ?",
            (windows.name, one, _AT_ONCE),
        ).fetchall()
        found |= {start: why for (start,) in rows}
    return {start: found[start] for start in sorted(found, reverse=True)[:_AT_ONCE]}


def settle(store: sqlite3.Connection, windows: WindowSet) -> None:
    """Note of which formulas no window stands any more, so that nobody looks again; in the caller's transaction."""
    done = [one for one in _others(store, windows) if not _count(store, windows, one)]
    store.executemany(
        "update formula set looked = 1 where set_name = ? and formula = ?", [(windows.name, one) for one in done]
    )


def _others(store: sqlite3.Connection, windows: WindowSet) -> dict[str, str]:
    """Formulas by which windows may stand that make others than the present one -> what is new, in words."""
    rows = store.execute(
        "select formula, items from formula where set_name = ? and looked = 0", (windows.name,)
    ).fetchall()
    now = formulas(windows)
    told = {name: _news(json.loads(items), now) for name, items in rows}
    return {name: why for name, why in told.items() if why}


def _news(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Which definitions are new. A sign that is gone makes no window another one; a feed does."""
    changed = [one for one in sorted(now) if before.get(one) != now[one]]
    gone = [one for one in sorted(before) if one not in now and one.startswith("feed ")]
    told = f"{', '.join(changed)} declared anew" if changed else ""
    return "; ".join(one for one in (told, *(f"{one} is none any more" for one in gone)) if one)


def _count(store: sqlite3.Connection, windows: WindowSet, one: str) -> int:
    row = store.execute(
        f"select count(*) from version as w where w.set_name = ? and w.formula = ? and {_CLOSED}", (windows.name, one)
    ).fetchone()
    return int(row[0])


def _of_sign(sign: Sign) -> tuple[object, ...]:
    return sign.sql, sign.decimals, sign.district


def _of_feed(feed: Feed) -> tuple[object, ...]:
    return feed.sender, (feed.expected.table, feed.expected.column) if feed.expected else None


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _words(length: timedelta, since: datetime) -> str:
    return f"{int(length.total_seconds())} seconds since {in_city(since).isoformat()}"
