"""Commands of governance: what-if, verify."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from contracts.model import Level
from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import load_settings

INVALID, UNCHECKED = 1, 3


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

    With --ledger also that the release is in the publisher's ledger, and that nothing of it was rewritten since;
    where a checkpoint alone cannot show that, it says so, and ends with 3.
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
    unchecked = "unchecked" in told.get("log", {}) and not faults
    if as_json:
        emit({"valid": None if unchecked else not faults, "faults": faults, **told})
    else:
        well = "[yellow]not checked against the log[/yellow]; by itself valid" if unchecked else "[green]valid[/green]"
        say("[red]NOT valid[/red]" if faults else well)
        _tell(told)
        for fault in faults:
            say(f"[red]✗[/red] {fault['subject']}: {fault['message']}\n    → {fault['fix']}")
    if faults or unchecked:
        raise typer.Exit(INVALID if faults else UNCHECKED)


_CURRENT = {True: "current", False: "no longer current", None: "whether it is current cannot be known here"}


def _tell(told: dict[str, Any]) -> None:
    """What a person wants to know of a release, beside whether it holds."""
    if "agreement" in told:
        say(f"  {told['agreement']} → {told['recipient']}: {told['product']}, {told['rows']:,} rows")
        say(f"  issued {told['issued_at']}, in force until {told['valid_until']}; {_CURRENT[told['current']]}")
        for act in told["acts"]:
            say(f"  approved by {act['person']} as {act['role']} at {act['at']}")
    for one in told.get("overrides", ()):
        say(f"  [yellow]![/yellow] {escape(one['words'])}")
    if "key" in told:
        trust = "" if told.get("key_trusted") else "; it lay beside the release: name one got by another way, --key"
        say(f"  key {told['key']}{trust}")
    if "log" in told:
        log = told["log"]
        whether = "against the checkpoint of" if "unchecked" in log else "in"
        say(f"  {whether} the ledger {log['origin']}, {log['size']:,} entries, root {log['root'][:16]}")
        if "unchecked" in log:
            say(f"  [yellow]![/yellow] {escape(log['unchecked'])}")
    if told.get("demonstration"):
        say("  [red]a demonstration: the platform played the persons who approved[/red]")


COMMANDS: dict[str, Callable[..., None]] = {
    "what-if": what_if,
    "verify": verify,
}
