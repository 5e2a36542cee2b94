"""The command of upkeep."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say
from lake.imports import uncollected
from lake.settings import load_settings

WITHHELD = 1


def maintain(workspace: Workspace = None, as_json: Json = False) -> None:
    """Compact the lake, let go what its retention is over, clear what runs left, and audit what is new."""
    from lake.city import expect_city

    logging.disable(logging.CRITICAL)
    settings = load_settings(workspace)
    expect_city(settings)
    with uncollected():
        from orchestration.running.upkeep import maintain as keep_up

    found = keep_up(settings)
    emit(found) if as_json else _show(found)
    if not found["audit"]["valid"] or found["held_by"] or found["lake"]["unmerged"]:
        raise typer.Exit(WITHHELD)


def _show(found: dict[str, Any]) -> None:
    lake, dagster = found["lake"], found["dagster"]
    say(f"lake: {_from(lake, 'files')} files, {_from(lake, 'bytes')} bytes, {_from(lake, 'snapshots')} states")
    say(f"  {len(lake['merged'])} tables merged, {lake['removed']:,} files removed, {lake['orphans']:,} orphans")
    for table in lake["unmerged"]:
        say(f"[yellow]![/yellow] {escape(table)} could not be merged, and is as it was")
    landing = found["landing"]
    say(f"landing: {len(landing['left']):,} copies left by their retention, {landing['bytes']:,} bytes")
    for one in landing["left"]:
        say(f"  {escape(one['dataset'])} {one['batch']}, delivered last on {one['since']}")
    say(f"drafts: {found['drafts']:,}; lakes put by: {found['put_by']:,}; dbt: {found['dbt']['files']:,} files")
    say(f"dagster: {dagster['runs']:,} runs; {_from(dagster, 'bytes')} bytes")
    say(f"ledger: {found['ledger']['entries']:,} entries, all kept; {found['ledger']['bytes']:,} bytes")
    if found["held_by"]:
        named = ", ".join(found["held_by"])
        say(f"[yellow]![/yellow] open findings ({named}): no former state and no landed copy is let go until resolved")
    for fault in found["audit"]["faults"]:
        say(f"[red]✗[/red] {fault['rule']} {escape(fault['subject'])}: {escape(fault['message'])}")


def _from(counts: dict[str, int], what: str) -> str:
    return f"{counts[f'{what}_before']:,} → {counts[f'{what}_after']:,}"


COMMANDS: dict[str, Callable[..., None]] = {"maintain": maintain}
