"""Sets of labels as bits of one value: how they are written in SQL, for as many labels as there are.

Lives here: the expressions. Must not live here: queries (`batches.py`), what a label stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

_DIALECT = "duckdb"
# Whole numbers are several times as quick as bit strings.
_NUMBERS = ((64, "UBIGINT"), (128, "UHUGEINT"))


@dataclass(frozen=True)
class Bits:
    """Sets of `size` labels. `table` has the columns `relation`, `batch` and `bits`, each batch of a raw table once."""

    size: int
    table: str

    @property
    def kind(self) -> str:
        """The SQL type of a set."""
        return next((kind for most, kind in _NUMBERS if self.size <= most), "BIT")

    def numbered(self, number: str) -> str:
        """SQL for the set of one label alone, from SQL for its number, from 0."""
        if self.kind == "BIT":
            return f"set_bit(bitstring('0', {self.size}), cast({number} as integer), 1)"
        return f"cast(1 as {self.kind}) << cast({number} as {self.kind})"

    def holds(self, bits: str, one: str) -> str:
        """SQL for whether two sets share a label."""
        return f"({bits} & {one}) <> {self.none().sql(_DIALECT)}"

    def none(self) -> exp.Expr:
        """The empty set."""
        if self.kind == "BIT":
            return exp.Anonymous(this="bitstring", expressions=[exp.Literal.string("0"), exp.Literal.number(self.size)])
        return exp.cast(exp.Literal.number(0), self.kind, dialect=_DIALECT)

    def or_none(self, value: exp.Expr) -> exp.Expr:
        """A set, empty where there is none: an outer join without a match."""
        return exp.Coalesce(this=value, expressions=[self.none()])

    def gathered(self, value: exp.Expr) -> exp.Expr:
        """The sets of many rows as one, as a bare aggregate."""
        return exp.Anonymous(this="bit_or", expressions=[value])

    def all(self, value: exp.Expr) -> exp.Expr:
        """The sets of a group as one, empty where the group is."""
        return self.or_none(self.gathered(value))

    def together(self, values: Sequence[exp.Expr]) -> exp.Expr | None:
        """Several sets as one; None where there are none."""
        found: exp.Expr | None = None
        for value in values:
            both = exp.Paren(this=exp.BitwiseOr(this=found, expression=value.copy())) if found is not None else value
            found = both.copy()
        return found

    def of_raw(self, table: exp.Table, relation: str, column: str) -> exp.Select:
        """The rows of a raw table, each labelled by its batch."""
        rows, labels = "_zt_rows", "_zt_labels"
        label = self.or_none(exp.column("bits", table=labels)).as_(column)
        source = table.copy()
        source.set("alias", exp.TableAlias(this=exp.to_identifier(rows)))
        known = exp.select("batch", "bits").from_(exp.to_table(self.table, dialect=_DIALECT))
        known = known.where(exp.EQ(this=exp.column("relation"), expression=exp.Literal.string(relation)))
        on = exp.EQ(this=exp.column("batch", table=labels), expression=exp.column("_batch", table=rows))
        query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier(rows)), label).from_(source)
        return query.join(known.subquery(labels), on=on, join_type="left")
