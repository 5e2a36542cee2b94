"""The binder's answer for a text: parsing within bounds, binding, and the result by column.

Lives here: the way from text to `QueryLineage` that asks no engine. Must not live here: the meaning of SQL (the other
files of this folder), the engine's own plan (`lineage/plan/`)."""

from __future__ import annotations

from lineage.answer import QueryLineage
from lineage.graph import ROWS, ColumnRef, Unknown
from lineage.sql.binder import Binder
from lineage.sql.catalog import Catalog
from lineage.sql.flow import Flow, as_indirect, edges_into, merge
from lineage.sql.parsing import parse_statements
from lineage.sql.statements import Target, bind_statements


def by_binder(sql: str, catalog: Catalog, relation: str) -> QueryLineage:
    """What the binder says of a text. Raises nothing for any text."""
    statements, fault = parse_statements(sql, catalog.dialect)
    if fault is not None:
        return nothing_known(relation, fault, catalog)
    try:
        made = bind_statements(Binder(catalog), statements)
    except RecursionError:
        return nothing_known(relation, Unknown("nested too deeply", "statement"), catalog)
    except Exception as error:  # a statement that nobody imagined: it is unknown, and says by what
        return nothing_known(relation, Unknown("statement is not understood", type(error).__name__), catalog)
    return _finish(made.name or relation, made, catalog)


def nothing_known(relation: str, why: Unknown, catalog: Catalog) -> QueryLineage:
    """The answer where there is none: the columns that the catalogue knows, each unknown."""
    columns = tuple(catalog.tables.get(relation, ()))
    return QueryLineage(relation, columns, {}, dict.fromkeys((*columns, ROWS), (why,)), is_open=True)


def _finish(name: str, made: Target, catalog: Catalog) -> QueryLineage:
    relation = made.relation.closed()
    if not relation.columns and relation.rest is None:
        return nothing_known(name, Unknown("statement makes no columns", "statement"), catalog)
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
