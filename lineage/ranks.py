"""The ranks of all columns of a graph, computed on arrays.

Lives here: the arithmetic of levels (a rank is the place of a level in the policy), relation by relation over the
numbered edges. Must not live here: what an influence costs (`policy.py`), the answer by name (`classification.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from lineage.facts import DIRECT, ROWS, ColumnRef, Unknown
from lineage.graph import Graph
from lineage.policy import Policy

Bytes = NDArray[np.int8]


class Ranks:
    """The direct and the indirect rank of each column, by the numbers of the graph's edge table.

    One pass over the relations in the graph's order, repeated only where columns feed themselves or come before
    what feeds them. Ranks only ever rise and there are few of them, so this ends."""

    def __init__(
        self,
        graph: Graph,
        declared: Mapping[ColumnRef, int],
        policy: Policy,
        distrusted: Collection[tuple[ColumnRef, str]],
    ) -> None:
        self.graph, self.policy, self.table = graph, policy, graph.table
        self.numbers = dict(self.table.numbers)
        for ref in graph.unknown:
            self.numbers.setdefault(ref, len(self.numbers))
        self.refs: Sequence[ColumnRef] = list(self.numbers)
        self.prices = _Prices(graph, policy, distrusted)
        self.declared = declared
        self.known = self._known()
        self.base = self._base()
        self.direct, self.indirect = self.base.copy(), np.zeros_like(self.base)
        self._run()

    def influences(self, edges: slice) -> tuple[Bytes, Bytes]:
        """What some edges carry over as ranks now stand: to the direct and to the indirect rank of their targets."""
        source = self.table.source[edges]
        return self.prices.carried(edges, self.direct[source], self.indirect[source])

    def into(self, number: int) -> slice:
        """The edges that end in a column."""
        if number >= len(self.table.refs):
            return slice(0, 0)
        return slice(*self.table.start[number : number + 2].tolist())

    def unknown_rank(self, why: Unknown) -> int:
        """Every input's highest rank; the rank of the unknown where not even the inputs are known."""
        columns = self.graph.columns
        if not why.inputs or any(relation not in columns for relation in why.inputs):
            return self.policy.rank(self.policy.unknown)
        refs = [ColumnRef(relation, name) for relation in why.inputs for name in (*columns[relation], ROWS)]
        at = [self.numbers[ref] for ref in refs]
        return int(max(self.direct[at].max(), self.indirect[at].max()))

    def _known(self) -> NDArray[np.bool_]:
        """The columns that the graph tells of; any other one was only ever named by the SQL that reads it."""
        names = {relation: {*columns, ROWS} for relation, columns in self.graph.columns.items()}
        told = (ref.column in names.get(ref.relation, ()) or ref in self.graph.unknown for ref in self.refs)
        found = np.fromiter(told, bool, len(self.refs))
        found[: len(self.table.refs)] |= np.diff(self.table.start) > 0
        return found

    def _base(self) -> Bytes:
        """The rank before any edge: of a column that SQL makes its declared floor, of any other its own."""
        return np.fromiter((self._own(number, ref) for number, ref in enumerate(self.refs)), np.int8, len(self.refs))

    def _own(self, number: int, ref: ColumnRef) -> int:
        if ref in self.graph.unknown:
            return self.declared.get(ref, 0)
        if ref.relation in self.graph.built:
            return self.declared.get(ref, 0) if self.known[number] else self.policy.rank(self.policy.unknown)
        return self.declared[ref] if ref in self.declared else self.policy.undeclared_rank(ref)

    def _run(self) -> None:
        blocks = list(self._blocks())
        unknown: dict[int, list[ColumnRef]] = {}
        for ref in self.graph.unknown:
            unknown.setdefault(self._block_of(ref, blocks), []).append(ref)
        changed = True
        while changed:
            changed = False
            for place, (first, last) in enumerate(blocks):
                changed |= self._block(first, last, unknown.get(place, ()))
            changed &= self._again(blocks)

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """The numbers of each run of columns of one relation."""
        first = 0
        for number, ref in enumerate(self.refs):
            if ref.relation != self.refs[first].relation:
                yield first, number
                first = number
        if self.refs:
            yield first, len(self.refs)

    def _block_of(self, ref: ColumnRef, blocks: Sequence[tuple[int, int]]) -> int:
        return int(np.searchsorted([last for _, last in blocks], self.numbers[ref], side="right"))

    def _again(self, blocks: Sequence[tuple[int, int]]) -> bool:
        """Whether some column comes before, or in the relation of, what feeds it, so that one pass is not enough."""
        place = np.repeat(np.arange(len(blocks)), [last - first for first, last in blocks])
        if (place[self.table.source] >= place[self.table.target]).any():
            return True
        return bool(self.graph.unknown)  # their inputs may come later

    def _block(self, first: int, last: int, unknown: Sequence[ColumnRef]) -> bool:
        """Raise the ranks of one relation's columns to what flows into them; whether any rose."""
        direct, indirect = self.base[first:last].copy(), np.zeros(last - first, np.int8)
        for ref in unknown:
            rank = max(self.unknown_rank(why) for why in self.graph.unknown[ref])
            place = self.numbers[ref] - first
            direct[place] = self.base[first + place] = max(direct[place], rank)
        if first < len(self.table.refs):
            edges = slice(*self.table.start[[first, min(last, len(self.table.refs))]].tolist())
            by_value, by_influence = self.influences(edges)
            target = self.table.target[edges] - first
            np.maximum.at(direct, target, by_value)
            np.maximum.at(indirect, target, by_influence)
        rose = (direct > self.direct[first:last]).any() or (indirect > self.indirect[first:last]).any()
        self.direct[first:last], self.indirect[first:last] = direct, indirect
        return bool(rose)


