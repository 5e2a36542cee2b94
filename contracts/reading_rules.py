"""`contracts/rules/<name>.yml`, judged: what a rule across departments names must be there, and be comparable.

Read last, since a rule speaks of datasets and entities. The files' shape is `rule_declarations`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from contracts.cross_rules import Comparison, CrossKind, CrossRule, Measure, Side
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.matching import MATCHED_COLUMNS
from contracts.model import Dataset, Entity, LogicalType
from contracts.rule_declarations import (
    KINDS,
    ContradictionDeclaration,
    DuplicateCollectionDeclaration,
    MeasureSideDeclaration,
    ReconciliationDeclaration,
    ReferentialDeclaration,
    SideDeclaration,
    TwoSided,
)
from contracts.rules import DAYS, NUMBERS

_QUALIFIED = re.compile(r"'(?:[^']|'')*'|\b(here|there)\s*\.\s*(\"?)(\w+)\2")
_SUMMED = {"sum", "min", "max", "avg"}
_OF_MEANS = 9
"""Decimals to which a mean is rounded before it is compared."""


@dataclass(frozen=True)
class Tables:
    """The tables that a rule may speak of: the city's datasets and entities, as they are declared."""

    datasets: Mapping[str, Dataset]
    entities: Mapping[str, Entity]

    def find(self, of: str) -> tuple[str, dict[str, LogicalType]] | None:
        """The lake's name of a table and the types of its columns; None where there is none of that name."""
        if dataset := self.datasets.get(of):
            return f"staging.stg_{dataset.table}", {one.name: one.element.type for one in dataset.columns}
        entity = self.entities.get(of.removeprefix("theme.")) if of.startswith("theme.") else None
        return (of, _entity_types(entity)) if entity else None

    def scale(self, of: str, column: str) -> int | None:
        """How many decimals a column of numbers has; None for one in floating point."""
        dataset, entity = self.datasets.get(of), self.entities.get(of.removeprefix("theme."))
        columns = dataset.columns if dataset else entity.attributes if entity else ()
        element = next((one.element for one in columns if one.name == column), None)
        if element is None or element.type is LogicalType.INTEGER:
            return 0
        return element.scale if element.type is LogicalType.DECIMAL else None

    @property
    def names(self) -> list[str]:
        """What they are called in declarations."""
        return [*self.datasets, *(f"theme.{name}" for name in self.entities)]


def _entity_types(entity: Entity) -> dict[str, LogicalType]:
    types = {one.name: one.element.type for one in entity.attributes}
    sources = {f"{one.name}_source": LogicalType.STRING for one in entity.attributes}
    own = {"city_id": LogicalType.STRING, entity.identifier: LogicalType.STRING, "provider_count": LogicalType.INTEGER}
    matched = {name: LogicalType(kind) for name, kind in MATCHED_COLUMNS.items()} if entity.matching else {}
    return {**types, **sources, **own, **matched}


def read_rules(documents: Iterable[Document], known: Known, tables: Tables | None) -> dict[str, tuple[CrossRule, ...]]:
    """Rule -> it on each table on which it stands; faults go to the documents.

    Without `tables`, where these are not sound, the files' shape is judged and nothing that might follow."""
    found: dict[str, tuple[CrossRule, ...]] = {}
    for document in documents:
        if not document.usable:
            continue
        if tables is None:
            _shaped(document)
        elif made := _Reading(document, known, tables).read():
            found[document.path.stem] = made
    return found


def _shaped(document: Document) -> TwoSided | DuplicateCollectionDeclaration | None:
    """What a file says, by the shape of its kind; None after noting that it is none."""
    kind = document.data.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        text = f"{kind!r} is no kind of rule across departments" if kind else "'kind' is missing"
        document.fault(("kind",), text, f"one of {', '.join(KINDS)}")
        return None
    declared: TwoSided | DuplicateCollectionDeclaration | None = document.shaped(model)  # type: ignore[assignment]
    return declared


