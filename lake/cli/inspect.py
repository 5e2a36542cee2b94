"""Commands that show what is known; the one that shows rejected rows records that it did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from contracts.faults import DeclarationsRefused
from lake.city import declarations, expect_run
from lake.cli.ancestry import show_declared, show_lineage
from lake.cli.explained import gate_titles, show_evidence, show_gates
from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.cli.present import show_releases, show_summary
from lake.settings import Settings, load_settings
from sharing.ledger import Ledger
from sharing.release import list_releases


def _ledger(settings: Settings) -> Ledger:
    expect_run(settings)
    return Ledger.read(settings.ledger)


def status(workspace: Workspace = None, as_json: Json = False) -> None:
    """What the ledger says of the newest deliveries, checks and releases; nothing is run."""
    from lake import facts
    from lake.guarding import standing_findings
    from lake.queries import standing_rules

    settings = load_settings(workspace)
    with _ledger(settings) as ledger:
        summary = facts.summary(ledger, standing_rules(settings))
        findings = standing_findings(settings, ledger)
    if findings:
        summary["findings"] = findings
    if as_json:
        emit(summary)
        return
    show_summary(summary, settings, whole=True)
    for one in findings:
        say(
            f"[red]✗[/red] {one['rule']} {escape(one['subject'])}: {escape(one['message'])}\n    → {escape(one['fix'])}"
        )


def explain(agreement: str, workspace: Workspace = None, as_json: Json = False) -> None:
    """One agreement's newest verdict, with the evidence each gate used."""
    settings = load_settings(workspace)
    with _ledger(settings) as ledger:
        entry = ledger.latest("verdict", agreement)
        known = sorted(ledger.current("verdict"))
    if entry is None:
        fail(f"there is no verdict on {agreement!r}; there is one on {', '.join(known) or 'none'}", WRONG)
    body = dict(entry.body)
    if as_json:
        emit({**body, "at": entry.at.isoformat()})
        return
    _say_what_it_is(settings, agreement, entry.at.isoformat(timespec="minutes"))
    show_releases([body])
    show_gates(body, dict(gate_titles()))
    show_evidence(body.get("evidence") or {})


def _say_what_it_is(settings: Settings, name: str, at: str) -> None:
    """The agreement by its titles and purpose, where the declarations can be read."""
    try:
        known = declarations(settings).agreements.get(name)
    except DeclarationsRefused:
        known = None
    if known is not None:
        say(f"[bold]{known.title_zh} {known.title_en}[/bold] → {known.agency}: {known.purpose}")
    say(f"judged {at}")


def lineage(
    column: Annotated[str | None, typer.Argument(help="TABLE.COLUMN, as theme.natural_person.name.")] = None,
    up: Annotated[bool, typer.Option("--up", help="All that flows into it (default).")] = False,
    down: Annotated[bool, typer.Option("--down", help="All that it flows into.")] = False,
    declared: Annotated[
        bool, typer.Option("--declared", help="Instead: every column whose declared level is not what flows in.")
    ] = False,
    picture: Annotated[
        str | None, typer.Option("--picture", help="Write the table's ancestry to an HTML file.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Where a column comes from or goes to, its level and category, and what is not known."""
    from lake.queries import declared_levels, lineage_of_column, lineage_picture

    settings = load_settings(workspace)
    if declared:
        found = declared_levels(settings)
        emit({"declared": found}) if as_json else show_declared(found)
        return
    if column is None:
        fail("say which column: TABLE.COLUMN, or --declared", WRONG)
    about = lineage_of_column(settings, column, downstream=down and not up)
    if picture:
        lineage_picture(settings, column, picture)
    emit(about) if as_json else show_lineage(about)


def quarantine(
    dataset: Annotated[str, typer.Argument(help="<department>.<dataset>")],
    batch: Annotated[str | None, typer.Option("--batch", help="One batch; default: all.")] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show the rejected rows; recorded in the ledger.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="At most so many rows.")] = 20,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", help="Write the open rows to a workbook for their department; recorded.")
    ] = None,
    returned: Annotated[
        Path | None, typer.Option("--returned", help="A workbook that came back: what it corrects; recorded.")
    ] = None,
    draft: Annotated[
        Path | None, typer.Option("--draft", help="With --returned: write the corrected rows as a delivery (csv).")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--as", help="For whom the workbook is: cells above their level are masked.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Why rows were rejected, by reason; the rows themselves, or a workbook of them, only on request."""
    from lake.cli.workbooks import give_back, write_out
    from lake.queries import quarantined

    if xlsx is not None or returned is not None:
        settings = load_settings(workspace)
        if returned is not None:
            give_back(settings, dataset, returned, draft, as_json=as_json)
        elif xlsx is not None:
            write_out(settings, dataset, (batch or "", xlsx), by, as_json=as_json)
        return

    found = quarantined(load_settings(workspace), dataset, batch, limit if rows else 0)
    if as_json:
        emit(found)
        return
    title = f"{dataset}: {found['quarantined']:,} of {found['read']:,} rows in quarantine"
    table(title, ("reason", "rows"), list(found["reasons"].items()))
    for one in found["corrected"]:
        say(f"corrected: {one['rows']:,} of batch {one['batch'][:8]} came right by their keys in batch {one['by'][:8]}")
    for row in found.get("rows", []):
        right = f" (corrected by batch {row['corrected_by'][:8]})" if row["corrected_by"] else ""
        say(f"batch {row['batch'][:8]} row {row['row']}: {', '.join(row['reasons'])}{right}\n    {row['original']}")


def releases(workspace: Workspace = None, as_json: Json = False) -> None:
    """Every release ever made, and what became of it."""
    found = [release.as_dict() for release in list_releases(load_settings(workspace).releases)]
    if as_json:
        emit({"releases": found})
        return
    lines = [
        (r["agreement"], r["recipient"], r["release_id"][:12], r["rows"], r["state"], r["at"], r["path"]) for r in found
    ]
    table("发布 Releases", ("agreement", "recipient", "release", "rows", "state", "at", "path"), lines)


COMMANDS: dict[str, Callable[..., None]] = {
    "status": status,
    "explain": explain,
    "lineage": lineage,
    "quarantine": quarantine,
    "releases": releases,
}
