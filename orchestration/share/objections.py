"""What lineage objects to in a product, and who approved what lowers its levels: put together for the evidence.

What is objectionable is judged in `lineage` (`given.py`, `outputs.py`, `constraints.py`); here the product, its city
and its agreement are brought to it. Nothing is refused here: that is the declassifier gate's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from contracts.evidence import Objection, ProductCandidate
from contracts.model import Agreement, Catalogue
from lake.column_lineage import CityLineage
from lineage.constraints import arrivals
from lineage.declassifiers import relied_on
from lineage.elements import Declared, declared_elements
from lineage.from_contracts import raw_relation
from lineage.given import unfit_below
from lineage.graph import ColumnRef
from lineage.outputs import beyond


def declared_of(lineage: CityLineage, catalogue: Catalogue) -> Declared:
    """The elements of every source column of a city."""
    graph = lineage.graph
    sources = (ColumnRef(name, c) for name, all_c in graph.columns.items() if name not in graph.built for c in all_c)
    return declared_elements(catalogue, lineage.policy, sources)


def objections(
    lineage: CityLineage, catalogue: Catalogue, agreement: Agreement, candidate: ProductCandidate
) -> tuple[Objection, ...]:
    """Everything that lineage has against the columns of a product."""
    relation = f"lake.product.{agreement.product}"
    outputs = {ColumnRef(relation, name.lower()): name for name in candidate.columns}
    declared = declared_of(lineage, catalogue)
    found = [*_arguments(lineage, declared, outputs), *_budgets(lineage, declared, outputs)]
    return (*found, *_constraints(lineage.graph, catalogue, outputs, candidate))


def _arguments(lineage: CityLineage, declared: Declared, outputs: Mapping[ColumnRef, str]) -> Iterator[Objection]:
    graph: Any = lineage.graph
    for ref, name in outputs.items():
        for one in unfit_below(graph, lineage.policy.registry, declared, relied_on(graph, ref)):
            facts = {"declassifier": one.declassifier, "parameter": one.parameter, "given": one.given, "fits": one.fits}
            yield Objection("declassifier_arguments", name, one.message, one.fix, facts)


def _budgets(lineage: CityLineage, declared: Declared, outputs: Mapping[ColumnRef, str]) -> Iterator[Objection]:
    for one in beyond(lineage.graph, outputs, lineage.policy.registry, declared):
        facts = {"source": str(one.source), "declassifier": one.declassifier, "most": one.most}
        fix = "take columns out of the product, or make one column of them"
        for ref in one.outputs:
            yield Objection("output_budget", outputs[ref], one.message, fix, {**facts, "outputs": len(one.outputs)})


def _constraints(
    graph: Any, catalogue: Catalogue, outputs: Mapping[ColumnRef, str], candidate: ProductCandidate
) -> Iterator[Objection]:
    may = {
        ColumnRef(raw_relation(dataset), column.name.lower()): frozenset(column.may_leave)
        for dataset in catalogue.datasets.values()
        for column in dataset.columns
        if column.may_leave is not None
    }
    for ref, name in outputs.items() if may else ():
        is_number = not candidate.columns[name].upper().startswith("VARCHAR")
        for source, forms in sorted(arrivals(graph, ref, may, is_number=is_number).items()):
            allowed = ", ".join(sorted(may[source])) or "in no form"
            message = f"{source} arrives {', '.join(sorted(forms))}, and its contract lets it leave {allowed}"
            fix = f"bring {source} into that form in the product model, or leave the column out"
            facts = {"source": str(source), "arrives": sorted(forms), "may_leave": sorted(may[source])}
            yield Objection("column_constraint", name, message, fix, facts)


def approval(agreement: Agreement, declassifier: str, columns: Iterable[str]) -> Mapping[str, Any]:
    """Who approved that a declassifier lowers some columns, as `Declassification` keeps it."""
    if agreement.declassifiers is None:
        return {"approved_by": agreement.approvals}
    entries = [
        one
        for one in agreement.declassifiers
        if one.name.lower() == declassifier.lower() and set(columns) <= set(one.columns)
    ]
    days: list[date] = [one.approved_on for one in entries]
    return {
        "approved_by": tuple(dict.fromkeys(one.approved_by for one in entries)),
        "approved_on": max(days, default=None),
        "named": bool(entries),
    }
