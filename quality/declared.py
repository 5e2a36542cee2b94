"""What DuckDB says of the SQL and the patterns that declarations hold, before anything runs: `contracts.engine.Engine`.

An empty database without access to files parses, binds and evaluates them on rows made up here: one of nulls, one of
values that suit their types and nothing else. No data is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from contracts.model import LogicalType
from contracts.one_select import NotOneSelect, Vocabulary, author_vocabulary, judge_select
from contracts.sql_text import identifier, literal
from quality.casts import SQL_TYPES

Node = dict[str, Any]

# What the parser knows of an expression's parts. All else is refused, each with its reason where there is one to give.
_JUDGED = {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "FUNCTION", "CAST", "CASE", "BETWEEN"} | {
    *("COLLATE", "LAMBDA"),
}
_REFUSED = {
    "SUBQUERY": "a SELECT stands in it, and a condition is about one row of one table",
    "WINDOW": "a window (OVER) looks at other rows, and a condition is about one row",
    "STAR": "a star or COLUMNS stands for several columns, and a condition names each",
    "POSITIONAL_REFERENCE": "# and a number stands for another column in each place that asks",
    "PARAMETER": "it has a parameter, and nobody gives it",
}
_MANY_ROWS = "{name} looks at many rows, and a condition is about one"
_UNSTEADY = "{name} answers otherwise from one run to the next, or stops it"
# Steady for the engine, and yet another thing wherever it runs.
_SURROUNDINGS = frozenset({"current_setting", "current_user", "getvariable", "session_user", "user", "version"})
_NUMBERS = frozenset({*("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DECIMAL", "FLOAT", "DOUBLE")})
_TABLES = "{name} makes several rows of one, and a condition is about one"

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
# Casts that no value fails, by what they give; to VARCHAR everything is cast.
_SAFE: Mapping[str, tuple[str, ...]] = {
    **{kind: ("BOOLEAN", *_WHOLE[: place + 1]) for place, kind in enumerate(_WHOLE)},
    "HUGEINT": ("BOOLEAN", *_WHOLE, "HUGEINT"),
    "DOUBLE": ("BOOLEAN", *_WHOLE, "HUGEINT", "DECIMAL", "FLOAT", "DOUBLE"),
    "BOOLEAN": ("BOOLEAN", *_WHOLE, "DECIMAL", "DOUBLE"),
    "DATE": ("DATE", "TIMESTAMP"),
    "TIME": ("TIME", "TIMESTAMP"),
    "TIMESTAMP": ("DATE", "TIMESTAMP"),
}
# A value that is of its type and reads as no other, for what casts without being told to.
_PLAIN = {
    LogicalType.STRING: "'x y'",
    LogicalType.BOOLEAN: "false",
    LogicalType.DATE: "'2026-02-28'",
    LogicalType.TIME: "'12:34:56'",
    LogicalType.TIMESTAMP: "'2026-02-28 12:34:56'",
}


@dataclass(frozen=True)
class _Part:
    """One part of a condition; `tried` within TRY, `bound` where a lambda gives it its names."""

    node: Node
    tried: bool = False
    bound: bool = False


@dataclass(frozen=True)
class _Functions:
    """The engine's own functions by name: of which sorts they are, whether they are steady, what macros stand for."""

    sorts: Mapping[str, set[str]]
    unsteady: frozenset[str]
    macros: Mapping[str, list[str]]


