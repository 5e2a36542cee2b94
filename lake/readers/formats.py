"""Which reader reads which format: one table. A new format is one line here and one function beside its kin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from contracts.model import Dataset
from lake.cores import threads_of
from lake.readers import delimited, documents, tables
from lake.readers.landing import Landed
from quality.conform import Delivered

Reading = tuple[Delivered, int | None]

_READERS: dict[str, Callable[[Dataset, Landed, Path, duckdb.DuckDBPyConnection], Reading]] = {
    "csv": lambda dataset, landed, scratch, connection: delimited.read_csv(
        dataset, landed, scratch, threads_of(connection)
    ),
    "fixed": lambda dataset, landed, scratch, connection: delimited.read_csv(dataset, landed, scratch),
    "zip": lambda dataset, landed, scratch, connection: delimited.read_zip(dataset, landed, scratch),
    "ndjson": documents.read_ndjson,
    "geojson": documents.read_geojson,
    "parquet": lambda dataset, landed, scratch, connection: tables.read_parquet(dataset, landed),
    "sqlite": lambda dataset, landed, scratch, connection: tables.read_sqlite(dataset, landed),
    "xlsx": lambda dataset, landed, scratch, connection: tables.read_xlsx(dataset, landed, connection),
    "xls": lambda dataset, landed, scratch, connection: tables.read_xls(dataset, landed, connection),
}


def read(dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection) -> Reading:
    """A landed delivery as a relation of text, and its number of records where the file itself tells it.

    Working copies go to `scratch`, which the caller removes. Raises `DeliveryRefused`.
    """
    return _READERS[dataset.source.format](dataset, landed, scratch, connection)
