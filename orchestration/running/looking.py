"""Looking whether a run has anything to do, without Dagster and dbt: where all stands, that is the run.

The gates are asked again, by recorded evidence, on this day and with today's acts. What is to be done is `runner`'s.
"""

from __future__ import annotations

import time
import uuid
from contextlib import nullcontext
from typing import Any

from lake import facts
from lake.anchoring import anchor_notes
from lake.city import City, declarations, open_city, silent
from lake.guarding import expect_past, known_keys
from lake.made import read_made
from lake.settings import Settings
from lake.standing import take_recalls
from lake.uncovered import settle_releases
from lake.unfinished import finish_acts
from orchestration.changes.changes import Changes
from orchestration.changes.declared import declared_files
from orchestration.changes.plan import plan
from orchestration.running.outcome import RunOutcome, notes_of
from orchestration.transform.project import fingerprint, prepare
from sharing.notices import write_missing


def look_city(settings: Settings, progress: Any = None) -> RunOutcome | None:
    """The outcome of a run that has nothing to do; None where something is, and nothing was done yet."""
    started, before = time.monotonic(), read_made(settings)
    if not before.project or before.project != _project(settings):
        return None
    files = declared_files(settings.workspace)
    catalogue = declarations(settings)
    expect_past(settings)
    with progress or nullcontext(), open_city(settings, catalogue=catalogue, progress=progress or silent) as city:
        finish_acts(city)
        take_recalls(city)
        changes = Changes(city, before, before.project, files)
        # A platform that is another asks for everything: no need to look at each.
        if changes.nothing_stands or not plan(changes).is_empty:
            return None
        return _ended(city, changes, started)


def _ended(city: City, changes: Changes, started: float) -> RunOutcome:
    settle_releases(city)
    write_missing(city.ledger, city.settings.releases, city.signer, known_keys(city.settings, city.ledger, city.signer))
    tables = {f"raw.{one.table}" for one in city.catalogue.datasets.values()} | changes.stored
    left = facts.Left(frozenset(tables), frozenset(city.catalogue.agreements))
    run_id = str(uuid.uuid5(uuid.NAMESPACE_OID, city.ledger.head().digest))
    facts.record_run(city, run_id, {"stood": left.numbers()})
    summary = facts.run_summary(city.ledger, run_id, time.monotonic() - started, left)
    anchors = anchor_notes(city.settings, city.ledger)
    return RunOutcome(True, {**summary, "notes": [_SAID, *anchors, *notes_of(city.settings, city.catalogue)]})


_SAID = "nothing has changed since the run before: everything stands, and the gates were asked again"


def _project(settings: Settings) -> str:
    prepare(settings)
    return fingerprint(settings)
