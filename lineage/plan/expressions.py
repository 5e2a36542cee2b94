"""What each kind of expression in a plan means for a value.

Lives here: one rule for each class of bound expression. Must not live here: operators, which say what the columns are
that an expression refers to (`operators.py`); functions by name (`vocabulary.py`). A class without a rule, and a part
of one that no rule looks at, makes the value unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lineage.calls import AGGREGATE, COLUMN, CONSTANT, COUNT, COUNT_DISTINCT, EXPRESSION, UNEVEN, Argument, Call
from lineage.plan.context import Context
from lineage.plan.sandbox import STUB
from lineage.plan.values import CONSTANT_VALUE, Rel, Value, chosen, computed, deciding, merge, unknown_value
from lineage.plan.vocabulary import KEEPING_AGGREGATES, KEEPING_WINDOWS, UNORDERED, UNORDERED_WINDOWS, WINDOWS
from lineage.sql.flow import AGGREGATION, CAST, EMPTY, WINDOW, Flow, as_indirect, declassify, lift

Node = Mapping[str, Any]
# Parts that are words, numbers and types, whatever the class.
_PLAIN_KEYS = frozenset(
    """expression_class type alias query_location return_type arguments original_arguments names returned_types
    column_indexes chunk_types bound_columns expr_types""".split()  # noqa: SIM905
)
_AGGREGATE_PARTS = frozenset(("children", "filter", "order_bys", "function_data"))
_WINDOW_PARTS = frozenset(
    """children partitions orders filters start_expr end_expr offset_expr default_expr arg_orders
    function_data""".split()  # noqa: SIM905
)


def value(context: Context, node: Node, rel: Rel) -> Value:
    """What an expression over the columns of `rel` gives."""
    kind = node.get("expression_class", "")
    rule = _RULES.get(kind)
    if rule is None:
        return unknown_value("the plan has an expression without a rule", str(kind), *_within(context, node, rel))
    handler, handled = rule
    found = handler(context, node, rel)
    strange = unruled(node, handled)
    return unknown_value("the plan has a part without a rule", f"{kind} {strange}", found) if strange else found


def values(context: Context, nodes: Iterable[Node], rel: Rel) -> list[Value]:
    """What several expressions give."""
    return [value(context, node, rel) for node in nodes]


def has_expression(found: Any) -> bool:
    """Whether there is an expression anywhere in a part of a plan (JSON as it was read)."""
    if type(found) is dict:
        return "expression_class" in found or any(map(has_expression, found.values()))
    return type(found) is list and any(map(has_expression, found))


def unruled(node: Node, handled: frozenset[str]) -> str:
    """A part of a plan's node that holds an expression and that no rule looks at; empty where there is none."""
    for key, part in node.items():
        if key not in handled and key not in _PLAIN_KEYS and type(part) in (dict, list) and has_expression(part):
            return str(key)
    return ""


def _within(context: Context, node: Any, rel: Rel) -> Iterable[Value]:
    if isinstance(node, Mapping):
        for part in node.values():
            if isinstance(part, Mapping) and "expression_class" in part:
                yield value(context, part, rel)
            elif isinstance(part, (list, Mapping)):
                yield from _within(context, part, rel)
    elif isinstance(node, list):
        for part in node:
            if isinstance(part, Mapping) and "expression_class" in part:
                yield value(context, part, rel)
            else:
                yield from _within(context, part, rel)


# -- simple classes ------------------------------------------------------------------------------------------------


def _ref(context: Context, node: Node, rel: Rel) -> Value:
    index = node["index"]
    if not 0 <= index < len(rel.columns):
        return unknown_value("the plan refers to a column that is not there", str(index))
    return rel.columns[index]


def _column_ref(context: Context, node: Node, rel: Rel) -> Value:
    binding = node["binding"]
    found = context.bound.get(binding["table_index"])
    if found is None or binding["column_index"] >= len(found.columns):
        return unknown_value("the plan refers to a column that is not there", str(binding["column_index"]))
    return found.columns[binding["column_index"]]


