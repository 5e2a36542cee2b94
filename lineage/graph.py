"""The lineage graph: columns, the edges between them, and what is not known.

Lives here: the immutable `Graph` with its questions. Must not live here: SQL, dbt, contracts, levels, pictures, how
edges are kept and walked (`edges.py`), files (`store.py`).

A relation's rows are a node of their own, written ``relation.*``: `count(*)` takes its value from them, and a cross
join multiplies by them. Every column of a relation carries the influences on that relation's rows as indirect
edges, so an edge to ``relation.*`` appears only where no column of the relation is an input anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from lineage.calls import Call
from lineage.edges import EdgeTable
from lineage.facts import (
    DIRECT,
    INDIRECT,
    REASONS,
    ROWS,
    TRANSFORMS,
    ColumnRef,
    Edge,
    Unknown,
    join_parts,
    quote_part,
    split_parts,
)  # fmt: skip

__all__ = [
    "DIRECT", "INDIRECT", "REASONS", "ROWS", "TRANSFORMS", "ColumnRef", "Edge", "Graph", "GraphDiff", "Unknown",
    "join_parts", "merge_graphs", "quote_part", "split_parts",
]  # fmt: skip


@dataclass(frozen=True)
class Graph:
    """Columns by relation, edges by target, unknowns by target. Never changed after it was made.

    `columns` maps a relation to its columns in order; `into` maps a target to its edges in a fixed order. `built`
    names the relations that some SQL makes: a column of theirs without an edge is a constant, while one of any
    other relation is a source. `calls` are the calls of declassifiers in the SQL that makes a column (of a relation's
    rows under ``*``); `copies` the stored columns whose values, unchanged, a column's values are, None where they are
    computed; `differences` counts, by relation, the edges that only the plan has and those that only the second
    reader has; `conditional` are the columns of `copies` that a condition chose; `twins` the relations whose SQL is the
    platform's own, to the letter; `follows` by relation those that its SQL follows row by row, where it was
    just read."""

    columns: Mapping[str, tuple[str, ...]]
    into: Mapping[ColumnRef, tuple[Edge, ...]]
    unknown: Mapping[ColumnRef, tuple[Unknown, ...]] = field(default_factory=dict)
    built: frozenset[str] = frozenset()
    calls: Mapping[ColumnRef, tuple[Call, ...]] = field(default_factory=dict)
    copies: Mapping[ColumnRef, frozenset[ColumnRef] | None] = field(default_factory=dict)
    differences: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    conditional: frozenset[ColumnRef] = frozenset()
    twins: frozenset[str] = frozenset()
    follows: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)

    @cached_property
    def table(self) -> EdgeTable:
        """The edges by number, for walking along them; a graph that was built or loaded has them so from the start."""
        return self.into if isinstance(self.into, EdgeTable) else EdgeTable.of(self.into, self.columns)

    @property
    def edges(self) -> Iterator[Edge]:
        """Every edge, grouped by target."""
        return iter(self.table.edges(range(len(self.table.way))))

    def edges_into(self, column: ColumnRef | str) -> tuple[Edge, ...]:
        """The edges that end in `column`, with the influence of the relation's rows included."""
        return self.into.get(_ref(column), ())

    def edges_out_of(self, column: ColumnRef | str) -> tuple[Edge, ...]:
        """The edges that start in `column`."""
        return self.table.out_of(_ref(column))

    def has(self, column: ColumnRef | str) -> bool:
        """Whether the graph knows the column."""
        relation, name = _ref(column)
        return relation in self.columns and (name == ROWS or name in self.columns[relation])

    def is_constant(self, column: ColumnRef | str) -> bool:
        """Whether the column is made by SQL from no column at all."""
        ref = _ref(column)
        made = ref.relation in self.built and ref not in self.unknown
        return made and not any(edge.kind == DIRECT for edge in self.into.get(ref, ()))

    def upstream(self, column: ColumnRef | str, kinds: Collection[str] = (DIRECT, INDIRECT)) -> set[ColumnRef]:
        """Every column that influences `column`, however far away, itself excluded unless it feeds itself."""
        return self.table.reach([_ref(column)], kinds, forward=False)

    def downstream(self, column: ColumnRef | str, kinds: Collection[str] = (DIRECT, INDIRECT)) -> set[ColumnRef]:
        """Every column that `column` influences, however far away."""
        return self.table.reach([_ref(column)], kinds, forward=True)

    def unknown_upstream(self, column: ColumnRef | str) -> dict[ColumnRef, tuple[Unknown, ...]]:
        """The unknowns of `column` and of everything upstream of it."""
        ref = _ref(column)
        return {c: self.unknown[c] for c in sorted({ref} | self.upstream(ref)) if c in self.unknown}

    def path(self, source: ColumnRef | str, target: ColumnRef | str) -> tuple[Edge, ...]:
        """One shortest path from `source` to `target`, in order of flow; empty when there is none."""
        return self.table.path(_ref(source), _ref(target))

    def paths(self, source: ColumnRef | str, target: ColumnRef | str, limit: int = 100) -> list[tuple[Edge, ...]]:
        """Simple paths from `source` to `target`, at most `limit` of them."""
        start, goal = _ref(source), _ref(target)
        useful = self.upstream(goal) | {goal}
        found: list[tuple[Edge, ...]] = []
        stack: list[tuple[Edge, ...]] = [(e,) for e in self.edges_out_of(start) if e.target in useful]
        while stack and len(found) < limit:
            path = stack.pop()
            end = path[-1].target
            if end == goal:
                found.append(path)
                continue
            seen = {start, *(edge.target for edge in path)}
            stack += [(*path, e) for e in self.edges_out_of(end) if e.target in useful and e.target not in seen]
        return sorted(found, key=lambda path: (len(path), path))

    def diff(self, other: Graph) -> GraphDiff:
        """What `other` has more and less than this graph."""
        mine, theirs = set(self.edges), set(other.edges)
        ours = {(ref, why) for ref, all_why in self.unknown.items() for why in all_why}
        newer = {(ref, why) for ref, all_why in other.unknown.items() for why in all_why}
        return GraphDiff(
            added=tuple(sorted(theirs - mine)),
            removed=tuple(sorted(mine - theirs)),
            unknown_added=tuple(sorted(newer - ours, key=repr)),
            unknown_removed=tuple(sorted(ours - newer, key=repr)),
        )

    def without(self, edges: Collection[Edge]) -> Graph:
        """The same graph with some edges taken out (for tests that ask whether anyone would notice)."""
        gone = set(edges)
        kept = {t: tuple(e for e in all_e if e not in gone) for t, all_e in self.into.items()}
        return replace(self, into=kept)

    def ancestry(self, relation: str) -> Graph:
        """The part of the graph that feeds one relation."""
        targets = [ColumnRef(relation, name) for name in (*self.columns.get(relation, ()), ROWS)]
        kept = {*targets, *self.table.reach(targets, (DIRECT, INDIRECT), forward=False)}
        relations = {ref.relation for ref in kept}
        return Graph(
            {name: self.columns.get(name, ()) for name in self.columns if name in relations},
            {ref: self.into[ref] for ref in sorted(kept) if ref in self.into},
            {ref: self.unknown[ref] for ref in sorted(kept) if ref in self.unknown},
            self.built & relations,
            {ref: self.calls[ref] for ref in sorted(kept) if ref in self.calls},
            {ref: self.copies[ref] for ref in sorted(kept) if ref in self.copies},
            {name: pair for name, pair in self.differences.items() if name in relations},
            self.conditional & kept,
            self.twins & relations,
        )


