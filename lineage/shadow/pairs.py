"""What each call of a declassifier was given and gave, row by row: queries for the distinct pairs.

Only calls whose first argument is a plain column: what else may be given is a matter of parameters, not of rows.

Lives here: finding the calls in a model's syntax tree and writing the queries. Must not live here: shares, limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlglot import exp

from lineage.shadow.values import aggregated
from lineage.sql.parsing import parse_statements

_DIALECT = "duckdb"


class Pairs(NamedTuple):
    """A query of two columns, `i` (what went in) and `o` (what came out), each pair once.

    `together` says that `o` holds all outputs that the same block makes of the same column; `outputs` names them."""

    sql: str
    together: bool
    outputs: tuple[str, ...]


def pairs_of(sql: str, declassifier: str, pseudonyms: Collection[str]) -> list[Pairs]:
    """The queries for every call of `declassifier` in one model: each output alone, and with its siblings."""
    statements, fault = parse_statements(sql, _DIALECT)
    if fault or len(statements) != 1:
        return []
    found: list[Pairs] = []
    for call in statements[0].find_all(exp.Anonymous):
        block = call.find_ancestor(exp.Select)
        given = _column(call)
        if call.name.lower() != declassifier or block is None or given is None or not block.args.get("from_"):
            continue
        whole = call.parent if isinstance(call.parent, exp.Dot) else call
        name = _projection(whole, block)
        found.append(Pairs(_query(block, given, [whole]), False, (name,)))
        siblings = list(_siblings(block, given, pseudonyms))
        if len(siblings) > 1:
            names = tuple(one.alias_or_name for one in siblings)
            found.append(Pairs(_query(block, given, [one.unalias() for one in siblings]), True, names))
    return list(dict.fromkeys(found))


def _column(call: exp.Anonymous) -> exp.Column | None:
    given = call.expressions[0] if call.expressions else None
    while isinstance(given, (exp.Cast, exp.Paren)):
        given = given.this
    return given if isinstance(given, exp.Column) else None


def _projection(call: exp.Expr, block: exp.Select) -> str:
    for one in block.expressions:
        if any(part is call for part in one.walk()):
            return str(one.alias_or_name)
    return ""


def _siblings(block: exp.Select, given: exp.Column, pseudonyms: Collection[str]) -> Iterator[exp.Expr]:
    """The outputs that the block computes of the same column; not the column itself, which hides nothing."""
    for one in block.expressions:
        value = one.unalias()
        reads = any(column.name.lower() == given.name.lower() for column in value.find_all(exp.Column))
        keyed = any(call.name.lower() in pseudonyms for call in value.find_all(exp.Anonymous))
        if reads and not keyed and not isinstance(value, exp.Column) and not aggregated(value):
            yield one


def _query(block: exp.Select, given: exp.Column, outputs: list[exp.Expr]) -> str:
    values = [output.copy() for output in outputs]
    value = values[0] if len(values) == 1 else exp.Anonymous(this="row", expressions=values)
    query = exp.select(given.copy().as_("i"), value.as_("o")).distinct()
    for clause in ("from_", "joins", "where"):
        part = block.args.get(clause)
        if part:
            query.set(clause, [one.copy() for one in part] if isinstance(part, list) else part.copy())
    named = list(_named(block))
    if named:
        query.set("with_", exp.With(expressions=named))
    return query.sql(_DIALECT)


def _named(block: exp.Select) -> Iterator[exp.Expr]:
    """All that WITH names for a block, from the outermost query in."""
    around: list[exp.Expr] = [block]
    while (outer := around[-1].find_ancestor(exp.Query)) is not None:
        around.append(outer)
    for query in reversed(around):
        with_ = query.args.get("with_")
        for one in with_.expressions if with_ is not None else ():
            if not any(part is block for part in one.walk()):
                yield one.copy()
            else:
                break
