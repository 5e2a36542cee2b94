"""Statements: plain queries, and those that make or change a table.

Lives here: CREATE … AS, INSERT, MERGE, UPDATE, DELETE, COPY. Must not live here: queries (`query.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from lineage.graph import Unknown, join_parts
from lineage.sql.flow import EMPTY, Flow, as_indirect, merge
from lineage.sql.ports import Binder
from lineage.sql.query import with_ctes
from lineage.sql.relation import BoundColumn, Relation, Scope, Source
from lineage.sql.sources import add_source, stored_relation

_QUIET = (exp.Set, exp.Use, exp.Pragma, exp.Transaction, exp.Commit, exp.Rollback, exp.Drop)


@dataclass(frozen=True)
class Target:
    """The relation that a statement makes or changes; `name` is empty for a plain query."""

    name: str
    relation: Relation
    unfinished: Mapping[str, tuple[Unknown, ...]] = field(default_factory=dict)


def bind_statements(binder: Binder, statements: list[exp.Expr]) -> Target:
    """The target of the last statement that has one; tables that earlier ones made are seen by later ones."""
    made: list[Target] = []
    scope = Scope()
    for statement in statements:
        if isinstance(statement, _QUIET) and len(statements) > 1:
            continue
        target = _bind(binder, statement, scope)
        made.append(target)
        if target.name:
            scope = Scope(ctes={**scope.ctes, target.name.split(".")[-1]: target.relation.closed()})
    if not made:
        return Target("", binder.opaque_relation("statement makes no relation", "statement"))
    return made[-1]


def _bind(binder: Binder, node: exp.Expr, scope: Scope) -> Target:
    handler = _HANDLERS.get(type(node))
    return handler(binder, node, scope) if handler else Target("", binder.query(node, scope))


def _table_name(binder: Binder, node: exp.Expr) -> str:
    table = node.find(exp.Table)
    parts = [part.name for part in table.parts] if table is not None else []
    return binder.catalog.find(parts) or join_parts(parts)


def _create(binder: Binder, node: exp.Expr, scope: Scope) -> Target:
    body = node.args.get("expression")
    if body is None or str(node.args.get("kind", "")).upper() not in ("TABLE", "VIEW"):
        return Target("", binder.opaque_relation("statement makes no relation", "create"))
    relation = binder.query(body, Scope(**{**scope.__dict__}))
    if isinstance(node.this, exp.Schema):
        relation = relation.renamed([c.name for c in node.this.expressions])
    return Target(_table_name(binder, node.this), relation)


def _copy(binder: Binder, node: exp.Expr, scope: Scope) -> Target:
    return Target("", binder.query(node.this, scope))


# -- insert --------------------------------------------------------------------------------------------------------


def _insert(binder: Binder, node: exp.Expr, scope: Scope) -> Target:
    handled = frozenset(("with_", "this", "expression", "conflict", "returning", "overwrite", "by_name", "is_function"))
    name = _table_name(binder, node.this)
    seat = with_ctes(binder, node, scope)
    body = node.args.get("expression")
    if body is None:
        return Target(name, binder.opaque_relation("statement is not understood", "insert"))
    query = binder.query(body, seat).closed()
    query = replace(query, rows=merge([query.rows, binder.unhandled(node, handled)]))
    columns = _inserted(binder, node, name, query)
    relation = replace(query, columns=tuple(columns))
    conflict = node.args.get("conflict")
    return Target(name, _on_conflict(binder, conflict, relation, name) if conflict is not None else relation)


def _inserted(binder: Binder, node: exp.Expr, name: str, query: Relation) -> list[BoundColumn]:
    if isinstance(node.this, exp.Schema):
        names = [c.name.lower() for c in node.this.expressions]
    elif node.args.get("by_name"):
        return list(query.columns)
    else:
        names = list(binder.catalog.tables.get(name, {})) or [c.name for c in query.columns]
    if query.rest is not None or len(query.columns) > len(names):
        blurred = merge([query.whole(), binder.opaque("columns of an insert do not line up", name, Scope())])
        return [BoundColumn(n, blurred) for n in names]
    return [BoundColumn(n, c.flow, c.type, c.fields) for n, c in zip(names, query.columns, strict=False)]


def _on_conflict(binder: Binder, conflict: exp.Expr, relation: Relation, name: str) -> Relation:
    keys = [k.this if isinstance(k, exp.Ordered) else k for k in conflict.args.get("conflict_keys") or ()]
    stored = Source(name.split(".")[-1], _stored(binder, name))
    scope = Scope(sources=[Source("excluded", relation), stored])
    decided = merge([c.flow for c in relation.columns if c.name in {k.name.lower() for k in keys}])
    columns = {c.name: c for c in relation.columns}
    for assignment in conflict.expressions:
        if isinstance(assignment, exp.EQ):
            column = assignment.this.name.lower()
            old = columns.get(column, BoundColumn(column, EMPTY))
            columns[column] = replace(old, flow=merge([old.flow, binder.expression(assignment.expression, scope)]))
    where = conflict.args.get("where")
    test = as_indirect(binder.expression(where.this, scope), "filter") if where is not None else EMPTY
    rows = merge([relation.rows, as_indirect(decided, "merge_key"), test])
    return replace(relation, columns=tuple(columns.values()), rows=rows)


def _stored(binder: Binder, name: str) -> Relation:
    return stored_relation(binder, name)


# -- update, delete, merge -----------------------------------------------------------------------------------------


def _update(binder: Binder, node: exp.Expr, scope: Scope) -> Target:
    gaps = binder.unhandled(node, frozenset(("with_", "this", "expressions", "from_", "where", "returning")))
    seat = with_ctes(binder, node, scope)
    block = Scope(parent=seat.parent, ctes=seat.ctes)
    add_source(binder, node.this, block)
    own = block.rows
    clause = node.args.get("from_")
    if clause is not None:
        add_source(binder, clause.this, block)
    where = node.args.get("where")
    test = binder.expression(where.this, block) if where is not None else EMPTY
    decided = merge([as_indirect(test, "filter"), as_indirect(block.rows, "rows"), gaps])
    made = [
        BoundColumn(a.this.name.lower(), merge([binder.expression(a.expression, block), decided]))
        for a in node.expressions
    ]
    return Target(_table_name(binder, node.this), Relation(tuple(made), own))


def _delete(binder: Binder, node: exp.Expr, scope: Scope) -> Target:
    gaps = binder.unhandled(node, frozenset(("this", "using", "where", "returning")))
    block = Scope(ctes=scope.ctes)
    for source in [node.this, *(node.args.get("using") or ())]:
        add_source(binder, source, block)
    where = node.args.get("where")
    test = binder.expression(where.this, block) if where is not None else EMPTY
    name = _table_name(binder, node.this)
    kept = block.sources[0].relation
    return Target(name, replace(kept, rows=merge([block.rows, as_indirect(test, "filter"), gaps])))


def _merge(binder: Binder, node: exp.Expr, scope: Scope) -> Target:
    gaps = binder.unhandled(node, frozenset(("with_", "this", "using", "on", "using_cond", "whens", "returning")))
    seat = with_ctes(binder, node, scope)
    block = Scope(parent=seat.parent, ctes=seat.ctes)
    add_source(binder, node.this, block)
    add_source(binder, node.args["using"], block)
    target, source = block.sources[0], block.sources[-1]
    tests = [_match(binder, node, block)]
    changed: dict[str, list[Flow]] = {}
    for when in node.args["whens"].expressions:
        if when.args.get("condition") is not None:
            tests.append(as_indirect(binder.expression(when.args["condition"], block), "filter"))
        _when(binder, when.args.get("then"), block, target, source, changed)
    decided = merge([*tests, as_indirect(source.relation.rows, "rows"), gaps])
    name, rows = _table_name(binder, node.this), merge([block.rows, decided])
    if not changed:  # DELETE alone: what stays is as it was
        return Target(name, replace(target.relation, rows=rows))
    columns = tuple(BoundColumn(name, merge([*flows, decided])) for name, flows in changed.items())
    return Target(name, Relation(columns, rows))


def _match(binder: Binder, node: exp.Expr, block: Scope) -> Flow:
    flows = [binder.expression(node.args.get("on"), block)] if node.args.get("on") is not None else []
    for key in node.args.get("using_cond") or ():
        for source in block.sources:
            hit = source.relation.find(key.name.lower())
            flows.append(hit.flow if hit is not None else EMPTY)
    return as_indirect(merge(flows), "join")


def _when(
    binder: Binder,
    then: exp.Expr | None,
    block: Scope,
    target: Source,
    source: Source,
    changed: dict[str, list[Flow]],
) -> None:
    if isinstance(then, exp.Update) and then.expressions and not isinstance(then.expressions, exp.Star):
        for assignment in then.expressions:
            flow = binder.expression(assignment.expression, block)
            changed.setdefault(assignment.this.name.lower(), []).append(flow)
        return
    names, values = (then.this, then.args.get("expression")) if isinstance(then, exp.Insert) else (None, None)
    if isinstance(names, exp.Tuple) and isinstance(values, exp.Tuple):
        for name, value in zip(names.expressions, values.expressions, strict=False):
            changed.setdefault(name.name.lower(), []).append(binder.expression(value, block))
    elif isinstance(values, exp.Tuple):
        for name, value in zip(target.relation.index, values.expressions, strict=False):
            changed.setdefault(name, []).append(binder.expression(value, block))
    elif isinstance(then, (exp.Insert, exp.Update)):  # INSERT *, UPDATE SET *, BY NAME
        for name, column in source.relation.index.items():
            changed.setdefault(name, []).append(column.flow)
        if source.relation.rest is not None:
            for name in target.relation.index:
                changed.setdefault(name, []).append(source.relation.rest)


_HANDLERS: dict[type, Callable[[Binder, exp.Expr, Scope], Target]] = {
    exp.Create: _create,
    exp.Insert: _insert,
    exp.Merge: _merge,
    exp.Update: _update,
    exp.Delete: _delete,
    exp.Copy: _copy,
}
