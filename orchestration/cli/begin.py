"""The command that begins: a new city's workspace."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from contracts.clock import today
from lake.cli.options import Json
from lake.cli.output import emit, fail, say
from lake.settings import load_settings

WRONG = 2


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or does not exist yet.")],
    name: Annotated[str | None, typer.Option("--name", help="The city's name, snake_case; default: DIR's.")] = None,
    title_zh: Annotated[str | None, typer.Option("--title-zh", help="Its Chinese title.")] = None,
    title_en: Annotated[str | None, typer.Option("--title-en", help="Its English title.")] = None,
    as_json: Json = False,
) -> None:
    """Begin a new city: a workspace that runs, with a delivery to try."""
    from orchestration.workspace.begin import begin
    from orchestration.workspace.newcity import CityRefused, new_city
    from orchestration.workspace.place import expect_free

    target = folder.resolve()
    day = today(load_settings(target).clock)
    try:
        expect_free(target)
        city = new_city(target, name, title_zh, title_en, day)
        written = begin(target, city)
    except CityRefused as error:
        fail(f"{error}.", WRONG)
    steps = _next_steps(target)
    if as_json:
        emit({"workspace": str(target), "files": written, "next": steps})
        return
    say(f"[bold]{city.name}[/bold] begins in {target}: {len(written)} files, with a delivery of {city.today} to try.\n")
    say("Next:\n" + "\n".join(f"  {step}" for step in steps))
    say(f"\n{target / 'README.md'} says what each file is for; docs/first-city.md leads on from there.")


def _next_steps(target: Path) -> list[str]:
    return [f"export ZHONGTAI_WORKSPACE={shlex.quote(str(target))}", "zhongtai sync --check", "zhongtai run"]


COMMANDS: dict[str, Callable[..., None]] = {"init": init}
