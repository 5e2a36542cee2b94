"""Metrics that are the user's own SQL: over the batch, or over another data source of the context.

With redaction on, neither values nor names of what such SQL finds are shown: it can make names of values, and an alias
hides where a value is from. Where results are compared before they are shown, they are refused (see ``refuse_cell``) or
replaced after the comparison (``masking``).
"""

import string
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from quality.engine.domain import Domain
from quality.engine.errors import BadArgumentError, RelationError, WithheldValueError
from quality.engine.plans import Known, Plan, Planner, Query, only_count
from quality.engine.redaction import WITHHELD
from quality.engine.relation import Relation
from quality.engine.samples import plain_value
from quality.engine.sql_text import identifier
from quality.engine.statements import require_select, stands_alone, user_select

_MOST_ROWS = 200


def batch_sql(domain: Domain, argument: str, template: Any, names: Mapping[str, Any]) -> str:
    """``template``, the ``argument`` of a rule, with ``{batch}`` replaced by the relation and ``names`` by
    theirs, and doubled braces undone.

    It is proved to be one SELECT twice: with a plain name for the relation, which must be a word of it and not stand in
    a comment or a string, and with the relation itself. Raises ``BadArgumentError``, ``NotOneSelectError``,
    ``CellsAsNamesError`` and what the parser raises.
    """
    connection, rows = domain.relation.connection, domain.relation.source
    if domain.rows != "true":
        rows = f"(SELECT * FROM {rows} WHERE {domain.rows})"
    if not isinstance(template, str) or not template.strip():
        raise BadArgumentError("query", "the SQL", "is missing", "Give a SELECT over {batch}.")
    mark = identifier(f"__batch_{uuid.uuid4().hex}")
    marked = _filled(template, {**names, "batch": mark})
    user_select(connection, marked, argument)
    if not stands_alone(marked, mark):
        why = "has {batch} in a comment or in quotes"
        raise BadArgumentError("query", "the SQL", why, "Put {batch} where the name of a table stands.")
    whole = marked.replace(mark, rows).rstrip().rstrip(";")
    require_select(connection, whole, argument)
    return whole


def _filled(template: str, names: Mapping[str, Any]) -> str:
    """``template`` with its braces replaced. Raises ``BadArgumentError`` for braces that hold anything but a name."""
    try:
        held = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
        if all(name in names and not form and not conversion for name, form, conversion in held):
            return template.format(**names)
    except ValueError:  # a brace without its other half
        pass
    raise BadArgumentError("query", "the SQL", "holds braces other than {batch}", "Double every literal brace.")


def _records(domain: Domain, sql: str, limit: int | None, guard: Query | None) -> Query:
    """Rows of the user's SQL as dictionaries; with redaction on neither values nor names, since SQL can make names of
    values (PIVOT) and hides with an alias where a value is from."""
    quiet = domain.redaction.on
    packed = f"SELECT {'1' if quiet else 'q'} FROM ({sql}\n) AS q"

    def finish(rows: Any) -> list[dict[str, Any]]:
        return [{"row": WITHHELD} for _ in rows] if quiet else [plain_value(row[0]) for row in rows]

    return Query(packed if limit is None else f"{packed} LIMIT {limit}", finish, guard)


def _query_rows(argument: str, counted: bool = False, names: Callable[[dict[str, Any]], Any] = lambda a: {}) -> Planner:
    """The rows that the SQL in ``argument`` finds; ``names`` are further words that it may hold in braces."""

    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        limit = None if arguments.get("fetch_all") else _MOST_ROWS
        count = _query_count(argument)(domain, arguments) if counted else None
        return _records(domain, batch_sql(domain, argument, arguments.get(argument), names(arguments)), limit, count)

    return plan


def _query_count(argument: str) -> Callable[[Domain, dict[str, Any]], Query]:
    def plan(domain: Domain, arguments: dict[str, Any]) -> Query:
        return Query(f"SELECT count(*) FROM ({batch_sql(domain, argument, arguments.get(argument), {})}\n)", only_count)

    return plan


def _named(*names: str) -> Callable[[dict[str, Any]], Any]:
    return lambda arguments: {name: arguments[name] for name in names}


def _numbered(arguments: dict[str, Any]) -> dict[str, Any]:
    return {f"col_{number}": name for number, name in enumerate(arguments["columns"], 1)}


# ---- another data source ---------------------------------------------------------------------------------------


def _compared(plan: Planner) -> Planner:
    """A plan whose rows are shown after they were compared: refused where any cell must stay quiet."""

    def refuse_or_plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        if domain.redaction.on:
            raise WithheldValueError("a comparison", "base_query")
        return plan(domain, arguments)

    return refuse_or_plan


def _elsewhere(argument: str, source_argument: str) -> Planner:
    """The rows that SQL finds in another data source of the context."""

    def plan(domain: Domain, arguments: dict[str, Any]) -> Plan:
        rows = rows_of_source(str(arguments.get(source_argument)), str(arguments[argument]))
        return Known([{"row": WITHHELD} for _ in rows] if domain.redaction.on else rows)

    return plan


def rows_of_source(name: str, sql: str) -> list[dict[str, Any]]:
    """At most 200 rows of ``sql`` in the data source ``name``, DuckDB or any SQL one. Raises ``RelationError``."""
    from great_expectations.data_context import project_manager

    try:
        engine = project_manager.get_datasources()[name].get_execution_engine()
    except Exception as error:  # no context, or no such source in it
        raise RelationError(name, f"there is no such data source ({type(error).__name__})") from None
    records = getattr(engine, "records", None)
    found: list[dict[str, Any]] = records(sql) if records else _by_sqlalchemy(engine, sql)
    return found[:_MOST_ROWS]


def _by_sqlalchemy(engine: Any, sql: str) -> list[dict[str, Any]]:
    from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider

    ask = QueryMetricProvider._get_sqlalchemy_records_from_substituted_batch_subquery
    found: list[dict[str, Any]] = ask(substituted_batch_subquery=sql, execution_engine=engine)
    return found


def records_of(relation: Relation) -> list[dict[str, Any]]:
    """The first 200 rows of a relation as dictionaries."""
    rows = relation.reading.rows(f"SELECT q FROM {relation.source} AS q LIMIT {_MOST_ROWS}")
    return [plain_value(row[0]) for row in rows]


QUERY_METRICS: dict[str, Planner] = {
    "query.table": _query_rows("query"),
    "query.column": _query_rows("query", names=_named("column")),
    "query.column_pair": _query_rows("query", names=_named("column_A", "column_B")),
    "query.multiple_columns": _query_rows("query", names=_numbered),
    "query.template_values": _query_rows("query", names=lambda arguments: arguments["template_dict"]),
    "query.row_count": _query_count("query"),
    "failing_query.row_count": _query_count("failing_query"),
    "judged_query.row_count": _query_count("judged_query"),
    "differing_query.row_count": lambda domain, arguments: (
        _query_count("differing_query")(domain, arguments) if arguments.get("differing_query") else Known(None)
    ),
    "query.data_source_table": _elsewhere("query", "data_source_name"),
    "base_query.table": _compared(_query_rows("base_query")),
    "comparison_query.data_source_table": _compared(_elsewhere("comparison_query", "comparison_data_source_name")),
    "unexpected_rows_query.table": _query_rows("unexpected_rows_query", counted=True),
    "unexpected_rows_query.row_count": _query_count("unexpected_rows_query"),
}
"""Metric name to how it is planned."""
