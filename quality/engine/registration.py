"""Makes the metrics of this engine known to Great Expectations, and says which expectations it can evaluate."""

from collections.abc import Iterable
from typing import Any

from great_expectations.expectations import registry
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metrics.metric_provider import MetricProvider

from quality.engine.errors import UnsupportedExpectationError
from quality.engine.execution_engine import DuckDBExecutionEngine
from quality.engine.map_metrics import map_metric_names
from quality.engine.value_metrics import VALUE_METRICS

_ENGINE = DuckDBExecutionEngine.__name__

REFUSED: dict[str, str] = {
    "expect_column_values_to_be_increasing": "a relation has no row order; use expect_column_values_to_be_monotone",
    "expect_column_values_to_be_decreasing": "a relation has no row order; use expect_column_values_to_be_monotone",
    "expect_column_values_to_be_dateutil_parseable": "it is defined by a Python parser; use a strftime format",
    "expect_column_values_to_match_json_schema": "it is defined by a Python validator; use json_parseable or SQL",
    "expect_column_kl_divergence_to_be_less_than": "it needs a partition of the values, which is not planned here",
    "expect_multicolumn_values_to_be_unique": "Great Expectations withdrew it; use compound columns or within_record",
}
"""Core expectations that are refused by name, with the reason."""

JUDGED_BY_TYPE = ("expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list")
"""Expectations that name a map metric but, on a typed engine, ask for ``table.column_types`` only."""


class _DuckDBMetric(MetricProvider):
    """What the metric graph of Great Expectations asks about a metric: its keys, and that it depends on none."""

    domain_keys: tuple[str, ...] = ()
    value_keys: tuple[str, ...] = ()
    default_kwarg_values: dict[str, Any] = {}  # noqa: RUF012 - the base class declares it so

    @classmethod
    def get_evaluation_dependencies(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """None: the engine answers every metric by itself."""
        return {}


def _answered_by_the_engine(*args: Any, **kwargs: Any) -> Any:
    raise AssertionError("DuckDBExecutionEngine.resolve_metrics plans every metric itself")


def register_metrics() -> None:
    """Declare a provider for every metric this engine plans. Idempotent."""
    for metric in (*VALUE_METRICS, *map_metric_names()):
        definition = registry._registered_metrics.get(metric)
        if definition is None or _ENGINE in definition["providers"]:
            continue
        keys = {
            "domain_keys": definition["metric_domain_keys"],
            "value_keys": definition["metric_value_keys"],
            "default_kwarg_values": definition["default_kwarg_values"],
        }
        provider = type("_DuckDBMetric", (_DuckDBMetric,), keys)
        definition["providers"][_ENGINE] = (provider, _answered_by_the_engine)


def declare_metric(metric: str, domain_keys: tuple[str, ...], value_keys: tuple[str, ...]) -> None:
    """Declare a metric that Great Expectations does not have."""
    keys = {"metric_name": metric, "domain_keys": domain_keys, "value_keys": value_keys}
    registry.register_metric(
        metric_name=metric,
        metric_domain_keys=domain_keys,
        metric_value_keys=value_keys,
        execution_engine=DuckDBExecutionEngine,
        metric_class=type("_DuckDBMetric", (_DuckDBMetric,), keys),
        metric_provider=_answered_by_the_engine,
    )


def declare_row_rule(rule: str, domain_keys: tuple[str, ...], value_keys: tuple[str, ...]) -> None:
    """Declare all metrics of a row rule that Great Expectations does not have."""
    for metric in map_metric_names():
        name, _, suffix = metric.rpartition(".")
        if name == rule:
            counts = suffix in ("unexpected_count", "count")
            declare_metric(metric, domain_keys, value_keys if counts else (*value_keys, "result_format"))


def refuse_unsupported(expectations: Iterable[Expectation]) -> None:
    """Raise ``UnsupportedExpectationError`` with every expectation this engine cannot evaluate, and why."""
    reasons = {}
    for expectation in expectations:
        kind = expectation.expectation_type
        if kind in REFUSED:
            reasons[kind] = REFUSED[kind]
        elif missing := [name for name in _metrics_of(expectation) if not _planned(name)]:
            reasons[kind] = f"needs {', '.join(missing)}"
    if reasons:
        raise UnsupportedExpectationError(reasons)


def _metrics_of(expectation: Expectation) -> list[str]:
    if expectation.expectation_type in JUDGED_BY_TYPE:
        return ["table.column_types"]
    rule = getattr(expectation, "map_metric", None)
    return [*getattr(expectation, "metric_dependencies", ()), *([f"{rule}.unexpected_count"] if rule else [])]


def _planned(metric: str) -> bool:
    return metric in VALUE_METRICS or metric in map_metric_names()


register_metrics()
