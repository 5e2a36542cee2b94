"""What each operator of a plan means for the columns and the rows of a relation.

Lives here: one rule for each operator but joins (`joins.py`) and those that write (`statements.py`). Must not live
here: expressions. An operator without a rule, and a part of one that no rule looks at, makes everything unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lineage.calls import COLUMN
from lineage.facts import Unknown
from lineage.plan.context import Context
from lineage.plan.expressions import aggregate, lowered, unruled, value, values, whose, window
from lineage.plan.sandbox import STUB
from lineage.plan.values import (
    CONSTANT_VALUE,
    Rel,
    Value,
    calls_of,
    computed,
    deciding,
    merge,
    merged,
    outer,
    relabel,
    several,
    stored,
)
from lineage.plan.vocabulary import TABLE_FUNCTIONS
from lineage.sql.flow import AGGREGATION, EMPTY, Flow, as_indirect, lift, unknown_flow
from lineage.sql.flow import EXPRESSION as EXPRESSION_RANK

Node = Mapping[str, Any]
_BELOW = frozenset(("children",))
_NO_COLUMN = 2**63  # numbers from here on stand for a row's own number, or for no column at all
_NONE = 2**64 - 1


def relation(context: Context, node: Node) -> Rel:
    """The result of an operator and of everything below it."""
    rule = OPERATORS.get(node["type"])
    if rule is None:
        return unknown_relation(context, node, node["type"])
    handler, handled = rule
    found = handler(context, node)
    strange = unruled(node, handled | _BELOW)
    if strange:
        found = spoiled(found, Unknown("the plan has a part without a rule", f"{node['type']} {strange}"))
    index = node.get("table_index")
    if isinstance(index, int) and node["type"] not in ("LOGICAL_MATERIALIZED_CTE", "LOGICAL_RECURSIVE_CTE"):
        context.bound[index] = found
    return found


def spoiled(found: Rel, why: Unknown) -> Rel:
    """A relation of which something is not known."""
    flow = unknown_flow(why)
    columns = tuple(c.with_flow(merge([c.flow, flow])) for c in found.columns)
    return replace(found, columns=columns, rows=merge([found.rows, flow]))


def unknown_relation(context: Context, node: Node, subject: str) -> Rel:
    """What an operator without a rule gives: everything below it may have flowed anywhere."""
    below = [relation(context, child) for child in node.get("children") or ()]
    rows = merge([side.rows for side in below])
    flow = merge([*(as_indirect(side.flows(), "rows") for side in below), *(side.flows() for side in below), rows])
    width = len(node.get("returned_types") or node.get("chunk_types") or ()) or sum(len(b.columns) for b in below)
    columns = tuple(Value(flow, "expression") for _ in range(max(width, 1)))
    return spoiled(Rel(columns, rows), Unknown("the plan has an operator without a rule", subject))


def only(context: Context, node: Node) -> Rel:
    """The one relation below an operator."""
    return relation(context, node["children"][0])


def _picked(found: Rel, numbers: list[int]) -> Rel:
    return replace(found, columns=tuple(found.columns[n] for n in numbers)) if numbers else found


# -- reading -------------------------------------------------------------------------------------------------------


def _get(context: Context, node: Node) -> Rel:
    found = _scan(context, node) if node["name"] == "seq_scan" else _table_function(context, node)
    return _picked(found, node.get("projection_ids") or [])


def _scan(context: Context, node: Node) -> Rel:
    name = context.sandbox.relation(node["function_data"])
    context.read.add(name)
    names = node["names"]
    wanted = [c["index"] for c in node["column_indexes"]]
    made = context.made.get(name)
    if made is not None:
        row = Value(made.rows, "expression")
        return replace(made, columns=tuple(made.columns[i] if i < len(made.columns) else row for i in wanted))
    return stored(name, (names[i] if i < _NO_COLUMN else None for i in wanted), even=name not in context.uneven)


def _table_function(context: Context, node: Node) -> Rel:
    below = [relation(context, child) for child in node.get("children") or ()]
    given = merge([side.flows() for side in below])
    rows = merge([*(side.rows for side in below), as_indirect(given, "unnest")])
    made = computed([c for side in below for c in side.columns])
    columns = [made for _ in node["column_indexes"]]
    columns += [below[0].columns[n] for n in node.get("projected_input") or ()]
    found = Rel(several(columns), rows, even=False)
    if node["name"] in TABLE_FUNCTIONS:
        return found
    return spoiled(found, Unknown("table function is not registered", node["name"]))


def _nothing(context: Context, node: Node) -> Rel:
    return Rel((CONSTANT_VALUE,), single=True)  # the engine gives it a column that nothing reads


def _constants(context: Context, node: Node) -> Rel:
    kinds = node.get("chunk_types") or node.get("return_types") or node.get("expr_types") or ()
    return Rel(several(CONSTANT_VALUE for _ in kinds), even=False)


def _expression_get(context: Context, node: Node) -> Rel:
    below = only(context, node)
    lists = [Rel(tuple(values(context, row, below))) for row in node["expressions"]]
    if len(lists) == 1:
        return Rel(lists[0].columns, below.rows, below.order, single=below.single)
    return Rel(merged(lists), below.rows, below.order, even=False)


def _empty(context: Context, node: Node) -> Rel:
    kinds = node.get("return_types") or ()
    return Rel(tuple(CONSTANT_VALUE for _ in kinds))


def _delim_get(context: Context, node: Node) -> Rel:
    """The values of the query around, each once, as the join around it hands them down."""
    found = context.duplicates[-1] if context.duplicates else Rel(())
    return Rel(outer(found).columns, Flow())


# -- one below -----------------------------------------------------------------------------------------------------


def _projection(context: Context, node: Node) -> Rel:
    below = only(context, node)
    return replace(below, columns=tuple(values(context, node["expressions"], below)), stage="filter", regrouped=None)


def _filter(context: Context, node: Node) -> Rel:
    below = only(context, node)
    for part in _conjuncts(node["expressions"]):
        below = _tested(context, part, below)
    return _picked(below, node.get("projection_map") or [])


def _tested(context: Context, part: Node, below: Rel) -> Rel:
    test = value(context, part, below)
    calls = below.calls | test.calls
    name = _row_guard(part)
    if name and context.declassifiers[name].rows and below.regrouped is not None:
        call = next(call for call in test.calls if call.name == name)
        if test.group and test.group == below.group and context.fits(name, call):
            groups = below.regrouped(name, whose(call, below))
            rows = merge([groups.rows, as_indirect(test.flow, below.stage)])
            return replace(groups, rows=rows, guards=(*below.guards, call), calls=calls)
    rows = merge([below.rows, as_indirect(test.flow, below.stage)])
    looked_up = below.looked_up and _compares_columns(context, part, below)
    even = below.even and (below.stage == "having" or _is_of_one_column(context, test))
    return replace(below, rows=rows, calls=calls, looked_up=looked_up, even=even)


def _is_of_one_column(context: Context, test: Value) -> bool:
    """Whether a condition looks at one column of the row itself, as it was delivered, and at nothing else: not at other
    rows, at what a query worked out, or at two things at once, by which it could choose how many rows a secret has."""
    sources = {ref for ref, _, _ in test.flow.direct}
    if test.flow.indirect or test.flow.unknown or test.flow.outer or len(sources) > 1:
        return False
    if any(rank > EXPRESSION_RANK for _, rank, _ in test.flow.direct):
        return False
    return all(ref.column not in context.computed.get(ref.relation, ()) for ref in sources)


def _compares_columns(context: Context, part: Node, below: Rel) -> bool:
    """Whether a condition is that two plain columns are equal."""
    if part.get("expression_class") != "BOUND_COMPARISON" or part["type"] != "COMPARE_EQUAL":
        return False
    return all(value(context, part[side], below).kind == COLUMN for side in ("left", "right"))


def _conjuncts(nodes: list[Node]) -> list[Node]:
    """The parts that must all hold; one that guards rows comes first, so that the others see it."""
    found: list[Node] = []
    stack = list(reversed(nodes))
    while stack:
        node = stack.pop()
        if node.get("expression_class") == "BOUND_CONJUNCTION" and node["type"] == "CONJUNCTION_AND":
            stack += reversed(node["children"])
        else:
            found.append(node)
    return sorted(found, key=lambda part: not _row_guard(part))


def _row_guard(node: Node) -> str:
    while node.get("expression_class") == "BOUND_CAST":
        node = node["child"]
    name = str(node.get("name", ""))
    return name.removeprefix(STUB) if name.startswith(STUB) else ""


def _aggregate(context: Context, node: Node) -> Rel:
    below, number = only(context, node), context.next_group()
    groups = _groups(context, node, below, number)

    def regrouped(name: str, of: frozenset[str] | None) -> Rel:
        rows = lowered(below.rows, name, True, of)
        return _groups(context, node, replace(below, rows=rows), number, lambda keys: lowered(keys, name, True, of))

    return replace(groups, regrouped=regrouped)


def _groups(context: Context, node: Node, below: Rel, number: int, behind: Callable[[Flow], Flow] | None = None) -> Rel:
    """The groups of an aggregation, what decided about them `behind` a declassifier if there is one."""
    nodes = node["expressions"]
    groups = values(context, node.get("groups") or (), below)
    names = [one.get("name") for one in nodes]
    # The engine's own, made of a subquery, has no grouping sets; an author's has.
    engines = not groups and node.get("groupings_index") == _NONE
    alone = engines and names == ["first", "count_star"]
    made = [aggregate(context, one, below, number, alone=alone) for one in nodes]
    if engines and names == ["count_star"]:
        made = [_existence(below)]
    elif alone:
        made[1] = CONSTANT_VALUE  # it only makes more than one row an error
    keys = deciding(groups, "group_by")
    keys = behind(keys) if behind else keys
    several = len(node.get("grouping_sets") or ()) > 1
    sets = Value(lift(merge([g.flow for g in groups]), AGGREGATION), "expression")
    extra = [sets for _ in node.get("grouping_functions") or ()]
    columns = [g.with_flow(merge([g.flow, keys])) if several else g for g in groups]
    rows = merge([below.rows, keys]) if groups else EMPTY
    calls = below.calls | calls_of(groups)
    return Rel(
        (*columns, *made, *extra), rows, EMPTY, "having", number, (), calls, below.looked_up, below.even or not groups,
        not groups, below.pairs,
    )  # fmt: skip


def _existence(below: Rel) -> Value:
    flow = relabel(as_indirect(below.rows, "existence"), "existence")
    return Value(flow, "expression", calls=below.calls)


def _window(context: Context, node: Node) -> Rel:
    below = only(context, node)
    made = tuple(window(context, one, below) for one in node["expressions"])
    stage = "qualify"
    return replace(below, columns=(*below.columns, *made), stage=stage, regrouped=None)


def _distinct(context: Context, node: Node) -> Rel:
    below = only(context, node)
    targets = values(context, node.get("distinct_targets") or (), below)
    orders = values(context, [o["expression"] for o in (node.get("order_by") or {}).get("orders", ())], below)
    child = node["children"][0]
    sets = ("LOGICAL_UNION", "LOGICAL_EXCEPT", "LOGICAL_INTERSECT")
    reason = "set_operation" if child["type"] in sets and not child.get("setop_all") else "distinct"
    if node.get("distinct_type") == "DISTINCT":
        return replace(
            below,
            rows=merge([below.rows, deciding(targets, reason)]),
            stage="filter",
            group=0,
            guards=(),
            regrouped=None,
        )
    decided = merge([deciding(targets, "distinct"), deciding(orders, "distinct"), below.order])
    return replace(_single(below, decided), even=False)


def _single(below: Rel, decided: Flow) -> Rel:
    """A relation of which some rows were left out as double: its rows are groups no more."""
    rows = merge([below.rows, decided])
    return replace(below, rows=rows, stage="filter", group=0, guards=(), regrouped=None)


def _order(context: Context, node: Node) -> Rel:
    below = only(context, node)
    keys = values(context, [o["expression"] for o in node["orders"]], below)
    found = replace(below, order=deciding(keys, "sort"), calls=below.calls | calls_of(keys))
    return _picked(found, node.get("projection_map") or node.get("projections") or [])


def _limit(context: Context, node: Node) -> Rel:
    below = only(context, node)
    bounds = [node[k]["expression"] for k in ("limit_val", "offset_val") if (node.get(k) or {}).get("expression")]
    counts = deciding(values(context, bounds, below), "limit")
    return replace(below, looked_up=False, even=False, rows=merge([below.rows, counts, relabel(below.order, "limit")]))


def _sample(context: Context, node: Node) -> Rel:
    return replace(only(context, node), even=False)


def _unnest(context: Context, node: Node) -> Rel:
    below = only(context, node)
    made = values(context, node["expressions"], below)
    lists = [value(context, one["child"], below) for one in node["expressions"] if "child" in one]
    rows = merge([below.rows, deciding([one for one in lists if not one.fixed], "unnest")])
    return Rel((*several(below.columns), *made), rows, below.order, calls=below.calls, even=False)


# -- sets and common tables ----------------------------------------------------------------------------------------


def _sides(context: Context, node: Node) -> list[Rel]:
    return [relation(context, child) for child in node["children"]]


def _union(context: Context, node: Node) -> Rel:
    sides = _sides(context, node)
    return Rel(
        merged(sides),
        merge([side.rows for side in sides]),
        merge([side.order for side in sides]),
        calls=frozenset().union(*(side.calls for side in sides)),
        even=False,
    )


def _except(context: Context, node: Node) -> Rel:
    first, *others = _sides(context, node)
    sides = [first, *others]
    keys = deciding([c for side in sides for c in side.columns], "set_operation")
    rows = merge([first.rows, keys, *(as_indirect(side.rows, "set_operation") for side in others)])
    calls = frozenset().union(*(side.calls for side in sides))
    return Rel(first.columns, rows, first.order, calls=calls, even=first.even)


def _materialized(context: Context, node: Node) -> Rel:
    first, second = node["children"]
    context.bound[node["table_index"]] = relation(context, first)
    return relation(context, second)


def _recursive(context: Context, node: Node) -> Rel:
    """The least relation that holds its own step: steps are added until nothing more flows in."""
    start, step = node["children"]
    found = relation(context, start)
    keys = node.get("key_targets") or ()
    while True:
        context.bound[node["table_index"]] = found
        again = relation(context, step)
        sides = [found, again]
        decided = EMPTY if node.get("union_all") else deciding([c for s in sides for c in s.columns], "set_operation")
        decided = merge([decided, deciding(values(context, keys, Rel(merged(sides))), "distinct")])
        calls = found.calls | again.calls
        rows = merge([found.rows, again.rows, decided])
        grown = Rel(merged(sides), rows, merge([found.order, again.order]), calls=calls, even=False)
        if grown == found:
            return found
        found = grown


def _cte_ref(context: Context, node: Node) -> Rel:
    found = context.bound.get(node["cte_index"])
    if found is None:
        return unknown_relation(context, node, "LOGICAL_CTE_REF")
    return replace(found, stage="filter", regrouped=None)


OPERATORS: dict[str, tuple[Callable[[Context, Node], Rel], frozenset[str]]] = {
    "LOGICAL_GET": (_get, frozenset()),
    "LOGICAL_DUMMY_SCAN": (_nothing, frozenset()),
    "LOGICAL_CHUNK_GET": (_constants, frozenset()),
    "LOGICAL_EMPTY_RESULT": (_empty, frozenset()),
    "LOGICAL_EXPRESSION_GET": (_expression_get, frozenset(("expressions",))),
    "LOGICAL_DELIM_GET": (_delim_get, frozenset()),
    "LOGICAL_PROJECTION": (_projection, frozenset(("expressions",))),
    "LOGICAL_FILTER": (_filter, frozenset(("expressions",))),
    "LOGICAL_AGGREGATE_AND_GROUP_BY": (_aggregate, frozenset(("expressions", "groups"))),
    "LOGICAL_WINDOW": (_window, frozenset(("expressions",))),
    "LOGICAL_DISTINCT": (_distinct, frozenset(("distinct_targets", "order_by"))),
    "LOGICAL_ORDER_BY": (_order, frozenset(("orders",))),
    "LOGICAL_LIMIT": (_limit, frozenset(("limit_val", "offset_val"))),
    "LOGICAL_SAMPLE": (_sample, frozenset()),
    "LOGICAL_UNNEST": (_unnest, frozenset(("expressions",))),
    "LOGICAL_UNION": (_union, frozenset()),
    "LOGICAL_EXCEPT": (_except, frozenset()),
    "LOGICAL_INTERSECT": (_except, frozenset()),
    "LOGICAL_MATERIALIZED_CTE": (_materialized, frozenset()),
    "LOGICAL_RECURSIVE_CTE": (_recursive, frozenset(("key_targets",))),
    "LOGICAL_CTE_REF": (_cte_ref, frozenset()),
}
