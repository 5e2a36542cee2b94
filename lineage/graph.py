"""The lineage graph: columns, the edges between them, and what is not known.

Lives here: the node (`ColumnRef`), the edge (`Edge`), the admission of ignorance (`Unknown`) and the immutable
`Graph` with its questions. Must not live here: SQL, dbt, contracts, levels, pictures, files (see `store.py`).

A relation's rows are a node of their own, written ``relation.*``: `count(*)` takes its value from them, and a cross
join multiplies by them. Every column of a relation carries the influences on that relation's rows as indirect
edges, so an edge to ``relation.*`` appears only where no column of the relation is an input anyway."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

DIRECT = "direct"
INDIRECT = "indirect"
ROWS = "*"

TRANSFORMS = ("identity", "rename", "cast", "expression", "aggregation", "window")
REASONS = (
    "filter", "join", "group_by", "having", "qualify", "window_partition", "window_order", "sort", "limit",
    "distinct", "set_operation", "case_condition", "correlated_subquery", "existence", "unnest", "pivot",
    "merge_key", "rows",
)  # fmt: skip

_PLAIN = re.compile(r"[^\W\d][\w$]*\Z")


def quote_part(part: str) -> str:
    """One identifier as it is written inside a dotted name: quoted only where it must be."""
    return part if part == ROWS or _PLAIN.match(part) else '"' + part.replace('"', '""') + '"'


def join_parts(parts: Iterable[str]) -> str:
    """A dotted name from its parts, e.g. ``("lake", "raw", "a.b")`` to ``lake.raw."a.b"``; lower case."""
    return ".".join(quote_part(part.lower()) for part in parts)


def split_parts(name: str) -> tuple[str, ...]:
    """The parts of a dotted name, quotes removed, lower case. Inverse of `join_parts`."""
    parts = re.findall(r'"(?:[^"]|"")*"|[^."]+', name)
    return tuple((p[1:-1].replace('""', '"') if p.startswith('"') else p).lower() for p in parts)


class ColumnRef(NamedTuple):
    """One column of one relation, both in lower case; `column` is ``*`` for the relation's rows."""

    relation: str
    column: str

    def __str__(self) -> str:
        return f"{self.relation}.{quote_part(self.column)}"

    @classmethod
    def parse(cls, text: str) -> ColumnRef:
        """Read ``relation.column`` (quotes as in SQL) back into a reference."""
        *relation, column = split_parts(text)
        if not relation:
            raise ValueError(f"{text!r} is not a relation.column")
        return cls(join_parts(relation), column)


class Edge(NamedTuple):
    """`source` influences `target`.

    `kind` is ``direct`` or ``indirect``; `transform` is one of `TRANSFORMS` or of `REASONS` accordingly;
    `declassifier` names the registered function that the influence passed through, else is empty.
    """

    source: ColumnRef
    target: ColumnRef
    kind: str
    transform: str
    declassifier: str = ""


