"""The command that reports who may receive what, who did, and what persons signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from contracts.model import Level
from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import load_settings


def entitlements(
    level: Annotated[str, typer.Option("--level", help="The lowest level that is reported: L1 to L4.")] = "L3",
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Who may receive what at a level and above, since when, on which act, until when; who did; who approved what."""
    from contracts.clock import today
    from lake.acts import Persons
    from lake.city import declarations, expect_run
    from lake.entitlements import entitlements as report
    from sharing.ledger import Ledger

    if level not in set(Level):
        fail(f"{level!r} is no level; there are {', '.join(Level)}", WRONG)
    settings = load_settings(workspace)
    expect_run(settings)
    catalogue = declarations(settings)
    with Ledger.read(settings.ledger) as ledger:
        persons = Persons.of(settings, catalogue)
        found = report(ledger, catalogue, persons, Level(level), today(settings.clock))
    if as_json:
        emit(found)
        return
    _show(found)


def _show(found: dict[str, Any]) -> None:
    rows = [
        (
            one["agreement"],
            one["recipient"],
            one["level_ceiling"],
            one["state"] + (", never used" if one["unused"] else ""),
            (one["since"] or "")[:10],
            one["valid_until"] or "",
            len(one["releases"]),
            ", ".join(f"{act['person']} ({act['role']}, {act['act'][:8]})" for act in one["acts"]),
        )
        for one in found["entitlements"]
    ]
    headers = ("agreement", "recipient", "ceiling", "state", "since", "until", "releases", "on the acts of")
    table(f"授权 Entitlements at {found['level']} and above", headers, rows)
    for one in found["entitlements"]:
        columns = ", ".join(f"{column['name']} {column['level']}" for column in one["columns"]) or "no column so high"
        say(f"  {one['agreement']}: {columns}")
        for release in one["releases"]:
            gone = f", withdrawn {release['withdrawn'][:16]}: {release['why']}" if release["withdrawn"] else ""
            say(f"    {release['recipient']} received {release['release_id'][:12]} {release['released'][:16]}{gone}")
    people = [
        (one["person"], ", ".join(sorted({act["role"] for act in one["acts"]})), len(one["acts"]),
         ", ".join(sorted({act["about"] for act in one["acts"]})), ", ".join(one["unused_roles"]))
        for one in found["persons"]
    ]  # fmt: skip
    table("人员 Persons", ("person", "acted as", "acts", "about", "roles never used"), people)


COMMANDS: dict[str, Callable[..., None]] = {"entitlements": entitlements}
