"""What the ledger tells of resources, read on from where it was read to: deliveries, tables, releases.

Kept in memory, and made of nothing but entries: another process that reads the same ledger knows the same. What a
resource is, and who may know of it, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from heapq import merge
from threading import Lock
from types import MappingProxyType
from typing import Any

from contracts.clock import day_of
from lake.batch import UNTAKEN
from portal.catalogue.made_of import MadeOf
from portal.catalogue.states import Days
from sharing.chain import Entry
from sharing.ledger import Ledger

# What of a dataset is not there: a snapshot that is held replaces nothing.
_KEPT = 8
_GONE = UNTAKEN | {"held", "withdrawn", "recalled"}


@dataclass
class _Deliveries:
    """The deliveries of one dataset: those that count, and since when none does.

    Of a long past the newest are kept; `let_go` is the newest day of the others.
    """

    live: dict[tuple[str, str, str], date] = field(default_factory=dict)
    first: date | None = None
    emptied: date | None = None
    let_go: date | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether what was let go would tell more than what is kept."""
        return self.let_go is not None and max(self.live.values(), default=date.min) < self.let_go

    def tell(self, body: Mapping[str, Any], at: date) -> None:
        key = str(body["path"]), str(body["batch"]), str(body["delivered_on"])
        if body["state"] not in _GONE and body["delivered_on"]:
            self.live[key] = day = date.fromisoformat(str(body["delivered_on"]))
            self.first, self.emptied = min(self.first or day, day), None
        elif self.live.pop(key, None) is not None:
            self._left(at)

    def prune(self) -> None:
        """Let go of all but the newest."""
        if len(self.live) > 2 * _KEPT:
            oldest = sorted(self.live, key=lambda key: self.live[key])[:-_KEPT]
            self.let_go = max([self.live.pop(key) for key in oldest] + ([self.let_go] if self.let_go else []))

    def recall(self, batch: str, at: date) -> None:
        found = [key for key in self.live if key[1] == batch]
        for key in found:
            del self.live[key]
        if found:
            self._left(at)

    def _left(self, at: date) -> None:
        self.emptied = None if self.live else at

    def days(self, compiled: date | None) -> Days:
        newest = max(self.live.values(), default=None)
        return Days(compiled, self.first, newest if newest != self.first else None, self.emptied)


@dataclass
class _Versions:
    """What became current, and was withdrawn: releases of an agreement, or versions of a table."""

    now: str = ""
    first: date | None = None
    last: date | None = None
    gone: date | None = None

    def came(self, what: str, at: date) -> None:
        if self.first is None:
            self.first = at
        elif what != self.now or self.gone:
            self.last = at
        self.now, self.gone = what, None

    def went(self, what: str, at: date) -> None:
        if what == self.now:
            self.gone = at

    def days(self, compiled: date | None) -> Days:
        return Days(compiled, self.first, self.last, self.gone)


