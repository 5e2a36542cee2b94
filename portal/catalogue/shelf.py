"""The catalogue of one city as it is at this moment, for each sight: made once, and anew where the declarations change.

What the ledger tells is read on with each question, and changes no record: an index is not made again for a delivery.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from contracts.model import Catalogue
from portal.catalogue.past import Past
from portal.catalogue.records import DATASET, PRODUCT, PUBLIC, Resource, resources
from portal.catalogue.search import Index
from portal.catalogue.sight import EVERYBODY, Sight, seen
from portal.catalogue.states import Days, together
from portal.city import City
from sharing.faults import SharingRefused

_MOST_SIGHTS = 16


@dataclass(frozen=True)
class View:
    """What one sight shows: every resource by id, and their index."""

    sight: Sight
    past: Past
    known: Mapping[str, Resource]
    by_table: Mapping[str, Resource]
    index: Index

    def find(self, text: str) -> Sequence[Resource]:
        """The resources that a text finds."""
        return self.index.find(text)

    def days(self, one: Resource) -> Days:
        """The states of a resource, as far as this sight may know what they come from."""
        if one.kind == DATASET:
            return self.past.dataset(one.id, one.formerly)
        if one.kind == PRODUCT:
            return together([self.past.agreement(name) for name in one.agreements])
        return self.past.table(one.table)


class Shelf:
    """The catalogue of one city. Safe to use from several threads."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._lock, self._turn = Lock(), asyncio.Lock()
        self._of: Catalogue | None = None
        self._declared: list[Resource] = []
        self._past = Past(city.ledger)
        self._views: OrderedDict[tuple[Sight, frozenset[str]], View] = OrderedDict()

    def warm(self) -> None:
        """Make what most will ask for. What cannot be made now is told to whoever asks."""
        with suppress(sqlite3.Error, SharingRefused):
            for sight in (EVERYBODY, Sight(inside=True)):
                self.view(sight)

    async def seen(self, sight: Sight) -> View:
        """What a sight shows now. However many ask while it is made, one thread is busy with it."""
        async with self._turn:
            return await asyncio.to_thread(self.view, sight)

    def view(self, sight: Sight) -> View:
        """What a sight shows now."""
        with self._lock:
            catalogue = self._city.catalogue
            if self._of is not catalogue:
                self._of, self._past = catalogue, Past(self._city.ledger, _made_of(catalogue))
                self._declared = resources(catalogue)
                self._views.clear()
            self._past.read_on()
            # What everybody may know hangs on what was released to the public; nothing else does.
            public = (name for name, one in catalogue.agreements.items() if one.agency == PUBLIC)
            released = frozenset() if sight.inside else frozenset(filter(self._past.released, public))
            key = sight, released
            if key not in self._views:
                self._views[key] = _view(seen(catalogue, self._declared, sight, released), self._past, sight)
            self._views.move_to_end(key)
            while len(self._views) > _MOST_SIGHTS:
                self._views.popitem(last=False)
            return self._views[key]


def _view(every: Sequence[Resource], past: Past, sight: Sight) -> View:
    return View(sight, past, {one.id: one for one in every}, {one.table: one for one in every}, Index(every))


def _made_of(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    return {
        f"theme.{entity}": frozenset(f"raw.{dataset.table}" for dataset, _ in catalogue.providers(entity))
        for entity in catalogue.entities
    }
