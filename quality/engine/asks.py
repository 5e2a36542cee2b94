"""Which metrics an expectation asks for.

Great Expectations answers this by building the expectation and its configuration anew for every metric and every
argument, some ninety times for one rule. For the expectations that use its stock answer (nearly all) the same
answer is worked out here from one configuration; any other expectation is asked itself.
"""

from dataclasses import dataclass
from typing import Any

from great_expectations.core.result_format import ResultFormat
from great_expectations.expectations.expectation import (
    BatchExpectation,
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    Expectation,
    MulticolumnMapExpectation,
    parse_result_format,
)
from great_expectations.expectations.registry import _registered_metrics

from quality.engine.execution_engine import DuckDBExecutionEngine

_STOCK: dict[Any, tuple[str, ...]] = {
    BatchExpectation.get_validation_dependencies: (),
    ColumnMapExpectation.get_validation_dependencies: (
        "column_values.nonnull.unexpected_count",
        "{rule}.unexpected_count",
        "table.row_count",
    ),
    ColumnPairMapExpectation.get_validation_dependencies: (
        "{rule}.unexpected_count",
        "table.row_count",
        "{rule}.filtered_row_count",
    ),
    MulticolumnMapExpectation.get_validation_dependencies: (
        "{rule}.unexpected_count",
        "table.row_count",
        "{rule}.filtered_row_count",
    ),
}


_MORE = {"column.most_common_value": ("value_set",)}
"""Arguments that a metric takes here and not in Great Expectations."""


@dataclass(frozen=True)
class Ask:
    """A metric with its arguments, as ``MetricConfiguration`` has them but without its costly id."""

    metric_name: str
    metric_domain_kwargs: dict[str, Any]
    metric_value_kwargs: dict[str, Any]


def asks_of(
    expectation: Expectation, configuration: Any, engine: DuckDBExecutionEngine, runtime: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Metric name to ``Ask`` (or ``MetricConfiguration``), and the parsed result format."""
    stock = _STOCK.get(type(expectation).get_validation_dependencies)
    if stock is None:
        wanted = expectation.get_validation_dependencies(execution_engine=engine, runtime_configuration=dict(runtime))
        return dict(wanted.metric_configurations), wanted.result_format
    kwargs = {
        key: configuration.kwargs.get(key, expectation._get_default_value(key))
        for key in (*expectation.domain_keys, *expectation.success_keys)
    }
    result_format = parse_result_format(runtime["result_format"])
    kwargs["result_format"] = result_format
    if not stock:
        names = list(getattr(expectation, "metric_dependencies", ()))
    else:
        rule = getattr(expectation, "map_metric", "")
        names = [name.format(rule=rule) for name in stock] + _samples(rule, result_format)
    return {name: _ask(name, kwargs) for name in names}, result_format


def _samples(rule: str, result_format: dict[str, Any]) -> list[str]:
    """The sample metrics that a result format wants of a row rule."""
    level = result_format["result_format"]
    query = [f"{rule}.unexpected_index_query"]
    if level == ResultFormat.BOOLEAN_ONLY:
        return query if result_format.get("return_unexpected_index_query") else []
    names = [f"{rule}.unexpected_values"]
    if result_format.get("include_unexpected_rows"):
        names.append(f"{rule}.unexpected_rows")
    if level == ResultFormat.BASIC:
        return names + (query if result_format.get("return_unexpected_index_query") else [])
    return [*names, f"{rule}.unexpected_index_list", *query]


def _ask(name: str, kwargs: dict[str, Any]) -> Ask:
    """One metric with the arguments it takes; a falsy domain argument counts as not given, as in GX."""
    definition = _registered_metrics[name]
    default = definition["default_kwarg_values"]
    # The count of judged pairs is registered without the row condition, and then contradicts the other counts.
    keys = dict.fromkeys((*definition["metric_domain_keys"], "row_condition", "condition_parser"))
    domain = {key: kwargs.get(key) or default.get(key) for key in keys}
    wanted = (*definition["metric_value_keys"], *_MORE.get(name, ()))
    values = {key: default.get(key) if kwargs.get(key) is None else kwargs[key] for key in wanted}
    return Ask(name, domain, values)
