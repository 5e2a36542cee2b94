"""The command for contracts in the making: a first one from an extract, a drafted change put in force.

What a draft holds is decided in `lake/drafting`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say
from lake.settings import Settings, load_settings

_DOINGS = ("draft", "apply")


def contract(
    doing: Annotated[str, typer.Argument(help=" or ".join(_DOINGS))],
    subject: Annotated[str, typer.Argument(help="draft: an extract's file; apply: a dataset, as health.visits.")],
    dataset: Annotated[str | None, typer.Option("--dataset", help="draft: <department>.<dataset> it is to be.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="draft: the file to write; default: print it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="apply: only show what would be written.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Draft a first contract from an extract, each column with its evidence; or apply a change that a run drafted."""
    settings = load_settings(workspace)
    if doing not in _DOINGS:
        fail(f"{doing!r} is none of {', '.join(_DOINGS)}", WRONG)
    if doing == "draft":
        _draft(settings, Path(subject), (dataset, out), as_json)
    else:
        _apply(settings, subject, dry_run=dry_run, as_json=as_json)


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


def _apply(settings: Settings, dataset: str, *, dry_run: bool, as_json: bool) -> None:
    import difflib

    from lake.city import declarations
    from lake.drafting.applied import changed_contract, put
    from lake.drifting import draft_file

    catalogue = declarations(settings)
    known = catalogue.datasets.get(dataset)
    draft = draft_file(settings, dataset)
    if known is None or known.path is None or not draft.is_file():
        fail(f"no change is drafted for {dataset!r}: a run drafts one when a delivery's columns differ", WRONG)
    before, after = known.path.read_text("utf-8"), changed_contract(settings, catalogue, known, draft)
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "contract", "drafted", lineterm="", n=2)
    diff = "\n".join(lines)
    if not as_json:
        typer.echo(diff)
    if not dry_run:
        put(settings, known, after)
        draft.unlink()
    if as_json:
        emit({"dataset": dataset, "diff": diff, "written": not dry_run, "contract": str(known.path)})
    elif not dry_run:
        say(f"written to {known.path}. `zhongtai plan` shows what it touches; then `zhongtai sync` and `zhongtai run`.")


COMMANDS: dict[str, Callable[..., None]] = {"contract": contract}
