"""What is known of one relation that a statement makes.

Lives here: `QueryLineage`, the answer that every reader of SQL gives. Must not live here: readers of SQL, graphs of
many relations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lineage.calls import Call
from lineage.edges import EdgeTable
from lineage.graph import ColumnRef, Edge, Graph, Unknown


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
    edges that only the engine's plan has, and those that only the second reader has."""

    relation: str
    columns: tuple[str, ...]
    edges: Mapping[str, tuple[Edge, ...]]
    unknown: Mapping[str, tuple[Unknown, ...]] = field(default_factory=dict)
    is_open: bool = False
    types: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, tuple[Call, ...]] = field(default_factory=dict)
    copies: Mapping[str, frozenset[ColumnRef] | None] = field(default_factory=dict)
    differences: tuple[int, int] = (0, 0)

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
        )