class DuckDBEngine:
    """Parses and binds as a run will; each answer is what is wrong, or None."""

    def __init__(self) -> None:
        self._database = duckdb.connect(
            config={"enable_external_access": "false", "threads": 1, "autoload_known_extensions": "false"}
        )
        self._database.execute("set enable_progress_bar = false")
        self._database.execute("pragma disable_optimizer")  # which might drop the very part that would fail

    def pattern_fault(self, pattern: str) -> str | None:
        """RE2's own complaint."""
        return self._fault(f"select regexp_full_match('', {literal(pattern)})")

    def condition_fault(self, sql: str, columns: Mapping[str, LogicalType] | None) -> str | None:
        """Why a text is no boolean about one row: as far as its form tells, wholly where the columns are known."""
        parsed = self._parsed(f"select 1 from t where ({sql})")
        if isinstance(parsed, str):
            return parsed
        parts = list(_parts(parsed["node"]["where_clause"]))
        return self._form_fault(sql, parts, columns) or (self._bound_fault(sql, columns) if columns else None)

    def sign_fault(
        self, sql: str, tables: Mapping[str, Mapping[str, LogicalType]], wanted: Collection[str]
    ) -> str | None:
        """Why a text is not one steady select over these tables of the lake that gives the columns wanted."""
        named = {name: _parts_of(name) for name in tables}
        try:
            judge_select(self._database, sql, {("lake", *parts) for parts in named.values()}, self._author)
        except NotOneSelect as refused:
            return str(refused)
        with duckdb.connect(config={"enable_external_access": "false", "threads": 1}) as sandbox:
            sandbox.execute("attach ':memory:' as lake; attach ':memory:' as zt")
            for name, (schema, table) in named.items():
                # Asked for by text: to make hundreds of tables for each sign would take longer than all else.
                if table in sql:
                    columns = ", ".join(f"{identifier(one)} {SQL_TYPES[kind]}" for one, kind in tables[name].items())
                    sandbox.execute(f"create schema if not exists lake.{identifier(schema)}")
                    sandbox.execute(f"create table lake.{identifier(schema)}.{identifier(table)} ({columns})")
            for macro in re.findall(r"\bzt\.(\w+)\s*\(", sql):
                sandbox.execute(f"create or replace macro zt.{identifier(macro)}(given) as given")
            try:
                found = sandbox.execute(f"describe {sql}").fetchall()
            except duckdb.Error as error:
                return f"the engine says: {error}"
        return _outputs_fault({str(name): str(kind) for name, kind, *_ in found}, wanted)

    @cached_property
    def _author(self) -> Vocabulary:
        return author_vocabulary(self._database)

    def _form_fault(self, sql: str, parts: list[_Part], columns: Mapping[str, LogicalType] | None) -> str | None:
        named = {name.lower() for name in columns or ()}
        for part in parts:
            kind = part.node["class"]
            if kind not in _JUDGED:
                return _REFUSED.get(kind, f"{kind.lower()} is none of a condition's parts")
            name = _called(part.node, named, None if columns is not None else sql)
            if name and (fault := self._function_fault(name, written=kind == "FUNCTION")):
                return fault
        return None

    def _function_fault(self, name: str, *, written: bool = True) -> str | None:
        """Why a function is none of a condition; a word without brackets may as well be the name of something else."""
        known = self._functions
        sorts = known.sorts.get(name, set())
        if name in known.unsteady:
            return _UNSTEADY.format(name=name)
        if not written and name not in known.macros:
            return None
        if sorts <= {"aggregate"} and sorts:
            return _MANY_ROWS.format(name=name.removesuffix("_star"))
        if (sorts and sorts <= {"table", "table_macro", "pragma"}) or name == "unnest":
            return _TABLES.format(name=name)
        return None if sorts else f"there is no function {name!r}"

    @cached_property
    def _functions(self) -> _Functions:
        found = self._database.execute(
            "select distinct lower(function_name), function_type, stability, macro_definition from duckdb_functions()"
        ).fetchall()
        sorts: dict[str, set[str]] = {}
        macros: dict[str, list[str]] = {}
        unsteady = {name for name, _, stability, _ in found if stability not in (None, "CONSISTENT")} | _SURROUNDINGS
        for name, sort, _, definition in found:
            sorts.setdefault(name, set()).add(sort)
            if sort == "macro":
                macros.setdefault(name, []).append(definition)
        return self._seen_through(_Functions(sorts, frozenset(unsteady), macros))

    def _seen_through(self, known: _Functions) -> _Functions:
        """The functions with each macro judged by what it stands for, however deep."""
        uses = {name: {use for text in texts for use in self._uses(text)} for name, texts in known.macros.items()}
        unsteady, many = set(known.unsteady), {name for name, sorts in known.sorts.items() if sorts == {"aggregate"}}
        while found := {n for n, used in uses.items() if (used & unsteady and n not in unsteady)}:
            unsteady |= found
        while found := {n for n, used in uses.items() if (used & many and n not in many)}:
            many |= found
        sorts = {name: {"aggregate"} if name in many else kinds for name, kinds in known.sorts.items()}
        return _Functions(sorts, frozenset(unsteady), known.macros)

    def _uses(self, definition: str) -> Iterator[str]:
        parsed = self._parsed(f"select 1 from t where ({definition})")
        for part in () if isinstance(parsed, str) else _parts(parsed["node"]["where_clause"]):
            if name := _called(part.node, set(), None):
                yield name

    def _bound_fault(self, sql: str, columns: Mapping[str, LogicalType]) -> str | None:
        """What binding and evaluating say: on a row of nulls each part by itself, on a plain row the whole."""
        nulls, plain = (_row(columns, values) for values in ({}, _PLAIN))
        if fault := self._fault(f"describe select 1 from ({nulls}) where ({sql})"):
            return fault
        parsed = self._parsed(f"select 1 from ({nulls}) where ({sql})")
        if isinstance(parsed, str):
            return parsed
        parts = [part for part in _parts(parsed["node"]["where_clause"]) if not part.bound]
        each = self._each(parsed, [part.node for part in parts])
        described = self._database.execute(f"describe {each}").fetchall()
        types = {id(part.node): (str(text), str(kind)) for part, (text, kind, *_) in zip(parts, described, strict=True)}
        whole = types[id(parts[0].node)][1]
        if whole != "BOOLEAN":
            return f"it is {_a(whole)}, neither true nor false"
        casts = (_cast_fault(part, types) for part in _parts(parsed["node"]["where_clause"]))
        if fault := next((one for one in casts if one), None):
            return fault
        if fault := self._fault(each):
            return fault
        fault = self._fault(f"select ({sql}) from ({plain})")
        return f"it fails on some rows, where try_cast(…) or try(…) gives null: {fault}" if fault else None

    def _each(self, parsed: Node, nodes: list[Node]) -> str:
        """A query of these expressions in place of the condition that they are parts of."""
        node = {**parsed["node"], "select_list": [{**one, "alias": ""} for one in nodes], "where_clause": None}
        text = json.dumps({"error": False, "statements": [{**parsed, "node": node}]})
        answer = self._database.execute(f"select json_deserialize_sql({literal(text)})").fetchone()
        return str(answer[0]) if answer else ""

    def _parsed(self, query: str) -> Node | str:
        """The statement that the parser makes of a query, or its complaint."""
        try:
            answer = self._database.execute(f"select json_serialize_sql({literal(query)})").fetchone()
        except duckdb.Error as error:
            return str(error).splitlines()[0]
        read = json.loads(answer[0]) if answer else {}
        if read.get("error", True) or len(read["statements"]) != 1:
            return f"a syntax error: {read.get('error_message', 'more than one statement')}"
        statement: Node = read["statements"][0]
        return statement

    def _fault(self, query: str) -> str | None:
        # No bound parameters: the first one has DuckDB's client import pandas, which takes a second.
        try:
            self._database.execute(query).fetchone()
        except duckdb.Error as error:
            return str(error).splitlines()[0]
        return None


