"""Carrying one dataset's deliveries into the lake: land, read, conform, count, commit.

One delivery is one transaction: either every record of it is in the lake, each with a verdict, and the counts agree, or
nothing of it is. Casting and judging are `quality.conform`'s, formats are the readers'.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from contracts.model import Catalogue, Dataset
from contracts.sql_text import identifier, literal
from orchestration.lake import quarantine_table, raw_table, store_table
from orchestration.readers.delimited import REJECTS
from orchestration.readers.formats import read
from orchestration.readers.landing import Landed, delivered_on, find_deliveries, land
from orchestration.readers.refusal import DeliveryRefused
from orchestration.settings import Settings
from quality.casts import sql_type
from quality.conform import conform_sql

# Above this share of structurally broken records, the file is not what the contract describes.
_MOST_BROKEN = 0.5


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


@dataclass(frozen=True)
class Ingestion:
    """The context that every delivery of a run shares."""

    connection: duckdb.DuckDBPyConnection
    catalogue: Catalogue
    settings: Settings


def ingest(context: Ingestion, dataset: Dataset) -> list[Batch]:
    """Carry every delivery of a dataset that is not in the lake yet. A failed delivery does not stop the next one."""
    urls = find_deliveries(dataset, context.catalogue.deliveries)
    ensure_tables(context.connection, dataset)
    if not urls:
        return [_missing(context, dataset)]
    return [_one(context, dataset, url) for url in urls]


def _missing(context: Ingestion, dataset: Dataset) -> Batch:
    refusal = DeliveryRefused(
        dataset.id,
        dataset.source.path,
        "there is no delivery",
        f"below {context.catalogue.deliveries}",
        "Ask the department to deliver, or correct servers.path in the contract.",
    )
    return Batch(dataset.id, dataset.source.path, "failed", message=str(refusal))


def _one(context: Ingestion, dataset: Dataset, url: str) -> Batch:
    relative = url.removeprefix(f"file://{context.catalogue.deliveries}/")
    scratch = context.settings.scratch / dataset.table
    try:
        landed = land(dataset, url, context.settings.landing)
        known = known_batch(context.connection, dataset, landed.batch)
        return known or _carry(context, dataset, landed, relative)
    except (DeliveryRefused, ConservationBroken) as error:
        return Batch(dataset.id, relative, "failed", message=str(error))
    except duckdb.Error as error:
        # The engine's text may quote cell values: keep its kind, not its words.
        refusal = DeliveryRefused(
            dataset.id,
            Path(relative).name,
            f"the file could not be read ({type(error).__name__})",
            relative,
            "Compare the file with servers.format, delimiter, quote and encoding in the contract.",
        )
        return Batch(dataset.id, relative, "failed", message=str(refusal))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def known_batch(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str) -> Batch | None:
    """The batch as the lake has it, or None."""
    row = connection.execute(
        "select path, delivery, delivered_on, rows_read, accepted, quarantined from lake.meta.batches "
        "where dataset = ? and batch = ?",
        [dataset.id, batch],
    ).fetchone()
    if row is None:
        return None
    path, delivery, on, read_rows, accepted, quarantined = row
    reasons = _reasons(connection, dataset, batch) if quarantined else {}
    return Batch(dataset.id, path, "known", batch, delivery, on, read_rows, accepted, quarantined, reasons)


def _carry(context: Ingestion, dataset: Dataset, landed: Landed, relative: str) -> Batch:
    connection = context.connection
    scratch = context.settings.scratch / dataset.table
    delivered, records = read(dataset, landed, scratch, connection)
    select = conform_sql(dataset, delivered, context.catalogue.code_sets)
    connection.execute("begin transaction")
    try:
        moved = _move(connection, dataset, landed.batch, select)
        batch = _count(context, dataset, landed, relative, moved if records is None else records, moved)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return batch


def _move(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str, select: str) -> int:
    names = ", ".join(identifier(column.name) for column in dataset.columns)
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    table = store_table(dataset)
    moved = connection.execute(
        f"insert into {table} ({names}, _row, _faults, _original, _batch) select *, {literal(batch)} from ({select})"
    ).fetchone()
    unread = 0
    if dataset.source.format in {"csv", "zip"}:
        answer = connection.execute(
            f"insert into {table} (_batch, _faults, _original) select {literal(batch)}, [_fault], "
            f"to_json({{'line': _line, 'text': _text}}) from ({REJECTS})"
        ).fetchone()
        unread = int(answer[0]) if answer else 0
    return (int(moved[0]) if moved else 0) + unread


def _count(context: Ingestion, dataset: Dataset, landed: Landed, relative: str, records: int, moved: int) -> Batch:
    connection = context.connection
    total, quarantined, broken = connection.execute(
        f"""select count(*), count(_faults),
              count(*) filter (where starts_with(_faults[1], 'structure:'))
            from {store_table(dataset)} where _batch = ?""",
        [landed.batch],
    ).fetchone() or (0, 0, 0)
    if not records == moved == total:
        raise ConservationBroken(dataset.id, landed.batch, records, moved, total)
    _refuse_shapeless(dataset, landed, total, broken)
    row = connection.execute(
        "select coalesce(max(delivery), 0) + 1 from lake.meta.batches where dataset = ?", [dataset.id]
    ).fetchone()
    delivery = int(row[0]) if row else 1
    on = delivered_on(relative, context.settings.clock.now().date())
    connection.execute(
        "insert into lake.meta.batches values (?, ?, ?, ?, ?, ?, ?, ?)",
        [dataset.id, landed.batch, delivery, on, relative, total, total - quarantined, quarantined],
    )
    reasons = _reasons(connection, dataset, landed.batch) if quarantined else {}
    return Batch(
        dataset.id, relative, "accepted", landed.batch, delivery, on, total, total - quarantined, quarantined, reasons
    )


def _refuse_shapeless(dataset: Dataset, landed: Landed, total: int, broken: int) -> None:
    what = "the file has no records" if total == 0 else ""
    if total and broken > total * _MOST_BROKEN:
        what = f"{broken} of {total} records have too few or too many fields"
    if what:
        raise DeliveryRefused(
            dataset.id,
            landed.file.name,
            what,
            "as a whole",
            "Compare the file with servers.delimiter, quote and skip_rows in the contract, or ask for it again.",
        )


def _reasons(connection: duckdb.DuckDBPyConnection, dataset: Dataset, batch: str) -> dict[str, int]:
    return dict(
        connection.execute(
            f"""select fault, count(*) from (select unnest(_faults) as fault from {store_table(dataset)}
                where _batch = ? and _faults is not null) group by fault order by fault""",
            [batch],
        ).fetchall()
    )


def ensure_tables(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> None:
    """The dataset's table in the store, and its views of accepted and rejected rows, as the contract now has them.

    A new column is added; old batches have null there. Raises `ColumnTypeChanged` where a type differs.
    """
    have = _columns(connection, "store", dataset)
    wanted = {column.name: sql_type(column.element) for column in dataset.columns}
    technical = {"_row": "BIGINT", "_faults": "VARCHAR[]", "_original": "VARCHAR", "_batch": "VARCHAR"}
    if not have:
        body = ", ".join(f"{identifier(name)} {kind}" for name, kind in {**wanted, **technical}.items())
        connection.execute(f"create table {store_table(dataset)} ({body})")
    else:
        for name, kind in wanted.items():
            if name not in have:
                connection.execute(f"alter table {store_table(dataset)} add column {identifier(name)} {kind}")
            elif have[name] != kind:
                raise ColumnTypeChanged(dataset.id, name, have[name], kind)
    if list(_columns(connection, "raw", dataset)) != [*wanted, "_batch", "_delivery", "_row"]:
        _create_views(connection, dataset, list(wanted))


class ColumnTypeChanged(Exception):
    """A contract gives a column another type than the lake has it in."""

    def __init__(self, dataset: str, column: str, have: str, wanted: str) -> None:
        self.dataset, self.column, self.have, self.wanted = dataset, column, have, wanted
        super().__init__(
            f"{dataset}: column {column!r} is {have} in the lake and {wanted} in the contract. "
            "A type change is a new column: give it another name, or re-create the dataset's table from landing."
        )


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, dataset: Dataset) -> dict[str, str]:
    return dict(
        connection.execute(
            """select column_name, data_type from duckdb_columns()
               where database_name = 'lake' and schema_name = ? and table_name = ? order by column_index""",
            [schema, dataset.table],
        ).fetchall()
    )


def _create_views(connection: duckdb.DuckDBPyConnection, dataset: Dataset, columns: Sequence[str]) -> None:
    names = ", ".join(f"s.{identifier(name)}" for name in columns)
    whole = (
        f"{store_table(dataset)} s join lake.meta.batches b on b.batch = s._batch and b.dataset = {literal(dataset.id)}"
    )
    connection.execute(
        f"create or replace view {raw_table(dataset)} as select {names}, s._batch, b.delivery as _delivery, s._row "
        f"from {whole} where s._faults is null"
    )
    connection.execute(
        f"create or replace view {quarantine_table(dataset)} as "
        f"select s._batch, b.delivery as _delivery, s._row, s._faults, s._original from {whole} "
        "where s._faults is not null"
    )
