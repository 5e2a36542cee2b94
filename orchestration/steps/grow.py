"""Extending tables by batches, before dbt builds the rest: in one transaction, rows of some batches leave, and what the
model's own SQL gives of these batches comes.

Which tables may is `orchestration/changes/growing.py`'s to say. A table that cannot be extended is left as it is, and
dbt makes it whole.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import duckdb

from contracts.sql_text import identifier, literal
from lake.attach import CATALOG
from orchestration.changes.growing import Growth
from orchestration.transform.run import ModelResult
from orchestration.transform.sandbox.selects import reads, select_fault
from orchestration.transform.sandbox.settings import setting_fault

Node = Mapping[str, Any]


def grow(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], growths: Mapping[str, tuple[Node, Growth]]
) -> dict[str, ModelResult]:
    """Extend tables, each after those that it is made of; those that could be, with what dbt would say of them."""
    made = dict[str, ModelResult]()
    for table, (node, growth) in growths.items():
        text, started = str(node["compiled_code"]), time.monotonic()
        # It is run as the platform's own: so nothing that was not judged as a model's text is.
        if setting_fault(node) or select_fault(text, reads(node, manifest)):
            continue
        if not any(above in growths and above not in made for above in _above(node, manifest)) and extended(
            connection, node, growth.touched
        ):
            seconds = time.monotonic() - started
            made[table] = ModelResult(str(node["unique_id"]), "success", "", seconds, executed=text, whole=False)
    return made


def _above(node: Node, manifest: Mapping[str, Any]) -> list[str]:
    nodes = (manifest["nodes"].get(key) for key in node["depends_on"]["nodes"])
    return [f"{one['schema']}.{one['alias']}" for one in nodes if one and "alias" in one]


def extended(connection: duckdb.DuckDBPyConnection, node: Node, batches: Collection[str]) -> bool:
    """Have the rows of some batches of a model's table be what its SQL gives of them now; whether that could be."""
    if not batches:
        return True
    table = f"{CATALOG}.{identifier(node['schema'])}.{identifier(node['alias'])}"
    within = f"where _batch in ({', '.join(literal(one) for one in sorted(batches))})"
    connection.execute("begin transaction")
    try:
        connection.execute(f"delete from {table} {within}")
        connection.execute(f"insert into {table} by name select * from (\n{node['compiled_code']}\n) {within}")
        connection.execute("commit")
    except duckdb.Error:
        with suppress(duckdb.Error):  # the failure may have ended the transaction
            connection.execute("rollback")
        return False
    return True
