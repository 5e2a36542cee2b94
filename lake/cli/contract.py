"""The command for contracts in the making: a first one from an extract, a drafted change put in force.

What a draft holds is decided in `lake/drafting`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, fail, say
from lake.settings import Settings, load_settings

WRONG = 2
_DOINGS = ("draft",)


def contract(
    doing: Annotated[str, typer.Argument(help=" or ".join(_DOINGS))],
    subject: Annotated[str, typer.Argument(help="draft: an extract's file.")],
    dataset: Annotated[str | None, typer.Option("--dataset", help="draft: <department>.<dataset> it is to be.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="draft: the file to write; default: print it.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Draft a first contract from an extract: its dialect, columns, types, keys and levels, each with its evidence."""
    settings = load_settings(workspace)
    if doing not in _DOINGS:
        fail(f"{doing!r} is none of {', '.join(_DOINGS)}", WRONG)
    _draft(settings, Path(subject), (dataset, out), as_json)


def _draft(settings: Settings, file: Path, asked: tuple[str | None, Path | None], as_json: bool) -> None:
    named, out = asked
    if not file.is_file():
        fail(f"{file}: there is no such file", WRONG)
    if out and out.exists():
        fail(f"{out} is there already, and a draft takes no contract's place: name another file", WRONG)
    found, text = _drafted(settings, file, named)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    if as_json:
        emit({**found, "contract": text, "written": str(out) if out else None})
        return
    if not out:
        say(text)
        return
    say(f"[bold]{found['dataset']}[/bold]  {found['records']:,} records, {len(found['columns'])} columns → {out}")
    for note in found["notes"]:
        say(f"  {note}")
    say("Read it, correct it, then `zhongtai sync` and `zhongtai run`.")


def _drafted(settings: Settings, file: Path, named: str | None) -> tuple[dict[str, Any], str]:
    import tempfile

    from lake.attach import bare_connection
    from lake.city import declarations
    from lake.drafting.contract import text_of
    from lake.drafting.draft import draft_contract
    from lake.scratch import own_folder

    catalogue = declarations(settings)
    own_folder(settings.scratch)
    connection = bare_connection(settings)
    try:
        with tempfile.TemporaryDirectory(dir=settings.scratch) as scratch:
            draft = draft_contract(connection, Path(scratch), catalogue, file, named)
            return draft.as_dict(), text_of(draft)
    finally:
        connection.close()


COMMANDS: dict[str, Callable[..., None]] = {"contract": contract}
