"""The digest of a content is of all its columns, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from lake.reproducing import content_digest
from lake.versions import content_version

# What a query might call the table itself, and what engines call things.
NAMES = ("t", "lake", "product", "things", "columns", "hash", "_row", "rowid", "read_parquet", "filename")


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_any_name_hides_no_other(name: str, tmp_path: Path) -> None:
    found = set[str]()
    for number, other in enumerate((1, 2)):
        with duckdb.connect() as connection:
            connection.execute("attach ':memory:' as lake; create schema lake.product")
            rows = f'select 7 as "{name}", {other} as other'
            connection.execute(f"create table lake.product.things as {rows}")
            connection.execute(f"copy ({rows}) to '{tmp_path}/{number}.parquet'")
            found |= {
                content_version(connection, "product.things"),
                content_digest(connection, [tmp_path / f"{number}.parquet"]),
            }
    # Of each content one digest, of the table and of the file alike.
    assert len(found) == 2
