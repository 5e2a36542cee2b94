"""The command that says which releases held one person, and records that it was asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from lake.cli.options import Json, Workspace, login_name
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import load_settings


def held(
    person: Annotated[str, typer.Argument(help="The person's number, or - to read it from standard input.")],
    why: Annotated[str, typer.Option("--why", help="What it is asked for: the ledger records it.")] = "",
    by: Annotated[str | None, typer.Option("--as", help="Who asks; left out: the login's name.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Which releases held one person, by a keyed index; that it was asked, by whom and why, is on record."""
    from lake.asked import who_held

    value = sys.stdin.readline().strip() if person == "-" else person.strip()
    if not value or not why.strip():
        fail("name the person's number, and say what it is asked for, with --why TEXT", WRONG)
    found = who_held(load_settings(workspace), value, (by or login_name(), why.strip()))
    rows = [asdict(one) for one in found if one.held]
    unknown = [asdict(one) for one in found if one.held is None]
    if as_json:
        emit({"held": rows, "unknown": unknown})
        return
    cells = [(r["agreement"], r["recipient"], r["release_id"][:12], r["released"], r["withdrawn"] or "") for r in rows]
    table(
        "持有记录 Releases that held the person", ("agreement", "recipient", "release", "released", "withdrawn"), cells
    )
    for one in unknown:
        say(f"  of {one['agreement']} {one['release_id'][:12]} nobody wrote down whose rows it held")


COMMANDS: dict[str, Callable[..., None]] = {"held": held}
