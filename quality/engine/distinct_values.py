"""Metrics of the distinct values of a column: which there are, how often, and how they stand to a set. One statement
each, where a shared scan would hold them all in memory."""

from collections.abc import Callable
from typing import Any

from quality.engine.domain import Domain
from quality.engine.membership import list_sql, membership_sql, text_of, written_values
from quality.engine.plans import Known, Plan, Planner, Query, only_cell
from quality.engine.samples import as_in_a_suite, plain_value

_MOST_DISTINCT = 20


def _distinct_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return Query(f"SELECT count(*) FROM (SELECT DISTINCT {domain.column} {domain.there})", only_cell)


def _unique_share(domain: Domain, arguments: dict[str, Any]) -> Plan:
    groups = f"SELECT count(*) AS n {domain.there} GROUP BY {domain.column}"
    sql = f"SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM ({groups})"
    return Query(sql, lambda rows: rows[0][0] / rows[0][1] if rows[0][1] else 0)


def column_of(rows: Any) -> list[Any]:
    """The values of a one-column answer."""
    return [plain_value(row[0]) for row in rows]


def _most_common(domain: Domain, arguments: dict[str, Any]) -> Plan:
    """The most frequent values; where the rule's set is known, each that it holds as it stands there.

    Great Expectations looks them up in the set as Python objects, which a cell and a value of a rule need not be alike.
    """
    column, kind = domain.column, domain.type_name
    written = written_values(column, kind, arguments.get("value_set") or ())
    listed = [(text, values[0]) for text, values in written.items() if text is not None]
    shown = "v::VARCHAR::DOUBLE" if kind == "FLOAT" else "v"
    found = f"list_position({list_sql(kind, [text for text, _ in listed])}, {text_of('v', kind)})" if listed else "NULL"
    counted = f"SELECT {column} AS v, count(*) AS n {domain.there} GROUP BY 1"
    sql = f"SELECT {shown}, {found} FROM ({counted}) QUALIFY n = max(n) OVER () ORDER BY v"
    plain = int if kind == "BIGNUM" else lambda value: as_in_a_suite(plain_value(value))
    return Query(sql, lambda rows: [listed[at - 1][1] if at else plain(v) for v, at in rows])


def _distinct(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return Query(f"SELECT DISTINCT {domain.column} {domain.there}", lambda rows: set(column_of(rows)))


def _value_counts(domain: Domain, arguments: dict[str, Any]) -> Plan:
    import pandas as pd

    order = {"value": "ORDER BY 1", "count": "ORDER BY 2 DESC", "none": ""}[arguments.get("sort") or "value"]
    sql = f"SELECT {domain.column}, count(*) {domain.there} GROUP BY 1 {order}"

    def finish(rows: Any) -> pd.Series:
        index = pd.Index([row[0] for row in rows], name="value")
        return pd.Series([row[1] for row in rows], index=index, name="count")

    return Query(sql, finish)


def _member(domain: Domain, arguments: dict[str, Any]) -> str:
    return membership_sql(domain.column, domain.type_name, arguments.get("value_set") or ())


def _strangers_count(domain: Domain, arguments: dict[str, Any]) -> Query:
    strange = f"NOT ({_member(domain, arguments)})"
    return Query(f"SELECT count(DISTINCT {domain.column}) {domain.there} AND {strange}", only_cell)


def _limit_of(arguments: dict[str, Any]) -> int:
    return _MOST_DISTINCT if arguments.get("limit") is None else int(arguments["limit"])


def _strangers(domain: Domain, arguments: dict[str, Any]) -> Plan:
    shown, strange = domain.shown(domain.column_names[0]), f"NOT ({_member(domain, arguments)})"
    sql = f"SELECT DISTINCT {shown} {domain.there} AND {strange} LIMIT {_limit_of(arguments)}"
    return Query(sql, column_of, _strangers_count(domain, arguments))


def _missing_values(domain: Domain, arguments: dict[str, Any], finish: Callable[[list[Any]], Any]) -> Plan:
    """The values of the set that no cell equals, first those that none could equal."""
    written = written_values(domain.column, domain.type_name, arguments.get("value_set") or ())
    never = list(dict.fromkeys(map(plain_value, written.pop(None, []))))
    if not written:
        return Known(finish(never))
    listed = [(literal_text, values[0]) for literal_text, values in written.items() if literal_text is not None]
    wanted = (
        f"SELECT unnest(range({len(listed)})) AS n, "
        f"unnest({list_sql(domain.type_name, [text for text, _ in listed])}) AS v"
    )
    cells = f"SELECT {text_of(domain.column, domain.type_name)} {domain.there}"
    sql = f"SELECT n FROM ({wanted}) WHERE v IS NULL OR v NOT IN ({cells}) ORDER BY n"
    return Query(sql, lambda rows: finish(never + [plain_value(listed[n][1]) for (n,) in rows]))


def _absent_count(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return _missing_values(domain, arguments, len)


def _absent(domain: Domain, arguments: dict[str, Any]) -> Plan:
    return _missing_values(domain, arguments, lambda values: values[: _limit_of(arguments)])


def _under_threshold(domain: Domain, arguments: dict[str, Any]) -> Plan:
    """Whether there are fewer distinct values than ``threshold``."""
    counted = f"SELECT count(*) FROM (SELECT DISTINCT {domain.column} {domain.there})"
    return Query(counted, lambda rows: only_cell(rows) < arguments["threshold"])


DISTINCT_METRICS: dict[str, Planner] = {
    "column.unique_proportion": _unique_share,
    "column.distinct_values": _distinct,
    "column.distinct_values.count": _distinct_count,
    "column.distinct_values.count.under_threshold": _under_threshold,
    "column.distinct_values.not_in_set": _strangers,
    "column.distinct_values.not_in_set.count": _strangers_count,
    "column.distinct_values.missing_from_column": _absent,
    "column.distinct_values.missing_from_column.count": _absent_count,
    "column.value_counts": _value_counts,
    "column.most_common_value": _most_common,
}
"""Metric name to how it is planned."""
