"""Queries: SELECT blocks, set operations, CTEs, VALUES.

Lives here: in which order the clauses of a block see each other, and what each does to the rows. Must not live
here: the FROM clause (`sources.py`), the select list (`projection.py`), values (`expressions.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from lineage.graph import Unknown
from lineage.sql.calls import has_aggregate
from lineage.sql.flow import EMPTY, Flow, as_indirect, declassify, leave_query, merge, unknown_flow
from lineage.sql.ports import Binder
from lineage.sql.projection import Projection, project
from lineage.sql.relation import BoundColumn, Relation, Scope, Source, all_flows
from lineage.sql.sources import bind_from

_SELECT = frozenset(
    (
        "with_", "expressions", "hint", "distinct", "from_", "joins", "laterals", "where", "group", "having",
        "qualify", "windows", "order", "sort", "limit", "offset", "sample", "pivots", "kind",
        "cluster", "distribute",
    )
)  # fmt: skip
_SET = frozenset(
    (
        "with_", "this", "expression", "distinct", "by_name", "order", "limit", "offset", "sort",
    )
)  # fmt: skip
_SUBQUERY = frozenset(
    (
        "this", "alias", "with_", "order", "limit", "offset", "sort", "sample",
    )
)  # fmt: skip
MAX_ROUNDS = 64


def select(binder: Binder, node: exp.Expr, parent: Scope) -> Relation:
    """One SELECT block."""
    scope = with_ctes(binder, node, parent)
    scope = Scope(parent=scope.parent, ctes=scope.ctes)
    unhandled = binder.unhandled(node, _SELECT)
    bind_from(binder, node, scope)
    scope.windows = {w.name.lower(): w for w in node.args.get("windows") or ()}
    scope.aliases = _aliases(node)
    where = node.args.get("where")
    if where is not None:
        scope.rows = merge([scope.rows, as_indirect(binder.expression(where.this, scope), "filter")])
    guard = _row_guard(binder, node)
    if guard:
        scope.rows = declassify(scope.rows, guard, indirect=True)
    grouped = _is_grouped(node)
    keys = _group_keys(binder, node, scope)
    if guard:
        keys = declassify(keys, guard, indirect=True)
    scope.rows = merge([scope.rows, keys])
    projection = project(binder, node, scope)
    # An aggregate of outer columns alone belongs to the outer query, and then this one keeps its rows.
    correlated = any(column.flow.outer for column in projection.columns)
    one_row = not grouped and not correlated and _aggregates(binder, node)
    rows = _rows(binder, node, scope, projection, EMPTY if one_row else scope.rows, ordered=grouped or one_row)
    order = _order(binder, node, scope, projection)
    if not order.indirect and not (grouped or one_row or node.args.get("distinct")):
        order = scope.order
    bases = frozenset(base for source in scope.sources for base in source.relation.bases)
    columns = tuple(_left(c) for c in projection.columns)
    rest = leave_query(projection.rest) if projection.rest is not None else None
    return Relation(columns, leave_query(merge([rows, unhandled])), leave_query(order), rest, bases)


def _left(column: BoundColumn) -> BoundColumn:
    if not column.flow.outer:
        return column
    fields = {n: _left(c) for n, c in column.fields.items()} if column.fields else None
    return BoundColumn(column.name, leave_query(column.flow), column.type, fields, column.generated)


def _aliases(node: exp.Expr) -> dict[str, exp.Expr]:
    found: dict[str, exp.Expr] = {}
    for item in node.expressions:
        if isinstance(item, exp.Alias):
            found.setdefault(item.alias.lower(), item.this)
    return found


def _is_grouped(node: exp.Expr) -> bool:
    group = node.args.get("group")
    return group is not None


def _aggregates(binder: Binder, node: exp.Expr) -> bool:
    parts = [*node.expressions, node.args.get("having"), node.args.get("qualify")]
    if node.args.get("having") is not None:
        return True
    return any(has_aggregate(part, binder.catalog.macros) for part in parts if part is not None)


def _row_guard(binder: Binder, node: exp.Expr) -> str:
    """The registered declassifier that stands as a conjunct of HAVING and answers for the rows of this block."""
    having = node.args.get("having")
    for term in _conjuncts(having.this) if having is not None else ():
        name = _call_name(term)
        lowering = binder.catalog.declassifiers.get(name)
        if lowering is not None and lowering.rows:
            return name
    return ""


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, exp.And):
            stack += [here.this, here.expression]
        elif isinstance(here, exp.Paren):
            stack.append(here.this)
        else:
            yield here


def _call_name(node: exp.Expr) -> str:
    while isinstance(node, exp.Dot):
        node = node.expression
    return str(node.this).lower() if isinstance(node, exp.Anonymous) else ""


def _group_keys(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    group = node.args.get("group")
    if group is None:
        return EMPTY
    unhandled = binder.unhandled(group, frozenset(("expressions", "all", "grouping_sets", "cube", "rollup")))
    flows = [_key(binder, key, node, scope) for key in _group_items(group)]
    if group.args.get("all"):
        plain = [item for item in node.expressions if not has_aggregate(item, binder.catalog.macros)]
        flows += [binder.expression(item, scope) for item in plain]
    return merge([as_indirect(merge(flows), "group_by"), unhandled])


def _group_items(group: exp.Expr) -> Iterator[exp.Expr]:
    stack = [
        e
        for key in ("expressions", "grouping_sets", "cube", "rollup")
        for e in group.args.get(key) or ()
        if isinstance(e, exp.Expr)
    ]
    while stack:
        item = stack.pop()
        if isinstance(item, (exp.GroupingSets, exp.Rollup, exp.Cube, exp.Tuple)):
            stack += item.expressions
        else:
            yield item


def _key(binder: Binder, key: exp.Expr, node: exp.Expr, scope: Scope) -> Flow:
    """One GROUP BY or ORDER BY item that may be a position in the select list."""
    if isinstance(key, exp.Literal) and not key.is_string:
        items = node.expressions
        position = int(key.name) if key.name.isdigit() else 0
        if any(isinstance(item, exp.Star) or item.find(exp.Star) for item in items):
            return merge([binder.expression(item, scope) for item in items])
        return binder.expression(items[position - 1], scope) if 0 < position <= len(items) else EMPTY
    return binder.expression(key, scope)


def _rows(binder: Binder, node: exp.Expr, scope: Scope, projection: Projection, start: Flow, *, ordered: bool) -> Flow:
    rows = [start, projection.rows]
    for clause in ("having", "qualify"):
        test = node.args.get(clause)
        if test is not None:
            rows.append(as_indirect(binder.expression(test.this, scope), clause))
    order = _sort_keys(binder, node, scope, projection)
    distinct = node.args.get("distinct")
    if distinct is not None:
        chosen = distinct.args.get("on")
        if chosen is None:
            rows.append(as_indirect(merge([all_flows(projection.columns), projection.rest or EMPTY]), "distinct"))
        else:
            keys = [_sort_key(binder, one, node, scope, projection) for one in _items(chosen)]
            inner = EMPTY if ordered else scope.order
            rows.append(merge([as_indirect(merge([*keys, order]), "distinct"), inner]))
    rows.append(_limit(binder, node, scope, order, EMPTY if ordered else scope.order))
    return merge(rows)


def _items(node: exp.Expr) -> list[exp.Expr]:
    return list(node.expressions) if isinstance(node, exp.Tuple) else [node]


def _limit(binder: Binder, node: exp.Expr, scope: Scope, order: Flow, inner: Flow) -> Flow:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is None and offset is None:
        return EMPTY
    counts = []
    for part in (limit, offset):
        for key in ("expression", "count", "offset"):
            bound = part.args.get(key) if part is not None else None
            if isinstance(bound, exp.Expr):
                counts.append(binder.expression(bound, scope))
    return merge([as_indirect(merge([order, *counts]), "limit"), inner])


def _sort_keys(binder: Binder, node: exp.Expr, scope: Scope, projection: Projection) -> Flow:
    flows = []
    for clause in ("order", "sort", "cluster", "distribute"):  # Spark's last two decide in which order rows come, too
        order = node.args.get(clause)
        for item in order.expressions if order is not None else ():
            flows.append(_sort_key(binder, item, node, scope, projection))
    return merge(flows)


def _sort_key(binder: Binder, item: exp.Expr, node: exp.Expr, scope: Scope, projection: Projection) -> Flow:
    """ORDER BY sees the names of the select list before the columns of the FROM clause."""
    key = item.this if isinstance(item, exp.Ordered) else item
    everything = [c.flow for c in projection.columns]
    if isinstance(key, exp.Var) and key.name.upper() == "ALL":
        return merge(everything)
    if isinstance(key, exp.Literal) and not key.is_string:
        position = int(key.name) if key.name.isdigit() else 0
        return everything[position - 1] if 0 < position <= len(everything) else merge(everything)
    if isinstance(key, exp.Column) and len(key.parts) == 1 and not isinstance(key.this, exp.Star):
        named = [c.flow for c in projection.columns if c.name == key.name.lower()]
        if named:
            return named[0]
    return binder.expression(key, scope)


def _order(binder: Binder, node: exp.Expr, scope: Scope, projection: Projection) -> Flow:
    return as_indirect(_sort_keys(binder, node, scope, projection), "sort")


def set_operation(binder: Binder, node: exp.Expr, parent: Scope) -> Relation:
    """UNION, EXCEPT and INTERSECT, by position or by name. A chain of them is walked in a loop, for it may be long."""
    scope = with_ctes(binder, node, parent)
    chain = [node]
    while (
        type(chain[-1].this) is type(node)
        and isinstance(chain[-1].this, exp.SetOperation)
        and not chain[-1].this.args.get("with_")
    ):
        chain.append(chain[-1].this)
    result = binder.query(chain[-1].this, scope)
    for operation in reversed(chain):
        result = _combine(binder, operation, result, binder.query(operation.expression, scope))
    return result


def _combine(binder: Binder, node: exp.Expr, left: Relation, right: Relation) -> Relation:
    left, right = left.closed(), right.closed()
    columns, rest = _matched(node, left, right)
    bases = left.bases | right.bases
    rows = [left.rows, right.rows, binder.unhandled(node, _SET)]
    if not isinstance(node, exp.Union):
        rows.append(as_indirect(merge([left.whole(), right.whole()]), "set_operation"))
    elif node.args.get("distinct"):
        rows.append(as_indirect(merge([all_flows(columns), rest or EMPTY]), "set_operation"))
    result = Relation(columns, merge(rows), merge([left.order, right.order]), rest, bases)
    return ordered(binder, node, result)


def _matched(node: exp.Expr, left: Relation, right: Relation) -> tuple[tuple[BoundColumn, ...], Flow | None]:
    if not isinstance(node, exp.Union):
        return left.columns, left.rest
    rests = [r.rest for r in (left, right) if r.rest is not None]
    rest = merge(rests) if rests else None
    if node.args.get("by_name"):
        return _by_name(left, right), rest
    if rest is None and len(left.columns) == len(right.columns):
        pairs = zip(left.columns, right.columns, strict=True)
        return tuple(_both(a.name, a, b) for a, b in pairs), None
    why = Unknown("columns of a set operation do not line up", type(node).__name__.lower())
    blurred = merge([left.whole(), right.whole(), unknown_flow(why)])
    return tuple(BoundColumn(c.name, blurred) for c in left.columns), blurred if rest is not None else None


def _by_name(left: Relation, right: Relation) -> tuple[BoundColumn, ...]:
    names = list(dict.fromkeys([*(c.name for c in left.columns), *(c.name for c in right.columns)]))
    found = []
    for name in names:
        sides = [side.find(name) for side in (left, right)]
        known = [side for side in sides if side is not None]
        found.append(_both(name, *known) if len(known) == 2 else BoundColumn(name, known[0].flow))
    return tuple(found)


def _both(name: str, one: BoundColumn, other: BoundColumn) -> BoundColumn:
    fields = None
    if one.fields and other.fields and set(one.fields) == set(other.fields):
        fields = {n: _both(n, one.fields[n], other.fields[n]) for n in one.fields}
    return BoundColumn(name, merge([one.flow, other.flow]), one.type or other.type, fields, one.generated)


def ordered(binder: Binder, node: exp.Expr, relation: Relation) -> Relation:
    """ORDER BY and LIMIT that stand behind a whole query."""
    if not any(node.args.get(key) is not None for key in ("order", "sort", "limit", "offset")):
        return relation
    scope = Scope(sources=[Source("", relation)])
    projection = Projection(relation.columns, EMPTY, relation.rest)
    keys = _sort_keys(binder, node, scope, projection)
    limit = _limit(binder, node, scope, keys, relation.order)
    order = as_indirect(keys, "sort") if keys.direct or keys.indirect else relation.order
    return Relation(relation.columns, merge([relation.rows, limit]), order, relation.rest, relation.bases)


def subquery(binder: Binder, node: exp.Expr, parent: Scope) -> Relation:
    """A query in parentheses, maybe with ORDER BY and LIMIT behind it; joins in parentheses are read as `select *`."""
    scope = with_ctes(binder, node, parent)
    if isinstance(node.this, exp.Table) or node.args.get("joins") or node.args.get("pivots"):
        star = exp.Select(expressions=[exp.Star()])
        inner = node.copy()
        for key in ("order", "limit", "offset", "sort"):
            inner.set(key, None)
        star.set("from_", exp.From(this=inner))
        relation = select(binder, star, scope)
    else:
        relation = binder.query(node.this, scope)
    gaps = binder.unhandled(node, _SUBQUERY | {"joins", "pivots"})
    relation = ordered(binder, node, relation)
    return Relation(relation.columns, merge([relation.rows, gaps]), relation.order, relation.rest, relation.bases)


def values(binder: Binder, node: exp.Expr, parent: Scope) -> Relation:
    """`VALUES (…), (…)`."""
    scope = parent.child()
    width = max((len(_items(row)) for row in node.expressions), default=0)
    columns = []
    for position in range(width):
        cells = [
            binder.expression(_items(row)[position], scope) for row in node.expressions if len(_items(row)) > position
        ]
        columns.append(BoundColumn(f"col{position}", leave_query(merge(cells))))
    gaps = binder.unhandled(node, frozenset(("expressions", "alias", "order", "limit", "offset")))
    return ordered(binder, node, Relation(tuple(columns), gaps))


def table_query(binder: Binder, node: exp.Expr, parent: Scope) -> Relation:
    """A bare table where a query is expected."""
    return select(binder, exp.Select(expressions=[exp.Star()], from_=exp.From(this=node.copy())), parent)


def with_ctes(binder: Binder, node: exp.Expr, parent: Scope) -> Scope:
    """The parent scope with the query's own CTEs in it. Each is bound once; one that nobody reads influences
    nothing.
    """
    clause = node.args.get("with_")
    if clause is None:
        return parent
    known = dict(parent.ctes)
    gaps = binder.unhandled(clause, frozenset(("expressions", "recursive")))
    for cte in clause.expressions:
        scope = _with(parent, known)
        name = cte.alias.lower()
        if clause.args.get("recursive") and isinstance(cte.this, exp.SetOperation) and _mentions(cte.this, name):
            relation = _recursive(binder, cte, scope)
        else:
            relation = binder.query(cte.this, _barrier(scope)).renamed(_alias_columns(cte))
        known[name] = _with_gaps(relation.closed(), gaps)
    return _with(parent, known)


def _with(parent: Scope, ctes: dict[str, Relation]) -> Scope:
    scope = Scope(**{**parent.__dict__, "ctes": dict(ctes)})
    return scope


def _barrier(scope: Scope) -> Scope:
    return scope


def _with_gaps(relation: Relation, gaps: Flow) -> Relation:
    if not gaps.unknown:
        return relation
    return Relation(relation.columns, merge([relation.rows, gaps]), relation.order, relation.rest, relation.bases)


def _mentions(node: exp.Expr, name: str) -> bool:
    return any(t.name.lower() == name and not t.db for t in node.find_all(exp.Table))


def _alias_columns(cte: exp.Expr) -> list[str]:
    alias = cte.args.get("alias")
    return [column.name for column in alias.args.get("columns") or ()] if alias is not None else []


def _recursive(binder: Binder, cte: exp.Expr, scope: Scope) -> Relation:
    """A recursive CTE: the flows of one round are fed into the next until no round adds any."""
    name, names = cte.alias.lower(), _alias_columns(cte)
    keys = [key.name.lower() for key in cte.args.get("key_expressions") or ()]
    scope = with_ctes(binder, cte.this, scope)  # `WITH` inside the recursive one stands before both of its sides
    result = binder.query(cte.this.this, scope).renamed(names).closed()
    for _ in range(MAX_ROUNDS):
        ctes = {**scope.ctes, name: result, f"recurring.{name}": result}
        step = binder.query(cte.this.expression, _with(scope, ctes))
        grown = _combine(binder, cte.this, result, step).renamed(names).closed()
        if keys:
            decided = merge([c.flow for c in grown.columns if c.name in keys])
            grown = Relation(
                grown.columns,
                merge([grown.rows, as_indirect(decided, "distinct")]),
                grown.order,
                grown.rest,
                grown.bases,
            )
        if _same(grown, result):
            return grown
        result = grown
    why = unknown_flow(Unknown("recursion does not settle", name, tuple(sorted(result.bases))))
    return Relation(result.columns, merge([result.rows, why]), result.order, result.rest, result.bases)


def _same(one: Relation, other: Relation) -> bool:
    return (
        [c.flow for c in one.columns] == [c.flow for c in other.columns]
        and one.rows == other.rows
        and one.rest == other.rest
    )


HANDLERS: dict[type, Callable[[Binder, exp.Expr, Scope], Relation]] = {
    exp.Select: select, exp.Union: set_operation, exp.Except: set_operation, exp.Intersect: set_operation,
    exp.Subquery: subquery, exp.Values: values, exp.Table: table_query,
}  # fmt: skip
