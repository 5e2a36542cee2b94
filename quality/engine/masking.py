"""Observed values of a result made quiet, after they were compared and before anybody sees them."""

from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationValidationResult

from quality.engine.redaction import WITHHELD, Redaction, Sight, shape

_SHOWS_A_CELL = frozenset(
    {
        "expect_column_min_to_be_between",
        "expect_column_max_to_be_between",
        "expect_column_median_to_be_between",
        "expect_column_quantile_values_to_be_between",
        "expect_column_most_common_value_to_be_in_set",
    }
)


def mask_result(result: ExpectationValidationResult, redaction: Redaction) -> ExpectationValidationResult:
    """``result`` with the cell values that its expectation observed shown as far as ``redaction`` allows."""
    configuration = result.expectation_config
    if not redaction.on or configuration is None or not isinstance(result.result, dict):
        return result
    column = configuration.kwargs.get("column")
    if configuration.type in _SHOWS_A_CELL and column and not redaction.plain(column):
        for key in ("observed_value", "details"):
            if key in result.result:
                result.result[key] = _quiet(result.result[key], redaction.rule(column))
    return result


def _quiet(value: Any, sight: Sight) -> Any:
    """``value`` by its shape or withheld, recursively; None, booleans and dictionary keys stay."""
    if isinstance(value, dict):
        kept = ("quantiles", "success_details")
        return {key: part if key in kept else _quiet(part, sight) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_quiet(part, sight) for part in value]
    if value is None or isinstance(value, bool):
        return value
    return WITHHELD if sight is Sight.HIDDEN else shape(value)
