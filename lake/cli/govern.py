"""Commands of governance: what-if, verify."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts.model import Level
from lake.cli.options import Json, Workspace
from lake.cli.output import emit, fail, say, table
from lake.settings import load_settings

INVALID, WRONG = 1, 2


def what_if(
    level: Annotated[str, typer.Option("--level", help="TABLE.COLUMN=L4")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Which products a column's level would withhold."""
    from lake.queries import what_if as ask

    column, _, name = level.rpartition("=")
    if not column or name not in set(Level):
        fail(f"--level wants TABLE.COLUMN=L1…L4, not {level!r}", WRONG)
    found = ask(load_settings(workspace), column, name)
    if as_json:
        emit(found)
        return
    for verdict in ("withheld", "released"):
        table(
            verdict,
            ("agreement", "above ceiling"),
            [(r["agreement"], ", ".join(r["columns_above"])) for r in found[verdict]],
        )


def verify(
    release_dir: Annotated[Path, typer.Argument(help="The release folder.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="The public key; default: the one beside the releases.")
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option("--ledger", help="The publisher's log: its folder, its address, or a checkpoint that you kept."),
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Check a release offline, by its folder and the public key: signature, digests, checks, expiry.

    With --ledger also that the release is in the publisher's ledger, and that nothing of it was rewritten since.
    """
    from sharing.included import verify_logged
    from sharing.keys import PublicKey
    from sharing.trust import verify_trusted

    settings = load_settings(workspace)
    trusted = PublicKey.read(key) if key else None
    found, told = verify_trusted(release_dir.resolve(), trusted, settings.clock.now())
    if ledger:
        wrong, logged = verify_logged(release_dir.resolve(), ledger, trusted)
        found, told = [*found, *wrong], {**told, **logged}
    faults = [fault.as_dict() for fault in found]
    if as_json:
        emit({"valid": not faults, "faults": faults, **told})
    else:
        say("[green]valid[/green]" if not faults else "[red]NOT valid[/red]")
        _tell(told)
        for fault in faults:
            say(f"[red]✗[/red] {fault['subject']}: {fault['message']}\n    → {fault['fix']}")
    if faults:
        raise typer.Exit(INVALID)


_CURRENT = {True: "current", False: "no longer current", None: "whether it is current cannot be known here"}


def _tell(told: dict[str, Any]) -> None:
    """What a person wants to know of a release, beside whether it holds."""
    if "agreement" in told:
        say(f"  {told['agreement']} → {told['recipient']}: {told['product']}, {told['rows']:,} rows")
        say(f"  issued {told['issued_at']}, in force until {told['valid_until']}; {_CURRENT[told['current']]}")
        for act in told["acts"]:
            say(f"  approved by {act['person']} as {act['role']} at {act['at']}")
    if "key" in told:
        trust = "" if told.get("key_trusted") else "; it lay beside the release: name one got by another way, --key"
        say(f"  key {told['key']}{trust}")
    if "log" in told:
        log = told["log"]
        say(f"  in the ledger {log['origin']}, {log['size']:,} entries, root {log['root'][:16]}")
    if told.get("demonstration"):
        say("  [red]a demonstration: the platform played the persons who approved[/red]")


COMMANDS: dict[str, Callable[..., None]] = {
    "what-if": what_if,
    "verify": verify,
}
