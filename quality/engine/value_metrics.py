"""Metrics that are not about single rows, and the table of all such metrics: tables, aggregates, quantiles, samples.

Distinct values are in ``distinct_values``, the user's own SQL in ``queries``. Which metrics show cells is said here.
"""

import fractions
import math
from typing import Any

from quality.engine.distinct_values import DISTINCT_METRICS, column_of
from quality.engine.domain import Domain
from quality.engine.errors import BadArgumentError, WithheldValueError, WrongTypeError
from quality.engine.map_metrics import judged_count
from quality.engine.plans import Known, Plan, Planner, Query, Scan, only_cell
from quality.engine.queries import QUERY_METRICS
from quality.engine.relation import Relation
from quality.engine.row_rule import is_number, need_text, require_number
from quality.engine.row_rules import ROW_RULES
from quality.engine.samples import as_in_a_suite, plain_value
from quality.engine.spread import can_be_infinite, deviation, has_square
from quality.engine.sql_text import conjunction, literals
from quality.engine.type_names import TypeName

_HEAD = 5
_SAMPLES = 20
_MOST_IN_MEMORY = 4_000_000
"""Values that an exact quantile may hold at once, some tens of MiB; more of them are sorted on disk."""


# ---- the table -------------------------------------------------------------------------------------------------


def _row_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    other = domain.kwargs.get("table")
    if other:
        table = Relation.table(domain.relation.connection, other)
        return Query(f"SELECT count(*) FROM {table.source}", only_cell)
    return Scan((domain.count(),))


