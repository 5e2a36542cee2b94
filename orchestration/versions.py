"""Naming the exact content of a lake table, so that what was checked and what leaves can be shown to be the same.

A version is `<rows>-<16 hex digits>`: an order-free digest of the multiset of rows. Same content, same version.
"""

from __future__ import annotations

import duckdb

from contracts.sql_text import identifier


def content_version(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The version of `<schema>.<name>` in the lake. One scan; sums of row hashes do not depend on order."""
    schema, name = table.split(".", 1)
    row = connection.execute(
        f"select count(*), coalesce(sum(hash(t))::uhugeint % 18446744073709551616, 0) "
        f"from lake.{identifier(schema)}.{identifier(name)} as t"
    ).fetchone()
    rows, digest = row or (0, 0)
    return f"{rows}-{int(digest):016x}"
