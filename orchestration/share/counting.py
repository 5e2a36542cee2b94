"""Everything that is counted of the persons behind one product, for its evidence.

Lives here: which relations are asked and in which order. Must not live here: the counting SQL (`groups.py`,
`differencing.py`, `determination.py`), finding persons (`persons.py`), verdicts (gates)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from contracts.anonymity import Difference, GroupEvidence
from contracts.model import Agreement, Level
from lake import facts
from lake.city import City
from lake.column_lineage import CityLineage
from lake.held import Numbered, write_index
from lineage.anonymity import Anonymity
from lineage.from_dbt import relation_of
from lineage.gates.gate import PUBLIC
from lineage.gates.group_size import minimum_of
from lineage.graph import DIRECT, ColumnRef
from lineage.identifying import identifiers_of, says_whose
from lineage.shadow.leaves import Leaves, leaves_of
from lineage.shadow.rewrite import NotShadowed
from orchestration.share import differencing
from orchestration.share.determination import within_limits
from orchestration.share.groups import each_person, groups, smallest_row
from orchestration.share.persons import Counted, Persons
from orchestration.share.siblings import siblings
from sharing.candidate import parquet_files
from sharing.release import Release, list_releases

_RAW = "lake.raw."


def made_by(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Relation -> the SQL that makes it, of every compiled model."""
    nodes = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return {relation_of(node): node["compiled_code"] for node in nodes if node.get("compiled_code")}


