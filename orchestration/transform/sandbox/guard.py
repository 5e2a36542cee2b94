"""The guard before the engine: each statement that dbt asks of its connection is of a closed vocabulary, or is refused.

It knows which node is being made. A node's own text is judged by itself (`selects`); what the platform's and dbt's
macros write around it is known by kind of statement and by the table that it is about. Who puts the guard before dbt's
connection is `install`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from contracts.one_select import Name, NotOneSelect, Vocabulary, author_vocabulary, judge_select
from lake.executed import text_digest
from orchestration.transform.sandbox.selects import own_name, parser, reads, select_fault
from orchestration.transform.sandbox.settings import setting_fault

_KINDS = duckdb.StatementType
# What dbt and the platform's macros ask of the catalog.
_CATALOG = Vocabulary(
    functions=frozenset({"version", "regexp_replace", "lower", "count", "count_star", "list", "row", "not_"}),
    table_functions=frozenset({"duckdb_databases", "duckdb_views", "duckdb_indexes", "duckdb_constraints"}),
    tables=frozenset({"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EMPTY", "SHOW_REF"}),
    words=True,
)
_CATALOG_TABLES = frozenset(
    {("system", "information_schema", "tables"), ("system", "information_schema", "schemata")}
    | {("temp", "", "zhongtai_wanted"), ("", "temp", "zhongtai_wanted")}
)
_WORD = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^\W\d]\w*))')
_DOT = re.compile(r"\s*\.")
_COMMENT = re.compile(r"^\s*(?:--[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)")
# The statements that make, fill, change and drop, as far as the name that each is about.
_HEADS = {
    _KINDS.CREATE: re.compile(r"create\s+(or\s+replace\s+)?(temp(?:orary)?\s+)?(table|view)\s+(if\s+not\s+exists\s+)?"),
    _KINDS.INSERT: re.compile(r"insert\s+into\s+"),
    _KINDS.DELETE: re.compile(r"(?:delete\s+from|truncate(?:\s+table)?)\s+"),
    _KINDS.DROP: re.compile(r"drop\s+(table|view)\s+if\s+exists\s+"),
    _KINDS.COPY: re.compile(r"copy\s+"),
    _KINDS.ALTER: re.compile(r"alter\s+(table|view)\s+"),
}
_SCHEMA = re.compile(r'create\s+schema\s+if\s+not\s+exists\s+"?lake"?\s*\.\s*"?[a-z_]\w*"?\s*;?\s*', re.IGNORECASE)
_FROM_SEED = re.compile(
    r"\s*from\s+'(?:[^']|'')*'\s*\(format\s+csv,\s*header\s+true,\s*delimiter\s+'[^']'\)\s*;?\s*", re.IGNORECASE
)
_RENAME = re.compile(r"\s*rename\s+to\b", re.IGNORECASE)
_TEMPORARY = ("zhongtai_wanted", "zhongtai_wanted_view")
# Where tables of one session lie.
_SESSION = (("", ""), ("temp", ""), ("", "temp"), ("temp", "main"))
_HELPERS = ("__dbt_tmp", "__dbt_backup")


class StatementRefused(Exception):
    """dbt was about to ask something of the engine that is not of the vocabulary; `kind` is the statement's."""

    def __init__(self, model: str, kind: str, what: str) -> None:
        self.model, self.kind = model, kind
        super().__init__(
            f"{model}: {what} ({kind} statement). A model is one select over its refs, and the platform makes its "
            "table; take out what asks for more"
        )


@dataclass(frozen=True)
class Making:
    """A node as it is made: what it may read, and the digest that its text had when it was judged, where it had one."""

    node: Mapping[str, Any]
    reads: frozenset[Name]

    @classmethod
    def of(cls, node: Mapping[str, Any], manifest: Mapping[str, Any]) -> Making:
        """The node of a manifest, its SQL compiled."""
        return cls(node, reads(node, manifest))

    @property
    def own(self) -> Name:
        """The relation that it makes."""
        return own_name(self.node)

    @property
    def name(self) -> str:
        """The node as people name it."""
        return str(self.node["name"])

    def judge(self, expected: Mapping[str, str] | None) -> None:
        """Raises `StatementRefused` before anything of the node is run: for its settings, its text, or another text.

        `expected` is the digest that each model's text had when lineage was read from it.
        """
        if self.node["resource_type"] != "model":
            return
        text = str(self.node.get("compiled_code") or "")
        if fault := setting_fault(self.node) or select_fault(text, self.reads):
            raise StatementRefused(self.name, "model", fault)
        if self.node["config"].get("materialized") == "incremental":
            return  # it is judged by each text that it ran
        if (expected or {}).get(str(self.node["unique_id"])) != text_digest(text):
            what = "its SQL is compiled otherwise than when lineage was read from it"
            raise StatementRefused(self.name, "model", what)


def judge_statements(sql: str, making: Making | None) -> bool:
    """Whether a text makes the whole table of the node that is being made, and does not only add to it.

    Raises `StatementRefused` unless all that it asks is of the vocabulary, for that node.
    """
    try:
        statements = parser().extract_statements(sql)
    except duckdb.Error:
        raise StatementRefused(making.name if making else "dbt", "unknown", "it does not parse") from None
    asked = [_Asked(_plain(statement.query), statement.type, making) for statement in statements]
    for one in asked:
        one.judge()
    return any(one.makes_whole() for one in asked)


def _plain(sql: str) -> str:
    """A statement without the comments before it, such as dbt's own."""
    while found := _COMMENT.match(sql):
        sql = sql[found.end() :]
    return sql.strip()


