"""The Great Expectations execution engine over DuckDB: metrics in, answers out, through ``one_scan``.

It knows Great Expectations and none of its data sources (``data_source``) or runs (``run``). Every metric is
answered without dependencies on other metrics, so that all of a suite's metrics arrive together.
"""

import datetime
import threading
from collections.abc import Iterable
from typing import Any

import great_expectations.exceptions as gx_exceptions
from great_expectations.core.batch import BatchMarkers
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.row_conditions import Condition
from great_expectations.validator.metric_configuration import MetricConfiguration

from quality.engine.domain import Domain, condition_sql
from quality.engine.errors import EngineError, EvaluationError, RelationError, UnsupportedMetricError
from quality.engine.map_metrics import plan_map_metric
from quality.engine.one_scan import OneScan
from quality.engine.plans import Plan
from quality.engine.redaction import Redaction, quiet_text
from quality.engine.relation import Relation
from quality.engine.value_metrics import VALUE_METRICS, refuse_cell

_ATTEMPTS_OF_GX = 3


class DuckDBExecutionEngine(ExecutionEngine[str]):
    """Answers metrics from DuckDB relations. Batch data are ``Relation`` objects.

    ``masks_later`` is for ``run_suite``, which masks observed values after they were compared.
    """

    dialect_name = "postgresql"
    """The name under which Great Expectations compares type names as text; DuckDB's SQL is PostgreSQL's."""

    def __init__(
        self, redaction: Redaction | None = None, masks_later: bool = False, name: str | None = None, **_: Any
    ) -> None:
        super().__init__(name=name, caching=False)
        self.redaction = redaction or Redaction.nothing()
        self._masks_later = masks_later
        self._held = threading.local()

    def get_batch_data_and_markers(self, batch_spec: Any) -> tuple[Relation, BatchMarkers]:  # type: ignore[override]
        """The relation of a batch, with the time it was asked for (as every engine of Great Expectations)."""
        now = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        return batch_spec["relation"], BatchMarkers({"ge_load_time": now})

    def relation(self, batch_id: str | None) -> Relation:
        """The relation of a batch; the active one if no id is given. Raises ``RelationError``."""
        manager = self.batch_manager
        data = manager.batch_data_cache.get(batch_id) if batch_id else manager.active_batch_data
        if not isinstance(data, Relation):
            raise RelationError(str(batch_id), "no such batch is loaded")
        return data

    def answer(
        self, metrics: Iterable[MetricConfiguration]
    ) -> tuple[dict[Any, Any], dict[Any, tuple[MetricConfiguration, EngineError]]]:
        """Answers and errors by metric id; every metric is in exactly one of the two."""
        plans: dict[int, dict[Any, Plan]] = {}
        relations: dict[int, Relation] = {}
        known = {metric.id: metric for metric in metrics}
        errors: dict[Any, tuple[MetricConfiguration, EngineError]] = {}
        for key, metric in known.items():
            try:
                relation = self.relation(metric.metric_domain_kwargs.get("batch_id"))
                relations[id(relation)] = relation
                plans.setdefault(id(relation), {})[key] = self._plan(metric, relation)
            except (EngineError, gx_exceptions.GreatExpectationsError, TypeError, ValueError, KeyError) as error:
                errors[key] = (metric, self._named(metric, error))
        answers: dict[Any, Any] = {}
        for which, relation in relations.items():
            found, failures = OneScan(relation).run(plans.get(which, {}))
            answers.update(found)
            errors.update({k: (known[k], self._named(known[k], error)) for k, error in failures.items()})
        return answers, errors

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
        held: dict[Any, Any] = self._held.__dict__.setdefault("outcomes", {})
        fresh = {key: metric for key, metric in wanted.items() if key not in held}
        answers, errors = self.answer(fresh.values())
        answers.update({key: held.pop(key)[0] for key in list(wanted) if key in held and held[key][1] is None})
        errors.update({key: (wanted[key], held[key][1]) for key in wanted if key in held})
        if not errors:
            return answers
        held.update({key: (value, None, 0) for key, value in answers.items()})
        self._raise_one(errors, held)
        raise AssertionError("unreachable")

    def _raise_one(self, errors: dict[Any, tuple[MetricConfiguration, EngineError]], held: dict[Any, Any]) -> None:
        """Raise for all metrics that failed for the same reason, so that each error keeps its own text."""
        message = str(next(iter(errors.values()))[1])
        alike = []
        for key, (metric, error) in errors.items():
            tries = held.get(key, (None, None, 0))[2]
            if str(error) == message:
                alike.append(metric)
                tries += 1
            held[key] = (None, error, tries)
            if tries >= _ATTEMPTS_OF_GX:
                del held[key]
        raise gx_exceptions.MetricResolutionError(message=message, failed_metrics=tuple(alike)) from None

    def _plan(self, metric: MetricConfiguration, relation: Relation) -> Plan:
        """How ``metric`` is answered. Raises an ``EngineError`` that names the column or argument at fault."""
        domain = Domain(relation, dict(metric.metric_domain_kwargs), self.redaction)
        arguments = dict(metric.metric_value_kwargs or {})
        if metric.metric_name in VALUE_METRICS:
            if self.redaction.on and not self._masks_later:
                refuse_cell(metric.metric_name, domain)
            return VALUE_METRICS[metric.metric_name](domain, arguments)
        plan = plan_map_metric(metric.metric_name, domain, arguments)
        if plan is None:
            raise UnsupportedMetricError(metric.metric_name)
        return plan

    def _named(self, metric: MetricConfiguration, error: Exception) -> EngineError:
        """``error`` as an error of this package, without a cell value if there is redaction."""
        if isinstance(error, EngineError):
            return error
        kwargs = metric.metric_domain_kwargs
        columns = [kwargs.get("column"), kwargs.get("column_A"), kwargs.get("column_B")]
        named = tuple(name for name in (*columns, *(kwargs.get("column_list") or ())) if name)
        return EvaluationError(metric.metric_name, named, quiet_text(str(error), self.redaction))

    # ---- what the base class asks for -------------------------------------------------------------------------

    def get_domain_records(self, domain_kwargs: dict[str, Any]) -> str:
        """SELECT text of the rows of a domain."""
        relation = self.relation(domain_kwargs.get("batch_id"))
        where = condition_sql(
            relation, domain_kwargs.get("row_condition"), domain_kwargs.get("condition_parser")
        )
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
