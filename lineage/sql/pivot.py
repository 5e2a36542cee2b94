"""PIVOT and UNPIVOT, as statements and as parts of a FROM clause.

Lives here: which columns they make and from what. Must not live here: anything else of a FROM clause (`sources.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from sqlglot import exp

from lineage.sql.flow import AGGREGATION, EMPTY, EXPRESSION, Flow, as_indirect, lift, merge
from lineage.sql.ports import Binder
from lineage.sql.projection import columns_matched
from lineage.sql.query import with_ctes
from lineage.sql.relation import BoundColumn, Relation, Scope, Source
from lineage.sql.sources import add_source

_HANDLED = frozenset(
    (
        "this", "alias", "expressions", "fields", "unpivot", "using", "group", "columns", "include_nulls",
        "default_on_null", "into", "with_", "identify_pivot_strings", "prefixed_pivot_columns",
        "pivot_column_naming", "value_columns_first",
    )
)  # fmt: skip


def statement(binder: Binder, node: exp.Expr, parent: Scope) -> Relation:
    """`PIVOT t ON …` and `UNPIVOT t ON …`."""
    scope = with_ctes(binder, node, parent)
    block = Scope(parent=scope.parent, ctes=scope.ctes)
    add_source(binder, node.this, block)
    whole = Relation(tuple(block.star()), block.rows, block.order, block.rest(), frozenset(block.bases()))
    return apply_pivot(binder, node, whole, block)


def apply_pivot(binder: Binder, node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
    """The relation after one pivot or unpivot."""
    inner = Scope(
        parent=scope.parent, ctes=scope.ctes, sources=[Source("", relation)], rows=relation.rows, order=relation.order
    )
    gaps = binder.unhandled(node, _HANDLED)
    made = (
        _unpivot(binder, node, relation, inner) if node.args.get("unpivot") else _pivot(binder, node, relation, inner)
    )
    return Relation(made.columns, merge([made.rows, gaps]), made.order, made.rest, relation.bases)


# -- pivot ---------------------------------------------------------------------------------------------------------


def _pivot(binder: Binder, node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
    on = list(node.args.get("fields") or ()) or list(node.expressions)
    aggregates = list(node.expressions) if node.args.get("fields") else list(node.args.get("using") or ())
    keys = merge([binder.expression(_on_key(one), scope) for one in on])
    used = {ref.name.lower() for part in (*on, *aggregates) for ref in part.find_all(exp.Column)}
    kept = _groups(node, relation, used)
    decided = as_indirect(merge([column.flow for column in kept]), "group_by")
    rows = merge([relation.rows, decided])
    rest = _rest_of_groups(node, relation)
    cells = [_cell(binder, one, scope, keys, rows) for one in aggregates] or [_count(scope, keys, rows)]
    if rest is not None:
        rows = merge([rows, as_indirect(rest, "group_by")])
    names = _cell_names(on, aggregates, binder.catalog.dialect)
    if names is None:
        everything = merge([cell.flow for cell in cells])
        rest = merge([everything, rest or EMPTY])
        return Relation(tuple(kept), rows, EMPTY, rest)
    made = [BoundColumn(name, cells[index].flow) for name, index in names]
    return Relation((*kept, *made), rows, EMPTY, rest)


def _on_key(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.In) else node


def _groups(node: exp.Expr, relation: Relation, used: set[str]) -> list[BoundColumn]:
    group = node.args.get("group")
    if group is None:
        return [c for c in relation.columns if c.name not in used]
    wanted = [key.name.lower() for key in group.expressions]
    return [column for name in wanted if (column := relation.find(name)) is not None]


def _rest_of_groups(node: exp.Expr, relation: Relation) -> Flow | None:
    return relation.rest if node.args.get("group") is None else None


def _cell(binder: Binder, node: exp.Expr, scope: Scope, keys: Flow, rows: Flow) -> BoundColumn:
    flow = binder.expression(node, scope)
    return BoundColumn("", merge([flow, as_indirect(keys, "pivot"), as_indirect(rows, "rows")]))


def _count(scope: Scope, keys: Flow, rows: Flow) -> BoundColumn:
    counted = lift(scope.rows._replace(indirect=frozenset()), AGGREGATION)
    return BoundColumn("", merge([counted, as_indirect(keys, "pivot"), as_indirect(rows, "rows")]))


def _cell_names(on: list[exp.Expr], aggregates: list[exp.Expr], dialect: str) -> list[tuple[str, int]] | None:
    """Names of the pivoted columns with the aggregate of each; None where they come from the data."""
    values = []
    for one in on:
        if not isinstance(one, exp.In) or not one.expressions:
            return None
        labels = [_label(value) for value in one.expressions]
        if None in labels:
            return None
        values.append([label for label in labels if label is not None])
    suffixes = _suffixes(aggregates, dialect)
    made = []
    for combination in product(*values):
        for index, suffix in enumerate(suffixes):
            made.append(("_".join([*combination, *([suffix] if suffix else [])]).lower(), index))
    return made


def _label(value: exp.Expr) -> str | None:
    if isinstance(value, exp.PivotAlias):
        return value.args["alias"].name
    if isinstance(value, exp.Alias):
        return value.alias
    if isinstance(value, (exp.Literal, exp.Boolean, exp.Null)):
        return value.name or value.sql("duckdb").lower()
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        return "-" + value.this.name
    if isinstance(value, exp.Column) and len(value.parts) == 1:
        return value.name
    return None


def _suffixes(aggregates: list[exp.Expr], dialect: str) -> list[str]:
    if len(aggregates) <= 1:
        return [aggregates[0].alias if aggregates and isinstance(aggregates[0], exp.Alias) else ""]
    return [one.alias if isinstance(one, exp.Alias) else one.sql(dialect).lower() for one in aggregates]


# -- unpivot -------------------------------------------------------------------------------------------------------


def _unpivot(binder: Binder, node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
    name, values, groups = _unpivot_parts(node)
    flows: list[list[Flow]] = [[] for _ in values]
    used: set[str] = set()
    for group in groups:
        members = list(group.expressions) if isinstance(group, exp.Tuple) else [group]
        for position, member in enumerate(members):
            chosen, taken = _members(binder, member, scope)
            used |= taken
            flows[min(position, len(flows) - 1)].append(chosen)
    kept = [c for c in relation.columns if c.name not in used]
    made = [BoundColumn(name, EMPTY)]
    made += [BoundColumn(v, lift(merge(flows[i]), EXPRESSION)) for i, v in enumerate(values)]
    everything = merge([flow for one in flows for flow in one])
    decided = EMPTY if node.args.get("include_nulls") else as_indirect(everything, "pivot")
    return Relation((*kept, *made), merge([relation.rows, decided]), relation.order, relation.rest)


def _unpivot_parts(node: exp.Expr) -> tuple[str, list[str], list[exp.Expr]]:
    fields = node.args.get("fields")
    if fields:
        first = node.expressions[0] if node.expressions else None
        outputs = list(first.expressions) if isinstance(first, exp.Tuple) else list(node.expressions)
        return fields[0].this.name.lower(), [o.name.lower() for o in outputs], list(fields[0].expressions)
    into = node.args.get("into")
    if into is None:
        return "name", ["value"], list(node.expressions)
    return into.this.name.lower(), [e.name.lower() for e in into.expressions], list(node.expressions)


def _members(binder: Binder, member: exp.Expr, scope: Scope) -> tuple[Flow, set[str]]:
    inner = member.this if isinstance(member, (exp.PivotAlias, exp.Alias)) else member
    if isinstance(inner, exp.Columns):
        matched, rest = columns_matched(binder, inner, scope)
        return merge([*(c.flow for c in matched), rest or EMPTY]), {c.name for c in matched}
    if isinstance(inner, exp.Tuple):
        found = [_members(binder, one, scope) for one in inner.expressions]
        return merge([flow for flow, _ in found]), set().union(*(names for _, names in found))
    return binder.expression(inner, scope), {c.name.lower() for c in inner.find_all(exp.Column)}


HANDLERS: dict[type, Callable[[Binder, exp.Expr, Scope], Relation]] = {exp.Pivot: statement}
