"""Who asks the catalogue: everybody, an agency's application by its grant, or a person by what roles hold today."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from contracts.acts import Role
from portal.asking import asking
from portal.catalogue.sight import EVERYBODY, Sight
from portal.people.people import People
from portal.people.reader import Reader

_OF_ALL = (Role.OFFICER, Role.AUDITOR)
_OF_SOURCES = (Role.OWNER, Role.STEWARD)


@dataclass(frozen=True)
class Who:
    """Who asks: what they may know of resources, and whose agreements they may know.

    `departments` are those of whose data they may know every recipient (None: of all), `agencies` those they ask for.
    """

    sight: Sight = EVERYBODY
    departments: frozenset[str] | None = frozenset()
    agencies: frozenset[str] = frozenset()


def who(people: People, request: Request) -> Who:
    """Who asks. Raises `Refused` for a bearer token that does not count."""
    if "authorization" in request.headers:
        return Who(Sight(inside=True), agencies=frozenset({asking(people.city, request).recipient}))
    reader = people.reader(request)
    return of_reader(reader) if reader.signed_in else Who()


def of_reader(reader: Reader) -> Who:
    """A person by their roles."""
    whole = reader.has(*_OF_ALL)
    held = [reader.departments(role) for role in _OF_SOURCES]
    own = frozenset().union(*(each for each in held if each is not None))
    everywhere = any(each is None for each in held)
    sight = Sight(inside=True, whole=whole or everywhere, departments=frozenset() if whole or everywhere else own)
    return Who(sight, None if whole or everywhere else own, reader.agencies)
