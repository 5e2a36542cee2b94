"""When things run: one schedule per update frequency, over the datasets that promise it and what follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import dagster as dg

from contracts.model import Dataset
from orchestration.assets.naming import table_key

# Deliveries come overnight; the shorter the promised cycle, the more often one looks.
_CRON = {
    "min": "*/2 * * * *",
    "h": "5 * * * *",
    "d": "30 5 * * *",
    "w": "0 6 * * 1",
    "m": "0 6 1 * *",
    "q": "0 6 1 1,4,7,10 *",
    "y": "0 6 2 1 *",
}
_DAILY = "d"
TIME_ZONE = "Asia/Shanghai"


def schedules(datasets: Iterable[Dataset]) -> list[dg.ScheduleDefinition]:
    """A stopped schedule per frequency unit; an irregular dataset is looked for daily."""
    by_unit: dict[str, list[dg.AssetKey]] = defaultdict(list)
    for dataset in datasets:
        unit = dataset.frequency.lstrip("0123456789 ")
        by_unit[unit if unit in _CRON else _DAILY].append(table_key(f"raw.{dataset.table}"))
    return [_schedule(unit, keys) for unit, keys in sorted(by_unit.items())]


def _schedule(unit: str, keys: list[dg.AssetKey]) -> dg.ScheduleDefinition:
    selection = dg.AssetSelection.assets(*keys).downstream()
    job = dg.define_asset_job(f"deliveries_every_{unit}", selection)
    return dg.ScheduleDefinition(name=f"every_{unit}", job=job, cron_schedule=_CRON[unit], execution_timezone=TIME_ZONE)
