"""What single expressions mean for the persons of a row: aggregates, conditions of one cell, values of other rows.

Lives here: answers about expressions. Must not live here: queries (`rewrite.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_ORDERING = (exp.RowNumber, exp.Rank, exp.DenseRank)
# Called for what it is given a registered identifier of: one row of the registry, about the very person.
_LOOK_UP = "declassify_registered_id"


def aggregated(node: exp.Expr) -> bool:
    """Whether a SELECT makes groups, or an expression reads a whole group."""
    if isinstance(node, exp.Select):
        if node.args.get("group"):
            return True
        parts = [*node.expressions, node.args.get("having")]
        return any(aggregated(part) for part in parts if part is not None)
    return any(True for _ in _aggregates(node))


def _aggregates(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, (exp.Query, exp.Window)):
        return
    if isinstance(node, exp.AggFunc):
        yield node
        return
    for child in node.iter_expressions():
        yield from _aggregates(child)


def conditions(projection: exp.Expr) -> Iterator[exp.Expr]:
    """Of each aggregate that may leave out rows of its group: when a row counts in it. What a column holds was perhaps
    a condition below, so a plain one may leave out rows, too: those where it is null, or adds nothing."""
    for one in _aggregates(projection):
        filtered = one.parent if isinstance(one.parent, exp.Filter) else None
        argument = one.this.expressions[0] if isinstance(one.this, exp.Distinct) else one.this
        own = _counts(one, argument)
        kept = [filtered.expression.this] if filtered else []
        if kept or not _all(argument):
            yield exp.and_(*[part.copy() for part in (*kept, *own)]) if (kept or own) else exp.true()


def _counts(one: exp.Expr, argument: exp.Expr | None) -> list[exp.Expr]:
    if argument is None or isinstance(argument, exp.Star):
        return []
    if isinstance(one, exp.CountIf):
        return [argument]
    there = exp.Not(this=exp.Is(this=argument.copy(), expression=exp.Null()))
    if isinstance(one, exp.Sum):
        return [there, exp.NEQ(this=argument.copy(), expression=exp.Literal.number(0))]
    return [there]


def _all(argument: exp.Expr | None) -> bool:
    return argument is None or isinstance(argument, (exp.Star, exp.Literal))


def reads_other_rows(node: exp.Expr) -> bool:
    """Whether an expression brings in values from other rows than its own (or group), or columns by pattern."""
    if node.find(exp.Columns):
        return True
    return any(not isinstance(one.this, _ORDERING) for one in node.find_all(exp.Window))


def looks_up(query: exp.Expr) -> bool:
    """Whether a subquery is what the registry's look-up is given, and nothing else."""
    holder = query.parent
    while isinstance(holder, (exp.Subquery, exp.Paren)):
        holder = holder.parent
    return isinstance(holder, exp.Anonymous) and holder.name.lower() == _LOOK_UP


def ranks_only(window: exp.Window) -> bool:
    """Whether a window gives a row its place among others, and no value of theirs."""
    return isinstance(window.this, (*_ORDERING, exp.PercentRank, exp.CumeDist, exp.Ntile))


def outermost_queries(part: exp.Expr | None) -> Iterator[exp.Expr]:
    """The queries within an expression, but for those within them."""
    if part is None:
        return
    if isinstance(part, exp.Query):
        yield part
        return
    for child in part.iter_expressions():
        yield from outermost_queries(child)


def is_value(query: exp.Expr) -> bool:
    """Whether a query within an expression gives a value, and not an answer to whether some row is there."""
    holder = query.parent
    while isinstance(holder, (exp.Subquery, exp.Paren)):
        holder = holder.parent
    return isinstance(query, exp.Subquery) and not isinstance(holder, (exp.In, exp.Exists, exp.Any, exp.All))
