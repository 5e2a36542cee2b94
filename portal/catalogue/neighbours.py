"""What a resource is made of, and what is made of it, as far as a reader may know.

Tables that the reader's catalogue does not have lie between, and are passed through: they are not named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from portal.catalogue.made_of import MadeOf
from portal.catalogue.records import Resource

_FAR = 2


@dataclass(frozen=True)
class Neighbours:
    """The resources around one: by how far they are from it (before it below zero), and the edges between them."""

    ranks: Mapping[int, tuple[Resource, ...]]
    edges: frozenset[tuple[str, str]]

    @property
    def upstream(self) -> tuple[Resource, ...]:
        """What it is made of, the nearest first."""
        return tuple(one for rank in sorted(self.ranks, reverse=True) if rank < 0 for one in self.ranks[rank])

    @property
    def downstream(self) -> tuple[Resource, ...]:
        """What is made of it, the nearest first."""
        return tuple(one for rank in sorted(self.ranks) if rank > 0 for one in self.ranks[rank])


def sources(made_of: MadeOf, by_table: Mapping[str, Resource], table: str) -> frozenset[str]:
    """The tables known to a reader that a table is made of."""
    return _through(made_of.direct, by_table, table)


def neighbours(made_of: MadeOf, by_table: Mapping[str, Resource], one: Resource) -> Neighbours:
    """The resources around one."""
    uses: dict[str, set[str]] = {}
    for table in made_of.tables():
        for source in made_of.direct(table):
            uses.setdefault(source, set()).add(table)
    ways: tuple[tuple[int, Callable[[str], Iterable[str]]], ...] = (
        (-1, made_of.direct),
        (1, lambda table: uses.get(table, ())),
    )
    ranks: dict[int, list[str]] = {0: [one.table]}
    edges = set[tuple[str, str]]()
    for sign, step in ways:
        seen, near = {one.table}, [one.table]
        for far in range(1, _FAR + 1):
            found = {table: _through(step, by_table, table) for table in near}
            edges |= {(a, b) if sign > 0 else (b, a) for a, each in found.items() for b in each}
            near = sorted(set().union(*found.values()) - seen)
            seen |= {*near}
            if near:
                ranks[sign * far] = near
    named = {rank: tuple(by_table[table] for table in tables) for rank, tables in ranks.items()}
    shown = {each.id for rank in named.values() for each in rank}
    pairs = {(by_table[a].id, by_table[b].id) for a, b in edges}
    return Neighbours(named, frozenset((a, b) for a, b in pairs if {a, b} <= shown and a != b))


def _through(step: Callable[[str], Iterable[str]], by_table: Mapping[str, Resource], table: str) -> frozenset[str]:
    found, seen, todo = set[str](), {table}, [*step(table)]
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        if one in by_table:
            found.add(one)
        else:
            todo += step(one)
    return frozenset(found)
