"""Which fields an agency has at present, and by what: its own dataset, or a live share that really holds the column.

Judged from declarations, releases, the ledger's newest verdicts, the deliveries' days and the lineage graph; no row of
data is read. Unknown is not served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from contracts.model import Agreement, Catalogue
from contracts.services import MaterialKind, Proof, Services
from contracts.working_days import CalendarHorizon, working_days_between
from lineage.from_contracts import raw_relation
from lineage.graph import DIRECT, ColumnRef, Edge, Graph
from sharing.canonical import agreement_digest
from sharing.release import Release

# A value that is moved, called otherwise or of another type is the value; any other expression may be anything.
WHOLE = 0.99
"""A product with so large a share of a dataset's rows is of all of them: some have no valid identifier."""
_KEEPING = frozenset({"identity", "rename", "cast"})


@dataclass(frozen=True)
class Served:
    """Whether an agency has a field for the purposes of a kind of material; `by` names the agreement, or is its own
    department's name; `reason` says why not, or how.
    """

    department: str
    kind: str
    proof: Proof
    by: str | None
    reason: str


@dataclass(frozen=True)
class Present:
    """What is so at the moment of asking: releases that may be read, newest verdicts, newest deliveries, the graph."""

    today: date
    releases: Mapping[str, Release | None]
    verdicts: Mapping[str, Mapping[str, Any]]
    newest: Mapping[str, date]
    graph: Graph
    current: Mapping[str, int] = field(default_factory=dict)
    """Dataset -> how many current rows it has."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Agreement -> how many rows its product has."""


def served(catalogue: Catalogue, services: Services, present: Present) -> list[Served]:
    """Every field of every kind for every agency, in order of agency, kind and field."""
    reading = _Reading(catalogue, present)
    departments = sorted(set(services.agencies.values()))
    return [
        reading.field(department, kind, proof)
        for department in departments
        for kind in services.kinds
        for proof in kind.proves
    ]


def kept_in(graph: Graph, source: ColumnRef) -> frozenset[ColumnRef]:
    """The columns in which the values of a column are, as they are. What the platform itself writes keeps them; of
    anybody's SQL only what moves, renames or casts; a declassifier never does.
    """
    found, waiting = {source}, [source]
    while waiting:
        for edge in graph.edges_out_of(waiting.pop()):
            if edge.target not in found and _keeps(graph, edge):
                found.add(edge.target)
                waiting.append(edge.target)
    return frozenset(found)


def _keeps(graph: Graph, edge: Edge) -> bool:
    plain = edge.transform in _KEEPING or edge.target.relation in graph.twins
    return edge.kind == DIRECT and not edge.declassifier and plain


class _Reading:
    """One look at what is shared."""

    def __init__(self, catalogue: Catalogue, present: Present) -> None:
        self._catalogue = catalogue
        self._present = present
        self._kept = cache(self._kept_in)
        self._dead = cache(self._why_dead)
        self._stale = cache(self._why_stale)

    def field(self, department: str, kind: MaterialKind, proof: Proof) -> Served:
        """By what a department has a field, or why it has it not."""
        if self._catalogue.datasets[proof.dataset].department == department:
            stale = self._stale(proof.dataset)
            return Served(department, kind.name, proof, None if stale else department, stale or "the agency's own data")
        reasons = []
        for agreement in self._to(department):
            why = self._why_not(agreement, kind, proof)
            if why is None:
                return Served(department, kind.name, proof, agreement.name, f"shared by {agreement.name}")
            if why:
                reasons.append(f"{agreement.name}: {why}")
        none = f"no agreement shares it with {department}"
        return Served(department, kind.name, proof, None, "; ".join(reasons) or none)

    def _to(self, department: str) -> Iterator[Agreement]:
        for agreement in self._catalogue.agreements.values():
            if agreement.agency == department:
                yield agreement

    def _why_not(self, agreement: Agreement, kind: MaterialKind, proof: Proof) -> str | None:
        """Why an agreement does not serve a field; empty where it has nothing to do with it, None where it serves."""
        if not self._holds(agreement, proof):
            return ""
        if agreement.purpose_code not in kind.purposes:
            return f"its purpose {agreement.purpose_code} does not cover {' or '.join(kind.purposes)}"
        if agreement.rows:
            return "it covers only a part of the rows"
        if part := self._why_part(agreement.name, proof.dataset):
            return part
        return self._dead(agreement.name) or self._stale(proof.dataset, agreement.freshness_working_days) or None

    def _why_part(self, agreement: str, dataset: str) -> str:
        """Why a product is not of all rows, whatever its SQL leaves out; empty where counting tells that it is."""
        held, every = self._present.held.get(agreement), self._present.current.get(dataset)
        if held is None or every is None:
            return f"nobody can count how many rows of {dataset} it holds"
        if held < every * WHOLE:
            return f"it holds {held:,} rows, and {dataset} has {every:,}: it covers only a part"
        return ""

    def _holds(self, agreement: Agreement, proof: Proof) -> bool:
        """Whether the product has a promised column with the very values, by lineage and not by name."""
        relation = f"lake.product.{agreement.product}"
        kept = self._kept(proof.dataset, proof.column)
        return any(ColumnRef(relation, one.name) in kept for one in agreement.columns if one.mask is None)

    def _kept_in(self, dataset: str, column: str) -> frozenset[ColumnRef]:
        return kept_in(self._present.graph, ColumnRef(raw_relation(self._catalogue.datasets[dataset]), column))

    def _why_dead(self, name: str) -> str:
        """Why nothing of an agreement is live; empty where its release is in force and is what was judged last."""
        agreement, release = self._catalogue.agreements[name], self._present.releases.get(name)
        verdict = self._present.verdicts.get(name)
        if verdict is None:
            return "it was never judged"
        if verdict["verdict"] != "released":
            gates = sorted({one["gate"] for one in verdict.get("violations") or ()})
            return f"its newest verdict is {verdict['verdict']}" + (f" ({', '.join(gates)})" if gates else "")
        if release is None or release.statement is None:
            return "no release of it may be read today"
        if release.release_id != verdict["release_id"]:
            return "what may be read is not what was judged last"
        if release.statement.predicate.agreement.digest != agreement_digest(agreement):
            return "it was changed since it was released"
        return ""

    def _why_stale(self, dataset: str, demanded: int | None = None) -> str:
        """Why what a dataset holds is not current; empty where it is. An agreement may ask for newer."""
        promised, day = self._catalogue.datasets[dataset].freshness_working_days, self._present.newest.get(dataset)
        if day is None:
            return f"{dataset} was never delivered"
        try:
            age = working_days_between(day, self._present.today, self._catalogue.calendar)
        except CalendarHorizon as horizon:
            return str(horizon)
        allowed = promised if demanded is None else min(promised, demanded)
        if age > allowed:
            return f"{dataset} is stale: its newest delivery is {age} working days old, {allowed} are allowed"
        return ""


def readers_of(catalogue: Catalogue, services: Iterable[Services]) -> set[str]:
    """The agreements that could serve any of the agencies."""
    departments = {one for each in services for one in each.agencies.values()}
    return {name for name, one in catalogue.agreements.items() if one.agency in departments}
