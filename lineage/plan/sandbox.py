"""A DuckDB with empty tables, in which statements are planned and none runs.

Lives here: the connection, its tables, macros and stubs of declassifiers, and the plan of one statement. Must not live
here: what a plan means.

Nothing outside can be reached from it: no file, no network, no setting may be changed. A declassifier stands in it as a
macro of the schema that the platform's are in, around a function of its own that the plan shows as one call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from lineage.facts import join_parts, split_parts
from lineage.plan.vocabulary import FOLDED, HARMLESS

SCHEMA_OF_DECLASSIFIERS = "zt"
STUB = "zhongtai_stub_"
_MADE = "zhongtai_made"
_HOME = "memory"
_FOLDED = re.compile(rf"\b({'|'.join(FOLDED)})\b", re.IGNORECASE)
_NAMED = re.compile(r'(?:"(?:[^"]|"")*"|[^"\s])+')
WORD = re.compile(r"\w+")
_UNTYPED = "VARCHAR"
_LONGEST = 200
_PARAMETERS = "abcdefgh"


@dataclass(frozen=True)
class Planned:
    """One statement as the engine bound it: the root of its plan; or `fault`, why there is none."""

    root: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[tuple[str, str], ...] = ()
    fault: str = ""


class Sandbox:
    """Plans statements over a catalogue's tables. `stubs` maps the declassifiers' names to how many arguments they take
    at most, and the type that they give; they are made for every number up to it."""

    def __init__(self, stubs: Mapping[str, tuple[int, str]], macros: Mapping[str, str] | None = None) -> None:
        # One connection, one plan at a time, and no thread besides: no data is ever read.
        self._connection = duckdb.connect(config={"threads": 1, "memory_limit": "256MB", "temp_directory": ""})
        self._connection.execute("set enable_progress_bar = false")
        self._made: dict[str, tuple[tuple[str, str], ...]] = {}
        self._offered: dict[str, dict[str, Mapping[str, str]]] = {}  # by the last part of the name
        self._databases: set[str] = {_HOME}
        self.relations: dict[str, str] = {}  # a table's full name here -> its name in the catalogue
        self._schemas: set[tuple[str, str]] = {(_HOME, "main")}
        self._open(stubs, macros or {})
        self.pure, self.aggregates = self._functions()

    def _open(self, stubs: Mapping[str, tuple[int, str]], macros: Mapping[str, str]) -> None:
        run = self._connection.execute
        run(f"attach ':memory:' as {SCHEMA_OF_DECLASSIFIERS}")
        for name, (most, returns) in sorted(stubs.items()):
            self._stub(name, most, returns)
        self.unmade = dict(macros)
        run("set enable_external_access = false")
        run("set lock_configuration = true")

    def _stub(self, name: str, most: int, returns: str) -> None:
        """A call of any number of arguments becomes one call of a function over them all, whatever their types."""
        overloads = []
        for count in range(1, most + 1):
            parameters = ", ".join(_PARAMETERS[:count])
            given = ", ".join(f"cast({p} as varchar)" for p in _PARAMETERS[:count])
            overloads.append(f"({parameters}) as {STUB}{name}([{given}])")
        self._connection.create_function(f"{STUB}{name}", _never, ["VARCHAR[]"], returns)
        self._connection.execute(f"create macro {SCHEMA_OF_DECLASSIFIERS}.{name} {', '.join(overloads)}")

    def _functions(self) -> tuple[frozenset[str], frozenset[str]]:
        """The scalar functions that are pure or harmless, and the aggregates, as the engine lists them."""
        rows = self._connection.execute(
            "select function_name, function_type, stability from duckdb_functions() where internal"
        ).fetchall()
        pure = {name for name, kind, stability in rows if kind == "scalar" and stability == "CONSISTENT"}
        aggregates = {name for name, kind, _ in rows if kind == "aggregate"}
        return frozenset(pure | HARMLESS) - set(FOLDED), frozenset(aggregates)

    # -- tables ------------------------------------------------------------------------------------------------------

    def offer(self, relation: str, columns: Mapping[str, str]) -> None:
        """Tell of a relation that some text may read: its table is made when one has its name in it (`want`)."""
        if relation in self._made:
            self.know(relation, columns)
        else:
            self._offered.setdefault(split_parts(relation)[-1], {})[relation] = columns

    def want(self, sql: str) -> None:
        """Have the tables that a text may read, of those that were offered."""
        for word in set(WORD.findall(sql.lower())) & self._offered.keys():
            for relation, columns in self._offered.pop(word).items():
                self.know(relation, columns)

    def know(self, relation: str, columns: Mapping[str, str]) -> None:
        """Have an empty table of a relation, with these columns; one that stands and differs is made anew."""
        wanted = tuple(columns.items())
        if self._made.get(relation) == wanted:
            return
        if not wanted:  # a table without columns cannot be; one that stands is not it
            if self._made.pop(relation, None):
                self.run(f"drop table if exists {_dotted(self._place(split_parts(relation)))}")
            return
        place = self._place(split_parts(relation))
        if self._create(place, wanted) or self._create(place, [(n, self._known_type(kind)) for n, kind in wanted]):
            self._made[relation] = wanted
            self.relations[join_parts(place)] = relation

    def _create(self, place: tuple[str, ...], columns: Iterable[tuple[str, str]]) -> bool:
        listed = ", ".join(f"{_quoted(name)} {kind or _UNTYPED}" for name, kind in columns)
        return self.run(f"create or replace table {_dotted(place)} ({listed})")

    def _known_type(self, kind: str) -> str:
        return kind if kind and self.run(f"select cast(null as {kind})") else _UNTYPED

    def _place(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """Where a table of so many parts of a name lies: database, schema, name; both are made."""
        database, schema, table = (_HOME, "main", "", *parts)[-3:] if len(parts) >= 3 else (
            (_HOME, parts[0], parts[1]) if len(parts) == 2 else (_HOME, "main", parts[0])
        )  # fmt: skip
        if database not in self._databases:
            self.run(f"attach ':memory:' as {_quoted(database)}")
            self._databases.add(database)
        if (database, schema) not in self._schemas:
            self.run(f"create schema if not exists {_quoted(database)}.{_quoted(schema)}")
            self._schemas.add((database, schema))
        return database, schema, table

    def make_macros(self) -> None:
        """Make the macros that are not yet: one that reads tables can be made when these are there."""
        self.unmade = {name: text for name, text in self.unmade.items() if not text or not self.run(text)}

    def named(self, sql: str) -> set[tuple[str, ...]] | None:
        """The tables that a text names, in parts as written; None where the engine cannot say."""
        try:
            names = self._connection.get_table_names(sql, qualified=True)
        except duckdb.Error:
            return None
        found = [_NAMED.match(name) for name in names]  # "lake.raw.person as p"
        return None if None in found else {split_parts(one.group()) for one in found if one}

    def statements(self, sql: str) -> list[duckdb.Statement]:
        """The statements of a text. Raises `duckdb.Error` for one that does not parse."""
        return self._connection.extract_statements(sql)

    def views(self) -> set[str]:
        """Every view that somebody made here, by its full name."""
        rows = self._connection.execute(
            "select database_name, schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
        return {join_parts(parts) for parts in rows}

    def columns_of(self, relation: str) -> tuple[str, ...]:
        """The columns of a table that was made known."""
        return tuple(name for name, _ in self._made.get(relation, ()))

    def run(self, sql: str) -> bool:
        """Run a statement that only makes something known to later ones; whether it could."""
        try:
            self._connection.execute(sql)
        except duckdb.Error:
            return False
        return True

    def relation(self, entry: Mapping[str, Any]) -> str:
        """The catalogue's name of a table that the plan names by catalog, schema and table."""
        full = join_parts(str(entry[key]) for key in ("catalog", "schema", "table"))
        return self.relations.get(full, full)

    # -- plans -------------------------------------------------------------------------------------------------------

    def query(self, sql: str) -> Planned:
        """The plan of a query, with its output columns as a table made of it has them."""
        found = self.statement(f"create table {_HOME}.main.{_MADE} as (\n{sql}\n)")
        return found if not found.fault else self.statement(f"create table {_HOME}.main.{_MADE} as\n{sql}\n")

    def statement(self, sql: str) -> Planned:
        """The plan of any one statement."""
        read = _FOLDED.search(sql)
        if read:
            return Planned(fault=f"{read.group(1).lower()} is read while it is planned")
        try:
            text = self._connection.execute("select json_serialize_plan($1, optimize := false)", [sql]).fetchone()[0]  # type: ignore[index]
            answer = json.loads(text)
        except (duckdb.Error, ValueError, RecursionError) as error:
            return Planned(fault=f"the engine makes no plan of it ({type(error).__name__})")
        if answer["error"]:
            return Planned(fault=f"the engine says: {_said(answer)}")
        if len(answer["plans"]) != 1:
            return Planned(fault=f"it is {len(answer['plans'])} statements, not one")
        root = answer["plans"][0]
        return Planned(root, _columns(root.get("info") or root.get("table_info")))


