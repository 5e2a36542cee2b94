"""What pages of who is who ask: the pairs and records of the lake, and the decisions of the ledger as of now.

The lake is opened for reading and only for that. Who may look or act is asked before.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import duckdb

from contracts.acts import Role
from contracts.model import Attribute, Entity
from lake.identity.acting import CHANGED, NOT_ALLOWED, Doer, Said, decide, may
from lake.identity.explaining import explain
from lake.identity.files import Registry
from lake.identity.pairs import FoundPair, Wanted, datasets, find_pair, may_decide, queue, sizes
from lake.identity.reading import Book
from lake.identity.records import Looking, Version, look, shown_attributes
from lake.linking.weights import Weight
from lake.quarantine.rows import opened
from lake.ready import Ready
from portal.asking import Refused
from portal.case_desk import CaseDesk
from portal.people.people import People
from portal.people.reader import Reader
from sharing.faults import SharingRefused
from sharing.identity.law import Decision, Decisions
from sharing.identity.vocabulary import Doing, State

OF_IDENTITY = (Role.STEWARD, Role.OFFICER, Role.AUDITOR)
T = TypeVar("T")
_NAME = re.compile(r"[0-9a-f]{20}-[0-9a-f]{20}")


@dataclass(frozen=True)
class Line:
    """An attribute of two records side by side: each text with the departments that say so, and what that weighs."""

    attribute: Attribute
    left: Mapping[str, list[str]]
    right: Mapping[str, list[str]]
    weight: Weight | None = None


@dataclass(frozen=True)
class Side:
    """All that a page of two records shows."""

    pair: FoundPair
    lines: list[Line]
    weights: tuple[Weight, ...]
    sizes: Mapping[str, int]
    decisions: tuple[Decision, ...]
    may: tuple[str, ...]


class IdentityDesk(CaseDesk[Book]):
    """Who is who, for pages."""

    def __init__(self, people: People) -> None:
        super().__init__(people, Book)
        self._ready = Ready(people.city.settings)

    @property
    def entities(self) -> dict[str, Entity]:
        """The entities whose rows are matched."""
        return {name: one for name, one in self.city.catalogue.entities.items() if one.matching}

    def departments(self, reader: Reader) -> frozenset[str] | None:
        """The departments of whose rows alone a reader sees pairs; None: of all."""
        return None if reader.has(Role.OFFICER, Role.AUDITOR) else reader.departments(Role.STEWARD)

    def to_confirm(self, reader: Reader) -> list[Decision]:
        """The decisions that wait for a second person, and may be confirmed by this one; from the ledger alone."""
        doer, at, found = Doer(reader.name, reader.roles), self.city.now(), list[Decision]()
        for name in self.entities if doer.seats else ():
            decisions, _ = self.book.of(name)
            waiting = [one for one in decisions.all.values() if one.state is State.WAITING]
            found += [one for one in waiting if may(decisions, name, doer, Said(Doing.CONFIRM, of=one.number), at)]
        return found

    async def queue(self, entity: Entity, wanted: Wanted) -> tuple[list[FoundPair], int, list[str]]:
        """The pairs that are wanted, how many there are, and the datasets they may be of. Raises `NoLakeHere`."""
        decisions, _ = self.book.of(entity.name)

        def asked(connection: duckdb.DuckDBPyConnection) -> tuple[list[FoundPair], int, list[str]]:
            return *queue(connection, entity, decisions, wanted), datasets(connection, entity)

        return await self._in_lake(asked)

    async def side(self, entity: Entity, name: str, reader: Reader) -> Side | None:
        """Two records as a reader may see them, which is on the record then; None for none, or none of theirs."""
        decisions, _ = self.book.of(entity.name)
        mine, doer = self.departments(reader), Doer(reader.name, reader.roles)

        def asked(connection: duckdb.DuckDBPyConnection) -> Side | None:
            found = _exactly(connection, entity, decisions, name)
            if found is None or not _is_of(found, mine):
                return None
            looking = Looking(reader.name, reader.roles, self.city.ledger, self.city.now())
            shown = look(connection, self.city.catalogue, entity, found, looking)
            told = self._weights(entity, found)
            return Side(
                pair=found,
                lines=self._lines(entity, shown, told),
                weights=told,
                sizes=sizes(connection, entity, dict.fromkeys(found.entities)),
                decisions=decisions.about(found.left, found.right),
                may=tuple(map(str, may_decide(found, entity, decisions, doer, self.city.now()))),
            )

        return await self._in_lake(asked)

    async def pair(self, entity: Entity, name: str, reader: Reader) -> FoundPair | None:
        """A pair of a reader's, of which no record is looked at."""
        decisions, _ = self.book.of(entity.name)
        found = await self._in_lake(lambda connection: _exactly(connection, entity, decisions, name))
        return found if found and _is_of(found, self.departments(reader)) else None

    async def decide(self, entity: Entity, reader: Reader, said: Said) -> Decision:
        """Decide, confirm or undo. Raises `Refused`."""
        doer = Doer(reader.name, reader.roles)
        try:
            return await asyncio.to_thread(decide, self.book, entity.name, doer, said, self.city.now())
        except SharingRefused as refusal:
            raise _refused(refusal) from None

    def _weights(self, entity: Entity, found: FoundPair) -> tuple[Weight, ...]:
        registry = Registry.of(self.city.settings, self.city.ledger, entity.name)
        steps = registry.steps()
        return explain(registry.parameters(steps[-1]), found.levels, found.weight) if steps else ()

    def _lines(
        self, entity: Entity, shown: tuple[list[Version], list[Version]], told: tuple[Weight, ...]
    ) -> list[Line]:
        weighs = {one.attribute: one for one in told}
        left, right = shown
        return [
            Line(one, _texts(left, one.name), _texts(right, one.name), weighs.get(one.name))
            for one in shown_attributes(self.city.catalogue, entity)
        ]

    async def _in_lake(self, asked: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        def run() -> T:
            with opened(self.city.settings, self._ready) as connection:
                return asked(connection)

        return await asyncio.to_thread(run)


def _exactly(
    connection: duckdb.DuckDBPyConnection, entity: Entity, decisions: Decisions, name: str
) -> FoundPair | None:
    """A pair by its whole name: a page has one address."""
    found = find_pair(connection, entity, decisions, name) if _NAME.fullmatch(name) else None
    return found if found and found.name == name else None


def _is_of(found: FoundPair, mine: frozenset[str] | None) -> bool:
    return mine is None or (bool(found.departments) and found.departments <= mine)


def _texts(versions: list[Version], attribute: str) -> dict[str, list[str]]:
    """Each text once, with the departments that say so; where none says anything, nothing."""
    found: dict[str, list[str]] = {}
    for one in versions:
        text = one.cells[attribute]
        if text and one.department not in (names := found.setdefault(text, [])):
            names.append(one.department)
    return found


def _refused(refusal: SharingRefused) -> Refused:
    fault = refusal.fault
    if refusal.rule == CHANGED:
        return Refused(409, "CHANGED", fault.message)
    if refusal.rule == NOT_ALLOWED:
        return Refused(403, "NOT_ALLOWED", fault.message)
    if refusal.rule.startswith("identity_"):
        return Refused(400, "NOT_TAKEN", f"{fault.message}: {fault.fix}")
    raise refusal