def _parts(node: Any, tried: bool = False, bound: bool = False) -> Iterator[_Part]:
    """Every expression of an expression, itself first."""
    if isinstance(node, list):
        for one in node:
            yield from _parts(one, tried, bound)
    elif isinstance(node, dict):
        if "class" in node:
            yield _Part(node, tried, bound or node["class"] == "LAMBDA")
        if node.get("class") not in ("CONSTANT", "SUBQUERY"):
            inside = tried or node.get("type") == "OPERATOR_TRY"
            for one in node.values():
                yield from _parts(one, inside, bound or node.get("class") == "LAMBDA")


def _called(node: Node, columns: set[str], sql: str | None) -> str:
    """The function that a part calls: by name, or by a word that is no column, as `current_date` is."""
    if node["class"] == "FUNCTION":
        return str(node["function_name"]).lower()
    if node["class"] == "COLUMN_REF" and len(node["column_names"]) == 1:
        word = str(node["column_names"][0]).lower()
        quoted = sql is not None and f'"{word}"' in sql.lower()
        return "" if word in columns or quoted else _WORDS.get(word, "")
    return ""


def _parts_of(name: str) -> tuple[str, str]:
    schema, _, table = name.partition(".")
    return schema, table


def _outputs_fault(found: Mapping[str, str], wanted: Collection[str]) -> str | None:
    """Why the outputs of a select are not those that are wanted."""
    if set(found) != set(wanted):
        return f"it gives {', '.join(found)}, and not {', '.join(wanted)}"
    if found["value"].partition("(")[0] not in _NUMBERS:
        return f"its value is {_a(found['value'])} and no number"
    if found.get("district", "VARCHAR") != "VARCHAR":
        return f"its district is {_a(found['district'])} and no text"
    return None


# Words that call a function without brackets where no column is called so, and the function.
_WORDS = {
    **{word: word for word in ("current_date", "current_catalog", "current_role", "current_schema", "current_user")},
    **dict.fromkeys(("current_time", "localtime"), "get_current_time"),
    **dict.fromkeys(("current_timestamp", "localtimestamp"), "get_current_timestamp"),
    **{word: word for word in ("session_user", "user")},
}


def _cast_fault(part: _Part, types: Mapping[int, tuple[str, str]]) -> str | None:
    """Why a cast may stop a run: a column's value fails it, and nothing says what then."""
    node = part.node
    if node["class"] != "CAST" or node["try_cast"] or part.tried or not _of_columns(node["child"]):
        return None
    (text, given), (_, child) = types.get(id(node), ("", "")), types.get(id(node["child"]), ("", ""))
    given = given or str(node["cast_type"]["id"])
    if given == "VARCHAR" or child.partition("(")[0] in _SAFE.get(given, ()) or (given == child and given):
        return None
    return f"{text or 'a cast'} stops the run on values that are no {given}: use try_cast, which gives null"


def _of_columns(node: Node) -> bool:
    return any(part.node["class"] == "COLUMN_REF" for part in _parts(node))


def _row(columns: Mapping[str, LogicalType], values: Mapping[LogicalType, str]) -> str:
    """A query of one row: `values` by type, -1 for what counts where there are any, else nulls."""
    rest = "-1" if values else "null"
    made = (f"({values.get(kind, rest)})::{SQL_TYPES[kind]} as {identifier(name)}" for name, kind in columns.items())
    return f"select {', '.join(made)}"


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIO' else 'a'} {kind}"