def _said(answer: Mapping[str, Any]) -> str:
    """The first line of what the engine says of a text: names and types of it, for there is no data here."""
    line = str(answer.get("error_message") or answer.get("error_type") or "no reason").splitlines()[0]
    return line if len(line) <= _LONGEST else line[:_LONGEST] + " …"


def _never(_: object) -> str:
    raise AssertionError("a stub is planned and never called")


def _columns(entry: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(entry, Mapping) or "columns" not in entry:
        return ()
    return tuple((c["name"], spelt(c["type"])) for c in entry["columns"]["columns"])


def spelt(kind: Mapping[str, Any]) -> str:
    """A type as SQL spells it, from the engine's own description of it; empty where it has no plain name."""
    info = kind.get("type_info") or {}
    if info.get("alias"):
        return str(info["alias"])
    name = str(kind["id"])
    if name == "DECIMAL":
        return f"DECIMAL({info['width']}, {info['scale']})"
    if name in ("LIST", "ARRAY"):
        inner = spelt(info["child_type"])
        size = info.get("size", "") if name == "ARRAY" else ""
        return f"{inner}[{size}]" if inner else ""
    if name in ("STRUCT", "MAP", "UNION"):
        return _nested(name, info)
    return {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ", "NULL": "INTEGER", "ENUM": "VARCHAR"}.get(name, name)


def _nested(name: str, info: Mapping[str, Any]) -> str:
    if name == "MAP":
        pair = info["child_type"]["type_info"]["child_types"]
        parts = [spelt(one.get("second", one.get("value"))) for one in pair]
        return f"MAP({', '.join(parts)})" if all(parts) else ""
    if name == "UNION":
        return ""
    fields = [(f.get("first", f.get("key")), spelt(f.get("second", f.get("value")))) for f in info["child_types"]]
    if not all(kind for _, kind in fields):
        return ""
    return "STRUCT(" + ", ".join(f"{_quoted(str(n))} {kind}" for n, kind in fields) + ")"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _dotted(parts: tuple[str, ...]) -> str:
    return ".".join(_quoted(part) for part in parts)
