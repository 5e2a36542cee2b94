"""Which physical state each table and view of the lake is in, by the catalog and its files' sizes: no row is read.

Equal states, equal content. Unequal ones may be equal, too: a table that was written anew has another. What a content
is called is `versions`'.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

_STATES = """
with files as (
  select table_id, begin_snapshot as since from {catalog}.ducklake_data_file where end_snapshot is null
  union all
  select table_id, begin_snapshot from {catalog}.ducklake_delete_file where end_snapshot is null
),
held as (select table_id, max(since) as since, count(*) as n from files group by table_id),
things as (
  select schema_id, table_name as name, 't' || table_id || '.' || begin_snapshot || '.' || coalesce(since, 0) || '.'
    || coalesce(n, 0) as state
  from {catalog}.ducklake_table left join held using (table_id) where end_snapshot is null
  union all
  select schema_id, view_name, 'v' || view_id || '.' || begin_snapshot from {catalog}.ducklake_view
  where end_snapshot is null
)
select schema_name || '.' || name, state from things join {catalog}.ducklake_schema using (schema_id)
where end_snapshot is null
"""


_FILES = """
with files as (
  select table_id, path, path_is_relative, file_size_bytes, end_snapshot from {catalog}.ducklake_data_file
  union all
  select table_id, path, path_is_relative, file_size_bytes, end_snapshot from {catalog}.ducklake_delete_file
)
select s.schema_name || '.' || t.table_name,
  case when f.path_is_relative then s.path || t.path || f.path else f.path end, file_size_bytes
from files as f
join {catalog}.ducklake_table as t using (table_id)
join {catalog}.ducklake_schema as s using (schema_id)
where f.end_snapshot is null and t.end_snapshot is null and s.end_snapshot is null
"""
BROKEN = "broken"
_CATALOG = "__ducklake_metadata_lake"


def table_states(connection: duckdb.DuckDBPyConnection, data: Path | None = None) -> dict[str, str]:
    """`<schema>.<name>` -> its state; where the lake's `data` folder is given, `BROKEN` for a table of which a file is
    gone or has another size."""
    found = dict(connection.execute(_STATES.format(catalog=_CATALOG)).fetchall())
    return found if data is None else {**found, **dict.fromkeys(_broken(connection, data), BROKEN)}


def _broken(connection: duckdb.DuckDBPyConnection, data: Path) -> set[str]:
    rows = connection.execute(_FILES.format(catalog=_CATALOG)).fetchall()
    return {name for name, path, size in rows if _size(data / path) != size}


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
