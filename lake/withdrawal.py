"""Taking back a delivery that should not have come: it counts for nothing any more, and the ledger says why.

What was delivered stays where it landed, and its rows stay in the store; which deliveries count is `order`'s. A
department's own mark beside the file is `taken_back`'s.
"""

from __future__ import annotations

import difflib
from typing import Any

from contracts.acts import Deed
from contracts.model import Dataset
from lake import facts
from lake.acts import Actor, Said, record_act
from lake.batch import outcome
from lake.city import City
from lake.lake_files import record_files
from lake.order import Delivery
from lake.store import stored_batches, stored_deliveries
from lake.taken_back import strike
from sharing.acts import read_act
from sharing.canonical import digest


class NoSuchDelivery(LookupError):
    """The dataset has no delivery at that path, or none that still counts."""

    def __init__(self, dataset: str, path: str, known: list[str], what: str = "") -> None:
        self.dataset, self.path = dataset, path
        if what:
            super().__init__(what)
            return
        near = difflib.get_close_matches(path, known, 3, 0.4) or sorted(known)[-3:]
        hint = f" Its deliveries are, among others, {', '.join(near)}." if near else ""
        super().__init__(f"{dataset} has no delivery at {path!r} that counts.{hint}")


def withdraw_by(city: City, what: tuple[str, str], who: Actor, said: Said) -> dict[str, Any]:
    """Withdraw the deliveries of a dataset at a path, by a person's act over them; raises as `withdraw_delivery`, and
    SharingRefused for who may not.

    The act comes first: what a crash leaves undone of it the next run does (`lake.unfinished`).
    """
    name, path = what
    _expect_counting(city, name, path, said.words)
    data = who.act(Deed.WITHDRAW, f"{name} {path}", {"batches": batches_at(city, name, path)}, said)
    record_act(city.ledger, data, said.at)
    found = withdraw_delivery(city, name, path, said.words)
    return {**found, "by": who.person.name, "act": read_act(data).digest}


def batches_at(city: City, name: str, path: str) -> str:
    """The digest of which batches were ever delivered at a path of a dataset."""
    there = stored_deliveries(city.connection).get(name, [])
    return digest(sorted({one.batch for one in there if one.path == path}))


def withdraw_delivery(city: City, name: str, path: str, why: str) -> dict[str, Any]:
    """Withdraw every delivery of a dataset at `path`. Raises `NoSuchDelivery`; LookupError for an unknown dataset."""
    dataset, deliveries, taken = _expect_counting(city, name, path, why)
    batches = {one.batch: one for one in stored_batches(city.connection).get(name, [])}
    left = strike(city.connection, dataset, (deliveries, list(batches.values())), taken)
    gone = [one for one in left if one not in deliveries]
    told = [outcome(dataset, "withdrawn", batches[one.batch], one, message=why) for one in gone]
    facts.record_batches(city, told)
    record_files(city)
    return {"dataset": name, "path": path, "why": why, "batches": [one.batch for one in gone]}


def _expect_counting(city: City, name: str, path: str, why: str) -> tuple[Dataset, list[Delivery], list[Delivery]]:
    """The dataset, its deliveries, and those of them at a path that count."""
    dataset = city.catalogue.delivered.get(name)
    if dataset is None:
        near = difflib.get_close_matches(name, list(city.catalogue.delivered), 3, 0.4)
        raise NoSuchDelivery(name, path, [], f"there is no dataset {name!r}; near are {', '.join(near) or 'none'}")
    if not why.strip():
        raise NoSuchDelivery(name, path, [], "a withdrawal without a reason is none: say --why")
    deliveries = stored_deliveries(city.connection).get(name, [])
    taken = [one for one in deliveries if one.path == path and not one.withdrawn]
    if not taken and any(one.path == path for one in deliveries):
        raise NoSuchDelivery(name, path, [], f"{name}: {path} is withdrawn already")
    if not taken:
        raise NoSuchDelivery(name, path, [one.path for one in deliveries if not one.withdrawn])
    return dataset, deliveries, taken
