"""Who owns which events, and by when: the records that `contracts/routing/*.yml` become. No file is read here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """What one owner has to see to: categories in districts, with its clocks.

    `assign_hours` are office hours from found to assigned, `close_days` working days from found to closed.
    """

    name: str
    categories: tuple[str, ...]
    districts: tuple[str, ...]
    owner: str
    assign_hours: int
    close_days: int


@dataclass(frozen=True)
class Routing:
    """The routes of one process: every category of its code set in every district has exactly one.

    `office` are the hours of a working day, from and until. An event is a repeated one where its place had one of the
    same category within `repeat_days` before.
    """

    name: str
    title_zh: str
    title_en: str
    code_set: str
    districts: tuple[str, ...]
    office: tuple[int, int]
    repeat_days: int
    routes: tuple[Route, ...]

    def places(self) -> Iterator[tuple[str, str, Route]]:
        """Every category in every district with its route, in order of the two."""
        found = [(c, d, route) for route in self.routes for c in route.categories for d in route.districts]
        yield from sorted(found, key=lambda one: one[:2])
