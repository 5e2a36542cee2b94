"""What flows into the result of a function: aggregates, windows, macros, declassifiers, and what nobody knows.

Lives here: calls by name or by node. Must not live here: which names exist (`functions.py`, `catalog.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lineage.sql.catalog import Macro
from lineage.sql.flow import AGGREGATION, EMPTY, EXPRESSION, WINDOW, Flow, as_indirect, declassify, lift, merge
from lineage.sql.functions import AGGREGATES, ORDER_SENSITIVE, SCALARS, UNITS, WINDOW_ONLY
from lineage.sql.ports import Binder
from lineage.sql.relation import BoundColumn, Scope, element_type

MAX_MACRO_DEPTH = 16


def is_aggregate(node: exp.Expr) -> bool:
    """Whether the node itself is a call of an aggregate function."""
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return str(node.this).lower() in AGGREGATES
    return isinstance(node, exp.AggFunc) and _name(node) not in WINDOW_ONLY


def has_aggregate(node: exp.Expr, macros: Mapping[str, Macro]) -> bool:
    """Whether an expression aggregates the rows of its own query: not in a subquery, and not as a window function."""
    inner = node.this if type(node) is exp.Alias else node
    stack = [] if type(inner) is exp.Column else [node]
    opened: set[str] = set()
    while stack:
        here = stack.pop()
        macro = macros.get(str(here.this).lower()) if isinstance(here, exp.Anonymous) else None
        if macro is not None and macro.name not in opened:
            opened.add(macro.name)
            stack += [body for _, body in macro.overloads]
        if isinstance(here, exp.Query):
            continue
        if isinstance(here, exp.Window):
            stack += _inside_window(here)
        elif is_aggregate(here):
            return True
        else:
            stack += here.iter_expressions()
    return False


def _inside_window(node: exp.Window) -> list[exp.Expr]:
    function = node.this
    while isinstance(function, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter)):
        function = function.this
    others = [child for key, child in _parts(node) if key != "this"]
    return [*function.iter_expressions(), *others]


def _parts(node: exp.Expr) -> list[tuple[str, exp.Expr]]:
    found = []
    for key, value in node.args.items():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, exp.Expr):
                found.append((key, child))
    return found


def aggregate(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    """An aggregate over the rows of its group: its arguments, and everything that decided about those rows."""
    if _name(node) in WINDOW_ONLY:
        return merge([_arguments(binder, node, scope, WINDOW), _over_rows(scope, WINDOW)])
    flow = _arguments(binder, node, scope, AGGREGATION)
    if not flow.direct:  # count(*), count(1): the value is the rows themselves
        flow = merge([flow, lift(scope.rows._replace(indirect=frozenset()), AGGREGATION)])
    order = scope.order if _name(node) in ORDER_SENSITIVE else EMPTY
    return merge([flow, as_indirect(scope.rows, "rows"), order])


def _over_rows(scope: Scope, transform: int) -> Flow:
    return lift(scope.rows._replace(indirect=frozenset()), transform)


def _arguments(binder: Binder, node: exp.Expr, scope: Scope, transform: int) -> Flow:
    values, deciders = [], []
    for key, child in _parts(node):
        if isinstance(child, exp.Star) or _is_row_star(child):
            continue
        if isinstance(child, exp.Order):
            values.append(binder.expression(child.this, scope) if child.this else EMPTY)
            deciders += [binder.expression(ordered, scope) for ordered in child.expressions]
        elif key == "order":
            deciders.append(binder.expression(child, scope))
        else:
            values.append(binder.expression(child, scope))
    return merge([lift(merge(values), transform), as_indirect(merge(deciders), "sort")])


def _is_row_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and isinstance(node.this, exp.Star)


def filtered(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    """`aggregate FILTER (WHERE condition)`."""
    test = as_indirect(binder.expression(node.expression.this, scope), "filter")
    return merge([binder.expression(node.this, scope), test])


def within_group(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    """`percentile_cont(p) WITHIN GROUP (ORDER BY x)`: x is the value that is aggregated."""
    ordered = merge([binder.expression(one, scope) for one in node.expression.expressions])
    arguments = _arguments(binder, node.this, scope, AGGREGATION)
    return merge([arguments, lift(ordered, AGGREGATION), as_indirect(scope.rows, "rows")])


def window(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    """A function over a window; a named window is looked up in the query's WINDOW clause."""
    parts = [_window_function(binder, node.this, scope), *_window_frame(binder, node, scope, set())]
    return merge([*parts, as_indirect(scope.rows, "rows"), scope.order])


def _window_function(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    if isinstance(node, exp.Filter):
        test = as_indirect(binder.expression(node.expression.this, scope), "filter")
        return merge([_window_function(binder, node.this, scope), test])
    if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls)):
        return _window_function(binder, node.this, scope)
    if isinstance(node, exp.Anonymous) and not is_aggregate(node) and str(node.this).lower() not in WINDOW_ONLY:
        return lift(binder.expression(node, scope), WINDOW)
    flow = _arguments(binder, node, scope, WINDOW)
    return flow if flow.direct else merge([flow, _over_rows(scope, WINDOW)])


