"""Judging again what the lake has, where the contract that judged it has changed: from the landed bytes, in order.

Rows leave quarantine or enter it, and each batch says by which contract it was judged. A batch that the contract as it
is now cannot be judged by keeps its rows and says so; a changed type is all of a dataset's batches or none.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import duckdb

from contracts.model import Dataset
from lake.batch import Batch, ConservationBroken, Ingestion, outcome
from lake.carry import Carrier, Counted, Place, contract_digest, tally
from lake.landed import LandedLost, LandingPlace, land_again
from lake.order import Delivery, StoredBatch, in_order
from lake.readers.refusal import DeliveryRefused
from lake.readers.unread import refused_unread
from lake.store import remake_table, write_batch

_FAILURES = (DeliveryRefused, ConservationBroken, LandedLost)


def rejudge(context: Ingestion, dataset: Dataset) -> list[Batch]:
    """Every batch that another version of the contract judged, judged by this one; what became of each.

    What could not be judged is told once, and tried again when the contract changes again.
    """
    digest = contract_digest(dataset, context.catalogue.code_sets)
    return [_one(context, dataset, stored, digest) for stored in outdated(context, dataset)]


def outdated(context: Ingestion, dataset: Dataset) -> list[StoredBatch]:
    """The batches that another version of the contract judged, in the order of their deliveries; none recalled."""
    digest = contract_digest(dataset, context.catalogue.code_sets)
    place = {one.batch: number for number, one in enumerate(in_order(context.deliveries.get(dataset.id, [])))}
    known = [one for one in context.batches.get(dataset.id, []) if not one.recalled]
    old = [one for one in known if digest not in (one.contract, one.tried)]
    return sorted(old, key=lambda one: place.get(one.batch, 0))


def _one(context: Ingestion, dataset: Dataset, stored: StoredBatch, digest: str) -> Batch:
    delivery = _delivery(context, dataset, stored)
    try:
        found, reasons = _carried(context, dataset, stored, digest)
    except duckdb.FatalException:
        raise
    except Exception as error:
        why = error if isinstance(error, _FAILURES) else refused_unread(dataset, stored.path, error, None)
        tried = replace(stored, tried=digest)
        write_batch(context.connection, dataset.id, tried)
        _put(context, dataset, tried)
        message = f"judged by an earlier version of its contract, since it cannot be judged by this one: {why}"
        # What it has in quarantine is there yet, and the newest word of a batch is what is told of it.
        reasons = tally(context.connection, dataset, stored.batch)[1]
        return outcome(dataset, "rejudged", tried, delivery, reasons=reasons, message=message)
    _put(context, dataset, found)
    message = f"judged again: contract {found.contract} in place of {stored.contract or 'one not noted'}"
    if found.held:
        message += "; too much of it was rejected, so it lies in quarantine whole"
    return outcome(dataset, "held" if found.held else "rejudged", found, delivery, reasons=reasons, message=message)


def _carried(context: Ingestion, dataset: Dataset, stored: StoredBatch, digest: str, *, alone: bool = True) -> Counted:
    landed = land_again(dataset, stored.batch, LandingPlace.of(context.settings))
    place = Place(_delivery(context, dataset, stored), stored.delivery, digest, stored)
    try:
        carrier = Carrier(context, dataset, landed, place, alone=alone)
        counted = carrier.carry()
        for one in carrier.held_too:
            _put(context, dataset, one)
        return counted
    finally:
        shutil.rmtree(context.scratch(dataset), ignore_errors=True)


def _delivery(context: Ingestion, dataset: Dataset, stored: StoredBatch) -> Delivery:
    """The last delivery of a batch."""
    own = [one for one in context.deliveries.get(dataset.id, []) if one.batch == stored.batch]
    return in_order(own)[-1] if own else Delivery(stored.path, stored.batch, stored.delivered_on, stored.delivery)


def _put(context: Ingestion, dataset: Dataset, stored: StoredBatch) -> None:
    known = context.batches[dataset.id]
    context.batches[dataset.id] = [stored if one.batch == stored.batch else one for one in known]


def remake(context: Ingestion, dataset: Dataset) -> list[Batch]:
    """The dataset's table made anew with the types that its contract now has, and every batch judged again into it.

    One transaction: where one batch cannot be judged, all stays as it was, and the dataset's deliveries wait.
    """
    refused = context.unusable[dataset.id]
    before = list(context.batches.get(dataset.id, []))
    connection = context.connection
    connection.execute("begin transaction")
    try:
        remake_table(connection, dataset)
        made = list(_all(context, dataset, before))
        connection.execute("commit")
    except duckdb.FatalException:
        raise
    except Exception as error:
        connection.execute("rollback")
        context.batches[dataset.id] = before
        why = error if isinstance(error, _FAILURES) else refused_unread(dataset, dataset.source.path, error, None)
        return [Batch(dataset.id, dataset.source.path, "failed", message=f"{refused} What stopped it: {why}")]
    del context.unusable[dataset.id]
    return made


def _all(context: Ingestion, dataset: Dataset, before: list[StoredBatch]) -> Iterator[Batch]:
    digest = contract_digest(dataset, context.catalogue.code_sets)
    for stored in before:
        if stored.recalled:
            continue  # its rows go with the old table: nobody waits for a batch that counts for nothing
        found, reasons = _carried(context, dataset, stored, digest, alone=False)
        _put(context, dataset, found)
        message = f"judged again: contract {digest} in place of {stored.contract or 'one not noted'}"
        state = "held" if found.held else "rejudged"
        yield outcome(dataset, state, found, _delivery(context, dataset, stored), reasons=reasons, message=message)
