"""The rows a metric speaks about: its relation, its row condition, and the rules for missing values.

Row conditions come as Great Expectations condition objects or as its ``col("x") > 1`` strings.
"""

import decimal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from great_expectations.compatibility.pyparsing import ParseException
from great_expectations.expectations.legacy_row_conditions import condition as one_condition
from great_expectations.expectations.legacy_row_conditions import (
    parse_great_expectations_condition,
)
from great_expectations.expectations.row_conditions import (
    AndCondition,
    ComparisonCondition,
    Condition,
    NullityCondition,
    Operator,
    OrCondition,
    PassThroughCondition,
    deserialize_row_condition,
)

from quality.engine.errors import BadArgumentError
from quality.engine.membership import equality_sql, exact_literal, holds_text, membership_sql
from quality.engine.ordering import number_in, order_sql
from quality.engine.redaction import Redaction, kind_of
from quality.engine.relation import Relation
from quality.engine.sql_text import conjunction, is_missing, number_literal

Comparison = Callable[[str, Any], str]
"""An operator and a bound to the comparison of a value with it."""
_OF_EQUALITY = (Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN, Operator.NOT_IN)
_MISSING = {
    "both_values_are_missing": "NOT ({all_null})",
    "all_values_are_missing": "NOT ({all_null})",
    "either_value_is_missing": "NOT ({any_null})",
    "any_value_is_missing": "NOT ({any_null})",
    "neither": "true",
    "never": "true",
}


@dataclass(frozen=True)
class Domain:
    """One metric's rows: ``kwargs`` are the domain arguments of Great Expectations."""

    relation: Relation
    kwargs: dict[str, Any]
    redaction: Redaction

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns the metric names, whatever its kind."""
        if self.kwargs.get("column"):
            return (self.kwargs["column"],)
        if self.kwargs.get("column_A"):
            return (self.kwargs["column_A"], self.kwargs["column_B"])
        return tuple(self.kwargs.get("column_list") or ())

    @property
    def columns(self) -> tuple[str, ...]:
        """The same columns, quoted. Raises ``MissingColumnError``."""
        return tuple(self.relation.column(name) for name in self.column_names)

    @property
    def typed_columns(self) -> tuple[tuple[str, str], ...]:
        """The same columns with their types."""
        return tuple((self.relation.column(name), self.relation.types[name]) for name in self.column_names)

    @property
    def column(self) -> str:
        """The one column of a column metric, quoted."""
        return self.columns[0]

    @property
    def type_name(self) -> str:
        """DuckDB's type of the one column."""
        self.relation.column(self.column_names[0])
        return self.relation.types[self.column_names[0]]

    def shown(self, name: str) -> str:
        """SQL of column ``name``, as much of it as may be seen. Raises ``MissingColumnError``."""
        column = self.relation.column(name)
        return self.redaction.select(name, self.relation.types[name], column)

    @property
    def rows(self) -> str:
        """BOOLEAN SQL of the row condition."""
        return condition_sql(self.relation, self.kwargs.get("row_condition"), self._parser)

    @property
    def there(self) -> str:
        """FROM … WHERE over the values of the one column that are there."""
        return f"FROM {self.relation.source} WHERE {conjunction(self.rows, f'{self.column} IS NOT NULL')}"

    @property
    def present(self) -> str:
        """BOOLEAN SQL: rows on which a rule about several columns is to be judged (``ignore_row_if``)."""
        rule = self.kwargs.get("ignore_row_if") or "never"
        if rule not in _MISSING:
            raise BadArgumentError("ignore_row_if", repr(rule), "is not known", f"Use one of {sorted(_MISSING)}.")
        nulls = [f"{column} IS NULL" for column in self.columns]
        return _MISSING[rule].format(all_null=" AND ".join(nulls), any_null=" OR ".join(nulls))

    @property
    def _parser(self) -> str | None:
        return self.kwargs.get("condition_parser")

    def count(self, *conditions: str) -> str:
        """An aggregate that counts the rows of this domain where all ``conditions`` are true."""
        where = conjunction(self.rows, *conditions)
        return "count(*)" if where == "true" else f"count(*) FILTER (WHERE {where})"

    def aggregate(self, call: str) -> str:
        """``call``, an aggregate, over the rows of this domain."""
        return call if self.rows == "true" else f"{call} FILTER (WHERE {self.rows})"


def condition_sql(relation: Relation, condition: Any, parser: str | None = None) -> str:
    """BOOLEAN SQL of a row condition: an object, its dictionary, or a ``great_expectations`` string."""
    if condition is None or condition == "":
        return "true"
    if isinstance(condition, dict):
        condition = deserialize_row_condition(condition)
    if isinstance(condition, str):
        if parser in ("pandas", "spark"):
            raise BadArgumentError(
                "row_condition", f"with condition_parser={parser!r}", "is Python text", "Use gx's Column conditions."
            )
        return _parsed_sql(relation, condition)
    return _object_sql(relation, condition)


