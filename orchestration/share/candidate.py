"""Exporting a product as the very files that may leave. Nothing is judged here."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from contracts.evidence import ProductCandidate
from contracts.sql_text import identifier, literal
from lake.versions import content_version
from sharing.candidate import read_candidate

FILE = "part-0.parquet"


class ProductMissing(Exception):
    """There is no table for a product: its model was not built, or failed."""

    def __init__(self, product: str) -> None:
        self.product = product
        super().__init__(
            f"product.{product}: there is no such table. Its dbt model failed or was not run: see `zhongtai run`."
        )


def export_candidate(connection: duckdb.DuckDBPyConnection, product: str, folder: Path) -> ProductCandidate:
    """Write the product's columns (technical ones, `_…`, stay) to one Parquet file, sorted, and describe the file.

    Table version and export see one snapshot of the lake. Equal content gives equal bytes. Raises `ProductMissing`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    connection.execute("begin transaction")
    try:
        columns = _columns(connection, product)
        version = content_version(connection, f"product.{product}")
        names = ", ".join(identifier(name) for name in columns)
        connection.execute(
            f"copy (select {names} from lake.product.{identifier(product)} order by all) "
            f"to {literal(str(folder / FILE))} (format parquet, compression zstd)"
        )
    finally:
        connection.execute("rollback")
    return read_candidate(product, folder, version)


def _columns(connection: duckdb.DuckDBPyConnection, product: str) -> list[str]:
    rows = connection.execute(
        """select column_name from duckdb_columns() where database_name = 'lake' and schema_name = 'product'
           and table_name = ? and not starts_with(column_name, '_') order by column_index""",
        [product],
    ).fetchall()
    if not rows:
        raise ProductMissing(product)
    return [name for (name,) in rows]