@dataclass(frozen=True)
class _Asked:
    sql: str
    kind: duckdb.StatementType
    making: Making | None

    def judge(self) -> None:
        if self.kind == _KINDS.TRANSACTION:
            return
        if self.kind == _KINDS.SELECT:
            return self._rows(self.sql)
        if self.kind == _KINDS.CREATE and _SCHEMA.fullmatch(self.sql):
            return None
        head = _HEADS.get(self.kind)
        found = head.match(self.sql.lower()) if head and self.making else None
        if not found:
            raise self._refused("nothing of a model's asks that")
        return self._about(found)

    def makes_whole(self) -> bool:
        """Whether it makes the node's table anew, under its own name or under that which is then given it."""
        head = _HEADS[_KINDS.CREATE].match(self.sql.lower()) if self.kind == _KINDS.CREATE else None
        return bool(head and not head.group(2))

    def _about(self, head: re.Match[str]) -> None:
        """A statement that changes something: only the node's own table, or a temporary helper of its making."""
        name, rest = _named(self.sql[head.end() :])
        temporary = self.kind == _KINDS.CREATE and bool(head.group(2))
        dropped = self.kind == _KINDS.DROP and self._is_helper(name)
        if not (dropped or (self._is_helper(name) if temporary else self._is_own(name))):
            raise self._refused(f"it is about {'.'.join(filter(None, name))}, which is not its own table")
        if self.kind == _KINDS.COPY:
            if self._resource() != "seed" or not _FROM_SEED.fullmatch(rest):
                raise self._refused("a copy is for the rows of a seed alone")
        elif self.kind == _KINDS.ALTER:
            self._renamed(rest)
        elif self.kind in (_KINDS.CREATE, _KINDS.INSERT):
            self._filled(rest)

    def _renamed(self, rest: str) -> None:
        """A table made afresh takes the old one's name: nothing else is altered, and no other name given."""
        found = _RENAME.match(rest)
        name, end = _named(rest[found.end() :]) if found else (("", "", ""), rest)
        own = self.making.own if self.making else ("", "", "")
        if end.strip(" ;\n") or not self._is_own((*own[:2], name[2])) or name[:2] != ("", ""):
            raise self._refused("a model alters no table but for its own name")

    def _filled(self, rest: str) -> None:
        """What is made or inserted: rows of a select, or columns alone."""
        if self._resource() == "seed":
            return  # its values are bound, or copied from its file
        rest = rest.strip().rstrip(";").strip()
        after = _after_list(rest).strip() if rest.startswith("(") else rest
        if self.kind == _KINDS.CREATE:
            if after or not rest.startswith("("):
                self._rows(re.sub(r"^as\b", "", after, count=1, flags=re.IGNORECASE))
        elif not (after and rest.startswith("(")):
            self._rows(rest)
        else:
            self._rows(after)

    def _rows(self, text: str) -> None:
        try:
            judge_select(parser(), text, self._reads(), _around() if self.making else _CATALOG)
        except NotOneSelect as refused:
            raise self._refused(str(refused)) from None

    def _reads(self) -> Container[Name]:
        if self.making is None:
            return _CATALOG_TABLES
        own, helpers = self.making.own, [f"{self.making.own[2]}{end}" for end in _HELPERS]
        made = {own, *((own[0], own[1], name) for name in helpers)}
        return _Near(frozenset(_CATALOG_TABLES | self.making.reads | made), self._helped())

    def _is_own(self, name: Name) -> bool:
        own = self.making.own if self.making else None
        helper = own is not None and name[:2] in (own[:2], ("", "")) and name[2].startswith(f"{own[2]}__dbt_")
        return name == own or (helper and self._resource() != "seed")

    def _is_helper(self, name: Name) -> bool:
        return name[:2] in _SESSION and _is_temporary(name[2], self._helped())

    def _helped(self) -> str:
        """The start of the names of a node's temporary tables: a unit test has those of the model that it tests."""
        return self.making.own[2] if self.making and self._resource() != "unit_test" else ""

    def _resource(self) -> str:
        return str(self.making.node["resource_type"]) if self.making else ""

    def _refused(self, what: str) -> StatementRefused:
        return StatementRefused(self.making.name if self.making else "dbt", self.kind.name.lower(), what)


class _Near(Container[Name]):
    """Names that may be read, and the temporary tables of a node, whose names end in the hour."""

    def __init__(self, names: frozenset[Name], own: str) -> None:
        self._names, self._own = names, own

    def __contains__(self, name: object) -> bool:
        if name in self._names:
            return True
        *where, table = name if isinstance(name, tuple) else ("", "", "")
        return tuple(where) in _SESSION and _is_temporary(str(table), self._own)


def _is_temporary(table: str, own: str) -> bool:
    return table in _TEMPORARY or (table.startswith(own) and "__dbt_tmp" in table[len(own) :])


@cache
def _around() -> Vocabulary:
    """What stands around a node's text: all that the text may use, and what is asked of the catalog."""
    author = author_vocabulary(parser())
    return Vocabulary(
        author.functions | _CATALOG.functions,
        author.table_functions | _CATALOG.table_functions,
        author.tables | _CATALOG.tables,
        words=True,
    )


def _named(text: str) -> tuple[Name, str]:
    """The name at the start of a text, in three parts, and what follows it."""
    parts: list[str] = []
    while found := _WORD.match(text):
        parts.append((found.group(1) or found.group(2)).replace('""', '"').lower())
        text = text[found.end() :]
        dot = _DOT.match(text)
        if not dot:
            break
        text = text[dot.end() :]
    padded = ("", "", *parts) if len(parts) == 1 else ("", *parts) if len(parts) == 2 else tuple(parts)
    return (padded if len(padded) == 3 else ("", "", "")), text


def _after_list(text: str) -> str:
    """What follows a list in brackets at the start of a text; brackets in quotes count for nothing."""
    depth, quote = 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return text[place + 1 :]
        elif not depth:
            return text
    return ""
