"""Carrying one dataset's deliveries into the lake: land, read, conform, count, commit.

One delivery is one transaction: either every record of it is in the lake, each with a verdict, and the counts agree, or
nothing of it is. Casting and judging are `quality.conform`'s, formats are the readers'.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import duckdb

from contracts.clock import today
from contracts.model import Catalogue, Dataset
from contracts.sql_text import identifier, literal
from lake.attach import store_table
from lake.blame import FailedScan
from lake.cores import threads_for, threads_of, use_threads
from lake.readers.admission import admit, printable, refused_by_system
from lake.readers.delimited import REJECTS
from lake.readers.formats import read
from lake.readers.landing import Landed, delivered_on, find_deliveries, land
from lake.readers.refusal import DeliveryRefused
from lake.readers.unread import refused_unread
from lake.settings import Settings
from lake.side_by_side import side_by_side
from lake.store import StoredBatch
from quality.conform import conform_sql

# Above this share of structurally broken records, the file is not what the contract describes.
_MOST_BROKEN = 0.5
_STREAM = "_delivered"


class ConservationBroken(Exception):
    """The counts of one delivery disagree: records were lost or made on the way, so nothing of it was kept."""

    def __init__(self, dataset: str, batch: str, delivered: int, moved: int, stored: int) -> None:
        self.dataset, self.batch = dataset, batch
        self.delivered, self.moved, self.stored = delivered, moved, stored
        super().__init__(
            f"{dataset}: batch {batch}: {delivered} records delivered, {moved} moved by the scan, {stored} stored. "
            "Nothing of the batch was kept. Run again; if it persists, the file has records that the reader cannot "
            "tell apart (quotes out of place): ask for a well-formed file."
        )


@dataclass(frozen=True)
class Batch:
    """What became of one delivery. `state` is accepted, known (delivered before: a no-op) or failed.

    For accepted and known batches rows_read = accepted + quarantined; `reasons` counts failures by rule (a row may have
    several).
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
        }


@dataclass
class Ingestion:
    """The context that every delivery of a run shares: `batches` are those whole in the lake, by dataset, and grow.

    `unusable` says of datasets that have no table as their contract has it, why: nothing of theirs can be carried.
    """

    connection: duckdb.DuckDBPyConnection
    catalogue: Catalogue
    settings: Settings
    batches: dict[str, list[StoredBatch]]
    unusable: Mapping[str, str] = field(default_factory=dict)


def ingest(context: Ingestion, dataset: Dataset, recorded: Collection[str] = ()) -> list[Batch]:
    """Carry every delivery of a dataset that is not in the lake yet. A failed delivery does not stop the next one.

    The dataset's tables exist (`store.ensure_tables`). The reasons of batches in `recorded` are not counted again.
    """
    if dataset.id in context.unusable:
        return [Batch(dataset.id, dataset.source.path, "failed", message=context.unusable[dataset.id])]
    try:
        urls = find_deliveries(dataset, context.catalogue.deliveries)
    except OSError as error:
        refusal = refused_by_system(dataset, dataset.source.path, error)
        return [Batch(dataset.id, dataset.source.path, "failed", message=str(refusal))]
    if not urls:
        return [_missing(context, dataset)]
    return [_one(context, dataset, url, recorded) for url in urls]


def _missing(context: Ingestion, dataset: Dataset) -> Batch:
    refusal = DeliveryRefused(
        dataset.id,
        dataset.source.path,
        "there is no delivery",
        f"below {context.catalogue.deliveries}",
        "Ask the department to deliver, or correct servers.path in the contract.",
    )
    return Batch(dataset.id, dataset.source.path, "failed", message=str(refusal))


