"""What the first page says: what waits for a reader, what was delivered lately, what may leave and what may not.

All of it is of what concerns the reader, as the ledger has it; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contracts.acts import Role, person_key
from contracts.model import Catalogue
from lake.acts import required
from lake.approving import shown
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
    return Glance(waiting, _ending(city, reader), tuple(mine), _deliveries(newest, reader))


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
