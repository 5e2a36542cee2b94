"""Which values of a column lie too far from its others: z-scores and outliers. SQL text, per row.

A statistic that infinite or missing values leave undefined condemns nobody, as in Great Expectations: the comparison is
then NULL, and a row is broken only where it is false.
"""

from typing import Any

from quality.engine.domain import Domain
from quality.engine.errors import BadArgumentError
from quality.engine.sql_text import conjunction, literal

IQR, STD = "iqr", "std"


def deviation(value: str, type_name: str, rows: str = "true") -> str:
    """The sample deviation of ``value`` in ``rows``, without those of which DuckDB refuses to give one."""
    where = conjunction(rows, has_square(value) if can_be_infinite(type_name) else None)
    return f"stddev_samp({value})" + ("" if where == "true" else f" FILTER (WHERE {where})")


def can_be_infinite(type_name: str) -> bool:
    """Whether a column of that type can hold infinity or NaN."""
    return type_name in ("FLOAT", "DOUBLE")


def has_square(value: str) -> str:
    """BOOLEAN SQL: ``value`` is a number whose square is one, as a deviation needs."""
    return f"(abs({value}) < 1e150)"


def z_score_sql(domain: Domain, arguments: dict[str, Any]) -> str:
    """The value is less than ``threshold`` deviations from the mean; NULL where there is no deviation."""
    threshold, both = arguments["threshold"], arguments.get("double_sided") in (True, None)
    mean = _over_the_column(domain, f"avg({domain.column})")
    score = f"({domain.column} - {mean}) / nullif({_spread(domain, domain.column)}, 0)"
    return f"abs({score}) < {literal(abs(threshold))}" if both else f"{score} < {literal(threshold)}"


def not_outlier_sql(domain: Domain, arguments: dict[str, Any]) -> str:
    """The value is within ``multiplier`` spreads; a fence is within for ``iqr``, the threshold is not for ``std``."""
    method, factor = _given(arguments, "method", IQR), literal(_given(arguments, "multiplier", 1.5))
    # As a DOUBLE, because the quantiles of a DECIMAL are rounded to its scale.
    value = f"{domain.column}::DOUBLE"
    if method == IQR:
        low, high = (_over_the_column(domain, f"quantile_cont({value}, {q})") for q in (0.25, 0.75))
        reach = f"{factor} * ({high} - {low})"
        fenced = f"{value} >= {low} - {reach} AND {value} <= {high} + {reach}"
        return f"CASE WHEN isfinite({low}) AND isfinite({high}) THEN {fenced} END"
    if method != STD:
        raise BadArgumentError("column_values.not_outliers", f"method {method!r}", "is not known", "Use iqr or std.")
    mean, spread = _over_the_column(domain, f"avg({value})"), _spread(domain, value)
    near = f"abs({value} - {mean}) < {factor} * {spread}"
    return f"CASE WHEN {factor} * {spread} <= 0 THEN {value} = {mean} ELSE {near} END"


def _given(arguments: dict[str, Any], name: str, default: Any) -> Any:
    """An argument, 0 included, or its default."""
    return default if arguments.get(name) is None else arguments[name]


def _spread(domain: Domain, value: str) -> str:
    """The sample deviation as a scalar; NULL if the column holds anything without a square."""
    call = deviation(value, domain.type_name)
    if can_be_infinite(domain.type_name):
        call = f"CASE WHEN count(*) FILTER (WHERE NOT {has_square(value)}) = 0 THEN {call} END"
    return _over_the_column(domain, call)


def _over_the_column(domain: Domain, call: str) -> str:
    """A scalar subquery: ``call`` over the domain's rows."""
    return f"(SELECT {call} FROM {domain.relation.source} WHERE {domain.rows})"
