"""What products of one recipient tell together: those that can be joined by a key of one kind share their budgets.

Lives here: the kinds of keys, and the views of a source column that joined products have. Must not live here: which
products a recipient has (the one who gathers evidence), the budget of one product (`outputs.py`), the refusal (a gate).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lineage.declassifiers import Registry
from lineage.elements import Declared
from lineage.facts import DIRECT, ColumnRef, Edge
from lineage.graph import Graph
from lineage.outputs import made_of

_IDENTIFIER = "identifier"
_UNDECLARED = "something undeclared"


class Key(NamedTuple):
    """One kind of key: equal values are one thing in every product. `way` is what made it, `element` of what."""

    way: str
    element: str

    def __str__(self) -> str:
        return self.element if self.way == _IDENTIFIER else f"{self.way} of {self.element}"


@dataclass(frozen=True)
class Joined:
    """A source column of which products of one recipient have more views together than its budget allows.

    `outputs` are the columns of the product that is judged, `products` those that it can be joined with."""

    source: ColumnRef
    outputs: tuple[ColumnRef, ...]
    products: tuple[str, ...]
    keys: tuple[Key, ...]
    views: int
    most: int

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        names = ", ".join(one.column for one in self.outputs)
        return (
            f"{names} and what {', '.join(self.products)} has are {self.views} views of {self.source}, of which "
            f"{self.most} may be: the recipient can join them by {', '.join(map(str, self.keys))}"
        )


class Together:
    """Products of one graph, side by side. `pseudonyms` are the declassifiers whose output stands for one thing."""

    def __init__(self, graph: Graph, registry: Registry, declared: Declared, pseudonyms: Collection[str]) -> None:
        self.graph, self.registry, self.declared = graph, registry, declared
        self.pseudonyms = frozenset(pseudonyms)

    def beyond(self, product: Iterable[ColumnRef], others: Mapping[str, Iterable[ColumnRef]]) -> list[Joined]:
        """Every budget that a product goes beyond together with those of `others` (by name) that it can be joined with.

        A view that the others have already is no further one: the same year of birth tells the same."""
        mine = tuple(product)
        joined, keys = self._joinable(mine, {name: tuple(columns) for name, columns in others.items()})
        own = self._views(mine)
        found = []
        for source, views in sorted(own.items()):
            theirs = {name: self._views(columns).get(source, {}) for name, columns in joined.items()}
            added = {name: every for name, every in theirs.items() if every.keys() - views.keys()}
            every = set(views).union(*theirs.values())
            most = self.registry.budgets.of(self.declared.elements[source])
            # What one product tells too much of alone is its own to answer for.
            if added and len(every) > most:
                outputs = tuple(sorted(set().union(*views.values())))
                found.append(Joined(source, outputs, tuple(sorted(added)), tuple(sorted(keys)), len(every), most))
        return found

    def keys(self, output: ColumnRef, *, aggregates: bool = False) -> set[Key]:
        """The kinds of key that a column is: an identifier, the city's own id, a pseudonym that all products share.

        Also what aggregates make of one, where they are asked for: a count is no key, the greatest of some may be."""
        found: set[Key] = set()
        seen, queue = {output}, [output]
        while queue:
            for edge in self.graph.edges_into(queue.pop()):
                if edge.declassifier.lower() in self.pseudonyms:
                    found |= set(self._pseudonym(edge))
                elif self._passes(edge, aggregates=aggregates) and edge.source not in seen:
                    seen.add(edge.source)
                    queue.append(edge.source)
        named = {self.declared.elements[one] for one in seen if one in self.declared.elements}
        return found | {Key(_IDENTIFIER, element) for element in named & self.declared.identifiers}

    def shared(self, output: ColumnRef, *, number: bool) -> set[Key]:
        """The kinds of key that a column is and that hide what they are of: no plain identifiers, which say it.

        An aggregate that gives a number is taken for a count."""
        return {key for key in self.keys(output, aggregates=not number) if key.way != _IDENTIFIER}

    def _passes(self, edge: Edge, *, aggregates: bool) -> bool:
        """Whether a key comes through: also spelt otherwise, for that joins as well; but not as a number of keys."""
        if edge.kind != DIRECT or edge.declassifier:
            return False
        copied = edge.source in (self.graph.copies.get(edge.target) or ())
        return aggregates or copied or edge.transform != "aggregation"

    def _pseudonym(self, edge: Edge) -> Iterator[Key]:
        known = self.registry.get(edge.declassifier)
        parameters = known.parameters if known else ()
        if any(one.names_agreement for one in parameters):
            return
        # The city's id looked up is the id that was made.
        looked_up = (name for one in parameters if one.decided_by_identifiers for name in one.made_by)
        way = next(looked_up, edge.declassifier.lower())
        below = {edge.source} | self.graph.upstream(edge.source, (DIRECT,))
        elements = {self.declared.elements[one] for one in below if one in self.declared.elements}
        elements -= self.declared.issued
        # Of what nobody declared it is still one text for one thing.
        named = elements & self.declared.identifiers or elements or {_UNDECLARED}
        yield from (Key(way, element) for element in named)

    def _joinable(
        self, mine: tuple[ColumnRef, ...], others: Mapping[str, tuple[ColumnRef, ...]]
    ) -> tuple[dict[str, tuple[ColumnRef, ...]], set[Key]]:
        """The products that can be joined, also by way of one another, and the keys by which they can."""
        keys = {name: self._keys(columns) for name, columns in others.items()}
        reached, by, joined = self._keys(mine), set[Key](), dict[str, tuple[ColumnRef, ...]]()
        while more := sorted(name for name in others if name not in joined and keys[name] & reached):
            for name in more:
                by |= keys[name] & reached
                reached |= keys[name]
                joined[name] = others[name]
        return joined, by

    def _keys(self, columns: Iterable[ColumnRef]) -> set[Key]:
        return set().union(*(self.keys(column) for column in columns))

    def _views(self, columns: Iterable[ColumnRef]) -> dict[ColumnRef, dict[tuple[str, ...], set[ColumnRef]]]:
        """Source column -> its views, with the columns made of each: a declassifier with its constants is one view."""
        found: dict[ColumnRef, dict[tuple[str, ...], set[ColumnRef]]] = {}
        for output in columns:
            for edge in made_of(self.graph, output, self.registry):
                for source in {edge.source} | self.graph.upstream(edge.source, (DIRECT,)):
                    if source in self.declared.elements:
                        for view in self._signatures(edge):
                            found.setdefault(source, {}).setdefault(view, set()).add(output)
        return found

    def _signatures(self, edge: Edge) -> Iterator[tuple[str, ...]]:
        name = edge.declassifier.lower()
        calls = [call for call in self.graph.calls.get(edge.target, ()) if call.name.lower() == name]
        for call in calls:
            constants = [one for one in call.arguments if one.kind == "constant"]
            # A constant whose text nobody knows makes another view at every place.
            place = () if all(one.text for one in constants) else (str(edge.target),)
            yield (name, *(one.text for one in constants), *place)
        if not calls:
            yield (name, str(edge.target))
