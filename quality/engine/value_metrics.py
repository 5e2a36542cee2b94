"""Metrics that are not about single rows: tables, aggregates, distinct values, quantiles, and the user's own SQL."""

import fractions
import math
from collections.abc import Callable
from typing import Any

from quality.engine.domain import Domain
from quality.engine.errors import BadArgumentError, WithheldValueError, WrongTypeError
from quality.engine.plans import Known, Plan, Query, Scan, only_cell
from quality.engine.redaction import WITHHELD
from quality.engine.relation import Relation
from quality.engine.row_rules import is_number, membership_sql, require_number
from quality.engine.samples import plain_value
from quality.engine.sql_text import conjunction, literals

_MOST_ROWS = 200
_MOST_DISTINCT = 20
_MOST_IN_MEMORY = 4_000_000
"""Values that an exact quantile may hold at once, some tens of MiB; more of them are sorted on disk."""

Planner = Callable[[Domain, dict[str, Any]], Plan]


def _there(domain: Domain) -> str:
    """FROM … WHERE over the values of the column that are there."""
    return f"FROM {domain.relation.source} WHERE {conjunction(domain.rows, f'{domain.column} IS NOT NULL')}"


# ---- the table -------------------------------------------------------------------------------------------------


def _row_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    other = domain.kwargs.get("table")
    if other:
        table = Relation.table(domain.relation.connection, other)
        return Query(f"SELECT count(*) FROM {table.source}", only_cell)
    return Scan((domain.count(),))


