"""What desks of cases have in common on pages: the city, its book by the persons as declared now, and its deadlines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from contracts.acts import DeclaredPersons
from lake.acts import Persons
from lake.cases.escalating import rules
from portal.people.people import People
from sharing.cases.deadlines import Rules
from sharing.ledger import Ledger

B = TypeVar("B")


class CaseDesk(Generic[B]):
    """The desk of the cases that a book reads."""

    def __init__(self, people: People, made: Callable[[Ledger, Persons], B]) -> None:
        self.people, self.city = people, people.city
        self._made = made
        self._read: tuple[DeclaredPersons, B] | None = None

    @property
    def book(self) -> B:
        """The cases, whoever acted in them judged by the persons as they are declared now."""
        declared = self.people.declared.now()
        if self._read is None or self._read[0] is not declared:
            self._read = declared, self._made(self.city.ledger, Persons.of(self.city.settings, declared))
        return self._read[1]

    @property
    def rules(self) -> Rules:
        """By what deadlines are counted."""
        return rules(self.city.catalogue)
