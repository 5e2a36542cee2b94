"""How a product is classified: the marks of its columns, what declared rules raise them to, and what has changed.

Lives here: the product's facts for `lineage.rises`, their outcome as evidence, and the ledger's record of it. Must not
live here: the rules and their conditions (`lineage`), verdicts (gates).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contracts.evidence import ColumnEvidence, Drift, LineageEvidence, ProductCandidate, Rise
from contracts.model import Agreement, Dataset, Level
from lake.city import City
from lake.column_lineage import CityLineage
from lineage.graph import ColumnRef
from lineage.marks import MARKS, PERSONAL, SENSITIVE, Marks, category_of
from lineage.rises import Facts, Risen, Source, risen, values_of
from orchestration.share.objections import outputs_of
from sharing.ledger import Ledger

_AXES = ("level", "category", "marks")


@dataclass(frozen=True)
class Classifier:
    """Judges the columns of products by the declared rules."""

    lineage: CityLineage
    datasets: Mapping[str, Dataset]
    """Raw relation -> its dataset."""

    def marked(self, ref: ColumnRef, column: ColumnEvidence) -> ColumnEvidence:
        """A column with its category, its marks of personal information, and the level its author declares."""
        marks = self.lineage.marks[ref]
        claimed = self.lineage.claimed.get(ref)
        return replace(
            column,
            category=category_of(marks),
            marks=tuple(mark for mark in (PERSONAL, SENSITIVE) if mark in marks),
            declared=Level(claimed) if claimed else None,
        )

    def raised(
        self,
        agreement: Agreement,
        candidate: ProductCandidate,
        columns: Sequence[ColumnEvidence],
        persons: int | None,
    ) -> tuple[tuple[ColumnEvidence, ...], tuple[Rise, ...]]:
        """The columns as they count once the rules have spoken, and the rules that hold."""
        rules = self.lineage.policy.rises
        if not rules:
            return tuple(columns), ()
        facts = Facts(
            marks={column.name: frozenset(column.marks or ()) for column in columns},
            sources={name: tuple(self._sources(ref)) for ref, name in outputs_of(agreement, candidate).items()},
            persons=candidate.rows if persons is None else persons,
            counted=persons is not None,
        )
        rises = tuple(_told(one) for one in risen(rules, facts))
        return tuple(_as_raised(column, rises) for column in columns), rises

    def _sources(self, ref: ColumnRef) -> Iterator[Source]:
        for source, ways in values_of(self.lineage.graph, ref).items():
            dataset = self.datasets.get(source.relation)
            known = next((c for c in dataset.columns if c.name.lower() == source.column), None) if dataset else None
            if dataset and known:
                yield Source(dataset.id, known.element.name, dataset.personal and known.sensitive_personal, ways)


def _told(one: Risen) -> Rise:
    rule, found = one.rule, one.found
    level = Level(rule.level) if rule.level else None
    return Rise(
        rule.name, rule.title_zh, rule.title, rule.source, found.columns, level, rule.category, found.why, found.numbers
    )


def _as_raised(column: ColumnEvidence, rises: Iterable[Rise]) -> ColumnEvidence:
    for rise in rises:
        if column.name not in rise.columns:
            continue
        why = f"{rise.rule}: {rise.why}"
        effective = column.levels.effective
        if rise.level is not None and effective is not None and rise.level > effective:
            column = replace(column, levels=replace(column.levels, effective=rise.level), because=why)
        if rise.category is not None and column.category is not None and rise.category.rank > column.category.rank:
            column = replace(column, category=rise.category)
    return column


# What was, and what is


def drift(ledger: Ledger, agreement: Agreement, columns: Sequence[ColumnEvidence], marks: Marks) -> tuple[Drift, ...]:
    """What columns are classified as now and were not when the product was last released; nothing before that."""
    before = _at_last_release(ledger, agreement.name)
    if before is None:
        return ()
    now = {column.name: column for column in columns}
    relation = f"lake.product.{agreement.product}"
    return tuple(
        Drift(name, axis, was, is_now, _because(now.get(name), axis, ColumnRef(relation, name.lower()), marks))
        for name in sorted(before.keys() | now.keys())
        for axis in _AXES
        if (was := before.get(name, {}).get(axis)) != (is_now := _classes(now.get(name))[axis])
    )


def _because(column: ColumnEvidence | None, axis: str, ref: ColumnRef, marks: Marks) -> str:
    """The way by which a column came to what it is; nothing where it is not there, or bears nothing."""
    if column is None:
        return "the product has no such column any more"
    if axis == "level":
        return column.because
    mark = str(column.category) if axis == "category" else next(iter((column.marks or ())[::-1]), "")
    path = marks.because(ref, mark) if mark in MARKS else ()
    return " -> ".join(str(edge.source) for edge in path)


def record(city: City, agreement: Agreement, lineage: LineageEvidence, *, released: bool) -> None:
    """Write how a product is classified in this run, what of it has changed, and how it last left."""
    columns = {column.name: {**_classes(column), "because": column.because} for column in lineage.columns}
    body = {
        "agreement": agreement.name,
        "table": f"product.{agreement.product}",
        "columns": columns,
        "rises": [one.rule for one in lineage.rises],
        "drift": [vars(one) for one in lineage.drift],
        # Carried along, so that nobody reads the whole ledger for it.
        "at_last_release": columns if released else _at_last_release(city.ledger, agreement.name),
        "run_id": city.run_id,
    }
    city.ledger.append("classified", body, city.now())


def _classes(column: ColumnEvidence | None) -> dict[str, str | None]:
    if column is None:
        return dict.fromkeys(_AXES)
    level, category, marks = column.levels.effective, column.category, column.marks
    return {
        "level": level and str(level),
        "category": category and str(category),
        "marks": None if marks is None else ", ".join(marks),
    }


def _at_last_release(ledger: Ledger, agreement: str) -> Mapping[str, Mapping[str, Any]] | None:
    """How the columns were classified in the run that last let the product leave; None where none has."""
    before = ledger.latest("classified", agreement)
    found: Mapping[str, Mapping[str, Any]] | None = before.body["at_last_release"] if before else None
    return found
