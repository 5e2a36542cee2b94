"""Which of a dataset's deliveries are carried into the lake, in which order, and what is told of each.

Deliveries are taken in the order of their own days. How one of them is carried is `carry`'s; how older ones are judged
again is `rejudge`'s.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from contracts.clock import today
from contracts.databases import is_asked
from contracts.delivery_dates import ARRIVAL
from contracts.model import Dataset
from contracts.stores import store_of
from lake.attach import store_table
from lake.batch import Batch, ConservationBroken, Ingestion, outcome
from lake.carry import Carrier, Place, contract_digest, tally
from lake.clock_back import refuse_clock
from lake.landed import unland
from lake.lost import StoreLost
from lake.order import Delivery, StoredBatch, same_day, without
from lake.readers.admission import admit, refused_by_system
from lake.readers.delivery_date import StillToCome, delivered_on
from lake.readers.landing import Landed, find_deliveries, land
from lake.readers.refusal import DeliveryRefused
from lake.readers.settling import NotSettled, expect_settled, fingerprint
from lake.readers.stores import root_of
from lake.readers.unread import refused_unread
from lake.rejudge import outdated, rejudge, remake
from lake.sources.extracting import extract
from lake.sources.opening import opening
from lake.sources.seen import Seen
from lake.sources.store_answers import refused_by_store
from lake.store import ColumnTypeChanged, show, write_delivery
from lake.taken_back import delivered_path, marks_of, take_back

__all__ = ["Batch", "ConservationBroken", "Ingestion", "ingest", "ingest_arriving", "ingest_lying", "unconserved"]


@dataclass(frozen=True)
class Lying:
    """A delivered file: where it is, its path below the root, and its day, or why it is not taken.

    One that is `arriving` is looked at where it was delivered, beside what says that it is whole.
    """

    url: str
    path: str
    day: date | None = None
    refused: str = ""
    waiting: str = ""
    arriving: bool = False


def ingest(context: Ingestion, dataset: Dataset, recorded: Collection[str] = ()) -> list[Batch]:
    """Carry every delivery of a dataset that is not in the lake yet. A failed delivery does not stop the next one.

    The dataset's tables exist (`store.ensure_tables`). What the lake has is judged again first, where the contract has
    changed. The reasons of batches in `recorded` are not counted again.
    """
    unusable = context.unusable.get(dataset.id)
    if unusable is not None and not isinstance(unusable, ColumnTypeChanged):
        return [Batch(dataset.id, dataset.source.path, "failed", message=str(unusable))]
    if is_asked(dataset):
        return _asked(context, dataset, recorded)
    try:
        with opening(dataset, context.settings):
            return _lying(context, dataset, recorded)
    except DeliveryRefused as refusal:
        return [Batch(dataset.id, dataset.source.path, "failed", message=str(refusal))]


def _lying(context: Ingestion, dataset: Dataset, recorded: Collection[str]) -> list[Batch]:
    """What becomes of every file that lies where the dataset's deliveries do."""
    try:
        root = context.catalogue.deliveries
        paths = {delivered_path(url, dataset, context): url for url in find_deliveries(dataset, root)}
        marks = marks_of(context, dataset)
    except OSError as error:
        raise _unfound(dataset, error) from None
    except Exception as error:
        if store_of(dataset) is None:
            raise
        raise _unfound(dataset, error) from None
    dated = (_dated(context, dataset, url, path) for path, url in paths.items() if path not in marks)
    found = sorted(dated, key=lambda one: (one.day or date.max, one.path))
    again = _judged_again(context, dataset, found)
    if dataset.id in context.unusable:
        return again
    gone = take_back(context, dataset, marks, paths)
    if not found and not gone:
        return [*again, _missing(context, dataset)]
    judged = {one.batch: one for one in again}
    return [*gone, *(_told(_one(context, dataset, one, recorded), judged) for one in found)]


def _asked(context: Ingestion, dataset: Dataset, recorded: Collection[str]) -> list[Batch]:
    """What a database gives now, after what the lake has was judged again."""
    again = _judged_again(context, dataset, [])
    if dataset.id in context.unusable:
        return again
    try:
        found = extract(context, dataset)
        if found.standing is not None:
            return [*again, *_standing(context, dataset, found.standing, {one.batch for one in again})]
        given = _one(context, dataset, Lying(f"file://{found.file}", found.path, found.day, arriving=True), recorded)
    except NotSettled as unsettled:
        given = Batch(dataset.id, dataset.source.path, "waiting", message=str(unsettled))
    except DeliveryRefused as refusal:
        given = Batch(dataset.id, dataset.source.path, "failed", message=str(refusal))
    except Exception as error:
        unread = refused_unread(dataset, dataset.source.path, error, None)
        given = Batch(dataset.id, dataset.source.path, "failed", message=str(unread))
    finally:
        shutil.rmtree(context.scratch(dataset), ignore_errors=True)
    return [*(one for one in again if one.batch != given.batch), _told(given, {one.batch: one for one in again})]