def _constant(context: Context, node: Node, rel: Rel) -> Value:
    text = (node.get("value") or {}).get("value")
    return CONSTANT_VALUE._replace(text=text) if isinstance(text, str) else CONSTANT_VALUE


def _cast(context: Context, node: Node, rel: Rel) -> Value:
    inner = value(context, node["child"], rel)
    return inner._replace(flow=lift(inner.flow, CAST), fields=None)


def _children(context: Context, node: Node, rel: Rel) -> Value:
    return computed(values(context, node["children"], rel))


def _comparison(context: Context, node: Node, rel: Rel) -> Value:
    return computed([value(context, node["left"], rel), value(context, node["right"], rel)])


def _between(context: Context, node: Node, rel: Rel) -> Value:
    return computed([value(context, node[key], rel) for key in ("input", "lower", "upper")])


def _case(context: Context, node: Node, rel: Rel) -> Value:
    tests = [value(context, check["when_expr"], rel) for check in node["case_checks"]]
    branches = [value(context, check["then_expr"], rel) for check in node["case_checks"]]
    branches.append(value(context, node["else_expr"], rel))
    found = chosen(branches, [deciding(tests, "case_condition")], conditional=True)
    return found._replace(calls=found.calls | frozenset().union(*(t.calls for t in tests)))


def _operator(context: Context, node: Node, rel: Rel) -> Value:
    inputs = values(context, node["children"], rel)
    if node["type"] == "OPERATOR_COALESCE":
        return chosen(inputs, conditional=len(inputs) > 1)
    return computed(inputs)


def _unnest(context: Context, node: Node, rel: Rel) -> Value:
    return computed([value(context, node["child"], rel)])._replace(kind=EXPRESSION)


# -- functions -----------------------------------------------------------------------------------------------------


def _function(context: Context, node: Node, rel: Rel) -> Value:
    name = node["name"]
    inputs = values(context, node["children"], rel)
    if name.startswith(STUB):
        return _declassified(context, name.removeprefix(STUB), node["children"], rel)
    if name not in context.sandbox.pure:
        return unknown_value("function is not registered", name, *inputs)
    if name in ("list_value", "unpivot_list"):
        return computed(inputs)._replace(fixed=True)
    if name == "struct_pack":
        fields = [str(kind.get("first", kind.get("key"))) for kind in node["return_type"]["type_info"]["child_types"]]
        return computed(inputs)._replace(fields=dict(zip(map(str.lower, fields), inputs, strict=False)))
    if name in ("struct_extract", "struct_extract_at", "array_extract") and inputs and inputs[0].fields:
        return _field(node, inputs)
    return computed(inputs)


def _field(node: Node, inputs: list[Value]) -> Value:
    picked = node["children"][-1]
    while picked.get("expression_class") == "BOUND_CAST":
        picked = picked["child"]
    key = picked["value"].get("value") if picked.get("expression_class") == "BOUND_CONSTANT" else None
    fields = inputs[0].fields or {}
    found = fields.get(key.lower()) if isinstance(key, str) else None
    if found is None and isinstance(key, int) and node["name"] == "struct_extract_at":
        found = dict(enumerate(fields.values(), 1)).get(key)
    return found if found is not None else computed(inputs)


def _declassified(context: Context, name: str, children: list[Node], rel: Rel) -> Value:
    """A call of a declassifier: lowered where what it was given fits what it declares; always remembered. Of a function
    that keeps a value: the value."""
    given = _arguments(children)
    inputs = [value(context, node, rel) for node in given] if given is not None else values(context, children, rel)
    lowering = context.declassifiers[name]
    if lowering.keeps:
        return chosen(inputs) if len(inputs) == 1 else computed(inputs)
    guards = rel.guards if any(i.group == rel.group for i in inputs if i.group) else ()
    call = Call(name, tuple(i.argument for i in inputs), guards)
    inner = computed(inputs)
    flow = inner.flow
    if given is not None and context.fits(name, call):
        flow = lowered(flow, name, lowering.indirect, whose(call, rel))
    group = max((i.group for i in inputs), default=0)
    return Value(flow, EXPRESSION if inner.kind != CONSTANT else CONSTANT, group=group, calls=inner.calls | {call})


