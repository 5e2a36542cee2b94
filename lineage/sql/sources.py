"""The FROM clause: tables, CTEs, subqueries, joins of every kind, lateral sources and table functions.

Lives here: what a source adds to names and to rows. Must not live here: pivots (`pivot.py`), files (a file is never
a known input)."""

from __future__ import annotations

from sqlglot import exp

from lineage.graph import ROWS, ColumnRef, Unknown, split_parts
from lineage.sql.calls import MAX_MACRO_DEPTH, macro_call, macro_parameters
from lineage.sql.flow import EMPTY, EXPRESSION, Flow, as_indirect, column_flow, leave_query, lift, merge, unknown_flow
from lineage.sql.functions import TABLE_FUNCTIONS
from lineage.sql.ports import Binder
from lineage.sql.relation import BoundColumn, Relation, Scope, Source, element_type, stored_rows, struct_fields

_TABLE = frozenset(
    (
        "this", "alias", "db", "catalog", "joins", "pivots", "laterals", "sample", "when", "ordinality",
        "version",
    )
)  # fmt: skip
_JOIN = frozenset(["this", "on", "side", "kind", "using", "method"])
_LATERAL = frozenset(["this", "alias", "view", "outer", "ordinality", "cross_apply"])


def bind_from(binder: Binder, node: exp.Expr, scope: Scope) -> None:
    """Fill the scope with the sources of a SELECT block, in order, and with what they do to its rows."""
    clause = node.args.get("from_")
    if clause is not None:
        add_source(binder, clause.this, scope)
    for join in node.args.get("joins") or ():
        _join(binder, join, scope)
    for lateral in node.args.get("laterals") or ():
        _append(scope, _bind(binder, lateral, scope))
    for pivot in node.args.get("pivots") or ():
        _pivot_all(binder, pivot, scope)


def add_source(binder: Binder, node: exp.Expr, scope: Scope) -> None:
    """One source, with the joins that hang on it."""
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.args.get("pivots"):
        add_source(binder, node.this, scope)  # parentheses around a join: its tables stay visible
    elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Subquery) and not node.alias:
        add_source(binder, node.this, scope)
    else:
        _append(scope, _bind(binder, node, scope))
    for join in node.args.get("joins") or ():
        _join(binder, join, scope)
    for lateral in node.args.get("laterals") or ():
        _append(scope, _bind(binder, lateral, scope))


def _append(scope: Scope, source: Source) -> None:
    scope.sources.append(source)
    scope.rows = merge([scope.rows, source.relation.rows])
    scope.order = merge([scope.order, source.relation.order])


def _pivot_all(binder: Binder, pivot: exp.Expr, scope: Scope) -> None:
    whole = Relation(tuple(scope.star()), scope.rows, scope.order, scope.rest(), frozenset(scope.bases()))
    relation = binder.pivoted(pivot, whole, scope)
    scope.sources, scope.merged = [Source(pivot.alias.lower(), relation)], {}
    scope.rows, scope.order = relation.rows, relation.order


# -- joins ---------------------------------------------------------------------------------------------------------


def _join(binder: Binder, node: exp.Expr, scope: Scope) -> None:
    gaps = binder.unhandled(node, _JOIN)
    method, kind, side = ((node.args.get(key) or "").upper() for key in ("method", "kind", "side"))
    before, merged = list(scope.sources), dict(scope.merged)
    hidden = [set(source.hidden) for source in before]
    add_source(binder, node.this, scope)
    added = [source for source in scope.sources if source not in before]
    names = [identifier.name.lower() for identifier in node.args.get("using") or ()]
    if method == "NATURAL":
        names = _common(before, added)
        if any(source.relation.rest is not None for source in scope.sources):
            gaps = merge([gaps, binder.opaque("natural join with unknown columns", "natural", scope)])
    decided = [_using(scope, name, before, added, side) for name in names]
    decided.append(binder.expression(node.args.get("on"), scope))
    scope.rows = merge([scope.rows, as_indirect(merge(decided), "join"), gaps])
    if kind in ("SEMI", "ANTI") or side in ("SEMI", "ANTI"):
        scope.sources, scope.merged = before, merged
        for source, names_hidden in zip(before, hidden, strict=True):
            source.hidden = names_hidden


def _common(before: list[Source], added: list[Source]) -> list[str]:
    right = {name for source in added for name in source.relation.index}
    left = [name for source in before for name in source.relation.index if name not in source.hidden]
    return [name for name in dict.fromkeys(left) if name in right]


