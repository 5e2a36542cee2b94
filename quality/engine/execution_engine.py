"""The Great Expectations execution engine over DuckDB: metrics in, answers out, through ``one_scan``.

It knows Great Expectations and none of its data sources (``data_source``) or runs (``run``). Every metric is
answered without dependencies on other metrics, so that all of a suite's metrics arrive together.
"""

import datetime
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import great_expectations.exceptions as gx_exceptions
from great_expectations.core.batch import BatchData, BatchMarkers
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.row_conditions import Condition
from great_expectations.validator.metric_configuration import MetricConfiguration

from quality.engine.domain import Domain, condition_sql
from quality.engine.errors import (
    EngineError,
    EvaluationError,
    RelationError,
    UnsupportedMetricError,
    WithheldValueError,
)
from quality.engine.map_metrics import plan_map_metric
from quality.engine.one_scan import OneScan
from quality.engine.parameters import refuse_parameters
from quality.engine.plans import Known, Plan
from quality.engine.queries import records_of
from quality.engine.redaction import Redaction, kind_of, quiet_text
from quality.engine.relation import Relation
from quality.engine.row_rules import missing_reference
from quality.engine.value_metrics import VALUE_METRICS, refuse_cell

if TYPE_CHECKING:
    import duckdb

_ATTEMPTS_OF_GX = 3


@dataclass(frozen=True)
class _Held:
    """The outcome of a metric whose call had to raise because of another metric."""

    value: Any
    error: EngineError | None = None
    tries: int = 0


class DuckDBBatchData(BatchData):
    """A relation as the data of a batch."""

    def __init__(self, engine: ExecutionEngine, relation: Relation) -> None:
        super().__init__(engine)
        self.relation = relation


