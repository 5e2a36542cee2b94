"""Putting the guard before dbt's connection, in the process that runs dbt, and remembering what it said and saw run.

dbt has no place for a guard of its own: so the cursor of its DuckDB adapter is replaced by one that asks first, and the
runner of each node tells which node is being made. Both are looked up here by name, and a dbt that has them otherwise
is an error before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from orchestration.transform.sandbox.guard import Making, StatementRefused, judge_statements

_making: ContextVar[Making | None] = ContextVar("making", default=None)
# What dbt may do with a cursor besides asking it: fetch, end, break off.
_PLAIN = frozenset({"fetchone", "fetchall", "fetchmany", "description", "rowcount", "close", "interrupt", "rollback"})


@dataclass
class Watch:
    """One command as it runs: the digests that texts had when they were judged, what was refused, what was executed."""

    expected: Mapping[str, str] | None = None
    refused: dict[str, str] = field(default_factory=dict)
    executed: dict[str, str] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    """Nodes whose table was made anew."""


_watch = Watch()


def watch(expected: Mapping[str, str] | None) -> Watch:
    """A fresh record for the command that runs next."""
    global _watch
    _watch = Watch(expected)
    return _watch


def install() -> None:
    """Put the guard in place; to be called once, before dbt opens a connection."""
    from dbt.adapters.duckdb.environments import local
    from dbt.task.base import BaseRunner
    from dbt.task.compile import CompileRunner

    wrapped, ran = local.DuckDBCursorWrapper, BaseRunner.run

    class GuardedCursor:
        """dbt's cursor behind the guard: what it executes is judged, and nothing else of the engine's is in reach."""

        def __init__(self, cursor: Any) -> None:
            self.__cursor = wrapped(cursor)

        def execute(self, sql: str, bindings: Any = None) -> Any:
            _judged(sql)
            self.__cursor.execute(sql, bindings)
            return self

        def __getattr__(self, name: str) -> Any:
            if name not in _PLAIN:
                raise AttributeError(f"a model's connection has no {name}")
            return getattr(self.__cursor, name)

    def run(self: Any, compiled_node: Any, manifest: Any) -> Any:
        if type(self) is CompileRunner:
            return ran(self, compiled_node, manifest)  # nothing of it is run: it is judged with all others, at once
        making = Making.of(*_plain(compiled_node, manifest))
        token = _making.set(making)
        try:
            _begun(making)
            return ran(self, compiled_node, manifest)
        finally:
            _making.reset(token)

    setattr(local, wrapped.__name__, GuardedCursor)
    setattr(BaseRunner, ran.__name__, run)


def _begun(making: Making) -> None:
    unique_id = str(making.node["unique_id"])
    try:
        making.judge(_watch.expected)
    except StatementRefused as refused:
        raise _told(unique_id, refused) from None
    if making.node["resource_type"] == "model":
        _watch.executed[unique_id] = str(making.node.get("compiled_code") or "")
        if making.node["config"].get("materialized") != "incremental":
            _watch.whole.add(unique_id)


def _judged(sql: str) -> None:
    making = _making.get()
    try:
        whole = judge_statements(sql, making)
    except StatementRefused as refused:
        raise _told(str(making.node["unique_id"]) if making else "", refused) from None
    if whole and making:
        _watch.whole.add(str(making.node["unique_id"]))


def _told(unique_id: str, refused: StatementRefused) -> Exception:
    from dbt_common.exceptions import DbtRuntimeError

    _watch.refused.setdefault(unique_id, str(refused))
    return DbtRuntimeError(str(refused))


def _plain(node: Any, manifest: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A node and what is above it, as the manifest's JSON has them."""
    made, nodes = _node(node), dict[str, Any]()
    sources: dict[str, Any] = {}
    stack = list(_above(node))
    while stack:
        key = stack.pop()
        if key in manifest.sources:
            source = manifest.sources[key]
            sources[key] = {name: getattr(source, name) for name in ("database", "schema", "identifier")}
        elif key in manifest.nodes and key not in nodes:
            nodes[key] = _node(manifest.nodes[key])
            through = nodes[key]["config"].get("materialized") == "ephemeral" or made["resource_type"] == "unit_test"
            stack += nodes[key]["depends_on"]["nodes"] if through else []
    return made, {"nodes": nodes, "sources": sources}


def _above(node: Any) -> list[str]:
    return list(getattr(getattr(node, "depends_on", None), "nodes", None) or ())


def _node(node: Any) -> dict[str, Any]:
    names = ("unique_id", "name", "database", "schema", "alias", "compiled_code", "raw_code")
    return {
        **{name: getattr(node, name, None) for name in names},
        "resource_type": str(getattr(node.resource_type, "value", node.resource_type)),
        "config": node.config.to_dict(omit_none=True),
        "columns": {
            name: column.to_dict(omit_none=True) for name, column in (getattr(node, "columns", None) or {}).items()
        },
        "constraints": list(getattr(node, "constraints", None) or ()),
        "depends_on": {"nodes": _above(node)},
    }
