"""The command that makes a city's lake again from what landed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say
from lake.imports import uncollected
from lake.settings import load_settings

OTHER, FAILED = 1, 3


def rebuild(
    partly: Annotated[bool, typer.Option("--partly", help="Also without batches whose landed copy is gone.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Make lake, theme, products and evidence again from landing, declarations, keys and ledger, and compare."""
    from lake.city import expect_city

    logging.disable(logging.CRITICAL)
    settings = load_settings(workspace)
    expect_city(settings)
    with uncollected():
        from orchestration.running.rebuild import rebuild as make_again

    found = make_again(settings, partly=partly).as_dict()
    emit(found) if as_json else _show(found)
    if not found["same"]:
        raise typer.Exit(FAILED if found["failure"] else OTHER)


def _show(found: dict[str, Any]) -> None:
    say(f"{found['batches']:,} batches carried again from what landed; {found['compared']:,} tables compared")
    if found["put_by"]:
        say(f"  the lake before lies at {escape(found['put_by'])}: `zhongtai maintain` removes it in time")
    for one in found["lacking"]:
        say(f"[yellow]![/yellow] not carried: {escape(one)}")
    for table, (before, now) in found["different"].items():
        say(f"[red]✗[/red] {escape(table)}: was {before}, is {now or 'not there'}")
    if found["failure"]:
        say(f"[red]The run failed:[/red] {escape(found['failure'])}")
    if found["same"]:
        say("[green]rebuilt[/green]: every table has the content that it had")


COMMANDS: dict[str, Callable[..., None]] = {"rebuild": rebuild}
