"""The level of every column, from the levels of what flows into it; the strictest wins.

Lives here: the computation over a graph (GB/T 43697-2024, 就高从严), direct and indirect kept apart. Must not live
here: what an influence costs (`policy.py`, a declaration), which function may lower a level (`declassifiers.py`),
SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from lineage.graph import ColumnRef, Edge, Graph, Unknown
from lineage.policy import Policy
from lineage.ranks import Ranks


@dataclass(frozen=True)
class ColumnLevel:
    """The level of one column.

    `direct` is what its values carry, `indirect` what decided about them; `effective` is the stricter. `because` is
    the path from the strictest source, in order of flow, empty for a source itself; `unknown` are the unknowns that
    made it so, if any did."""

    direct: str
    indirect: str
    effective: str
    because: tuple[Edge, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def source(self) -> ColumnRef | None:
        """The strictest source, None for a source itself."""
        return self.because[0].source if self.because else None


@dataclass(frozen=True)
class Levels(Mapping[ColumnRef, ColumnLevel]):
    """Levels by column. Asking for a column that the graph does not know gives the policy's level for unknown ones."""

    policy: Policy
    ranks: Ranks = field(repr=False)

    def __getitem__(self, ref: ColumnRef) -> ColumnLevel:
        if ref not in self:
            level = self.policy.unknown
            return ColumnLevel(level, level, level, (), (Unknown("column is not in the graph", str(ref)),))
        direct, indirect = self._of(ref)
        name, path = self.policy.levels.__getitem__, self._path(ref)
        why = self.ranks.graph.unknown.get(path[0].source if path else ref, ())
        return ColumnLevel(name(direct), name(indirect), name(max(direct, indirect)), path, why)

    def __iter__(self) -> Iterator[ColumnRef]:
        return (self.ranks.refs[number] for number in self.ranks.known.nonzero()[0].tolist())

    def __len__(self) -> int:
        return int(self.ranks.known.sum())

    def __contains__(self, ref: object) -> bool:
        number = self.ranks.numbers.get(ref)  # type: ignore[call-overload]
        return number is not None and bool(self.ranks.known[number])

    def effective(self, ref: ColumnRef) -> str:
        """The effective level alone, without its path."""
        return self.policy.levels[max(self._of(ref))] if ref in self else self.policy.unknown

    def _of(self, ref: ColumnRef) -> tuple[int, int]:
        number = self.ranks.numbers[ref]
        return int(self.ranks.direct[number]), int(self.ranks.indirect[number])

    def _path(self, ref: ColumnRef) -> tuple[Edge, ...]:
        """From a column back to where its level arose: depth first along edges that carry that very rank."""
        number = self.ranks.numbers[ref]
        direct, indirect = self._of(ref)
        start = (number, direct >= indirect)
        came: dict[tuple[int, bool], tuple[int, tuple[int, bool]]] = {}
        stack, seen = [start], {start}
        while stack:
            here = stack.pop()
            steps = list(self._carriers(*here))
            if not steps:
                return self.ranks.table.edges(_back(here, start, came))
            for edge, before in reversed(steps):
                if before not in seen:
                    seen.add(before)
                    came[before] = (edge, here)
                    stack.append(before)
        return ()  # columns that only feed one another

    def _carriers(self, number: int, by_value: bool) -> Iterator[tuple[int, tuple[int, bool]]]:
        """The edges that carry over the rank that a column has, each with the column and the kind of rank it had it of.

        None of a column whose unknowns made its rank: that is where it arose."""
        ranks = self.ranks
        rank = int((ranks.direct if by_value else ranks.indirect)[number])
        if not rank or (by_value and self._is_unknown(number, rank)):
            return
        edges = ranks.into(number)
        carried = ranks.influences(edges)[0 if by_value else 1]
        for place in (carried == rank).nonzero()[0].tolist():
            edge = edges.start + place
            source = int(ranks.table.source[edge])
            direct, indirect = int(ranks.direct[source]), int(ranks.indirect[source])
            was_value = by_value or (not ranks.prices.is_direct[edge] and direct >= indirect)
            yield edge, (source, was_value)

    def _is_unknown(self, number: int, rank: int) -> bool:
        return self.ranks.refs[number] in self.ranks.graph.unknown and int(self.ranks.base[number]) >= rank


def _back(
    here: tuple[int, bool], start: tuple[int, bool], came: Mapping[tuple[int, bool], tuple[int, tuple[int, bool]]]
) -> Iterator[int]:
    while here != start:
        edge, here = came[here]
        yield edge


def levels(
    graph: Graph,
    base_levels: Mapping[ColumnRef, str] | Mapping[str, str],
    policy: Policy,
    *,
    distrusted: Collection[tuple[ColumnRef, str]] = (),
) -> Levels:
    """The level of every column of `graph`, computed from scratch.

    `base_levels` gives the declared level of source columns (keys are references or ``relation.column``); a source
    column without one has the policy's `undeclared` level, a technical one (`_batch`, `_row`) its own. A level
    declared for a column that SQL builds is a floor under what is computed. `distrusted` lists (column,
    declassifier) pairs whose post-condition did not hold: there the function lowers nothing. Raises ValueError for
    a level that the policy does not know."""
    declared = {_ref(key): policy.rank(level) for key, level in base_levels.items()}
    return Levels(policy, Ranks(graph, declared, policy, frozenset(distrusted)))


def _ref(key: ColumnRef | str) -> ColumnRef:
    return key if isinstance(key, ColumnRef) else ColumnRef.parse(key)