class Past:
    """What one ledger tells. Safe to use from several threads.

    `made_of` says of what tables that never ran are made, as it is declared.
    """

    def __init__(self, ledger: Ledger, made_of: Mapping[str, frozenset[str]] = MappingProxyType({})) -> None:
        self._ledger = ledger
        self._lock, self._to = Lock(), 0
        self._deliveries: dict[str, _Deliveries] = {}
        self._recalls: list[Entry] = []
        self._tables: dict[str, _Versions] = {}
        self._agreements: dict[str, _Versions] = {}
        self._heard: dict[str, date] = {}
        self._switched: set[str] = set()
        self._levels: dict[str, dict[str, str]] = {}
        self.made_of = MadeOf(made_of)
        self._told = {
            "batch": self._batch,
            "recall": self._recall,
            "look": self._look,
            "executed": self._executed,
            "sql": self._sql,
            "verdict": self._verdict,
            "release": self._release,
            "switch": self._switch,
            "withdrawal": self._withdrawal,
            "classified": self._classified,
        }

    def read_on(self) -> None:
        """Read what is new."""
        with self._lock:
            size = self._ledger.size()
            if size <= self._to:
                return
            for entry in self._ledger.kept_after(self._told, self._to):
                self._told[entry.kind](entry, day_of(entry.at))
                self._to = entry.seq
            self._to = max(self._to, size)

    def dataset(self, name: str, former: Iterable[str] = ()) -> Days:
        """The days of a dataset, by its names."""
        with self._lock:
            told = [self._deliveries.get(one, _Deliveries()).days(self._heard.get(one)) for one in (name, *former)]
        compiled = min((one.compiled for one in told if one.compiled), default=None)
        first = next((one for one in told if one.published), told[0])
        return Days(compiled, first.published, first.updated, first.withdrawn)

    def table(self, name: str) -> Days:
        """The days of a table that a model makes: `<schema>.<table>`."""
        with self._lock:
            return self._tables.get(name, _Versions()).days(self._heard.get(name))

    def agreement(self, name: str) -> Days:
        """The days of what is released under an agreement."""
        with self._lock:
            return self._agreements.get(name, _Versions()).days(self._heard.get(name))

    def levels(self, agreement: str) -> Mapping[str, str]:
        """Column -> the level that lineage found what is made for an agreement to be of, as of the newest run."""
        with self._lock:
            return self._levels.get(agreement, {})

    def released(self, agreement: str) -> bool:
        """Whether anything ever was released under an agreement."""
        return self.agreement(agreement).published is not None

    def _hear(self, name: str, at: date) -> None:
        self._heard.setdefault(name, at)

    def _batch(self, entry: Entry, at: date) -> None:
        name = str(entry.body["dataset"])
        self._hear(name, at)
        one = self._deliveries.setdefault(name, _Deliveries())
        one.tell(entry.body, at)
        one.prune()
        self._expect(name, one, entry.seq)

    def _recall(self, entry: Entry, at: date) -> None:
        self._recalls.append(entry)
        for name, one in self._deliveries.items():
            one.recall(str(entry.body["batch"]), at)
            self._expect(name, one, entry.seq)

    def _expect(self, name: str, one: _Deliveries, seq: int) -> None:
        """Have the newest of a dataset be known: where it went, all that was ever told of it up to an entry is read."""
        if one.is_unknown:
            again = _Deliveries()
            for entry in merge(self._ledger.about("batch", name), self._recalls, key=lambda told: told.seq):
                if entry.seq <= seq:
                    at = day_of(entry.at)
                    again.tell(entry.body, at) if entry.kind == "batch" else again.recall(str(entry.body["batch"]), at)
            again.prune()
            self._deliveries[name] = again

    def _look(self, entry: Entry, at: date) -> None:
        self._hear(str(entry.body["dataset"]), at)

    def _executed(self, entry: Entry, at: date) -> None:
        table = str(entry.body["table"])
        self._hear(table, at)
        self._tables.setdefault(table, _Versions()).came(str(entry.body["version"]), at)
        self.made_of.made(table, entry.body["texts"])

    def _sql(self, entry: Entry, at: date) -> None:
        self.made_of.text(str(entry.body["digest"]), str(entry.body["text"]))

    def _verdict(self, entry: Entry, at: date) -> None:
        self._hear(str(entry.body["agreement"]), at)

    def _release(self, entry: Entry, at: date) -> None:
        # Before switches were noted, a release was one.
        name = str(entry.body["agreement"])
        if name not in self._switched:
            self._came(name, str(entry.body["release_id"]), at)

    def _switch(self, entry: Entry, at: date) -> None:
        name = str(entry.body["agreement"])
        self._switched.add(name)
        self._came(name, str(entry.body["release_id"]), at)

    def _came(self, agreement: str, release: str, at: date) -> None:
        self._hear(agreement, at)
        self._agreements.setdefault(agreement, _Versions()).came(release, at)

    def _withdrawal(self, entry: Entry, at: date) -> None:
        name = str(entry.body["agreement"])
        self._agreements.setdefault(name, _Versions()).went(str(entry.body.get("release_id")), at)

    def _classified(self, entry: Entry, at: date) -> None:
        told = dict(entry.body["columns"])
        self._levels[str(entry.body["agreement"])] = {name: str(one.get("level") or "") for name, one in told.items()}
