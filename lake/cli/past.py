"""Commands about the past: audit it, and resolve what was found wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.acts import _KEY, _PASSPHRASE
from lake.cli.options import Json, Workspace, login_name
from lake.cli.output import emit, fail, say
from lake.settings import load_settings

INVALID, WRONG = 1, 2


def audit(
    deep: Annotated[
        bool, typer.Option("--deep", help="Also recount landing, and prove every landed, stored and released file.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Recompute the ledger's chain, hold it against all that witnesses it, and recount what is stored."""
    from lake.auditing import audit as audit_city

    found = audit_city(load_settings(workspace), deep=deep)
    if as_json:
        emit(found)
    else:
        _show(found)
    if not found["valid"]:
        raise typer.Exit(INVALID)


def _show(found: dict[str, Any]) -> None:
    mark = "[green]valid[/green]" if found["valid"] else "[red]NOT valid[/red]"
    say(f"{mark}: {found['batches']:,} batches, {found['rows']:,} rows")
    for what, count in found.get("proved", {}).items():
        say(f"  {what}: {count:,}")
    for fault in found["faults"]:
        part = f" (finding {fault['finding']})" if "finding" in fault else ""
        say(f"[red]✗[/red] {fault['rule']} {escape(fault['subject'])}: {escape(fault['message'])}{part}")
        if fault.get("fix"):
            say(f"    → {escape(fault['fix'])}")
    for note in found.get("notes", ()):
        say(f"[yellow]![/yellow] {escape(note)}")


def resolve(
    finding: Annotated[str, typer.Argument(help="The finding's id, as `audit` and `status` have it.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger.")],
    by: Annotated[str | None, typer.Option("--as", help="The person who resolves it; default: the login name.")] = None,
    key: _KEY = None,
    passphrase: _PASSPHRASE = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Accept in a person's name what was lost, so that the ledger can go on; it is named there for ever."""
    from lake import resolving
    from lake.acts import Persons, actor
    from lake.city import declarations

    settings = load_settings(workspace)
    if not why.strip():
        fail("a finding is not resolved without a reason: say why, with --why TEXT", WRONG)
    catalogue = declarations(settings)
    one = resolving.find(settings, finding)
    who = actor(Persons.of(settings, catalogue), by or login_name(), key, passphrase)
    found = resolving.resolve(settings, catalogue, one, who, why.strip())
    if as_json:
        emit(found)
        return
    say(f"finding {found['finding']} is resolved by {found['by']}; {len(found['lost'])} things are lost for good:")
    for lost in found["lost"]:
        say(f"  {escape(lost)}")


COMMANDS: dict[str, Callable[..., None]] = {"audit": audit, "resolve": resolve}