def _using(scope: Scope, name: str, before: list[Source], added: list[Source], side: str) -> Flow:
    """Merge one USING column: its value is the left one, the right one after RIGHT, either after FULL."""
    left = scope.merged.get(name) or _first(before, name)
    right = _first(added, name)
    if left is None or right is None:
        return _unresolved(scope, name)
    for source in (*before, *added):
        if source.relation.surely_has(name):
            source.hidden.add(name)
    flow = merge([left.flow, right.flow])
    if side == "FULL":
        scope.merged[name] = BoundColumn(name, lift(flow, EXPRESSION), left.type)
    else:
        chosen = right if side == "RIGHT" else left
        scope.merged[name] = BoundColumn(name, chosen.flow, chosen.type, chosen.fields)
    return flow


def _unresolved(scope: Scope, name: str) -> Flow:
    return unknown_flow(Unknown("unresolved column", name, scope.bases() or None))


def _first(sources: list[Source], name: str) -> BoundColumn | None:
    return next((hit for s in sources if (hit := s.relation.find(name)) is not None), None)


# -- single sources ------------------------------------------------------------------------------------------------


def _bind(binder: Binder, node: exp.Expr, scope: Scope) -> Source:
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Func):
        source = _named_table(binder, node, scope)
    else:
        alias, relation = _derived(binder, node, scope)
        source = Source(alias, relation)
    source.relation = source.relation.renamed(_column_names(node)).closed()
    for pivot in node.args.get("pivots") or ():
        relation = binder.pivoted(pivot, source.relation, scope)
        names = pivot.args["alias"].columns if pivot.args.get("alias") else []
        source = Source(pivot.alias.lower() or source.alias, relation.renamed([n.name for n in names]))
    return source