@dataclass
class _Reading:
    """One file being read."""

    document: Document
    known: Known
    tables: Tables

    def read(self) -> tuple[CrossRule, ...]:
        """The rule on each table on which it stands; nothing where something is wrong."""
        declared = _shaped(self.document)
        if declared is None or self.document.faults:
            return ()
        if declared.rule != self.document.path.stem:
            self._fault(("rule",), f"{declared.rule!r} is not the file's name", self.document.path.stem)
        self.known.check_department(declared.owner, self.document, ("owner",))
        if isinstance(declared, DuplicateCollectionDeclaration):
            made = self._duplicates(declared)
        else:
            made = self._two_sided(declared)
        return () if self.document.faults else made

    def _fault(self, at: YamlPath, what: str, instead: str) -> None:
        self.document.fault(at, what, instead)

    # Two sides

    def _two_sided(self, declared: TwoSided) -> tuple[CrossRule, ...]:
        here, there = self._side("here", declared.here), self._side("there", declared.there)
        if here is None or there is None:
            return ()
        if declared.blames not in (None, declared.here.of, declared.there.of):
            self._fault(("blames",), f"{declared.blames} is neither side", f"{declared.here.of} or {declared.there.of}")
        types = self._types(declared.here), self._types(declared.there)
        comparison = self._comparison(declared, types)
        made = _rule(declared, (here, there), comparison)
        return (replace(made, blames_here=declared.blames in (None, declared.here.of)),)

    def _comparison(
        self, declared: TwoSided, types: tuple[Mapping[str, LogicalType], Mapping[str, LogicalType]]
    ) -> Comparison:
        match declared:
            case ReferentialDeclaration():
                pair = (declared.here.column, declared.there.column)
                self._same_type(("there", "column"), pair, types)
                return Comparison((pair,), at_least=declared.at_least)
            case ContradictionDeclaration():
                return self._contradiction(declared, types)
            case ReconciliationDeclaration():
                return self._reconciliation(declared, types)

    def _contradiction(
        self, declared: ContradictionDeclaration, types: tuple[Mapping[str, LogicalType], Mapping[str, LogicalType]]
    ) -> Comparison:
        for pair in declared.join.items():
            for name, side, known in zip(pair, (declared.here, declared.there), types, strict=True):
                self._column(("join", pair[0]), name, side.of, known)
            self._same_type(("join", pair[0]), pair, types)
        self._never(declared, types)
        return Comparison(tuple(declared.join.items()), never=declared.never)

    def _never(
        self, declared: ContradictionDeclaration, types: tuple[Mapping[str, LogicalType], Mapping[str, LogicalType]]
    ) -> None:
        """The condition, judged as one over the columns of both tables."""
        both = dict(zip(("here", "there"), types, strict=True))
        named = [
            (side, name) for side, _, name in (one.groups() for one in _QUALIFIED.finditer(declared.never)) if side
        ]
        for side, name in named:
            of = getattr(declared, side).of
            self._column(("never",), name, of, both[side])
        if not {"here", "there"} <= {side for side, _ in named}:
            text = "it does not speak of both tables"
            self._fault(("never",), text, "a condition over here.<column> and there.<column>")
        if self.document.faults:
            return
        plain = _QUALIFIED.sub(lambda one: f"{one[1]}__{one[3]}" if one[1] else one[0], declared.never)
        columns = {f"{side}__{name}": type_ for side, each in both.items() for name, type_ in each.items()}
        if fault := self.known.condition_fault(plain, columns):
            self._fault(("never",), fault, "one boolean SQL expression over here.<column> and there.<column>")

    def _reconciliation(
        self, declared: ReconciliationDeclaration, types: tuple[Mapping[str, LogicalType], Mapping[str, LogicalType]]
    ) -> Comparison:
        groups = declared.here.group, declared.there.group
        if len(groups[0]) != len(groups[1]):
            text = f"here are {len(groups[0])} groups and there {len(groups[1])}"
            self._fault(("there", "group"), text, "as many columns on either side, in one order")
        for number, pair in enumerate(zip(*groups, strict=False)):
            self._same_type(("there", "group", number), pair, types)
        return Comparison(
            tuple(zip(*groups, strict=False)),
            measures=(
                self._measure("here", declared.here, declared.grain, types[0]),
                self._measure("there", declared.there, declared.grain, types[1]),
            ),
            grain=declared.grain,
            absolute=declared.tolerance.absolute,
            relative=declared.tolerance.relative,
        )

    def _measure(
        self, at: str, side: MeasureSideDeclaration, grain: str | None, types: Mapping[str, LogicalType]
    ) -> Measure:
        if (grain is None) != (side.at is None):
            self._fault((at, "at"), "a time grain needs a column of time on either side", "both, or none of the two")
        if side.at is not None and types.get(side.at) not in (None, *DAYS):
            self._fault((at, "at"), f"{side.at} is a {types[side.at]}", "a column of days or moments")
        if (side.measure == "count") != (side.column is None):
            text = f"{side.measure} {'is of rows' if side.measure == 'count' else 'needs a column'}"
            self._fault((at, "column"), text, "count_distinct for a column; a column for all but count")
        if side.measure in _SUMMED and side.column and types.get(side.column) not in (None, *NUMBERS):
            self._fault((at, "column"), f"{side.column} is a {types[side.column]}", "a column of numbers")
        return Measure(side.measure, side.column, side.at, self._scale(side))

    def _scale(self, side: MeasureSideDeclaration) -> int | None:
        """The decimals of a side's value: those of its column, more of a mean, none of a count."""
        if side.measure not in _SUMMED or side.column is None:
            return 0
        found = self.tables.scale(side.of, side.column)
        return max(found, _OF_MEANS) if found is not None and side.measure == "avg" else found

    def _side(self, at: str, declared: SideDeclaration) -> Side | None:
        found = self.tables.find(declared.of)
        if found is None:
            self._fault((at, "of"), f"there is no table {declared.of!r}", nearest(declared.of, self.tables.names))
            return None
        table, types = found
        named = [getattr(declared, name, None) for name in ("column", "at")]
        group = getattr(declared, "group", ())
        for number, name in enumerate(group):
            self._column((at, "group", number), name, declared.of, types)
        for key, name in zip(("column", "at"), named, strict=True):
            if name:
                self._column((at, key), name, declared.of, types)
        if declared.where and (fault := self.known.condition_fault(declared.where, types)):
            self._fault((at, "where"), fault, "one boolean SQL expression over the columns")
        return Side(declared.of, table, tuple(group) or tuple(name for name in named[:1] if name), declared.where)

    def _types(self, declared: SideDeclaration) -> Mapping[str, LogicalType]:
        found = self.tables.find(declared.of)
        return found[1] if found else {}

    def _column(self, at: YamlPath, name: str, of: str, types: Mapping[str, LogicalType]) -> None:
        if name not in types:
            self._fault(at, f"{of} has no column {name!r}", nearest(name, types))

    def _same_type(
        self,
        at: YamlPath,
        pair: tuple[str, str],
        types: tuple[Mapping[str, LogicalType], Mapping[str, LogicalType]],
    ) -> None:
        left, right = types[0].get(pair[0]), types[1].get(pair[1])
        if left and right and left != right:
            text = f"{pair[0]} is a {left} and {pair[1]} a {right}, which are never equal"
            self._fault(at, text, "columns of one type")

    # Duplicate collection

    def _duplicates(self, declared: DuplicateCollectionDeclaration) -> tuple[CrossRule, ...]:
        for key in ("element", "subject"):
            self.known.element(getattr(declared, key), self.document, (key,))
        for at, names in (("columns", tuple(declared.columns)), ("allowed", declared.allowed)):
            for number, name in enumerate(names):
                if name not in self.tables.datasets:
                    place: YamlPath = (at, name) if at == "columns" else (at, number)
                    self._fault(place, f"there is no dataset {name!r}", nearest(name, self.tables.datasets))
        holder = next((one for one in self.tables.datasets.values() if declared.element in one.authoritative_for), None)
        if holder is None:
            text = f"no dataset is authoritative for {declared.element!r}, so that nobody collects it twice"
            self._fault(("element",), text, "authoritative_for in the contract of the one that is")
            return ()
        there = self._collected(declared, holder)
        if there is None:
            text = f"{holder.id} is authoritative for it and has no column of {declared.subject!r}"
            self._fault(("subject",), text, "the data element that says whom its rows are about")
            return ()
        others = [
            one
            for one in self.tables.datasets.values()
            if one.department != holder.department and one.id not in declared.allowed
        ]
        sides = [side for one in others if (side := self._collected(declared, one))]
        return tuple(_rule(declared, (side, there), Comparison()) for side in sides)

    def _collected(self, declared: DuplicateCollectionDeclaration, dataset: Dataset) -> Side | None:
        """Which two columns of a dataset hold the subject and the element; None where it has not both."""
        told = declared.columns.get(dataset.id)
        columns = []
        for key in ("subject", "element"):
            wanted, follows = getattr(told, key) if told else None, getattr(declared, key)
            having = [one.name for one in dataset.columns if one.element.name == follows]
            if wanted is not None and wanted not in having:
                text = f"{dataset.id} has no column {wanted!r} of {follows!r}"
                self._fault(
                    ("columns", dataset.id, key), text, nearest(wanted, having or [one.name for one in dataset.columns])
                )
            columns.append([wanted] if wanted else having)
        if not all(columns):
            return None
        if any(len(each) > 1 for each in columns):
            text = (
                f"{dataset.id} has {' and '.join(' or '.join(each) for each in columns if len(each) > 1)} for one thing"
            )
            self._fault(
                ("columns",),
                text,
                f"{dataset.id}: {{subject: <column>, element: <column>}}, or allowed: [{dataset.id}]",
            )
            return None
        return Side(dataset.id, f"staging.stg_{dataset.table}", (columns[0][0], columns[1][0]))


def _rule(
    declared: TwoSided | DuplicateCollectionDeclaration, sides: tuple[Side, Side], comparison: Comparison
) -> CrossRule:
    return CrossRule(
        name=declared.rule,
        kind=CrossKind(declared.kind),
        title_zh=declared.title.zh,
        title_en=declared.title.en,
        dimension=declared.dimension,
        severity=declared.severity,
        owner=declared.owner,
        fix=declared.fix,
        here=sides[0],
        there=sides[1],
        comparison=comparison,
    )
