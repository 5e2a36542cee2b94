"""Making a city's lake again: the store from landing, then theme, products and evidence by a run; and comparing.

What is evidence stays: ledger, releases and landing are not touched but by what every run does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lake.city import Progress, declarations, expect_run, silent
from lake.one_writer import MOST_SECONDS, held_throughout
from lake.rebuilding import Remade, remake_store, versions
from lake.settings import Settings
from orchestration.running.runner import run_city
from orchestration.transform.project import expect_manifest
from orchestration.transform.run import end


@dataclass(frozen=True)
class Rebuilt:
    """What came of it. `different` is table -> version before and now, of those that are not as they were."""

    store: Remade
    compared: int
    different: dict[str, tuple[str, str]]
    summary: dict[str, Any]
    failure: str

    @property
    def same(self) -> bool:
        """Whether everything that was there is there again."""
        return not (self.failure or self.different or self.store.lacking)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        made = self.store
        facts = {"batches": made.batches, "lacking": list(made.lacking), "put_by": str(made.put_by or "")}
        more = {"compared": self.compared, "different": self.different, "same": self.same, "failure": self.failure}
        return {**facts, **more, "run": self.summary}


def rebuild(settings: Settings, *, partly: bool = False, progress: Any = None) -> Rebuilt:
    """Make the lake again, and hold every table against what it was.

    Raises `RebuildLacks` before anything is changed where it would not be whole, `NothingRunYet`, PastLacking.
    """
    expect_run(settings)
    catalogue = declarations(settings)
    listener: Progress = progress or silent
    # Nobody else writes before all of it is there again.
    with held_throughout(settings.state, lambda holder: listener("wait", holder, "it is writing"), MOST_SECONDS):
        end()
        store = remake_store(settings, catalogue, partly=partly)
        expect_manifest(settings)
        outcome = run_city(settings, progress=progress, full=True)
        now = versions(settings)
    different = {
        table: (version, now.get(table, "")) for table, version in store.before.items() if now.get(table) != version
    }
    return Rebuilt(store, len(store.before), different, outcome.summary, outcome.failure)
