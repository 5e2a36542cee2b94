"""What statements that write leave in the table that they write.

Lives here: CREATE TABLE AS, INSERT, UPDATE, DELETE, MERGE as a plan shows them. Must not live here: what is below
them (`operators.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import lineage.plan.joins  # noqa: F401  (it adds its rules)
from lineage.facts import Unknown
from lineage.plan.context import Context
from lineage.plan.expressions import unruled, value, values
from lineage.plan.operators import relation, spoiled, unknown_relation
from lineage.plan.values import CONSTANT_VALUE, Rel, Value, merge, stored
from lineage.sql.flow import Flow, as_indirect

Node = Mapping[str, Any]
_ABSENT = 2**63


@dataclass(frozen=True)
class Written:
    """The table that a statement writes, by its name in the catalogue (empty for a query), and what it puts there.

    `names` are the columns that it writes, `types` their types where the engine says them; `whole`: everything that was
    there before is gone."""

    name: str
    names: tuple[str, ...]
    found: Rel
    whole: bool = True
    types: tuple[str, ...] = ()


def written(context: Context, root: Node) -> Written:
    """What the statement of a plan puts where."""
    rule = _STATEMENTS.get(root["type"])
    if rule is None:
        return Written("", (), relation(context, root))
    handler, handled = rule
    made = handler(context, root)
    strange = unruled(root, handled | {"children"})
    if strange:
        why = Unknown("the plan has a part without a rule", f"{root['type']} {strange}")
        return replace(made, found=spoiled(made.found, why))
    return made


def _entry(context: Context, root: Node) -> tuple[str, tuple[str, ...]]:
    entry = root.get("table_info") or root["info"]
    return context.sandbox.relation(entry), tuple(c["name"] for c in entry["columns"]["columns"])


def _create(context: Context, root: Node) -> Written:
    if not root["children"]:
        return Written("", (), unknown_relation(context, root, root["type"]))
    name, names = _entry(context, root)
    return Written(name, names, relation(context, root["children"][0]))


def _insert(context: Context, root: Node) -> Written:
    name, names = _entry(context, root)
    below = relation(context, root["children"][0])
    places = root["column_index_map"]["internal_vector"] or list(range(len(names)))
    columns = tuple(below.columns[p] if p < _ABSENT else CONSTANT_VALUE for p in places)
    given = [n for n, place in enumerate(places) if place < _ABSENT]
    found = replace(below, columns=tuple(columns[n] for n in given))
    return Written(name, tuple(names[n] for n in given), found, whole=False)


def _update(context: Context, root: Node) -> Written:
    name, names = _entry(context, root)
    below = relation(context, root["children"][0])
    made = values(context, root["expressions"], below)
    own = stored(name, ())
    decided = merge([Flow(indirect=below.rows.indirect, unknown=below.rows.unknown), as_indirect(below.rows, "rows")])
    columns = tuple(v.with_flow(merge([v.flow, decided])) for v in made)
    return Written(name, tuple(names[n] for n in root["columns"]), replace(own, columns=columns), whole=False)


def _delete(context: Context, root: Node) -> Written:
    name, names = _entry(context, root)
    below = relation(context, root["children"][0])
    found = stored(name, names)
    return Written(name, names, replace(found, rows=merge([found.rows, below.rows])), whole=False)


def _merge_into(context: Context, root: Node) -> Written:
    name, names = _entry(context, root)
    below = relation(context, root["children"][0])
    changed: dict[str, list[Flow]] = {}
    tests = []
    for actions in root["actions"]:
        for action in actions["value"]:
            if action.get("condition"):
                tests.append(as_indirect(value(context, action["condition"], below).flow, "filter"))
            for column, made in _changes(context, action, names, below):
                changed.setdefault(column, []).append(made.flow)
    decided = merge([*tests, as_indirect(below.rows, "rows")])
    rows = merge([stored(name, ()).rows, below.rows, decided])
    if not changed:  # it only deletes: what stays is as it was
        return Written(name, names, replace(stored(name, names), rows=rows), whole=False)
    columns = tuple(Value(merge([*flows, decided]), "expression") for flows in changed.values())
    return Written(name, tuple(changed), Rel(columns, rows), whole=False)


def _changes(context: Context, action: Node, names: tuple[str, ...], below: Rel) -> list[tuple[str, Value]]:
    made = values(context, action["expressions"], below)
    if action["action_type"] == "MERGE_UPDATE":
        return [(names[n], v) for n, v in zip(action["columns"], made, strict=True)]
    if action["action_type"] == "MERGE_INSERT":
        places = action["column_index_map"]["internal_vector"] or list(range(len(names)))
        pairs = [(names[n], made[p]) for n, p in enumerate(places) if p < len(made)]
        return pairs
    return []


_STATEMENTS: dict[str, tuple[Callable[[Context, Node], Written], frozenset[str]]] = {
    "LOGICAL_CREATE_TABLE": (_create, frozenset(("info",))),
    "LOGICAL_INSERT": (_insert, frozenset(("bound_defaults", "table_info"))),
    "LOGICAL_UPDATE": (_update, frozenset(("expressions", "bound_defaults", "table_info"))),
    "LOGICAL_DELETE": (_delete, frozenset(("expressions", "table_info"))),
    "LOGICAL_MERGE_INTO": (_merge_into, frozenset(("actions", "bound_defaults", "table_info"))),
}
