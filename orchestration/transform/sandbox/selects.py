"""Whether the compiled SQL of a node is one select over what the node itself says that it reads, and its digest.

The same text is judged when it is compiled, by which lineage is read, and again in the moment before it is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import duckdb

from contracts.one_select import Name, NotOneSelect, Vocabulary, author_vocabulary, judge_select
from lake.executed import text_digest
from lineage.from_dbt import relation_of
from orchestration.transform.sandbox.vocabulary import SOURCE_SCHEMAS

Node = Mapping[str, Any]


def own_name(node: Node) -> Name:
    """The relation that a node makes."""
    return _name(node["database"], node["schema"], node.get("alias") or node["name"])


def reads(node: Node, manifest: Mapping[str, Any]) -> frozenset[Name]:
    """The tables that a node declares to read by ref and source, through ephemeral models, too."""
    found: set[Name] = set()
    stack, seen = list(node["depends_on"].get("nodes", ())), set()
    while stack:
        key = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        if key in manifest.get("sources", {}):
            found |= _source(manifest["sources"][key])
        elif key in manifest["nodes"]:
            above = manifest["nodes"][key]
            if above["config"].get("materialized") == "ephemeral":
                stack += above["depends_on"].get("nodes", ())
            else:
                found.add(own_name(above))
                # A unit test asks for the columns of what its model reads.
                stack += above["depends_on"].get("nodes", ()) if node["resource_type"] == "unit_test" else ()
    if node["config"].get("materialized") == "incremental":
        found.add(own_name(node))
    return frozenset(found)


def _source(source: Node) -> set[Name]:
    name = _name(source["database"], source["schema"], source["identifier"])
    return {name} if name[0] == "lake" and name[1] in SOURCE_SCHEMAS else set()


def _name(database: Any, schema: Any, table: Any) -> Name:
    return (str(database).lower(), str(schema).lower(), str(table).lower())


def select_fault(text: str, allowed: frozenset[Name]) -> str:
    """Why a compiled text is not one select over these tables; empty where it is."""
    try:
        judge_select(parser(), text, allowed, _author())
    except NotOneSelect as refused:
        return f"its compiled SQL is not one select that may be run ({refused.kind}): {refused}"
    return ""


def compiled_faults(manifest: Mapping[str, Any]) -> dict[str, str]:
    """File of each model whose compiled SQL may not be run, with the reason."""
    found = {}
    for node in manifest["nodes"].values():
        text = node.get("compiled_code")
        if node["resource_type"] == "model" and text and (fault := select_fault(text, reads(node, manifest))):
            found[node["original_file_path"]] = f"{node['name']}: {fault}"
    return found


@cache
def parser() -> duckdb.DuckDBPyConnection:
    """An empty engine without access to files: its parser is asked, and nothing is run."""
    connection = duckdb.connect(config={"enable_external_access": "false", "threads": 1})
    connection.execute("set enable_progress_bar = false")
    return connection


@cache
def _author() -> Vocabulary:
    return author_vocabulary(parser())


def judged_texts(manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Relation of each model -> the digests of the texts of it that are in a manifest: one, where it is compiled."""
    models = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return {relation_of(node): (text_digest(node["compiled_code"]),) for node in models if node.get("compiled_code")}
