"""A rule's SQL is a condition about one row: nothing else of the engine's is in its reach."""

from __future__ import annotations

import pytest

from contracts.model import LogicalType
from quality.declared import DuckDBEngine

COLUMNS = {"name": LogicalType.STRING, "age": LogicalType.INTEGER, "born_on": LogicalType.DATE}
HOSTILE = [
    "exists (select 1 from zt.pseudonym_key)",
    "(select count(*) from lake.meta.batches) > 0",
    "name in (select content from read_text('/etc/hostname'))",
    "name in (from read_csv('x.csv'))",
    "(select count(*) from glob('/*')) > 0",
    "(select true from duckdb_secrets())",
    "(select true from ducklake_list_files('lake', 'person'))",
    "getvariable('x') is null",
    "current_setting('temp_directory') is null",
    "getenv('HOME') is null",
    "nextval('s') > 0",
    "random() > 0",
    "now() > born_on",
    "current_user = name",
    "version() = name",
    "read_text('x') is null",
    "pg_catalog.pg_sleep(1) is null",
    "write_log(name) is null",
    "count(*) > 1",
    "row_number() over () > 1",
    "unnest([true])",
    "true); copy (select 1) to 'x.csv'; select (true",
    "true; attach 'x.db'",
    "true) or (select true from query('select 1')",
    "$1",
    "columns('.*') is not null",
]


@pytest.mark.parametrize("known", [COLUMNS, None], ids=["columns known", "columns not known"])
@pytest.mark.parametrize("sql", HOSTILE)
def test_more_than_a_condition_is_refused(sql: str, known: dict[str, LogicalType] | None) -> None:
    assert DuckDBEngine().condition_fault(sql, known)


@pytest.mark.parametrize(
    "sql",
    ["age is null or age >= 0", "length(trim(name)) > 0", "coalesce(name, '') <> 'x' and born_on > date '1900-01-01'"],
)
def test_a_condition_is_taken(sql: str) -> None:
    assert DuckDBEngine().condition_fault(sql, COLUMNS) is None