def _column_names(node: exp.Expr) -> list[str]:
    alias = node.args.get("alias")
    return [column.name for column in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []


def _named_table(binder: Binder, node: exp.Table, scope: Scope) -> Source:
    parts = [part.name for part in node.parts]
    alias = (node.alias or parts[-1]).lower()
    gaps = binder.unhandled(node, _TABLE)
    full: tuple[str, ...] = tuple(part.lower() for part in parts)
    if len(parts) == 1 and parts[0].lower() in scope.ctes:
        relation = scope.ctes[parts[0].lower()]
    elif len(parts) == 2 and ".".join(parts).lower() in scope.ctes and parts[0].lower() == "recurring":
        relation = scope.ctes[".".join(parts).lower()]
    else:
        relation = _stored(binder, parts)
        full = split_parts(binder.catalog.find(parts) or "") or full
    if gaps.unknown:
        relation = Relation(
            relation.columns, merge([relation.rows, gaps]), relation.order, relation.rest, relation.bases
        )
    qualifier = full[:-1] if not node.alias else ()
    return Source(alias, relation, qualifier)


def _stored(binder: Binder, parts: list[str]) -> Relation:
    name = binder.catalog.find(parts)
    if name is None:
        return binder.opaque_relation("unknown table", ".".join(parts))
    return stored_relation(binder, name)


def stored_relation(binder: Binder, name: str) -> Relation:
    """A relation of the catalog, each column its own source; opaque if the catalog does not have it."""
    if name not in binder.catalog.tables:
        return binder.opaque_relation("unknown table", name)
    columns = tuple(
        BoundColumn(column, column_flow(ColumnRef(name, column)), kind)
        for column, kind in binder.catalog.tables[name].items()
    )
    bases = frozenset((name,))
    if name in binder.catalog.open_relations:
        if name in binder.catalog.built:  # its rows carry what flows into columns of unknown names
            return Relation(columns, stored_rows(name), EMPTY, column_flow(ColumnRef(name, ROWS)), bases)
        rest = unknown_flow(Unknown("columns of the source are not known", name))
        return Relation(columns, stored_rows(name), EMPTY, rest, bases, name)
    return Relation(columns, stored_rows(name), EMPTY, None, bases)


def _derived(binder: Binder, node: exp.Expr, scope: Scope) -> tuple[str, Relation]:
    alias = node.alias.lower() if node.alias else ""
    seat = scope.child()
    if isinstance(node, exp.Lateral):
        gaps = binder.unhandled(node, _LATERAL)
        _, relation = _derived(binder, node.this, scope)
        return alias, Relation(
            relation.columns, merge([relation.rows, gaps]), relation.order, relation.rest, relation.bases
        )
    if isinstance(node, exp.Unnest):
        return alias or "unnest", _unnest(binder, node, seat)
    if isinstance(node, (exp.Explode, exp.Posexplode, exp.ExplodeOuter, exp.PosexplodeOuter, exp.Inline)):
        return alias, _explode(binder, node, seat)
    if isinstance(node, exp.Table):
        return _table_function(binder, node.this, seat, alias)
    if isinstance(node, exp.Func) and not isinstance(node, exp.Query):
        return _table_function(binder, node, seat, alias)
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        return alias, binder.query(node, seat)
    if isinstance(node, exp.Subquery):
        relation = binder.query(_without_pivots(node), seat)
        return alias or "subquery", relation
    return alias, binder.query(node, seat)


def _without_pivots(node: exp.Subquery) -> exp.Subquery:
    if not (node.args.get("pivots") or node.args.get("joins")):
        return node
    bare = exp.Subquery(**{k: v for k, v in node.args.items() if k not in ("pivots", "joins")})
    return bare


def _unnest(binder: Binder, node: exp.Unnest, scope: Scope) -> Relation:
    columns, flows = [], []
    for value_node in node.expressions:
        value = binder.value(value_node, scope)
        flow = lift(value.flow, EXPRESSION)
        flows.append(flow)
        columns.append(BoundColumn("unnest", leave_query(flow), element_type(value.type)))
    offset = node.args.get("offset")
    if offset:
        name = offset.name if isinstance(offset, exp.Identifier) else "ordinality"
        columns.append(BoundColumn(name.lower(), leave_query(merge(flows))))
    return Relation(tuple(columns), leave_query(_decides(flows)))


def _decides(flows: list[Flow]) -> Flow:
    """The rows of a table function hang on its arguments, whether they are of this query or of the enclosing one."""
    return as_indirect(merge(f._replace(outer=frozenset()) for f in flows), "unnest")


def _explode(binder: Binder, node: exp.Expr, scope: Scope) -> Relation:
    """Spark's `LATERAL VIEW explode(x)`: one column for a list, two for a map or with the position."""
    flow = leave_query(lift(binder.expression(node.this, scope), EXPRESSION))
    names = (
        ("pos", "col", "key", "value")
        if isinstance(node, (exp.Posexplode, exp.PosexplodeOuter))
        else ("col", "key", "value")
    )
    columns = tuple(BoundColumn(name, flow) for name in names)
    return Relation(columns, _decides([flow]), EMPTY, flow)


# -- table functions and macros ------------------------------------------------------------------------------------


def _table_function(binder: Binder, node: exp.Expr, scope: Scope, alias: str) -> tuple[str, Relation]:
    name = (str(node.this) if isinstance(node, exp.Anonymous) else type(node).__name__).lower()
    if name in binder.catalog.macros:
        return alias or name, _table_macro(binder, name, node, scope)
    if isinstance(node, exp.GenerateSeries) or name == "range":
        name = "range" if name == "range" or node.args.get("is_end_exclusive") else "generate_series"
    names = TABLE_FUNCTIONS.get(name)
    if names is None:
        return alias or name, binder.opaque_relation("table function may read anything", name)
    flow = leave_query(lift(merge([binder.expression(e, scope) for e in node.iter_expressions()]), EXPRESSION))
    columns = tuple(BoundColumn(column, flow) for column in names)
    return alias or name, Relation(columns, _decides([flow]))


def _table_macro(binder: Binder, name: str, node: exp.Expr, scope: Scope) -> Relation:
    macro = binder.catalog.macros[name]
    call = macro_call(macro, node)
    if call is None or len(binder.calling) >= MAX_MACRO_DEPTH or name in binder.calling:
        return binder.opaque_relation("macro call does not fit or recurs", name)
    body, arguments = call
    given = macro_parameters(binder, macro, arguments, scope)
    binder.calling.append(name)
    try:
        return binder.query(body, Scope(parameters=given).child())
    finally:
        binder.calling.pop()


def unnested_fields(value: BoundColumn) -> list[BoundColumn] | None:
    """The columns that `unnest(struct)` gives; None if the fields are not known."""
    if value.fields:
        return [BoundColumn(n, lift(f.flow, EXPRESSION), f.type, f.fields) for n, f in value.fields.items()]
    kinds = struct_fields(value.type)
    return [BoundColumn(n, lift(value.flow, EXPRESSION), kind) for n, kind in kinds.items()] if kinds else None
