"""The physical side of the raw lake: the store's tables and views as the contracts now have them, and its batches.

Catalog questions are asked once for all datasets, since DuckLake answers each from its metadata database. Nothing is
judged or counted here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from contracts.model import Dataset
from contracts.sql_text import identifier
from lake.attach import quarantine_table, raw_table, store_table
from quality.casts import sql_type

# Delivery number and batch lie on every row: looking them up in meta.batches made each read of a raw view open as many
# small files as there ever were deliveries.
TECHNICAL = {
    "_row": "BIGINT",
    "_faults": "VARCHAR[]",
    "_original": "VARCHAR",
    "_batch": "VARCHAR",
    "_delivery": "INTEGER",
}

Columns = Mapping[tuple[str, str], Mapping[str, str]]
"""(schema, table) -> column -> type, in order."""


class TableRefused(Exception):
    """A dataset's table cannot be made as its contract has it."""


class ColumnTypeChanged(TableRefused):
    """A contract gives a column another type than the lake has it in."""

    def __init__(self, dataset: str, column: str, have: str, wanted: str) -> None:
        self.dataset, self.column, self.have, self.wanted = dataset, column, have, wanted
        super().__init__(
            f"{dataset}: column {column!r} is {have} in the lake and {wanted} in the contract. "
            "A changed type is a new column: give it another name, or take the change back. Deliveries wait for that."
        )


@dataclass(frozen=True)
class StoredBatch:
    """A batch that is whole in the lake: its place among the dataset's deliveries, and its counts."""

    batch: str
    delivery: int
    delivered_on: date
    path: str
    rows_read: int
    accepted: int
    quarantined: int


def ensure_tables(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset]) -> dict[str, TableRefused]:
    """Each dataset's table in the store and its views of accepted and rejected rows; one transaction for all.

    A new column is added; old batches have null there. Returned are the datasets whose table stays as it was, with the
    reason: that is their fault alone.
    """
    have, wanted, refused = _columns(connection), dict[str, list[str]](), dict[str, TableRefused]()
    for dataset in datasets:
        try:
            wanted[dataset.id] = _statements(dataset, have)
        except TableRefused as error:
            refused[dataset.id] = error
    try:
        _together(connection, [statement for statements in wanted.values() for statement in statements])
    except duckdb.Error:
        # Each by itself, so that what one contract asks for and the engine does not have stops no other.
        refused |= {name: why for name, statements in wanted.items() if (why := _alone(connection, name, statements))}
    return refused


def _together(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    if not statements:
        return
    connection.execute("begin transaction")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _alone(connection: duckdb.DuckDBPyConnection, dataset: str, statements: Sequence[str]) -> TableRefused | None:
    try:
        _together(connection, statements)
    except duckdb.Error as error:
        return TableRefused(f"{dataset}: the engine cannot make its table ({error}). Correct the contract.")
    return None


def _statements(dataset: Dataset, have: Columns) -> list[str]:
    wanted = {column.name: sql_type(column.element) for column in dataset.columns}
    stored = have.get(("store", dataset.table), {})
    statements = []
    if not stored:
        body = ", ".join(f"{identifier(name)} {kind}" for name, kind in {**wanted, **TECHNICAL}.items())
        statements.append(f"create table {store_table(dataset)} ({body})")
    for name, kind in wanted.items():
        if stored and name not in stored:
            statements.append(f"alter table {store_table(dataset)} add column {identifier(name)} {kind}")
        elif stored and stored[name] != kind:
            raise ColumnTypeChanged(dataset.id, name, stored[name], kind)
    if list(have.get(("raw", dataset.table), {})) != [*wanted, "_batch", "_delivery", "_row"]:
        statements += _views(dataset, list(wanted))
    return statements


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'lake' and schema_name in ('store', 'raw') "
        "order by schema_name, table_name, column_index"
    )
    for schema, table, name, kind in rows.fetchall():
        found[(schema, table)][name] = kind
    return found


def stored_tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The names of the tables that the store has."""
    return {table for schema, table in _columns(connection) if schema == "store"}


def _views(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    names = ", ".join(identifier(name) for name in columns)
    store = store_table(dataset)
    return [
        f"create or replace view {raw_table(dataset)} as "
        f"select {names}, _batch, _delivery, _row from {store} where _faults is null",
        f"create or replace view {quarantine_table(dataset)} as "
        f"select _batch, _delivery, _row, _faults, _original from {store} where _faults is not null",
    ]


def stored_batches(connection: duckdb.DuckDBPyConnection) -> dict[str, list[StoredBatch]]:
    """Dataset -> its whole batches, oldest delivery first."""
    found: dict[str, list[StoredBatch]] = defaultdict(list)
    for dataset, *facts in connection.execute(
        "select dataset, batch, delivery, delivered_on, path, rows_read, accepted, quarantined "
        "from lake.meta.batches order by dataset, delivery"
    ).fetchall():
        found[dataset].append(StoredBatch(*facts))
    return found