def _window_frame(binder: Binder, node: exp.Expr, scope: Scope, seen: set[str]) -> list[Flow]:
    partition = merge([binder.expression(one, scope) for one in node.args.get("partition_by") or ()])
    order = node.args.get("order")
    keys = [binder.expression(one, scope) for one in (order.expressions if order else ())]
    spec = node.args.get("spec")
    for key in ("start", "end"):
        bound = spec.args.get(key) if spec else None
        if isinstance(bound, exp.Expr):
            keys.append(binder.expression(bound, scope))
    flows = [as_indirect(partition, "window_partition"), as_indirect(merge(keys), "window_order")]
    for name in _window_names(node):
        if name not in seen:
            named = scope.windows.get(name)
            seen.add(name)
            flows += (
                _window_frame(binder, named, scope, seen)
                if named is not None
                else [binder.opaque("unresolved window", name, scope)]
            )
    return flows


def _window_names(node: exp.Expr) -> list[str]:
    alias = node.args.get("alias")
    names = [alias.name.lower()] if alias is not None else []
    if isinstance(node.this, exp.Identifier) and alias is None:
        return names
    return names


def unnest(binder: Binder, node: exp.Expr, scope: Scope) -> BoundColumn:
    """`unnest(list)` as a value; that it multiplies rows is the select list's business."""
    value = binder.value(node.this or node.expressions[0], scope)
    return BoundColumn("unnest", lift(value.flow, EXPRESSION), element_type(value.type))


def known_function(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    """A function that sqlglot knows: its arguments, unless the city has a macro of that name."""
    shadowed = _shadowing(binder, node)
    flow = merge([binder.children(node, scope), _unit(binder, node, scope)])
    if shadowed:
        return merge([flow, binder.opaque("macro shadows a built-in function", shadowed, scope)])
    return flow


def _unit(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    """A unit of time that sqlglot keeps as a word: a column of that name, else a word that is known, else unknown."""
    unit = node.args.get("unit")
    if not isinstance(unit, (exp.Var, exp.Literal)):
        return EMPTY
    column = scope.resolve([unit.name.lower()])
    if column is not None:
        return lift(column.flow, EXPRESSION)
    if unit.name.lower().rstrip("s") in UNITS:
        return EMPTY
    return binder.opaque("unit of time is not known", unit.name, scope)


def _shadowing(binder: Binder, node: exp.Expr) -> str:
    if not binder.catalog.macros:
        return ""
    names = [name.lower() for name in type(node).sql_names()]  # type: ignore[attr-defined]
    return next((name for name in names if name in binder.catalog.macros), "")


def named_function(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    """A function that sqlglot has no node for: declassifier, aggregate, macro, built-in, or opaque; in this order."""
    name = str(node.this).lower()
    catalog = binder.catalog
    if name in catalog.declassifiers:
        flow = lift(binder.children(node, scope), EXPRESSION)
        return declassify(flow, name, indirect=catalog.declassifiers[name].indirect)
    if name in catalog.macros:
        return call_macro(binder, catalog.macros[name], node, scope)
    if name in AGGREGATES or name in WINDOW_ONLY:
        return aggregate(binder, node, scope)
    flow = binder.children(node, scope)
    if name in SCALARS or name in catalog.keepers:
        return flow
    return merge([flow, binder.opaque("opaque function", name, scope)])


def macro_call(macro: Macro, node: exp.Expr) -> tuple[exp.Expr, dict[str, exp.Expr]] | None:
    """The body that a call selects, and its arguments by parameter name; None if no overload fits."""
    positional = [e for e in node.expressions if not isinstance(e, (exp.PropertyEQ, exp.Kwarg))]
    named = {e.this.name.lower(): e.expression for e in node.expressions if isinstance(e, (exp.PropertyEQ, exp.Kwarg))}
    exact = [o for o in macro.overloads if len(o[0]) == len(node.expressions)]
    for names, body in [*exact, *macro.overloads]:
        if len(positional) <= len(names) and set(named) <= set(names):
            return body, {**dict(zip(names, positional, strict=False)), **named}
    return None


def call_macro(binder: Binder, macro: Macro, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    """A scalar macro: its body, with each parameter standing for the flow of its argument."""
    call = macro_call(macro, node)
    if call is None or len(binder.calling) >= MAX_MACRO_DEPTH or macro.name in binder.calling:
        flow = binder.children(node, scope)
        return merge([flow, binder.opaque("macro call does not fit or recurs", macro.name, scope)])
    body, arguments = call
    given = macro_parameters(binder, macro, arguments, scope)  # before the call begins: an argument may call it, too
    binder.calling.append(macro.name)
    try:
        inner = Scope(parameters=given, rows=scope.rows, order=scope.order)
        value = binder.value(body, inner)
        return BoundColumn("", lift(value.flow, EXPRESSION), value.type, value.fields)
    finally:
        binder.calling.pop()


def macro_parameters(
    binder: Binder, macro: Macro, arguments: dict[str, exp.Expr], scope: Scope
) -> dict[str, BoundColumn]:
    """The macro's parameters as bound columns; one that was not given has its constant default."""
    names = {name for names, _ in macro.overloads for name in names}
    bound = {name: BoundColumn(name, EMPTY) for name in names}
    for name, argument in arguments.items():
        value = binder.value(argument, scope)
        bound[name] = BoundColumn(name, value.flow, value.type, value.fields)
    return bound


def _name(node: exp.Expr) -> str:
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return str(node.this).lower()
    return (
        type(node).__name__.lower()
        if not isinstance(node, exp.Func)
        else _SPELLED.get(type(node).__name__, type(node).__name__).lower()
    )


_SPELLED = {
    "RowNumber": "row_number", "DenseRank": "dense_rank", "PercentRank": "percent_rank", "CumeDist": "cume_dist",
    "NthValue": "nth_value", "FirstValue": "first_value", "LastValue": "last_value", "AnyValue": "any_value",
}  # fmt: skip