def whose(call: Call, rel: Rel) -> frozenset[str] | None:
    """The tables that the persons of a count are of, and those that were joined by what names them; None: no count.

    What decided about the rows of any other table is no secret of theirs, so their number does not hide it."""
    counted = [a for one in (call, *call.guarded) for a in one.arguments if a.kind == COUNT_DISTINCT]
    if not any(a.kind in (COUNT, COUNT_DISTINCT) for a in call.arguments):
        return None
    keys = {ref for a in counted for ref in a.copies}
    grown = True
    while grown:
        more = {
            ref
            for one, other in rel.pairs
            for side in ((one, other), (other, one))
            if side[0] & keys
            for ref in side[1]
        }
        grown = not more <= keys
        keys |= more
    return frozenset(ref.relation for ref in keys)


def lowered(flow: Flow, name: str, indirect: bool, whose: frozenset[str] | None) -> Flow:
    """A flow behind a declassifier; where it counts persons, only what decided by their own tables."""
    if whose is None or not indirect:
        return declassify(flow, name, indirect=indirect)
    own = frozenset(one for one in flow.indirect if one[0].relation in whose)
    behind = declassify(flow._replace(indirect=own), name, indirect=True)
    return behind._replace(indirect=behind.indirect | (flow.indirect - own))


def _arguments(children: list[Node]) -> list[Node] | None:
    """The arguments inside the list that a stub is given."""
    node = children[0] if len(children) == 1 else None
    while node is not None and node.get("expression_class") == "BOUND_CAST":
        node = node["child"]
    if node is None or node.get("name") != "list_value":
        return None
    return [_uncast(child) for child in node["children"]]


def _uncast(node: Node) -> Node:
    """An argument without the cast to text that the stub put around it."""
    if node.get("expression_class") == "BOUND_CAST" and (node["return_type"] or {}).get("id") == "VARCHAR":
        inner: Node = node["child"]
        return inner
    return node


# -- aggregates and windows ----------------------------------------------------------------------------------------


def aggregate(context: Context, node: Node, rel: Rel, group: int, *, alone: bool = False) -> Value:
    """What an aggregate over the rows of `rel` gives. `alone`: it takes the one row of a scalar subquery."""
    name = node.get("name", "")
    inputs = values(context, node.get("children") or (), rel)
    if node.get("expression_class") != "BOUND_AGGREGATE" or name not in context.sandbox.aggregates:
        return unknown_value("aggregate is not registered", name, *inputs)
    strange = unruled(node, _AGGREGATE_PARTS)
    sorts = values(context, [o["expression"] for o in (node.get("order_bys") or {}).get("orders", ())], rel)
    tests = values(context, [node["filter"]] if node.get("filter") else (), rel)
    decided = [deciding(tests, "filter"), deciding(sorts, "sort"), as_indirect(rel.rows, "rows")]
    if name not in UNORDERED:
        decided.append(rel.order)
    if not any(v.flow.direct for v in inputs):  # of nothing but how many rows there are
        decided.append(lift(rel.rows, AGGREGATION)._replace(indirect=frozenset()))
    found = _aggregated(name, inputs, alone=alone)
    found = found._replace(flow=merge([found.flow, *decided]), group=group)
    if name in ("count", "count_star"):
        distinct = node.get("aggregate_type") == "DISTINCT" and len(inputs) == 1
        plain = not distinct or inputs[0].kind == COLUMN
        kind = (COUNT_DISTINCT if distinct else COUNT) if plain and not tests else AGGREGATE
        kind = kind if rel.even or kind == AGGREGATE else UNEVEN
        found = found._replace(kind=kind, copies=inputs[0].copies if kind == COUNT_DISTINCT else frozenset())
    return unknown_value("the plan has a part without a rule", f"{name} {strange}", found) if strange else found


