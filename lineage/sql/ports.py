"""The binder as the parts of the language see it, so that each may call on the whole without importing it.

Lives here: the protocol. Must not live here: any meaning; `binder.py` hands each call to the part that knows."""

from __future__ import annotations

from typing import Protocol

from sqlglot import exp

from lineage.sql.catalog import Catalog
from lineage.sql.flow import Flow
from lineage.sql.relation import BoundColumn, Relation, Scope


class Binder(Protocol):
    """What binds any node of a statement; `catalog` is what the statement may name."""

    catalog: Catalog
    calling: list[str]

    def query(self, node: exp.Expr, parent: Scope) -> Relation:
        """The relation that a query gives."""

    def expression(self, node: exp.Expr | None, scope: Scope) -> Flow:
        """What flows into the value of an expression."""

    def value(self, node: exp.Expr, scope: Scope) -> BoundColumn:
        """The value of an expression, with its type and fields where they are known."""

    def children(self, node: exp.Expr, scope: Scope) -> Flow:
        """The value of a node that is computed from all its children."""

    def pivoted(self, node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
        """The relation after one pivot or unpivot of a FROM clause."""

    def opaque(self, reason: str, subject: str, scope: Scope) -> Flow:
        """A value that may hang on any input of this query."""

    def opaque_relation(self, reason: str, subject: str) -> Relation:
        """A relation of which neither the columns nor the inputs are known."""

    def unhandled(self, node: exp.Expr, handled: frozenset[str]) -> Flow:
        """Unknown for each part of a clause that there is no rule for."""
