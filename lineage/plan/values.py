"""What is known of a value and of a relation while a plan is read.

Lives here: `Value`, `Rel`, and how they are carried on. Must not live here: operators and expressions of the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from lineage.calls import AGGREGATE, CHOSEN, COLUMN, CONSTANT, EXPRESSION, Argument, Call
from lineage.facts import ROWS, ColumnRef, Unknown
from lineage.sql.flow import (
    EMPTY,
    Flow,
    as_indirect,
    column_flow,
    leave_query,
    lift,
    mark_outer,
    merge,
    relabel,
    unknown_flow,
)  # fmt: skip
from lineage.sql.flow import (
    EXPRESSION as EXPRESSION_RANK,
)


class Value(NamedTuple):
    """One value of a plan: what flows into it, what it is a copy of, and which declassifiers were called for it.

    `kind` and `copies` are those of `lineage.calls.Argument`. `group` numbers the aggregation that made it, 0 for none;
    `fields` are the parts of a struct that the same query made; `fixed`: a list of so many items as the SQL says;
    `text` is a constant's, where it is one.
    """

    flow: Flow = EMPTY
    kind: str = CONSTANT
    copies: frozenset[ColumnRef] = frozenset()
    group: int = 0
    fields: Mapping[str, Value] | None = None
    calls: frozenset[Call] = frozenset()
    fixed: bool = False
    text: str = ""

    @property
    def argument(self) -> Argument:
        """The value as a parameter of a call sees it."""
        return Argument(self.kind, self.copies, frozenset(ref for ref, _, _ in self.flow.direct), self.text)

    def with_flow(self, flow: Flow) -> Value:
        """The same value with another flow."""
        return self._replace(flow=flow)


CONSTANT_VALUE = Value()


@dataclass(frozen=True)
class Rel:
    """The result of an operator: its columns, what decided about its rows, and about their order.

    `stage` is what a filter right above it is in SQL: ``filter``, ``having`` or ``qualify``. `group` numbers the
    aggregation whose groups the rows are; `guards` are the declassifiers that were asked about whole groups;
    `calls` those that decided about rows. `looked_up`: its rows were chosen by nothing but equal plain columns.
    `even`: each row stands for one row of a stored table, and none is multiplied by a value, however tables are joined;
    `single`: there is one row at most. `pairs` are the plain columns that were joined as equal.
    `regrouped` gives the same groups with what decided about their rows behind a declassifier."""

    columns: tuple[Value, ...]
    rows: Flow = EMPTY
    order: Flow = EMPTY
    stage: str = "filter"
    group: int = 0
    guards: tuple[Call, ...] = ()
    calls: frozenset[Call] = frozenset()
    looked_up: bool = True
    even: bool = True
    single: bool = False
    pairs: frozenset[tuple[frozenset[ColumnRef], frozenset[ColumnRef]]] = frozenset()
    regrouped: Callable[[str, frozenset[str] | None], Rel] | None = field(default=None, compare=False)

    def flows(self) -> Flow:
        """Everything that flows into any of its columns."""
        return merge([c.flow for c in self.columns])

    def mapped(self, change: Any) -> Rel:
        """With each flow changed, those of columns, rows and order alike."""
        columns = tuple(c.with_flow(change(c.flow)) for c in self.columns)
        return replace(self, columns=columns, rows=change(self.rows), order=change(self.order))


def stored(relation: str, names: Iterable[str | None], *, even: bool = True) -> Rel:
    """A table as it lies; a column of no name is its row number, which tells of the rows."""
    columns = []
    for name in names:
        ref = ColumnRef(relation, name.lower() if name is not None else ROWS)
        kind, copies = (COLUMN, frozenset((ref,))) if name is not None else (EXPRESSION, frozenset())
        columns.append(Value(column_flow(ref), kind, copies))
    return Rel(tuple(columns), column_flow(ColumnRef(relation, ROWS)), even=even)


def unknown_value(reason: str, subject: str, *inputs: Value) -> Value:
    """A value that nobody knows the inputs of, beside those that are seen."""
    flow = merge([unknown_flow(Unknown(reason, subject)), *(v.flow for v in inputs)])
    return Value(flow, EXPRESSION, calls=calls_of(inputs))


def calls_of(values: Iterable[Value]) -> frozenset[Call]:
    """Every call that any of some values was made by."""
    found = [v.calls for v in values if v.calls]
    return frozenset().union(*found) if found else frozenset()


def computed(inputs: Iterable[Value], rank: int = EXPRESSION_RANK, kind: str = EXPRESSION) -> Value:
    """A value computed from others."""
    inputs = list(inputs)
    if inputs and all(v.kind == CONSTANT and v.flow is EMPTY for v in inputs) and kind == EXPRESSION:
        return CONSTANT_VALUE
    return Value(lift(merge([v.flow for v in inputs]), rank), kind, calls=calls_of(inputs))


def chosen(
    inputs: Iterable[Value], deciding: Iterable[Flow] = (), *, lifted: bool = True, conditional: bool = False
) -> Value:
    """A value that is, unchanged, one of some others, by something that decided which; `conditional`: or none."""
    inputs = list(inputs)
    flow = merge([v.flow for v in inputs])
    flow = merge([lift(flow, EXPRESSION_RANK) if lifted else flow, *deciding])
    kinds = {v.kind for v in inputs} - {CONSTANT}
    if kinds <= {COLUMN, CHOSEN}:
        kind = CHOSEN if CHOSEN in kinds or (kinds and conditional) else COLUMN
        kind = kind if kinds else (CONSTANT if flow is EMPTY and len(inputs) == 1 else EXPRESSION)
        copies = frozenset().union(*(v.copies for v in inputs)) if kinds else frozenset()
        return Value(flow, kind, copies, calls=calls_of(inputs))
    return Value(flow, EXPRESSION, calls=calls_of(inputs))


def padded(values: Iterable[Value]) -> tuple[Value, ...]:
    """Columns that are null where a join found no partner."""
    return tuple(v._replace(kind=CHOSEN) if v.kind == COLUMN else v for v in values)


def several(values: Iterable[Value]) -> tuple[Value, ...]:
    """Columns of many rows: what is a constant in each of them is none over all."""
    return tuple(v._replace(kind=EXPRESSION, text="") if v.kind == CONSTANT else v for v in values)


def deciding(values: Iterable[Value], reason: str) -> Flow:
    """What decided by some values, for a reason."""
    return as_indirect(merge([v.flow for v in values]), reason)


def merged(sides: Iterable[Rel]) -> tuple[Value, ...]:
    """The columns of several relations, one under another."""
    return tuple(_under(values) for values in zip(*(side.columns for side in sides), strict=True))


def _under(values: tuple[Value, ...]) -> Value:
    (found,) = several([chosen(values, lifted=False)])
    return found


def outer(rel: Rel) -> Rel:
    """A relation as a query inside the one that it belongs to sees it."""
    return rel.mapped(mark_outer)


def left(rel: Rel) -> Rel:
    """A relation as the query around sees it."""
    return rel.mapped(leave_query)


def fields_of(value: Value) -> Iterator[tuple[str, Value]]:
    """The known parts of a struct."""
    yield from (value.fields or {}).items()


__all__ = [
    "AGGREGATE", "CONSTANT_VALUE", "EMPTY", "Rel", "Value", "calls_of", "chosen", "computed", "deciding", "left",
    "merge", "merged", "outer", "padded", "relabel", "several", "stored", "unknown_value",
]  # fmt: skip
