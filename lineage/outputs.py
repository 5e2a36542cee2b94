"""How many columns of one product were made of one source column: each partial view tells more of the same value.

Lives here: the count, and what is beyond the limit or the budget. Must not live here: whether a call fits
(`given.py`), the refusal (a gate)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lineage.declassifiers import Registry
from lineage.elements import Declared
from lineage.facts import DIRECT, ROWS, ColumnRef, Edge
from lineage.graph import Graph

# Besides values: which of two constants a value chose is as good as the value.
_CARRIES = ("case_condition",)


@dataclass(frozen=True)
class Excess:
    """More columns of a product made of one source column than may be: `outputs` of `most`.

    `declassifier` is empty where it is the budget of the source column, whichever declassifiers made them."""

    source: ColumnRef
    declassifier: str
    outputs: tuple[ColumnRef, ...]
    most: int

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        names = ", ".join(one.column for one in self.outputs)
        by = f"by {self.declassifier}" if self.declassifier else "by declassifiers"
        return f"{len(self.outputs)} columns ({names}) are made of {self.source} {by}; {self.most} may be"


def counted_outputs(
    graph: Graph, product: Iterable[ColumnRef], registry: Registry, declared: Declared
) -> dict[tuple[ColumnRef, str], set[ColumnRef]]:
    """The product's columns by source column and by the declassifier that made them of it; those not counted aside."""
    found: dict[tuple[ColumnRef, str], set[ColumnRef]] = {}
    for output in product:
        for edge in made_of(graph, output, registry):
            for source in {edge.source} | graph.upstream(edge.source, (DIRECT,)):
                if source in declared.elements:
                    found.setdefault((source, edge.declassifier.lower()), set()).add(output)
    return found


def made_of(graph: Graph, output: ColumnRef, registry: Registry) -> Iterator[Edge]:
    """The edges by which values flowed into a counted declassifier on the way to a column."""
    counted = {name for name, one in registry.entries.items() if one.at_most_outputs is not None}
    seen, queue = {output}, [output]
    while queue:
        for edge in graph.edges_into(queue.pop()):
            if edge.kind != DIRECT and (edge.transform not in _CARRIES or _of_group(graph, edge, registry)):
                continue
            if edge.declassifier.lower() in counted:
                yield edge
            if edge.source not in seen:
                seen.add(edge.source)
                queue.append(edge.source)


def _of_group(graph: Graph, edge: Edge, registry: Registry) -> bool:
    """Whether a condition only made the groups, beside a column whose values it did not choose.

    A group key that a condition computes decides about all rows, so about every column; those that are unchanged
    values, whatever group they stand in, and counts of persons tell nothing more of what the key was made of."""
    at = edge.target
    rows = graph.edges_into(ColumnRef(at.relation, ROWS))
    if (edge.source, edge.transform) not in {(one.source, one.transform) for one in rows}:
        return False
    if graph.copies.get(at) is not None:
        return at not in graph.conditional
    values = [one for one in graph.edges_into(at) if one.kind == DIRECT]
    return bool(values) and all(_counts(registry, one.declassifier) for one in values)


def _counts(registry: Registry, name: str) -> bool:
    known = registry.get(name)
    return known is not None and any(one.aggregate for one in known.parameters)


def beyond(graph: Graph, product: Iterable[ColumnRef], registry: Registry, declared: Declared) -> list[Excess]:
    """Every limit of a declassifier and every budget of a source column that a product's columns go beyond."""
    found: list[Excess] = []
    together: dict[ColumnRef, set[ColumnRef]] = {}
    for (source, name), outputs in sorted(counted_outputs(graph, product, registry, declared).items()):
        together.setdefault(source, set()).update(outputs)
        most = registry.entries[name].at_most_outputs
        if most is not None and len(outputs) > most:
            found.append(Excess(source, name, tuple(sorted(outputs)), most))
    told = {(one.source, one.outputs) for one in found}
    for source, outputs in together.items():
        most, names = registry.budgets.of(declared.elements[source]), tuple(sorted(outputs))
        if len(outputs) > most and (source, names) not in told:
            found.append(Excess(source, "", names, most))
    return found
