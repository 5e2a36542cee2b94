"""What exists: tables with their columns, macros, and the registered declassifiers.

Lives here: look-ups by name. Must not live here: scopes of a query (`relation.py`), the meaning of a function
(`functions.py`)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp, parse

from lineage.graph import join_parts, split_parts
from lineage.parameters import Parameter

EVERYTHING = ("*",)
"""A look-up that stands for every table that there is."""


@dataclass(frozen=True)
class Macro:
    """A SQL macro: its overloads, each with parameter names and a body, and the statement that makes it. A default
    value is a constant, so it is kept in the statement alone.
    """

    name: str
    overloads: tuple[tuple[tuple[str, ...], exp.Expr], ...]
    sql: str = ""


@dataclass(frozen=True)
class Lowering:
    """What a registered declassifier answers for: the values it was given (always), the influences on them, the
    rows. `parameters` says what it may be given; None where nobody declared it.
    """

    indirect: bool = False
    rows: bool = False
    returns: str = "VARCHAR"
    keeps: bool = False
    parameters: tuple[Parameter, ...] | None = None


class Catalog:
    """Tables by any suffix of their dotted name, macros and declassifiers by name.

    `schema` maps a relation to its columns and their types (an empty type where unknown). A relation may be added
    while models are bound one after another. `open_relations` are those whose column list may be incomplete."""

    def __init__(
        self,
        schema: Mapping[str, Mapping[str, str]],
        *,
        dialect: str = "duckdb",
        macros: Mapping[str, Macro] | None = None,
        declassifiers: Mapping[str, Lowering] | None = None,
    ) -> None:
        self.dialect = dialect
        self.macros = dict(macros or {})
        self.functions = {name.lower(): lowering for name, lowering in (declassifiers or {}).items()}
        self.declassifiers = {name: lowering for name, lowering in self.functions.items() if not lowering.keeps}
        self.keepers = self.functions.keys() - self.declassifiers.keys()
        self.macros_read = any(_reads(macro) for macro in self.macros.values())
        self.tables: dict[str, Mapping[str, str]] = {}
        self.open_relations: set[str] = set()
        self.computed: dict[str, frozenset[str]] = {}  # the columns of a relation that are no copies of delivered ones
        self.uneven: set[str] = set()  # whose rows may stand for more than one row of a stored table
        self.built: set[str] = set()
        self.sandbox: Any = None  # where the engine plans; made when it is first asked
        self.lookups: set[tuple[str, ...]] = set()  # every name that was asked for, for whoever remembers answers
        self.functions_digest = _functions_digest(self.macros, self.functions)
        self._by_suffix: dict[tuple[str, ...], list[str]] = {}
        self._fingerprints: dict[str, str] = {}
        for name, columns in schema.items():
            self.add(name, columns)

    def add(
        self,
        name: str,
        columns: Mapping[str, str],
        *,
        is_open: bool = False,
        built: bool = False,
        even: bool = True,
        computed: Iterable[str] = (),
    ) -> str:
        """Make a relation known, or known anew; returns its normal name. `built` says that its lineage is at hand."""
        parts = split_parts(name)
        relation = join_parts(parts)
        if relation not in self.tables:
            for start in range(len(parts)):
                self._by_suffix.setdefault(parts[start:], []).append(relation)
        self.tables[relation] = {column.lower(): kind for column, kind in columns.items()}
        self.open_relations.discard(relation)
        self.uneven.discard(relation)
        self.computed[relation] = frozenset(computed)
        if not even:
            self.uneven.add(relation)
        self._fingerprints.pop(relation, None)
        self.built.discard(relation)
        if built:
            self.built.add(relation)
        if is_open:
            self.open_relations.add(relation)
        if self.sandbox is not None:
            self.sandbox.offer(relation, self.tables[relation])
        return relation

    def find(self, parts: Iterable[str]) -> str | None:
        """The one relation that a (partly) qualified name means; None if there is none or more than one."""
        wanted = tuple(part.lower() for part in parts)
        self.lookups.add(wanted)
        return self._resolve(wanted)

    def fingerprint(self, parts: tuple[str, ...]) -> str:
        """What a name resolves to and with which columns, as one short text; empty if to nothing."""
        if parts == EVERYTHING:
            return self._all()
        relation = self._resolve(parts)
        if relation is None:
            return ""
        if relation not in self._fingerprints:
            content = [relation, *(f"{n} {k}" for n, k in self.tables[relation].items())]
            content.append("open" if relation in self.open_relations else "closed")
            content.append("built" if relation in self.built else "stored")
            content.append("uneven" if relation in self.uneven else "even")
            content += sorted(self.computed.get(relation, ()))
            self._fingerprints[relation] = hashlib.sha256("\0".join(content).encode()).hexdigest()[:32]
        return self._fingerprints[relation]

    def _all(self) -> str:
        texts = [self.fingerprint(split_parts(name)) for name in sorted(self.tables)]
        return hashlib.sha256("".join(texts).encode()).hexdigest()[:32]

    def _resolve(self, wanted: tuple[str, ...]) -> str | None:
        exact = join_parts(wanted)
        if exact in self.tables:
            return exact
        found = self._by_suffix.get(wanted, ())
        return found[0] if len(found) == 1 else None


_DEFAULT = re.compile(r":=\s*(?:'(?:[^']|'')*'|[\w.+-]+)")


def read_macros(sql: str, dialect: str = "duckdb") -> dict[str, Macro]:
    """The macros that the `CREATE MACRO` statements in `sql` create, by lower-case name.

    Raises `sqlglot.errors.SqlglotError` for text that does not parse: a macro that is silently missing would only
    surface later, as an opaque function.
    """
    found = {}
    for text in _texts(sql):
        for statement in parse(_DEFAULT.sub("", text), read=dialect):
            if isinstance(statement, exp.Create) and isinstance(statement.this, exp.UserDefinedFunction):
                macro = _macro(statement, text)
                found[macro.name] = macro
    return found


def _texts(sql: str) -> list[str]:
    """The statements of a text as they are written, or the text itself where DuckDB does not parse it."""
    try:
        return [statement.query for statement in duckdb.extract_statements(sql)]
    except duckdb.Error:
        return [sql]


def _macro(statement: exp.Create, text: str) -> Macro:
    header, body = statement.this, statement.args["expression"]
    name = header.this.name.lower()
    if isinstance(body, exp.MacroOverloads):
        return Macro(name, tuple((_names(one), one.this) for one in body.expressions), text)
    return Macro(name, ((_names(header), body),), text)


def _reads(macro: Macro) -> bool:
    """Whether a macro may read tables of its own."""
    return any(isinstance(body, exp.Query) or body.find(exp.Table, exp.Query) for _, body in macro.overloads)


def _names(node: exp.Expr) -> tuple[str, ...]:
    return tuple(parameter.name.lower() for parameter in node.expressions)


def _functions_digest(macros: Mapping[str, Macro], declassifiers: Mapping[str, Lowering]) -> str:
    texts = [f"{m.name}{[(names, body.sql('duckdb')) for names, body in m.overloads]}" for m in macros.values()]
    texts += [f"{name}{lowering}" for name, lowering in declassifiers.items()]
    return hashlib.sha256("\0".join(sorted(texts)).encode()).hexdigest()
