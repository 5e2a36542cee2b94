"""Two readers' answers made one: the engine's plan decides, and an edge stands if either sees it.

Lives here: the union, and the count of where they differ. Must not live here: either reader."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.answer import QueryLineage
from lineage.facts import DIRECT, ROWS, Edge, Unknown
from lineage.plan.reading import Reading


def of_plan(planned: Reading) -> QueryLineage:
    """The answer of the plan alone."""
    assert planned.types is not None and planned.edges is not None
    return QueryLineage(
        planned.relation, tuple(planned.types), planned.edges, planned.unknown or {}, False, planned.types,
        planned.calls or {}, planned.copies or {}, conditional=planned.conditional, even=planned.even,
        follows=planned.follows,
    )  # fmt: skip


def unplanned(bound: QueryLineage, fault: str) -> QueryLineage:
    """The second reader's answer where the engine gives none: every column is unknown besides."""
    why = Unknown("statement does not plan", fault)
    unknown = {name: (*bound.unknown.get(name, ()), why) for name in (*bound.columns, ROWS)}
    return QueryLineage(bound.relation, bound.columns, bound.edges, unknown, bound.is_open, bound.types, even=False)


def together(planned: Reading, bound: QueryLineage) -> QueryLineage:
    """Both answers. Where the second reader does not know, it has no opinion, unless a relation was read whose columns
    may not all be known: then what it does not know stays unknown."""
    found = of_plan(planned)
    edges = dict(found.edges)
    only_plan = only_second = 0
    for name in (*found.columns, ROWS):
        mine, theirs = edges.get(name, ()), _heard(bound, name)
        more = [edge for edge in theirs if not _seen(edge, mine)]
        if theirs or not bound.unknown.get(name):
            only_plan += sum(not _seen(edge, theirs) for edge in mine)
        only_second += len(more)
        edges[name] = tuple(sorted({*mine, *more})) if more else mine
    unknown, columns, types = dict(found.unknown), found.columns, dict(found.types)
    if planned.opened:
        for name, why in bound.unknown.items():
            unknown[name] = tuple(dict.fromkeys((*unknown.get(name, ()), *why)))
    return QueryLineage(
        found.relation, columns, edges, unknown, planned.opened and bound.is_open, types, found.calls, found.copies,
        (only_plan, only_second), found.conditional, found.even, found.follows,
    )  # fmt: skip


def _heard(bound: QueryLineage, name: str) -> tuple[Edge, ...]:
    return () if bound.unknown.get(name) else bound.edges.get(name, ())


def _seen(edge: Edge, others: Iterable[Edge]) -> bool:
    """Whether an edge, or one that says as much and more, is among others: what decided by a value decided at least as
    an influence, and what an undeclassified edge carries is no less."""
    for other in others:
        if other.declassifier not in ("", edge.declassifier):
            continue
        same = other.source == edge.source
        rows = edge.source.column == ROWS and other.source.relation == edge.source.relation
        if (same or rows) and (other.kind in (DIRECT, edge.kind) or rows):
            return True
    return False
