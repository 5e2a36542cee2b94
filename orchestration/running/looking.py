"""Looking whether a run has anything to do, without Dagster and dbt: where all stands, that is the run.

The gates are asked again, by recorded evidence, on this day and with today's acts. What is to be done is `runner`'s.
"""

from __future__ import annotations

import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from lake import facts
from lake.anchoring import anchor_notes
from lake.city import City, declarations, open_city, silent
from lake.guarding import expect_past, known_keys
from lake.made import read_made
from lake.queries import rules_on_tables
from lake.services.told import note_exemptions
from lake.settings import Settings
from lake.standing import take_recalls
from lake.taken_back import take_withdrawals
from lake.uncovered import settle_releases
from lake.unfinished import finish_acts
from orchestration.changes.changes import Changes
from orchestration.changes.declared import declared_files
from orchestration.changes.plan import Plan, plan
from orchestration.running.outcome import RunOutcome, notes_of
from orchestration.transform.project import fingerprint, prepare
from sharing.notices import write_missing


@dataclass(frozen=True)
class ToDo:
    """What a run is to do: all else was seen to stand, the tables and agreements in `left`."""

    plan: Plan
    left: facts.Left


def look_city(settings: Settings, progress: Any = None) -> RunOutcome | ToDo | None:
    """The outcome of a run with nothing to do; where something is, what; None where that cannot be told without dbt,
    or is everything."""
    started, before = time.monotonic(), read_made(settings)
    if not before.project or before.project != _project(settings):
        return None
    files = declared_files(settings.workspace)
    catalogue = declarations(settings)
    expect_past(settings)
    with progress or nullcontext(), open_city(settings, catalogue=catalogue, progress=progress or silent) as city:
        finish_acts(city)
        take_recalls(city)
        take_withdrawals(city)
        changes = Changes(city, before, before.project, files)
        # A platform that is another asks for everything: no need to look at each.
        if changes.nothing_stands:
            return None
        found = plan(changes)
        left = _left(changes, found)
        return _ended(city, left, started) if found.is_empty else ToDo(found, left)


def _left(changes: Changes, found: Plan) -> facts.Left:
    catalogue = changes.city.catalogue
    raw = {f"raw.{one.table}" for one in catalogue.datasets.values() if one.id not in found.datasets}
    return facts.Left(
        frozenset(raw | (changes.stored - found.tables.keys())),
        frozenset(catalogue.agreements.keys() - found.agreements.keys()),
    )


def _ended(city: City, left: facts.Left, started: float) -> RunOutcome:
    settle_releases(city)
    write_missing(city.ledger, city.settings.releases, city.signer, known_keys(city.settings, city.ledger, city.signer))
    note_exemptions(city)
    run_id = str(uuid.uuid5(uuid.NAMESPACE_OID, city.ledger.head().digest))
    facts.record_run(city, run_id, {"stood": left.numbers()})
    seconds, rules = time.monotonic() - started, rules_on_tables(city.catalogue)
    summary = facts.run_summary(city.ledger, run_id, seconds, left, rules=rules)
    anchors = anchor_notes(city.settings, city.ledger)
    return RunOutcome(True, {**summary, "notes": [_SAID, *anchors, *notes_of(city.settings, city.catalogue)]})


_SAID = "nothing has changed since the run before: everything stands, and the gates were asked again"


def _project(settings: Settings) -> str:
    prepare(settings)
    return fingerprint(settings)
