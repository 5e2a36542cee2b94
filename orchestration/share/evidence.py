"""Gathering what the gates judge by, from recorded facts alone: ledger, lineage graph, and the files about to leave.

A run's status is no evidence. What is not known stays unknown here, and the gates withhold for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.evidence import (
    ColumnEvidence,
    Declassification,
    Evidence,
    ExecutionEvidence,
    Levels,
    LineageEvidence,
    Objection,
    ProductCandidate,
    QualityEvidence,
    SourceColumn,
    SourceEvidence,
    TableEvidence,
)
from contracts.model import Agreement, Dataset, Level
from contracts.violation import CheckResult
from lake import facts
from lake.city import City
from lake.column_lineage import CityLineage
from lake.executed import ExecutedText, executed
from lake.in_force import broken_agreements
from lineage.declassifiers import relied_on
from lineage.graph import DIRECT, INDIRECT, ROWS, ColumnRef
from orchestration.share import privacy
from orchestration.share.classified import Classifier, drift
from orchestration.share.counting import Counting, made_by
from orchestration.share.entrances import provenance_of
from orchestration.share.objections import Objector, approval, outputs_of
from orchestration.share.postconditions import held
from orchestration.share.provenance import InRelease, Provenance
from orchestration.share.recipient_policy import policy_seen
from orchestration.share.siblings import siblings
from orchestration.transform.aside import left_out
from quality.rules import BUILT, declared_rules
from quality.scorecard import scores
from sharing.candidate import parquet_files
from sharing.canonical import digest
from sharing.recall import recalled_batches

_RAW = "lake.raw."
# What a delivery is whose rows count.
TAKEN = frozenset({"accepted", "known", "rejudged"})


def held_draft(folder: Path) -> Path:
    """Where the index of the persons behind a candidate's rows lies until it is released."""
    return folder.with_name(f"{folder.name}.held.parquet")


