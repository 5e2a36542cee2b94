"""What stewards decided of an entity's rows, as the city at work knows it, and a digest of it.

The law of decisions is `sharing/identity`'s, their reading `lake/identity`'s.
"""

from __future__ import annotations

from lake.acts import Persons
from lake.city import City
from lake.identity.reading import Book
from sharing.canonical import digest
from sharing.identity.standing import Standing


def standing(city: City, entity: str) -> Standing:
    """All that was decided of an entity's rows, what was undone again with it."""
    return Book(city.ledger, Persons.of(city.settings, city.catalogue)).standing(entity)


def decisions_digest(city: City, entity: str) -> str:
    """A digest of what stands of it: another one asks for matching again."""
    found = standing(city, entity)
    return digest([[one.left, one.right, one.same] for one in (*found.together, *found.apart)])