@dataclass(frozen=True)
class GraphDiff:
    """The edges and unknowns that a newer graph added and removed."""

    added: tuple[Edge, ...]
    removed: tuple[Edge, ...]
    unknown_added: tuple[tuple[ColumnRef, Unknown], ...]
    unknown_removed: tuple[tuple[ColumnRef, Unknown], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.unknown_added or self.unknown_removed)


def merge_graphs(graphs: Iterable[Graph]) -> Graph:
    """One graph of several; where two speak of one target, their edges and unknowns are united."""
    columns: dict[str, tuple[str, ...]] = {}
    into: dict[ColumnRef, tuple[Edge, ...]] = {}
    unknown: dict[ColumnRef, tuple[Unknown, ...]] = {}
    built: set[str] = set()
    calls: dict[ColumnRef, tuple[Call, ...]] = {}
    copies: dict[ColumnRef, frozenset[ColumnRef] | None] = {}
    differences: dict[str, tuple[int, int]] = {}
    conditional: set[ColumnRef] = set()
    twins: set[str] = set()
    follows: dict[str, frozenset[str]] = {}
    for graph in graphs:
        conditional |= graph.conditional
        twins |= graph.twins
        follows |= {name: follows.get(name, own) & own for name, own in graph.follows.items()}
        built |= graph.built
        differences |= graph.differences
        for target, made in graph.calls.items():
            calls[target] = tuple(dict.fromkeys((*calls.get(target, ()), *made)))
        for target, known in graph.copies.items():
            copies[target] = _both(copies[target], known) if target in copies else known
        for relation, names in graph.columns.items():
            columns[relation] = tuple(dict.fromkeys((*columns.get(relation, ()), *names)))
        for target, edges in graph.into.items():
            into[target] = tuple(sorted({*into.get(target, ()), *edges})) if target in into else edges
        for target, why in graph.unknown.items():
            unknown[target] = tuple(dict.fromkeys((*unknown.get(target, ()), *why)))
    return Graph(
        columns, into, unknown, frozenset(built), calls, copies, differences, frozenset(conditional), frozenset(twins),
        follows,
    )  # fmt: skip


def _both(one: frozenset[ColumnRef] | None, other: frozenset[ColumnRef] | None) -> frozenset[ColumnRef] | None:
    """What a column that is made in two ways is a copy of: of neither, if one of them computes it."""
    return None if one is None or other is None else one | other


def _ref(column: ColumnRef | str) -> ColumnRef:
    return column if isinstance(column, ColumnRef) else ColumnRef.parse(column)
