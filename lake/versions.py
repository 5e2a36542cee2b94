"""The version of each lake table as it is now, for comparing with the version that was checked.

Raw rows follow from the whole batches, the contracts that judged them, and what their view shows: these name them. A
view's content follows from its SQL and from the relations that it names, by the engine's own parser, so these name it:
whatever else is delivered makes it no other. Only tables that models write are digested, once per state of the lake.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import duckdb

from contracts.sql_text import identifier, literal

_STAGED = "stg_"


class Versions:
    """Versions of tables in one state of the lake (a DuckLake snapshot)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._known: dict[str, str | None] = {}
        self.snapshot = snapshot(connection)

    def of(self, tables: Iterable[str]) -> dict[str, str]:
        """Table -> version; a table that does not exist is left out."""
        found = {table: self._version(table) for table in tables}
        return {table: version for table, version in found.items() if version is not None}

    def _version(self, table: str) -> str | None:
        if table not in self._known:
            self._known[table] = self._compute(table)
        return self._known[table]

    def _compute(self, table: str) -> str | None:
        schema, name = table.split(".", 1)
        if schema == "raw":
            return self._raw.get(name.replace("__", ".", 1), _named("0", ""))
        if table in self._views:
            return self._view(name, self._views[table])
        try:
            return content_version(self._connection, table)
        except duckdb.CatalogException:
            return None

    def _view(self, name: str, sql: str) -> str:
        own = self._raw.get(name.removeprefix(_STAGED).replace("__", ".", 1)) if name.startswith(_STAGED) else None
        return _named("view", f"{sql}\n{own or self._below(sql)}")

    def _below(self, sql: str) -> str:
        """The versions of what a view names; of all raw data where nobody can say what that is."""
        named = relations(self._connection, sql)
        found = {table: self._version(table) for table in named or ()}
        if not found or None in found.values():
            return " ".join(f"{dataset}={version}" for dataset, version in sorted(self._raw.items()))
        return " ".join(f"{table}={version}" for table, version in sorted(found.items()))

    @cached_property
    def _raw(self) -> dict[str, str]:
        rows = self._connection.execute(
            "select dataset, sum(accepted), string_agg(batch || ' ' || coalesce(contract, ''), ' ' order by batch), "
            "any_value(content) from lake.meta.batches left join lake.meta.raw_views using (dataset) group by dataset"
        ).fetchall()
        return {dataset: _named(str(accepted), f"{batches}\n{shown}") for dataset, accepted, batches, shown in rows}

    @cached_property
    def _views(self) -> dict[str, str]:
        rows = self._connection.execute(
            "select schema_name, view_name, sql from duckdb_views() where database_name = 'lake' and not internal"
        ).fetchall()
        return {f"{schema}.{name}": sql for schema, name, sql in rows}


def relations(connection: duckdb.DuckDBPyConnection, view: str) -> frozenset[str] | None:
    """The relations of the lake that the text of a view names, as `<schema>.<table>`; None where that is not known."""
    body = view.partition(" AS ")[2].rstrip().removesuffix(";")
    (answer,) = connection.execute(f"select json_serialize_sql({literal(body)}, skip_null := true)").fetchone() or ("",)
    told = json.loads(answer or "{}")
    if told.get("error", True):
        return None
    found, within = set[str](), set[str]()
    todo: list[Any] = [told]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                schema, table = node.get("schema_name") or "", str(node.get("table_name"))
                found.add(f"{schema}.{table}" if node.get("catalog_name") == "lake" else table)
            elif node.get("type") == "TABLE_FUNCTION":
                return None
            within |= {str(one.get("key")) for one in (node.get("cte_map") or {}).get("map", ())}
            todo += node.values()
        elif isinstance(node, list):
            todo += node
    outside = found - within
    return frozenset(outside) if all("." in name for name in outside) else None


def raw_version(batches: Iterable[tuple[str, int, str]], shown: str) -> str:
    """The version of a raw table of these batches (id, accepted rows, digest of the contract), shown by this SQL.

    It is what `Versions` reads from the lake, for who has it at hand: a run of thousands need not ask for each.
    """
    told = sorted(batches)
    listed = " ".join(f"{batch} {contract}" for batch, _, contract in told)
    return _named(str(sum(accepted for _, accepted, _ in told)), f"{listed}\n{shown}")


def _named(prefix: str, content: str) -> str:
    return f"{prefix}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the lake's newest snapshot: equal numbers, equal content."""
    row = connection.execute("select id from ducklake_current_snapshot('lake')").fetchone()
    return int(row[0]) if row else 0


def content_version(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """`<rows>-<16 hex digits>`: a digest of the multiset of rows of `<schema>.<name>`, in one scan."""
    schema, name = table.split(".", 1)
    row = connection.execute(
        f"select count(*), coalesce(sum(hash(*columns(*)))::uhugeint % 18446744073709551616, 0) "
        f"from lake.{identifier(schema)}.{identifier(name)}"
    ).fetchone()
    rows, digest = row or (0, 0)
    return f"{rows}-{int(digest):016x}"