def _column_types(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return Known([{"name": name, "type": type_name} for name, type_name in domain.relation.types.items()])


# ---- aggregates of one column ----------------------------------------------------------------------------------


def _extreme(call: str) -> Planner:
    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        return Scan((domain.aggregate(f"{call}({domain.column})"),), plain_value)

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
        return Scan((domain.aggregate(f"{call}({domain.column})"),))

    return plan


def _non_null_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return _present_count(domain)


def _non_null_share(domain: Domain, arguments: dict[str, Any]) -> Plan:
    aggregates = (domain.count(), domain.aggregate(f"count({domain.column})"))
    return Scan(aggregates, lambda rows, there: there / rows if rows else 0)


def _distinct_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return Query(f"SELECT count(*) FROM (SELECT DISTINCT {domain.column} {_there(domain)})", only_cell)


def _unique_share(domain: Domain, arguments: dict[str, Any]) -> Plan:
    groups = f"SELECT count(*) AS n {_there(domain)} GROUP BY {domain.column}"
    sql = f"SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM ({groups})"
    return Query(sql, lambda rows: rows[0][0] / rows[0][1] if rows[0][1] else 0)


def _quantiles(domain: Domain, arguments: dict[str, Any]) -> Plan:
    wanted = [float(q) for q in arguments["quantiles"]]
    if any(not 0 <= q <= 1 for q in wanted):
        raise BadArgumentError("column.quantile_values", "quantiles", "are not all from 0 to 1", "Correct them.")

    def sql(count: int) -> str:
        if count <= _MOST_IN_MEMORY:
            return f"SELECT quantile_disc({domain.column}, [{literals(wanted)}]) {_there(domain)}"
        places = [max(1, math.ceil(fractions.Fraction(repr(q)) * count)) - 1 for q in wanted]
        return f"SELECT [{', '.join(_sorted_from(domain, place, 1, 'any_value') for place in places)}]"

    return Query(sql, lambda rows: plain_value(only_cell(rows)) or [None] * len(wanted), _present_count(domain))


def _median(domain: Domain, arguments: dict[str, Any]) -> Plan:
    # The median of a DECIMAL would be rounded to its scale.
    column = f"{domain.column}::DOUBLE" if domain.type_name.startswith("DECIMAL") else domain.column

    def sql(count: int) -> str:
        if count <= _MOST_IN_MEMORY or not is_number(domain.type_name):
            return f"SELECT median({column}) {_there(domain)}"
        return f"SELECT {_sorted_from(domain, (count - 1) // 2, 1 + (count + 1) % 2, 'avg')}"

    return Query(sql, lambda rows: plain_value(only_cell(rows)), _present_count(domain))


def _present_count(domain: Domain) -> Scan:
    return Scan((domain.aggregate(f"count({domain.column})"),))


def _sorted_from(domain: Domain, place: int, many: int, call: str) -> str:
    """``call`` of ``many`` values from ``place`` on in their order: a sort, which spills where a quantile cannot."""
    ordered = f"SELECT {domain.column} AS v {_there(domain)} ORDER BY v LIMIT {many} OFFSET {place}"
    return f"(SELECT {call}(v) FROM ({ordered}))"


# ---- distinct values -------------------------------------------------------------------------------------------


def _column_of(rows: Any) -> list[Any]:
    return [plain_value(row[0]) for row in rows]


def _most_common(domain: Domain, arguments: dict[str, Any]) -> Plan:
    column = domain.column
    sql = f"SELECT {column} {_there(domain)} GROUP BY {column} QUALIFY count(*) = max(count(*)) OVER () ORDER BY 1"
    return Query(sql, _column_of)


def _distinct(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return Query(f"SELECT DISTINCT {domain.column} {_there(domain)}", lambda rows: set(_column_of(rows)))


def _value_counts(domain: Domain, arguments: dict[str, Any]) -> Plan:
    import pandas as pd

    order = {"value": "ORDER BY 1", "count": "ORDER BY 2 DESC", "none": ""}[arguments.get("sort") or "value"]
    sql = f"SELECT {domain.column}, count(*) {_there(domain)} GROUP BY 1 {order}"

    def finish(rows: Any) -> pd.Series:
        index = pd.Index([row[0] for row in rows], name="value")
        return pd.Series([row[1] for row in rows], index=index, name="count")

    return Query(sql, finish)


def _members(domain: Domain, arguments: dict[str, Any]) -> tuple[list[Any], str]:
    values = [value for value in arguments.get("value_set") or [] if value is not None]
    return values, membership_sql(domain.column, domain.type_name, values)


def _strangers_count(domain: Domain, arguments: dict[str, Any]) -> Query:
    _, member = _members(domain, arguments)
    return Query(f"SELECT count(DISTINCT {domain.column}) {_there(domain)} AND NOT ({member})", only_cell)


def _strangers(domain: Domain, arguments: dict[str, Any]) -> Plan:
    _, member = _members(domain, arguments)
    limit = int(arguments.get("limit") or _MOST_DISTINCT)
    shown = domain.redaction.select(domain.column_names[0], domain.column)
    sql = f"SELECT DISTINCT {shown} {_there(domain)} AND NOT ({member}) LIMIT {limit}"
    return Query(sql, _column_of, _strangers_count(domain, arguments))


def _found(domain: Domain, arguments: dict[str, Any]) -> str:
    _, member = _members(domain, arguments)
    return f"SELECT DISTINCT {domain.column} {_there(domain)} AND ({member})"


def _absent_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    values, _ = _members(domain, arguments)
    if not values:
        return Known(0)
    distinct = f"SELECT count(DISTINCT v) FROM (SELECT unnest([{literals(values)}]::{domain.type_name}[]) AS v)"
    sql = f"SELECT ({distinct}) - count(*) FROM ({_found(domain, arguments)})"
    return Query(sql, only_cell)


def _absent(domain: Domain, arguments: dict[str, Any]) -> Plan:
    values, _ = _members(domain, arguments)
    if not values:
        return Known([])
    limit = int(arguments.get("limit") or _MOST_DISTINCT)
    wanted = f"SELECT DISTINCT unnest([{literals(values)}]::{domain.type_name}[])"
    return Query(f"({wanted}) EXCEPT ({_found(domain, arguments)}) ORDER BY 1 LIMIT {limit}", _column_of)


# ---- the user's own SQL ----------------------------------------------------------------------------------------


def batch_sql(domain: Domain, template: str) -> str:
    """``template`` with ``{batch}`` replaced by the relation, and doubled braces undone."""
    rows = domain.relation.source
    if domain.rows != "true":
        rows = f"(SELECT * FROM {rows} WHERE {domain.rows})"
    try:
        return template.format(batch=rows).rstrip().rstrip(";")
    except (KeyError, IndexError, ValueError):
        raise BadArgumentError(
            "query", "the SQL", "holds braces other than {batch}", "Double every literal brace."
        ) from None


def _records(domain: Domain, sql: str, limit: int | None, guard: Query | None) -> Query:
    """Rows of the user's SQL as dictionaries; with redaction on, no value of them, since names may be aliases."""
    quiet, packed = domain.redaction.on, f"SELECT q FROM ({sql}\n) AS q"

    def finish(rows: Any) -> list[dict[str, Any]]:
        records = [row[0] for row in rows]
        if quiet:
            return [dict.fromkeys(record, WITHHELD) for record in records]
        return [plain_value(record) for record in records]

    return Query(packed if limit is None else f"{packed} LIMIT {limit}", finish, guard)


def _query_rows(argument: str, counted: bool = False) -> Planner:
    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        limit = None if arguments.get("fetch_all") else _MOST_ROWS
        count = _query_count(argument)(domain, arguments) if counted else None
        return _records(domain, batch_sql(domain, arguments[argument]), limit, count)

    return plan


def _query_count(argument: str) -> Callable[[Domain, dict[str, Any]], Query]:
    def plan(domain: Domain, arguments: dict[str, Any]) -> Query:
        return Query(f"SELECT count(*) FROM ({batch_sql(domain, arguments[argument])}\n)", only_cell)

    return plan


def _head(domain: Domain, arguments: dict[str, Any]) -> Plan:
    import pandas as pd

    names = list(domain.relation.types)
    shown = ", ".join(domain.redaction.select(name, domain.relation.column(name)) for name in names)
    limit = "" if arguments.get("fetch_all") else f" LIMIT {int(arguments.get('n_rows') or 5)}"
    sql = f"SELECT {shown} FROM {domain.relation.source} WHERE {domain.rows}{limit}"
    return Query(sql, lambda rows: pd.DataFrame(rows, columns=names))


VALUE_METRICS: dict[str, Planner] = {
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
    "column.standard_deviation": _number("stddev_samp"),
    "column.non_null_count": _non_null_count,
    "column.non_null_proportion": _non_null_share,
    "column.unique_proportion": _unique_share,
    "column.distinct_values": _distinct,
    "column.distinct_values.count": _distinct_count,
    "column.distinct_values.not_in_set": _strangers,
    "column.distinct_values.not_in_set.count": _strangers_count,
    "column.distinct_values.missing_from_column": _absent,
    "column.distinct_values.missing_from_column.count": _absent_count,
    "column.value_counts": _value_counts,
    "column.most_common_value": _most_common,
    "column.quantile_values": _quantiles,
    "column.median": _median,
    "query.table": _query_rows("query"),
    "query.row_count": _query_count("query"),
    "base_query.table": _query_rows("base_query"),
    "unexpected_rows_query.table": _query_rows("unexpected_rows_query", counted=True),
    "unexpected_rows_query.row_count": _query_count("unexpected_rows_query"),
}
"""Metric name to how it is planned."""

SHOWS_A_CELL = frozenset(
    {
        "column.min",
        "column.max",
        "column.median",
        "column.quantile_values",
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
