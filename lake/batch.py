"""What became of one delivery, and what all deliveries of a run share. Records only: nothing is carried here."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from contracts.model import Catalogue, Dataset
from lake.order import Delivery, StoredBatch
from lake.settings import Settings
from lake.store import TableRefused


class ConservationBroken(Exception):
    """The counts of one delivery disagree: records were lost or made on the way, so nothing of it was kept."""

    def __init__(self, dataset: str, batch: str, delivered: int, moved: int, stored: int) -> None:
        self.dataset, self.batch = dataset, batch
        self.delivered, self.moved, self.stored = delivered, moved, stored
        super().__init__(
            f"{dataset}: batch {batch}: {delivered} records delivered, {moved} moved by the scan, {stored} stored. "
            "Nothing of the batch was kept. Run again; if it persists, the file has records that the reader and the "
            "count tell apart differently, or says another number of them than it has: ask for a well-formed file."
        )


# What a delivery is of which the lake has nothing, so that it has no batch.
UNTAKEN = frozenset({"failed", "waiting"})


@dataclass(frozen=True)
class Batch:
    """What became of one delivery. `state` is accepted, known (its bytes were delivered before: no row is stored
    twice), held (a snapshot of which too much was rejected, in quarantine whole), rejudged (by a changed contract),
    failed, waiting (not whole yet, or taken back before it was taken), withdrawn, or recalled.

    But for those of which the lake has nothing rows_read = accepted + quarantined; `reasons` counts failures by rule (a
    row may have several).
    """

    dataset: str
    path: str
    state: str
    batch: str = ""
    delivery: int = 0
    delivered_on: date | None = None
    rows_read: int = 0
    accepted: int = 0
    quarantined: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    contract: str = ""

    def as_dict(self) -> dict[str, object]:
        """The record as JSON-ready data."""
        return {
            "dataset": self.dataset,
            "path": self.path,
            "state": self.state,
            "batch": self.batch,
            "delivery": self.delivery,
            "delivered_on": self.delivered_on.isoformat() if self.delivered_on else None,
            "read": self.rows_read,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "reasons": dict(self.reasons),
            "message": self.message,
            "contract": self.contract,
        }


@dataclass
class Ingestion:
    """The context that every delivery of a run shares.

    `batches` are those whole in the lake, by dataset, and `deliveries` what was delivered when; both grow. `unusable`
    says of datasets that have no table as their contract has it, why: nothing of theirs can be carried. `recalled` are
    the ids of batches that count for nothing, whether or not the lake has them.
    """

    connection: duckdb.DuckDBPyConnection
    catalogue: Catalogue
    settings: Settings
    batches: dict[str, list[StoredBatch]]
    deliveries: dict[str, list[Delivery]]
    unusable: dict[str, TableRefused] = field(default_factory=dict)
    recalled: Collection[str] = frozenset()

    def scratch(self, dataset: Dataset) -> Path:
        """A folder for working copies that no other process has."""
        return self.settings.scratch / f"{dataset.table}.{os.getpid()}"


def outcome(dataset: Dataset, state: str, stored: StoredBatch, delivery: Delivery, **facts: object) -> Batch:
    """What became of a delivery whose batch is whole in the lake; `facts` are the record's own fields."""
    return Batch(
        dataset.id,
        delivery.path,
        state,
        stored.batch,
        stored.delivery,
        delivery.delivered_on,
        stored.rows_read,
        stored.accepted,
        stored.quarantined,
        contract=stored.contract,
        **facts,  # type: ignore[arg-type]
    )
