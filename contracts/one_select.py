"""What one text of SQL may be where the platform did not write it: a select over named tables.

A closed vocabulary over the tree that the engine's own parser makes (`json_serialize_sql`): kinds of query, of table
and of expression, and functions, each listed; all else is refused, also what a later engine brings. Nothing is run here
but the parser. Which tables a text may name is the caller's to say.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contracts.sql_text import literal

Name = tuple[str, str, str]
"""Catalog, schema and table, in small letters."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLES = frozenset({"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST", "PIVOT"})
# Parts of a query that are no query, table or expression themselves.
_PARTS = _words("""
    ORDER_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER DISTINCT_MODIFIER ORDER_DEFAULT ASCENDING DESCENDING
""")
_EXPRESSIONS = _words("""
    BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR
    POSITIONAL_REFERENCE STAR SUBQUERY WINDOW
""")
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
# Steady for the engine, and yet they tell of it, of the session, or run or read SQL that is given as a text.
_TELLING = _words("""
    current_setting getvariable version current_localtime current_localtimestamp json_serialize_sql
    json_deserialize_sql json_serialize_plan parse_duckdb_log_message vector_type can_cast_implicitly alias
    create_sort_key
""")
# Macros that the engine brings, of functions that are steady.
# `unnest` is no function to the engine.
_MACROS = _words("""
    unnest array_append array_pop_back array_pop_front array_prepend array_push_back array_push_front array_reverse
    array_to_string array_to_string_comma_default date_add days_in_month fdiv fmod geomean geometric_mean histogram
    json json_group_array json_group_object json_group_structure list_any_value list_append
    list_approx_count_distinct list_avg list_bit_and list_bit_or list_bit_xor list_bool_and list_bool_or list_count
    list_entropy list_first list_histogram list_kurtosis list_kurtosis_pop list_last list_mad list_max list_median
    list_min list_mode list_prepend list_product list_reverse list_sem list_skewness list_stddev_pop
    list_stddev_samp list_string_agg list_sum list_var_pop list_var_samp map_contains_entry map_contains_value
    md5_number_lower md5_number_upper nullif round_even roundbankers split_part wavg weighted_avg
""")
# Words that call a function without brackets, where no column is called so: what they tell is not of the rows.
_WORDS = _words("""
    current_catalog current_database current_date current_query current_role current_schema current_time
    current_timestamp current_user localtime localtimestamp session_user user
""")
_OWN_SCHEMA = "zt"
_OWN_PREFIXES = ("bd09_", "declassify_", "gcj02_", "identifies_", "normalise_")


class Connection(Protocol):
    """An open engine; the parser alone is asked."""

    def execute(self, query: str, /) -> Any:
        """Run a query and give something that rows can be fetched from."""
        ...


class NotOneSelect(ValueError):
    """A text is not one select of the vocabulary: `kind` is what of it is not, `what` says it, `fix` what to write."""

    def __init__(self, kind: str, what: str, fix: str) -> None:
        self.kind, self.what, self.fix = kind, what, fix
        super().__init__(f"{what}; {fix}")


@dataclass(frozen=True)
class Vocabulary:
    """What selects may name besides their tables: `functions`, table functions, and kinds of table reference."""

    functions: frozenset[str]
    table_functions: frozenset[str] = _TABLE_FUNCTIONS
    tables: frozenset[str] = _TABLES
    words: bool = False
    """Whether words that call functions (`current_date`) are allowed."""


def author_vocabulary(connection: Connection) -> Vocabulary:
    """What an author's text may use: the functions that the engine calls consistent, and its macros over these."""
    rows = connection.execute(
        "select distinct lower(function_name) from duckdb_functions() where database_name = 'system' "
        "and function_type in ('scalar', 'aggregate') "
        "and function_name not in (select function_name from duckdb_functions() where stability <> 'CONSISTENT')"
    ).fetchall()
    steady = {str(name) for (name,) in rows if not str(name).startswith("__internal")}
    return Vocabulary(frozenset((steady | _MACROS) - _TELLING - _WORDS))


def judge_select(connection: Connection, sql: str, reads: Container[Name], vocabulary: Vocabulary) -> None:
    """Raises `NotOneSelect` unless a text is one select over tables of `reads`."""
    _Judge(sql, reads, vocabulary).query(_statement(connection, sql), frozenset())


def _statement(connection: Connection, sql: str) -> Mapping[str, Any]:
    answer = connection.execute(
        f"select json_serialize_sql({literal(sql)}, skip_null := true, skip_empty := true)"
    ).fetchone()
    read: dict[str, Any] = json.loads(answer[0])
    if read.get("error"):
        kind = "syntax" if read.get("error_type") == "parser" else "statement"
        raise NotOneSelect(kind, f"the parser says: {read.get('error_message')}", "write one select")
    statements = read.get("statements") or []
    if len(statements) != 1:
        raise NotOneSelect("statement", f"there are {len(statements)} statements", "write one select")
    if statements[0].get("named_param_map"):
        raise NotOneSelect("parameter", "there is a parameter, and nobody gives it", "write the value")
    node: Mapping[str, Any] = statements[0]["node"]
    return node


