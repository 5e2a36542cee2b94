"""The privacy budget: what noisy counts of a dataset have cost a recipient so far, and what one more would cost.

Costs of several releases add up (sequential composition of differential privacy, GB/T 42460-2023). A release of content
that was paid for costs nothing more: the noise is the same. What is spent is a fact of the ledger, written before the
files leave, so that nothing leaves unpaid. What one column costs is declared in the lineage policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from contracts.evidence import Objection, ProductCandidate
from contracts.model import Agreement, Dataset
from lake.city import City
from lake.column_lineage import CityLineage
from lineage.declassifiers import relied_on
from lineage.graph import ColumnRef
from sharing.canonical import digest
from sharing.ledger import Ledger

# Sums of declared costs: beyond this, two of them differ.
_EXACT = 1e-9


def content_of(candidate: ProductCandidate) -> str:
    """What tells one content of a product from another."""
    return digest(sorted(file.sha256 for file in candidate.files))


def costs(
    lineage: CityLineage, datasets: Mapping[str, Dataset], outputs: Mapping[ColumnRef, str]
) -> dict[str, dict[str, float]]:
    """What a release costs: dataset id -> product column -> epsilon, for the columns that are noisy counts of it."""
    found: dict[str, dict[str, float]] = {}
    entries = lineage.policy.registry.entries
    for ref, name in outputs.items():
        epsilon = sum(entries[one].epsilon or 0.0 for one in relied_on(lineage.graph, ref) if one in entries)
        below = {source.relation for source in lineage.graph.upstream(ref)} if epsilon else set()
        for relation in sorted(below & datasets.keys()):
            found.setdefault(datasets[relation].id, {})[name] = epsilon
    return found


def spent(ledger: Ledger, recipient: str, dataset: str, *, beside: tuple[str, str]) -> float:
    """What a recipient has been shown of a dataset so far, `beside` one (agreement, content)."""
    return sum(
        float(entry.body["epsilon"])
        for entry in ledger.current("privacy").values()
        if (entry.body["recipient"], entry.body["dataset"]) == (recipient, dataset)
        and (entry.body["agreement"], entry.body["content"]) != beside
    )


def beyond_budget(
    ledger: Ledger, agreement: Agreement, content: str, most: float, cost: Mapping[str, Mapping[str, float]]
) -> Iterator[Objection]:
    """An objection to every noisy column of a dataset of which the recipient would see more than the budget."""
    for dataset, columns in cost.items():
        before = spent(ledger, agreement.agency, dataset, beside=(agreement.name, content))
        after = before + sum(columns.values())
        if after <= most + _EXACT:
            continue
        for name in columns:
            yield Objection(
                "privacy_budget",
                name,
                f"noisy counts of {dataset} would cost {agreement.agency} {after:g} in all, {before:g} of it so far; "
                f"{most:g} may be spent",
                "leave the column out, or have who answers for the policy raise budgets.epsilon with reasons",
                {"dataset": dataset, "spent": before, "after": after, "most": most},
            )


def record(city: City, agreement: Agreement, content: str, spends: Mapping[str, float]) -> None:
    """Write what a release spends, before it leaves; what was paid for already is not written again."""
    known = city.ledger.current("privacy")
    for dataset, epsilon in spends.items():
        body = {
            "recipient": agreement.agency,
            "dataset": dataset,
            "agreement": agreement.name,
            "content": content,
            "epsilon": epsilon,
        }
        if not any(_same(entry.body, body) for entry in known.values()):
            city.ledger.append("privacy", {**body, "run_id": city.run_id}, city.now())


def totals(cost: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What a release spends of each dataset."""
    return {dataset: sum(columns.values()) for dataset, columns in cost.items()}


def _same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    names: Iterable[str] = ("recipient", "dataset", "agreement", "content", "epsilon")
    return all(one[name] == other[name] for name in names)
