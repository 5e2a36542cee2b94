"""Which physical state each table and view of the lake is in, by the catalog alone: no row is read.

Equal states, equal content. Unequal ones may be equal, too: a table that was written anew has another. What a content
is called is `versions`'.
"""

from __future__ import annotations

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


def table_states(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """`<schema>.<name>` -> its state."""
    return dict(connection.execute(_STATES.format(catalog="__ducklake_metadata_lake")).fetchall())