def _aggregated(name: str, inputs: list[Value], *, alone: bool) -> Value:
    if alone and name == "first":
        return inputs[0]
    if name in KEEPING_AGGREGATES and inputs:
        first, *rest = inputs
        found = chosen([first], conditional=bool(rest))
        flow = lift(merge([found.flow, *(v.flow for v in rest)]), AGGREGATION)
        return found._replace(flow=flow, fields=None)
    return computed(inputs, AGGREGATION, AGGREGATE)


def window(context: Context, node: Node, rel: Rel) -> Value:
    """What a window function over the rows of `rel` gives."""
    kind = node.get("type", "")
    if node.get("expression_class") != "BOUND_WINDOW" or kind not in WINDOWS:
        return unknown_value("window function is not registered", str(kind), *_within(context, node, rel))
    strange = unruled(node, _WINDOW_PARTS)
    inputs = values(context, node.get("children") or (), rel)
    bounds = values(context, [node[k] for k in ("start_expr", "end_expr", "offset_expr") if node.get(k)], rel)
    default = values(context, [node["default_expr"]] if node.get("default_expr") else (), rel)
    orders = [o["expression"] for k in ("orders", "arg_orders") for o in node.get(k) or ()]
    filters = node.get("filters")
    tests = values(context, [filters] if isinstance(filters, Mapping) else filters or (), rel)
    decided = [
        deciding(values(context, node.get("partitions") or (), rel), "window_partition"),
        deciding(values(context, orders, rel), "window_order"),
        deciding(bounds, "window_order"), deciding(tests, "filter"), as_indirect(rel.rows, "rows"),
    ]  # fmt: skip
    name = node.get("name", "")
    minds = name not in UNORDERED if kind == "WINDOW_AGGREGATE" else kind not in UNORDERED_WINDOWS
    decided += [rel.order] if minds else []
    if not any(v.flow.direct for v in inputs):
        decided.append(lift(rel.rows, WINDOW)._replace(indirect=frozenset()))
    keeps = kind in KEEPING_WINDOWS or (kind == "WINDOW_AGGREGATE" and name in KEEPING_AGGREGATES)
    if keeps and inputs:
        found = chosen([inputs[0], *default], conditional=True)
        others = [v.flow for v in inputs[1:]]
    else:
        found, others = computed([*inputs, *default], WINDOW), []
    found = found._replace(flow=lift(merge([found.flow, *others]), WINDOW), fields=None)
    found = found._replace(flow=merge([found.flow, *decided]))
    if kind == "WINDOW_AGGREGATE" and name not in context.sandbox.aggregates:
        return unknown_value("aggregate is not registered", name, found)
    return unknown_value("the plan has a part without a rule", f"{kind} {strange}", found) if strange else found


Rule = tuple[Callable[[Context, Node, Rel], Value], frozenset[str]]
_RULES: dict[str, Rule] = {
    "BOUND_REF": (_ref, frozenset()),
    "BOUND_COLUMN_REF": (_column_ref, frozenset()),
    "BOUND_CONSTANT": (_constant, frozenset(("value",))),
    "BOUND_DEFAULT": (_constant, frozenset()),
    "BOUND_CAST": (_cast, frozenset(("child",))),
    "BOUND_FUNCTION": (_function, frozenset(("children", "function_data"))),
    "BOUND_COMPARISON": (_comparison, frozenset(("left", "right"))),
    "BOUND_CONJUNCTION": (_children, frozenset(("children",))),
    "BOUND_OPERATOR": (_operator, frozenset(("children",))),
    "BOUND_BETWEEN": (_between, frozenset(("input", "lower", "upper"))),
    "BOUND_CASE": (_case, frozenset(("case_checks", "else_expr"))),
    "BOUND_UNNEST": (_unnest, frozenset(("child",))),
}

__all__ = ["EMPTY", "Argument", "aggregate", "as_indirect", "has_expression", "value", "values", "window"]
