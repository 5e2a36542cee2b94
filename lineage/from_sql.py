"""One SQL statement to its column lineage.

Lives here: the front door `column_lineage`, and which reader is asked. Must not live here: the meaning of SQL
(`lineage/plan/`, `lineage/sql/`), dbt, graphs of many models.

    >>> result = column_lineage("select a + 1 as b from t where c > 0", {"t": {"a": "int", "c": "int"}})
    >>> [str(edge.source) for edge in result.edges_into("b")]
    ['t.a', 't.c']
"""

from __future__ import annotations

from collections.abc import Mapping

from lineage.answer import EdgesByName, QueryLineage
from lineage.facts import join_parts, split_parts
from lineage.opinions import of_plan, together, unplanned
from lineage.plan.reading import read
from lineage.sql.catalog import Catalog, Lowering, Macro
from lineage.sql.parsing import bounds_fault
from lineage.sql.reading import by_binder, nothing_known

__all__ = ["EdgesByName", "Lowering", "Macro", "QueryLineage", "column_lineage", "lineage_of"]


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


def lineage_of(sql: str, catalog: Catalog, target: str, *, second_opinion: bool = True) -> QueryLineage:
    """`column_lineage` against a catalog that is at hand already.

    DuckDB's own plan decides (`lineage/plan/`). The binder (`lineage/sql/`) is asked, too, unless `second_opinion` is
    False and there is a plan of closed relations: an edge stands if either sees it. Spark has the binder alone."""
    relation = join_parts(split_parts(target))
    if catalog.dialect != "duckdb":
        return by_binder(sql, catalog, relation)
    fault = bounds_fault(sql)
    if fault is not None:
        return nothing_known(relation, fault, catalog)
    planned = read(sql, catalog, relation)
    if planned.fault:
        return unplanned(by_binder(sql, catalog, relation), planned.fault)
    if second_opinion or planned.opened:
        return together(planned, by_binder(sql, catalog, relation))
    return of_plan(planned)