def _standing(context: Ingestion, dataset: Dataset, newest: Delivery, told: Collection[str]) -> list[Batch]:
    """The newest delivery, of which a database that has nothing new is told as known."""
    stored = {one.batch: one for one in context.batches.get(dataset.id, [])}.get(newest.batch)
    return [] if stored is None or stored.batch in told else [outcome(dataset, "known", stored, newest)]


def ingest_lying(context: Ingestion, dataset: Dataset, found: Sequence[Lying]) -> list[Batch]:
    """Carry these files alone, as they came, and look at no other: a dataset made again from what landed."""
    return [_one(context, dataset, one, ()) for one in found]


def ingest_arriving(context: Ingestion, dataset: Dataset, urls: Sequence[str]) -> list[Batch]:
    """Carry these files among a dataset's deliveries, and look at no other: micro-batches of a stream.

    A file that is no longer there is told as failed. The dataset's tables exist (`store.ensure_tables`).
    """
    unusable = context.unusable.get(dataset.id)
    if unusable is not None:
        return [Batch(dataset.id, dataset.source.path, "failed", message=str(unusable))]
    found = ((url, delivered_path(url, dataset, context)) for url in urls)
    return [_one(context, dataset, _dated(context, dataset, url, path), ()) for url, path in found]


def _unfound(dataset: Dataset, error: Exception) -> DeliveryRefused:
    """Why what lies there cannot be told."""
    if store_of(dataset) is None and isinstance(error, OSError):
        return refused_by_system(dataset, dataset.source.path, error)
    return refused_by_store(dataset, dataset.source.path, error)


def _unreadable(dataset: Dataset, path: str, error: Exception, landed: Landed | None) -> DeliveryRefused:
    """Why a file could not be read: by what its reader stumbled over, or by the store that did not give it."""
    if store_of(dataset) is not None and landed is None:
        return refused_by_store(dataset, path, error)
    return refused_unread(dataset, path, error, landed)


def _judged_again(context: Ingestion, dataset: Dataset, found: Sequence[Lying]) -> list[Batch]:
    """What the lake has, judged by the contract as it is now, where another judged it."""
    if dataset.id not in context.unusable and not outdated(context, dataset):
        return []
    for one in found:
        if one.day is None:
            continue
        # A landed copy that is damaged or gone is made good by the same file, where it still lies there.
        with suppress(DeliveryRefused, OSError):
            land(dataset, one.url, context.settings.landing)
    return remake(context, dataset) if dataset.id in context.unusable else rejudge(context, dataset)


def _told(batch: Batch, judged: dict[str, Batch]) -> Batch:
    """A known delivery whose batch was judged again in this run is told as that."""
    again = judged.get(batch.batch) if batch.state == "known" else None
    return replace(again, path=batch.path, delivered_on=batch.delivered_on) if again else batch


def _missing(context: Ingestion, dataset: Dataset) -> Batch:
    refusal = DeliveryRefused(
        dataset.id,
        dataset.source.path,
        "there is no delivery",
        f"below {root_of(dataset, context.catalogue.deliveries)}",
        "Ask the department to deliver, or correct servers.path in the contract.",
    )
    return Batch(dataset.id, dataset.source.path, "failed", message=str(refusal))


def _dated(context: Ingestion, dataset: Dataset, url: str, path: str) -> Lying:
    try:
        admit(dataset, url, root_of(dataset, context.catalogue.deliveries))
        expect_settled(dataset, url, context.settings.clock)
        return Lying(url, path, _day(context, dataset, path), arriving=True)
    except NotSettled as unsettled:
        return Lying(url, path, waiting=str(unsettled))
    except DeliveryRefused as refusal:
        return Lying(url, path, refused=str(refusal))
    except Exception as error:
        return Lying(url, path, refused=str(_unreadable(dataset, path, error, None)))


