"""``$PARAMETER`` expressions of expectations: where they stand, and what they stand for, as Great Expectations says it.

One that has no value is an error that names it, and so is one in a place where Great Expectations replaces none: left
alone it would be compared as a value that nothing equals.
"""

from typing import Any

from great_expectations.core.suite_parameters import parse_suite_parameter
from great_expectations.expectations.expectation import Expectation

from quality.engine.errors import BadArgumentError

_WORD = "$PARAMETER"


def mentions_parameter(value: Any) -> bool:
    """Whether a ``$PARAMETER`` stands anywhere in ``value``."""
    if isinstance(value, dict):
        return _WORD in value or any(map(mentions_parameter, value.values()))
    return isinstance(value, (list, tuple, set)) and any(map(mentions_parameter, value))


def resolved(value: Any, parameters: dict[str, Any]) -> Any:
    """``value`` with every ``$PARAMETER`` in it replaced. Raises ``BadArgumentError`` for one without a value."""
    if isinstance(value, dict):
        if _WORD in value:
            return _value_of(value, parameters)
        return {key: resolved(part, parameters) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolved(part, parameters) for part in value]
    return value


def with_parameters(configuration: Any, parameters: dict[str, Any]) -> Expectation:
    """The expectation of ``configuration`` with its parameters replaced. Raises ``BadArgumentError``."""
    for key, value in configuration.kwargs.items():
        if mentions_parameter(value):
            configuration.kwargs[key] = resolved(value, parameters)
    expectation: Expectation = configuration.to_domain_obj()
    return expectation


def refuse_parameters(metric: str, arguments: dict[str, Any]) -> None:
    """Raise ``BadArgumentError`` if an argument still holds a ``$PARAMETER``."""
    for key, value in arguments.items():
        if mentions_parameter(value):
            raise BadArgumentError(metric, key, "holds a $PARAMETER that nothing replaced", "Give the whole argument.")


def _value_of(expression: dict[str, Any], parameters: dict[str, Any]) -> Any:
    name = expression[_WORD]
    if f"{_WORD}.{name}" in expression:  # a value that Great Expectations keeps beside the name
        return expression[f"{_WORD}.{name}"]
    try:
        return parse_suite_parameter(name, parameters)
    except Exception as error:  # the parser raises what its grammar does
        why = f"cannot be evaluated ({type(error).__name__})"
        raise BadArgumentError(_WORD, repr(name), why, "Give it in the parameters of the run.") from None
