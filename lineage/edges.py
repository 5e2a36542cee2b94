"""Edges in columns of numbers, so that half a million of them are stored, read and walked without a loop over each.

Lives here: the numbering of columns and of ways, the table of edges with its two orders, and the walk along them.
Must not live here: what an edge means (`graph.py`), files (`store.py`, `cache.py`), levels.

A table behaves as the mapping from a target to its edges that `Graph.into` is; an `Edge` is made when somebody asks
for it, and not before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lineage.facts import DIRECT, INDIRECT, ROWS, ColumnRef, Edge

Numbers = NDArray[np.int32]
Way = tuple[str, str, str]  # kind, transform, declassifier


class Steps(NamedTuple):
    """Neighbours of each node: those of node i are ``end[start[i]:start[i + 1]]``, by the edges of those numbers."""

    start: NDArray[np.int64]
    end: Numbers
    edge: Numbers


def numbering(columns: Mapping[str, Iterable[str]], others: Iterable[ColumnRef] = ()) -> dict[ColumnRef, int]:
    """Columns by number: of each relation the rows, then its columns; then whatever else there is, sorted."""
    listed = (ColumnRef(relation, name) for relation, names in columns.items() for name in (ROWS, *names))
    found: dict[ColumnRef, int] = {}
    for ref in listed:
        found.setdefault(ref, len(found))
    for ref in sorted({ref for ref in others if ref not in found}):
        found[ref] = len(found)
    return found


class EdgeTable(Mapping[ColumnRef, tuple[Edge, ...]]):
    """Edges by target: `numbers` and `ways` are what the entries of `source`, `target` and `way` stand for.

    Rows are ordered by target; the edges of one target keep the order that they were given in."""

    def __init__(
        self,
        numbers: Mapping[ColumnRef, int],
        ways: Iterable[Way],
        source: Numbers,
        target: Numbers,
        way: Numbers,
    ) -> None:
        if len(target) and (np.diff(target) < 0).any():
            order = _order(target)
            source, target, way = source[order], target[order], way[order]
        self.numbers, self.refs, self.ways = numbers, list(numbers), list(ways)
        self.source, self.target, self.way = source, target, way
        self.start = _starts(target, len(numbers))
        self._steps: dict[tuple[bool, frozenset[str]], Steps] = {}

    @classmethod
    def of(cls, into: Mapping[ColumnRef, Iterable[Edge]], columns: Mapping[str, Iterable[str]]) -> EdgeTable:
        """A table of edges that are at hand one by one; `columns` decides about the numbering."""
        numbers: dict[ColumnRef, int] = {}
        ways: dict[Way, int] = {}
        rows: list[tuple[int, int, int]] = []
        for ref, edges in into.items():
            number = numbers.setdefault(ref, len(numbers))
            for edge in edges:
                from_number = numbers.setdefault(edge[0], len(numbers))
                rows.append((from_number, number, ways.setdefault(edge[2:], len(ways))))
        source, target, way = _array(rows).reshape(-1, 3).T.copy()
        return cls.union([cls(numbers, ways, source, target, way)], columns)

    @classmethod
    def union(cls, tables: Sequence[EdgeTable], columns: Mapping[str, Iterable[str]]) -> EdgeTable:
        """One table of several that have no target in common. The same edges and `columns` give the same numbers."""
        numbers = numbering(columns, (ref for table in tables for ref in table.refs))
        ways = sorted({way for table in tables for way in table.ways})
        way_numbers = {way: number for number, way in enumerate(ways)}
        parts = [(_array([]),) * 3]
        for table in tables:
            ref_number = _array([numbers[ref] for ref in table.refs])
            way_number = _array([way_numbers[way] for way in table.ways])
            parts.append((ref_number[table.source], ref_number[table.target], way_number[table.way]))
        source, target, way = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls(numbers, ways, source, target, way)

    # -- as a mapping ------------------------------------------------------------------------------------------------

    def __getitem__(self, ref: ColumnRef) -> tuple[Edge, ...]:
        number = self.numbers[ref]
        first, last = self.start[number : number + 2].tolist()
        if first == last:
            raise KeyError(ref)
        return self.edges(range(first, last))

    def __contains__(self, ref: object) -> bool:
        number = self.numbers.get(ref)  # type: ignore[call-overload]
        return number is not None and bool(self.start[number] < self.start[number + 1])

    def __iter__(self) -> Iterator[ColumnRef]:
        return (self.refs[number] for number in np.flatnonzero(np.diff(self.start)).tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(np.diff(self.start)))

    # -- asked by number ---------------------------------------------------------------------------------------------

    def edges(self, numbers: Iterable[int]) -> tuple[Edge, ...]:
        """The edges of these numbers."""
        refs, ways, chosen = self.refs, self.ways, np.fromiter(numbers, np.int64)
        columns = (column[chosen].tolist() for column in (self.source, self.target, self.way))
        return tuple(Edge(refs[s], refs[t], *ways[w]) for s, t, w in zip(*columns, strict=True))

    def out_of(self, ref: ColumnRef) -> tuple[Edge, ...]:
        """The edges that start in a column."""
        number = self.numbers.get(ref)
        if number is None:
            return ()
        steps = self.steps(forward=True)
        return self.edges(steps.edge[steps.start[number] : steps.start[number + 1]].tolist())

    def reach(self, starts: Iterable[ColumnRef], kinds: Collection[str], *, forward: bool) -> set[ColumnRef]:
        """Every column that some walk of at least one edge from `starts` comes to."""
        found = self.walk(starts, kinds, forward=forward)
        return {self.refs[number] for number in np.flatnonzero(found >= 0).tolist()}

    def path(self, start: ColumnRef, goal: ColumnRef) -> tuple[Edge, ...]:
        """One shortest path, in order of flow; empty when there is none."""
        here, first = self.numbers.get(goal, -1), self.numbers.get(start, -1)
        came = self.walk([start], (DIRECT, INDIRECT), forward=True, goal=here)
        if here < 0 or came[here] < 0:
            return ()
        path = [int(came[here])]
        while self.source[path[-1]] != first:
            path.append(int(came[self.source[path[-1]]]))
        return self.edges(reversed(path))

    def walk(self, starts: Iterable[ColumnRef], kinds: Collection[str], *, forward: bool, goal: int = -1) -> Numbers:
        """For each column the number of the edge by which a breadth-first walk first came to it, else -1."""
        steps = self.steps(forward=forward, kinds=frozenset(kinds))
        came = np.full(len(self.refs), -1, np.int32)
        frontier = _array([self.numbers[ref] for ref in starts if ref in self.numbers])
        while frontier.size and (goal < 0 or came[goal] < 0):
            chosen = ranges(steps.start, frontier)
            ends = steps.end[chosen]
            fresh = came[ends] < 0
            ends, edges = ends[fresh], steps.edge[chosen[fresh]]
            came[ends[::-1]] = edges[::-1]  # of several the first one stays
            frontier = np.unique(ends)
        return came

    def steps(self, *, forward: bool, kinds: frozenset[str] = frozenset((DIRECT, INDIRECT))) -> Steps:
        """The neighbours of each column, with the flow or against it."""
        if (forward, kinds) not in self._steps:
            self._steps[forward, kinds] = _make_steps(self, forward, kinds)
        return self._steps[forward, kinds]


def _make_steps(table: EdgeTable, forward: bool, kinds: frozenset[str]) -> Steps:
    edge = np.arange(len(table.way), dtype=np.int32)
    if not forward and kinds >= {DIRECT, INDIRECT}:
        return Steps(table.start, table.source, edge)
    if not kinds >= {DIRECT, INDIRECT}:
        wanted = np.fromiter((way[0] in kinds for way in table.ways), bool, len(table.ways))
        edge = edge[wanted[table.way]]
    if not forward:
        return Steps(_starts(table.target[edge], len(table.refs)), table.source[edge], edge)
    edge = edge[_order(table.source[edge])]
    return Steps(_starts(table.source[edge], len(table.refs)), table.target[edge], edge)


def _array(values: Sequence[Any]) -> Numbers:
    return np.array(values, np.int32)


def _starts(ordered: Numbers, count: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(ordered, minlength=count))]).astype(np.int64)


def _order(numbers: Numbers) -> NDArray[np.int64]:
    """The stable order of some numbers: half by half, since NumPy sorts by digits up to sixteen bits only."""
    low = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    return low[np.argsort((numbers[low] >> 16).astype(np.uint16), kind="stable")]


def ranges(start: NDArray[np.int64], nodes: Numbers) -> NDArray[np.int64]:
    """The numbers from start[i] up to start[i + 1] of each node i, one after another."""
    first, counts = start[nodes], start[nodes + 1] - start[nodes]
    return np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