def _one(context: Ingestion, dataset: Dataset, url: str, recorded: Collection[str]) -> Batch:
    relative = printable(url.removeprefix(f"file://{context.catalogue.deliveries}/"))
    scratch = context.settings.scratch / dataset.table
    landed = None
    try:
        admit(dataset, url, context.catalogue.deliveries)
        day = delivered_on(dataset, relative, today(context.settings.clock))
        landed = land(dataset, url, context.settings.landing)
        known = _known(context, dataset, landed.batch, recorded)
        return known or _carry(context, dataset, landed, (relative, day))
    except (DeliveryRefused, ConservationBroken) as error:
        return Batch(dataset.id, relative, "failed", message=str(error))
    except duckdb.FatalException:
        # The engine itself is gone: it would refuse every other delivery in this one's name.
        raise
    except Exception as error:
        # Whatever a reader stumbles over is the fault of one delivery, and stops no other.
        return Batch(dataset.id, relative, "failed", message=str(refused_unread(dataset, relative, error, landed)))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _known(context: Ingestion, dataset: Dataset, batch: str, recorded: Collection[str]) -> Batch | None:
    found = next((one for one in context.batches.get(dataset.id, []) if one.batch == batch), None)
    if found is None:
        return None
    unheard = found.quarantined and batch not in recorded
    reasons = _tally(context.connection, dataset, batch)[1] if unheard else {}
    return _outcome(dataset, "known", found, reasons)


def _outcome(dataset: Dataset, state: str, stored: StoredBatch, reasons: Mapping[str, int]) -> Batch:
    return Batch(
        dataset.id,
        stored.path,
        state,
        stored.batch,
        stored.delivery,
        stored.delivered_on,
        stored.rows_read,
        stored.accepted,
        stored.quarantined,
        reasons,
    )


def _carry(context: Ingestion, dataset: Dataset, landed: Landed, of: tuple[str, date]) -> Batch:
    connection = context.connection
    scratch = context.settings.scratch / dataset.table
    use_threads(connection, threads_for(landed.bytes, context.settings.threads))
    delivered, records = read(dataset, landed, scratch, connection)
    whole, *parts = (
        conform_sql(dataset, replace(delivered, relation=relation), context.catalogue.code_sets)
        for relation in (delivered.relation, *delivered.parts)
    )
    connection.execute("begin transaction")
    try:
        place = _Place(landed.batch, _next_delivery(context, dataset), *of)
        moved = _move(connection, dataset, place, _Scan(whole, parts, records))
        stored, reasons = _count(context, dataset, place, (moved if records is None else records, moved))
        connection.execute("commit")
    except duckdb.Error as error:
        connection.execute("rollback")
        scan = FailedScan(connection, dataset, delivered, context.catalogue.code_sets)
        raise scan.blamed(of[0]) or error from None
    except BaseException:
        connection.execute("rollback")
        raise
    context.batches.setdefault(dataset.id, []).append(stored)
    return _outcome(dataset, "accepted", stored, reasons)


@dataclass(frozen=True)
class _Place:
    """Where the rows of one delivery belong: its batch, its number among the dataset's deliveries, its path and day."""

    batch: str
    delivery: int
    path: str
    day: date

    @property
    def literals(self) -> str:
        """Batch and delivery as SQL."""
        return f"{literal(self.batch)}, {self.delivery}"


def _next_delivery(context: Ingestion, dataset: Dataset) -> int:
    return max((one.delivery for one in context.batches.get(dataset.id, [])), default=0) + 1


@dataclass(frozen=True)
class _Scan:
    """A delivery as one SELECT, or as those of its `parts`; `records` is what its lines tell of their number."""

    whole: str
    parts: Sequence[str]
    records: int | None


def _move(connection: duckdb.DuckDBPyConnection, dataset: Dataset, place: _Place, scan: _Scan) -> int:
    if scan.parts:
        moved = _move_parts(connection, dataset, place, scan.parts)
        if moved == scan.records:
            return moved
        # A record that cannot be read has no row, so the numbers of those after it would depend on where the file was
        # cut: it is read again, as one.
        connection.execute("rollback")
        connection.execute("begin transaction")
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    return _insert(connection, dataset, place, f"({scan.whole})") + _move_unread(connection, dataset, place)


def _move_parts(connection: duckdb.DuckDBPyConnection, dataset: Dataset, place: _Place, selects: Sequence[str]) -> int:
    """The rows of parts that are read at the same time."""
    cursors, threads = [connection.cursor() for _ in selects], threads_of(connection)
    # Each cursor has a thread of its own: DuckDB's would only look whether there is something to do.
    use_threads(connection, 1)
    try:
        with side_by_side(cursors, selects) as stream:
            connection.register(_STREAM, stream)
            moved = _insert(connection, dataset, place, _STREAM)
            connection.unregister(_STREAM)
    finally:
        use_threads(connection, threads)
    return moved


