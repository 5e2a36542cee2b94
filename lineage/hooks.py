"""What dbt runs around models: hooks that make macros, that change nothing, or that may change rows.

Lives here: the reading of pre- and post-hooks of a node and of a project's on-run hooks. Must not live here: a
model's own SQL (`from_dbt.py`), the meaning of macros (`sql/`).

Where the text of a hook is not known (Jinja that the manifest did not keep rendered), a macro that it might make
stays unknown, so that calls of it are opaque, and rows that it might change are taken to be changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

from lineage.facts import join_parts
from lineage.sql.catalog import Macro, read_macros

# Statements that change no row of any table.
_HARMLESS = re.compile(
    r"\s*(analyze|grant|revoke|comment|checkpoint|pragma|set|reset|vacuum|create\s+(unique\s+)?index|load|install|attach"
    r"|detach|use|begin|commit|select|create\s+schema|create\s+(or\s+replace\s+)?(temp\w*\s+)?(macro|function))\b",
    re.IGNORECASE,
)
_MACRO = re.compile(r"\s*create\s+(or\s+replace\s+)?(temp\w*\s+)?(macro|function)\b", re.IGNORECASE)
_JINJA = re.compile(r"\{[{%]")
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable)


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
            unclear |= {macro.name} if known != macro else set()
    return {name: macro for name, macro in found.items() if name not in unclear}


def changed_by_runs(manifest: Mapping[str, Any], dialect: str = "duckdb") -> set[str] | None:
    """The relations whose rows on-run hooks may change, as the hooks name them; None where it may be any."""
    changed: set[str] = set()
    for node in _operations(manifest):
        for text in _texts(node):
            if _is_harmless(text):
                continue
            names = _named(text, dialect)
            if names is None:
                return None
            changed |= names
    return changed


def _operations(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [n for _, n in sorted(manifest.get("nodes", {}).items()) if n.get("resource_type") == "operation"]


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
    if _JINJA.search(text):
        return False
    return all(_HARMLESS.match(part) for part in _statements(text))


def _statements(text: str) -> list[str]:
    """Parts between semicolons; one inside a string makes a part that no pattern matches, which is the safe side."""
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    return [part for part in bare.split(";") if part.strip()]


def _macros(text: str, dialect: str) -> list[Macro]:
    made: list[Macro] = []
    for part in _statements(text):
        if _MACRO.match(part) and not _JINJA.search(part):
            try:
                made += read_macros(part, dialect).values()
            except (SqlglotError, KeyError):
                continue
    return made


def _named(text: str, dialect: str) -> set[str] | None:
    try:
        statements = [] if _JINJA.search(text) else parse(text, read=dialect)
    except SqlglotError:
        return None
    found: set[str] = set()
    for statement in statements or [None]:
        table = statement.this.find(exp.Table) if isinstance(statement, _CHANGES) and statement.this else None
        if table is None:
            return None
        found.add(join_parts(part.name for part in table.parts))
    return found
