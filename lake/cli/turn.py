"""Taking one's turn at the lake: how long a command waits for whoever is writing, and what it says meanwhile."""

from __future__ import annotations

from typing import Annotated

import typer

from lake.cli.output import WRONG, fail
from lake.one_writer import MOST_SECONDS, held_throughout
from lake.settings import Settings

Wait = Annotated[
    float | None,
    typer.Option("--wait", min=0, help=f"Seconds to wait while another is writing; default: {MOST_SECONDS:.0f}."),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="End at once, with 3, where another is writing.")]


def hold_lake(context: typer.Context, settings: Settings, wait: float | None, no_wait: bool) -> None:
    """Hold the writer's lock until the command ends: nothing of it is done beside another. Raises `LakeBusy`."""
    if no_wait and wait is not None:
        fail("--wait and --no-wait contradict each other: give one of them", WRONG)
    most = 0.0 if no_wait else MOST_SECONDS if wait is None else wait
    context.with_resource(held_throughout(settings.state, None, most))
