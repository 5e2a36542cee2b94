"""Commands that take back what came or what left: recall, withdraw-delivery, and the notices that recipients get.

Each is an act of a person who may. A recall needs ledger and releases alone: no lake is opened, no contract read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Key, Passphrase, Workspace, login_name
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import Settings, load_settings

if TYPE_CHECKING:  # imported by the commands as they run
    from sharing.ledger import Ledger
    from sharing.recall import Recall

_AS = Annotated[str | None, typer.Option("--as", help="The person who does it; left out: the login's name.")]


def recall(
    batch: Annotated[str, typer.Argument(help="A batch's id, as `status --json` has it, or how it begins.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger and the recipients.")] = "",
    by: _AS = None,
    key: Key = None,
    passphrase: Passphrase = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only name what would be withdrawn.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Name every release that a batch reached, and withdraw it; from the next run on its rows count for nothing."""
    from contracts.load import load_persons
    from lake import recalling
    from lake.acts import Persons, Said, actor
    from lake.city import open_books
    from sharing.withdrawal import Books

    settings = load_settings(workspace)
    if dry_run:
        _tell(_planned(settings, batch), as_json, "would be withdrawn")
        return
    _refuse_blank(why, "recall")
    persons = Persons.of(settings, load_persons(settings.workspace))
    with open_books(settings) as (ledger, signer):
        what = recalling.would_reach(ledger, settings.releases, batch)
        before = _withdrawn_before(ledger, what)
        if before.get("again") and not before["standing"]:
            _tell({**what.as_dict(), **before}, as_json, "withdrawn")
            return
        said = recalling.said(ledger, persons, what.batch, Said(settings.clock.now(), why))
        who = actor(persons, by or login_name(), key, passphrase)
        found = recalling.recall(Books(ledger, settings.releases, signer), what, who, said)
    _tell({**before, **found}, as_json, "withdrawn")


def _planned(settings: Settings, batch: str) -> dict[str, Any]:
    from lake.city import expect_run
    from lake.recalling import would_reach
    from sharing.ledger import Ledger

    expect_run(settings)
    with Ledger.read(settings.ledger) as ledger:
        what = would_reach(ledger, settings.releases, batch)
        return {**what.as_dict(), **_withdrawn_before(ledger, what), "dry_run": True}


def _withdrawn_before(ledger: Ledger, what: Recall) -> dict[str, Any]:
    """Which of the releases that a recall reaches still stand, by id; and where the batch was recalled already
    (`again`), when, by whom and why.
    """
    standing = [one.release_id for one in what.releases if one.state != "withdrawn"]
    known = next((entry for entry in ledger.entries("recall") if entry.key == what.batch), None)
    if known is None:
        return {"standing": standing}
    told = {"by": str(known.body.get("by") or ""), "why": str(known.body.get("reason") or "")}
    return {"standing": standing, "again": {"at": known.at.isoformat(), **told}, **told}


def _refuse_blank(why: str, what: str) -> None:
    if not why.strip():
        fail(f"a {what} without a reason is none: say why, with --why TEXT", WRONG)


def _tell(found: dict[str, Any], as_json: bool, what: str) -> None:
    if as_json:
        emit(found)
        return
    to, again = ", ".join(found["recipients"]) or "none", found.get("again")
    if again:
        said = f"was recalled already, {again['at']} by {again['by'] or 'the platform'}: {again['why']}"
        say(f"batch {found['batch']} {escape(said)}")
    now = [one for one in found["releases"] if one["release_id"] in found["standing"]]
    before = [one for one in found["releases"] if one["release_id"] not in found["standing"]]
    say(f"batch {found['batch']}: {len(now)} releases {what}; {len(before)} had been before; recipients: {to}")
    for releases, mark in ((now, what), (before, "withdrawn before")):
        for one in releases:
            say(f"  {one['agreement']}  {one['release_id'][:12]}  {one['path']}  ({mark})")
    if not found.get("dry_run"):
        say(
            "Recipients are told by signed notices: `zhongtai notices`. Run `zhongtai run` to build without it, or "
            "`zhongtai windows` if it is of a stream."
        )


