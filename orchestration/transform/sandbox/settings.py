"""Whether the settings that a node ends up with are of the vocabulary, wherever they were given.

Settings come from a model's SQL, from YAML, from dbt_project.yml. Names and types of columns are among them, since dbt
writes them into statements as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import duckdb

from contracts.one_select import NotOneSelect, Vocabulary, judge_select
from contracts.sql_text import identifier
from orchestration.transform.sandbox.vocabulary import CONSTRAINTS, MATERIALIZED, PLATFORM_SCHEMAS, SETTINGS

_NAME = re.compile(r"[^\W\d]\w*")
_NOTHING: tuple[Any, ...] = (None, "", [], {}, (), False)
# Settings that dbt always gives, and that say nothing as long as they are so.
_AS_DBT_GIVES: dict[str, tuple[Any, ...]] = {
    "persist_docs": ({},),
    "grants": ({},),
    "event_time": (None,),
    "lookback": (1, None),
}


def setting_fault(node: Mapping[str, Any]) -> str:
    """What of a node's settings may not be; empty where all may."""
    return next(filter(None, _faults(node)), "")


def _faults(node: Mapping[str, Any]) -> Iterable[str]:
    config = node["config"]
    yield from (_given_fault(key, value, node["resource_type"]) for key, value in config.items())
    if node["resource_type"] == "model" and config.get("materialized") not in MATERIALIZED:
        yield f"materialized as {config.get('materialized')}: write {', '.join(sorted(MATERIALIZED))}"
    if str(node.get("schema")).lower() in PLATFORM_SCHEMAS or str(node.get("database")).lower() != "lake":
        yield f"its table would lie in {node.get('database')}.{node.get('schema')}, where the platform alone writes"
    if node.get("constraints"):
        yield "constraints of a model are not kept by the lake: write a rule into the agreement or domain"
    for name in _keys(config.get("unique_key")):
        if not _NAME.fullmatch(name):
            yield f"unique_key {name} is no name of a column"
    for column in (node.get("columns") or {}).values():
        yield _column_fault(column)
    for name, kind in (config.get("column_types") or {}).items():
        yield _column_fault({"name": name, "data_type": kind})


def _given_fault(key: str, value: Any, kind: str) -> str:
    name = key.replace("-", "_")
    if value in _NOTHING or value in _AS_DBT_GIVES.get(name, ()) or (name == "materialized" and kind == "seed"):
        return ""
    if name in ("pre_hook", "post_hook"):
        return f"it has a {name}: a model is one select, and nothing runs before or after it"
    if name not in SETTINGS:
        return f"the setting {name} may not be given: it is none of {', '.join(sorted(SETTINGS))}"
    allowed = SETTINGS[name]
    if allowed is not None and value not in allowed:
        return f"{name} may be {' or '.join(sorted(allowed))}, and not {value}"
    return ""


def _keys(given: Any) -> list[str]:
    return [str(one) for one in given] if isinstance(given, (list, tuple)) else [str(given)] if given else []


def _column_fault(column: Mapping[str, Any]) -> str:
    name, kind = str(column["name"]), column.get("data_type")
    if not _NAME.fullmatch(name):
        return f"{name} is no name of a column"
    for constraint in column.get("constraints") or ():
        if constraint.get("type") not in CONSTRAINTS or constraint.get("expression"):
            return f"column {name}: the constraint {constraint.get('type')} may not be given; not_null may"
    return "" if kind is None or _is_type(str(kind)) else f"column {name}: its data_type is no type"


@cache
def _is_type(text: str) -> bool:
    """Whether a text is one type: nothing else can stand after a cast and leave a select of one cast."""
    try:
        judge_select(_parser(), f"select cast(null as {text})", (), Vocabulary(frozenset()))
        described = _parser().execute(f"describe select cast(null as {text}) as {identifier('x')}").fetchall()
    except (NotOneSelect, duckdb.Error):
        return False
    return [row[0] for row in described] == ["x"] and not re.search(r"[;'\\]|--|/\*", text)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"enable_external_access": "false", "threads": 1})
    connection.execute("set enable_progress_bar = false")
    return connection
