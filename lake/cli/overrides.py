"""The command by which a product is released in spite of failing checks: asked, confirmed by another, ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Key, Passphrase, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import load_settings


def override(
    agreement: Annotated[str, typer.Argument(help="<agency>__<purpose>")],
    until: Annotated[str | None, typer.Option("--until", help="Ask: the last day, YYYY-MM-DD.")] = None,
    check: Annotated[list[str] | None, typer.Option("--check", help="Ask: only this failing rule.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Ask: for this very data, and no later.")] = False,
    confirm: Annotated[str | None, typer.Option("--confirm", help="Confirm the one whose number begins so.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="End the one whose number begins so.")] = None,
    why: Annotated[str, typer.Option("--why", help="The reason; it is printed on the certificate.")] = "",
    by: Annotated[str | None, typer.Option("--as", help="The person who acts.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Release a product in spite of failing checks: a steward or owner asks, an officer confirms. Without any: show.

    It sets aside the very checks that failed when the product was last judged, and only while no more rows fail; no
    other gate is asked less for it.
    """
    from contracts.clock import day_of
    from lake.acts import Persons, actor
    from lake.approving import said
    from lake.city import declarations, open_books
    from lake.overriding import Desk

    settings = load_settings(workspace)
    if sum(one is not None for one in (until, confirm, end)) > 1:
        fail("one at a time: --until to ask, --confirm or --end", WRONG)
    catalogue = declarations(settings)
    with open_books(settings) as (ledger, _):
        desk, now = Desk(ledger, settings, catalogue), settings.clock.now()
        if until is confirm is end is None:
            _show(desk, agreement, day_of(now), as_json=as_json)
            return
        if by is None:
            fail("who acts? name the person: --as PERSON", WRONG)
        who = actor(Persons.of(settings, catalogue), by, key, passphrase)
        words = said(desk.overrides.acts, agreement, now, why.strip())
        if until is not None:
            terms = desk.terms(agreement, _day(until), day_of(now), only=check or (), exact=exact)
            act = desk.ask(terms, who, words)
        elif confirm is not None:
            act = desk.confirm(agreement, confirm, who, words)
        else:
            act = desk.end(agreement, end or "", who, words)
    found = {"agreement": agreement, "deed": str(act.deed), "person": act.person, "act": act.digest}
    if as_json:
        emit({**found, "override": act.seen.get("override", act.digest), "played": act.played})
        return
    say(f"{act.person}: {act.deed}, act {act.digest[:12]}. Run `zhongtai run` to judge it with that.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is no day; write YYYY-MM-DD", WRONG)


def _show(desk: Any, agreement: str, today: date, *, as_json: bool) -> None:
    desk.catalogue.agreements.get(agreement) or fail(f"there is no agreement {agreement!r}", WRONG)
    overrides = [(one, desk.standing(agreement, one, today)) for one in desk.listed(agreement)]
    failing = desk.failing(agreement)
    if as_json:
        told = [override_told(one, why) for one, why in overrides]
        emit({"agreement": agreement, "failing": [vars(one) for one in failing], "overrides": told})
        return
    rows = [(one.table, one.rule, one.failing_rows, one.rows) for one in failing]
    table(f"{agreement}: failing checks", ("table", "rule", "failing", "rows"), rows)
    for one, why in overrides:
        say(f"{one.asked.digest[:12]} {'[green]stands[/green]' if why is None else escape(why)}")
        say(f"  {escape(one.words)}")


def override_told(one: Any, why: str | None) -> dict[str, Any]:
    """An override as JSON-ready data."""
    return {
        "override": one.asked.digest,
        "asked_by": one.asked.person,
        "confirmed_by": one.confirmed.person if one.confirmed else None,
        "until": one.until.isoformat(),
        "reason": one.reason,
        "checks": [{"table": c.table, "rule": c.rule, "failing_rows": c.failing_rows} for c in one.checks],
        "stands": why is None,
        "why_not": why,
    }


COMMANDS: dict[str, Callable[..., None]] = {"override": override}