def _day(context: Ingestion, dataset: Dataset, path: str) -> date:
    """The day of a delivery. Raises `ClockWentBack` where it would be a wrong one, or seems still to come."""
    now = today(context.settings.clock)
    if dataset.source.delivery_date == ARRIVAL:
        refuse_clock(context, dataset, now)
    try:
        return delivered_on(dataset, path, now, root_of(dataset, context.catalogue.deliveries))
    except StillToCome:
        refuse_clock(context, dataset, now)
        raise


def _one(context: Ingestion, dataset: Dataset, found: Lying, recorded: Collection[str]) -> Batch:
    if found.day is None:
        state = "waiting" if found.waiting else "failed"
        return Batch(dataset.id, found.path, state, message=found.waiting or found.refused)
    landed = None
    try:
        if batch := _seen(context, dataset, found):
            known = _known(context, dataset, (batch, found), recorded)
            if known is not None:
                return known
        before = fingerprint(found.url) if store_of(dataset) else ()
        landed = land(dataset, found.url, context.settings.landing, as_promised=found.arriving)
        taken = _known(context, dataset, (landed.batch, found), recorded) or _carry(context, dataset, landed, found)
        if before:
            Seen(context.settings, dataset).note(found.path, before, landed.batch)
        return taken
    except NotSettled as error:
        return Batch(dataset.id, found.path, "waiting", delivered_on=found.day, message=str(error))
    except (DeliveryRefused, ConservationBroken) as error:
        _unland(context, dataset, landed if found.arriving else None, recorded)
        return Batch(dataset.id, found.path, "failed", delivered_on=found.day, message=str(error))
    except duckdb.FatalException:
        # The engine itself is gone: it would refuse every other delivery in this one's name.
        raise
    except Exception as error:
        # Whatever a reader stumbles over is the fault of one delivery, and stops no other.
        refusal = _unreadable(dataset, found.path, error, landed)
        _unland(context, dataset, landed if found.arriving else None, recorded)
        return Batch(dataset.id, found.path, "failed", delivered_on=found.day, message=str(refusal))
    finally:
        shutil.rmtree(context.scratch(dataset), ignore_errors=True)


def _seen(context: Ingestion, dataset: Dataset, found: Lying) -> str:
    """The batch of a store's file that is as it was when it was taken; empty where it has to be fetched."""
    return Seen(context.settings, dataset).batch(found.path, fingerprint(found.url)) if store_of(dataset) else ""


def _unland(context: Ingestion, dataset: Dataset, landed: Landed | None, recorded: Collection[str]) -> None:
    """Take away what landed of a refused delivery, where neither lake nor ledger has those bytes from another time.

    What is carried again from landing itself is not given: it stays.
    """
    if landed is None:
        return
    stored = {one.batch for one in context.batches.get(dataset.id, [])}
    if landed.batch not in stored.union(recorded, context.recalled):
        unland(dataset, landed.batch, context.settings.landing)


def _known(context: Ingestion, dataset: Dataset, wanted: tuple[str, Lying], recorded: Collection[str]) -> Batch | None:
    """What is told of bytes that the lake has; their being delivered again, on another day or elsewhere, is noted."""
    batch, found = wanted
    stored = next((one for one in context.batches.get(dataset.id, []) if one.batch == batch), None)
    if stored is None or found.day is None:
        return None
    if stored.recalled:
        # No delivery of it is noted: it stands in place of nothing, and no good file of its day is refused for it.
        return outcome(dataset, "recalled", stored, _arriving(context, dataset, batch, found), message=_RECALLED)
    delivery = _same(context, dataset, batch, found) or _again(context, dataset, stored, found)
    unheard = stored.quarantined and batch not in recorded
    reasons = tally(context.connection, dataset, batch)[1] if unheard else {}
    if delivery.withdrawn:
        return outcome(dataset, "withdrawn", stored, delivery, message="withdrawn: it counts for nothing")
    if stored.held:
        return outcome(dataset, "held", stored, delivery, reasons=reasons, message=_held(dataset, stored))
    message = f"{_JUDGED_BEFORE} ({stored.contract})" if stored.tried else ""
    return outcome(dataset, "known", stored, delivery, reasons=reasons, message=message)


_RECALLED = (
    "these very bytes were recalled, and a recall is for good: they count for nothing, at whatever path and day they "
    "are delivered. Have the department deliver corrected ones."
)
_JUDGED_BEFORE = "judged by an earlier version of its contract: it cannot be judged by this one"