class Unknown(NamedTuple):
    """Why a column's inputs are not known.

    `inputs` are the relations that it could have read when that much is known; None means anything at all.
    """

    reason: str
    subject: str
    inputs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Graph:
    """Columns by relation, edges by target, unknowns by target. Never changed after it was made.

    `columns` maps a relation to its columns in order; `into` maps a target to its edges in a fixed order. `built`
    names the relations that some SQL makes: a column of theirs without an edge is a constant, while one of any
    other relation is a source."""

    columns: Mapping[str, tuple[str, ...]]
    into: Mapping[ColumnRef, tuple[Edge, ...]]
    unknown: Mapping[ColumnRef, tuple[Unknown, ...]] = field(default_factory=dict)
    built: frozenset[str] = frozenset()

    @cached_property
    def out_of(self) -> Mapping[ColumnRef, tuple[Edge, ...]]:
        """The edges by source."""
        found: dict[ColumnRef, list[Edge]] = {}
        for edges in self.into.values():
            for edge in edges:
                found.setdefault(edge.source, []).append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    @property
    def edges(self) -> Iterator[Edge]:
        """Every edge, grouped by target."""
        for edges in self.into.values():
            yield from edges

    def edges_into(self, column: ColumnRef | str) -> tuple[Edge, ...]:
        """The edges that end in `column`, with the influence of the relation's rows included."""
        return self.into.get(_ref(column), ())

    def edges_out_of(self, column: ColumnRef | str) -> tuple[Edge, ...]:
        """The edges that start in `column`."""
        return self.out_of.get(_ref(column), ())

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
        return _reach(_ref(column), self._sources(kinds))

    def downstream(self, column: ColumnRef | str, kinds: Collection[str] = (DIRECT, INDIRECT)) -> set[ColumnRef]:
        """Every column that `column` influences, however far away."""
        return _reach(_ref(column), self._targets(kinds))

    def unknown_upstream(self, column: ColumnRef | str) -> dict[ColumnRef, tuple[Unknown, ...]]:
        """The unknowns of `column` and of everything upstream of it."""
        ref = _ref(column)
        return {c: self.unknown[c] for c in sorted({ref} | self.upstream(ref)) if c in self.unknown}

    def _sources(self, kinds: Collection[str]) -> Mapping[ColumnRef, frozenset[ColumnRef]]:
        return self._all_sources if len(set(kinds)) == 2 else _ends(self.into, kinds, source=True)

    def _targets(self, kinds: Collection[str]) -> Mapping[ColumnRef, frozenset[ColumnRef]]:
        return self._all_targets if len(set(kinds)) == 2 else _ends(self.out_of, kinds, source=False)

    @cached_property
    def _all_sources(self) -> Mapping[ColumnRef, frozenset[ColumnRef]]:
        return _ends(self.into, (DIRECT, INDIRECT), source=True)

    @cached_property
    def _all_targets(self) -> Mapping[ColumnRef, frozenset[ColumnRef]]:
        return _ends(self.out_of, (DIRECT, INDIRECT), source=False)

    def path(self, source: ColumnRef | str, target: ColumnRef | str) -> tuple[Edge, ...]:
        """One shortest path from `source` to `target`, in order of flow; empty when there is none."""
        start, goal = _ref(source), _ref(target)
        came: dict[ColumnRef, Edge] = {}
        queue = deque([start])
        while queue:
            for edge in self.out_of.get(queue.popleft(), ()):
                if edge.target not in came and edge.target != start:
                    came[edge.target] = edge
                    if edge.target == goal:
                        return _walk_back(came, start, goal)
                    queue.append(edge.target)
        return ()

    def paths(self, source: ColumnRef | str, target: ColumnRef | str, limit: int = 100) -> list[tuple[Edge, ...]]:
        """Simple paths from `source` to `target`, at most `limit` of them."""
        start, goal = _ref(source), _ref(target)
        useful = self.upstream(goal) | {goal}
        found: list[tuple[Edge, ...]] = []
        stack: list[tuple[Edge, ...]] = [(e,) for e in self.out_of.get(start, ()) if e.target in useful]
        while stack and len(found) < limit:
            path = stack.pop()
            end = path[-1].target
            if end == goal:
                found.append(path)
                continue
            seen = {start, *(edge.target for edge in path)}
            stack += [(*path, e) for e in self.out_of.get(end, ()) if e.target in useful and e.target not in seen]
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
        return Graph(self.columns, kept, self.unknown, self.built)

    def ancestry(self, relation: str) -> Graph:
        """The part of the graph that feeds one relation."""
        targets = [ColumnRef(relation, name) for name in (*self.columns.get(relation, ()), ROWS)]
        kept = set(targets)
        for target in targets:
            if target not in kept or self.into.get(target):
                kept |= self.upstream(target)
        relations = {ref.relation for ref in kept}
        return Graph(
            {name: self.columns.get(name, ()) for name in self.columns if name in relations},
            {ref: self.into[ref] for ref in sorted(kept) if ref in self.into},
            {ref: self.unknown[ref] for ref in sorted(kept) if ref in self.unknown},
            self.built & relations,
        )

    def save(self, path: object) -> None:
        """Write the graph to one file (`store.save_graph`)."""
        from lineage.store import save_graph

        save_graph(self, path)  # type: ignore[arg-type]


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
    for graph in graphs:
        built |= graph.built
        for relation, names in graph.columns.items():
            columns[relation] = tuple(dict.fromkeys((*columns.get(relation, ()), *names)))
        for target, edges in graph.into.items():
            into[target] = tuple(sorted({*into.get(target, ()), *edges})) if target in into else edges
        for target, why in graph.unknown.items():
            unknown[target] = tuple(dict.fromkeys((*unknown.get(target, ()), *why)))
    return Graph(columns, into, unknown, frozenset(built))


def load_graph(path: object) -> Graph:
    """Read a graph that `Graph.save` wrote."""
    from lineage.store import load_graph as load

    return load(path)  # type: ignore[arg-type]


def _ref(column: ColumnRef | str) -> ColumnRef:
    return column if isinstance(column, ColumnRef) else ColumnRef.parse(column)


def _ends(
    steps: Mapping[ColumnRef, tuple[Edge, ...]], kinds: Collection[str], *, source: bool
) -> dict[ColumnRef, frozenset[ColumnRef]]:
    """The columns one step away, by column."""
    if source:
        return {ref: frozenset(e.source for e in edges if e.kind in kinds) for ref, edges in steps.items()}
    return {ref: frozenset(e.target for e in edges if e.kind in kinds) for ref, edges in steps.items()}


def _reach(start: ColumnRef, steps: Mapping[ColumnRef, frozenset[ColumnRef]]) -> set[ColumnRef]:
    seen: set[ColumnRef] = set()
    frontier: set[ColumnRef] = {start}
    while frontier:
        frontier = set().union(*(steps[ref] for ref in frontier if ref in steps)) - seen
        seen |= frontier
    return seen


def _walk_back(came: Mapping[ColumnRef, Edge], start: ColumnRef, goal: ColumnRef) -> tuple[Edge, ...]:
    path = [came[goal]]
    while path[-1].source != start:
        path.append(came[path[-1].source])
    return tuple(reversed(path))
