"""The binder: one object that every part of the language is bound through.

Lives here: the entry points `query` and `expression`, the dispatch over syntax nodes, and the two admissions of
ignorance. Must not live here: the meaning of any clause; that is in `query.py`, `sources.py`, `projection.py`,
`pivot.py`, `expressions.py` and `calls.py`."""

from __future__ import annotations

from sqlglot import exp

from lineage.graph import Unknown
from lineage.sql import expressions, pivot, query
from lineage.sql.catalog import Catalog
from lineage.sql.flow import EXPRESSION, Flow, lift, merge, unknown_flow
from lineage.sql.relation import BoundColumn, Relation, Scope


class Binder:
    """Binds one statement against a catalog. Keeps no state between calls but the depth of macro calls."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.calling: list[str] = []

    def query(self, node: exp.Expr, parent: Scope) -> Relation:
        """The relation that a query gives; `parent` is the scope that it can see, its CTEs included."""
        handler = query.HANDLERS.get(type(node)) or pivot.HANDLERS.get(type(node))
        if handler is None:
            return self.opaque_relation("statement is not a query", _name(node))
        return handler(self, node, parent)

    def expression(self, node: exp.Expr | None, scope: Scope) -> Flow:
        """What flows into the value of an expression."""
        return self.value(node, scope).flow if node is not None else Flow()

    def value(self, node: exp.Expr, scope: Scope) -> BoundColumn:
        """The value of an expression, with its type and fields where they are known."""
        handler = expressions.HANDLERS.get(type(node))
        if handler is None:
            handler = expressions.handler_for(node)
        bound = handler(self, node, scope)
        return bound if isinstance(bound, BoundColumn) else BoundColumn("", bound)

    def children(self, node: exp.Expr, scope: Scope) -> Flow:
        """The value of a node that is computed from all its children."""
        return lift(merge([self.expression(child, scope) for child in node.iter_expressions()]), EXPRESSION)

    def pivoted(self, node: exp.Expr, relation: Relation, scope: Scope) -> Relation:
        """The relation after one pivot or unpivot of a FROM clause."""
        return pivot.apply_pivot(self, node, relation, scope)

    def opaque(self, reason: str, subject: str, scope: Scope) -> Flow:
        """A value that may hang on any input of this query."""
        bases = {base for around in scope.chain() for base in around.bases()}
        return unknown_flow(Unknown(reason, subject, tuple(sorted(bases)) or None))

    def opaque_relation(self, reason: str, subject: str) -> Relation:
        """A relation of which neither the columns nor the inputs are known."""
        flow = unknown_flow(Unknown(reason, subject))
        return Relation((), rows=flow, rest=flow)

    def unhandled(self, node: exp.Expr, handled: frozenset[str]) -> Flow:
        """Unknown for each part of a clause that this binder has no rule for; empty if there is none."""
        extra = [key for key, value in node.args.items() if value and key not in handled]
        return merge([unknown_flow(Unknown("clause is not understood", f"{_name(node)}.{key}")) for key in extra])


def _name(node: exp.Expr) -> str:
    return type(node).__name__.lower()
