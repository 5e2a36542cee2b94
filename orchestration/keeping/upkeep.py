"""Upkeep of a whole city: what the lake keeps of itself, and what Dagster and dbt wrote of runs that are long over.

Of runs the ledger is the evidence; what Dagster keeps is for looking at, as long as the city's retention says. Its
storage is opened by the caller.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from lake.auditing import audit
from lake.city import declarations, expect_run, open_city
from lake.settings import Settings
from lake.upkeep import keep_up

_NOT_BEGUN = {dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.MANAGED}
_FOLDERS = ("target/run", "target/compiled", "logs")
"""What dbt writes of each model, and never takes back."""


def maintain_city(settings: Settings, instance: dg.DagsterInstance | None, own_run: str = "") -> dict[str, Any]:
    """Everything that upkeep does, in numbers, and what the audit of what is new says then. Waits for who is writing.

    Without an instance nothing of Dagster's is looked into; `own_run` is the run that does this.
    Raises `NothingRunYet`, `LakeBusy`, PastLacking.
    """
    expect_run(settings)
    catalogue = declarations(settings)
    with open_city(settings, catalogue=catalogue) as city:
        found = keep_up(city)
        before, most = city.now() - timedelta(days=catalogue.retention.runs_days), catalogue.retention.runs_most
        found["dagster"] = tidy_dagster(settings, (instance, own_run) if instance else None, (before, most))
        found["dbt"] = {"files": _tidy_dbt(settings, before)}
    audited = audit(settings, new=True)
    return {**found, "audit": {"valid": audited["valid"], "faults": audited["faults"]}}


def tidy_dagster(
    settings: Settings, opened: tuple[dg.DagsterInstance, str] | None, bounds: tuple[datetime, int]
) -> dict[str, int]:
    """Runs that began before a moment or are more than so many, their events, ticks of schedules, and folders that were
    put by as damaged; of runs that ended well what nobody asks for again.
    """
    before, most = bounds
    size, gone, thinned, damaged = _bytes(settings.dagster_home), 0, 0, _put_by_before(settings, before)
    if opened is not None:
        instance, own = opened
        # Whoever runs holds the lock that is held here: none of these is at work, whatever its state says.
        old = dict.fromkeys(instance.get_run_ids(filters=dg.RunsFilter(created_before=before)))
        ended = [status for status in dg.DagsterRunStatus if status not in _NOT_BEGUN]
        old |= dict.fromkeys(instance.get_run_ids(filters=dg.RunsFilter(statuses=ended))[most:])
        runs = [run for run in old if run != own]
        for run in runs:
            instance.delete_run(run)
        gone, thinned = len(runs), _thin(instance, own)
        for state in instance.all_instigator_state():
            instance.purge_ticks(state.instigator_origin_id, state.selector_id, before.timestamp())
    for file in sorted(settings.dagster_home.rglob("*.db")):
        _vacuum(file)
    sizes = {"bytes_before": size, "bytes_after": _bytes(settings.dagster_home)}
    return {"runs": gone, "events": thinned, "damaged": damaged, **sizes}


def _thin(instance: dg.DagsterInstance, own: str) -> int:
    """Forget the passing events of runs that ended well; how many. Another log than this project's is left as it is."""
    thin = getattr(instance.event_log_storage, "thin", None)
    well = instance.get_run_ids(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS]))
    return int(thin([run for run in well if run != own])) if thin else 0


def _put_by_before(settings: Settings, before: datetime) -> int:
    """Remove storage that was put by as damaged before a moment; how many folders that was."""
    found = settings.state.glob(f"{settings.dagster_home.name}.damaged-*")
    old = [folder for folder in found if folder.stat().st_mtime < before.timestamp()]
    for folder in old:
        shutil.rmtree(folder)
    return len(old)


def _vacuum(file: Path) -> None:
    """Give back what a SQLite file leaves unused; one that is read at this moment is left for the next time."""
    try:
        with closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as connection:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.DatabaseError:
        return


def _tidy_dbt(settings: Settings, before: datetime) -> int:
    """Remove what dbt wrote of models and has not written since a moment; how many files that was."""
    old = [
        file
        for name in _FOLDERS
        for file in sorted((settings.dbt_target / name).rglob("*"))
        if file.is_file() and file.stat().st_mtime < before.timestamp()
    ]
    for file in old:
        file.unlink()
    return len(old)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
