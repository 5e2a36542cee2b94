"""Deliveries that their department takes back by a mark beside the file, `<name>.withdrawn`, with its reason or empty.

A mark is final: taken away again, it brings nothing back. A person's withdrawal, by a signed act, is `withdrawal`'s.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from contracts.completeness import WITHDRAWN
from contracts.model import Dataset
from contracts.stores import store_of
from lake import facts
from lake.batch import Batch, Ingestion, outcome
from lake.city import City
from lake.order import Delivery, StoredBatch
from lake.readers.admission import admit, printable, refused_by_system
from lake.readers.landing import find_deliveries
from lake.readers.refusal import DeliveryRefused
from lake.readers.stores import open_file, root_of
from lake.store import show, stored_batches, stored_deliveries, write_delivery

_LONGEST = 500


@dataclass(frozen=True)
class Mark:
    """A mark: the path of the delivery that it takes back, and why; or why the mark itself is none."""

    path: str
    why: str = ""
    refused: str = ""


def delivered_path(url: str, dataset: Dataset, context: Ingestion) -> str:
    """Where a file lies below the deliveries, as it is written down."""
    store = store_of(dataset)
    return printable(url.removeprefix(f"{store.location if store else f'file://{context.catalogue.deliveries}'}/"))


def marks_of(context: Ingestion, dataset: Dataset) -> dict[str, Mark]:
    """The marks among a dataset's deliveries, by the paths that they take back; raises OSError as the store has it."""
    urls = find_deliveries(dataset, context.catalogue.deliveries, WITHDRAWN)
    return {mark.path: mark for mark in (_mark(context, dataset, url) for url in urls)}


def _mark(context: Ingestion, dataset: Dataset, url: str) -> Mark:
    path = delivered_path(url, dataset, context).removesuffix(WITHDRAWN)
    try:
        admit(dataset, url, root_of(dataset, context.catalogue.deliveries))
        with open_file(url) as file:
            text = file.read(4 * _LONGEST).decode("utf-8-sig", "replace")
    except DeliveryRefused as refusal:
        return Mark(path, refused=str(refusal))
    except OSError as error:
        return Mark(path, refused=str(refused_by_system(dataset, f"{path}{WITHDRAWN}", error)))
    shown = "".join(" " if unicodedata.category(one).startswith("C") else one for one in text)
    return Mark(path, " ".join(shown.split())[:_LONGEST] or "no reason is given")


def take_back(context: Ingestion, dataset: Dataset, marks: Mapping[str, Mark], lying: Iterable[str]) -> list[Batch]:
    """Withdraw what the marks take back, and tell of every marked path; `lying` are the paths of the files there."""
    there = set(lying)
    return [batch for mark in marks.values() for batch in _taken_back(context, dataset, mark, mark.path in there)]


def _taken_back(context: Ingestion, dataset: Dataset, mark: Mark, lies_there: bool) -> list[Batch]:
    if mark.refused:
        return [Batch(dataset.id, f"{mark.path}{WITHDRAWN}", "failed", message=mark.refused)]
    deliveries, batches = context.deliveries.get(dataset.id, []), context.batches.get(dataset.id, [])
    live = [one for one in deliveries if one.path == mark.path and not one.withdrawn]
    if live:
        deliveries = strike(context.connection, dataset, (deliveries, batches), live)
        context.deliveries[dataset.id] = deliveries
    stored = {one.batch: one for one in batches}
    why = f"withdrawn by its department ({dataset.department}), whose mark {mark.path}{WITHDRAWN} says: {mark.why}"
    gone = [one for one in deliveries if one.path == mark.path and one.batch in stored]
    if gone:
        states = ((one, "recalled" if stored[one.batch].recalled else "withdrawn") for one in gone)
        return [outcome(dataset, state, stored[one.batch], one, message=why) for one, state in states]
    fix = "It was not taken before, and is not as long as the mark lies there."
    return [Batch(dataset.id, mark.path, "waiting", message=f"{dataset.id}: {why}. {fix}")] if lies_there else []


def take_withdrawals(city: City) -> None:
    """Have the lake know what was taken back: one that was put back from an older copy does not."""
    gone = facts.withdrawn(city.ledger)
    if not gone:
        return
    connection = city.connection
    batches, deliveries = stored_batches(connection), stored_deliveries(connection)
    for dataset in city.catalogue.delivered.values():
        known = deliveries.get(dataset.id, [])
        told = {(path, batch, day) for name, path, batch, day in gone if name == dataset.id}
        taken = [one for one in known if not one.withdrawn and (one.path, one.batch, str(one.delivered_on)) in told]
        if taken:
            strike(connection, dataset, (known, batches.get(dataset.id, [])), taken)


def strike(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    known: tuple[Sequence[Delivery], Sequence[StoredBatch]],
    taken: Sequence[Delivery],
) -> list[Delivery]:
    """All deliveries of a dataset, after these count for nothing any more; `known` are its deliveries and batches."""
    deliveries, batches = known
    found = [replace(one, withdrawn=True) if one in taken else one for one in deliveries]
    connection.execute("begin transaction")
    try:
        for one in found:
            if one not in deliveries:
                write_delivery(connection, dataset.id, one)
        show(connection, dataset, found, batches)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return found
