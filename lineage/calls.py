"""Calls of registered declassifiers, with what each was given: facts that a bound plan tells.

Lives here: `Argument` and `Call`. Must not live here: whether an argument fits (`parameters.py`), plans, levels."""

from __future__ import annotations

from typing import NamedTuple

from lineage.facts import ColumnRef

COLUMN, CONSTANT, COUNT, COUNT_DISTINCT, AGGREGATE, EXPRESSION = (
    "column", "constant", "count", "count_distinct", "aggregate", "expression",
)  # fmt: skip


class Argument(NamedTuple):
    """What one parameter was given.

    `kind` is ``column`` (each value is, unchanged, a value of one of the columns in `copies`, or null), ``constant``
    (no column is read), ``count`` (the number of rows, or of values, of a group), ``count_distinct`` (the number of
    distinct values of a group; `copies` then says of which columns), ``aggregate`` (any other aggregate) or
    ``expression`` (anything else). `sources` are all columns of stored relations whose values it is computed from."""

    kind: str
    copies: frozenset[ColumnRef] = frozenset()
    sources: frozenset[ColumnRef] = frozenset()


class Call(NamedTuple):
    """One call of a declassifier, by its registered name.

    `guarded` lists the arguments of the calls that decide about the rows of the same group (conjuncts of HAVING)."""

    name: str
    arguments: tuple[Argument, ...]
    guarded: tuple[Call, ...] = ()
