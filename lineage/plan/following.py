"""Which tables a query follows row by row: each row of what it gives comes of one row of the table, and of no other.

Of such a table a part can be asked for by itself: what a query gives of the rows of one delivery is the same, whatever
other deliveries there are. Lives here: the closed list of operators that leave it so. Must not live here: which rows
are asked for, or whether anything else that the query reads is as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from lineage.plan.sandbox import Sandbox

Node = Mapping[str, Any]
_JOINS = frozenset(("LOGICAL_COMPARISON_JOIN", "LOGICAL_ANY_JOIN", "LOGICAL_DELIM_JOIN"))
# Of these each row is judged, or has values looked up for it, by itself: the rows of that side alone stay themselves.
_OF_LEFT = frozenset(("LEFT", "SINGLE", "MARK", "SEMI", "ANTI"))
_NONE = frozenset[str]()


def followed(root: Node, sandbox: Sandbox) -> frozenset[str]:
    """The relations that a plan follows row by row: read once, and by way of projections, filters and joins alone."""
    walk = _Walk(sandbox, {})
    found, read = walk.of(root)
    return frozenset(name for name in found if read[name] == 1)


class _Walk:
    """`named` are the queries that WITH names: what they follow and read, at each mention."""

    def __init__(self, sandbox: Sandbox, named: dict[int, tuple[frozenset[str], Counter[str]]]) -> None:
        self._sandbox, self._named = sandbox, named

    def of(self, node: Node) -> tuple[frozenset[str], Counter[str]]:
        """What an operator follows, and how often each relation is read at it and below."""
        kind, children = node["type"], list(node.get("children") or ())
        if kind == "LOGICAL_CTE_REF":
            return self._named.get(node["cte_index"], (_NONE, Counter()))
        if kind == "LOGICAL_MATERIALIZED_CTE":
            self._named[node["table_index"]] = self.of(children[0])
            return self.of(children[1])
        if kind == "LOGICAL_GET" and node["name"] == "seq_scan" and not children:
            name = self._sandbox.relation(node["function_data"])
            return frozenset((name,)), Counter((name,))
        below = [self.of(child) for child in children]
        return _followed(node, [one for one, _ in below]), sum((read for _, read in below), Counter[str]())


def _followed(node: Node, below: list[frozenset[str]]) -> frozenset[str]:
    kind, join = node["type"], node.get("join_type")
    if kind in ("LOGICAL_PROJECTION", "LOGICAL_FILTER", "LOGICAL_CREATE_TABLE") and len(below) == 1:
        return below[0]
    if kind == "LOGICAL_CROSS_PRODUCT":
        return below[0] | below[1]
    if kind not in _JOINS or node.get("delim_flipped"):
        return _NONE
    if join == "INNER" and kind != "LOGICAL_DELIM_JOIN":
        return below[0] | below[1]
    if join in _OF_LEFT or join == "INNER":
        return below[0]
    return below[1] if join == "RIGHT" and kind != "LOGICAL_DELIM_JOIN" else _NONE
