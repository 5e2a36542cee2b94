"""Commands by which a city comes back: a backup of its state, and putting one back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace, login_name
from lake.cli.output import emit, say
from lake.settings import Settings, load_settings

INVALID = 1
Place = Annotated[str, typer.Argument(metavar="DIR|URL", help="A folder, or a URL: file, s3, sftp, … (fsspec).")]


def backup(
    place: Place,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Also the keys, sealed with ZHONGTAI_KEY_PASSPHRASE_FILE.")
    ] = False,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Leave the newest sets there alone, and what they name.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Take a set of the city's state while readers go on; what lies there already is not written again."""
    from lake.backing_up import Asked, back_up
    from lake.city import declarations, expect_city

    settings = load_settings(workspace)
    expect_city(settings)
    asked = Asked(place, login_name(), with_keys, keep)
    found = back_up(settings, declarations(settings).city, asked).as_dict()
    if as_json:
        emit(found)
    else:
        _show_taken(found)
    if found["not_whole"]:
        raise typer.Exit(INVALID)


def _show_taken(found: dict[str, Any]) -> None:
    say(f"set {found['set']} at {escape(found['place'])}: {found['files']:,} files, {found['bytes']:,} bytes")
    say(f"  written now: {found['written']:,} contents, {found['bytes_written']:,} bytes")
    for name in found["not_whole"]:
        say(f"[red]✗[/red] {escape(name)}: the set lacks it, or has it changed; `zhongtai audit --deep` says more")
    if left := found["pruned"]:
        say(f"  left now: {len(left['sets'])} sets, {left['contents']:,} contents, {left['bytes']:,} bytes")
        for name in left["unread"]:
            say(f"[yellow]![/yellow] set {escape(name)} cannot be read, so no content left: restore --check it")
    if not found["with_keys"]:
        say("[yellow]![/yellow] the keys are not in it: keep a copy of them elsewhere (docs/operations.md)")


def restore(
    place: Place,
    name: Annotated[str | None, typer.Option("--set", help="Which set; default: the newest.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="The city's public key, got by another way.")] = None,
    only: Annotated[
        str | None, typer.Option("--only", help="Bring back one file or folder of the state, by its path below it.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only prove the set, where it lies.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Put a set back into an empty state, or --only a part into the one there, each file proved; then audit."""
    from lake import restoring
    from sharing.keys import PublicKey

    settings = load_settings(workspace)
    source = restoring.Source(place, name, PublicKey.read(key) if key else None)
    if only is not None and not check:
        done = restoring.bring_back(settings, source, only).as_dict()
    else:
        done = (restoring.check if check else restoring.restore)(settings, source).as_dict()
    audited = None if check or not done["keys"] else _audited(settings)
    found = {**done, "restored": not check, "audit": audited}
    if as_json:
        emit(found)
    else:
        _show(found)
    if not check and (audited is None or not audited["valid"]):
        raise typer.Exit(INVALID)


def _audited(settings: Settings) -> dict[str, Any]:
    from lake.auditing import audit

    found = audit(settings, deep=True)
    return {"valid": found["valid"], "faults": found["faults"], "proved": found.get("proved", {})}


def _show(found: dict[str, Any]) -> None:
    what = "[green]restored[/green]" if found["restored"] else "[green]whole[/green]"
    say(
        f"set {found['set']} of {found['city']}, taken {found['taken_at']}, {found['entries']:,} ledger entries: {what}"
    )
    say(f"  {found['files']:,} files, {found['bytes']:,} bytes, each proved; signed with key {found['key'][:16]}")
    if not found["key_trusted"]:
        say("[yellow]![/yellow] that key is in the set itself: name one got by another way, with --key")
    if not found["restored"]:
        return
    if not found["keys"]:
        say("[yellow]![/yellow] the keys are not there: put them back into keys/, then run `zhongtai audit --deep`")
        return
    mark = "[green]valid[/green]" if found["audit"]["valid"] else "[red]NOT valid[/red]"
    say(f"audit --deep: {mark}")
    for fault in found["audit"]["faults"]:
        say(f"[red]✗[/red] {fault['rule']} {escape(fault['subject'])}: {escape(fault['message'])}")


COMMANDS: dict[str, Callable[..., None]] = {"backup": backup, "restore": restore}
