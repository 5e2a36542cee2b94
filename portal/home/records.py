"""What the first page says: what waits for a reader, what was delivered lately, what may leave and what may not.

All of it is of what concerns the reader, as the ledger has it; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from contracts.acts import Deed, Role, person_key
from contracts.clock import day_of
from contracts.model import Catalogue
from contracts.overrides import Override
from lake.acts import KIND as ACT
from lake.acts import required
from lake.approving import shown
from lake.overriding import Desk
from portal.city import City
from portal.people.reader import Reader
from portal.verdicts.records import Line, lines
from sharing.faults import SharingRefused
from sharing.grants import Grant

_SOON = timedelta(days=14)
_NEWEST = 12


@dataclass(frozen=True)
class Glance:
    """The first page of one reader: what to approve, tokens that end soon, agreements, and the newest deliveries."""

    to_approve: tuple[Line, ...]
    ending: tuple[Grant, ...]
    agreements: tuple[Line, ...]
    deliveries: tuple[Mapping[str, Any], ...]
    to_confirm: tuple[Line, ...] = ()
    """Of these an override was asked by another, and waits for an officer."""
    to_end: tuple[tuple[Line, date], ...] = ()
    """Of these an override stands that ends soon, with its last day."""

    @property
    def withheld(self) -> tuple[Line, ...]:
        """The agreements whose product does not leave, by its newest verdict."""
        return tuple(one for one in self.agreements if one.newest and one.newest.verdict != "released")

    @property
    def released(self) -> tuple[Line, ...]:
        """The agreements with a current release."""
        return tuple(one for one in self.agreements if one.current)


def glance(city: City, catalogue: Catalogue, reader: Reader, newest: Iterable[Mapping[str, Any]]) -> Glance:
    """The first page of a signed-in person; acts are judged by the persons of `catalogue`, `newest` are deliveries."""
    mine = lines(city, reader)
    waiting = tuple(one for one in mine if _asks(city, catalogue, reader, one.name))
    today = day_of(city.now())
    overridden = _overridden(city, catalogue, reader, mine)
    to_confirm = tuple(line for line, one in overridden if _confirms(reader, one, today))
    to_end = tuple((line, one.until) for line, one in overridden if _ends(reader, one, today))
    found = (waiting, _ending(city, reader), tuple(mine), _deliveries(newest, reader))
    return Glance(*found, tuple(dict.fromkeys(to_confirm)), to_end)


def _overridden(city: City, catalogue: Catalogue, reader: Reader, mine: Iterable[Line]) -> list[tuple[Line, Override]]:
    """Every override of the reader's agreements, for those who have a part in them."""
    if not reader.has(Role.OFFICER, Role.STEWARD, Role.OWNER):
        return []
    asked = {str(one.body["about"]) for one in city.ledger.entries(ACT) if one.body.get("deed") == Deed.OVERRIDE}
    desk = Desk(city.ledger, city.settings, catalogue)
    return [(line, one) for line in mine if line.name in asked for one in desk.listed(line.name)]


def _confirms(reader: Reader, one: Override, today: date) -> bool:
    """Whether an override waits for an officer's word, and this one may give it."""
    waits = one.asked.fault is None and one.ended is None and not one.is_confirmed and today <= one.until
    return waits and reader.has(Role.OFFICER) and person_key(one.asked.person) != person_key(reader.name)


def _ends(reader: Reader, one: Override, today: date) -> bool:
    """Whether an override that two persons gave is over soon; what leaves by it is to be mended, or asked anew."""
    given = one.asked.fault is None and one.ended is None and one.is_confirmed
    return given and reader.has(Role.STEWARD, Role.OWNER) and today <= one.until < today + _SOON


def _asks(city: City, catalogue: Catalogue, reader: Reader, name: str) -> bool:
    """Whether a person's approval is asked for, and not given of what was judged last."""
    if person_key(reader.name) not in {person_key(one) for one in required(catalogue.agreements[name])}:
        return False
    try:
        changed = shown(city.ledger, city.settings, catalogue, name).changed
    except SharingRefused:
        return False  # there is nothing that could be approved
    mine = [parts for person, parts in changed.items() if person_key(person) == person_key(reader.name)]
    return not mine or bool(mine[0])


def _ending(city: City, reader: Reader) -> tuple[Grant, ...]:
    now = city.now()
    mine = (one for one in city.grants().values() if one.recipient in reader.agencies and one.stands(now))
    return tuple(sorted((one for one in mine if one.until < now + _SOON), key=lambda one: one.until))


def _deliveries(newest: Iterable[Mapping[str, Any]], reader: Reader) -> tuple[Mapping[str, Any], ...]:
    """The newest state of each dataset of the reader's departments, the latest day first."""
    if not reader.has(Role.OWNER, Role.STEWARD, Role.OFFICER, Role.ENGINEER, Role.AUDITOR):
        return ()
    every = reader.has(Role.OFFICER, Role.ENGINEER, Role.AUDITOR)
    rows = [
        row
        for row in newest
        if every or reader.has(Role.OWNER, Role.STEWARD, department=str(row["dataset"]).partition(".")[0])
    ]
    rows.sort(key=lambda row: (str(row["delivered_on"] or ""), str(row["dataset"])), reverse=True)
    return tuple(rows[:_NEWEST])
