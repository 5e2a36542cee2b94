"""The declared rules by which a product counts for more than any of its columns did, and what they make of one.

Lives here: the closed set of conditions, the shape of the section `rises` in `lineage_policy.yml`, and its judgement
over a product's facts. Must not live here: gathering these facts, or gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.category import Category
from lineage.facts import DIRECT, ColumnRef
from lineage.graph import Graph


@dataclass(frozen=True)
class Source:
    """A source column whose values reach a product column, with the declassifiers on the way that hides least."""

    dataset: str
    element: str
    sensitive: bool
    through: tuple[frozenset[str], ...] = (frozenset(),)


@dataclass(frozen=True)
class Facts:
    """What the conditions read of one product: by column its marks and the sources of its values; persons behind it.

    `persons` is the number of rows where they are not `counted`."""

    marks: Mapping[str, frozenset[str]]
    sources: Mapping[str, Sequence[Source]]
    persons: int
    counted: bool = False


@dataclass(frozen=True)
class Found:
    """What a condition found: the columns that it speaks of, and why, with the numbers it was judged by."""

    columns: tuple[str, ...]
    why: str
    numbers: Mapping[str, int] = field(default_factory=dict)


_SIDE_BY_SIDE = 2


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SensitiveFrom(_Shape):
    """Values of sensitive personal columns of so many datasets stand side by side, through no declassifier.

    One column whose values are all of one element is one fact, however many departments know it."""

    kind: Literal["sensitive_from"]
    datasets: int = Field(ge=2)

    def found(self, facts: Facts) -> Found | None:
        """The columns with such values, where they are of enough datasets."""
        by_column = {
            name: [one for one in sources if one.sensitive and frozenset() in one.through]
            for name, sources in facts.sources.items()
        }
        datasets = sorted({one.dataset for sources in by_column.values() for one in sources})
        facts_told = {(name, one.element) for name, sources in by_column.items() for one in sources}
        if len(datasets) < self.datasets or len(facts_told) < _SIDE_BY_SIDE:
            return None
        why = f"sensitive personal values of {len(datasets)} datasets stand side by side: {', '.join(datasets)}"
        columns = tuple(name for name, found in by_column.items() if found)
        return Found(columns, why, {"datasets": len(datasets), "least": self.datasets})


class Persons(_Shape):
    """Columns with a mark speak of more persons than this."""

    kind: Literal["persons"]
    mark: Literal["personal", "sensitive_personal"]
    over: int = Field(ge=0)

    def found(self, facts: Facts) -> Found | None:
        """The columns with the mark, where they speak of too many."""
        columns = tuple(name for name, marks in facts.marks.items() if self.mark in marks)
        if not columns or facts.persons <= self.over:
            return None
        kind = "sensitive personal" if self.mark == "sensitive_personal" else "personal"
        what = "persons" if facts.counted else "rows, of which each may be a person"
        why = f"{kind} information on {facts.persons:,} {what}, more than {self.over:,}"
        return Found(columns, why, {"persons": facts.persons, "over": self.over})


class Held(_Shape):
    """Values of columns of some elements, at most through these declassifiers."""

    elements: tuple[str, ...] = Field(min_length=1)
    through: tuple[str, ...] = ()

    def has(self, source: Source) -> bool:
        """Whether the values of a source are held so."""
        return source.element in self.elements and any(way <= set(self.through) for way in source.through)


class Together(_Shape):
    """The product holds something of each group."""

    kind: Literal["together"]
    groups: tuple[Held, ...] = Field(min_length=2)

    def found(self, facts: Facts) -> Found | None:
        """The columns of all groups, where none of them is empty."""
        groups = [
            tuple(name for name, sources in facts.sources.items() if any(map(group.has, sources)))
            for group in self.groups
        ]
        if not all(groups):
            return None
        columns = tuple(dict.fromkeys(name for names in groups for name in names))
        why = f"{' and '.join(', '.join(names) for names in groups)} stand together"
        return Found(columns, why, {"groups": len(groups)})


class Rise(_Shape):
    """One rule: when it holds, the columns that it speaks of are of this level or category at least."""

    name: str
    title: str
    title_zh: str
    source: str
    when: Annotated[SensitiveFrom | Persons | Together, Field(discriminator="kind")]
    level: str | None = None
    category: Category | None = None

    @model_validator(mode="after")
    def _raises_something(self) -> Rise:
        if self.level is None and self.category in (None, Category.GENERAL):
            raise ValueError(f"{self.name} raises nothing: give a level, or category important or core")
        return self


@dataclass(frozen=True)
class Risen:
    """A rule that holds of a product, and what was found."""

    rule: Rise
    found: Found


def risen(rules: Sequence[Rise], facts: Facts) -> tuple[Risen, ...]:
    """The rules that hold of a product, in their order."""
    judged = ((rule, rule.when.found(facts)) for rule in rules)
    return tuple(Risen(rule, found) for rule, found in judged if found is not None)


def values_of(graph: Graph, column: ColumnRef) -> dict[ColumnRef, tuple[frozenset[str], ...]]:
    """The columns whose values reach a column, each with the least sets of declassifiers that some way there has."""
    ways: dict[ColumnRef, tuple[frozenset[str], ...]] = {column: (frozenset(),)}
    queue = [column]
    while queue:
        here = queue.pop()
        for edge in graph.edges_into(here):
            if edge.kind != DIRECT:
                continue
            more = {way | {edge.declassifier} if edge.declassifier else way for way in ways[here]}
            before = ways.get(edge.source, ())
            after = _least({*before, *more})
            if set(after) != set(before):
                ways[edge.source] = after
                queue.append(edge.source)
    return ways


def _least(ways: set[frozenset[str]]) -> tuple[frozenset[str], ...]:
    """Those ways of which none is part of another: who holds back less is on another's way, too."""
    return tuple(sorted((way for way in ways if not any(other < way for other in ways)), key=sorted))
