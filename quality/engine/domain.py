"""The rows a metric speaks about: its relation, its row condition, and the rules for missing values.

Row conditions come as Great Expectations condition objects or as its ``col("x") > 1`` strings.
"""

from dataclasses import dataclass
from typing import Any

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
    deserialize_row_condition,
)

from quality.engine.errors import BadArgumentError
from quality.engine.redaction import Redaction
from quality.engine.relation import Relation
from quality.engine.sql_text import conjunction, literal, literals

_SQL_OPERATORS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

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
    def column(self) -> str:
        """The one column of a column metric, quoted."""
        return self.columns[0]

    @property
    def type_name(self) -> str:
        """DuckDB's type of the one column."""
        self.relation.column(self.column_names[0])
        return self.relation.types[self.column_names[0]]

    @property
    def rows(self) -> str:
        """BOOLEAN SQL of the row condition."""
        return condition_sql(self.relation, self.kwargs.get("row_condition"), self._parser)

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
        return _comparison_sql(relation.column(condition.column.name), condition.operator, condition.parameter)
    raise BadArgumentError("row_condition", type(condition).__name__, "is not a condition", "Use Column conditions.")


def _comparison_sql(column: str, operator: Operator, parameter: Any) -> str:
    """SQL of one comparison; an empty IN is false and an empty NOT IN true, as in Great Expectations."""
    operator = Operator(operator)  # a condition read from JSON holds plain text
    if operator is Operator.IN:
        return f"{column} IN ({literals(parameter)})" if parameter else "false"
    if operator is Operator.NOT_IN:
        return f"{column} NOT IN ({literals(parameter)})" if parameter else "true"
    return f"{column} {_SQL_OPERATORS[operator.value]} {literal(parameter)}"


def _parsed_sql(relation: Relation, text: str) -> str:
    """SQL of a ``col("x") == 1`` string, by Great Expectations' own parser."""
    parsed = parse_great_expectations_condition(text)
    column = relation.column(parsed["column"])
    if "notnull" in parsed:
        return f"{column} IS NOT NULL"
    if "fnumber" in parsed:
        return f"{column} {_SQL_OPERATORS[parsed['op']]} {parsed['fnumber']}"
    value = parsed["condition_value"] if "condition_value" in parsed else parsed["date"]
    return f"{column} {_SQL_OPERATORS[parsed['op']]} {literal(value)}"