class _Prices:
    """What each edge lets through: the floor of its declassifier, and the cost of its reason."""

    def __init__(self, graph: Graph, policy: Policy, distrusted: Collection[tuple[ColumnRef, str]]) -> None:
        self.graph, self.table, self.policy = graph, graph.table, policy
        self.is_direct = np.array([way[0] == DIRECT for way in self.table.ways], bool)[self.table.way]
        self._floors(distrusted)
        self._costs()

    def carried(self, edges: slice, direct: Bytes, indirect: Bytes) -> tuple[Bytes, Bytes]:
        """What edges carry over of the ranks of their sources, to the direct and the indirect rank of their targets."""
        direct = np.minimum(direct, self.floor[edges])
        indirect = np.minimum(indirect, self.influence_floor[edges])
        is_direct = self.is_direct[edges]
        priced = self.price[self.cost[edges], direct, indirect]
        return np.where(is_direct, direct, 0).astype(np.int8), np.where(is_direct, indirect, priced).astype(np.int8)

    def _floors(self, distrusted: Collection[tuple[ColumnRef, str]]) -> None:
        top, entries = len(self.policy.levels) - 1, self.policy.registry.entries
        found = [entries.get(way[2]) for way in self.table.ways]
        floors = [top if one is None else self.policy.rank(one.to) for one in found]
        answers = [one is not None and "influence" in one.lowers for one in found]
        influences = [floor if answer else top for floor, answer in zip(floors, answers, strict=True)]
        self.floor = np.array(floors, np.int8)[self.table.way]
        self.influence_floor = np.array(influences, np.int8)[self.table.way]
        for ref, name in distrusted:
            number = self.table.numbers.get(ref)
            if number is None:
                continue
            edges = np.arange(*self.table.start[number : number + 2])
            failed = edges[np.array([way[2] == name for way in self.table.ways], bool)[self.table.way[edges]]]
            self.floor[failed] = self.influence_floor[failed] = top

    def _costs(self) -> None:
        """`cost` numbers the cost of each edge; `price` is what a cost makes of a direct and an indirect rank."""
        indirect, ranks = self.policy.indirect, range(len(self.policy.levels))
        costs = [indirect.default, *indirect.reasons.values(), *(e.cost for e in indirect.exceptions)]
        by_reason = {reason: 1 + i for i, reason in enumerate(indirect.reasons)}
        self.cost = np.array([by_reason.get(way[1], 0) for way in self.table.ways], np.int16)[self.table.way]
        for place, exception in reversed(list(enumerate(indirect.exceptions, 1 + len(by_reason)))):
            edges = self._matching(exception.reasons, exception.relation, exception.source)
            self.cost[self._of_twins(edges) if exception.twins else edges] = place
        priced = [[[0 if c.kind == "none" else max(self.policy.priced(c, d), i) for i in ranks] for d in ranks]
                  for c in costs]  # fmt: skip
        self.price = np.array(priced, np.int8)

    def _matching(self, reasons: Collection[str], relation: str, source: str) -> NDArray[np.int64]:
        """The edges for one of some reasons, into and out of what two shell patterns match."""
        wanted = np.array([way[1] in reasons for way in self.table.ways], bool)
        edges = np.flatnonzero(wanted[self.table.way])
        matches = {name: fnmatchcase(name, relation) for name in {ref.relation for ref in self.table.refs}}
        edges = edges[self._chosen(self.table.target[edges], lambda ref: matches[ref.relation])]
        if source == "*":
            return edges
        return edges[self._chosen(self.table.source[edges], lambda ref: fnmatchcase(str(ref), source))]

    def _of_twins(self, edges: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of some edges those into the platform's own models, and out of them or of what no model makes."""
        graph = self.graph
        edges = edges[self._chosen(self.table.target[edges], lambda ref: ref.relation in graph.twins)]
        own = graph.twins | (graph.columns.keys() - graph.built)
        return edges[self._chosen(self.table.source[edges], lambda ref: ref.relation in own)]

    def _chosen(self, numbers: NDArray[np.int32], test: Callable[[ColumnRef], bool]) -> NDArray[np.bool_]:
        """Which of some columns pass a test that is asked once for each."""
        distinct, inverse = np.unique(numbers, return_inverse=True)
        return np.fromiter((test(self.table.refs[n]) for n in distinct.tolist()), bool, len(distinct))[inverse]
