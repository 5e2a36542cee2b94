"""In which form a source column reaches a product, and whether its contract lets it go in that form.

Lives here: the forms, found along every path of the graph. Must not live here: the declaration (`contracts`), levels,
the refusal (a gate). The idea is that of column control in secure analytics: a column may be used *only after* it was
aggregated, masked or used as a key, whoever asks (SecretFlow SCQL, column control lists)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lineage.calls import Call
from lineage.facts import DIRECT, ROWS, ColumnRef, Edge

PLAIN, AGGREGATED, MASKED, JOINED, DECIDED = "plain", "aggregated", "masked", "joined", "decided"
"""By value as it is or computed; in an aggregate over a guarded group; through a declassifier; as a key of a join;
deciding otherwise."""

FORMS = (PLAIN, AGGREGATED, MASKED, JOINED, DECIDED)


class Copied(Protocol):
    """What is asked of a graph: edges, which columns are only copies, and the calls of declassifiers."""

    @property
    def calls(self) -> Mapping[ColumnRef, tuple[Call, ...]]:
        """The declassifier calls by column; those that guard a relation's rows at ``relation.*``."""
        ...

    @property
    def copies(self) -> Mapping[ColumnRef, frozenset[ColumnRef] | None]:
        """The stored columns whose values a column's values are, unchanged; None where they are computed."""
        ...

    def edges_into(self, column: ColumnRef) -> tuple[Edge, ...]:
        """The edges that end in a column."""
        ...


def arrivals(
    graph: Copied, output: ColumnRef, sources: Mapping[ColumnRef, frozenset[str]], *, is_number: bool
) -> dict[ColumnRef, set[str]]:
    """The sources that reach a column in a form that is not among those that they may leave in, with those forms.

    One path may have several forms (masked, then aggregated): it is let through if any of them may leave. An aggregate
    counts as one only where the output `is_number` (a list or a joined text holds every value) and the rows of the
    group are guarded (a sum over one person is that person's value)."""
    start: tuple[ColumnRef, frozenset[str]] = (output, frozenset())
    seen, queue = {start}, [start]
    refused: dict[ColumnRef, set[str]] = {}
    while queue:
        ref, had = queue.pop()
        may = sources.get(ref)
        if may is not None and not may & (had or {PLAIN}):
            refused.setdefault(ref, set()).update(had or {PLAIN})
        for edge in graph.edges_into(ref):
            form = _form(graph, edge, is_number)
            step = (edge.source, had | {form} if form else had)
            if step not in seen:
                seen.add(step)
                queue.append(step)
    return refused


def _form(graph: Copied, edge: Edge, is_number: bool) -> str:
    """What one edge makes of what flows along it; nothing where a value stays what it was, or is computed with."""
    if edge.declassifier:
        return MASKED
    if edge.kind != DIRECT:
        return JOINED if edge.transform == "join" else DECIDED
    # The greatest of a group is one person's value, though an aggregate found it.
    copied = edge.source in (graph.copies.get(edge.target) or ())
    guarded = bool(graph.calls.get(ColumnRef(edge.target.relation, ROWS)))
    return AGGREGATED if edge.transform == "aggregation" and is_number and guarded and not copied else ""