@dataclass(frozen=True)
class _Judge:
    """A walk down the tree; `scope` are the names that the CTEs around a place give."""

    sql: str
    reads: Container[Name]
    vocabulary: Vocabulary

    def query(self, node: Mapping[str, Any], scope: frozenset[str]) -> None:
        """A query and all in it."""
        kind = str(node.get("type"))
        if kind not in _QUERIES:
            raise NotOneSelect("query", f"{kind} is no kind of select known here", "write a plain select")
        inner = scope
        # A recursive one sees itself.
        named = {str(node.get("cte_name", "")).lower()} - {""}
        for one in (node.get("cte_map") or {}).get("map") or ():
            name = str(one["key"]).lower()
            self._parts(one["value"], inner)
            inner |= {name}
        self._below(node, inner | named, "cte_map")

    def _parts(self, node: Any, scope: frozenset[str]) -> None:
        """Whatever hangs below a place: each part by what it is."""
        if isinstance(node, list):
            for one in node:
                self._parts(one, scope)
        elif isinstance(node, dict):
            self._part(node, scope)

    def _part(self, node: Mapping[str, Any], scope: frozenset[str]) -> None:
        # Of a value the type is a part of its own, and no word.
        kind = node["type"] if isinstance(node.get("type"), str) else None
        if "class" in node:
            self._expression(node, scope)
        elif kind in _QUERIES:
            self.query(node, scope)
        elif kind is None or kind in _PARTS:
            self._below(node, scope)
        else:
            self._table(node, scope)

    def _below(self, node: Mapping[str, Any], scope: frozenset[str], *without: str) -> None:
        for key, one in node.items():
            if key not in without:
                self._parts(one, scope)

    def _expression(self, node: Mapping[str, Any], scope: frozenset[str]) -> None:
        kind = str(node["class"])
        if kind not in _EXPRESSIONS:
            raise NotOneSelect("expression", f"{kind.lower()} is no expression known here", "write it otherwise")
        if kind == "FUNCTION" or str(node.get("type")) == "WINDOW_AGGREGATE":
            self._function(node)
        if kind == "COLUMN_REF":
            self._word(node)
        if kind != "CONSTANT":
            self._below(node, scope, "cast_type")

    def _function(self, node: Mapping[str, Any]) -> None:
        name, schema = str(node["function_name"]).lower(), str(node.get("schema") or "").lower()
        own = schema == _OWN_SCHEMA or str(node.get("catalog") or "").lower() == _OWN_SCHEMA
        if name.startswith(_OWN_PREFIXES) if own else name in self.vocabulary.functions or _is_operator(name):
            return
        raise NotOneSelect(
            "function",
            f"the function {name} is none that looks at its arguments alone, and gives the same each time",
            "use functions of values, and the platform's declassifiers",
        )

    def _word(self, node: Mapping[str, Any]) -> None:
        names = node.get("column_names") or [""]
        if self.vocabulary.words or len(names) != 1 or str(names[0]).lower() not in _WORDS:
            return
        at = int(node.get("query_location") or 0)
        if self.sql.encode()[at : at + 1] != b'"':
            what = f"{names[0]} tells of the session or the hour, and not of the rows"
            raise NotOneSelect("function", what, "take it from a column, or write a column of that name with its table")

    def _table(self, node: Mapping[str, Any], scope: frozenset[str]) -> None:
        kind = str(node["type"])
        if kind not in self.vocabulary.tables:
            raise NotOneSelect("table", f"{kind.lower()} is no kind of table known here", "select from ref or source")
        if kind == "BASE_TABLE":
            self._base(node, scope)
        if kind == "TABLE_FUNCTION":
            called = node["function"]
            name = str(called.get("function_name")).lower()
            if called.get("class") != "FUNCTION" or name not in self.vocabulary.table_functions:
                what = f"the table function {name} reads what no ref names"
                raise NotOneSelect("table_function", what, "select from ref or source")
            self._below(called, scope)
        self._below(node, scope, "function")

    def _base(self, node: Mapping[str, Any], scope: frozenset[str]) -> None:
        catalog, schema, table = (
            str(node.get(key) or "").lower() for key in ("catalog_name", "schema_name", "table_name")
        )
        told = ".".join(filter(None, (catalog, schema, table)))
        if node.get("at_clause"):
            raise NotOneSelect("version", f"{told} is read as it was at another time", "read it as it is")
        if not schema and table in scope:
            return
        if (catalog, schema, table) not in self.reads:
            what = f"it reads {told}, which no ref or source of it names"
            raise NotOneSelect("table", what, "name each table that it reads by ref or source")


def _is_operator(name: str) -> bool:
    return not any(character.isalnum() or character == "_" for character in name)
