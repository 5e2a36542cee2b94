"""How old the newest delivery of a dataset is, in working days: the one check that hangs on the day it is made.

It needs no row of the table: what was delivered when is on record. All other checks are `checking`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from contracts.model import Dataset, Rule
from contracts.violation import CheckResult, Severity
from contracts.working_days import CalendarHorizon, working_days_between
from lake.city import City
from lake.order import newest_days
from lake.store import stored_batches, stored_deliveries

FRESHNESS = "freshness"

Newest = Mapping[str, tuple[date, int]]
"""Dataset -> the date of its newest delivery that counts, and the rows accepted of all."""


def newest_deliveries(city: City) -> Newest:
    """What was delivered last, of every dataset."""
    batches, deliveries = stored_batches(city.connection), stored_deliveries(city.connection)
    accepted = {dataset: sum(one.accepted for one in each if not one.recalled) for dataset, each in batches.items()}
    return {dataset: (day, accepted.get(dataset, 0)) for dataset, day in newest_days(deliveries, batches).items()}


def freshness(city: City, rule: Rule, dataset: Dataset, newest: Newest, *, data_version: str | None) -> CheckResult:
    """The age of the newest delivery in working days, from the batches' dates: no column of the table has it."""
    day, rows = newest.get(dataset.id, (None, 0))
    allowed = int(str(rule.arguments.get("working_days", dataset.freshness_working_days)))
    error, age = None, None
    try:
        age = working_days_between(day, city.today(), city.catalogue.calendar) if day else None
    except CalendarHorizon as horizon:
        error = str(horizon)
    return CheckResult(
        table=f"raw.{dataset.table}",
        rule=rule.name,
        dimension=rule.dimension,
        severity=Severity(rule.severity),
        passed=error is None and age is not None and age <= allowed,
        rows=None if error else rows,
        failing_rows=None if error else 0,
        observed=f"newest delivery {day}, {age} working days old, {allowed} allowed" if day else "no delivery",
        error=error,
        data_version=data_version,
        reason=error,
    )
