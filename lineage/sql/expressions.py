"""What flows into a value: one rule for each kind of expression.

Lives here: columns, casts, conditions, lambdas, structs, subqueries, windows. Must not live here: function calls
and aggregates (`calls.py`), clauses of a query (`query.py`)."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from lineage.graph import Unknown
from lineage.sql import calls
from lineage.sql.flow import CAST, EMPTY, EXPRESSION, Flow, as_indirect, leave_query, lift, merge, relabel, unknown_flow
from lineage.sql.ports import Binder
from lineage.sql.projection import columns_matched
from lineage.sql.relation import BoundColumn, Relation, Scope, all_flows, element_type, row_value

Handler = Callable[["Binder", exp.Expr, Scope], "Flow | BoundColumn"]


def handler_for(node: exp.Expr) -> Handler:
    """The rule for a node whose class is in no table, by the kind of node that it is; remembered for its class."""
    if isinstance(node, exp.AggFunc):
        handler: Handler = calls.aggregate
    elif isinstance(node, _SPINE):
        handler = _binary
    elif isinstance(node, exp.Func):
        handler = calls.known_function
    elif isinstance(node, _TRANSPARENT):
        handler = _children
    else:
        handler = _not_understood
    HANDLERS[type(node)] = handler
    return handler


def _children(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    return binder.children(node, scope)


def _not_understood(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    name = type(node).__name__.lower()
    return merge([binder.children(node, scope), binder.opaque("expression is not understood", name, scope)])


def _from_outside(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    return binder.opaque("parameter from outside", type(node).__name__.lower(), scope)


def _constant(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    return EMPTY


def _column(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    if isinstance(node.this, exp.Star):
        return _qualified_star(node, scope)
    parts = [part.name.lower() for part in node.parts]  # type: ignore[attr-defined]
    found = scope.resolve(parts)
    if found is None or (len(parts) == 1 and not scope.has_own(parts[0])):
        alias = _alias(binder, parts, scope)
        if alias is not None:
            return alias
    if found is None:
        return binder.opaque("unresolved column", ".".join(parts), scope)
    return found


def _alias(binder: Binder, parts: list[str], scope: Scope) -> BoundColumn | None:
    """A lateral column alias: an earlier expression of the same select list, by name."""
    if parts[0] in scope.parameters:
        return None
    target = scope.aliases.get(parts[0])
    if target is None or parts[0] in scope.pending:
        return None
    if id(target) not in scope.memo:
        scope.pending.add(parts[0])
        scope.memo[id(target)] = binder.value(target, scope)
        scope.pending.discard(parts[0])
    return scope.memo[id(target)].field(parts[1:])


def _qualified_star(node: exp.Expr, scope: Scope) -> Flow:
    name = node.parts[0].name.lower()  # type: ignore[attr-defined]
    for around in scope.chain():
        for source in around.sources:
            if source.alias == name:
                return lift(source.relation.whole(), EXPRESSION)
    found = scope.resolve([name])
    return found.flow if found else unknown_flow(Unknown("unresolved column", f"{name}.*", scope.bases()))


def _star(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    return merge([all_flows(scope.star()), scope.rest() or EMPTY])


def _columns(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    matched, rest = columns_matched(binder, node, scope)
    if node.args.get("unpack") or scope.choice is None:
        return merge([all_flows(matched), rest or EMPTY])
    return matched[scope.choice] if scope.choice < len(matched) else BoundColumn("", rest or EMPTY)


def _positional_column(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    shown, index = scope.star(), int(node.this.name)
    if scope.rest() is not None or not 0 < index <= len(shown):
        return binder.opaque("positional column", f"#{index}", scope)
    return shown[index - 1]


def _identifier(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    found = scope.resolve([node.name])
    return found if found else binder.opaque("unresolved name", node.name, scope)


def _alias_node(binder: Binder, node: exp.Expr, scope: Scope) -> BoundColumn:
    return binder.value(node.this, scope)


def _cast(binder: Binder, node: exp.Expr, scope: Scope) -> BoundColumn:
    to = node.args["to"]
    return BoundColumn("", lift(binder.expression(node.this, scope), CAST), to.sql("duckdb"))


def _binary(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    """Walks down the left spine in a loop, since a generated condition may have thousands of terms."""
    flows = []
    while isinstance(node, _SPINE):
        flows.append(binder.expression(node.expression, scope))
        node = node.this
    flows.append(binder.expression(node, scope))
    return lift(merge(flows), EXPRESSION)


def _case(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    tests = [binder.expression(node.this, scope)] if node.this else []
    values = [binder.expression(node.args.get("default"), scope)]
    for branch in node.args.get("ifs") or ():
        tests.append(binder.expression(branch.this, scope))
        values.append(binder.expression(branch.args.get("true"), scope))
    return merge([lift(merge(values), EXPRESSION), as_indirect(merge(tests), "case_condition")])


def _if(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    values = [binder.expression(node.args.get(key), scope) for key in ("true", "false")]
    test = as_indirect(binder.expression(node.this, scope), "case_condition")
    return merge([lift(merge(values), EXPRESSION), test])


def _lambda(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    names = {parameter.name.lower(): BoundColumn(parameter.name.lower(), EMPTY) for parameter in node.expressions}
    return lift(binder.expression(node.this, scope.with_parameters(names)), EXPRESSION)


def _comprehension(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    names = [node.args.get(key) for key in ("expression", "position")]
    inner = scope.with_parameters({n.name.lower(): BoundColumn(n.name.lower(), EMPTY) for n in names if n})
    values = [binder.expression(node.args["iterator"], scope), binder.expression(node.this, inner)]
    test = as_indirect(binder.expression(node.args.get("condition"), inner), "filter")
    return merge([lift(merge(values), EXPRESSION), test])


def _named_value(binder: Binder, node: exp.Expr, scope: Scope) -> BoundColumn:
    return binder.value(node.expression, scope)


def _struct(binder: Binder, node: exp.Expr, scope: Scope) -> BoundColumn:
    fields: dict[str, BoundColumn] = {}
    flows = []
    for position, item in enumerate(node.expressions):
        value = binder.value(item, scope)
        flows.append(value.flow)
        name = item.this.name if isinstance(item, exp.PropertyEQ) else item.alias_or_name
        fields[name.lower() or f"v{position + 1}"] = BoundColumn(name.lower(), value.flow, value.type, value.fields)
    return BoundColumn("", lift(merge(flows), EXPRESSION), "", fields)


def _dot(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    if isinstance(node.expression, exp.Func):
        method_of = node.this
        while isinstance(method_of, exp.Dot):
            method_of = method_of.this
        if isinstance(method_of, exp.Identifier):  # catalog.schema.function(...)
            return binder.value(node.expression, scope)
        flows = [binder.expression(node.this, scope), binder.expression(node.expression, scope)]
        return lift(merge(flows), EXPRESSION)
    if isinstance(node.expression, exp.Star):
        return binder.value(node.this, scope)
    return _field(binder.value(node.this, scope), node.expression.name)


def _bracket(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    whole = binder.value(node.this, scope)
    key = node.expressions[0] if len(node.expressions) == 1 else None
    if whole.fields and isinstance(key, exp.Literal) and key.is_string:
        return _field(whole, key.name)
    flow = lift(merge([whole.flow, *(binder.expression(e, scope) for e in node.expressions)]), EXPRESSION)
    return BoundColumn("", flow, element_or_empty(whole.type))


def element_or_empty(type_text: str) -> str:
    """The type of one element of a list type."""
    return element_type(type_text)


def _struct_extract(binder: Binder, node: exp.Expr, scope: Scope) -> Flow | BoundColumn:
    key = node.expression
    if isinstance(key, exp.Literal) and key.is_string:
        return _field(binder.value(node.this, scope), key.name)
    return binder.children(node, scope)


def _field(whole: BoundColumn, name: str) -> BoundColumn:
    return whole.field([name])


def scalar(relation: Relation) -> Flow:
    """A query used as one value: its columns, and everything that decided about its rows."""
    values = all_flows(relation.columns)
    rows = as_indirect(relation.rows, "rows")
    return leave_query(merge([values, rows, relation.rest or EMPTY]))


def _subquery(binder: Binder, node: exp.Expr, scope: Scope) -> BoundColumn:
    relation = binder.query(node, scope.child())
    fields = relation.columns[0].fields if len(relation.columns) == 1 else None
    return BoundColumn("", scalar(relation), "", fields)


def _exists(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    if not isinstance(node.this, exp.Query):
        return calls.known_function(binder, node, scope)
    relation = binder.query(node.this, scope.child())
    return leave_query(relabel(relation.rows, "existence"))


def _in(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    parts = [node.this, *node.expressions, *(node.args.get(k) for k in ("query", "unnest", "field"))]
    return lift(merge([binder.expression(part, scope) for part in parts if part is not None]), EXPRESSION)


def _ordered(binder: Binder, node: exp.Expr, scope: Scope) -> Flow:
    return binder.expression(node.this, scope)


def _row_of(binder: Binder, node: exp.Expr, scope: Scope) -> BoundColumn:
    name = node.name.lower()
    for source in scope.sources:
        if source.alias == name:
            return row_value(source.relation, name)
    return BoundColumn(name, binder.opaque("unresolved name", name, scope))


_SPINE = (exp.And, exp.Or, exp.Xor, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DPipe, exp.BitwiseOr, exp.BitwiseAnd)
_TRANSPARENT = (
    exp.Binary,
    exp.Unary,
    exp.Tuple,
    exp.Between,
    exp.Interval,
    exp.Distinct,
    exp.Condition,
    exp.Slice,
    exp.AtTimeZone,
    exp.Collate,
    exp.Predicate,
    exp.Order,
    exp.JSONKeyValue,
    exp.FromTimeZone,
    exp.HavingMax,
)
_CONSTANTS = (
    exp.Literal,
    exp.Null,
    exp.Boolean,
    exp.DataType,
    exp.Var,
    exp.JSONPath,
    exp.HexString,
    exp.BitString,
    exp.ByteString,
    exp.National,
    exp.RawString,
    exp.UnicodeString,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.CurrentTime,
    exp.IntervalSpan,
)
HANDLERS: dict[type, Handler] = {
    exp.Placeholder: _from_outside,
    exp.Parameter: _from_outside,
    exp.SessionParameter: _from_outside,
    exp.Column: _column,
    exp.Star: _star,
    exp.Columns: _columns,
    exp.PositionalColumn: _positional_column,
    exp.Identifier: _identifier,
    exp.Alias: _alias_node,
    exp.Paren: _alias_node,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Case: _case,
    exp.If: _if,
    exp.Lambda: _lambda,
    exp.Comprehension: _comprehension,
    exp.PropertyEQ: _named_value,
    exp.Kwarg: _named_value,
    exp.Struct: _struct,
    exp.Dot: _dot,
    exp.Bracket: _bracket,
    exp.StructExtract: _struct_extract,
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Union: _subquery,
    exp.Except: _subquery,
    exp.Intersect: _subquery,
    exp.Exists: _exists,
    exp.In: _in,
    exp.Ordered: _ordered,
    exp.TableColumn: _row_of,
    exp.Pivot: _subquery,
    exp.Values: _subquery,
    exp.Aliases: _alias_node,
    exp.PivotAlias: _alias_node,
    exp.Window: calls.window,
    exp.Filter: calls.filtered,
    exp.WithinGroup: calls.within_group,
    exp.IgnoreNulls: _alias_node,
    exp.RespectNulls: _alias_node,
    exp.Anonymous: calls.named_function,
    exp.AnonymousAggFunc: calls.aggregate,
    exp.Explode: calls.unnest,
    exp.Unnest: calls.unnest,
    exp.ExplodeOuter: calls.unnest,
    exp.Posexplode: calls.unnest,
    exp.PosexplodeOuter: calls.unnest,
    exp.Inline: calls.unnest,
    **dict.fromkeys(_CONSTANTS, _constant),
}
