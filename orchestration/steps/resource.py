"""The city as a Dagster resource: opened once for a run, shared by its steps, closed at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dagster as dg

from contracts.model import Catalogue, Dataset
from contracts.violation import CheckResult
from lake import facts
from lake.batch import Ingestion
from lake.cases.escalating import tell_overdue
from lake.city import City, Progress, open_city, silent
from lake.column_lineage import CityLineage, build_lineage
from lake.corrections.confirming import settle_city
from lake.executed import earlier_texts, text_digest
from lake.failure import told
from lake.guarding import known_keys
from lake.in_force import keep_in_force, refused_contracts
from lake.lake_files import record_files
from lake.lost import lost_stores
from lake.made import Made, read_made
from lake.matched.tables import ensure_registry
from lake.renaming import take_former_names
from lake.services.told import note_exemptions
from lake.settings import Settings
from lake.standing import take_recalls
from lake.store import TableRefused, ensure_tables, stored_batches, stored_deliveries
from lake.taken_back import take_withdrawals
from lake.uncovered import settle_releases
from lake.unfinished import finish_acts
from orchestration.changes.changes import Changes
from orchestration.changes.recording import Done, record
from orchestration.changes.texts import Text, texts_of, unsteady_functions
from orchestration.changes.verdicts import Verdicts
from orchestration.share.counting import made_by
from orchestration.share.entrances import provenance_of
from orchestration.share.evidence import Gatherer
from orchestration.share.provenance import Provenance
from orchestration.steps.build import added_to
from orchestration.steps.checking import Checks
from orchestration.transform.project import compiled_manifest, expect_compiled, parsed_digest
from orchestration.transform.sandbox.selects import judged_texts
from orchestration.twins.sync import twin_relations
from quality.rules import BUILT
from sharing.notices import write_missing


@dataclass
class RunCity:
    """An open city and what the steps of one run share; each part is made on first use."""

    city: City
    recalled: frozenset[str] = frozenset()
    """The batches that were recalled before the run."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The declarations' digests, from before they were read."""
    done: Done = field(default_factory=Done)
    """What the run did so far."""
    full: bool = False
    """Whether nothing is to stand as it is."""
    views: list[Mapping[str, Any]] = field(default_factory=list)
    """The models whose views were made in this run."""

    def why_carry(self, dataset: Dataset) -> str:
        """Why a dataset's deliveries are looked at; empty where they stand. What lies there is told first."""
        self.carrying.look(dataset)
        why = self.carrying.why_carry(dataset)
        if not why:
            self.done.stood.add(f"raw.{dataset.table}")
        return why

    @cached_property
    def before(self) -> Made:
        """What is on record of the runs before."""
        return read_made(self.city.settings)

    @cached_property
    def arrived(self) -> dict[str, str]:
        """Dataset -> what lay there."""
        return {}

    @cached_property
    def carrying(self) -> Changes:
        """What has changed, as deliveries are carried."""
        return self._changes(None)

    @cached_property
    def building(self) -> Changes:
        """What has changed, as models are about to be built: all that they read has been carried."""
        return self._changes(texts_of(self.manifest, unsteady_functions(self.city.connection)))

    @cached_property
    def verdicts(self) -> Verdicts:
        """Which verdicts stand, once models are built."""
        return Verdicts(self._changes(self.building.texts), self.done.made)

    def _changes(self, texts: Mapping[str, Text] | None) -> Changes:
        project = parsed_digest(self.city.settings)
        return Changes(self.city, self.before, project, self.files, texts, self.full, self.arrived)

    def stands(self, table: str) -> bool:
        """Whether a table is the very one that was recorded, and so are its checks."""
        if table.startswith("raw."):
            found = table in self.done.stood
        else:
            found = table not in self.done.made and not self.building.why_make(table)
        if found:
            self.done.stood.add(table)
        return found

    def recorded_builds(self, tables: Iterable[str]) -> list[CheckResult]:
        """What is on record of the builds of tables that stand."""
        wanted = set(tables)
        recorded = facts.check_results(self.city.ledger) if wanted else []
        return [one for one in recorded if one.table in wanted and one.rule == BUILT.name]

    def record(self) -> None:
        """Write down what stands now, for the next run."""
        texts = self.__dict__["building"].texts if "building" in self.__dict__ else None
        record(self._changes(texts), self.done)

    @cached_property
    def ingestion(self) -> Ingestion:
        """What deliveries share; every dataset's tables exist once it does, as its contract has them if they can."""
        refused: dict[str, TableRefused] = dict(refused_contracts(self.city))
        settings, datasets = self.city.settings, self.city.catalogue.datasets.values()
        refused |= lost_stores(self.city.connection, settings.lake_data, datasets)
        wanted = [one for name, one in self.city.catalogue.datasets.items() if name not in refused]
        take_former_names(self.city.connection, self.city.settings, wanted)
        changed = {**ensure_tables(self.city.connection, wanted), **refused}
        ensure_registry(self.city.connection, self.city.catalogue.matched)
        expect_compiled(self.city.settings)
        batches = stored_batches(self.city.connection)
        deliveries = stored_deliveries(self.city.connection)
        city = self.city
        return Ingestion(city.connection, city.catalogue, city.settings, batches, deliveries, changed, self.recalled)

    @cached_property
    def checks(self) -> Checks:
        """What of the run is to be checked, and was."""
        return Checks(self.city, self.stands)

    @cached_property
    def recorded(self) -> set[str]:
        """Batches that the ledger had when the run began."""
        return {str(row["batch"]) for row in facts.datasets(self.city.ledger)}

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """The compiled models, as the run builds them. To be asked for before dbt is at work."""
        return compiled_manifest(self.city.settings)

    @cached_property
    def lineage(self) -> CityLineage:
        """The graph of the models."""
        twins = twin_relations(self.city.catalogue, self.manifest)
        return build_lineage(self.city.settings, self.city.catalogue, self.manifest, self.earlier, twins)

    @cached_property
    def earlier(self) -> Mapping[str, tuple[str, ...]]:
        """Relation -> the texts whose rows may be there, of the runs before, and of this one once models are built."""
        return earlier_texts(self.city, added_to(self.manifest))

    def read_what_ran(self) -> None:
        """Once models are built: have lineage be of the texts that they ran, too, before anything is judged by it.

        What a model that adds to its table asks depends on whether that is there, and so is known only as it runs: it
        was dropped to be made whole, or stands for the first time.
        """
        ran = earlier_texts(self.city, added_to(self.manifest))
        if ran != self.earlier:
            for name in ("lineage", "provenance"):
                self.__dict__.pop(name, None)
            self.__dict__["earlier"] = ran

    @cached_property
    def made(self) -> Mapping[str, str]:
        """Relation -> the SQL that makes it."""
        return made_by(self.manifest)

    def gatherer(self) -> Gatherer:
        """Evidence for products, as of now."""
        judged = judged_texts(self.manifest)
        for relation, texts in self.earlier.items():
            digests = (*judged.get(relation, ()), *map(text_digest, texts))
            judged[relation] = tuple(dict.fromkeys(digests))
        return Gatherer(self.city, self.lineage, judged, self.made, self.provenance)

    @cached_property
    def provenance(self) -> Provenance:
        """What says which batches are in products, once all models are built."""
        return provenance_of(self.city, self.lineage, self.made)


