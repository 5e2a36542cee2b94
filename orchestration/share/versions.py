"""The version of each lake table as it is now, for comparing with the version that was checked.

Raw rows never change, so the list of whole batches names their content; staging and theme tables are digested.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from orchestration.city import City
from orchestration.versions import content_version


def current_versions(city: City, tables: Iterable[str]) -> dict[str, str]:
    """Table -> version; a table that does not exist is left out."""
    found: dict[str, str] = {}
    for table in tables:
        try:
            found[table] = table_version(city.connection, table)
        except duckdb.CatalogException:
            continue
    return found


def table_version(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The version of one table."""
    schema, name = table.split(".", 1)
    if schema != "raw":
        return content_version(connection, table)
    dataset = name.replace("__", ".", 1)
    row = connection.execute(
        "select coalesce(sum(accepted), 0), sha256(coalesce(string_agg(batch, ' ' order by batch), '')) "
        "from lake.meta.batches where dataset = ?",
        [dataset],
    ).fetchone()
    return f"{row[0]}-{row[1][:16]}" if row else "0-"
