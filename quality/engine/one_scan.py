"""Runs plans: all aggregates of all metrics in one statement, then the statements that stand alone.

A statement that fails is not the end of the others: a shared scan is halved until the aggregate at fault stands
alone, so that one bad rule costs a few more passes and no other answer.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import duckdb

from quality.engine.plans import Known, Plan, Query, Scan
from quality.engine.relation import Relation

Answers = dict[Any, Any]
Failures = dict[Any, Exception]


class OneScan:
    """One run of many plans over one relation; every statement text is executed at most once."""

    def __init__(self, relation: Relation) -> None:
        self._relation = relation
        self._cells: dict[str, Any] = {}
        self._queries: dict[str, Any] = {}

    def run(self, plans: Mapping[Hashable, Plan]) -> tuple[Answers, Failures]:
        """The answer of each plan, or the error that kept it from having one."""
        self._scan([aggregate for plan in plans.values() for aggregate in _aggregates(plan)])
        answers: Answers = {}
        failures: Failures = {}
        for key, plan in plans.items():
            try:
                answers[key] = self._answer(plan)
            except Exception as error:  # one metric's failure must not be another's
                failures[key] = error
        return answers, failures

    def _answer(self, plan: Plan) -> Any:
        if isinstance(plan, Known):
            return plan.value
        if isinstance(plan, Scan):
            return plan.finish(*(_or_raise(self._cells[aggregate]) for aggregate in plan.aggregates))
        counted: int = self._answer(plan.guard) if plan.guard is not None else 0
        if plan.guard is not None and not counted:
            return plan.finish([])
        return plan.finish(self._rows(plan.sql if isinstance(plan.sql, str) else plan.sql(counted)))

    def _rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        if sql not in self._queries:
            try:
                self._queries[sql] = self._relation.reading.rows(sql)
            except duckdb.Error as error:
                self._queries[sql] = error
        rows: Sequence[tuple[Any, ...]] = _or_raise(self._queries[sql])
        return rows

    def _scan(self, aggregates: Sequence[str]) -> None:
        """Fill ``_cells`` with the value, or the error, of each aggregate."""
        distinct = list(dict.fromkeys(aggregates))
        if not distinct:
            return
        listed = ", ".join(f"{aggregate} AS a{n}" for n, aggregate in enumerate(distinct))
        sql = f"SELECT {listed} FROM {self._relation.source}"
        try:
            row = self._relation.reading.rows(sql)[0]
        except duckdb.Error as error:
            self._halve(distinct, error)
        else:
            self._cells.update(zip(distinct, row, strict=True))

    def _halve(self, aggregates: list[str], error: duckdb.Error) -> None:
        if len(aggregates) == 1:
            self._cells[aggregates[0]] = error
            return
        middle = len(aggregates) // 2
        self._scan(aggregates[:middle])
        self._scan(aggregates[middle:])


def _aggregates(plan: Plan) -> tuple[str, ...]:
    """The aggregates that a plan, or the guard of a plan, takes from the shared scan."""
    if isinstance(plan, Scan):
        return plan.aggregates
    if isinstance(plan, Query) and plan.guard is not None:
        return _aggregates(plan.guard)
    return ()


def _or_raise(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer
