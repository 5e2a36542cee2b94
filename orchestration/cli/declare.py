"""Commands on declarations: keep the dbt twins in step with the contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say
from lake.settings import load_settings

DRIFTED = 1


def sync(
    workspace: Workspace = None,
    as_json: Json = False,
    check: Annotated[bool, typer.Option("--check", help="Only compare; exit 1 on any difference.")] = False,
) -> None:
    """Write the dbt twins of the contracts, or compare them."""
    from lake.city import declarations
    from orchestration.twins.sync import drift, write_twins

    settings = load_settings(workspace)
    catalogue = declarations(settings)
    if not check:
        touched = write_twins(catalogue, settings.dbt_project)
        emit({"touched": touched}) if as_json else say(
            f"{len(touched)} files written or removed" + "".join(f"\n  {t}" for t in touched)
        )
        return
    found = drift(catalogue, settings.dbt_project)
    if as_json:
        emit({"drift": [vars(one) for one in found]})
    else:
        for one in found:
            say(f"[red]{one.kind}[/red] {one.path}\n{one.diff}")
        say("twins and contracts agree" if not found else "Run `zhongtai sync`, or undo the edit of the twin.")
    if found:
        raise typer.Exit(DRIFTED)


COMMANDS: dict[str, Callable[..., None]] = {"sync": sync}
