"""What `zhongtai who ID --values` says: the golden record of a thing as the city knew it, beside who the thing is.

Whose role lets them see what is `lake/matched/golden.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from lake.cli.output import WRONG, fail, say, table
from lake.settings import Settings


@dataclass(frozen=True)
class Person:
    """Who looks, and by which key."""

    name: str | None
    key: Path | None = None
    passphrase: Path | None = None


@dataclass(frozen=True)
class Look:
    """At which thing; as known when (None: now), by deliveries for days up to which (None: all)."""

    city_id: str
    known: datetime | None
    valid: date | None
    by: Person


def look_at(settings: Settings, look: Look) -> dict[str, Any]:
    """Who a thing is and what was known of it, as JSON-ready data; the look is in the ledger first."""
    from contracts.clock import day_of
    from lake.acts import Persons, proved
    from lake.attach import open_lake
    from lake.cases.reading import roles_of
    from lake.city import declarations, expect_run, open_books_beside
    from lake.identity.records import Looking
    from lake.identity.who import Asked
    from lake.matched.as_known import AsKnown
    from lake.matched.golden import Thing, golden_record

    if look.by.name is None:
        fail("values are shown to a person: name them, with --as PERSON", WRONG)
    catalogue, at = declarations(settings), settings.clock.now()
    expect_run(settings)
    if not settings.catalog.exists():
        fail("the lake is not on this machine, and values lie there alone", WRONG)
    asked = Asked.of(catalogue, look.city_id, look.known)
    persons = Persons.of(settings, catalogue)
    person = proved(persons, look.by.name, look.by.key, look.by.passphrase, at).person.name
    with open_books_beside(settings) as (ledger, _), open_lake(settings, read_only=True) as connection:
        told = _who(settings, ledger, connection, asked)
        who = Looking(person, roles_of(persons, person, day_of(at)), ledger, at)
        known = AsKnown(connection, catalogue, ledger, look.known or at, look.valid)
        of = _one([told["id"]] if told["stands"] else told["now"])
        found = golden_record(settings, Thing(known, asked.entity, of), who) if of else None
    return {**told, "valid": look.valid and look.valid.isoformat(), "of": of if found else None, "values": found or {}}


def _one(found: list[str]) -> str | None:
    """What a former id leads to, where that is one thing."""
    return found[0] if len(found) == 1 else None


def _who(settings: Settings, ledger: Any, connection: Any, asked: Any) -> dict[str, Any]:
    """Who it was then; what is found only later was nothing."""
    from lake.identity.who import who_is
    from sharing.faults import SharingRefused

    try:
        return who_is(settings, ledger, connection, asked)
    except SharingRefused:
        later = who_is(settings, ledger, connection, replace(asked, known=None)) if asked.known else None
        if later is None:
            raise
        known = asked.known and asked.known.isoformat()
        return {**later, "known": known, "stands": False, "now": [], "members": [], "weights": [], "events": []}


def show_values(told: dict[str, Any]) -> None:
    """The values for whoever reads them in a terminal."""
    when = f", as known at {told['known']}" if told["known"] else ""
    when += f", for days up to {told['valid']}" if told["valid"] else ""
    if not told["values"]:
        leads = f"; see {', '.join(told['now'])}" if told["now"] and not told["stands"] else ""
        say(escape(f"{told['id']}: nothing was known of it{when}{leads}"))
        return
    say(f"[bold]{told['of']}[/bold] {told['entity']}{when}")
    rows = [
        (name, *(one[column] or "" for column in ("value", "source", "level", "batch", "delivered_on")))
        for name, one in told["values"].items()
    ]
    table("内容 Values", ("attribute", "value", "source", "level", "batch", "delivered for"), rows)
