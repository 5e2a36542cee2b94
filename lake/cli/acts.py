"""Commands by which persons act: approve an agreement, stop it, and make a key to sign with.

Who a person is, and by which keys, `contracts/persons.yml` says; what an act is over is shown before it is signed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Key, Passphrase, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import load_settings


def approve(
    agreement: Annotated[str, typer.Argument(help="<agency>__<purpose>")],
    by: Annotated[str | None, typer.Option("--as", help="The person who approves; left out: only show.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    words: Annotated[str, typer.Option("--words", help="What the person says to it.")] = "",
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Sign exactly what was judged of an agreement's product; without --as, show what that is."""
    from lake import approving
    from lake.acts import Acts, Persons, actor
    from lake.city import declarations, open_books

    settings = load_settings(workspace)
    catalogue = declarations(settings)
    persons = Persons.of(settings, catalogue)
    with open_books(settings) as (ledger, _):
        what = approving.shown(ledger, settings, catalogue, agreement)
        if by is None:
            emit(what.as_dict()) if as_json else _show(what.as_dict())
            return
        said = approving.said(Acts(ledger, persons), agreement, settings.clock.now(), words)
        act = approving.approve(ledger, settings, what, actor(persons, by, key, passphrase), said)
    found = {"agreement": agreement, "person": act.person, "role": str(act.role), "act": act.digest, "over": act.over}
    if as_json:
        emit({**found, "played": act.played})
        return
    _show(what.as_dict())
    say(f"{act.person} approved it as {act.role}: act {act.digest[:12]}. Run `zhongtai run` to judge it with that.")


def _show(found: dict[str, Any]) -> None:
    say(f"[bold]{found['agreement']}[/bold] → {found['recipient']}: {found['purpose']}")
    say(f"product {found['product']}, {found['rows']} rows, {found['verdict']}; until {found['valid_until']}")
    say(f"scope: {found['scope']}")
    for one in found["row_scope"]:
        say(f"  every row: {one['column']} in {', '.join(one['values'])}")
    if found["untold_basis"]:
        say(f"  the persons in it are not told of it: {found['untold_basis']}")
    rows = [(one["name"], one["level"], one["category"], one["mask"] or "") for one in found["columns"]]
    table("columns", ("column", "level", "category", "mask"), rows)
    for column, declassifier in found["declassifiers"]:
        say(f"  {declassifier} lowers {column}")
    table("dossier 审批内容", ("part", "digest"), [(name, text[:16]) for name, text in found["dossier"].items()])
    for name in found["required"]:
        say(f"  {name}: {_state(found, name)}")
    if found["stopped"] is not None:
        say(f"  [red]it is stopped[/red]: {escape(found['stopped'])}")


def _state(found: dict[str, Any], name: str) -> str:
    """How the approval of a person stands."""
    if name in found["faults"]:
        return f"what was signed counts for nothing: {found['faults'][name]}"
    parts = found["changed"].get(name)
    if parts is None:
        return "has not signed"
    return f"changed since: {', '.join(parts)}" if parts else "has signed this"


def stop(
    agreement: Annotated[str, typer.Argument(help="<agency>__<purpose>")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger and the recipient.")],
    by: Annotated[str | None, typer.Option("--as", help="The person who stops it; default: the login name.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Withdraw what an agreement released, at once; nothing more leaves until it is approved again."""
    from lake import approving
    from lake.acts import Acts, Persons, actor
    from lake.city import declarations, open_books_beside
    from lake.cli.options import login_name
    from sharing.withdrawal import Books

    settings = load_settings(workspace)
    if not why.strip():
        fail("a stop without a reason is none: say why, with --why TEXT", WRONG)
    catalogue = declarations(settings)
    persons = Persons.of(settings, catalogue)
    with open_books_beside(settings) as (ledger, signer):
        known = {*catalogue.agreements, *ledger.current("verdict")}
        if agreement not in known:
            fail(f"there is no agreement {agreement!r}; there are {', '.join(sorted(known)) or 'none'}", WRONG)
        said = approving.said(Acts(ledger, persons), agreement, settings.clock.now(), why.strip())
        who = actor(persons, by or login_name(), key, passphrase)
        found = approving.stop(Books(ledger, settings.releases, signer), agreement, who, said)
    if as_json:
        emit(found)
    else:
        gone = found["withdrawn"]
        say(f"{agreement} is stopped; {'release ' + gone[:12] + ' is withdrawn' if gone else 'nothing was released'}")


def person_key(
    file: Annotated[Path, typer.Argument(help="Where the new private key is to lie; there must be none.")],
    sm2: Annotated[bool, typer.Option("--sm2", help="A key of SM2 instead of Ed25519.")] = False,
    passphrase: Annotated[
        Path | None, typer.Option("--passphrase", help="The file of a passphrase that encrypts it, mode 0600.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a person's key, and print the line for contracts/persons.yml."""
    from sharing.keys import ED25519, SM2, create_key

    public = create_key(file, SM2 if sm2 else ED25519, passphrase).public
    text = "".join(line for line in public.pem.decode().splitlines() if not line.startswith("-----"))
    if as_json:
        emit({"file": str(file), "key_id": public.key_id, "key": text})
        return
    say(f"{file} is there, for you alone: guard it. Ask for this line among your keys in contracts/persons.yml:")
    say(f"  - {{key: {text}, from: 2026-01-01, until: 2026-12-31}}")


COMMANDS: dict[str, Callable[..., None]] = {"approve": approve, "stop": stop, "person-key": person_key}
