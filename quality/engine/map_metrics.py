"""Counts and samples of row rules: every ``<rule>.unexpected_…`` metric, from one rule's SQL."""

from collections.abc import Callable, Sequence
from typing import Any

from quality.engine.domain import Domain
from quality.engine.errors import BadArgumentError
from quality.engine.plans import Known, Plan, Query, Scan, only_cell
from quality.engine.row_rule import RowRule
from quality.engine.row_rules import ROW_RULES, windowed
from quality.engine.samples import plain_value
from quality.engine.sql_text import conjunction, identifier

_MOST_ROWS = 200
_DEFAULT_PARTIAL = 20
_MARK = "__broken"
_NONE = " LIMIT 0"


def _where(domain: Domain, rule: RowRule) -> str:
    """The rows of the domain on which the rule is asked."""
    return conjunction(domain.rows, rule.applies)


def _broken_rows(domain: Domain, rule: RowRule) -> str:
    """A FROM … WHERE that yields the broken rows, all columns."""
    source, where = domain.relation.source, _where(domain, rule)
    if rule.alike:
        keys = ", ".join(rule.alike)
        return (
            f"FROM (SELECT * FROM {source} WHERE {where} QUALIFY count(*) OVER (PARTITION BY {keys}) > {rule.beyond})"
        )
    if windowed(rule):
        inner = f"SELECT *, {rule.broken} AS {_MARK} FROM {source} WHERE {where}"
        return f"FROM (SELECT * EXCLUDE ({_MARK}) FROM ({inner}) WHERE {_MARK})"
    return f"FROM {source} WHERE {conjunction(where, rule.broken)}"


def _count(domain: Domain, rule: RowRule) -> Scan | Query:
    """How many rows are broken."""
    if rule.alike:
        groups = (
            f"SELECT count(*) AS n FROM {domain.relation.source} WHERE {_where(domain, rule)} "
            f"GROUP BY {', '.join(rule.alike)} HAVING count(*) > {rule.beyond}"
        )
        return Query(f"SELECT coalesce(sum(n), 0)::BIGINT FROM ({groups})", lambda rows: only_cell(rows) or 0)
    if windowed(rule):
        return Query(f"SELECT count(*) {_broken_rows(domain, rule)}", lambda rows: only_cell(rows) or 0)
    return judged_count(domain, rule, rule.broken)


def judged_count(domain: Domain, rule: RowRule, *conditions: str) -> Scan:
    """A count of judged rows where all ``conditions`` are true; a rule that cannot judge some has none."""
    counted, refusal = domain.count(rule.applies, *conditions), rule.refusal
    if refusal is None:
        return Scan((counted,))

    def finish(count: int, unsure: int) -> int:
        if unsure:
            raise refusal
        return count

    return Scan((counted, domain.count(rule.applies, rule.unsure)), finish)


def _result_format(arguments: dict[str, Any]) -> dict[str, Any]:
    """The result format as a dictionary."""
    result_format = arguments.get("result_format") or {}
    return {"result_format": result_format} if isinstance(result_format, str) else result_format


def _excluded(arguments: dict[str, Any]) -> bool:
    """Whether the caller wants no value of a judged column (``exclude_unexpected_values``)."""
    return bool(_result_format(arguments).get("exclude_unexpected_values"))


def _limit(arguments: dict[str, Any]) -> str:
    """As many samples as the result format asks for: all of them for COMPLETE."""
    result_format = _result_format(arguments)
    if result_format.get("result_format") == "COMPLETE":
        return ""
    return f" LIMIT {int(result_format.get('partial_unexpected_count', _DEFAULT_PARTIAL))}"


def _shown(domain: Domain, names: Sequence[str]) -> str:
    """A select list of ``names``, each as much of it as may be seen."""
    return ", ".join(f"{domain.shown(name)} AS {identifier(name)}" for name in names)


def _fetch(domain: Domain, rule: RowRule, names: Sequence[str], limit: str, finish: Callable[[Any], Any]) -> Plan:
    """Samples of ``names`` from the broken rows; no statement where none are asked for."""
    if limit == _NONE:
        return Known(finish([]))
    sql = f"SELECT {_shown(domain, names)} {_broken_rows(domain, rule)}{limit}"
    return Query(sql, lambda rows: finish([tuple(map(plain_value, row)) for row in rows]), _count(domain, rule))