@dataclass
class Asked:
    """What is asked of a run: whether all is done again, and the declarations' digests from before they were read. What
    it did is told in `done`."""

    files: Mapping[str, str]
    full: bool = False
    done: Done = field(default_factory=Done)


def city_resource(
    settings: Settings, catalogue: Catalogue, asked: Asked, progress: Progress = silent
) -> dg.ResourceDefinition:
    """The resource of one workspace. Python objects, so that nothing of them passes through run configuration."""

    @dg.resource(description="The lake, the ledger and the declarations of one city")
    def opened(context: dg.InitResourceContext) -> Iterator[RunCity]:
        run_id, opening = context.run.run_id if context.run else "", ExitStack()
        with told("opening the city"):
            city = opening.enter_context(open_city(settings, catalogue=catalogue, run_id=run_id, progress=progress))
        with opening:
            with told("what was recalled"):
                finish_acts(city)
                recalled = take_recalls(city)
                take_withdrawals(city)
                facts.forget_undeclared(city)
            # Of this run alone: what the same definitions ran before is on record.
            asked.done = Done()
            run = RunCity(city, recalled, asked.files, asked.done, asked.full)
            yield run
            with told("what no agreement covers"):
                settle_releases(city)
            with told("the notices to recipients"):
                keys = known_keys(settings, city.ledger, city.signer)
                write_missing(city.ledger, settings.releases, city.signer, keys)
            with told("what is overdue of requests"):
                tell_overdue(city)
            with told("what deliveries mended of corrections"):
                settle_city(city)
            with told("the digests of the lake's files"):
                record_files(city)
            with told("what this run made"):
                run.record()
            with told("what is in force"):
                keep_in_force(city)
            with told("which services need no material"):
                note_exemptions(city, run.lineage.graph if "lineage" in run.__dict__ else None)

    return opened
