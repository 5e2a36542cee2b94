"""The commands of the portal: serving, and who may read by which token. Added to the command line by an entry point."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace, login_name
from lake.cli.output import emit, fail, say
from lake.settings import Settings, load_settings
from portal.cli_people import COMMANDS as PEOPLE
from portal.cli_report import COMMANDS as REPORT
from sharing.grants import Asked

WRONG = 2
_DOINGS = ("add", "list", "revoke")


def serve(
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on the interface.")] = 8090,
    host: Annotated[
        str, typer.Option("--host", help="Interface; others than loopback belong behind TLS.")
    ] = "127.0.0.1",
    url: Annotated[str, typer.Option("--url", help="The address by which others reach it: https://data.example.")] = "",
    proxy: Annotated[
        str, typer.Option("--proxy", help="The proxy before it, which is believed for whom it asks: 10.0.0.5.")
    ] = "",
    certificate: Annotated[Path | None, typer.Option("--tls", help="Its certificate (PEM): TLS, no proxy.")] = None,
    key: Annotated[Path | None, typer.Option("--tls-key", help="The key of that certificate.")] = None,
    clients: Annotated[
        Path | None, typer.Option("--client-ca", help="Authorities (PEM) whose clients may show certificates.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """The portal: Delta Sharing, the files of releases, the catalogue."""
    from portal.serving import Place, Tls, serve

    if (certificate is None) != (key is None) or (clients is not None and certificate is None):
        fail("--tls and --tls-key come together, and --client-ca with both", WRONG)
    settings = load_settings(workspace)
    _expect_address(url)
    _expect_proxy(proxy)
    place = Place(host, port, url, Tls(certificate, key, clients) if certificate and key else None, proxy)
    say(f"portal at {place.base}, Delta Sharing at {place.base}/delta-sharing; Ctrl-C ends it")
    serve(settings, place)


def _expect_proxy(proxy: str) -> None:
    """Ends in words for what is neither an address nor a network."""
    for one in filter(None, proxy.split(",")):
        try:
            ipaddress.ip_network(one.strip())
        except ValueError:
            fail(f"{one!r} is no address of a proxy: write it as 10.0.0.5, or a network as 10.0.0.0/28", WRONG)


def _expect_address(url: str) -> None:
    """Ends in words for what is no address that answers can begin with."""
    if url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        fail(f"{url!r} is no address: write it as https://data.city.example", WRONG)


def recipient(
    doing: Annotated[str, typer.Argument(help=", ".join(_DOINGS))],
    name: Annotated[str | None, typer.Argument(help="The agency, as agreements name it.")] = None,
    profile: Annotated[
        Path | None, typer.Option("--profile", help="add: the profile file to write, mode 0600.")
    ] = None,
    days: Annotated[int, typer.Option("--days", help="add: how long the token is good.")] = 90,
    network: Annotated[list[str] | None, typer.Option("--network", help="add: from where alone: 10.1.0.0/16.")] = None,
    token: Annotated[str | None, typer.Option("--token", help="revoke: this token's id alone.")] = None,
    url: Annotated[str, typer.Option("--url", help="add: the portal's address.")] = "http://127.0.0.1:8090",
    oauth: Annotated[bool, typer.Option("--oauth", help="add: a profile of OAuth client credentials.")] = False,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="add: of use with this client's certificate (PEM) alone.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Give an agency's application a token to read what is released to it, list them, or end them."""
    settings = load_settings(workspace)
    _expect_address(url)
    if doing not in _DOINGS:
        fail(f"{doing!r} is none of {', '.join(_DOINGS)}", WRONG)
    if doing == "list":
        found = {"grants": _listed(settings, name)}
    elif name is None:
        fail(f"say whom: `recipient {doing} AGENCY`", WRONG)
    elif doing == "add":
        from sharing.grants import certificate_digest

        bound = certificate_digest(certificate.read_bytes(), str(certificate)) if certificate else ""
        asked = Asked(name, days, tuple(network or ()), login_name(), bound)
        found = _added(settings, asked, profile, (url, oauth))
    else:
        found = _ended(settings, name, token)
    emit(found) if as_json else _show(found)


def _added(settings: Settings, asked: Asked, file: Path | None, how: tuple[str, bool]) -> dict[str, Any]:
    from lake.city import declarations, open_books_beside
    from portal.feeds.routes import feeding
    from sharing.grants import give, profile

    (url, oauth), name = how, asked.recipient
    declared = declarations(settings)
    known = sorted({one.agency for one in declared.agreements.values()} - {"public"})
    feeds = sorted({feeding(one.department) for one in declared.streams.values()})
    if name not in (*known, *feeds):
        also = f"; and, to push feeds, {', '.join(feeds)}" if feeds else ""
        fail(f"no agreement names {name}; there are {', '.join(known) or 'none'}{also}", WRONG)
    if file is None:
        fail("say where to write the profile: --profile FILE. It is shown nowhere else, and cannot be had again", WRONG)
    if file.exists():
        fail(f"{file} is there already; name another file", WRONG)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as target, open_books_beside(settings) as (ledger, _):
            grant, text = give(ledger, asked, settings.clock.now())
            target.write(profile(url, grant, text, oauth=oauth))
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return {"grant": _shown(grant.as_dict()), "profile": str(file)}


