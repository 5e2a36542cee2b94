"""The command that makes a release again from what it was made from."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say
from lake.imports import uncollected
from lake.settings import load_settings

OTHER, IMPOSSIBLE = 1, 3
_SAID = {
    "files": "[green]reproduced[/green]: every file is the same, byte by byte",
    "rows": "[green]reproduced[/green]: the rows are the same, the files' bytes are not",
    "other": "[red]NOT reproduced[/red]: the rows are others",
    "impossible": "[red]NOT reproduced[/red]: it cannot be made again",
}


def reproduce(
    release_dir: Annotated[Path, typer.Argument(help="The release folder, sealed away or not.")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Make a release again on a clean lake, from its certificate, this workspace and what landed, and compare."""
    logging.disable(logging.CRITICAL)
    with uncollected():
        from orchestration.running.reproduce import reproduce as make_again

    found = make_again(load_settings(workspace), release_dir.resolve())
    if as_json:
        emit(found.as_dict())
    else:
        say(f"release {found.release_id[:12]} {_SAID[found.outcome]}")
        for line in (*found.missing, *found.differences):
            say(f"  {line}")
    if not found.same:
        raise typer.Exit(IMPOSSIBLE if found.outcome == "impossible" else OTHER)


COMMANDS: dict[str, Callable[..., None]] = {"reproduce": reproduce}