def withdraw_delivery(
    dataset: Annotated[str, typer.Argument(help="<department>.<dataset>")],
    path: Annotated[str, typer.Argument(help="The delivery's path below the deliveries, as `status` has it.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger.")] = "",
    by: _AS = None,
    key: Key = None,
    passphrase: Passphrase = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Take a delivery back: from the next run on it counts for nothing."""
    from lake import recalling, withdrawal
    from lake.acts import Persons, Said, actor
    from lake.city import expect_run, open_city

    settings = load_settings(workspace)
    _refuse_blank(why, "withdrawal")
    expect_run(settings)
    with open_city(settings) as city:
        persons = Persons.of(settings, city.catalogue)
        said = recalling.said(city.ledger, persons, f"{dataset} {path}", Said(city.now(), why))
        stream = dataset in city.catalogue.streams
        again = (
            "`zhongtai windows` to make windows without it"
            if stream
            else "`zhongtai run` to build and judge without it"
        )
        found = withdrawal.withdraw_by(city, (dataset, path), actor(persons, by or login_name(), key, passphrase), said)
    if as_json:
        emit(found)
    else:
        say(f"{dataset}: {path} is withdrawn; run {again}")


def notices(
    recipient: Annotated[str | None, typer.Option("--recipient", help="One agency's alone.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """What recipients were told of withdrawn releases, what they acknowledged, and which files are not the city's."""
    from lake.city import expect_run
    from lake.guarding import known_keys
    from lake.recalling import told
    from sharing.ledger import Ledger
    from sharing.notices import notice_faults

    settings = load_settings(workspace)
    expect_run(settings)
    with Ledger.read(settings.ledger) as ledger:
        found = told(ledger, settings.releases, recipient)
        faults = notice_faults(ledger, settings.releases, known_keys(settings, ledger, None))
    faults = [one for one in faults if recipient in (None, one.subject.partition("/")[0])]
    if as_json:
        emit({"notices": found, "faults": [one.as_dict() for one in faults]})
        return
    rows = [
        (
            one["notice"][:12],
            one["recipient"],
            one["agreement"],
            one["release_id"][:12],
            one["since"],
            _read(one),
            one["reason"],
        )
        for one in found
    ]
    table("撤回通知 Notices", ("notice", "recipient", "agreement", "release", "since", "acknowledged", "why"), rows)
    for fault in faults:
        said = f"{fault.subject}: {fault.message}"
        say(f"[red]✗[/red] {fault.rule} {escape(said)}\n    → {escape(fault.fix)}")


def _read(notice: dict[str, Any]) -> str:
    told = notice["acknowledged"]
    return f"{told['at']} by {told['by']}" if told else "no"


def acknowledge(
    notice: Annotated[str, typer.Argument(help="A notice's id, or how it begins.")],
    by: _AS = None,
    key: Key = None,
    passphrase: Passphrase = None,
    words: Annotated[str, typer.Option("--words", help="What was done about it.")] = "read",
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Record that a notice reached its recipient; until then `status` names it."""
    from contracts.load import load_persons
    from lake import recalling
    from lake.acts import Persons, Said, actor
    from lake.city import open_books
    from sharing.notices import find_notice

    settings = load_settings(workspace)
    persons = Persons.of(settings, load_persons(settings.workspace))
    with open_books(settings) as (ledger, _):
        one = find_notice(settings.releases, notice, ledger)
        said = recalling.said(ledger, persons, one.notice, Said(settings.clock.now(), words))
        found = recalling.acknowledge(ledger, one, actor(persons, by or login_name(), key, passphrase), said)
    if as_json:
        emit(found)
    else:
        say(f"notice {one.notice[:12]} to {one.recipient} is acknowledged by {found['by']}")


COMMANDS: dict[str, Callable[..., None]] = {
    "recall": recall,
    "withdraw-delivery": withdraw_delivery,
    "notices": notices,
    "acknowledge": acknowledge,
}
