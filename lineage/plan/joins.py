"""What joins mean for the columns and the rows of a relation.

Lives here: one rule for each join operator of a plan. Must not live here: other operators (`operators.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lineage.calls import COLUMN, EXPRESSION
from lineage.facts import ColumnRef
from lineage.plan.context import Context
from lineage.plan.expressions import value, values
from lineage.plan.operators import OPERATORS, relation, unknown_relation
from lineage.plan.values import Rel, Value, calls_of, computed, left, merge, padded
from lineage.sql.flow import Flow, as_indirect, relabel

Node = Mapping[str, Any]
Pair = tuple[frozenset[ColumnRef], frozenset[ColumnRef]]
_KEEPS_LEFT = {"SEMI", "ANTI"}
_KEEPS_RIGHT = {"RIGHT_SEMI", "RIGHT_ANTI"}
_TYPES = {"INNER", "LEFT", "RIGHT", "OUTER", "FULL", "SINGLE", "MARK"} | _KEEPS_LEFT | _KEEPS_RIGHT


def _cross(context: Context, node: Node) -> Rel:
    one, other = (relation(context, child) for child in node["children"])
    return _beside(one, other, Flow())


def _positional(context: Context, node: Node) -> Rel:
    """Which row stands beside which is decided by the order of both sides."""
    one, other = (relation(context, child) for child in node["children"])
    decided = merge([as_indirect(one.order, "sort"), as_indirect(other.order, "sort")])
    columns = tuple(c.with_flow(merge([c.flow, decided])) for c in (*one.columns, *other.columns))
    found = _beside(one, other, decided)
    return replace(found, columns=columns, even=False)


def _beside(one: Rel, other: Rel, decided: Flow) -> Rel:
    # A subquery of one row beside a group leaves the group what it was.
    alone = other.single and decided == Flow()
    return Rel(
        (*one.columns, *other.columns),
        merge([one.rows, other.rows, decided]),
        merge([one.order, other.order]),
        one.stage if alone else "filter",
        one.group if alone else 0,
        one.guards if alone else (),
        one.calls | other.calls,
        one.looked_up and other.looked_up,
        (one.even and other.single) or (other.even and one.single),
        one.single and other.single,
        one.pairs | other.pairs,
    )


def _join(context: Context, node: Node) -> Rel:
    one = relation(context, node["children"][0])
    delimited = node["type"] == "LOGICAL_DELIM_JOIN"
    if delimited:
        handed = Rel(tuple(values(context, node["duplicate_eliminated_columns"], one)))
        context.duplicates.append(handed)
    other = relation(context, node["children"][1])
    if delimited:
        context.duplicates.pop()
    kind = node.get("join_type", "")
    if kind not in _TYPES or node.get("delim_flipped"):
        return unknown_relation(context, {**node, "children": []}, f"{node['type']} {kind}")
    tests, pairs = _conditions(context, node, one, other)
    found = _joined(kind, one, other, tests)
    looked_up = one.looked_up and other.looked_up and pairs is not None
    keeps = kind in ("MARK", "SINGLE")
    matched = one.even and other.even and bool(pairs) and node["type"] == "LOGICAL_COMPARISON_JOIN"
    even = one.even if keeps else matched
    both = one.pairs | other.pairs | frozenset(pairs or ()) if kind == "INNER" else one.pairs
    found = replace(found, looked_up=looked_up, even=even, single=one.single and keeps, pairs=both)
    if delimited:
        found = left(found)
    return _mapped(node, found, len(one.columns), kind)


def _conditions(context: Context, node: Node, one: Rel, other: Rel) -> tuple[list[Value], list[Pair] | None]:
    """What a join tests; and the plain columns that are to be equal, None where it tests anything else."""
    both = Rel((*one.columns, *other.columns), rows=merge([one.rows, other.rows]))
    tests, pairs, plain = [], list[Pair](), True
    for test in node.get("conditions") or ():
        sides = value(context, test["left"], one), value(context, test["right"], other)
        if not _handed_back(test, *sides):
            tests.append(computed(sides))
            stored = all(side.kind == COLUMN and not side.group for side in sides)
            plain &= test["comparison"] == "COMPARE_EQUAL" and stored
            pairs.append((sides[0].copies, sides[1].copies))
    for key in ("predicate", "condition"):
        if node.get(key):
            tests.append(value(context, node[key], both))
            plain = False
    return tests, pairs if plain else None


def _handed_back(test: Node, mine: Value, theirs: Value) -> bool:
    """Whether a condition only brings each row together with what was worked out for its own values."""
    handed = {ref for ref, _, _ in mine.flow.direct}
    same = theirs.flow.outer == handed == {ref for ref, _, _ in theirs.flow.direct}
    return test.get("comparison") == "COMPARE_NOT_DISTINCT_FROM" and bool(handed) and same


def _joined(kind: str, one: Rel, other: Rel, tests: list[Value]) -> Rel:
    decided = merge([as_indirect(t.flow, "join") for t in tests])
    calls = one.calls | other.calls | calls_of(tests)
    if kind == "MARK":
        return replace(one, columns=(*one.columns, _mark(other, tests)), calls=calls)
    if kind == "SINGLE":
        chosen_by = merge([decided, _as_rows(other)])
        columns = tuple(c.with_flow(merge([c.flow, chosen_by])) for c in other.columns)
        if not other.looked_up:  # which of the values it is tells more than that it is one of them
            columns = tuple(c._replace(kind=EXPRESSION, copies=frozenset()) for c in columns)
        return replace(one, columns=(*one.columns, *columns), calls=calls)
    rows = merge([one.rows, other.rows, decided])
    order = merge([one.order, other.order])
    left_side = padded(one.columns) if kind in ("RIGHT", "OUTER", "FULL") else one.columns
    right_side = padded(other.columns) if kind in ("LEFT", "OUTER", "FULL") else other.columns
    if kind in _KEEPS_LEFT or kind in _KEEPS_RIGHT:
        keeps, drops = (one, other) if kind in _KEEPS_LEFT else (other, one)
        rows = merge([keeps.rows, as_indirect(drops.rows, "join"), decided])
        return Rel(keeps.columns, rows, order, calls=calls)
    return Rel((*left_side, *right_side), rows, order, calls=calls)


def _as_rows(other: Rel) -> Flow:
    return as_indirect(other.rows, "rows")


def _mark(other: Rel, tests: list[Value]) -> Value:
    """Whether there is a partner: by comparison for IN and its like, by existence alone for EXISTS."""
    compared = [t for t in tests if not t.flow.outer]
    linked = merge(
        [relabel(as_indirect(t.flow, "correlated_subquery"), "correlated_subquery") for t in tests if t.flow.outer]
    )
    if compared:
        there = as_indirect(other.rows, "existence")
        found = computed(compared)
        return found._replace(flow=merge([found.flow, there, linked]), calls=found.calls | other.calls)
    there = relabel(as_indirect(other.rows, "existence"), "existence")
    return Value(merge([there, linked]), "expression", calls=other.calls | calls_of(tests))


def _mapped(node: Node, found: Rel, width: int, kind: str) -> Rel:
    lefts, rights = node.get("left_projection_map") or [], node.get("right_projection_map") or []
    if not lefts and not rights:
        return found
    first, second = found.columns[:width], found.columns[width:]
    if lefts:
        first = tuple(first[n] for n in lefts)
    if rights and kind != "MARK":
        second = tuple(second[n] for n in rights)
    return replace(found, columns=(*first, *second))


_CONDITIONS = frozenset(("conditions", "predicate", "condition", "duplicate_eliminated_columns"))
OPERATORS.update(
    {
        "LOGICAL_CROSS_PRODUCT": (_cross, frozenset()),
        "LOGICAL_POSITIONAL_JOIN": (_positional, frozenset()),
        "LOGICAL_COMPARISON_JOIN": (_join, _CONDITIONS),
        "LOGICAL_ANY_JOIN": (_join, _CONDITIONS),
        "LOGICAL_ASOF_JOIN": (_join, _CONDITIONS),
        "LOGICAL_DELIM_JOIN": (_join, _CONDITIONS),
        "LOGICAL_DEPENDENT_JOIN": (_join, _CONDITIONS),
    }
)
