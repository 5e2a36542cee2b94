"""What the ledger says was delivered, done again in its order into a fresh lake, from the landed copies.

Batches get the numbers that they had, for each is carried as it came first; what was delivered again, withdrawn or
recalled since is noted when the ledger has it, so that whatever depended on that comes out as it did. Whose lake that
is, and what becomes of the one before, is `rebuilding`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from contracts.sql_text import literal
from lake.batch import Batch, Ingestion
from lake.ingest import Lying, ingest_lying
from lake.landed import LandedLost, LandingPlace, forget_opened, landed_copy
from lake.leaving import gone_landed
from lake.store import show, write_delivery
from sharing.chain import Entry
from sharing.ledger import Ledger

_CARRIED = {"accepted", "held", "known", "rejudged", "recalled"}


@dataclass(frozen=True)
class Event:
    """One thing that the ledger tells of a batch: `delivered`, `withdrawn` or `recalled`."""

    kind: str
    batch: str
    dataset: str = ""
    path: str = ""
    day: date = date.max


def history(ledger: Ledger, called: Mapping[str, str] = MappingProxyType({})) -> list[Event]:
    """Everything that happened to batches, in the order of the ledger; each delivery once.

    `called` are the names that datasets have now, by those that they had.
    """
    told, found = set[tuple[str, ...]](), list[Event]()
    entries = sorted([*ledger.entries("batch"), *ledger.entries("recall")], key=lambda entry: entry.seq)
    for event in (one for entry in entries if (one := _event(entry))):
        event = replace(event, dataset=called.get(event.dataset, event.dataset))
        key = (event.dataset, event.path, event.batch, event.day.isoformat())
        if event.kind == "delivered" and key in told:
            continue  # judged again, or told once more: it was not delivered again
        told.add(key)
        found.append(event)
    return found


def _event(entry: Entry) -> Event | None:
    body = entry.body
    if entry.kind == "recall":
        return Event("recalled", str(body["batch"]))
    state = str(body["state"])
    if state != "withdrawn" and state not in _CARRIED:
        return None
    kind = "withdrawn" if state == "withdrawn" else "delivered"
    day = date.fromisoformat(str(body["delivered_on"]))
    return Event(kind, str(body["batch"]), str(body["dataset"]), str(body["path"]), day)


def lacking(ledger: Ledger, context: Mapping[str, Any], events: Sequence[Event], place: LandingPlace) -> dict[str, str]:
    """Batch -> why it cannot be carried again, of every batch that the history needs; `context` are the datasets."""
    gone, found = gone_landed(ledger), dict[str, str]()
    for dataset, batch in dict.fromkeys((one.dataset, one.batch) for one in events if one.kind == "delivered"):
        if dataset not in context:
            found[batch] = f"{dataset}: batch {batch}: the dataset is no longer declared"
            continue
        try:
            landed_copy(context[dataset], batch, place)
        except LandedLost as lost:
            left = f"{dataset}: batch {batch}: its landed copy left by its retention, and can be had only from a backup"
            found[batch] = left if batch in gone else str(lost)
        finally:
            forget_opened(place, batch)
    return found


@dataclass
class Replay:
    """One history on its way into a fresh lake; `without` are batches that cannot be carried."""

    context: Ingestion
    place: LandingPlace
    without: frozenset[str] = frozenset()
    recalled: set[str] = field(default_factory=set)

    def play(self, events: Iterable[Event]) -> Iterator[Batch]:
        """What became of each delivery that was carried."""
        self.context.recalled = self.recalled
        for event in events:
            if event.kind == "recalled":
                self._recall(event.batch)
            elif event.batch in self.without:
                continue
            elif event.kind == "withdrawn":
                self._withdraw(event)
            else:
                yield from self._deliver(event)

    def _deliver(self, event: Event) -> list[Batch]:
        dataset = self.context.catalogue.delivered[event.dataset]
        copy = landed_copy(dataset, event.batch, self.place)
        try:
            return ingest_lying(self.context, dataset, [Lying(f"file://{copy}", event.path, event.day)])
        finally:
            forget_opened(self.place, event.batch)

    def _withdraw(self, event: Event) -> None:
        known = self.context.deliveries.get(event.dataset, [])
        key = (event.path, event.batch, event.day)
        gone = [replace(one, withdrawn=True) for one in known if (one.path, one.batch, one.delivered_on) == key]
        for one in gone:
            write_delivery(self.context.connection, event.dataset, one)
        left = [one for one in known if (one.path, one.batch, one.delivered_on) != key]
        self.context.deliveries[event.dataset] = [*left, *gone]
        self._show(event.dataset)

    def _recall(self, batch: str) -> None:
        if batch in self.recalled:
            return
        self.recalled.add(batch)
        self.context.connection.execute(f"insert into lake.meta.recalled values ({literal(batch)})")
        for name, batches in self.context.batches.items():
            if any(one.batch == batch for one in batches):
                marked = [replace(one, recalled=True) if one.batch == batch else one for one in batches]
                self.context.batches[name] = marked
                self._show(name)

    def _show(self, name: str) -> None:
        dataset, context = self.context.catalogue.delivered.get(name), self.context
        if dataset is not None:
            show(context.connection, dataset, context.deliveries.get(name, []), context.batches.get(name, []))
