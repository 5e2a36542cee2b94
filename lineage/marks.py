"""The marks of every column, from those of what flows into it: whom its loss would matter to, and whose it is.

Lives here: category (重要, 核心) and personal marks carried along the edges of a graph, beside the levels and at the
same costs. Must not live here: levels (`ranks.py`), what a product is raised to for what it brings together
(`rises.py`), where marks are declared (`from_contracts.py`).

A mark is carried whole or not at all, so it is a walk with the flow over the edges that let it through: numbers in
arrays, and no loop over edges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from contracts.category import Category
from lineage.edges import ranges
from lineage.facts import ROWS, ColumnRef, Edge, Unknown
from lineage.ranks import Ranks

PERSONAL, SENSITIVE = "personal", "sensitive_personal"
MARKS = ("important", "core", PERSONAL, SENSITIVE)
ALL = frozenset(MARKS)
_NOT, _AROSE = -2, -1
# What is core is important at least, and sensitive personal information is personal information.
_IMPLIED = {"core": "important", SENSITIVE: PERSONAL}


def marks_of(category: Category, *, personal: bool, sensitive: bool) -> frozenset[str]:
    """The marks that a declaration gives a column."""
    found = {str(category)} & ALL | ({PERSONAL} if personal else set()) | ({SENSITIVE} if sensitive else set())
    return frozenset(found | {_IMPLIED[mark] for mark in found & _IMPLIED.keys()})


def category_of(marks: Collection[str]) -> Category:
    """The strictest category among some marks."""
    return next((one for one in (Category.CORE, Category.IMPORTANT) if str(one) in marks), Category.GENERAL)


class Marks(Mapping[ColumnRef, frozenset[str]]):
    """Marks by column; what the graph does not know has all of them.

    `declared` are those of source columns. A source column has none beside, where contracts or policy give it a level;
    all of them where nobody speaks of it. A column that SQL makes has those of what it reads, by value or influence."""

    def __init__(
        self,
        ranks: Ranks,
        declared: Mapping[ColumnRef, Collection[str]],
        distrusted: Collection[tuple[ColumnRef, str]] = (),
    ) -> None:
        self.ranks = ranks
        self._declared = declared
        self._distrusted = distrusted
        self._came = {mark: self._walk(mark) for mark in MARKS}

    def __getitem__(self, ref: ColumnRef) -> frozenset[str]:
        if ref not in self:
            return ALL
        number = self.ranks.numbers[ref]
        return frozenset(mark for mark in MARKS if self._came[mark][number] != _NOT)

    def __iter__(self) -> Iterator[ColumnRef]:
        return (self.ranks.refs[number] for number in self.ranks.known.nonzero()[0].tolist())

    def __len__(self) -> int:
        return int(self.ranks.known.sum())

    def __contains__(self, ref: object) -> bool:
        number = self.ranks.numbers.get(ref)  # type: ignore[call-overload]
        return number is not None and bool(self.ranks.known[number])

    def because(self, ref: ColumnRef, mark: str) -> tuple[Edge, ...]:
        """A path by which a mark came, in order of flow; empty where it arose at the column itself, or is not there."""
        came, table = self._came[mark], self.ranks.table
        number, path = self.ranks.numbers.get(ref, -1), list[int]()
        while number >= 0 and came[number] >= 0:
            path.append(int(came[number]))
            number = int(table.source[path[-1]])
        return table.edges(reversed(path)) if path else ()

    def _walk(self, mark: str) -> NDArray[np.int32]:
        """By column the number of the edge by which the mark came, `_AROSE` where it begins, `_NOT` without it."""
        came = np.full(len(self.ranks.refs), _NOT, np.int32)
        fresh = np.fromiter(self._sources(mark), np.int32)
        while fresh.size:
            came[fresh] = _AROSE
            self._spread(came, fresh, self._passes(mark))
            fresh = np.fromiter(self._by_unknown(came), np.int32)
        return came

    def _spread(self, came: NDArray[np.int32], frontier: NDArray[np.int32], passes: NDArray[np.bool_]) -> None:
        table = self.ranks.table
        steps = table.steps(forward=True)
        while (frontier := frontier[frontier < len(table.refs)]).size:
            chosen = ranges(steps.start, frontier)
            ends, edges = steps.end[chosen], steps.edge[chosen]
            fresh = passes[edges] & (came[ends] == _NOT)
            ends, edges = ends[fresh], edges[fresh]
            came[ends[::-1]] = edges[::-1]  # of several the first one stays
            frontier = np.unique(ends)

    def _passes(self, mark: str) -> NDArray[np.bool_]:
        """Which edges let a mark through: those that let any level through, but for declassifiers that take it."""
        table, prices, entries = self.ranks.table, self.ranks.prices, self.ranks.policy.registry.entries
        takers = {name for name, one in entries.items() if one.takes_away(mark)}
        taken = np.array([way[2] in takers for way in table.ways], bool)[table.way]
        for ref, name in self._distrusted if takers else ():
            number = table.numbers.get(ref)
            if number is not None and name in takers:
                edges = np.arange(*table.start[number : number + 2])
                by_it = np.array([way[2] == name for way in table.ways], bool)[table.way[edges]]
                taken[edges[by_it]] = False
        carries = prices.price.reshape(len(prices.price), -1).max(axis=1) > 0
        return ~taken & (prices.is_direct | carries[prices.cost])

    def _sources(self, mark: str) -> Iterable[int]:
        """The columns where a mark begins: declared so, or not spoken of at all."""
        graph, numbers = self.ranks.graph, self.ranks.numbers
        yield from (numbers[ref] for ref, marks in self._declared.items() if mark in marks and ref in numbers)
        yield from self._unspoken
        yield from (numbers[ref] for ref, all_why in graph.unknown.items() if any(map(self._is_open, all_why)))

    @cached_property
    def _unspoken(self) -> tuple[int, ...]:
        """The source columns that nobody speaks of, and the columns that SQL names and nobody makes."""
        ranks = self.ranks
        return tuple(
            number
            for number, ref in enumerate(ranks.refs)
            if (not ranks.known[number] if ref.relation in ranks.graph.built else not self._is_spoken_of(ref))
        )

    def _is_spoken_of(self, ref: ColumnRef) -> bool:
        named = ref in self._declared or ref in self.ranks.declared or ref in self.ranks.graph.unknown
        return named or self.ranks.policy.speaks_of(ref)

    def _is_open(self, why: Unknown) -> bool:
        """Whether not even the inputs are known."""
        return not why.inputs or any(relation not in self.ranks.graph.columns for relation in why.inputs)

    def _by_unknown(self, came: NDArray[np.int32]) -> Iterable[int]:
        """The columns without a mark that may have read, unknown to us, some column that has it."""
        for ref, all_why in self.ranks.graph.unknown.items():
            inputs = {relation for why in all_why for relation in why.inputs or ()}
            if came[self.ranks.numbers[ref]] == _NOT and any(self._has_any(came, relation) for relation in inputs):
                yield self.ranks.numbers[ref]

    def _has_any(self, came: NDArray[np.int32], relation: str) -> bool:
        names = (*self.ranks.graph.columns.get(relation, ()), ROWS)
        return any(came[self.ranks.numbers[ColumnRef(relation, name)]] != _NOT for name in names)
