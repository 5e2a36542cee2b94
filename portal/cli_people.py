"""The commands of the portal's persons: their ways in, and signing on the command line what a page shows.

Who a person is and may do `contracts/persons.yml` says; here they are given a way to sign in, or lose it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Passphrase, Workspace
from lake.cli.output import emit, fail, say
from lake.settings import Settings, load_settings

WRONG = 2
_DOINGS = ("invite", "list", "end")


def account(
    doing: Annotated[str, typer.Argument(help=", ".join(_DOINGS))],
    name: Annotated[str | None, typer.Argument(help="The person, as contracts/persons.yml names them.")] = None,
    url: Annotated[str, typer.Option("--url", help="invite: the portal's address.")] = "http://127.0.0.1:8090",
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Invite a person to set a password for the portal, end their account, or list all persons."""
    settings = load_settings(workspace)
    if doing not in _DOINGS:
        fail(f"{doing!r} is none of {', '.join(_DOINGS)}", WRONG)
    if doing == "list":
        found: dict[str, Any] = {"accounts": _listed(settings)}
    elif name is None:
        fail(f"say whom: `account {doing} PERSON`", WRONG)
    else:
        found = _invited(settings, name, url) if doing == "invite" else _ended(settings, name)
    if as_json:
        emit(found)
        return
    for one in found.get("accounts", []):
        say(f"{escape(one['person'])}  {', '.join(one['roles'])}  password {one['password_set'] or 'none'}")
    if doing == "invite":
        where = f"at {escape(found['address'])} until {found['until']}"
        say(f"{escape(found['person'])} sets a password {where}, with the code")
        say(f"{found['code']}\nHand it over by a safe way: it is shown nowhere else, and good once")
    if doing == "end":
        say(f"{escape(found['person'])} has no way in any more by a password, and is signed out")


def _invited(settings: Settings, name: str, url: str) -> dict[str, Any]:
    from datetime import timedelta

    from contracts.acts import person_key
    from contracts.load import load_persons
    from lake.city import open_books_beside
    from lake.cli.options import login_name
    from portal.people.accounts import INVITED_DAYS, Accounts, happened
    from portal.people.store import Store, accounts_file

    known = load_persons(settings.workspace).persons
    person = known.get(person_key(name))
    if person is None:
        fail(
            f"{name} is none of the persons: {', '.join(sorted(one.name for one in known.values())) or 'nobody'}", WRONG
        )
    now = settings.clock.now()
    with open_books_beside(settings) as (ledger, _), closing(Store(accounts_file(settings.state))) as store:
        code = Accounts(store).invite(person.name, now)
        kind, body = happened(person.name, "invited", by=login_name())
        ledger.append(kind, body, now)
    until = (now + timedelta(days=INVITED_DAYS)).isoformat()
    return {"person": person.name, "address": f"{url.rstrip('/')}/enter", "code": code, "until": until}


def _ended(settings: Settings, name: str) -> dict[str, Any]:
    from lake.city import open_books_beside
    from lake.cli.options import login_name
    from portal.people.accounts import Accounts, happened
    from portal.people.store import Store, accounts_file

    with open_books_beside(settings) as (ledger, _), closing(Store(accounts_file(settings.state))) as store:
        Accounts(store).end(name)
        kind, body = happened(name, "ended", by=login_name())
        ledger.append(kind, body, settings.clock.now())
    return {"person": name}


def _listed(settings: Settings) -> list[dict[str, Any]]:
    from contracts.clock import today
    from contracts.load import load_persons
    from portal.people.accounts import Accounts
    from portal.people.store import Store, accounts_file

    day = today(settings.clock)
    with closing(Store(accounts_file(settings.state))) as store:
        accounts = Accounts(store)
        found = []
        for person in load_persons(settings.workspace).persons.values():
            set_at = accounts.account(person.name).set_at
            roles = [str(one.role) for one in person.roles if one.holds(day)]
            told = set_at.isoformat() if set_at else None
            found.append({"person": person.name, "roles": roles, "password_set": told})
    return sorted(found, key=lambda one: str(one["person"]))


def sign(
    statement: Annotated[Path, typer.Argument(help="What a page shows to be signed, saved as a file.")],
    key: Annotated[Path, typer.Option("--key", help="The person's private key (PEM, mode 0600).")],
    out: Annotated[Path, typer.Option("--out", help="The signed file to write; send it back to the page.")],
    passphrase: Passphrase = None,
    words: Annotated[str, typer.Option("--words", help="What the person says to it.")] = "",
    as_json: Json = False,
) -> None:
    """Sign what a page of the portal shows, with a key that never leaves this machine."""
    from dataclasses import replace

    from sharing.acts import read_statement, sign_act
    from sharing.keys import open_signer

    if out.exists():
        fail(f"{out} is there already; name another file", WRONG)
    act = replace(read_statement(statement.read_bytes().strip()), words=words.strip())
    out.write_bytes(sign_act(act, open_signer(key, passphrase)))
    found = {"deed": str(act.deed), "about": act.about, "person": act.person, "over": act.over, "out": str(out)}
    if as_json:
        emit(found)
        return
    what = f"{act.person} would {act.deed} {escape(act.about)}, over {act.over[:16]}"
    say(f"{what}: send {escape(str(out))} back to the page")


COMMANDS: dict[str, Callable[..., None]] = {"account": account, "sign": sign}