def _values(domain: Domain, rule: RowRule, arguments: dict[str, Any]) -> Plan:
    """``unexpected_values``: scalars, pairs, or records, by the kind of the metric; none where they are excluded."""
    if _excluded(arguments):
        return Known([])
    names = domain.column_names

    def finish(rows: list[tuple[Any, ...]]) -> list[Any]:
        if "column_A" in domain.kwargs:
            return rows
        if "column_list" in domain.kwargs:
            return [dict(zip(names, row, strict=True)) for row in rows]
        return [row[0] for row in rows]

    return _fetch(domain, rule, names, _limit(arguments), finish)


def _index_names(arguments: dict[str, Any]) -> list[str]:
    """The caller's row-index columns."""
    names = _result_format(arguments).get("unexpected_index_column_names")
    return [names] if isinstance(names, str) else list(names or ())


def _index_list(domain: Domain, rule: RowRule, arguments: dict[str, Any]) -> Plan:
    """``unexpected_index_list``: the judged columns and the row-index columns of each broken row.

    Where values are excluded, one dictionary of the row-index columns alone, as in Great Expectations.
    """
    indexes = _index_names(arguments)
    if not indexes:
        return Known(None)
    if _excluded(arguments):
        return _fetch(domain, rule, indexes, _limit(arguments), lambda rows: _by_column(indexes, rows))
    names = [*dict.fromkeys((*domain.column_names, *indexes))]
    return _fetch(
        domain, rule, names, _limit(arguments), lambda rows: [dict(zip(names, row, strict=True)) for row in rows]
    )


def _by_column(names: list[str], rows: list[tuple[Any, ...]]) -> list[dict[str, list[Any]]]:
    return [{name: [row[n] for row in rows] for n, name in enumerate(names)}] if rows else []


def _index_query(domain: Domain, rule: RowRule, arguments: dict[str, Any]) -> Plan:
    """``unexpected_index_query``: SQL that finds the broken rows; it holds the rule and no value."""
    names = [*dict.fromkeys((*_index_names(arguments), *domain.column_names))]
    listed = ", ".join(domain.relation.column(name) for name in names) or "*"
    return Known(f"SELECT {listed} {_broken_rows(domain, rule)};")


def _rows(domain: Domain, rule: RowRule, arguments: dict[str, Any]) -> Plan:
    """``unexpected_rows``: whole broken rows as dictionaries, at most 200; the index columns alone on request."""
    names = _index_names(arguments) if _excluded(arguments) else list(domain.relation.types)
    if not names:
        return Known([])
    limit = _limit(arguments) or f" LIMIT {_MOST_ROWS}"
    return _fetch(domain, rule, names, limit, lambda rows: [dict(zip(names, row, strict=True)) for row in rows])


def _value_counts(domain: Domain, rule: RowRule, arguments: dict[str, Any]) -> Plan:
    """``unexpected_value_counts``: each broken value with its count, most frequent first."""
    if _limit(arguments) == _NONE or _excluded(arguments):
        return Known([])
    shown = domain.shown(domain.column_names[0])
    sql = f"SELECT {shown} AS v, count(*) AS n {_broken_rows(domain, rule)} GROUP BY 1 ORDER BY 2 DESC, 1"
    return Query(sql + _limit(arguments), lambda rows: [(plain_value(v), n) for v, n in rows], _count(domain, rule))


_SUFFIXES: dict[str, Callable[[Domain, RowRule, dict[str, Any]], Plan]] = {
    "unexpected_count": lambda domain, rule, arguments: _count(domain, rule),
    "count": lambda domain, rule, arguments: judged_count(domain, rule, f"NOT ({rule.broken})"),
    "filtered_row_count": lambda domain, rule, arguments: judged_count(domain, rule),
    "unexpected_values": _values,
    "unexpected_index_list": _index_list,
    "unexpected_index_query": _index_query,
    "unexpected_rows": _rows,
    "unexpected_value_counts": _value_counts,
}


def map_metric_names() -> list[str]:
    """Every map metric that has a plan."""
    return [f"{rule}.{suffix}" for rule in ROW_RULES for suffix in _SUFFIXES]


def plan_map_metric(metric: str, domain: Domain, arguments: dict[str, Any]) -> Plan | None:
    """The plan of a map metric, or None if ``metric`` is not one."""
    name, _, suffix = metric.rpartition(".")
    if name not in ROW_RULES or suffix not in _SUFFIXES:
        return None
    if arguments.get("mostly") is not None and not 0 <= arguments["mostly"] <= 1:
        raise BadArgumentError(metric, "mostly", "is not between 0 and 1", "Give a share of the rows.")
    return _SUFFIXES[suffix](domain, ROW_RULES[name](domain, arguments), arguments)
