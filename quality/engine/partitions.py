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

from quality.engine.errors import BadArgumentError, RelationError, WrongTypeError
from quality.engine.membership import exact_literal, family, membership_sql
from quality.engine.relation import Relation
from quality.engine.row_rule import is_number, is_whole
from quality.engine.samples import plain_value
from quality.engine.sql_text import conjunction, literal

_NAMED = (
    *(
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
    ),
    *("DECIMAL", "DOUBLE", "FLOAT", "BOOLEAN", "VARCHAR", "JSON", "ENUM", "UUID", "TIME", "DATE"),
    *("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"),
)
"""Types of which Python has every value, so that a batch can be asked for by what it is listed as."""

Keys = dict[str, Any]
Terms = dict[str, tuple[str, str]]
"""Parameter of a batch to the expression that gives it, and the type that is compared."""


def keys_of(relation: Relation, terms: Terms) -> list[Keys]:
    """The parameters of every batch that has rows, NULL as None. Raises ``RelationError``."""
    import duckdb

    listed = ", ".join(expression for expression, _ in terms.values())
    try:
        rows = relation.reading.rows(f"SELECT DISTINCT {listed} FROM {relation.source} ORDER BY ALL")
    except duckdb.Error as error:
        raise RelationError(relation.name, f"it cannot be parted ({type(error).__name__})") from None
    return [dict(zip(terms, map(plain_value, row), strict=True)) for row in rows]


def part_of(relation: Relation, terms: Terms, keys: Mapping[str, Any]) -> Relation:
    """The rows of one batch."""
    wanted = [
        f"{expression} IS NULL" if keys[name] is None else membership_sql(expression, kind, [keys[name]])
        for name, (expression, kind) in terms.items()
    ]
    rows = f"(SELECT * FROM {relation.source} WHERE {conjunction(*wanted)})"
    return Relation(relation.connection, relation.name, rows)


def fits(terms: Terms, keys: Keys, asked: Mapping[str, Any]) -> bool:
    """Whether a batch is one that was asked for: each value asked for is the batch's own, however it is written."""
    return all(_same(terms[name][1], keys[name], value) for name, value in asked.items() if name in terms)


def _same(kind: str, own: Any, asked: Any) -> bool:
    if own is None or asked is None:
        return own is asked
    written = exact_literal(kind, asked)
    return written is not None and written == exact_literal(kind, own)


def value_term(relation: Relation, name: str) -> tuple[str, str]:
    """A column as a parameter. A FLOAT is the number that is printed, since Python has no such type.

    Raises ``WrongTypeError`` for a column whose values have no name that leads back to them.
    """
    column, kind = relation.column(name), relation.types[name]
    if family(kind) not in _NAMED or kind.endswith("]"):
        raise WrongTypeError(name, kind, "a partition by values", "numbers, text, dates or times")
    return (f"{column}::VARCHAR::DOUBLE", "DOUBLE") if kind == "FLOAT" else (column, kind)


def _divided(relation: Relation, name: str, operator: str, by: int, argument: str) -> tuple[str, str]:
    """A column divided, whole numbers as such. Raises ``WrongTypeError`` and ``BadArgumentError``."""
    column, kind = relation.column(name), relation.types[name]
    if not is_number(kind) or family(kind) in ("UHUGEINT", "BIGNUM"):
        raise WrongTypeError(name, kind, "a partition by division", "a number within HUGEINT")
    if by == 0:
        raise BadArgumentError("a partition", argument, "is 0", "Give a number to divide by.")
    if is_whole(kind):
        return f"({column}::HUGEINT {operator} {int(by)})", "HUGEINT"
    if operator == "//":
        return f"trunc({column} / {int(by)})::HUGEINT", "HUGEINT"
    return f"({column} % {int(by)})::HUGEINT", "HUGEINT"


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
        return {part: (f"date_part({literal(part)}, {column})", "BIGINT") for part in self.param_names}


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
        return {"quotient": _divided(relation, self.column_name, "//", self.divisor, "divisor")}


class ByRemainder(_Parted, SqlPartitionerModInteger):
    """One batch for each remainder."""

    def terms(self, relation: Relation) -> Terms:
        """The remainder, with the sign of the column."""
        return {"remainder": _divided(relation, self.column_name, "%", self.mod, "mod")}


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