def _same(context: Ingestion, dataset: Dataset, batch: str, found: Lying) -> Delivery | None:
    """The delivery that this file is: the same bytes at the same place, and of that day where its path has one."""
    at_path = [
        one
        for one in context.deliveries.get(dataset.id, [])
        if one.path == found.path and (one.delivered_on == found.day or dataset.source.delivery_date == ARRIVAL)
    ]
    # What was taken back is so for good, whatever lay there since.
    gone = next((one for one in at_path if one.withdrawn and (one.batch, one.delivered_on) == (batch, found.day)), None)
    # What lay there before something else did is delivered again.
    newest = max(at_path, key=lambda one: one.arrived, default=None)
    return gone or (newest if newest and newest.batch == batch else None)


def _again(context: Ingestion, dataset: Dataset, stored: StoredBatch, found: Lying) -> Delivery:
    _refuse_same_day(context, dataset, stored.batch, found)
    delivery = _arriving(context, dataset, stored.batch, found)
    connection, known = context.connection, context.deliveries.get(dataset.id, [])
    connection.execute("begin transaction")
    try:
        write_delivery(connection, dataset.id, delivery)
        show(connection, dataset, [*without(known, delivery), delivery], context.batches[dataset.id])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    context.deliveries[dataset.id] = [*without(known, delivery), delivery]
    return delivery


def _carry(context: Ingestion, dataset: Dataset, landed: Landed, found: Lying) -> Batch:
    _refuse_same_day(context, dataset, landed.batch, found)
    batches = context.batches.get(dataset.id, [])
    number = max((one.delivery for one in batches), default=0) + 1
    delivery = _arriving(context, dataset, landed.batch, found)
    place = Place(delivery, number, contract_digest(dataset, context.catalogue.code_sets))
    carrier = Carrier(context, dataset, landed, place)
    stored, reasons = carrier.carry()
    held = {one.batch: one for one in carrier.held_too}
    context.batches[dataset.id] = [*(held.get(one.batch, one) for one in batches), stored]
    context.deliveries[dataset.id] = [*without(context.deliveries.get(dataset.id, []), delivery), delivery]
    if stored.recalled:
        return outcome(dataset, "recalled", stored, delivery, reasons=reasons, message=_RECALLED)
    if stored.held:
        return outcome(dataset, "held", stored, delivery, reasons=reasons, message=_held(dataset, stored))
    return outcome(dataset, "accepted", stored, delivery, reasons=reasons)


def _arriving(context: Ingestion, dataset: Dataset, batch: str, found: Lying) -> Delivery:
    arrived = max((one.arrived for one in context.deliveries.get(dataset.id, [])), default=0) + 1
    return Delivery(found.path, batch, found.day or date.max, arrived)


def _refuse_same_day(context: Ingestion, dataset: Dataset, batch: str, found: Lying) -> None:
    day = found.day or date.max
    recalled = {one.batch for one in context.batches.get(dataset.id, []) if one.recalled}
    standing = [one for one in context.deliveries.get(dataset.id, []) if one.batch not in recalled]
    other = same_day(dataset, standing, (found.path, batch, day))
    if other is not None:
        what = f"two files of one day ({day}) match a snapshot, which is one file: {other.path} was taken before"
        fix = (
            "Declare parts: true where a snapshot comes in several files; or take the wrong one back "
            "(zhongtai withdraw-delivery)."
        )
        raise DeliveryRefused(dataset.id, found.path, what, "its path", fix)


def _held(dataset: Dataset, stored: StoredBatch) -> str:
    return (
        f"{dataset.id}: {stored.path}: more than the largest rejected share ({dataset.largest_rejected_share:.0%}) of "
        f"its {stored.rows_read} rows was rejected, so it does not replace the snapshot before it and lies in "
        "quarantine whole. Ask for a corrected file; or correct the contract, by which it is then judged again."
    )


def unconserved(context: Ingestion, dataset: Dataset) -> dict[str, str]:
    """Batch -> what is wrong, for every whole batch whose stored rows are not those counted at delivery.

    Nothing is told of a dataset whose rows are lost: it is refused already, and they cannot be counted.
    """
    if isinstance(context.unusable.get(dataset.id), StoreLost):
        return {}
    stored = {
        batch: (rows, rejected)
        for batch, rows, rejected in context.connection.execute(
            f"select _batch, count(*), count(_faults) from {store_table(dataset)} group by _batch"
        ).fetchall()
    }
    return {
        one.batch: f"{one.rows_read} read, {one.quarantined} quarantined; stored: {stored.get(one.batch, (0, 0))}"
        for one in context.batches.get(dataset.id, [])
        if not one.recalled and stored.get(one.batch, (0, 0)) != (one.rows_read, one.quarantined)
    }
