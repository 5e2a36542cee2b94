"""Calls of registered declassifiers, with what each was given: facts that a bound plan tells.

Lives here: `Argument`, `Call`, and both as JSON. Must not live here: whether an argument fits (`parameters.py`), plans,
SQL, levels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from lineage.facts import ColumnRef

COLUMN, CHOSEN, CONSTANT, COUNT, COUNT_DISTINCT, UNEVEN, AGGREGATE, EXPRESSION = (
    "column", "chosen", "constant", "count", "count_distinct", "uneven", "aggregate", "expression",
)  # fmt: skip


class Argument(NamedTuple):
    """What one parameter was given.

    `kind` is one of
    ``column`` (each value is, unchanged, a value of one of the columns in `copies`, or null),
    ``chosen`` (the same, but a condition decided which, or whether any),
    ``constant`` (no column is read, and it is the same in every row),
    ``count`` (the number of rows, or of values, of a group),
    ``count_distinct`` (the number of distinct values of a group; `copies` then says of which columns),
    ``uneven`` (a count over rows that a join, a list or a union may have multiplied, so that it counts something else),
    ``aggregate`` (any other aggregate) or ``expression`` (anything else).

    `sources` are all columns of stored relations whose values it is computed from; `text` is a constant's, where it is
    a text."""

    kind: str
    copies: frozenset[ColumnRef] = frozenset()
    sources: frozenset[ColumnRef] = frozenset()
    text: str = ""


class Call(NamedTuple):
    """One call of a declassifier, by its registered name.

    `guarded` lists the arguments of the calls that decide about the rows of the same group (conjuncts of HAVING)."""

    name: str
    arguments: tuple[Argument, ...]
    guarded: tuple[Call, ...] = ()


def plain(call: Call) -> list[Any]:
    """A call as JSON-ready data; equal calls give equal data."""
    arguments = [[a.kind, _names(a.copies), _names(a.sources), a.text] for a in call.arguments]
    return [call.name, arguments, [plain(guard) for guard in call.guarded]]


def of_plain(data: list[Any]) -> Call:
    """The call that `plain` gave."""
    name, arguments, guarded = data
    return Call(
        name,
        tuple(Argument(kind, _refs(copies), _refs(sources), text) for kind, copies, sources, text in arguments),
        tuple(of_plain(guard) for guard in guarded),
    )


def _names(refs: Iterable[ColumnRef]) -> list[list[str]]:
    return [list(ref) for ref in sorted(refs)]


def _refs(names: Iterable[list[str]]) -> frozenset[ColumnRef]:
    return frozenset(ColumnRef(*name) for name in names)