@dataclass(frozen=True)
class Gatherer:
    """Evidence for the products of one run: what all of them share is read once."""

    city: City
    lineage: CityLineage
    judged: Mapping[str, tuple[str, ...]]
    """Relation -> the digests of the texts that lineage was read from."""
    made: Mapping[str, str] | None = None
    """Relation -> the SQL that makes it; read from the manifest where it is not given."""
    provenance: Provenance | None = None
    """What says which batches are in a product; made of the rest where it is not given."""

    @cached_property
    def _models(self) -> Mapping[str, str]:
        if self.made is not None:
            return self.made
        return made_by(json.loads(self.city.settings.manifest.read_text(encoding="utf-8")))

    @cached_property
    def by_raw_relation(self) -> Mapping[str, Dataset]:
        """Raw relation -> its dataset."""
        return {f"{_RAW}{dataset.table}": dataset for dataset in self.city.catalogue.datasets.values()}

    @cached_property
    def _provenance(self) -> Provenance:
        return self.provenance or provenance_of(self.city, self.lineage, self._models)

    @cached_property
    def objector(self) -> Objector:
        """What judges the declassifiers of all products."""
        return Objector(self.lineage, self.city.catalogue)

    @cached_property
    def classifier(self) -> Classifier:
        """What says how columns are classified."""
        return Classifier(self.lineage, self.by_raw_relation)

    @cached_property
    def results(self) -> Mapping[str, list[CheckResult]]:
        """Table -> the newest result of each of its checks."""
        found: dict[str, list[CheckResult]] = {}
        for result in facts.check_results(self.city.ledger):
            if result.rule not in self._expected(result.table):
                continue  # of a rule that is no longer declared
            found.setdefault(result.table, []).append(result)
        return found

    @cached_property
    def rules(self) -> Mapping[str, tuple[str, ...]]:
        """Table -> the names of the rules declared on it."""
        return {table: tuple(r.name for r in rules) for table, rules in declared_rules(self.city.catalogue).items()}

    def _expected(self, table: str) -> tuple[str, ...]:
        made = () if table.startswith("raw.") else (BUILT.name,)
        return made + self.rules.get(table, ())

    @cached_property
    def _seeds(self) -> set[str]:
        """Tables that no model makes and no department delivers: the project's own files."""
        built = self.lineage.graph.built
        return {name.removeprefix("lake.") for name in self.lineage.graph.columns if name not in built} - {
            f"raw.{dataset.table}" for dataset in self.city.catalogue.datasets.values()
        }

    @cached_property
    def deliveries(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """Dataset -> its deliveries as the ledger has them, oldest first."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in facts.datasets(self.city.ledger):
            found.setdefault(str(row["dataset"]), []).append(row)
        return found

    def unmade(self, product: str) -> tuple[str, str] | None:
        """What is wrong and what to do, where no model makes a product any more, though its table may still stand."""
        table = f"product.{product}"
        if f"lake.{table}" in self.lineage.graph.built:
            return None
        why = left_out(self.city.settings).get(table)
        if why:
            return f"{table}: its model could not be made: {why}", "mend what it names, then run again"
        elsewhere = sorted(name for name in self.lineage.graph.built if name.rsplit(".", 1)[-1] == product)
        if elsewhere:
            fix = "have dbt_project.yml, generate_schema_name and the model's config put it into schema product"
            return f"{table}: its model makes {elsewhere[0]} instead", fix
        file = next(iter(sorted((self.city.settings.dbt_project / "models").rglob(f"{product}.sql"))), None)
        if file:
            fix = "take what disables it or makes it ephemeral out of its config, then run again"
            return f"{table}: {file.name} is there, and dbt makes no table of it", fix
        return f"{table}: no dbt model makes it", f"write models/products/<agreement>/{product}.sql, then run again"

    def evidence(self, agreement: Agreement, candidate: ProductCandidate, folder: Path) -> Evidence:
        """Everything one product is judged by; its files lie in `folder`."""
        counting = Counting(self.city, self.lineage, self._models, agreement, folder)
        try:
            found = self._evidence(agreement, candidate, counting)
            counting.write_held(held_draft(folder))
            return found
        finally:
            counting.close()

    def _evidence(self, agreement: Agreement, candidate: ProductCandidate, counting: Counting) -> Evidence:
        relation = f"lake.product.{agreement.product}"
        found = tuple(self._column(ColumnRef(relation, name.lower()), name) for name in candidate.columns)
        columns, rises = self.classifier.raised(agreement, candidate, found, counting.groups.persons)
        upstream = self._upstream(relation, candidate)
        inside = self._provenance.of(relation, parquet_files(counting.folder))
        sources = tuple(self._source(name, inside) for name in sorted(upstream & set(self.by_raw_relation)))
        return Evidence(
            now=self.city.now(),
            today=self.city.today(),
            candidate=candidate,
            lineage=LineageEvidence(
                digest=digest(sorted(str(edge) for edge in self.lineage.graph.ancestry(relation).edges)),
                columns=columns,
                policy=digest(self.lineage.policy.model_dump(mode="json")),
                declassifications=self._declassifications(agreement, relation, candidate, counting),
                objections=self._objections(agreement, candidate),
                spends=privacy.totals(self._costs(agreement, candidate)),
                rises=rises,
                drift=drift(self.city.ledger, agreement, columns, self.lineage.marks),
            ),
            sources=sources,
            quality=self._quality(candidate, upstream, counting),
            executions=tuple(self._executions(relation, upstream)),
            broken=self._broken.get(agreement.name, ()),
            policy=policy_seen(agreement, self.lineage, parquet_files(counting.folder)),
        )

    @cached_property
    def _broken(self) -> Mapping[str, tuple[str, ...]]:
        return broken_agreements(self.city)

    def _executions(self, relation: str, upstream: set[str]) -> Iterable[ExecutionEvidence]:
        """What made the rows of the product and of each model upstream, and what of it was judged."""
        for name in sorted((upstream & self.lineage.graph.built) | {relation}):
            table = name.removeprefix("lake.")
            ran = tuple(text.digest for text in self._executed.get(name, ()))
            yield ExecutionEvidence(table, ran, self.judged.get(name, ()), self.city.versions().of([table]).get(table))

    @cached_property
    def _executed(self) -> Mapping[str, tuple[ExecutedText, ...]]:
        return executed(self.city)

    def _upstream(self, relation: str, candidate: ProductCandidate) -> set[str]:
        refs = [ColumnRef(relation, name.lower()) for name in candidate.columns] + [ColumnRef(relation, ROWS)]
        return {ref.relation for start in refs for ref in self.lineage.graph.upstream(start)}

    def _column(self, ref: ColumnRef, name: str) -> ColumnEvidence:
        graph = self.lineage.graph
        level = self.lineage.levels[ref]
        unknown = [f"{u.reason}: {u.subject}" for whys in graph.unknown_upstream(ref).values() for u in whys]
        found = ColumnEvidence(
            name=name,
            levels=Levels(Level(level.direct), Level(level.indirect), Level(level.effective)),
            sources=tuple(self._sources(ref)),
            unknown=tuple(dict.fromkeys(unknown)),
            because=" -> ".join(str(e.source) for e in level.because) if level.because else "",
            constant=graph.is_constant(ref),
        )
        return self.classifier.marked(ref, found)

    def _sources(self, ref: ColumnRef) -> Iterable[SourceColumn]:
        direct = self.lineage.graph.upstream(ref, (DIRECT,))
        open_paths = self._reach_undeclassified(ref)
        for source in sorted(self.lineage.graph.upstream(ref, (DIRECT, INDIRECT))):
            dataset = self.by_raw_relation.get(source.relation)
            if dataset is None:
                continue
            known = next((c for c in dataset.columns if c.name.lower() == source.column), None)
            yield SourceColumn(
                dataset=dataset.id,
                # Batch and row number say no more than that the row is there.
                column=known.name if known else ROWS,
                sharing_attribute=known.sharing_attribute if known else dataset.sharing_attribute,
                direct=source in direct,
                declassified=source not in open_paths,
                personal=dataset.personal,
            )

    def _reach_undeclassified(self, ref: ColumnRef) -> set[ColumnRef]:
        seen: set[ColumnRef] = set()
        queue = [ref]
        while queue:
            for edge in self.lineage.graph.edges_into(queue.pop()):
                if not edge.declassifier and edge.source not in seen:
                    seen.add(edge.source)
                    queue.append(edge.source)
        return seen

    def _declassifications(
        self, agreement: Agreement, relation: str, candidate: ProductCandidate, counting: Counting
    ) -> tuple[Declassification, ...]:
        registry = self.lineage.policy.registry
        return tuple(
            Declassification(
                name,
                declassifier,
                *held(self.city, registry.get(declassifier), where, counting),
                must_be_named=(entry := registry.get(declassifier)) is None or entry.approval == "named",
                **approval(agreement, declassifier, [name]),
            )
            for name in candidate.columns
            for declassifier, where in sorted(relied_on(self.lineage.graph, ColumnRef(relation, name.lower())).items())
        )

    def _objections(self, agreement: Agreement, candidate: ProductCandidate) -> tuple[Objection, ...]:
        found = self.objector.objections(agreement, candidate, siblings(self.city, agreement))
        most, content = self.lineage.policy.budgets.epsilon, privacy.content_of(candidate)
        cost = self._costs(agreement, candidate)
        return (*found, *privacy.beyond_budget(self.city.ledger, agreement, content, most, cost))

    def _costs(self, agreement: Agreement, candidate: ProductCandidate) -> dict[str, dict[str, float]]:
        return privacy.costs(self.lineage, self.by_raw_relation, outputs_of(agreement, candidate))

    def _source(self, relation: str, inside: InRelease) -> SourceEvidence:
        dataset = self.by_raw_relation[relation]
        rows = self.deliveries.get(dataset.id, [])
        whole = [row for row in rows if row["state"] in TAKEN]
        recalled = recalled_batches(self.city.ledger)
        taken = tuple(sorted({str(row["batch"]) for row in whole}))
        batches = taken if inside.batches is None else inside.of(relation)
        return SourceEvidence(
            dataset=dataset.id,
            sharing_attribute=dataset.sharing_attribute,
            newest_delivery=max(map(_day, _days(whole)), default=None),
            freshness_working_days=dataset.freshness_working_days,
            batches=batches,
            taken=taken,
            exact=inside.batches is not None,
            recalled=tuple(batch for batch in batches if batch in recalled),
            failure=_failure(dataset, rows),
        )

    def _quality(self, candidate: ProductCandidate, upstream: set[str], counting: Counting) -> QualityEvidence:
        names = {name.removeprefix("lake.") for name in upstream if name.startswith("lake.")}
        tables = sorted(names - self._seeds | {candidate.table})
        versions = self.city.versions().of(tables)
        checks = [result for table in tables for result in self.results.get(table, [])]
        score = scores(checks)
        return QualityEvidence(
            tables=tuple(
                TableEvidence(
                    table=table,
                    expected=self._expected(table),
                    score=score[table].overall if table in score else None,
                    data_version=versions.get(table),
                )
                for table in tables
            ),
            checks=tuple(checks),
            smallest_group=counting.smallest_group,
            groups=counting.groups,
        )


def _failure(dataset: Dataset, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Why the newest delivery was not taken, or why none could be at all; None where all is well.

    A delivery whose day is not known may be the newest, and so may be one of the newest's own day.
    """
    newest = max(_days([row for row in rows if row["state"] in TAKEN]), default="")
    untaken = [
        row for row in rows if row["state"] in {"failed", "held"} and str(row["delivered_on"] or date.max) >= newest
    ]
    last = max(untaken, key=lambda row: (row["path"] == dataset.source.path, str(row["path"])), default=None)
    return str(last["message"]) if last else None


def _days(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The days of every delivery of some batches."""
    return [str(one["delivered_on"]) for row in rows for one in row["deliveries"]]


def _day(value: object) -> date:
    return date.fromisoformat(str(value))
