"""The algebra of influences: what flows into one value, and how it is carried on.

Lives here: `Flow` and the few operations on it. Must not live here: SQL, names, scopes.

A flow's *direct* part holds the columns that the value is computed from, its *indirect* part the columns that
decided whether, how often or which value appears. A relation's rows are described by a flow, too: their direct part
are the rows of the tables they were read from, their indirect part everything that filtered, joined or grouped
them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lineage.graph import DIRECT, INDIRECT, ROWS, ColumnRef, Edge, Unknown

IDENTITY, RENAME, CAST, EXPRESSION, AGGREGATION, WINDOW = range(6)
TRANSFORM_NAMES = ("identity", "rename", "cast", "expression", "aggregation", "window")

Influence = tuple[ColumnRef, int, str]  # source, transform, declassifier
Reason = tuple[ColumnRef, str, str]  # source, reason, declassifier


class Flow(NamedTuple):
    """What flows into one value; see the module. `outer` marks direct sources of an enclosing query."""

    direct: frozenset[Influence] = frozenset()
    indirect: frozenset[Reason] = frozenset()
    unknown: frozenset[Unknown] = frozenset()
    outer: frozenset[ColumnRef] = frozenset()


EMPTY = Flow()


def column_flow(ref: ColumnRef) -> Flow:
    """The flow of a plain column of a stored relation."""
    return Flow(frozenset(((ref, IDENTITY, ""),)))


def unknown_flow(unknown: Unknown) -> Flow:
    """The flow of a value whose inputs could not be found out."""
    return Flow(unknown=frozenset((unknown,)))


def merge(flows: Iterable[Flow]) -> Flow:
    """Everything that flows into any of `flows`."""
    kept = [flow for flow in flows if flow is not EMPTY]
    if not kept:
        return EMPTY
    if len(kept) == 1:
        return kept[0]
    first, *rest = kept
    return Flow(
        first.direct.union(*(f.direct for f in rest)),
        first.indirect.union(*(f.indirect for f in rest)),
        first.unknown.union(*(f.unknown for f in rest)),
        first.outer.union(*(f.outer for f in rest)),
    )


def lift(flow: Flow, transform: int) -> Flow:
    """The flow of a value that was computed, at least by `transform`, from a value with `flow`."""
    if all(rank >= transform for _, rank, _ in flow.direct):
        return flow
    return flow._replace(direct=frozenset((ref, max(rank, transform), by) for ref, rank, by in flow.direct))


def as_indirect(flow: Flow, reason: str) -> Flow:
    """The flow of something that a value with `flow` decided about, for `reason`."""
    if not flow.direct:
        return flow._replace(outer=frozenset()) if flow.outer else flow
    moved = frozenset((ref, "correlated_subquery" if ref in flow.outer else reason, by) for ref, _, by in flow.direct)
    return Flow(frozenset(), flow.indirect | moved, flow.unknown)


def relabel(flow: Flow, reason: str) -> Flow:
    """Like `as_indirect`, with the indirect part renamed to `reason`, too."""
    moved = as_indirect(flow, reason)
    kept = frozenset((ref, why if why == "correlated_subquery" else reason, by) for ref, why, by in moved.indirect)
    return moved._replace(indirect=kept)


def mark_outer(flow: Flow) -> Flow:
    """The flow seen from a query inside the one that it belongs to."""
    return flow._replace(outer=frozenset(ref for ref, _, _ in flow.direct)) if flow.direct else flow


def leave_query(flow: Flow) -> Flow:
    """The flow seen from the enclosing query again."""
    return flow._replace(outer=frozenset()) if flow.outer else flow


def declassify(flow: Flow, name: str, *, indirect: bool) -> Flow:
    """The flow behind the registered function `name`; its indirect part only if the function answers for that."""
    direct = frozenset((ref, rank, by or name) for ref, rank, by in flow.direct)
    moved = frozenset((ref, why, by or name) for ref, why, by in flow.indirect) if indirect else flow.indirect
    return flow._replace(direct=direct, indirect=moved)


def edges_into(target: ColumnRef, flow: Flow, rows: Flow) -> tuple[Edge, ...]:
    """The edges of an output column with `flow`, in a relation whose rows have the flow `rows`."""
    carried = as_indirect(rows, "rows")
    edges = {_direct_edge(target, *best) for best in _strongest(flow.direct)}
    indirect = flow.indirect | carried.indirect
    edges |= {
        Edge(ref, target, INDIRECT, why, by) for ref, why, by in indirect if not by or (ref, why, "") not in indirect
    }
    covered = {e.source.relation for e in edges if not e.declassifier and (e.source.column != ROWS or e.kind == DIRECT)}
    return tuple(
        sorted(e for e in edges if e.kind == DIRECT or e.source.column != ROWS or e.source.relation not in covered)
    )


def _strongest(direct: frozenset[Influence]) -> Iterable[Influence]:
    best: dict[tuple[ColumnRef, str], int] = {}
    for ref, rank, by in direct:
        best[ref, by] = max(rank, best.get((ref, by), rank))
    return ((ref, rank, by) for (ref, by), rank in best.items())


def _direct_edge(target: ColumnRef, source: ColumnRef, rank: int, by: str) -> Edge:
    if rank == IDENTITY and source.column != target.column:
        rank = RENAME
    return Edge(source, target, DIRECT, TRANSFORM_NAMES[rank], by)
