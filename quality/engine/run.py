"""Runs the expectations of a suite on one relation, without a data context, a checkpoint or a store.

A Great Expectations checkpoint costs some fifty milliseconds before it reads a row; a city runs a suite for each
of its tables. Results are the objects that Great Expectations' own validator would return.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.validator.exception_info import ExceptionInfo
from great_expectations.validator.validation_statistics import calc_validation_statistics

from quality.engine.asks import Ask, asks_of
from quality.engine.errors import EngineError, EvaluationError, IncompleteRunError, MissingColumnError
from quality.engine.execution_engine import DuckDBBatchData, DuckDBExecutionEngine
from quality.engine.masking import mask_result
from quality.engine.parameters import mentions_parameter, resolved, with_parameters
from quality.engine.redaction import Redaction, quiet_text
from quality.engine.registration import JUDGED_BY_TYPE, refuse_unsupported
from quality.engine.relation import Relation

if TYPE_CHECKING:
    import duckdb

_ROWS = "table.row_count"


@dataclass
class _Case:
    """One expectation on its way through a run."""

    expectation: Expectation
    configuration: Any
    metrics: dict[str, Any]
    result_format: dict[str, Any] = field(default_factory=dict)
    fault: EngineError | None = None


def run_suite(
    connection: "duckdb.DuckDBPyConnection",
    relation: "str | Relation",
    expectations: Sequence[Expectation],
    *,
    result_format: str | dict[str, Any] = "SUMMARY",
    redaction: Redaction | None = None,
    parameters: Mapping[str, Any] | None = None,
    name: str = "suite",
) -> ExpectationSuiteValidationResult:
    """Evaluate ``expectations`` on ``relation`` (a dotted name or a ``Relation``), in their order.

    ``redaction`` defaults to shapes only for every column; ``Redaction.nothing()`` shows values. ``result_format``
    is Great Expectations' own, ``unexpected_index_column_names`` included; ``parameters`` are what its ``$PARAMETER``
    expressions refer to. For several threads give each its own
    ``connection.cursor()``.

    Raises ``UnsupportedExpectationError`` before anything runs, and ``IncompleteRunError`` if results are missing.
    An expectation that cannot be evaluated is a failed result with its error. ``meta["rows"]`` of the result is the
    number of rows of the relation, None where it cannot be read.
    """
    refuse_unsupported(expectations)
    target = Relation.table(connection, relation) if isinstance(relation, str) else relation
    rule = redaction or Redaction.everything()
    engine = DuckDBExecutionEngine(redaction=rule, masks_later=True)
    engine.load_batch_data("relation", DuckDBBatchData(engine, target))
    given = dict(parameters or {})
    runtime = {"result_format": resolved(result_format, given), "catch_exceptions": True}
    cases = [_prepare(expectation, engine, runtime, given) for expectation in expectations]
    asked: dict[Any, Any] = {(n, name): ask for n, case in enumerate(cases) for name, ask in case.metrics.items()}
    asked[_ROWS] = Ask(_ROWS, {}, {})
    answers, errors = engine.answer(asked)
    results = [
        _judge(case, engine, {name: answers.get((n, name)) for name in case.metrics}, _first(case, n, errors))
        for n, case in enumerate(cases)
    ]
    if len(results) != len(expectations):
        raise IncompleteRunError(len(expectations), len(results))
    return _suite_result(name, target, answers.get(_ROWS), results)


def _prepare(
    expectation: Expectation, engine: DuckDBExecutionEngine, runtime: dict[str, Any], parameters: dict[str, Any]
) -> _Case:
    """The metrics that one expectation asks for, its parameters replaced."""
    configuration = expectation.configuration
    try:
        if mentions_parameter(configuration.kwargs):
            expectation = with_parameters(configuration, parameters)
            configuration = expectation.configuration
        metrics, result_format = asks_of(expectation, configuration, engine, runtime)
    except Exception as error:  # an expectation's own code: whatever it raises is this expectation's failure
        return _Case(expectation, configuration, {}, fault=_as_fault(error, expectation, engine.redaction))
    return _Case(expectation, configuration, metrics, result_format)


def _first(case: _Case, number: int, errors: dict[Any, EngineError]) -> EngineError | None:
    """The first reason why a case cannot be judged."""
    return case.fault or next((errors[number, name] for name in case.metrics if (number, name) in errors), None)


def _as_fault(error: Exception, expectation: Expectation, redaction: Redaction) -> EngineError:
    """``error`` as an error of this package that names the expectation."""
    if isinstance(error, EngineError):
        return error
    why = quiet_text(error, redaction) if redaction.on else f"{type(error).__name__}: {error}"
    columns = tuple(getattr(expectation, key) for key in ("column",) if getattr(expectation, key, None))
    if isinstance(error, IndexError) and expectation.expectation_type in JUDGED_BY_TYPE and columns:
        # What looks a column up among those that there are, and does not find it.
        return MissingColumnError(columns[0], "the table", ())
    return EvaluationError(expectation.expectation_type, columns, why)


def _judge(
    case: _Case,
    engine: DuckDBExecutionEngine,
    answers: dict[str, Any],
    fault: EngineError | None,
) -> ExpectationValidationResult:
    """The result of one expectation, from the answers of its metrics or the reason why there are none."""
    if fault is None:
        try:
            raw = _evaluate(case, engine, answers)
            return mask_result(raw, case.metrics.values(), engine.redaction, engine.relation(None))
        except Exception as error:  # an expectation's own comparison, as above
            fault = _as_fault(error, case.expectation, engine.redaction)
    return ExpectationValidationResult(
        success=False,
        expectation_config=case.configuration,
        exception_info=ExceptionInfo(exception_traceback=type(fault).__name__, exception_message=str(fault)),
        result={},
    )


def _evaluate(case: _Case, engine: DuckDBExecutionEngine, answers: dict[str, Any]) -> ExpectationValidationResult:
    """What ``Expectation.metrics_validate`` does, without asking a second time which metrics there are."""
    expectation, result_format = case.expectation, case.result_format
    raw = expectation._validate(
        metrics=answers,
        runtime_configuration={"result_format": result_format, "catch_exceptions": True},
        execution_engine=engine,
    )
    if isinstance(raw, dict) and result_format.get("result_format") == "BOOLEAN_ONLY":
        kept = ("unexpected_index_query", "unexpected_index_column_names")
        asked = kept if result_format.get("return_unexpected_index_query") else ()
        raw["result"] = {key: value for key, value in raw.get("result", {}).items() if key in asked}
    result = expectation._build_evr(raw_response=raw)
    result.success = bool(result.success)  # the quantile expectation gives a numpy.bool, which no JSON takes
    return result


def _suite_result(
    name: str, relation: Relation, rows: int | None, results: list[ExpectationValidationResult]
) -> ExpectationSuiteValidationResult:
    """The results as Great Expectations bundles them."""
    statistics = calc_validation_statistics(results)
    return ExpectationSuiteValidationResult(
        suite_name=name,
        success=statistics.success,
        results=results,
        statistics={
            "evaluated_expectations": statistics.evaluated_expectations,
            "successful_expectations": statistics.successful_expectations,
            "unsuccessful_expectations": statistics.unsuccessful_expectations,
            "success_percent": statistics.success_percent,
        },
        meta={"great_expectations_version": gx.__version__, "relation": relation.name, "rows": rows},
    )