def _insert(connection: duckdb.DuckDBPyConnection, dataset: Dataset, place: _Place, source: str) -> int:
    names = ", ".join(identifier(column.name) for column in dataset.columns)
    moved = connection.execute(
        f"insert into {store_table(dataset)} ({names}, _row, _faults, _original, _batch, _delivery) "
        f"select *, {place.literals} from {source}"
    ).fetchone()
    return int(moved[0]) if moved else 0


def _move_unread(connection: duckdb.DuckDBPyConnection, dataset: Dataset, place: _Place) -> int:
    """What the CSV parser could not read as a record, into quarantine as it stands."""
    format_ = dataset.source.member_format if dataset.source.format == "zip" else dataset.source.format
    if format_ != "csv" or not connection.execute("from reject_errors limit 1").fetchone():
        return 0
    moved = connection.execute(
        f"insert into {store_table(dataset)} (_batch, _delivery, _faults, _original) "
        f"select {place.literals}, [_fault], to_json({{'line': _line, 'text': _text}}) from ({REJECTS})"
    ).fetchone()
    return int(moved[0]) if moved else 0


def _count(
    context: Ingestion, dataset: Dataset, place: _Place, counts: tuple[int, int]
) -> tuple[StoredBatch, dict[str, int]]:
    """Hold what is stored against `counts`: the records the file itself tells, and the rows the scan moved."""
    total, reasons, quarantined = _tally(context.connection, dataset, place.batch)
    if counts != (total, total):
        raise ConservationBroken(dataset.id, place.batch, *counts, total)
    _refuse_shapeless(dataset, place.path, total, reasons)
    stored = StoredBatch(
        batch=place.batch,
        delivery=place.delivery,
        delivered_on=place.day,
        path=place.path,
        rows_read=total,
        accepted=total - quarantined,
        quarantined=quarantined,
    )
    values = ", ".join(map(_literal, [dataset.id, *vars(stored).values()]))
    context.connection.execute(f"insert into lake.meta.batches values ({values})")
    return stored, reasons


def _literal(value: object) -> str:
    # Bound parameters have DuckDB's client import pandas, which takes a second.
    return str(value) if isinstance(value, int) else literal(str(value))


def _tally(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str) -> tuple[int, dict[str, int], int]:
    """What is stored of a batch: all rows, failures by rule, rejected rows. One scan of two columns."""
    row = connection.execute(
        f"select count(*), count(_faults), histogram(array_to_string(_faults, '\n')) "
        f"from {store_table(dataset)} where _batch = {literal(batch)}"
    ).fetchone()
    total, rejected, combinations = row or (0, 0, None)
    reasons: Counter[str] = Counter()
    for names, rows in (combinations or {}).items():
        for name in names.split("\n"):
            reasons[name] += rows
    return total, dict(sorted(reasons.items())), rejected


def _refuse_shapeless(dataset: Dataset, file: str, total: int, reasons: Mapping[str, int]) -> None:
    broken = {why.removeprefix("structure:"): rows for why, rows in reasons.items() if why.startswith("structure:")}
    if total == 0:
        what, fix = "the file has no records", "Ask for it again, or for word that there is nothing to report."
    elif sum(broken.values()) > total * _MOST_BROKEN:
        kinds = ", ".join(f"{why} {rows}" for why, rows in broken.items())
        what = f"{sum(broken.values())} of {total} records are not of the contracted shape ({kinds})"
        fix = "Compare the file with what the contract says of it (servers, properties), or ask for it again."
    else:
        return
    raise DeliveryRefused(dataset.id, file, what, "as a whole", fix)


def unconserved(context: Ingestion, dataset: Dataset) -> dict[str, str]:
    """Batch -> what is wrong, for every whole batch whose stored rows are not those counted at delivery."""
    stored = {
        batch: (rows, rejected)
        for batch, rows, rejected in context.connection.execute(
            f"select _batch, count(*), count(_faults) from {store_table(dataset)} group by _batch"
        ).fetchall()
    }
    return {
        one.batch: f"{one.rows_read} read, {one.quarantined} quarantined; stored: {stored.get(one.batch, (0, 0))}"
        for one in context.batches.get(dataset.id, [])
        if stored.get(one.batch, (0, 0)) != (one.rows_read, one.quarantined)
    }
