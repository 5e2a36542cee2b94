"""What lineage objects to in a product, and who approved what lowers its levels: put together for the evidence.

What is objectionable is judged in `lineage` (`given.py`, `outputs.py`, `constraints.py`); here the product, its city
and its agreement are brought to it. Nothing is refused here: that is the declassifier gate's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from contracts.evidence import Objection, ProductCandidate
from contracts.masks import CITY_ID
from contracts.model import Agreement, Catalogue, LogicalType
from lake.column_lineage import CityLineage
from lineage.constraints import arrivals
from lineage.declassifiers import relied_on
from lineage.elements import declared_elements
from lineage.from_contracts import raw_relation
from lineage.gates.contract import TYPES
from lineage.given import Judge
from lineage.graph import ColumnRef
from lineage.outputs import beyond
from lineage.together import Together

_NUMBERS = (LogicalType.INTEGER, LogicalType.DECIMAL, LogicalType.NUMBER)


class Objector:
    """What lineage has against the products of one city; what they share is found once."""

    def __init__(self, lineage: CityLineage, catalogue: Catalogue) -> None:
        self.graph = lineage.graph
        self.registry = lineage.policy.registry
        self.declared = lineage.declared or declared_elements(catalogue, lineage.policy, lineage.graph)
        self.judge = Judge(self.graph, self.registry, self.declared)
        self.may_leave = {
            ColumnRef(raw_relation(dataset), column.name.lower()): frozenset(column.may_leave)
            for dataset in catalogue.datasets.values()
            for column in dataset.columns
            if column.may_leave is not None
        }

        pseudonyms = lineage.policy.anonymity.pseudonyms
        self.together = Together(self.graph, self.registry, self.declared, pseudonyms)

    def objections(
        self, agreement: Agreement, candidate: ProductCandidate, siblings: Iterable[Agreement] = ()
    ) -> tuple[Objection, ...]:
        """Everything that lineage has against the columns of a product, alone and beside its `siblings`."""
        outputs = outputs_of(agreement, candidate)
        return (
            *self._arguments(outputs),
            *self._recipients(agreement, outputs),
            *self._shared_keys(agreement, outputs, candidate),
            *self._budgets(outputs),
            *self._joined(outputs, siblings),
            *self._constraints(outputs, candidate),
        )

    def _arguments(self, outputs: Mapping[ColumnRef, str]) -> Iterator[Objection]:
        for ref, name in outputs.items():
            for one in self.judge.below({ref} | self.graph.upstream(ref), relied_on(self.graph, ref)):
                facts = {
                    "declassifier": one.declassifier,
                    "parameter": one.parameter,
                    "given": one.given,
                    "fits": one.fits,
                }
                yield Objection("declassifier_arguments", name, one.message, one.fix, facts)

    def _recipients(self, agreement: Agreement, outputs: Mapping[ColumnRef, str]) -> Iterator[Objection]:
        """Calls that are keyed by another agreement than the product's: two recipients could join what they got."""
        for ref, name in outputs.items():
            below = sorted({ref} | self.graph.upstream(ref))
            for call in (call for at in below for call in self.graph.calls.get(at, ())):
                known = self.registry.get(call.name)
                for parameter, given in zip(known.parameters if known else (), call.arguments, strict=False):
                    if parameter.names_agreement and given.text != agreement.name:
                        message = f"{ref} gives {call.name} as {parameter.name} another agreement than its own"
                        fix = f"write zhongtai.declassify_hmac in the model, or give it '{agreement.name}'"
                        facts = {"declassifier": call.name, "parameter": parameter.name}
                        yield Objection("pseudonym_agreement", name, message, fix, facts)

    def _shared_keys(
        self, agreement: Agreement, outputs: Mapping[ColumnRef, str], candidate: ProductCandidate
    ) -> Iterator[Objection]:
        """Columns that are the same for all who receive them: whoever else has one could join it with theirs."""
        masks = {column.name: column.mask for column in agreement.columns}
        for ref, name in outputs.items():
            number = any(re.fullmatch(TYPES[one], candidate.columns[name]) for one in _NUMBERS)
            for key in sorted(self.together.shared(ref, number=number)):
                known = self.registry.get(key.way)
                declared = known is not None and known.shared_key == "declared"
                if declared and masks.get(name) == CITY_ID:
                    continue
                said = f"say mask: {CITY_ID} of the column, which those who approve then sign; or " if declared else ""
                yield Objection(
                    "shared_key",
                    name,
                    f"{ref} is {key}, the same for every recipient: two of them could join what they got by it",
                    f"{said}write zhongtai.declassify_hmac in the product's own model, which keys it by the agreement",
                    {"declassifier": key.way, "element": key.element},
                )

    def _budgets(self, outputs: Mapping[ColumnRef, str]) -> Iterator[Objection]:
        for one in beyond(self.graph, outputs, self.registry, self.declared):
            facts = {"source": str(one.source), "declassifier": one.declassifier, "most": one.most}
            fix = "take columns out of the product, or make one column of them"
            for ref in one.outputs:
                yield Objection("output_budget", outputs[ref], one.message, fix, {**facts, "outputs": len(one.outputs)})

    def _joined(self, outputs: Mapping[ColumnRef, str], siblings: Iterable[Agreement]) -> Iterator[Objection]:
        others = {
            one.name: [ColumnRef(f"lake.product.{one.product}", column.name.lower()) for column in one.columns]
            for one in siblings
        }
        for found in self.together.beyond(outputs, others):
            facts = {"source": str(found.source), "most": found.most, "outputs": found.views}
            facts |= {"products": list(found.products), "keys": [str(key) for key in found.keys]}
            fix = (
                "take the columns or the key out of the product, or write zhongtai.declassify_hmac in the product's "
                "own model, which makes a pseudonym that no other agreement has"
            )
            for ref in found.outputs:
                yield Objection("output_budget", outputs[ref], found.message, fix, facts)

    def _constraints(self, outputs: Mapping[ColumnRef, str], candidate: ProductCandidate) -> Iterator[Objection]:
        for ref, name in outputs.items() if self.may_leave else ():
            is_number = not candidate.columns[name].upper().startswith("VARCHAR")
            for source, forms in sorted(arrivals(self.graph, ref, self.may_leave, is_number=is_number).items()):
                allowed = sorted(self.may_leave[source])
                message = (
                    f"{source} arrives {', '.join(sorted(forms))}, and its contract lets it leave "
                    f"{', '.join(allowed) or 'in no form'}"
                )
                fix = f"bring {source} into that form in the product model, or leave the column out"
                facts = {"source": str(source), "arrives": sorted(forms), "may_leave": allowed}
                yield Objection("column_constraint", name, message, fix, facts)


def outputs_of(agreement: Agreement, candidate: ProductCandidate) -> dict[ColumnRef, str]:
    """The columns of a product in the graph, with their names in the files."""
    relation = f"lake.product.{agreement.product}"
    return {ColumnRef(relation, name.lower()): name for name in candidate.columns}


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