class DuckDBExecutionEngine(ExecutionEngine[str]):
    """Answers metrics from DuckDB relations. Batches hold ``DuckDBBatchData``.

    ``masks_later`` is for ``run_suite``, which masks observed values after they were compared.
    """

    dialect_name = "postgresql"
    """The name under which Great Expectations compares type names as text; DuckDB's SQL is PostgreSQL's."""

    def __init__(
        self, redaction: Redaction | None = None, masks_later: bool = False, name: str | None = None, **_: Any
    ) -> None:
        super().__init__(name=name, caching=False)
        self.redaction = redaction or Redaction.nothing()
        self.connection: duckdb.DuckDBPyConnection | None = None
        self._masks_later = masks_later
        self._held = threading.local()

    def get_batch_data_and_markers(self, batch_spec: Any) -> tuple[DuckDBBatchData, BatchMarkers]:
        """The relation of a batch, with the time it was asked for (as every engine of Great Expectations)."""
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        return DuckDBBatchData(self, batch_spec["relation"]), BatchMarkers({"ge_load_time": now})

    def relation(self, batch_id: str | None) -> Relation:
        """The relation of a batch; the active one if no id is given. Raises ``RelationError``."""
        manager = self.batch_manager
        data = manager.batch_data_cache.get(batch_id) if batch_id else manager.active_batch_data
        if not isinstance(data, DuckDBBatchData):
            raise RelationError(str(batch_id), "no such batch is loaded")
        return data.relation

    def answer(self, metrics: Mapping[Any, Any]) -> tuple[dict[Any, Any], dict[Any, EngineError]]:
        """Answers and errors by the caller's keys; every key is in exactly one of the two.

        A metric is anything with the three attributes of ``MetricConfiguration`` that name and argue it.
        """
        groups: dict[int, tuple[Relation, dict[Any, Any]]] = {}
        errors: dict[Any, EngineError] = {}
        for key, metric in metrics.items():
            try:
                relation = self.relation(metric.metric_domain_kwargs.get("batch_id"))
            except EngineError as error:
                errors[key] = error
            else:
                groups.setdefault(id(relation), (relation, {}))[1][key] = metric
        answers: dict[Any, Any] = {}
        for relation, asked in groups.values():
            with relation.reading.one_state():
                self._answer_on(relation, asked, answers, errors)
        return answers, errors

    def _answer_on(
        self, relation: Relation, metrics: dict[Any, Any], answers: dict[Any, Any], errors: dict[Any, EngineError]
    ) -> None:
        """Put the answer or the error of each metric of one relation where it belongs."""
        plans: dict[Any, Plan] = {}
        for key, metric in metrics.items():
            try:
                plans[key] = self._plan(metric, relation)
            except Exception as error:  # whatever a rule's arguments provoke is this rule's failure alone
                errors[key] = self._named(metric, error)
        found, failures = OneScan(relation).run(plans)
        answers.update(found)
        for key, failure in failures.items():
            errors[key] = missing_reference(relation, metrics[key].metric_value_kwargs or {}) or self._named(
                metrics[key], failure
            )

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[MetricConfiguration],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Answers by metric id; raises ``MetricResolutionError`` naming the metrics that have none.

        Great Expectations throws away the answers of a call that raises, and repeats the call three times. The
        outcome of such a call is held for the repetitions, so that nothing is read again.
        """
        wanted = {metric.id: metric for metric in metrics_to_resolve}
        held: dict[Any, _Held] = self._held.__dict__.setdefault("outcomes", {})
        answers, errors = self.answer({key: metric for key, metric in wanted.items() if key not in held})
        for key in wanted.keys() & held.keys():
            error = held[key].error
            if error is None:
                answers[key] = held.pop(key).value
            else:
                errors[key] = error
        if errors:
            held.update({key: _Held(value) for key, value in answers.items()})
            raise self._resolution_error(wanted, errors, held) from None
        return answers

    def _resolution_error(
        self, wanted: dict[Any, MetricConfiguration], errors: dict[Any, EngineError], held: "dict[Any, _Held]"
    ) -> gx_exceptions.MetricResolutionError:
        """The error of all metrics that failed for one reason; the others come next, each with its own text."""
        message = str(next(iter(errors.values())))
        alike = [key for key, error in errors.items() if str(error) == message]
        for key, error in errors.items():
            tries = (held[key].tries if key in held else 0) + (key in alike)
            held[key] = _Held(None, error, tries)
            if tries >= _ATTEMPTS_OF_GX:
                del held[key]
        failed = tuple(wanted[key] for key in alike)
        return gx_exceptions.MetricResolutionError(message=message, failed_metrics=failed)

    def _plan(self, metric: Any, relation: Relation) -> Plan:
        """How ``metric`` is answered. Raises an ``EngineError`` that names the column or argument at fault."""
        domain = Domain(relation, dict(metric.metric_domain_kwargs), self.redaction)
        arguments = dict(metric.metric_value_kwargs or {})
        refuse_parameters(metric.metric_name, domain.kwargs | arguments)
        if metric.metric_name in VALUE_METRICS:
            if self.redaction.on and not self._masks_later:
                refuse_cell(metric.metric_name, domain)
                if metric.metric_name == "table.column_types":
                    return Known([{"name": name, "type": kind_of(kind)} for name, kind in relation.types.items()])
            return VALUE_METRICS[metric.metric_name](domain, arguments)
        plan = plan_map_metric(metric.metric_name, domain, arguments)
        if plan is None:
            raise UnsupportedMetricError(metric.metric_name)
        return plan

    def _named(self, metric: Any, error: Exception) -> EngineError:
        """``error`` as an error of this package, without a cell value if there is redaction."""
        if isinstance(error, EngineError):
            return error
        kwargs = metric.metric_domain_kwargs
        columns = [kwargs.get("column"), kwargs.get("column_A"), kwargs.get("column_B")]
        named = tuple(name for name in (*columns, *(kwargs.get("column_list") or ())) if name)
        return EvaluationError(metric.metric_name, named, quiet_text(error, self.redaction))

    def records(self, sql: str) -> list[dict[str, Any]]:
        """The first rows of ``sql``, for a comparison with another data source. Raises ``WithheldValueError``."""
        if self.redaction.on or self.connection is None:
            raise WithheldValueError("a comparison", sql)
        return records_of(Relation.query(self.connection, sql))

    # ---- what the base class asks for -------------------------------------------------------------------------

    def get_domain_records(self, domain_kwargs: dict[str, Any]) -> str:
        """SELECT text of the rows of a domain."""
        relation = self.relation(domain_kwargs.get("batch_id"))
        where = condition_sql(relation, domain_kwargs.get("row_condition"), domain_kwargs.get("condition_parser"))
        return f"SELECT * FROM {relation.source} WHERE {where}"

    def get_compute_domain(
        self,
        domain_kwargs: dict[str, Any],
        domain_type: str | MetricDomainTypes,
        accessor_keys: Iterable[str] | None = None,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """SELECT text of a domain, and its arguments parted as Great Expectations parts them."""
        parted = self._partition_domain_kwargs(domain_kwargs, domain_type, accessor_keys)
        return self.get_domain_records(domain_kwargs), parted.compute, parted.accessor

    def condition_to_filter_clause(self, condition: Condition) -> str:
        """BOOLEAN SQL of a row condition over the active batch."""
        return condition_sql(self.relation(None), condition)

    _comparison_condition_to_filter_clause = condition_to_filter_clause
    _nullity_condition_to_filter_clause = condition_to_filter_clause
    _and_condition_to_filter_clause = condition_to_filter_clause
    _or_condition_to_filter_clause = condition_to_filter_clause


# Three core expectations about types ask ``isinstance(engine, SqlAlchemyExecutionEngine)`` before they compare type
# names. A virtual subclass answers yes and inherits nothing.
SqlAlchemyExecutionEngine.register(DuckDBExecutionEngine)
