"""One SQL statement to its column lineage.

Lives here: the front door `column_lineage`, parsing within bounds, and the result type. Must not live here: the
meaning of SQL (`lineage/sql/`), dbt, graphs of many models.

    >>> result = column_lineage("select a + 1 as b from t where c > 0", {"t": {"a": "int", "c": "int"}})
    >>> [str(edge.source) for edge in result.edges_into("b")]
    ['t.a', 't.c']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lineage.edges import EdgeTable
from lineage.graph import ROWS, ColumnRef, Edge, Graph, Unknown, join_parts, split_parts
from lineage.sql.binder import Binder
from lineage.sql.catalog import Catalog, Lowering, Macro
from lineage.sql.flow import Flow, as_indirect, edges_into, merge
from lineage.sql.parsing import parse_statements
from lineage.sql.statements import Target, bind_statements

__all__ = ["EdgesByName", "Lowering", "Macro", "QueryLineage", "column_lineage", "lineage_of"]


@dataclass(frozen=True)
class EdgesByName(Mapping[str, tuple[Edge, ...]]):
    """The edges of one relation by column name, made from numbers when they are asked for."""

    relation: str
    table: EdgeTable

    def __getitem__(self, name: str) -> tuple[Edge, ...]:
        return self.table[ColumnRef(self.relation, name)]

    def __iter__(self) -> Iterator[str]:
        return (ref.column for ref in self.table)

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True)
class QueryLineage:
    """The lineage of one relation that a statement makes.

    `columns` are its output names in order; `edges` and `unknown` are by output column, with ``*`` for the
    relation's rows. `is_open` says that there may be columns whose names cannot be known; what flows into any of
    them is under ``*``."""

    relation: str
    columns: tuple[str, ...]
    edges: Mapping[str, tuple[Edge, ...]]
    unknown: Mapping[str, tuple[Unknown, ...]] = field(default_factory=dict)
    is_open: bool = False
    types: Mapping[str, str] = field(default_factory=dict)

    def edges_into(self, column: str) -> tuple[Edge, ...]:
        """The edges of one output column."""
        return self.edges.get(column.lower(), ())

    def table(self) -> EdgeTable:
        """The edges by number; ready where the lineage comes from a cache."""
        if isinstance(self.edges, EdgesByName):
            return self.edges.table
        into = {ColumnRef(self.relation, name): edges for name, edges in self.edges.items()}
        return EdgeTable.of(into, {self.relation: self.columns})

    def graph(self) -> Graph:
        """The same as a graph of one relation."""
        ref = lambda name: ColumnRef(self.relation, name)  # noqa: E731
        return Graph(
            {self.relation: self.columns},
            {ref(name): edges for name, edges in self.edges.items() if edges},
            {ref(name): why for name, why in self.unknown.items() if why},
            frozenset((self.relation,)),
        )


def column_lineage(
    sql: str,
    schema: Mapping[str, Mapping[str, str]],
    dialect: str = "duckdb",
    *,
    target: str = "query",
    macros: Mapping[str, Macro] | None = None,
    declassifiers: Mapping[str, Lowering] | None = None,
) -> QueryLineage:
    """The lineage of one statement: a query, or one that makes or changes a table.

    `schema` maps each relation (``lake.raw.t``) to its columns and types. `target` names the relation that a plain
    query is taken to make. Never raises for any SQL text: what is not understood comes back as unknown on the
    columns concerned."""
    catalog = Catalog(schema, dialect=dialect, macros=macros, declassifiers=declassifiers)
    return lineage_of(sql, catalog, target)


def lineage_of(sql: str, catalog: Catalog, target: str) -> QueryLineage:
    """`column_lineage` against a catalog that is at hand already."""
    relation = join_parts(split_parts(target))
    statements, fault = parse_statements(sql, catalog.dialect)
    if fault is not None:
        return _nothing_known(relation, fault, catalog)
    try:
        made = bind_statements(Binder(catalog), statements)
    except RecursionError:
        return _nothing_known(relation, Unknown("nested too deeply", "statement"), catalog)
    return _finish(made.name or relation, made, catalog)


def _nothing_known(relation: str, why: Unknown, catalog: Catalog) -> QueryLineage:
    columns = tuple(catalog.tables.get(relation, ()))
    return QueryLineage(relation, columns, {}, dict.fromkeys((*columns, ROWS), (why,)), is_open=True)


def _finish(name: str, made: Target, catalog: Catalog) -> QueryLineage:
    relation = made.relation.closed()
    if not relation.columns and relation.rest is None:
        return _nothing_known(name, Unknown("statement makes no columns", "statement"), catalog)
    rows = merge([relation.rows, relation.order])
    edges, unknown = {}, {}
    for column in relation.columns:
        target = ColumnRef(name, column.name)
        edges[column.name] = edges_into(target, column.flow, rows)
        unknown[column.name] = _why(column.flow, rows)
    of_rows = merge([rows, as_indirect(relation.rest, "rows")]) if relation.rest is not None else rows
    edges[ROWS] = edges_into(ColumnRef(name, ROWS), Flow(), of_rows)
    unknown[ROWS] = _why(of_rows)
    for column_name in made.unfinished:
        unknown[column_name] = (*unknown.get(column_name, ()), *made.unfinished[column_name])
    return QueryLineage(
        name,
        tuple(c.name for c in relation.columns),
        edges,
        {column: why for column, why in unknown.items() if why},
        relation.rest is not None,
        {c.name: c.type for c in relation.columns},
    )


def _why(*flows: Flow) -> tuple[Unknown, ...]:
    return tuple(sorted({why for flow in flows for why in flow.unknown}, key=repr))
