"""The command that shows what a change of the declarations would do, before a run does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say
from lake.settings import load_settings

BREAKING, REFUSED = 1, 2
_SHOWN = 6
_REFUSED, _BREAKING = "[red]refused[/red]", "[yellow]breaking[/yellow]"


def plan(workspace: Workspace = None, as_json: Json = False) -> None:
    """What changed in the declarations since the last run: compatible or breaking, and whom it touches.

    Exit 0: nothing breaks; 1: something does, and its contract says so; 2: a contract breaks without a new version.
    """
    from contracts.changes import changes
    from lake.city import declarations, expect_city, expect_run
    from lake.in_force import as_kept, in_force
    from lake.touched import planned
    from sharing.ledger import Ledger

    settings = load_settings(workspace)
    expect_city(settings)
    expect_run(settings)
    catalogue = declarations(settings)
    with Ledger.read(settings.ledger) as ledger:
        before, promised = in_force(settings, ledger), ledger.current("release").keys()
    if before is None:
        emit({"changes": [], "compared": False}) if as_json else say(_NOTHING_KEPT)
        return
    after = as_kept(catalogue)
    found = [one.as_dict() for one in planned(changes(before, after, promised), before, after, settings.manifest)]
    emit({"changes": found, "compared": True}) if as_json else _show(found)
    if any(one["refused"] for one in found):
        raise typer.Exit(REFUSED)
    if any(one["breaking"] for one in found):
        raise typer.Exit(BREAKING)


_NOTHING_KEPT = (
    "what was in force is not known: no run has ended since it is kept, or the file below .zhongtai/declared is not "
    "what the ledger says. The next run sets it down."
)


def _show(found: list[dict[str, Any]]) -> None:
    for one in found:
        mark = _REFUSED if one["refused"] else _BREAKING if one["breaking"] else "compatible"
        values = f": {one['before'] or 'nothing'} → {one['after'] or 'nothing'}"
        told = escape(values) if one["before"] or one["after"] else ""
        say(f"{mark}  {one['subject']}  {one['kind'].replace('_', ' ')}{told}")
        named = [f"{each['table']} {each['effect']}" for each in one["tables"]]
        for what, names in (("tables", named), ("products", one["products"]), ("recipients", one["recipients"])):
            if names:
                more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                say(f"    {what}: {', '.join(names[:_SHOWN])}{more}")
        say(f"    → {one['todo']}")
    if not found:
        say("the declarations are those of the last run")


COMMANDS: dict[str, Callable[..., None]] = {"plan": plan}