def _object_sql(relation: Relation, condition: Condition) -> str:
    """SQL of a condition object, recursively."""
    if isinstance(condition, AndCondition):
        return " AND ".join(f"({_object_sql(relation, part)})" for part in condition.conditions)
    if isinstance(condition, OrCondition):
        return " OR ".join(f"({_object_sql(relation, part)})" for part in condition.conditions)
    if isinstance(condition, NullityCondition):
        return f"{relation.column(condition.column.name)} IS {'NULL' if condition.is_null else 'NOT NULL'}"
    if isinstance(condition, ComparisonCondition):
        return _comparison_sql(relation, condition.column.name, condition.operator, condition.parameter)
    why = "is Python text" if isinstance(condition, PassThroughCondition) else "is not a condition"
    raise BadArgumentError("row_condition", type(condition).__name__, why, "Use gx's Column conditions.")


def _comparison_sql(relation: Relation, name: str, operator: Operator | str, parameter: Any) -> str:
    """SQL of one comparison; an empty IN is false and an empty NOT IN true, as in Great Expectations."""
    column, kind = relation.column(name), relation.types[name]
    operator = Operator(operator)  # a condition read from JSON holds plain text
    if operator not in _OF_EQUALITY:
        ordered = order_sql(column, kind, operator.value, parameter)
        if ordered is None:
            raise _another_kind(name, kind, parameter)
        return ordered
    listed = operator in (Operator.IN, Operator.NOT_IN)
    values = [_as_number(value, kind) for value in (parameter if listed else [parameter])]
    _refuse_another_kind(name, kind, values)
    alike = membership_sql(column, kind, values) if listed else equality_sql(column, kind, values[0])
    if operator in (Operator.IN, Operator.EQUAL):
        return alike
    return f"({column} IS NOT NULL AND NOT ({alike}))" if values else "true"


def _as_number(value: Any, type_name: str) -> Any:
    """A number that a condition holds as text, where the column holds numbers; else the value as it is."""
    if not isinstance(value, str) or holds_text(type_name) or exact_literal(type_name, value) is not None:
        return value
    number = number_in(value)
    return value if number is None else number


def _refuse_another_kind(name: str, type_name: str, values: Iterable[Any]) -> None:
    """Raise ``BadArgumentError`` for text among other values or the reverse: no row would be judged, unseen."""
    for value in values:
        another = isinstance(value, str) or holds_text(type_name)
        if another and not is_missing(value) and exact_literal(type_name, value) is None:
            raise _another_kind(name, type_name, value)


def _another_kind(name: str, type_name: str, value: Any) -> BadArgumentError:
    why = f"compares column {name!r}, which is {kind_of(type_name)}, with {type(value).__name__}"
    return BadArgumentError("row_condition", "the condition", why, "Give a value of the column's type.")


def _parsed_sql(relation: Relation, text: str) -> str:
    """SQL of a ``col("x") == 1`` string, by Great Expectations' own parser."""
    parsed = _parsed(text)
    column = relation.column(parsed["column"])
    if "notnull" in parsed:
        return f"{column} IS NOT NULL"
    if "fnumber" in parsed:
        number = decimal.Decimal(parsed["fnumber"])
        return _comparison_sql(relation, parsed["column"], parsed["op"], number)
    value = parsed["condition_value"] if "condition_value" in parsed else parsed["date"]
    return _comparison_sql(relation, parsed["column"], parsed["op"], value)


def _parsed(text: str) -> Any:
    """The parts of a condition string. Raises ``BadArgumentError`` for text that goes on behind a condition."""
    parsed = parse_great_expectations_condition(text)  # says what is wrong with text that begins with no condition
    try:
        one_condition.parse_string(text, parse_all=True)
    except ParseException:
        why, fix = "goes on behind its one comparison", "Join conditions as gx's Column conditions."
        raise BadArgumentError("row_condition", "the text", why, fix) from None
    return parsed


def number_bound(expression: str) -> Comparison:
    """How a number is compared with a bound."""
    return lambda operator, bound: f"{expression} {operator} {number_literal(bound)}"


def bounds_sql(compare: Comparison, arguments: dict[str, Any], metric: str) -> str:
    """A value between ``min_value`` and ``max_value``, either strict on request. ``BadArgumentError``."""
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is None and high is None:
        raise BadArgumentError(metric, "min_value and max_value", "are both missing", "Give at least one.")
    if low is not None and high is not None and low > high:
        raise BadArgumentError(metric, "min_value", "cannot be greater than max_value", "Exchange them.")
    parts = []
    if low is not None:
        parts.append(compare(">" if arguments.get("strict_min") else ">=", low))
    if high is not None:
        parts.append(compare("<" if arguments.get("strict_max") else "<=", high))
    return conjunction(*parts)
