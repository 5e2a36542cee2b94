"""What dbt runs around models: hooks that make macros, that change nothing, or that may change rows.

Lives here: the reading of pre- and post-hooks of a node and of a project's on-run hooks. Must not live here: a
model's own SQL (`from_dbt.py`), the meaning of macros (`sql/`).

DuckDB's own parser splits a text and says of which kind each statement is; a kind that is not in the list of those
that change no row may have changed any. Where the text of a hook is not known (Jinja that the manifest did not keep
rendered), it may have made any macro, too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from lineage.facts import join_parts
from lineage.sql.catalog import Macro, read_macros

# Kinds of statements, as DuckDB calls them, that change no row of any table and no name's meaning.
_HARMLESS = frozenset(("SELECT", "EXPLAIN", "VACUUM", "TRANSACTION"))
_WRITES = frozenset(("INSERT", "UPDATE", "DELETE", "MERGE_INTO"))
_MACRO = re.compile(r"\s*create\s+(or\s+replace\s+)?(temp\w*\s+)?(macro|function)\b", re.IGNORECASE)
_JINJA = re.compile(r"\{[{%]")
_NAME = re.compile(r"\w+")


def may_change_rows(node: Mapping[str, Any]) -> bool:
    """Whether a hook of a node is anything but statements that change no row."""
    return not all(_is_harmless(text) for text in _texts(node))


def project_macros(manifest: Mapping[str, Any], dialect: str = "duckdb") -> dict[str, Macro]:
    """The SQL macros that a project's hooks create, by lower-case name.

    One that is made twice with different bodies is left out, for which of them a model meets hangs on the order of
    the run; so is one whose statement is not known or does not parse."""
    found: dict[str, Macro] = {}
    unclear: set[str] = set()
    for text in _all_texts(manifest):
        for macro in _macros(text, dialect):
            known = found.setdefault(macro.name, macro)
            unclear |= {macro.name} if (known.name, known.overloads) != (macro.name, macro.overloads) else set()
    return {name: macro for name, macro in found.items() if name not in unclear}


def taken_names(manifest: Mapping[str, Any]) -> set[str] | None:
    """Every word that stands in a hook, or in what makes a function: one of these may be the name of a macro that the
    project makes. None where a text is not known, so that it may be any."""
    texts = list(_all_texts(manifest))
    texts += [str(node.get("compiled_code") or "") for node in makers(manifest)]
    texts += [str(node.get("name") or "") for node in manifest.get("functions", {}).values()]
    if any(_JINJA.search(text) for text in texts):
        return None
    return {word.lower() for text in texts for word in _NAME.findall(text)}


def makers(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The nodes whose materialization is not one of those known: what it runs may be anything."""
    nodes = (node for _, node in sorted(manifest.get("nodes", {}).items()))
    return [n for n in nodes if n.get("resource_type") in ("model", "snapshot") and not is_known(n)]


def is_known(node: Mapping[str, Any]) -> bool:
    """Whether it is known what a node's materialization does."""
    kind = node.get("config", {}).get("materialized")
    return kind in MATERIALIZATIONS[str(node.get("resource_type"))]


MATERIALIZATIONS: dict[str, tuple[object, ...]] = {
    "model": (None, "table", "view", "ephemeral", "incremental"),
    "snapshot": (None, "snapshot", "table"),
}


def changed_by_runs(manifest: Mapping[str, Any], dialect: str = "duckdb") -> set[str] | None:
    """The relations whose rows on-run hooks, or hooks of other models, may change, as they name them; None where it may
    be any."""
    if makers(manifest):
        return None
    changed: set[str] = set()
    for text in _all_texts(manifest):
        if _is_harmless(text):
            continue
        names = _named(text, dialect)
        if names is None:
            return None
        changed |= names
    return changed


def _all_texts(manifest: Mapping[str, Any]) -> Iterator[str]:
    for _, node in sorted(manifest.get("nodes", {}).items()):
        yield from _texts(node)


def _texts(node: Mapping[str, Any]) -> list[str]:
    """The statements of a node's hooks, or of the hook that the node is."""
    if node.get("resource_type") == "operation":
        return [str(node.get("compiled_code") or node.get("raw_code") or "")]
    config = node.get("config", {})
    hooks = [hook for key in ("pre-hook", "pre_hook", "post-hook", "post_hook") for hook in _listed(config.get(key))]
    return [str(hook.get("sql") if isinstance(hook, Mapping) else hook) for hook in hooks]


def _listed(value: object) -> list[Any]:
    if not value:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _is_harmless(text: str) -> bool:
    """Whether each statement of a text is one that changes no row; Jinja may stand for anything."""
    statements = _statements(text)
    if statements is None:
        return False
    return all(kind in _HARMLESS or (kind == "CREATE" and _MACRO.match(part)) for kind, part in statements)


def _statements(text: str) -> list[tuple[str, str]] | None:
    """The kind and the text of each statement as the engine's parser takes them apart; None where it cannot."""
    if _JINJA.search(text):
        return None
    try:
        return [(one.type.name, one.query) for one in duckdb.extract_statements(text)]
    except duckdb.Error:
        return None


def _macros(text: str, dialect: str) -> list[Macro]:
    made: list[Macro] = []
    for kind, part in _statements(text) or ():
        if kind == "CREATE" and _MACRO.match(part):
            try:
                made += read_macros(part, dialect).values()
            except (SqlglotError, KeyError):
                continue
    return made


def _named(text: str, dialect: str) -> set[str] | None:
    """The tables that a text writes, where it does nothing else; None where that is not sure."""
    found: set[str] = set()
    for kind, part in _statements(text) or [("", "")]:
        if kind in _HARMLESS or (kind == "CREATE" and _MACRO.match(part)):
            continue
        table = _written(part, dialect) if kind in _WRITES else None
        if table is None:
            return None
        found.add(table)
    return found


def _written(text: str, dialect: str) -> str | None:
    try:
        statement, *more = parse(text, read=dialect)
    except (SqlglotError, ValueError):
        return None
    writes = isinstance(statement, (exp.Insert, exp.Update, exp.Delete, exp.Merge))
    table = statement.this.find(exp.Table) if writes and statement is not None and not more else None
    return join_parts(part.name for part in table.parts) if table is not None else None
