"""A dataset that has a new name keeps its rows and its history: its table, and what is noted of it, move under it.

One transaction for each. What a dataset was called stands in its contract (`formerly`); batches keep their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

import duckdb

from contracts.model import Dataset
from contracts.sql_text import identifier, literal
from lake.settings import Settings

_NOTED = ("batches", "deliveries", "raw_views", "turned")


def take_former_names(connection: duckdb.DuckDBPyConnection, settings: Settings, datasets: Iterable[Dataset]) -> None:
    """Have every dataset with a former name hold what the lake has under that one. Done once; then nothing is left."""
    renamed = [dataset for dataset in datasets if dataset.formerly]
    if not renamed:
        return
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'lake' and schema_name = 'store'"
    ).fetchall()
    have = {str(name) for (name,) in rows}
    for dataset in renamed:
        for old in dataset.formerly:
            table = old.replace(".", "__")
            if table in have and dataset.table not in have:
                _rename(connection, old, dataset)
                have.add(dataset.table)
            _move_landed(settings, table, dataset.table)


def now_called(datasets: Mapping[str, Dataset]) -> dict[str, str]:
    """Former name -> the name that the dataset has now: what the ledger said is of the one dataset."""
    return {old: name for name, dataset in datasets.items() for old in dataset.formerly}


def _rename(connection: duckdb.DuckDBPyConnection, old: str, dataset: Dataset) -> None:
    table, new = old.replace(".", "__"), dataset.table
    connection.execute("begin transaction")
    try:
        # The views name the table: the next look at the dataset makes them anew.
        for schema in ("raw", "quarantine"):
            connection.execute(f"drop view if exists lake.{schema}.{identifier(table)}")
        connection.execute(f"drop view if exists lake.staging.{identifier(f'stg_{table}')}")
        connection.execute(f"alter table lake.store.{identifier(table)} rename to {identifier(new)}")
        for noted in _NOTED:
            names = f"set dataset = {literal(dataset.id)} where dataset = {literal(old)}"
            connection.execute(f"update lake.meta.{noted} {names}")
        connection.execute(f"delete from lake.meta.raw_views where dataset = {literal(dataset.id)}")
        connection.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise


def _move_landed(settings: Settings, old: str, new: str) -> None:
    """What landed lies in a folder of the table's name. A run that died in between left it: it is moved now."""
    before, after = settings.landing / old, settings.landing / new
    if before.is_dir() and not after.exists():
        before.rename(after)
