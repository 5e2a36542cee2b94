"""What stewards decided of an entity's rows, as the city at work knows it, and what they ask of its scorer.

The law of decisions is `sharing/identity`'s, their reading `lake/identity`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.acts import Role, RoleGrant, departments_of
from lake.acts import Persons
from lake.city import City
from lake.identity.reading import Book
from sharing.canonical import digest
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

LEARNING = "learning"


@dataclass(frozen=True)
class Asking:
    """Who asks for something, by which roles, why, and when."""

    person: str
    grants: tuple[RoleGrant, ...]
    why: str
    at: datetime


def decisions(city: City) -> Book:
    """What was decided of rows, by entity: one reading of the ledger for all of them."""
    return Book(city.ledger, Persons.of(city.settings, city.catalogue))


def ask_to_learn(ledger: Ledger, entity: str, asked: Asking) -> None:
    """Have the next run learn anew, from the rows as they are then, what each comparison is worth.

    SharingRefused without a reason, and by whom does not speak for all departments.
    """
    roles = {one.role for one in asked.grants}
    for_all = Role.STEWARD in roles and departments_of(asked.grants, Role.STEWARD) is None
    if Role.OFFICER not in roles and not for_all:
        told = f"{asked.person} is no officer and no steward of all departments"
        raise SharingRefused(LEARNING, entity, told, "have one of these ask for it")
    if not asked.why.strip():
        raise SharingRefused(LEARNING, entity, "it is not said why", "say it: --why TEXT")
    ledger.append(LEARNING, {"entity": entity, "person": asked.person, "why": asked.why}, asked.at)


def asked_to_learn(ledger: Ledger, entity: str, after: int) -> bool:
    """Whether somebody asked for that after an entry of the ledger."""
    newest = ledger.current(LEARNING).get(entity)
    return newest is not None and newest.seq > after


def decisions_digest(book: Book, entity: str) -> str:
    """A digest of what stands of it, and of who asked to learn anew: another one asks for matching again."""
    found = book.standing(entity)
    asked = book.ledger.current(LEARNING).get(entity)
    decided = [[one.left, one.right, one.same] for one in (*found.together, *found.apart)]
    return digest([decided, asked.seq if asked else 0])
