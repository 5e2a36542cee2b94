"""Commands about the past: audit it, and resolve what was found wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Key, Passphrase, Workspace, login_name
from lake.cli.output import WRONG, emit, fail, say
from lake.settings import load_settings

INVALID = 1


def audit(
    deep: Annotated[
        bool, typer.Option("--deep", help="Also recount landing, and prove every landed, stored and released file.")
    ] = False,
    new: Annotated[
        bool, typer.Option("--new/--all", help="Only what has come since the last audit that found all well.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Recompute the ledger's chain, hold it against all that witnesses it, and recount what is stored."""
    from lake.auditing import audit as audit_city

    found = audit_city(load_settings(workspace), deep=deep, new=new)
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
        name = fault.get("finding", "")
        part = f" (finding {name})" if name and name not in fault["message"] else ""
        say(f"[red]✗[/red] {fault['rule']} {escape(fault['subject'])}: {escape(fault['message'])}{part}")
        if fault.get("fix"):
            say(f"    → {escape(fault['fix'])}")
    for note in found.get("notes", ()):
        say(f"[yellow]![/yellow] {escape(note)}")


def resolve(
    finding: Annotated[str, typer.Argument(help="The finding's id, as `audit` and `status` have it.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger.")],
    by: Annotated[str | None, typer.Option("--as", help="The person who resolves it; default: the login name.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Accept in a person's name what was lost, or record that it is back; what is lost is named for ever."""
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
    say(f"finding {found['finding']} is resolved by {found['by']}")
    for title, named in (("lost for good", found["lost"]), ("there again", found["back"])):
        if named:
            say(f"{title}:")
        for one in named:
            say(f"  {escape(one)}")


def witness(
    state: Annotated[Path, typer.Option("--state", help="Where it keeps its key and what it signed last.")],
    log_key: Annotated[list[Path], typer.Option("--log-key", help="The public key of a log that it signs for.")],
    name: Annotated[str, typer.Option("--name", help="Its name, as the logs declare it.")] = "witness",
    host: Annotated[str, typer.Option("--host", help="The address it listens at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port it listens at.")] = 3160,
) -> None:
    """Sign what another city's log has grown to, and never a past that it did not grow out of; runs until ended."""
    from sharing.cosigning import Witness
    from sharing.keys import PublicKey, create_key, open_signer
    from sharing.serving import serve

    clock = load_settings().clock
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = state / "witness.pem"
    signer = open_signer(path) if path.exists() else create_key(path)
    (state / "witness.pub.pem").write_bytes(signer.public.pem)
    known = [PublicKey.read(one) for one in log_key]
    with serve(Witness(name, signer, known, state / "logs", clock.now), host, port) as server:
        say(f"{name} signs at http://{host}:{server.server_address[1]}; its public key is {state / 'witness.pub.pem'}")
        server.serve_forever()


COMMANDS: dict[str, Callable[..., None]] = {"audit": audit, "resolve": resolve, "witness": witness}