@dataclass(frozen=True)
class Counting:
    """The counts for one agreement's product, whose files lie in `folder`. To be closed."""

    city: City
    lineage: CityLineage
    models: Mapping[str, str]
    agreement: Agreement
    folder: Path

    @property
    def policy(self) -> Anonymity:
        """What the city holds to be a person, and enough of them."""
        return self.lineage.policy.anonymity

    @property
    def relation(self) -> str:
        """The product's table."""
        return f"lake.product.{self.agreement.product}"

    @cached_property
    def persons(self) -> Persons:
        """Shadows by person."""
        return Persons(self.city.connection, self.models, self._leaves(self.policy.person_elements))

    @cached_property
    def units(self) -> Persons:
        """Shadows by any identified thing, for what has no person behind it."""
        named = {entity.identifier for entity in self.city.catalogue.entities.values()}
        return Persons(self.city.connection, self.models, self._leaves(tuple(sorted(named))), "units")

    def _leaves(self, elements: Sequence[str]) -> Leaves:
        delivered = {f"{_RAW}{dataset.table}" for dataset in self.city.catalogue.datasets.values()}
        graph = self.lineage.graph
        leaves = leaves_of(self.city.catalogue, elements, set(graph.columns) - graph.built - delivered)
        # A model of a twin's name that is not one is read through its own SQL, as any other.
        return {name: keys for name, keys in leaves.items() if name not in graph.built or name in graph.twins}

    def close(self) -> None:
        """Drop what holds ids."""
        for name in ("persons", "units"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @cached_property
    def _counted(self) -> Counted | NotShadowed | None:
        try:
            return self.persons.behind(self.relation, parquet_files(self.folder))
        except NotShadowed as error:
            return error

    @cached_property
    def groups(self) -> GroupEvidence:
        """The persons behind the product's rows."""
        minimum = max(self.policy.k, minimum_of(self.agreement) or 0)
        counted = self._counted
        if isinstance(counted, NotShadowed):
            return GroupEvidence(minimum, None, why_unknown=counted.reason)
        if counted is None:
            return GroupEvidence(minimum, False)
        found = groups(self.city.connection, counted, self.agreement, minimum, self._told_apart_by(counted))
        if not (found.protected and found.grouped):
            return found
        base = self.agreement.rounded_to
        shape = differencing.shape_of(self.city.connection, counted, self._released, minimum, base)
        differences = (*self._from_siblings(counted, minimum), *self._from_releases(counted, shape, minimum))
        return replace(found, differences=differences, counts=tuple(sorted(shape.persons)))

    def _told_apart_by(self, counted: Counted) -> tuple[str, ...]:
        """The columns that say whose a row is; none where single persons are not to be shared at all."""
        if self.agreement.agency == PUBLIC or self.agreement.level_ceiling is Level.L1:
            return ()
        identifiers = identifiers_of(self.city.catalogue, self.policy.person_elements)
        names = {column.name for column in self.agreement.columns} & set(counted.types)
        graph, pseudonyms = self.lineage.graph, self.policy.pseudonyms
        refs = {name: ColumnRef(self.relation, name.lower()) for name in sorted(names)}
        return tuple(name for name, ref in refs.items() if says_whose(graph, ref, identifiers, pseudonyms))

    def write_held(self, file: Path) -> None:
        """The index of the persons behind the rows, where they can be told; where nobody is, an empty one."""
        counted = self._counted
        if not isinstance(counted, NotShadowed):
            persons = (
                [Numbered(slot.element, each_person(counted.table, slot)) for slot in counted.slots] if counted else []
            )
            write_index(self.city.connection, self.city.catalogue, persons, file)

    @property
    def smallest_group(self) -> int | None:
        """The persons of the smallest row, else its units; of rows that are not grouped, those of the smallest class.

        None where the agreement asks for no least number, and where it cannot be told.
        """
        found = self.groups
        if minimum_of(self.agreement) is None or found.behind is None:
            return None
        if found.behind:
            return found.smallest_class if found.smallest is None else found.smallest
        try:
            counted = self.units.behind(self.relation, parquet_files(self.folder))
        except NotShadowed:
            return None
        return smallest_row(self.city.connection, counted) if counted else None

    # Post-conditions

    def enough(self, relation: str, least: int) -> tuple[bool | None, str]:
        """Whether each row of a relation stands for at least so many persons, and what was seen."""
        try:
            files = parquet_files(self.folder) if relation == self.relation else ()
            counted = self.persons.behind(relation, files)
        except NotShadowed as error:
            return None, f"{relation}: {error.reason}"
        if counted is None:
            return None, f"{relation}: no persons are behind its rows"
        smallest = smallest_row(self.city.connection, counted)
        if smallest is None:
            return True, f"{relation}: no row has a person"
        return smallest >= least, f"{relation}: the smallest row stands for {smallest} persons, {least} are needed"

    def told(self, relation: str, declassifier: str) -> Iterator[tuple[bool | None, str]]:
        """What the outputs of a declassifier tell of its inputs, where a model calls it."""
        try:
            sql = self.models.get(relation, "")
            limits = self.policy.determination
            yield from within_limits(self.city.connection, sql, declassifier, limits, self.policy.pseudonyms)
        except duckdb.FatalException:
            raise
        except duckdb.Error as error:
            yield None, f"{relation}: what {declassifier} was given could not be read ({type(error).__name__})"

    # Differences

    def _from_releases(self, counted: Counted, shape: differencing.Shape, minimum: int) -> Iterator[Difference]:
        standing = list(self._standing())
        if counted.shadow.keys is None:
            why = "what its rows are grouped by is not known"
            yield from (Difference(release.release_id, "release", 0, None, why) for release in standing)
            return
        known = facts.counts_of(self.city.ledger) if standing else {}
        earlier = [
            differencing.Earlier(one.release_id, parquet_files(one.path), known.get(one.release_id, frozenset()))
            for one in standing
        ]
        files = parquet_files(self.folder)
        yield from differencing.of_releases(self.city.connection, files, earlier, shape, minimum)

    def _standing(self) -> Iterator[Release]:
        """The earlier releases that the recipient may have kept; not those withdrawn, for what was wrong is mended."""
        root, name = self.city.settings.releases, self.agreement.name
        if (root / name).is_dir():
            yield from (one for one in list_releases(root, name) if one.state in ("current", "superseded"))

    @cached_property
    def _released(self) -> frozenset[str]:
        return frozenset(column.name for column in self.agreement.columns)

    def _from_siblings(self, counted: Counted, minimum: int) -> Iterator[Difference]:
        for other in siblings(self.city, self.agreement):
            relation = f"lake.product.{other.product}"
            try:
                written = self.persons.shadow(relation)
                its = self.persons.behind(relation) if written is not None and written.grouped else None
            except NotShadowed as error:
                yield Difference(other.name, "sibling", 0, None, error.reason)
                continue
            if its is not None:
                origins = self._origins(self.relation, counted), self._origins(relation, its)
                yield differencing.of_sibling(self.city.connection, counted, its, origins, minimum, other.name)

    def _origins(self, relation: str, counted: Counted) -> differencing.Origins:
        found = {}
        for name in counted.shadow.keys or ():
            sources = self.lineage.graph.upstream(ColumnRef(relation, name.lower()), (DIRECT,))
            found[name] = frozenset(str(ref) for ref in sources if ref.relation.startswith(_RAW))
        return {name: origin for name, origin in found.items() if origin}
