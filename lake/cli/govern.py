"""Commands of governance: what-if, verify, recall."""

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


def recall(
    batch: str,
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger and the recipients.")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Name every release that a batch reached, and withdraw it."""
    from lake.city import expect_run, open_city
    from sharing.recall import recall as recall_batch

    settings = load_settings(workspace)
    expect_run(settings)
    with open_city(settings) as city:
        found = recall_batch(city.ledger, settings.releases, batch, why, city.now()).as_dict()
    if as_json:
        emit(found)
        return
    say(
        f"batch {batch}: {len(found['releases'])} releases withdrawn; "
        f"recipients: {', '.join(found['recipients']) or 'none'}"
    )
    for release in found["releases"]:
        say(f"  {release['agreement']}  {release['release_id'][:12]}  {release['path']}")


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


def withdraw_delivery(
    dataset: Annotated[str, typer.Argument(help="<department>.<dataset>")],
    path: Annotated[str, typer.Argument(help="The delivery's path below the deliveries, as `status` has it.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger.")],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Take a delivery back: from the next run on it counts for nothing."""
    from lake.city import expect_run, open_city
    from lake.withdrawal import withdraw_delivery as withdraw

    settings = load_settings(workspace)
    expect_run(settings)
    with open_city(settings) as city:
        found = withdraw(city, dataset, path, why)
    if as_json:
        emit(found)
    else:
        say(f"{dataset}: {path} is withdrawn; run `zhongtai run` to build and judge without it")


COMMANDS: dict[str, Callable[..., None]] = {
    "what-if": what_if,
    "verify": verify,
    "recall": recall,
    "withdraw-delivery": withdraw_delivery,
}
