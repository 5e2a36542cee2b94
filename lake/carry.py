"""Carrying one batch into the lake: read, conform, count, commit. One batch is one transaction.

Either every record of it is in the lake, each with a verdict, and the counts agree, or nothing of it is. Which delivery
is carried when is `ingest`'s business, casting and judging are `quality.conform`'s, formats are the readers'.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa

from contracts.conversions import landed
from contracts.model import CodeSet, Dataset, DeliveryMode
from contracts.sql_text import identifier, literal
from lake.arrivals import arrival, untimely
from lake.attach import store_table
from lake.batch import ConservationBroken, Ingestion
from lake.blame import FailedScan
from lake.cores import threads_for, threads_of, use_threads
from lake.drifting import adapted, forget_draft, is_retyped, keep_draft, policy
from lake.order import Delivery, StoredBatch, parts_of, without
from lake.readers.delimited import REJECTS
from lake.readers.formats import Reading, read
from lake.readers.landing import Landed
from lake.readers.refusal import DeliveryRefused, HeadersDiffer
from lake.side_by_side import side_by_side
from lake.store import show, write_batch, write_delivery
from quality.casts import sql_type
from quality.conform import Delivered, conform_sql

# Above this share of structurally broken records, the file is not what the contract describes.
_MOST_BROKEN = 0.5
_STREAM = "_delivered"
_DOUBLED = "_doubled_keys"
# What a reader made of the same bytes before may differ: raised when one does, so that old deliveries are read again.
_READERS = 2
REJECTED_SHARE = "delivery:rejected_share"
_APPLY = "zhongtai contract apply"

Counted = tuple[StoredBatch, dict[str, int]]


def contract_digest(dataset: Dataset, code_sets: Mapping[str, CodeSet]) -> str:
    """16 hex digits of all that decides what becomes of a delivery's bytes: how they are read, cast and judged."""
    names = {column.name: f"c.{column.name}" for column in dataset.columns}
    judged = conform_sql(dataset, Delivered("delivered", names), code_sets)
    source = replace(dataset.source, path="", delivery_date="")
    facts = (
        _READERS,
        judged,
        source,
        [(column.name, column.headers, column.required, sql_type(landed(column))) for column in dataset.columns],
        (dataset.mode, dataset.largest_rejected_share, dataset.may_be_empty, dataset.key_twice),
        *([sorted(dataset.drift.items())] if dataset.drift else []),
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Place:
    """Where the rows of one batch belong: its delivery, its number in the store, and what it stands in place of."""

    delivery: Delivery
    number: int
    contract: str
    before: StoredBatch | None = None

    @property
    def literals(self) -> str:
        """Batch and number as SQL."""
        return f"{literal(self.delivery.batch)}, {self.number}"


@dataclass(frozen=True)
class _Scan:
    """A delivery as one SELECT, or as those of its `parts`; `records` is what the file itself tells of their number.

    Where it can be read `again` in another way, what the parser leaves out is no record of its own.
    """

    whole: str
    parts: Sequence[str]
    records: int | None
    again: bool = False


class Carrier:
    """One batch of one dataset on its way into the lake: `alone` in a transaction of its own, else in the caller's."""

    def __init__(
        self, context: Ingestion, dataset: Dataset, landed: Landed, place: Place, *, alone: bool = True
    ) -> None:
        self.context, self.dataset, self.landed, self.place, self.alone = context, dataset, landed, place, alone
        self.connection = context.connection
        self.code_sets = context.catalogue.code_sets
        self._doubled: pa.Table | None = None
        self._day = place.delivery.delivered_on
        self.held_too: list[StoredBatch] = []
        self._drifted: Mapping[str, str] = {}

    def carry(self) -> Counted:
        """The batch as it is stored, and its reasons. Raises `DeliveryRefused`, `ConservationBroken`."""
        use_threads(self.connection, threads_for(self.landed.bytes, self.context.settings.threads))
        delivered, records = self._read()
        try:
            return self._transacted(delivered, records)
        except ConservationBroken:
            if not delivered.again:
                raise
        if not self.alone:
            self._clear()
        return self._transacted(*delivered.again())

    def _read(self) -> Reading:
        """The delivery as its contract has it; one of other columns as the contract says of such."""
        scratch = self.context.scratch(self.dataset)
        try:
            found = read(self.dataset, self.landed, scratch, self.connection)
        except HeadersDiffer as differ:
            # An older delivery that is judged again says nothing of what comes now.
            # Of a stream no draft would be applied: no run carries it.
            fresh = not self.place.before and self.dataset.stream is None
            drafted = fresh and keep_draft(self.context.settings, self.dataset, differ, self.landed)
            other = adapted(self.dataset, differ)
            if other is None:
                raise differ.because(f"a changed contract is drafted: {_APPLY} {self.dataset.id}" * drafted) from None
            self._drifted = other.faults
            delivered, records = read(other.dataset, self.landed, scratch, self.connection)
            return other.completed(delivered), records
        if not self.place.before:
            forget_draft(self.context.settings, self.dataset)
        return found

    def _transacted(self, delivered: Delivered, records: int | None) -> Counted:
        if not self.alone:
            return self._recorded(delivered, records)
        self.connection.execute("begin transaction")
        try:
            counted = self._recorded(delivered, records)
            self.connection.execute("commit")
        except duckdb.Error as error:
            self.connection.execute("rollback")
            scan = FailedScan(self.connection, self.dataset, delivered, self.code_sets)
            raise scan.blamed(self.place.delivery.path) or error from None
        except BaseException:
            self.connection.execute("rollback")
            raise
        return counted

    def _recorded(self, delivered: Delivered, records: int | None) -> Counted:
        stored, reasons = self._settled(delivered, records)
        self._record(stored)
        return stored, reasons

    def _settled(self, delivered: Delivered, records: int | None) -> Counted:
        """The rows moved: again, where the first scan shows what no single row could."""
        if self.place.before and self.alone:
            self._clear()
        stored, reasons = self._moved(delivered, records, {})
        more = self._contradictions()
        if more:
            self._again()
            stored, reasons = self._moved(delivered, records, more)
        if self._too_much_rejected(stored):
            self._again()
            stored, reasons = self._moved(delivered, records, {**more, REJECTED_SHARE: "true"})
            stored = replace(stored, held=True)
        return stored, reasons

    def _again(self) -> None:
        """Nothing of the batch has been moved yet."""
        if self.alone:
            self.connection.execute("rollback")
            self.connection.execute("begin transaction")
        if self.place.before or not self.alone:
            self._clear()
        if self._doubled is not None:
            # What was registered before a rollback is gone with it.
            self.connection.register(_DOUBLED, self._doubled)

    def _clear(self) -> None:
        batch = literal(self.place.delivery.batch)
        self.connection.execute(f"delete from {store_table(self.dataset)} where _batch = {batch}")

    def _moved(self, delivered: Delivered, records: int | None, more: Mapping[str, str]) -> Counted:
        """One scan, with the conditions of `more` (fault -> SQL) beside the contract's own."""
        # The parts' cursors do not see what this connection alone has registered.
        more = {**self._drifted, **self._untimely(), **more}
        whole, *parts = (
            conform_sql(self.dataset, replace(delivered, relation=relation), self.code_sets, more, self._day)
            for relation in (delivered.relation, *(delivered.parts if not more else ()))
        )
        moved = self._move(_Scan(whole, parts, records, bool(delivered.again)))
        return self._count((moved if records is None else records, moved), delivered.doubts)

    def _untimely(self) -> Mapping[str, str]:
        """Of a stream: the records whose time is not to be believed, or too long ago, by when the batch arrived."""
        if self.dataset.stream is None:
            return {}
        return untimely(self.dataset, arrival(self.context.settings, self.dataset, self.place.delivery))

    def _move(self, scan: _Scan) -> int:
        if scan.parts:
            moved = self._move_parts(scan.parts)
            if moved == scan.records or scan.again:
                return moved
            # A record that cannot be read has no row, so the numbers of those after it would depend on where the file
            # was cut: it is read again, as one.
            self._again()
        self.connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
        moved = self._insert(f"({scan.whole})")
        return moved if scan.again else moved + self._move_unread()

    def _move_parts(self, selects: Sequence[str]) -> int:
        """The rows of parts that are read at the same time."""
        cursors, threads = [self.connection.cursor() for _ in selects], threads_of(self.connection)
        # Each cursor has a thread of its own: DuckDB's would only look whether there is something to do.
        use_threads(self.connection, 1)
        try:
            with side_by_side(cursors, selects) as stream:
                self.connection.register(_STREAM, stream)
                moved = self._insert(_STREAM)
                self.connection.unregister(_STREAM)
        finally:
            use_threads(self.connection, threads)
        return moved

    def _insert(self, source: str) -> int:
        names = ", ".join(identifier(column.name) for column in self.dataset.columns)
        moved = self.connection.execute(
            f"insert into {store_table(self.dataset)} ({names}, _row, _faults, _original, _batch, _delivery) "
            f"select *, {self.place.literals} from {source}"
        ).fetchone()
        return int(moved[0]) if moved else 0

    def _move_unread(self) -> int:
        """What the CSV parser could not read as a record, into quarantine as it stands."""
        source = self.dataset.source
        if source.inner_format != "csv":
            return 0
        if not self.connection.execute("from reject_errors limit 1").fetchone():
            return 0
        moved = self.connection.execute(
            f"insert into {store_table(self.dataset)} (_batch, _delivery, _faults, _original) "
            f"select {self.place.literals}, [_fault], to_json({{'line': _line, 'text': _text}}) from ({REJECTS})"
        ).fetchone()
        return int(moved[0]) if moved else 0

    def _contradictions(self) -> dict[str, str]:
        """Fault -> SQL for rows whose key stands in this delivery with other values, too; empty where there are none.

        A row that says the same twice contradicts nothing: it merges.
        """
        dataset = self.dataset
        if not dataset.key or dataset.key_twice != "fault":
            return {}
        key = ", ".join(identifier(column.name) for column in dataset.key)
        names = ", ".join(identifier(column.name) for column in dataset.columns)
        there = " and ".join(f"{identifier(column.name)} is not null" for column in dataset.key)
        batches = [self.place.delivery.batch, *(one.batch for one in self._parts() if not one.held)]
        listed = ", ".join(literal(one) for one in batches)
        rows = f"from {store_table(dataset)} where _batch in ({listed}) and _faults is null and {there}"
        repeated = self.connection.execute(f"select count(*) - count(distinct ({key})) {rows}").fetchone()
        if not repeated or not repeated[0]:
            return {}
        doubled = self.connection.execute(
            f"select {key} {rows} group by {key} having count(distinct row({names})) > 1"
        ).to_arrow_table()
        if not doubled.num_rows:
            return {}
        self._doubled = doubled
        fault = f"key_twice:{'+'.join(column.name for column in dataset.key)}"
        return {fault: f"coalesce(({key}) in (select ({key}) from {_DOUBLED}), false)"}

    def _too_much_rejected(self, stored: StoredBatch) -> bool:
        """Whether a snapshot would put few rows, or none, in place of a good one."""
        if self.dataset.mode is not DeliveryMode.SNAPSHOT or not stored.rows_read:
            return False
        # What another version of the contract made of the other parts says nothing of them now.
        parts = [one for one in self._parts() if one.contract == self.place.contract]
        same = {stored.batch, *(one.batch for one in self._parts())}
        others = self.context.batches.get(self.dataset.id, [])
        good = any(one.accepted and not (one.held or one.recalled) and one.batch not in same for one in others)
        read, rejected = (sum(getattr(one, name) for one in (stored, *parts)) for name in ("rows_read", "quarantined"))
        return good and (any(one.held for one in parts) or rejected > read * self.dataset.largest_rejected_share)

    def _parts(self) -> list[StoredBatch]:
        """The batches before this one that are one delivery with it."""
        known = self.context.deliveries.get(self.dataset.id, [])
        found = parts_of(self.dataset, self.place.delivery, known, self.context.batches.get(self.dataset.id, []))
        return [one for one in found if one.batch != self.place.delivery.batch]

    def _count(self, counts: tuple[int, int], doubts: Mapping[str, str]) -> Counted:
        """Hold what is stored against `counts`: the records the file itself tells, and the rows the scan moved."""
        delivery = self.place.delivery
        total, reasons, quarantined = tally(self.connection, self.dataset, delivery.batch)
        if counts != (total, total):
            raise ConservationBroken(self.dataset.id, delivery.batch, *counts, total)
        self._refuse_shapeless(total, reasons, doubts)
        self._refuse_retyped(total, reasons)
        stored = StoredBatch(
            batch=delivery.batch,
            delivery=self.place.number,
            delivered_on=delivery.delivered_on,
            path=delivery.path,
            rows_read=total,
            accepted=total - quarantined,
            quarantined=quarantined,
            contract=self.place.contract,
            recalled=delivery.batch in self.context.recalled,
        )
        return stored, reasons

    def _refuse_shapeless(self, total: int, reasons: Mapping[str, int], doubts: Mapping[str, str]) -> None:
        dataset, file = self.dataset, self.place.delivery.path
        broken = {why.removeprefix("structure:"): rows for why, rows in reasons.items() if why.startswith("structure:")}
        if total == 0 and not dataset.may_be_empty:
            what = "the file has no records"
            fix = "Ask for it again; where there may be nothing to report, declare may_be_empty: true."
        elif total and sum(broken.values()) > total * _MOST_BROKEN:
            kinds = ", ".join(f"{why} {rows}" for why, rows in broken.items())
            told = "".join(f"; {doubts[f'structure:{why}']}" for why in broken if f"structure:{why}" in doubts)
            what = f"{sum(broken.values())} of {total} records are not of the contracted shape ({kinds}){told}"
            fix = "Compare the file with what the contract says of it (servers, properties), or ask for it again."
        else:
            return
        raise DeliveryRefused(dataset.id, file, what, "as a whole", fix)

    def _refuse_retyped(self, total: int, reasons: Mapping[str, int]) -> None:
        columns = is_retyped(reasons, total) if policy(self.dataset, "retyped") == "refuse" else []
        if columns:
            told = ", ".join(f"{name} ({reasons[f'type:{name}']} of {total} rows)" for name in columns)
            fix = "Ask for the contracted types, or change the elements of these columns in the contract."
            what = f"{len(columns)} columns do not read as their types: {told}"
            raise DeliveryRefused(self.dataset.id, self.place.delivery.path, what, "as a whole", fix)

    def _record(self, stored: StoredBatch) -> None:
        """Set down batch and delivery, and have the views show them: in the same transaction as the rows."""
        name, delivery = self.dataset.id, self.place.delivery
        # One part that is held holds all of its delivery.
        self.held_too = [replace(one, held=True) for one in self._parts() if stored.held and not one.held]
        settled = {one.batch: one for one in (*self.held_too, stored)}
        before = self.context.batches.get(name, [])
        batches = [settled.pop(one.batch, one) for one in before] + list(settled.values())
        known = self.context.deliveries.get(name, [])
        deliveries = known if delivery in known else [*without(known, delivery), delivery]
        # To look for what is replaced costs a scan of all datasets' batches: of what is not known there is nothing.
        there, places = {one.batch for one in before}, {(one.path, one.batch, one.delivered_on) for one in known}
        for one in (*self.held_too, stored):
            write_batch(self.connection, name, one, first=self.alone and one.batch not in there)
        if delivery not in known:
            new = (delivery.path, delivery.batch, delivery.delivered_on) not in places
            write_delivery(self.connection, name, delivery, first=self.alone and new)
        show(self.connection, self.dataset, deliveries, batches)


def tally(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str) -> tuple[int, dict[str, int], int]:
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
