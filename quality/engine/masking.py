"""Results made quiet, after they were compared and before anybody sees them: what they show of cells is replaced.

Which metrics show cells is said by ``value_metrics``, and so this holds for every expectation that uses one of them,
the caller's own included.
"""

from collections.abc import Collection
from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationValidationResult

from quality.engine.redaction import WITHHELD, Redaction, kind_of
from quality.engine.relation import Relation
from quality.engine.value_metrics import SHOWS_A_CELL

_KEPT = ("quantiles", "success_details", "unexpected_count", "missing_count", "element_count")
_TYPES = "table.column_types"


def mask_result(
    result: ExpectationValidationResult, metrics: Collection[Any], redaction: Redaction, relation: Relation
) -> ExpectationValidationResult:
    """``result`` of an expectation that asked for ``metrics``, with what ``redaction`` withholds replaced."""
    if not redaction.on or not isinstance(result.result, dict):
        return result
    signs = [sign for metric in metrics if (sign := _sign(metric, redaction, relation))]
    for sign in signs[:1]:
        result.result = {key: part if key in _KEPT else _quiet(part, sign) for key, part in result.result.items()}
    named = result.expectation_config.kwargs.get("column") if result.expectation_config else None
    if any(metric.metric_name == _TYPES for metric in metrics) and not (named and redaction.plain(named)):
        result.result = {key: _kinds(part) for key, part in result.result.items()}
    return result


def _sign(metric: Any, redaction: Redaction, relation: Relation) -> str | None:
    """What stands in for the cells that ``metric`` shows, if they must stay quiet."""
    column = metric.metric_domain_kwargs.get("column")
    if metric.metric_name not in SHOWS_A_CELL or (column and redaction.plain(column)):
        return None
    return redaction.sign(column, relation.types[column]) if column in relation.types else WITHHELD


def _quiet(value: Any, sign: str) -> Any:
    """``sign`` for every value inside ``value``; None, and what is said of success, stay."""
    if isinstance(value, dict):
        return {key: part if key in _KEPT else _quiet(part, sign) for key, part in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_quiet(part, sign) for part in value]
    return value if value is None else sign


def _kinds(value: Any) -> Any:
    """Type names without the words that cells may have given them."""
    if isinstance(value, (list, tuple)):
        return [_kinds(part) for part in value]
    return kind_of(value) if isinstance(value, str) else value
