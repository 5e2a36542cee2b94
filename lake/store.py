"""The physical side of the raw lake: the store's tables and views as the contracts now have them, and its batches.

Catalog questions are asked once for all datasets, since DuckLake answers each from its metadata database. Nothing is
judged or counted here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import duckdb

from contracts.conversions import landed
from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from lake.attach import quarantine_table, raw_table, store_table
from lake.in_one import in_one
from lake.made import Batches
from lake.order import Delivery, StoredBatch, ranks
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
            f"{dataset}: column {column!r} is {have} in the lake and {wanted} in the contract, and not every delivery "
            "could be judged again. Give the column another name, or take the change back; deliveries wait for that."
        )


def ensure_tables(connection: duckdb.DuckDBPyConnection, datasets: Iterable[Dataset]) -> dict[str, TableRefused]:
    """Each dataset's table in the store and its views of accepted and rejected rows; one transaction for all.

    A new column is added; old batches have null there. Returned are the datasets whose table stays as it was, with the
    reason: that is their fault alone.
    """
    have, wanted, refused = _columns(connection), dict[str, list[str]](), dict[str, TableRefused]()
    told = dict[str, str]()
    batches, deliveries = stored_batches(connection), stored_deliveries(connection)
    shown = dict(connection.execute("select dataset, content from lake.meta.raw_views").fetchall())
    for dataset in datasets:
        view = RawView(dataset, deliveries.get(dataset.id, []), batches.get(dataset.id, []))
        try:
            wanted[dataset.id] = _statements(dataset, have) + view.statements(shown.get(dataset.id))
            told |= {dataset.id: view.told} if shown.get(dataset.id) != view.told else {}
        except TableRefused as error:
            refused[dataset.id] = error
    try:
        _together(connection, [*(one for statements in wanted.values() for one in statements), *_telling(told)])
    except duckdb.Error:
        # Each by itself, so that what one contract asks for and the engine does not have stops no other.
        alone = {name: [*made, *_telling({name: told[name]} if name in told else {})] for name, made in wanted.items()}
        refused |= {name: why for name, made in alone.items() if (why := _alone(connection, name, made))}
    return refused


def _telling(told: Mapping[str, str]) -> list[str]:
    """What notes, by dataset, what its views show: of all at once, as each statement looks through those before it."""
    if not told:
        return []
    rows = ", ".join(f"({literal(name)}, {literal(content)})" for name, content in told.items())
    return [
        f"delete from lake.meta.raw_views where dataset in ({', '.join(map(literal, told))})",
        f"insert into lake.meta.raw_views values {rows}",
    ]


def _together(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    if not statements:
        return
    with in_one(connection):
        for statement in statements:
            connection.execute(statement)


def _alone(connection: duckdb.DuckDBPyConnection, dataset: str, statements: Sequence[str]) -> TableRefused | None:
    try:
        _together(connection, statements)
    except duckdb.Error as error:
        return TableRefused(f"{dataset}: the engine cannot make its table ({error}). Correct the contract.")
    return None


def _statements(dataset: Dataset, have: Columns) -> list[str]:
    wanted = {column.name: sql_type(landed(column)) for column in dataset.columns}
    stored = have.get(("store", dataset.table), {})
    statements = []
    if not stored:
        statements.append(_creation(dataset))
    for name, kind in wanted.items():
        if stored and name not in stored:
            statements.append(f"alter table {store_table(dataset)} add column {identifier(name)} {kind}")
        elif stored and stored[name] != kind:
            raise ColumnTypeChanged(dataset.id, name, stored[name], kind)
    return statements


def _creation(dataset: Dataset) -> str:
    types = {column.name: sql_type(landed(column)) for column in dataset.columns}
    body = ", ".join(f"{identifier(name)} {kind}" for name, kind in {**types, **TECHNICAL}.items())
    return f"create table {store_table(dataset)} ({body})"


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


class RawView:
    """The views of one dataset, as its deliveries have it: rows of batches that count, with their place in the order.

    `_delivery` there is that place, and not the number in the store: an older delivery may arrive late.
    """

    def __init__(self, dataset: Dataset, deliveries: Sequence[Delivery], batches: Sequence[StoredBatch]) -> None:
        self.dataset = dataset
        places = ranks(dataset, deliveries, batches)
        in_place = [places[number] for number in sorted(places)]
        # Where batches came in their order, their numbers are as good as places, and need no new view.
        plain = all(before < after for before, after in pairwise(in_place))
        self._place = "_delivery" if plain else _indexed(places)
        self._shown = {number: number for number in places} if plain else places
        self._batches = {one.delivery: one for one in batches}
        self._counts = _without(one.delivery for one in batches if one.delivery not in places)
        self._recalled = _without(one.delivery for one in batches if one.recalled)

    @property
    def counting(self) -> Batches:
        """The batches that it shows rows of."""
        shown = ((self._batches[number], place) for number, place in self._shown.items())
        return {batch.batch: (place, batch.judged) for batch, place in shown}

    @property
    def content(self) -> str:
        """The accepted rows as SQL: what the view shows, and by which its version is told."""
        names = ", ".join(identifier(column.name) for column in self.dataset.columns)
        place = self._place if self._place == "_delivery" else f"{self._place} as _delivery"
        return (
            f"select {names}, _batch, {place}, _row from {store_table(self.dataset)} "
            f"where _faults is null{self._counts}"
        )

    @property
    def told(self) -> str:
        """What is noted of the views: it tells whether they are as they should be."""
        # What is recalled may have counted for nothing before, and still leaves quarantine.
        return f"{self.content} /* quarantined{self._recalled} */" if self._recalled else self.content

    def statements(self, shown: str | None) -> list[str]:
        """What makes the views so, for what was noted of them to be replaced by `told`; nothing where they are."""
        if shown == self.told:
            return []
        return [
            f"create or replace view {raw_table(self.dataset)} as {self.content}",
            f"create or replace view {quarantine_table(self.dataset)} as select _batch, _delivery, _row, _faults, "
            f"_original from {store_table(self.dataset)} where _faults is not null{self._recalled}",
        ]


def _without(numbers: Iterable[int]) -> str:
    """The condition, after others, that rows are of none of these batches, by number; empty where there is none."""
    listed = ", ".join(map(str, sorted(numbers)))
    return f" and _delivery not in ({listed})" if listed else ""


def _indexed(places: Mapping[int, int]) -> str:
    """The place of a batch by its number in the store, as SQL."""
    listed = ", ".join(str(places.get(number, "null")) for number in range(1, max(places) + 1))
    return f"([{listed}]::integer[])[_delivery]"


def stored_batches(connection: duckdb.DuckDBPyConnection, of: str = "") -> dict[str, list[StoredBatch]]:
    """Dataset -> its whole batches, in the order they came to be stored: of all, or of one alone."""
    where = f"where dataset = {literal(of)}" if of else ""
    found: dict[str, list[StoredBatch]] = defaultdict(list)
    for dataset, *facts in connection.execute(
        "select dataset, batch, delivery, delivered_on, path, rows_read, accepted, quarantined, "
        "coalesce(contract, ''), coalesce(tried, ''), coalesce(held, false), "
        "batch in (select batch from lake.meta.recalled) "
        f"from lake.meta.batches {where} order by dataset, delivery"
    ).fetchall():
        found[dataset].append(StoredBatch(*facts))
    return found


def stored_deliveries(connection: duckdb.DuckDBPyConnection, of: str = "") -> dict[str, list[Delivery]]:
    """Dataset -> its deliveries in the order they arrived: of all, or of one alone. A batch of before there was a list
    of them has one.
    """
    where = f"where dataset = {literal(of)}" if of else ""
    found: dict[str, list[Delivery]] = defaultdict(list)
    for dataset, *facts in connection.execute(
        "select * from (select dataset, path, batch, delivered_on, arrived, withdrawn from lake.meta.deliveries "
        f"{where} union all "
        "select dataset, path, batch, delivered_on, delivery, false from lake.meta.batches as b where not exists "
        "(select 1 from lake.meta.deliveries as d where d.dataset = b.dataset and d.batch = b.batch)) "
        f"{where} order by 1, 5"
    ).fetchall():
        found[dataset].append(Delivery(*facts))
    return found


def write_batch(
    connection: duckdb.DuckDBPyConnection, dataset: str, batch: StoredBatch, *, first: bool = False
) -> None:
    """Set down a batch in place of what was known of it; of the `first` that is told of it there is nothing."""
    if not first:
        connection.execute(
            f"delete from lake.meta.batches where dataset = {literal(dataset)} and batch = {literal(batch.batch)}"
        )
    names = "dataset, batch, delivery, delivered_on, path, rows_read, accepted, quarantined, contract, tried, held"
    connection.execute(f"insert into lake.meta.batches ({names}) values ({_values(dataset, batch)})")


def write_delivery(
    connection: duckdb.DuckDBPyConnection, dataset: str, delivery: Delivery, *, first: bool = False
) -> None:
    """Set down a delivery in place of what was known of it; of the `first` that is told of it there is nothing."""
    known = {"dataset": dataset, "path": delivery.path, "batch": delivery.batch}
    where = " and ".join(f"{name} = {literal(value)}" for name, value in known.items())
    if not first:
        connection.execute(
            f"delete from lake.meta.deliveries where {where} and delivered_on = {literal(str(delivery.delivered_on))}"
        )
    connection.execute(f"insert into lake.meta.deliveries values ({_values(dataset, delivery)})")


def _values(dataset: str, record: StoredBatch | Delivery) -> str:
    # Bound parameters have DuckDB's client import pandas, which takes a second.
    # Whether a batch was recalled is the ledger's to say.
    facts = [value for name, value in vars(record).items() if name != "recalled"]
    return ", ".join(_literal(value) for value in (dataset, *facts))


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else literal(str(value))


def show(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    deliveries: Sequence[Delivery],
    batches: Sequence[StoredBatch],
) -> None:
    """Have the dataset's views show what its deliveries now say, within the caller's transaction."""
    row = connection.execute(
        f"select content from lake.meta.raw_views where dataset = {literal(dataset.id)}"
    ).fetchone()
    view = RawView(dataset, deliveries, batches)
    statements = view.statements(str(row[0]) if row else None)
    for statement in [*statements, *_telling({dataset.id: view.told} if statements else {})]:
        connection.execute(statement)


def remake_table(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> None:
    """An empty table of the contract's columns in place of the one there is, within the caller's transaction."""
    connection.execute(f"drop table {store_table(dataset)}")
    connection.execute(_creation(dataset))
