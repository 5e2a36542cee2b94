"""Tables of which a file is gone or has another size, and what becomes of them.

One that a model is about to make is forgotten, so that it is made whole. What landed and was conformed is made by no
model: its dataset is refused, and others go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from contracts.model import Dataset
from contracts.sql_text import identifier
from lake.store import TableRefused
from lake.table_states import BROKEN, table_states


class StoreLost(TableRefused):
    """A file of what was accepted and rejected of a dataset is gone, or is not as it was written."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        super().__init__(
            f"{dataset}: a file of what the lake has of it is lost or changed (`zhongtai audit --deep` names it). "
            "`zhongtai rebuild` makes the lake again from what landed, or `zhongtai restore` brings back a backup; "
            "until then nothing of it is carried."
        )


def lost_stores(connection: duckdb.DuckDBPyConnection, data: Path, datasets: Iterable[Dataset]) -> dict[str, StoreLost]:
    """The datasets of which the lake, its files below `data`, has not all rows any more, each with its refusal."""
    states = table_states(connection, data)
    return {one.id: StoreLost(one.id) for one in datasets if states.get(f"store.{one.table}") == BROKEN}


def forget_lost(connection: duckdb.DuckDBPyConnection, data: Path, tables: Iterable[str]) -> list[str]:
    """Drop those of some tables of which a file below the lake's `data` folder is lost, and say which."""
    states = table_states(connection, data)
    lost = sorted({table for table in tables if states.get(table) == BROKEN})
    drop_tables(connection, lost)
    return lost


def drop_tables(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
    """Drop tables of the lake, `<schema>.<name>`."""
    for one in names:
        schema, table = one.split(".", 1)
        connection.execute(f"drop table lake.{identifier(schema)}.{identifier(table)}")
