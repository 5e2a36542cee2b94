"""What each model is, as its compiled text and its settings say: one digest each, and what it is directly made of.

Lives here: reading dbt's manifest. Must not live here: what is made again when a digest is another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from lineage.plan.vocabulary import FOLDED, HARMLESS
from sharing.canonical import digest

# A call, or a word that calls a function by itself.
_CALLED = re.compile(r"[a-z_0-9]+(?=\s*\()|\b(?:current|local)_?[a-z]+\b")
# They change from one parse or build to the next, and nothing of a table hangs on them: what ephemeral models put into
# a text is in the compiled one.
_PASSING = frozenset(
    {"created_at", "build_path", "compiled_path", "compiled", "doc_blocks", "docs", "extra_ctes", "extra_ctes_injected"}
)
# `age` of one argument is the age today, though the engine calls both forms consistent.
_TIMED = (
    (HARMLESS - {"error"})
    | frozenset(FOLDED)
    | {"age", "current_time", "current_timestamp", "localtime", "localtimestamp"}
)


@dataclass(frozen=True)
class Text:
    """One model or seed: the digest of its text and settings, what it is directly made of, and whether the same text
    over the same tables gives the same rows; an ephemeral one is not stored."""

    own: str
    above: tuple[str, ...]
    steady: bool = True
    stored: bool = True


def texts_of(manifest: Mapping[str, Any], unsteady: frozenset[str]) -> dict[str, Text]:
    """`<schema>.<name>` -> its text, of every model and seed of a compiled manifest."""
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in {"model", "seed"}}
    names = {key: f"{node['schema']}.{node['alias']}" for key, node in nodes.items()}
    names |= {key: f"{one['schema']}.{one['identifier']}" for key, one in manifest.get("sources", {}).items()}
    macros = digest({key: one.get("macro_sql") for key, one in sorted(manifest.get("macros", {}).items())})
    return {names[key]: _text(node, names, macros, unsteady) for key, node in nodes.items()}


def _text(node: Mapping[str, Any], names: Mapping[str, str], macros: str, unsteady: frozenset[str]) -> Text:
    kind = node["config"].get("materialized")
    told = {name: value for name, value in node.items() if name not in _PASSING}
    if kind == "incremental":
        # What it compiles to hangs on whether its table is there; what it is written as, and any macro, does not.
        told = {**told, "compiled_code": None, "macros": macros}
    compiled = str(node.get("compiled_code") or "")
    above = node["depends_on"].get("nodes", ()) if "depends_on" in node else ()
    return Text(
        digest(told),
        tuple(names.get(one, one) for one in above),
        steady=unsteady.isdisjoint(_CALLED.findall(compiled.lower())),
        stored=kind != "ephemeral",
    )


def unsteady_functions(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Functions whose outcome may be another for the same arguments, by the engine's own account, and a few more."""
    rows = connection.execute(
        "select distinct function_name from duckdb_functions() where stability <> 'CONSISTENT'"
    ).fetchall()
    return frozenset(name.lower() for (name,) in rows) | _TIMED
