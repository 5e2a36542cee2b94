"""`zhongtai digest`: what each steward is told today, and telling them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say
from lake.settings import load_settings

FAILED = 3


def digest(
    send: Annotated[
        bool, typer.Option("--send", help="Tell them; once a day each, and nothing where all stands.")
    ] = False,
    person: Annotated[str | None, typer.Option("--person", help="Show this person's alone.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """What is newly bad, became another or is mended, for each whom `zhongtai.yml` names; without --send only shown."""
    from lake.alerts.day import day_of_city
    from lake.city import open_books_beside

    settings = load_settings(workspace)
    with open_books_beside(settings) as (ledger, _):
        day = day_of_city(settings, ledger)
        if not day.catalogue.alerts.to:
            fail("nobody is told: `alerts:` in zhongtai.yml names who is (docs/desk.md)", WRONG)
        sent = day.send(settings.clock.now) if send else day.shown(settings.clock.now())
    words = day.words()
    shown = [one for one in sent if person in (None, one.told.person)]
    rows: list[dict[str, Any]] = [
        {
            "person": one.told.person,
            "by": str(one.told.way),
            "state": one.state,
            "why": one.why,
            **words.data(one.digest),
        }
        for one in shown
    ]
    if as_json:
        emit({"digests": rows})
    for one in [] if as_json else shown:
        mark = "[red]✗[/red]" if one.state == "failed" else "·"
        say(f"{mark} {one.told.person} ({one.told.way}): {one.state}{': ' + escape(one.why) if one.why else ''}")
        if not one.digest.quiet and one.state in ("waiting", "sent", "failed"):
            say(escape(words.subject(one.digest)) + "\n" + escape(words.text(one.digest)))
    if any(one.state == "failed" for one in sent):
        raise typer.Exit(FAILED)


COMMANDS: dict[str, Callable[..., None]] = {"digest": digest}
