"""Commands that show what is known; the one that shows rejected rows records that it did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from lake.city import expect_run
from lake.cli.options import Json, Workspace
from lake.cli.output import emit, fail, say, table
from lake.cli.present import show_releases, show_summary
from lake.settings import Settings, load_settings
from sharing.ledger import Ledger
from sharing.release import list_releases

WRONG = 2


def _ledger(settings: Settings) -> Ledger:
    expect_run(settings)
    return Ledger.read(settings.ledger)


def status(workspace: Workspace = None, as_json: Json = False) -> None:
    """What the ledger says of the newest deliveries, checks and releases; nothing is run."""
    from lake import facts
    from lake.queries import standing_rules

    settings = load_settings(workspace)
    with _ledger(settings) as ledger:
        summary = facts.summary(ledger, standing_rules(settings))
    if as_json:
        emit(summary)
    else:
        show_summary(summary, settings, whole=True)


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
    show_releases([body])
    _show_evidence(body.get("evidence") or {})


def _show_evidence(evidence: dict[str, Any]) -> None:
    if not evidence:
        return
    columns = [
        (c["name"], c["levels"]["effective"], c["levels"]["direct"], c["levels"]["indirect"], c["because"])
        for c in evidence["lineage"]["columns"]
    ]
    table("\n字段分级 Levels", ("column", "level", "direct", "indirect", "because"), columns)
    sources = [
        (s["dataset"], s["sharing_attribute"], s["newest_delivery"], len(s["batches"]), s["failure"] or "")
        for s in evidence["sources"]
    ]
    table("\n来源 Sources", ("dataset", "sharing", "newest delivery", "batches", "failure"), sources)
    tables = [(t["table"], len(t["expected"]), t["score"], t["data_version"]) for t in evidence["quality"]["tables"]]
    table("\n质量 Quality", ("table", "rules", "score", "data version"), tables)


def lineage(
    column: Annotated[str, typer.Argument(help="TABLE.COLUMN, as theme.natural_person.name.")],
    up: Annotated[bool, typer.Option("--up", help="All that flows into it (default).")] = False,
    down: Annotated[bool, typer.Option("--down", help="All that it flows into.")] = False,
    picture: Annotated[
        str | None, typer.Option("--picture", help="Write the table's ancestry to an HTML file.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Where a column comes from or goes to, its level, and what is not known."""
    from lake.queries import lineage_of_column, lineage_picture

    settings = load_settings(workspace)
    found = lineage_of_column(settings, column, downstream=down and not up)
    if picture:
        lineage_picture(settings, column, picture)
    if as_json:
        emit(found)
        return
    say(f"[bold]{found['column']}[/bold]  level {found['level']}")
    table(
        "",
        ("from", "to", "kind", "transform"),
        [(e["from"], e["to"], e["kind"], e["transform"]) for e in found["edges"]],
    )
    if found["conformance"]:
        say(f"and {len(found['conformance'])} indirect edges of conforming: which rows were kept (--json lists them)")
    for unknown in found["unknown"]:
        say(f"[red]unknown[/red] {unknown}")


def quarantine(
    dataset: Annotated[str, typer.Argument(help="<department>.<dataset>")],
    batch: Annotated[str | None, typer.Option("--batch", help="One batch; default: all.")] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show the rejected rows; recorded in the ledger.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="At most so many rows.")] = 20,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Why rows were rejected, by reason; the rows themselves only on request."""
    from lake.queries import quarantined

    found = quarantined(load_settings(workspace), dataset, batch, limit if rows else 0)
    if as_json:
        emit(found)
        return
    title = f"{dataset}: {found['quarantined']:,} of {found['read']:,} rows in quarantine"
    table(title, ("reason", "rows"), list(found["reasons"].items()))
    for row in found.get("rows", []):
        say(f"batch {row['batch'][:8]} row {row['row']}: {', '.join(row['reasons'])}\n    {row['original']}")


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
