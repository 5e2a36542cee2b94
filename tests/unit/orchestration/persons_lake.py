"""A lake of forty persons, with visits: who stands behind a row is known here by counting it otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from contracts.model import Agreement, Level, LogicalType, ProductColumn, SharingAttribute
from lineage.shadow.leaves import Leaves, PersonKey
from orchestration.share.persons import Persons

LEAVES: Leaves = {
    "lake.theme.person": (PersonKey("id", "resident_id"),),
    "lake.staging.visits": (PersonKey("id", "resident_id"),),
    "lake.staging.couples": (PersonKey("husband", "resident_id"), PersonKey("wife", "resident_id")),
    "lake.staging.guests": (PersonKey("passport", "passport_number"),),
    "lake.staging.places": (),
}

# 40 persons in districts A (24), B (12), C (4); each visits twice, person 1 ten times; visits 100 and up have no id.
_LAKE = """
attach ':memory:' as lake; attach ':memory:' as zt;
create schema lake.theme; create schema lake.staging; create schema lake.product;
create macro zt.declassify_mask_name(value) as left(value, 1) || '**';
create macro zt.declassify_registered_id(value) as value;
create macro zt.declassify_hmac(value) as sha256(value);
create macro zt.declassify_k_rows(n) as coalesce(n >= 10, false);
create macro zt.declassify_year(d) as cast(extract(year from d) as integer);
create table lake.theme.person as select 'P' || i as id, case when i <= 24 then 'A' when i <= 36 then 'B' else 'C' end
  as district, chr((65 + i % 5)::int) || i as name, date '1950-01-01' + (400 * i)::int as born from range(1, 41) t(i);
create table lake.staging.visits as
  select row_number() over () as visit, id, place, reason from (
    select 'P' || (1 + i % 40) as id, 1 + i % 3 as place, case when i % 40 < 11 then 'E11' else 'I10' end as reason
    from range(80) t(i) union all select 'P1', 1, 'E11' from range(8) union all select null, 9, 'I10' from range(3));
create table lake.staging.places as select i as place, 'R' || i as region from range(1, 10) t(i);
create table lake.staging.couples as select 'P' || i as husband, 'P' || (i + 1) as wife from range(1, 40, 2) t(i);
create table lake.staging.guests as select 'X' || i as passport, 'A' as district from range(12) t(i);
"""


@contextmanager
def lake(**models: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, Persons]]:
    """The lake with the products of these models built, and what counts the persons behind them."""
    with duckdb.connect() as connection:
        connection.execute(_LAKE)
        for name, sql in models.items():
            connection.execute(f"create table lake.product.{name} as {sql}")
        persons = Persons(connection, {f"lake.product.{name}": sql for name, sql in models.items()}, LEAVES)
        yield connection, persons
        persons.close()


def export(connection: duckdb.DuckDBPyConnection, sql: str, folder: Path) -> tuple[Path]:
    """A query's rows as one Parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    connection.execute(f"copy ({sql}) to '{folder / 'part-0.parquet'}' (format parquet)")
    return (folder / "part-0.parquet",)


def agreement(columns: Mapping[str, LogicalType], **changes: Any) -> Agreement:
    terms: dict[str, Any] = {
        "name": "transport__flow",
        "agency": "transport",
        "product": "flow",
        "title_zh": "流量",
        "title_en": "Flow",
        "purpose": "plan",
        "purpose_code": "plan",
        "legal_basis": "none",
        "level_ceiling": Level.L2,
        "sharing_attribute": SharingAttribute.CONDITIONAL,
        "scope": "all",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        "columns": tuple(ProductColumn(name, kind, name, name, "plan") for name, kind in columns.items()),
    }
    return Agreement(**{**terms, **changes})