def _column_types(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return Known([{"name": name, "type": TypeName(type_name)} for name, type_name in domain.relation.types.items()])


# ---- aggregates of one column ----------------------------------------------------------------------------------


def _extreme(call: str) -> Planner:
    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        return Scan((domain.aggregate(f"{call}({domain.column})"),), lambda value: as_in_a_suite(plain_value(value)))

    return plan


def _newest_day(domain: Domain, arguments: dict[str, Any]) -> Plan:
    """The latest date in a column of dates or timestamps; for expectations that print an age and not the date."""
    if not domain.type_name.startswith(("DATE", "TIMESTAMP")):
        name = domain.column_names[0]
        raise WrongTypeError(name, domain.type_name, "column.newest_day", "dates or timestamps")
    return Scan((domain.aggregate(f"max({domain.column})::DATE"),))


def _number(call: str) -> Planner:
    """An aggregate that only numbers have; DECIMAL results become DOUBLE, as Great Expectations prints them."""

    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        require_number(domain, f"column.{call}")
        return Scan((domain.aggregate(f"{call}({domain.column})"),), as_in_a_suite)

    return plan


def _deviation(domain: Domain, arguments: dict[str, Any]) -> Plan:
    """The sample deviation; NaN of a column that holds anything infinite."""
    require_number(domain, "column.standard_deviation")
    return Scan(_spread(domain), _defined)


def _spread(domain: Domain) -> tuple[str, ...]:
    """The deviation of what has one, and where there may be other values their number."""
    call = deviation(domain.column, domain.type_name, domain.rows)
    others = domain.count(f"{domain.column} IS NOT NULL", f"NOT {has_square(domain.column)}")
    return (call, others) if can_be_infinite(domain.type_name) else (call,)


def _defined(spread: Any, others: int = 0) -> Any:
    return math.nan if others else spread


def _non_null_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return _present_count(domain)


def _non_null_share(domain: Domain, arguments: dict[str, Any]) -> Plan:
    aggregates = (domain.count(), domain.aggregate(f"count({domain.column})"))
    return Scan(aggregates, lambda rows, there: there / rows if rows else 0)


def _quantiles(domain: Domain, arguments: dict[str, Any]) -> Plan:
    wanted = [float(q) for q in arguments["quantiles"]]
    if any(not 0 <= q <= 1 for q in wanted):
        raise BadArgumentError("column.quantile_values", "quantiles", "are not all from 0 to 1", "Correct them.")

    def sql(count: int) -> str:
        if count <= _MOST_IN_MEMORY:
            return f"SELECT quantile_disc({domain.column}, [{literals(wanted)}]) {domain.there}"
        places = [max(1, math.ceil(fractions.Fraction(repr(q)) * count)) - 1 for q in wanted]
        return f"SELECT [{', '.join(_sorted_from(domain, place, 1, 'any_value') for place in places)}]"

    return Query(sql, lambda rows: plain_value(only_cell(rows)) or [None] * len(wanted), _present_count(domain))


def _median(domain: Domain, arguments: dict[str, Any]) -> Plan:
    # The median of a DECIMAL would be rounded to its scale.
    column = f"{domain.column}::DOUBLE" if domain.type_name.startswith("DECIMAL") else domain.column

    def sql(count: int) -> str:
        if count <= _MOST_IN_MEMORY or not is_number(domain.type_name):
            return f"SELECT median({column}) {domain.there}"
        return f"SELECT {_sorted_from(domain, (count - 1) // 2, 1 + (count + 1) % 2, 'avg')}"

    return Query(sql, lambda rows: plain_value(only_cell(rows)), _present_count(domain))


def _present_count(domain: Domain) -> Scan:
    return Scan((domain.aggregate(f"count({domain.column})"),))


def _sorted_from(domain: Domain, place: int, many: int, call: str) -> str:
    """``call`` of ``many`` values from ``place`` on in their order: a sort, which spills where a quantile cannot."""
    ordered = f"SELECT {domain.column} AS v {domain.there} ORDER BY v LIMIT {many} OFFSET {place}"
    return f"(SELECT {call}(v) FROM ({ordered}))"


def _head(domain: Domain, arguments: dict[str, Any]) -> Plan:
    import pandas as pd

    names = list(domain.relation.types)
    shown = ", ".join(domain.shown(name) for name in names)
    wanted = _HEAD if arguments.get("n_rows") is None else int(arguments["n_rows"])
    limit = "" if arguments.get("fetch_all") else f" LIMIT {wanted}"
    sql = f"SELECT {shown} FROM {domain.relation.source} WHERE {domain.rows}{limit}"
    return Query(sql, lambda rows: pd.DataFrame(rows, columns=names))


def _sample(domain: Domain, where: str, limit: Any, guard: Scan | None = None) -> Query:
    """Some values of the column, as much of them as may be seen."""
    rows = f"{domain.relation.source} WHERE {conjunction(domain.rows, where)}"
    most = f" LIMIT {limit}" if isinstance(limit, int) else ""
    return Query(f"SELECT {domain.shown(domain.column_names[0])} FROM {rows}{most}", column_of, guard)


def _sample_values(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return _sample(domain, "true", arguments.get("count", _SAMPLES))


def _matching(rule: str, broken: bool) -> Planner:
    """The values that keep, or break, a rule about patterns."""

    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        made = ROW_RULES[rule](domain, arguments)
        wanted = made.broken if broken else f"NOT ({made.broken})"
        limit = arguments.get("limit", _SAMPLES)
        return _sample(domain, conjunction(made.applies, wanted), limit, judged_count(domain, made, wanted))

    return plan


def _descriptive_stats(domain: Domain, arguments: dict[str, Any]) -> Plan:
    from great_expectations.metrics.column.descriptive_stats import DescriptiveStats

    require_number(domain, "column.descriptive_stats")
    calls = tuple(domain.aggregate(f"{call}({domain.column})") for call in ("min", "max", "avg"))
    return Scan(
        (*calls, *_spread(domain)),
        lambda low, high, mean, *spread: DescriptiveStats(
            min=low, max=high, mean=mean, standard_deviation=_defined(*spread)
        ),
    )


def _length(call: str) -> Planner:
    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        return Scan((domain.aggregate(f"{call}(length({need_text(domain, f'column_values.length.{call}')}))"),))

    return plan


def _is_missing(domain: Domain, arguments: dict[str, Any]) -> Plan:
    """The condition as Great Expectations' SQL engine words it: a clause of SQLAlchemy."""
    import sqlalchemy

    domain.relation.column(domain.column_names[0])
    return Known(sqlalchemy.column(domain.column_names[0]).is_(None))


VALUE_METRICS: dict[str, Planner] = {
    **DISTINCT_METRICS,
    **QUERY_METRICS,
    "table.row_count": _row_count,
    "table.columns": lambda domain, arguments: Known(list(domain.relation.types)),
    "table.column_count": lambda domain, arguments: Known(len(domain.relation.types)),
    "table.column_types": _column_types,
    "table.head": _head,
    "column.min": _extreme("min"),
    "column.max": _extreme("max"),
    "column.newest_day": _newest_day,
    "column.mean": _number("avg"),
    "column.sum": _number("sum"),
    "column.standard_deviation": _deviation,
    "column.non_null_count": _non_null_count,
    "column.non_null_proportion": _non_null_share,
    "column.quantile_values": _quantiles,
    "column.median": _median,
    "column.descriptive_stats": _descriptive_stats,
    "column.sample_values": _sample_values,
    "column_values.match_regex": _matching("column_values.match_regex", broken=False),
    "column_values.not_match_regex_values": _matching("column_values.match_regex", broken=True),
    "column_values.nonnull.condition": _is_missing,
    "column_values.length.min": _length("min"),
    "column_values.length.max": _length("max"),
}
"""Metric name to how it is planned."""

SHOWS_A_CELL = frozenset(
    {
        "column.min",
        "column.max",
        "column.median",
        "column.quantile_values",
        "column.descriptive_stats",
        "column.most_common_value",
        "column.distinct_values",
        "column.value_counts",
    }
)
"""Metrics whose value is, or may be, the content of a cell, and that an expectation compares before printing."""


def refuse_cell(metric: str, domain: Domain) -> None:
    """Raise ``WithheldValueError`` if the value of ``metric`` would be a cell of a column that must stay quiet."""
    if metric in SHOWS_A_CELL and not domain.redaction.plain(domain.column_names[0]):
        raise WithheldValueError(metric, domain.column_names[0])
