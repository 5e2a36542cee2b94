"""What is known of one relation that a statement makes.

Lives here: `QueryLineage`, the answer that every reader of SQL gives. Must not live here: readers of SQL, graphs of
many relations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lineage.calls import Call
from lineage.edges import EdgeTable
from lineage.graph import ROWS, ColumnRef, Edge, Graph, Unknown


@dataclass(frozen=True)
class EdgesByName(Mapping[str, tuple[Edge, ...]]):
    """The edges of one relation by column name, made from numbers when they are asked for."""

    relation: str
    table: EdgeTable

    def __getitem__(self, name: str) -> tuple[Edge, ...]:
        return self.table[ColumnRef(self.relation, name)]

    def __iter__(self) -> Iterator[str]:
        return (ref.column for ref in self.table)

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True)
class QueryLineage:
    """The lineage of one relation that a statement makes.

    `columns` are its output names in order; `edges` and `unknown` are by output column, with ``*`` for the
    relation's rows. `is_open` says that there may be columns whose names cannot be known; what flows into any of
    them is under ``*``. `calls` are the calls of declassifiers in the SQL of a column, ``*`` for the rows; `copies` the
    stored columns whose values, unchanged, a column's values are, None for computed ones. `differences` counts the
    edges that only the engine's plan has, and those that only the second reader has; `follows` are the relations that
    it follows row by row."""

    relation: str
    columns: tuple[str, ...]
    edges: Mapping[str, tuple[Edge, ...]]
    unknown: Mapping[str, tuple[Unknown, ...]] = field(default_factory=dict)
    is_open: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, tuple[Call, ...]] = field(default_factory=dict)
    copies: Mapping[str, frozenset[ColumnRef] | None] = field(default_factory=dict)
    differences: tuple[int, int] = (0, 0)
    conditional: frozenset[str] = frozenset()
    even: bool = True
    follows: frozenset[str] = frozenset()

    def edges_into(self, column: str) -> tuple[Edge, ...]:
        """The edges of one output column."""
        return self.edges.get(column.lower(), ())

    def table(self) -> EdgeTable:
        """The edges by number; ready where the lineage comes from a cache."""
        if isinstance(self.edges, EdgesByName):
            return self.edges.table
        into = {ColumnRef(self.relation, name): edges for name, edges in self.edges.items()}
        return EdgeTable.of(into, {self.relation: self.columns})

    def graph(self) -> Graph:
        """The same as a graph of one relation."""
        ref = lambda name: ColumnRef(self.relation, name)  # noqa: E731
        return Graph(
            {self.relation: self.columns},
            {ref(name): edges for name, edges in self.edges.items() if edges},
            {ref(name): why for name, why in self.unknown.items() if why},
            frozenset((self.relation,)),
            {ref(name): made for name, made in self.calls.items()},
            {ref(name): known for name, known in self.copies.items()},
            {self.relation: self.differences},
            frozenset(map(ref, self.conditional)),
            follows={self.relation: self.follows},
        )


def all_of(answers: Sequence[QueryLineage]) -> QueryLineage:
    """One relation that several statements put rows into: what flows into a column by any of them. Its columns are
    those of the first; one that only another has is there all the same."""
    first = answers[0]
    names = tuple(dict.fromkeys(name for one in answers for name in one.columns))
    edges, unknown, calls = {}, {}, {}
    copies: dict[str, frozenset[ColumnRef] | None] = {}
    for name in (*names, ROWS):
        edges[name] = tuple(sorted({edge for one in answers for edge in one.edges.get(name, ())}))
        unknown[name] = tuple(dict.fromkeys(why for one in answers for why in one.unknown.get(name, ())))
        calls[name] = tuple(dict.fromkeys(call for one in answers for call in one.calls.get(name, ())))
        known = [one.copies.get(name) for one in answers if name in one.columns]
        copies[name] = None if None in known else frozenset().union(*(part for part in known if part))
    return QueryLineage(
        first.relation, names, edges, {n: why for n, why in unknown.items() if why},
        any(one.is_open for one in answers), {**{k: v for one in answers for k, v in one.types.items()}, **first.types},
        {n: made for n, made in calls.items() if made}, {n: copies[n] for n in names}, first.differences,
        frozenset(name for one in answers for name in one.conditional), all(one.even for one in answers),
        frozenset.intersection(*(one.follows for one in answers)),
    )  # fmt: skip
