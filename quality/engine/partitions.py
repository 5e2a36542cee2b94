"""Batches of a part of a relation: by year, month, day, parts of a date, or values of columns, as Great Expectations
names them. Which batches there are and the rows of each, in SQL; what a batch is belongs to ``data_source``.
"""

from collections.abc import Mapping
from typing import Any

from great_expectations.datasource.fluent.sql_datasource import (
    SqlPartitionerColumnValue,
    SqlPartitionerDatetimePart,
    SqlPartitionerDividedInteger,
    SqlPartitionerModInteger,
    SqlPartitionerMultiColumnValue,
    SqlPartitionerYear,
    SqlPartitionerYearAndMonth,
    SqlPartitionerYearAndMonthAndDay,
)

from quality.engine.membership import equality_sql
from quality.engine.relation import Relation
from quality.engine.samples import plain_value
from quality.engine.sql_text import conjunction

Keys = dict[str, Any]
Terms = dict[str, tuple[str, str]]
"""Parameter of a batch to the expression that gives it, and the type that is compared."""


def keys_of(relation: Relation, terms: Terms) -> list[Keys]:
    """The parameters of every batch that has rows, NULL as None."""
    listed = ", ".join(expression for expression, _ in terms.values())
    rows = relation.reading.rows(f"SELECT DISTINCT {listed} FROM {relation.source} ORDER BY ALL")
    return [dict(zip(terms, map(plain_value, row), strict=True)) for row in rows]


def part_of(relation: Relation, terms: Terms, keys: Mapping[str, Any]) -> Relation:
    """The rows of one batch."""
    wanted = [equality_sql(expression, kind, keys[name]) for name, (expression, kind) in terms.items()]
    rows = f"(SELECT * FROM {relation.source} WHERE {conjunction(*wanted)})"
    return Relation(relation.connection, relation.name, rows)


def value_term(relation: Relation, name: str) -> tuple[str, str]:
    """A column as a parameter. A FLOAT is widened, since Python has no such number."""
    column, kind = relation.column(name), relation.types[name]
    return (f"{column}::DOUBLE", "DOUBLE") if kind == "FLOAT" else (column, kind)


class _Parted:
    """What the partitioners of this engine share: their batches are those that have rows."""

    def terms(self, relation: Relation) -> Terms:
        """What each parameter of the batch is, over ``relation``. Raises ``MissingColumnError``."""
        raise NotImplementedError

    def param_defaults(self, sql_asset: Any) -> list[dict[str, Any]]:
        """The parameters of every batch of an asset."""
        relation = sql_asset.whole()
        return keys_of(relation, self.terms(relation))


class _ByDateParts(_Parted):
    column_name: str
    param_names: list[str]

    def terms(self, relation: Relation) -> Terms:
        column = relation.column(self.column_name)
        return {part: (f"date_part('{part}', {column})", "BIGINT") for part in self.param_names}


class ByYear(_ByDateParts, SqlPartitionerYear):
    """One batch a year."""


class ByMonth(_ByDateParts, SqlPartitionerYearAndMonth):
    """One batch a month."""


class ByDay(_ByDateParts, SqlPartitionerYearAndMonthAndDay):
    """One batch a day."""


class ByDateParts(_ByDateParts, SqlPartitionerDatetimePart):
    """One batch for each of the given parts of a date."""


class ByQuotient(_Parted, SqlPartitionerDividedInteger):
    """One batch for each whole quotient of a column and a divisor."""

    def terms(self, relation: Relation) -> Terms:
        """The quotient, cut towards zero."""
        return {"quotient": (f"trunc({relation.column(self.column_name)} / {self.divisor})::BIGINT", "BIGINT")}


class ByRemainder(_Parted, SqlPartitionerModInteger):
    """One batch for each remainder."""

    def terms(self, relation: Relation) -> Terms:
        """The remainder, with the sign of the column."""
        return {"remainder": (f"({relation.column(self.column_name)} % {self.mod})::BIGINT", "BIGINT")}


class ByValue(_Parted, SqlPartitionerColumnValue):
    """One batch for each value of a column."""

    def terms(self, relation: Relation) -> Terms:
        """The column."""
        return {self.column_name: value_term(relation, self.column_name)}


class ByValues(_Parted, SqlPartitionerMultiColumnValue):
    """One batch for each combination of values of columns."""

    def terms(self, relation: Relation) -> Terms:
        """The columns."""
        return {name: value_term(relation, name) for name in self.column_names}