def _ended(settings: Settings, name: str, token: str | None) -> dict[str, Any]:
    from lake.city import open_books_beside
    from sharing.grants import end

    with open_books_beside(settings) as (ledger, _):
        found = end(ledger, name, login_name(), settings.clock.now(), token)
    return {"ended": [_shown(one.as_dict()) for one in found]}


def _listed(settings: Settings, name: str | None) -> list[dict[str, Any]]:
    from lake.city import expect_run
    from sharing.grants import grants
    from sharing.ledger import Ledger

    expect_run(settings)
    with Ledger.read(settings.ledger) as ledger:
        found = [one for one in grants(ledger) if name in (None, one.recipient)]
    now = settings.clock.now()
    return [{**_shown(one.as_dict()), "stands": one.stands(now)} for one in found]


def reads(
    month: Annotated[str, typer.Option("--month", help="Of one month, as 2026-11; default: of all time.")] = "",
    department: Annotated[
        str | None, typer.Option("--department", help="What of its datasets was read, by whom; default: by recipient.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """What each recipient read, under which agreement, how often and how much; and the grants that nobody uses."""
    from lake.city import expect_run
    from sharing.ledger import Ledger
    from sharing.reads import statements, unused

    settings = load_settings(workspace)
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        fail(f"{month!r} is no month: write it as 2026-11", WRONG)
    expect_run(settings)
    if department is not None:
        _show_department(_of_department(settings, department, month), as_json=as_json)
        return
    with Ledger.read(settings.ledger) as ledger:
        told = [one.as_dict() for one in statements(ledger, month)]
        idle = [_shown(one.as_dict()) for one in unused(ledger, settings.clock.now())]
    if as_json:
        emit({"reads": told, "unused": idle})
        return
    for one in told:
        what = f"{one['queries']:,} queries, {one['files']:,} files, {one['bytes']:,} bytes, {one['refused']:,} refused"
        said = f"{one['recipient']}  {one['agreement'] or 'what was refused'}  {what}, last {one['last']}"
        say(escape(said))
    for one in idle:
        say(f"[yellow]![/yellow] {escape(one['recipient'])}  token {one['token']} stands and was never used")
    if not told and not idle:
        say("nothing was read, and nobody has a grant")


def _of_department(settings: Settings, department: str, month: str) -> dict[str, Any]:
    from contracts.clock import today
    from lake.city import declarations
    from sharing.department_reads import Sources, Tally, department_statements, unread
    from sharing.ledger import Ledger
    from sharing.release import current_release

    catalogue = declarations(settings)
    if department not in catalogue.departments:
        fail(f"no department {department}; there are {', '.join(sorted(catalogue.departments))}", WRONG)
    tally, root = Tally(), settings.releases
    with Ledger.read(settings.ledger) as ledger:
        tally.count_on(ledger)
        sources = Sources(root).of(ledger, {one.release_id for one in tally.counts})
        found = (current_release(root, name, today(settings.clock)) for name in sorted(catalogue.agreements))
        idle = unread(tally, ledger, root, [one for one in found if one is not None])
    of_its = [one for one in idle if any(name.partition(".")[0] == department for name in one.datasets)]
    return {
        "department": department,
        "reads": [one.as_dict() for one in department_statements(tally, sources, department, month)],
        "unread": [one.as_dict() for one in of_its],
    }


def _show_department(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        emit(found)
        return
    for one in found["reads"]:
        what = f"{one['queries']:,} queries, {one['files']:,} files, {one['bytes']:,} bytes for {one['purpose']}"
        of = one["dataset"] or "of sources that nobody can tell any more"
        say(escape(f"{one['month']}  {of}  {one['recipient']}  {one['agreement']}  {what}, last {one['last']}"))
    for one in found["unread"]:
        said = f"{one['agreement']} may be read by {one['recipient']} since {one['since']} and never was"
        say(f"[yellow]![/yellow] {escape(said)}")
    if not found["reads"]:
        say(f"nothing was read of what {found['department']} delivers")


def probe(workspace: Workspace = None, as_json: Json = False) -> None:
    """Read every current release as its recipient would, and record what came of it; exit 1 where one cannot be."""
    from portal.files.proof import Proofs
    from portal.probing.probe import probe_all
    from portal.released import Released
    from portal.serving import opened

    with opened(load_settings(workspace)) as city:
        found = probe_all(city, Released(city), Proofs())
    if as_json:
        emit({"probes": [one.as_dict() for one in found]})
    for one in found if not as_json else ():
        mark = "[green]✓[/green]" if one.passed else "[red]✗[/red]"
        said = one.why or f"{one.rows:,} rows"
        say(f"{mark} {escape(one.agreement)}  {escape(', '.join(one.tried))}: {escape(said)}")
    if not found and not as_json:
        say("nothing is released: there is nothing to read")
    if not all(one.passed for one in found):
        raise typer.Exit(1)


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "sha256"}


def _show(found: dict[str, Any]) -> None:
    rows = found.get("grants") or found.get("ended") or [found["grant"]] if found.get("grants") != [] else []
    for row in rows:
        ended = f", ended {row['ended']}" if row["ended"] else ""
        say(f"{escape(row['recipient'])}  token {row['token']}  until {row['until']}{ended}")
    if "profile" in found:
        say(f"profile {escape(found['profile'])}: hand it over by a safe way; the token in it is shown nowhere else")


COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve,
    "recipient": recipient,
    "reads": reads,
    "probe": probe,
    **PEOPLE,
    **REPORT,
}
