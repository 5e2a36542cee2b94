"""What the models of a project need and the lake has not: their tables, empty, and their views, in one transaction.

In a lake, whoever makes a table or a view has the whole catalog read twice, which takes longer than most models; so it
is done once for all of them, and dbt then fills the tables and finds the views. No row is written here, and nothing
that stands is changed. What cannot be made is left to dbt, which says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from graphlib import TopologicalSorter
from typing import Any

import duckdb

from contracts.sql_text import identifier
from lake.attach import CATALOG
from orchestration.transform.sandbox.selects import reads, select_fault
from orchestration.transform.sandbox.settings import setting_fault

Node = Mapping[str, Any]


def missing(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> list[Node]:
    """The models of a manifest whose table or view the lake has not, and whose SQL may be run."""
    standing = set(
        connection.execute(
            f"select schema_name, table_name from duckdb_tables() where database_name = '{CATALOG}' "
            f"union all select schema_name, view_name from duckdb_views() where database_name = '{CATALOG}'"
        ).fetchall()
    )
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    wanted = [node for node in models if (node["schema"], node["alias"]) not in standing]
    # What is run here is run as the platform's own: so nothing that was not judged as a model's text is.
    return [node for node in wanted if not setting_fault(node) and not _text_fault(node, manifest)]


def _text_fault(node: Node, manifest: Mapping[str, Any]) -> str:
    text = node.get("compiled_code")
    return select_fault(text, reads(node, manifest)) if text else ""


def frame(connection: duckdb.DuckDBPyConnection, nodes: Iterable[Node]) -> list[Node]:
    """Make the tables and views of compiled models: all of them, or none where one cannot be made. Returns those whose
    views were made, each after what it is made of: nothing is left to be done of them."""
    wanted = {node["unique_id"]: node for node in nodes}
    tables = [made for node in wanted.values() if (made := _table(node))]
    views = [(node, made) for node in _in_order(wanted) if (made := _view(node))]
    if not wanted:
        return []
    connection.execute("begin transaction")
    try:
        for statement in [*tables, *(text for _, text in views)]:
            connection.execute(statement)
        connection.execute("commit")
    except duckdb.Error:
        with suppress(duckdb.Error):  # the failure may have ended the transaction
            connection.execute("rollback")
        return []
    return [node for node, _ in views]


def refresh(connection: duckdb.DuckDBPyConnection, nodes: Iterable[Node], manifest: Mapping[str, Any]) -> None:
    """Have views that stand say what their compiled models say now, before anybody asks them: those that say another
    thing are replaced, all in one transaction. Their texts are judged as `missing` judges them."""
    wanted = {node["unique_id"]: node for node in nodes if not setting_fault(node) and not _text_fault(node, manifest)}
    with_text = [(node, text) for node in _in_order(wanted) if (text := _view(node))]
    same = _same(connection, [node for node, _ in with_text])
    changed = [text for node, text in with_text if node["unique_id"] not in same]
    if not changed:
        return
    connection.execute("begin transaction")
    try:
        for statement in changed:
            connection.execute(statement.replace("create view", "create or replace view", 1))
        connection.execute("commit")
    except duckdb.Error:
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise


def _same(connection: duckdb.DuckDBPyConnection, nodes: Sequence[Node]) -> set[str]:
    """The ids of those models whose views are defined by their queries, both as the engine spells them."""
    asked = {}
    for number, node in enumerate(nodes):
        with suppress(duckdb.Error):
            name = f"zhongtai_wanted_{number}"
            connection.execute(f"create or replace temp view {name} as ({node['compiled_code']}\n)")
            asked[name] = node
    rows = connection.execute(
        "select database_name, schema_name, view_name, regexp_replace(sql, '^CREATE (TEMP )?VIEW .*? AS ', '') "
        f"from duckdb_views() where database_name in ('{CATALOG}', 'temp')"
    ).fetchall()
    texts = {(database, schema if database == CATALOG else "", name): text for database, schema, name, text in rows}
    for name in asked:
        connection.execute(f"drop view temp.{name}")
    return {
        str(node["unique_id"])
        for name, node in asked.items()
        if texts.get(("temp", "", name)) == texts.get((CATALOG, node["schema"], node["alias"]), "")
    }


def _in_order(nodes: Mapping[str, Node]) -> list[Node]:
    above = {name: [other for other in node["depends_on"]["nodes"] if other in nodes] for name, node in nodes.items()}
    return [nodes[name] for name in TopologicalSorter(above).static_order()]


def _table(node: Node) -> str | None:
    """The statement for a table whose columns the model's contract names; None where it takes more than this."""
    columns = [_column(column) for column in node["columns"].values()]
    contract = node["config"].get("contract") or {}
    if node["config"]["materialized"] != "table" or not contract.get("enforced") or not all(columns):
        return None
    return None if node.get("constraints") else f"create table {_name(node)} ({', '.join(map(str, columns))})"


def _column(column: Mapping[str, Any]) -> str | None:
    kinds = {constraint["type"] for constraint in column.get("constraints") or ()}
    if kinds - {"not_null"} or not column.get("data_type"):
        return None
    return f"{identifier(column['name'])} {column['data_type']}{' not null' if kinds else ''}"


def _view(node: Node) -> str | None:
    if node["config"]["materialized"] != "view" or not node.get("compiled_code"):
        return None
    return f"create view {_name(node)} as ({node['compiled_code']}\n)"


def _name(node: Node) -> str:
    return f"{CATALOG}.{identifier(node['schema'])}.{identifier(node['alias'])}"
