"""The order of a dataset's deliveries, and which of them count: by their own days, whatever arrived when.

Pure rules over records, no lake and no clock: a delivery's day first, then its arrival. Reading and writing the records
is `store`'s, and what follows for the raw views, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.delivery_dates import ARRIVAL
from contracts.model import Dataset, DeliveryMode


@dataclass(frozen=True)
class Delivery:
    """One delivery of one batch: the same bytes at another path, or of another day, are another one.

    `arrived` numbers a dataset's deliveries as they came. A withdrawn one counts for nothing.
    """

    path: str
    batch: str
    delivered_on: date
    arrived: int
    withdrawn: bool = False


@dataclass(frozen=True)
class StoredBatch:
    """A batch that is whole in the lake: its number in the store, where it first lay, and its counts.

    `contract` is the digest of the contract that judged it, `tried` that of the newest it could not be judged by. A
    `held` batch is a snapshot of which too much was rejected: it lies in quarantine whole. A `recalled` one counts for
    nothing, whenever and wherever its bytes are delivered.
    """

    batch: str
    delivery: int
    delivered_on: date
    path: str
    rows_read: int
    accepted: int
    quarantined: int
    contract: str = ""
    tried: str = ""
    held: bool = False
    recalled: bool = False

    @property
    def judged(self) -> str:
        """By what its rows were judged, and to what that came: another text, and other rows may be accepted."""
        return f"{self.contract} {self.accepted}+{self.quarantined}"


def without(deliveries: Iterable[Delivery], again: Delivery) -> list[Delivery]:
    """The others than one that is delivered again: the same bytes at the same place, of the same day."""
    same = (again.path, again.batch, again.delivered_on)
    return [one for one in deliveries if (one.path, one.batch, one.delivered_on) != same]


def in_order(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Oldest first: by their days, and of one day by arrival."""
    return sorted(deliveries, key=lambda one: (one.delivered_on, one.arrived))


def counted(
    deliveries: Iterable[Delivery], batches: Iterable[StoredBatch], dataset: Dataset | None = None
) -> list[Delivery]:
    """The deliveries that count, oldest first: neither withdrawn nor held, nor, where rows are added, corrected.

    One of a recalled batch never counted, so that what it stood in place of counts again.
    """
    out = {one.batch for one in batches if one.held or one.recalled}
    live = in_order(one for one in deliveries if not one.withdrawn and one.batch not in out)
    return [one for one in live if not _is_corrected(one, live)] if dataset and _replaces_at_path(dataset) else live


def _replaces_at_path(dataset: Dataset) -> bool:
    """Whether other content at the same path, of the same day, stands in place of what was there before.

    Of a snapshot and by key the later wins by itself, but not among the parts of one delivery, which are of one rank.
    A path that names no day is written anew with each delivery.
    """
    added = dataset.mode is DeliveryMode.APPEND and dataset.source.delivery_date != ARRIVAL
    return added or dataset.parts


def _is_corrected(one: Delivery, live: Iterable[Delivery]) -> bool:
    return any(
        (other.path, other.delivered_on) == (one.path, one.delivered_on) and other.arrived > one.arrived
        for other in live
    )


def ranks(dataset: Dataset, deliveries: Sequence[Delivery], batches: Sequence[StoredBatch]) -> dict[int, int]:
    """Number in the store -> place in the dataset's order, from 1, of every batch that counts.

    A batch that was delivered several times has the place of its last delivery. Files of one day are one delivery where
    the contract says `parts`. A snapshot without a row leaves nothing of those before it.
    """
    stored = {one.batch: one for one in batches}
    places: dict[int, int] = {}
    days: dict[date, int] = {}
    for place, one in enumerate(counted(deliveries, batches, dataset), 1):
        if one.batch in stored:
            places[stored[one.batch].delivery] = days.setdefault(one.delivered_on, place) if dataset.parts else place
    if dataset.mode is DeliveryMode.SNAPSHOT and places:
        accepted = {one.delivery: one.accepted for one in batches}
        newest = max(places.values())
        if not any(accepted[number] for number, place in places.items() if place == newest):
            return {number: place for number, place in places.items() if place == newest}
    return places


def same_day(dataset: Dataset, deliveries: Iterable[Delivery], wanted: tuple[str, str, date]) -> Delivery | None:
    """Another file of the day of a snapshot, where one file is one delivery; `wanted` is (path, batch, day)."""
    if dataset.mode is not DeliveryMode.SNAPSHOT or dataset.parts:
        return None
    path, batch, day = wanted
    others = (one for one in deliveries if not one.withdrawn and one.delivered_on == day)
    return next((one for one in others if one.path != path and one.batch != batch), None)


def parts_of(
    dataset: Dataset, part: Delivery, deliveries: Iterable[Delivery], batches: Sequence[StoredBatch]
) -> list[StoredBatch]:
    """The batches that are one delivery with a part, at other paths, none recalled; none where a file is a delivery."""
    if not dataset.parts:
        return []
    recalled = {one.batch for one in batches if one.recalled}
    of_day = [one for one in deliveries if one.delivered_on == part.delivered_on and one.batch not in recalled]
    live = [one for one in of_day if not one.withdrawn]
    others = {one.batch for one in live if one.path != part.path and not _is_corrected(one, live)}
    return [one for one in batches if one.batch in others]


def newest_days(
    deliveries: Mapping[str, Sequence[Delivery]], batches: Mapping[str, Sequence[StoredBatch]]
) -> dict[str, date]:
    """Dataset -> the day of the newest delivery that counts."""
    found = {name: counted(each, batches.get(name, ())) for name, each in deliveries.items()}
    return {name: each[-1].delivered_on for name, each in found.items() if each}
