"""Commands that do the work: run the pipeline, check tables."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contracts.faults import DeclarationsRefused
from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say
from lake.cli.present import show_checks, show_plan, show_summary
from lake.cli.turn import NoWait, Wait, hold_lake
from lake.imports import uncollected
from lake.settings import Settings, load_settings
from orchestration.running.outcome import RunOutcome

if TYPE_CHECKING:
    from orchestration.running.looking import ToDo

WITHHELD, FAILED = 1, 3


def run(
    context: typer.Context,
    workspace: Workspace = None,
    as_json: Json = False,
    select: Annotated[str, typer.Option("--select", help="Dagster asset selection; default: everything.")] = "*",
    full: Annotated[bool, typer.Option("--full", help="Do everything again, whatever has changed.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, and why; do nothing.")] = False,
    wait: Wait = None,
    no_wait: NoWait = False,
) -> None:
    """Land, conform, model, check, gate and release what has been delivered."""
    from lake.city import expect_city

    # What went wrong is told by this command: Dagster's own log would show a person stacks.
    logging.disable(logging.CRITICAL)
    settings = load_settings(workspace)
    expect_city(settings)
    hold_lake(context, settings, wait, no_wait)
    if plan:
        _show_plan(settings, as_json=as_json, full=full)
        return
    listener = None if as_json else _listener()
    seen = None if full or select != "*" else _looked(settings, listener)
    outcome = seen if isinstance(seen, RunOutcome) else _done(settings, select, listener, full=full, todo=seen)
    if as_json:
        emit(outcome.summary if outcome.success else {**outcome.summary, "failure": outcome.failure})
    else:
        show_summary(outcome.summary, settings)
        for note in outcome.summary["notes"]:
            say(f"[yellow]![/yellow] {note}")
    if not outcome.success:
        if not as_json:
            say(f"[red]The run failed:[/red] {outcome.failure}")
        raise typer.Exit(FAILED)


def _show_plan(settings: Settings, *, as_json: bool, full: bool) -> None:
    with uncollected():
        from orchestration.running.planning import plan_city

        found = plan_city(settings, full=full)
    if as_json:
        emit(found.as_dict())
    else:
        show_plan(found.as_dict())


def _done(settings: Settings, select: str, listener: Any, *, full: bool, todo: ToDo | None) -> RunOutcome:
    from orchestration.transform.project import expect_manifest

    if todo is None or todo.plan.tables:
        expect_manifest(settings)
    with uncollected():
        from orchestration.running.runner import run_city  # takes seconds, in which dbt parses

    return run_city(settings, select, listener, full=full, todo=todo)


def _looked(settings: Settings, listener: Any) -> RunOutcome | ToDo | None:
    """The outcome where nothing is to be done, else what is."""
    with uncollected():
        from orchestration.running.looking import look_city

        return look_city(settings, listener)


def _listener():  # type: ignore[no-untyped-def]
    from orchestration.cli.progress import LiveProgress

    return LiveProgress()


def check(
    table: Annotated[str | None, typer.Argument(help="One table, as raw.police__residents; default: all.")] = None,
    suite: Annotated[
        Path | None, typer.Option("--suite", help="Instead: try this suite, <schema>.<table>.json; nothing is kept.")
    ] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, help="On at most so many rows; with --suite.")] = 1000,
    docs: Annotated[
        bool, typer.Option("--docs", help="Also write Great Expectations' page of each table (Data Docs).")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Run the declared checks on tables as they are now, and score them; or try a suite on a sample of its table."""
    if suite is not None:
        _try(load_settings(workspace), suite, table, sample, as_json=as_json)
        return
    with uncollected():
        from orchestration.running.runner import check_city

    logging.disable(logging.WARNING)
    settings = load_settings(workspace)
    found = check_city(settings, table, docs=docs)
    if as_json:
        emit(found)
    else:
        show_checks(found["checks"], found["scores"])
        if docs:
            say(f"Data Docs: {settings.data_docs}")
    if any(not row["passed"] and row["severity"] == "error" for row in found["checks"]):
        raise typer.Exit(WITHHELD)


def _try(settings: Settings, suite: Path, table: str | None, sample: int, *, as_json: bool) -> None:
    """A suite from a file, on a sample: counts alone, and on the record that somebody looked."""
    from lake.city import declarations, open_books
    from lake.login import login_name
    from lake.suite_desk import judged
    from lake.suite_trials import tried

    logging.disable(logging.WARNING)
    catalogue = declarations(settings)
    what = judged(catalogue, table or suite.stem, suite.read_text("utf-8"))
    if what.faults:
        raise DeclarationsRefused(list(what.faults))
    with open_books(settings) as (ledger, _):
        body = {"subject": f"suite.{what.table}", "rows": sample, "by": login_name()}
        ledger.append("access", body, settings.clock.now())
    with uncollected():
        found = tried(settings, catalogue, what, sample)
    if as_json:
        emit(found)
    else:
        show_checks(
            [{**one, "table": found["table"], "dimension": "", "observed": None} for one in found["checks"]], []
        )
    if any(not one["passed"] and one["severity"] == "error" for one in found["checks"]):
        raise typer.Exit(WITHHELD)


def ui(
    port: Annotated[int, typer.Option("--port", help="Port on the loopback interface.")] = 3000,
    workspace: Workspace = None,
) -> None:
    """The Dagster UI on this city and what has its schedules and sensor tick: the same graph that `run` executes."""
    from lake.city import expect_city
    from lake.settings import child_environment
    from orchestration.running.instance import open_instance
    from orchestration.running.serving import serve_city

    settings = load_settings(workspace)
    expect_city(settings)
    with open_instance(settings):
        pass  # made, or mended, before several processes ask for it at once
    raise typer.Exit(serve_city(port, child_environment(settings)))


COMMANDS: dict[str, Callable[..., None]] = {"run": run, "check": check, "ui": ui}
