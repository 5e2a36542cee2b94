"""Of which data element the values of a column are, followed through copies and declassifiers to what is declared.

Lives here: `Origins`. Must not live here: whether that fits a parameter (`given.py`), levels, SQL.

A column has an origin only where every one of its values is known to be an unchanged value of source columns, or the
result of a registered declassifier of such values. Whatever else was done to a value, its origin is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from lineage.calls import Call
from lineage.elements import Declared
from lineage.facts import DIRECT, ROWS, ColumnRef, Edge


class CallGraph(Protocol):
    """What is asked of a graph whose SQL was read from bound plans."""

    @property
    def calls(self) -> Mapping[ColumnRef, tuple[Call, ...]]:
        """The declassifier calls in the SQL that makes a column; those about a relation's rows at ``relation.*``."""
        ...

    @property
    def copies(self) -> Mapping[ColumnRef, frozenset[ColumnRef] | None]:
        """The stored columns whose values a column's values are, unchanged; None where they are computed."""
        ...

    @property
    def conditional(self) -> frozenset[ColumnRef]:
        """The columns of `copies` that a condition chose."""
        ...

    @property
    def twins(self) -> frozenset[str]:
        """The relations whose SQL is the platform's own."""
        ...

    def edges_into(self, column: ColumnRef) -> tuple[Edge, ...]:
        """The edges that end in a column."""
        ...


class Origin(NamedTuple):
    """A data element that values are of; `made_by` is the declassifier that made them of it, `at` where, if any did."""

    element: str
    made_by: str = ""
    at: ColumnRef | None = None

    def __str__(self) -> str:
        return f"{self.made_by} of {self.element}" if self.made_by else self.element


class Origins:
    """The origins of columns of one graph, each found once."""

    def __init__(self, graph: CallGraph, declared: Declared) -> None:
        self.graph, self.declared = graph, declared
        self._known: dict[ColumnRef, frozenset[Origin] | None] = {}

    def of(self, ref: ColumnRef) -> frozenset[Origin] | None:
        """The origins of a column's values: none for a column of nulls, None where they are not known."""
        if ref not in self._known:
            self._known[ref] = None  # a column that only feeds itself is of nothing known
            self._known[ref] = self._find(ref)
        return self._known[ref]

    def of_all(self, refs: Iterable[ColumnRef]) -> frozenset[Origin] | None:
        """The origins of several columns together; None where one of them is not known."""
        found = [self.of(ref) for ref in sorted(refs)]
        return None if any(one is None for one in found) else frozenset().union(*(one for one in found if one))

    def _find(self, ref: ColumnRef) -> frozenset[Origin] | None:
        if ref in self.declared.elements:
            return frozenset([Origin(self.declared.elements[ref])])
        copies = self.graph.copies.get(ref)
        found = self._made(ref) if copies is None else self.of_all(copies)
        if ref in self.declared.attributes and found and not any(one.made_by for one in found):
            return frozenset([Origin(self.declared.attributes[ref])])
        return found

    def _made(self, ref: ColumnRef) -> frozenset[Origin] | None:
        """The origins of what a declassifier made, if nothing flows in beside it but what was made before."""
        values = [edge for edge in self.graph.edges_into(ref) if edge.kind == DIRECT]
        names = {edge.declassifier.lower() for edge in values if edge.declassifier}
        calls = [call for call in self.graph.calls.get(ref, ()) if call.name.lower() in names]
        if not names or names != {call.name.lower() for call in calls}:
            return None
        found: set[Origin] = set()
        for call in calls:
            given = self.of_all(frozenset().union(*(argument.copies for argument in call.arguments)))
            if not given:
                return None
            found |= {Origin(origin.element, call.name.lower(), ref) for origin in given}
        beside = self.of_all(edge.source for edge in values if not edge.declassifier and edge.source.column != ROWS)
        if beside is None or not all(one.made_by or one.element in self.declared.issued for one in beside):
            return None
        return frozenset(found | beside)
