"""Running a city in this process: the whole Dagster graph, or the checks alone. Nothing is printed here."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_selection import DagsterInvalidAssetSelectionError

from contracts.model import Catalogue
from lake import facts
from lake.anchoring import anchor_notes
from lake.city import Progress, declarations, expect_run, open_city, silent
from lake.data_docs import DataDocs
from lake.failure import StepFailed
from lake.guarding import expect_past
from lake.queries import rules_on_tables
from lake.room import no_room
from lake.settings import Settings
from orchestration.assets.naming import RELEASE, release_key, table_key
from orchestration.changes.declared import declared_files
from orchestration.changes.plan import Plan
from orchestration.definitions import build_definitions
from orchestration.running.instance import open_instance
from orchestration.running.looking import ToDo
from orchestration.running.outcome import RunOutcome, notes_of
from orchestration.steps.checking import check_tables
from orchestration.steps.resource import Asked
from quality.rules import declared_rules
from quality.scorecard import scores
from sharing.ledger import Ledger


class NotBegun(RuntimeError):
    """A first run that ended before there was a ledger to tell of it; it says why."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the run could not begin: {why}")


def run_city(
    settings: Settings, select: str = "*", progress: Any = None, *, full: bool = False, todo: ToDo | None = None
) -> RunOutcome:
    """Materialize the selected assets in this process, or those that are `todo`, and read the outcome back from the
    ledger. What nothing changed for stands as it is, unless the run is `full`.

    Raises `UnknownSelection` before anything is run, `NotBegun` where a first run could not open its city.
    """
    started = time.monotonic()
    asked = Asked(declared_files(settings.workspace), full)
    catalogue = declarations(settings)
    expect_past(settings)
    listener: Progress = progress or silent
    # The instance first: making one takes seconds, in which dbt may still be parsing.
    with open_instance(settings) as instance, progress or nullcontext():
        definitions = build_definitions(settings, catalogue=catalogue, asked=asked, progress=listener)
        chosen = _planned(todo.plan, catalogue, definitions) if todo else _resolve(select, definitions)
        job = _job(definitions, chosen)
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    if not settings.ledger.exists():
        raise NotBegun(_failure(result.all_events))
    with Ledger.read(settings.ledger) as ledger:
        seconds = time.monotonic() - started
        seen = todo.left if todo else facts.Left()
        left = facts.Left(seen.tables | asked.done.stood, seen.agreements | asked.done.left)
        summary = facts.run_summary(
            ledger, result.run_id, seconds, left, ended=result.success, rules=rules_on_tables(catalogue)
        )
        anchors = anchor_notes(settings, ledger)
    # What a model or Dagster's own storage could not write is told in their words, if at all.
    failure = no_room() or (_unjudged(chosen, summary) if result.success else _failure(result.all_events))
    notes = [*anchors, *notes_of(settings, catalogue)]
    return RunOutcome(not failure, {**summary, "notes": notes}, failure)


def _unjudged(chosen: Iterable[dg.AssetKey], summary: Mapping[str, Any]) -> str:
    """Agreements that were to be judged and were not: no verdict is no refusal, and what was released would stand."""
    wanted = {key.path[-1] for key in chosen if key.path[0] == RELEASE}
    missing = sorted(wanted - {row["agreement"] for row in summary["releases"]})
    return f"no verdict was given on {', '.join(missing)}" if missing else ""


def _job(definitions: dg.Definitions, chosen: AbstractSet[dg.AssetKey]) -> dg.JobDefinition:
    """The job of these assets; the whole one as it is, since taking a part of it makes all of it once more."""
    job = definitions.resolve_implicit_global_asset_job_def()
    if chosen == definitions.resolve_asset_graph().materializable_asset_keys:
        return job
    return job.get_subset(asset_selection=chosen)


def _planned(plan: Plan, catalogue: Catalogue, definitions: dg.Definitions) -> AbstractSet[dg.AssetKey]:
    """The assets of a plan. What the graph does not have was set aside, and is judged as missing."""
    keys = [table_key(f"raw.{catalogue.datasets[name].table}") for name in plan.datasets]
    keys += [*map(table_key, plan.tables), *map(release_key, plan.agreements)]
    return definitions.resolve_asset_graph().materializable_asset_keys & set(keys)


def _resolve(select: str, definitions: dg.Definitions) -> AbstractSet[dg.AssetKey]:
    graph = definitions.resolve_asset_graph()
    known = [key.to_user_string() for key in graph.materializable_asset_keys]
    try:
        chosen = dg.AssetSelection.from_string(select).resolve(graph)
    except (dg.DagsterInvalidSubsetError, DagsterInvalidAssetSelectionError) as error:
        raise UnknownSelection(select, known) from error
    if not chosen:
        raise UnknownSelection(select, known)
    return chosen


def _failure(events: Iterable[dg.DagsterEvent]) -> str:
    """What each failure of a run was, once; of the steps that were not tried for it, nothing."""
    found = [_why(event) for event in events if event.is_failure and hasattr(event.event_specific_data, "error")]
    return "; ".join(dict.fromkeys(filter(None, found))) or "it did not end; Dagster's log says more (`zhongtai ui`)"


def _why(event: dg.DagsterEvent) -> str:
    error = event.event_specific_data.error  # type: ignore[union-attr]
    while error and error.cause:
        error = error.cause
    if error is None:
        return ""
    kind, _, text = (error.message or "").partition(": ")
    # Steps raise `StepFailed`, whose text holds no value; what Dagster itself raised is told by its kind.
    told = text.strip() if kind.endswith(StepFailed.__name__) else f"{event.step_key or 'the run'}: {error.cls_name}"
    return told.splitlines()[0] if told else ""


def check_city(settings: Settings, table: str | None, *, docs: bool = False) -> dict[str, Any]:
    """Run the declared checks of one table or all, record them, and score; with `docs` also GX's page of each table.
    `UnknownTable` where none stands on it."""
    catalogue = declarations(settings)
    rules = declared_rules(catalogue)
    if table is not None and table not in rules:
        raise UnknownTable(table, sorted(rules))
    expect_run(settings)
    with open_city(settings, catalogue=catalogue, run_id="check") as city:
        found = check_tables(city, [table] if table else sorted(rules), DataDocs(settings) if docs else None)
    results = [result for made in found.values() for result in made]
    return {
        "checks": [result.as_dict() for result in results],
        "scores": [score.as_dict() for score in scores(results).values()],
    }


class UnknownSelection(LookupError):
    """The text selects no asset, or is no selection at all."""

    def __init__(self, select: str, known: list[str]) -> None:
        import difflib

        self.select = select
        near = difflib.get_close_matches(select, known, 3, 0.4) or sorted(known)[:3]
        super().__init__(f"--select {select!r} selects nothing. Assets are named as {', '.join(near)}.")


class UnknownTable(LookupError):
    """No rule stands on a table of that name."""

    def __init__(self, table: str, known: list[str]) -> None:
        import difflib

        self.table = table
        near = difflib.get_close_matches(table, known, 3)
        hint = f"Did you mean {', '.join(near)}?" if near else "Tables are named as raw.<department>__<dataset>."
        super().__init__(f"no rule stands on a table {table!r}. {hint}")
