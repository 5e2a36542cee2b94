"""What the files of a product hold of the rows and masks that their recipient is promised, as evidence.

Lives here: which pattern a mask of the agreement stands for. Must not live here: the counting (`sharing.policy_proof`)
and the refusal (the contract gate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from contracts.evidence import MaskedColumn, PolicyEvidence
from contracts.masks import SHAPES
from contracts.model import Agreement
from lake.column_lineage import CityLineage
from lineage.declassifiers import Registry
from lineage.graph import DIRECT, ColumnRef, Graph
from sharing.faults import SharingRefused
from sharing.policy_proof import Counted, count


def policy_seen(agreement: Agreement, lineage: CityLineage, files: Sequence[Path]) -> PolicyEvidence | None:
    """What was counted in the files, as far as it could be; None where the agreement declares no policy."""
    masks = {column.name: column.mask for column in agreement.columns if column.mask is not None}
    if not agreement.rows and not masks:
        return None
    patterns = {name: _pattern(mask, lineage.policy.registry) for name, mask in masks.items()}
    found = _counted(agreement, files, {name: one for name, one in patterns.items() if one is not None})
    seen = tuple(
        MaskedColumn(
            name,
            mask,
            patterns[name],
            found.unmasked.get(name) if found else None,
            _past(lineage.graph, agreement, name),
        )
        for name, mask in masks.items()
    )
    if found is None:
        return PolicyEvidence(agreement.rows, seen, None, None)
    return PolicyEvidence(agreement.rows, seen, found.rows, found.outside, found.breaking)


def _counted(agreement: Agreement, files: Sequence[Path], shapes: Mapping[str, str]) -> Counted | None:
    try:
        return count(files, agreement.rows, shapes)
    except SharingRefused:
        return None


def _past(graph: Graph, agreement: Agreement, column: str) -> tuple[str, ...]:
    """The columns at the beginning of every way by which values come into a column through no declassifier."""
    start = ColumnRef(f"lake.product.{agreement.product}", column.lower())
    seen, queue, first = {start}, [start], set[ColumnRef]()
    while queue:
        here = queue.pop()
        into = [edge for edge in graph.edges_into(here) if edge.kind == DIRECT]
        if not into and here != start:
            first.add(here)
        more = {edge.source for edge in into if not edge.declassifier} - seen
        seen |= more
        queue += sorted(more)
    return tuple(str(one).removeprefix("contract.") for one in sorted(first))


def _pattern(mask: str, registry: Registry) -> str | None:
    """The pattern of all text that a mask leaves; None where single cells show nothing of it."""
    known = registry.get(mask)
    if known is None:
        return SHAPES.get(mask)
    condition = known.post_condition
    if condition.kind == "fixed_length":
        return f"[{condition.alphabet}]{{{condition.length}}}"
    return condition.pattern
