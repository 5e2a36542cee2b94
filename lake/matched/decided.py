"""What stewards decided of an entity's rows, as the city at work knows it, and a digest of it.

The law of decisions is `sharing/identity`'s, their reading `lake/identity`'s.
"""

from __future__ import annotations

from datetime import datetime

from lake.acts import Persons
from lake.city import City
from lake.identity.reading import Book
from sharing.canonical import digest
from sharing.identity.standing import Standing
from sharing.ledger import Ledger

LEARNING = "learning"


def standing(city: City, entity: str) -> Standing:
    """All that was decided of an entity's rows, what was undone again with it."""
    return Book(city.ledger, Persons.of(city.settings, city.catalogue)).standing(entity)


def ask_to_learn(ledger: Ledger, entity: str, person: str, why: str, at: datetime) -> None:
    """Have the next run learn anew, from the rows as they are then, what each comparison is worth."""
    ledger.append(LEARNING, {"entity": entity, "person": person, "why": why}, at)


def asked_to_learn(ledger: Ledger, entity: str, after: int) -> bool:
    """Whether somebody asked for that after an entry of the ledger."""
    newest = ledger.current(LEARNING).get(entity)
    return newest is not None and newest.seq > after


def decisions_digest(city: City, entity: str) -> str:
    """A digest of what stands of it, and of who asked to learn anew: another one asks for matching again."""
    found = standing(city, entity)
    asked = city.ledger.current(LEARNING).get(entity)
    decided = [[one.left, one.right, one.same] for one in (*found.together, *found.apart)]
    return digest([decided, asked.seq if asked else 0])
