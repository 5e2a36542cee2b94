"""Commands on declarations: keep the dbt twins in step with the contracts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say
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


def export_indicators(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help="metricflow, or ossie (Open Semantic Interchange).")],
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; default: standard output.")] = None,
    workspace: Workspace = None,
) -> None:
    """The indicators' formulas as YAML that other tools read."""
    from lake.city import declarations
    from orchestration.twins.semantic import FORMATS, exported

    if form not in FORMATS:
        fail(f"there is no format {form!r}: it is one of {', '.join(FORMATS)}", WRONG)
    catalogue = declarations(load_settings(workspace))
    text = exported(catalogue.indicators, catalogue.city, form)
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")
        say(f"{len(catalogue.indicators.every):,} indicators in {out}")


COMMANDS: dict[str, Callable[..., None]] = {"sync": sync, "export-indicators": export_indicators}
