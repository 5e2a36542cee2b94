"""The level of every column, from the levels of what flows into it; the strictest wins.

Lives here: the computation over a graph (GB/T 43697-2024, 就高从严), direct and indirect kept apart. Must not live
here: what an influence costs (`policy.py`, a declaration), which function may lower a level (`declassifiers.py`),
SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from lineage.collection import no_collection
from lineage.graph import DIRECT, ROWS, ColumnRef, Edge, Graph, Unknown
from lineage.policy import Cost, CostException, Policy


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


@dataclass
class _State:
    direct: int = 0
    indirect: int = 0
    via_direct: Edge | None = None
    via_indirect: Edge | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True)
class Levels(Mapping[ColumnRef, ColumnLevel]):
    """Levels by column. Asking for a column that the graph does not know gives the policy's level for unknown ones."""

    policy: Policy
    states: Mapping[ColumnRef, _State] = field(repr=False)

    def __getitem__(self, ref: ColumnRef) -> ColumnLevel:
        state = self.states.get(ref)
        if state is None:
            level = self.policy.unknown
            return ColumnLevel(level, level, level, (), (Unknown("column is not in the graph", str(ref)),))
        name = self.policy.levels.__getitem__
        top = max(state.direct, state.indirect)
        return ColumnLevel(name(state.direct), name(state.indirect), name(top), self._path(ref), self._unknown(ref))

    def __iter__(self) -> Iterator[ColumnRef]:
        return iter(self.states)

    def __len__(self) -> int:
        return len(self.states)

    def __contains__(self, ref: object) -> bool:
        return ref in self.states

    def effective(self, ref: ColumnRef) -> str:
        """The effective level alone, without its path."""
        state = self.states.get(ref)
        return self.policy.unknown if state is None else self.policy.levels[max(state.direct, state.indirect)]

    def _path(self, ref: ColumnRef) -> tuple[Edge, ...]:
        """Back along the edge that set each level: a direct level came by values, an indirect one by either kind."""
        path: list[Edge] = []
        seen: set[tuple[ColumnRef, bool]] = set()
        state = self.states[ref]
        by_value = state.direct >= state.indirect
        while (ref, by_value) not in seen:
            seen.add((ref, by_value))
            state = self.states[ref]
            edge = state.via_direct if by_value else state.via_indirect
            if edge is None:
                break
            path.append(edge)
            ref = edge.source
            before = self.states.get(ref)
            if before is None:
                break
            by_value = by_value or (edge.kind != DIRECT and before.direct >= before.indirect)
        return tuple(reversed(path))

    def _unknown(self, ref: ColumnRef) -> tuple[Unknown, ...]:
        path = self._path(ref)
        first = path[0].source if path else ref
        state = self.states.get(first)
        return state.unknown if state is not None else ()


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
    with no_collection():
        return Levels(policy, _Computation(graph, declared, policy, frozenset(distrusted)).run())


def _ref(key: ColumnRef | str) -> ColumnRef:
    return key if isinstance(key, ColumnRef) else ColumnRef.parse(key)


class _Computation:
    """One pass in the graph's own order, repeated only where columns feed themselves."""

    def __init__(
        self,
        graph: Graph,
        declared: Mapping[ColumnRef, int],
        policy: Policy,
        distrusted: frozenset[tuple[ColumnRef, str]],
    ) -> None:
        self.graph, self.declared, self.policy, self.distrusted = graph, declared, policy, distrusted
        self.registry = policy.registry
        self.floors = {name: policy.rank(d.to) for name, d in self.registry.entries.items()}
        self.exceptions: dict[tuple[str, str], list[CostException]] = {}
        self.backwards = False  # whether some column feeds one that comes before it
        self.plain = (
            not policy.indirect.exceptions and not policy.indirect.reasons and policy.indirect.default.kind == "same"
        )
        self.states: dict[ColumnRef, _State] = {}

    def run(self) -> dict[ColumnRef, _State]:
        targets = self._targets()
        for target in targets:
            self._visit(target)
        again = self.backwards
        while again:
            changed = [self._visit(target) for target in targets]
            again = any(changed)
        return self.states

    def _targets(self) -> list[ColumnRef]:
        """Built columns in the graph's order; every source column gets its own level right here."""
        built: list[ColumnRef] = []
        for relation, names in self.graph.columns.items():
            for name in (*names, ROWS):
                ref = ColumnRef(relation, name)
                if relation in self.graph.built:
                    built.append(ref)
                else:
                    self.states[ref] = _State(direct=self._source_rank(ref))
        listed = set(built)
        return built + [ref for ref in (*self.graph.into, *self.graph.unknown) if ref not in listed]

    def _source_rank(self, ref: ColumnRef) -> int:
        if ref in self.declared:
            return self.declared[ref]
        return self.policy.undeclared_rank(ref)

    def _visit(self, target: ColumnRef) -> bool:
        state = _State(direct=self.declared.get(target, 0))
        why = self.graph.unknown.get(target, ())
        if why:
            state.direct, state.unknown = max(state.direct, *(self._unknown_rank(w) for w in why)), why
        for edge in self.graph.into.get(target, ()):
            self._take(state, edge)
        old = self.states.get(target)
        self.states[target] = state
        return old is None or (old.direct, old.indirect) != (state.direct, state.indirect)

    def _take(self, state: _State, edge: Edge) -> None:
        source = self.states.get(edge[0])
        direct, indirect = (source.direct, source.indirect) if source is not None else self._missing(edge[0])
        if edge[4]:
            direct, indirect = self._lowered(edge, direct, indirect)
        if edge[2] != DIRECT:
            direct, indirect = -1, self._carried(edge, direct, indirect)
        if direct > state.direct or (direct == state.direct > 0 and state.via_direct is None and not state.unknown):
            state.direct, state.via_direct = direct, edge
        if indirect > state.indirect:
            state.indirect, state.via_indirect = indirect, edge

    def _lowered(self, edge: Edge, direct: int, indirect: int) -> tuple[int, int]:
        floor = self.floors.get(edge.declassifier)
        if floor is None or (edge.target, edge.declassifier) in self.distrusted:
            return direct, indirect
        answers = "influence" in self.registry.entries[edge.declassifier].lowers
        return min(direct, floor), min(indirect, floor) if answers else indirect

    def _carried(self, edge: Edge, direct: int, indirect: int) -> int:
        if self.plain:
            return max(direct, indirect)
        cost = self._cost(edge)
        if cost.kind == "same":
            return max(direct, indirect)
        return 0 if cost.kind == "none" else max(self.policy.priced(cost, direct), indirect)

    def _cost(self, edge: Edge) -> Cost:
        """The cost of an edge; which exceptions speak of a relation and a reason at all is found out once for both."""
        key = (edge[1].relation, edge[3])
        if key not in self.exceptions:
            self.exceptions[key] = [e for e in self.policy.indirect.exceptions if e.speaks_of(*key)]
        for exception in self.exceptions[key]:
            if exception.fits(edge):
                return exception.cost
        return self.policy.indirect.reasons.get(edge[3], self.policy.indirect.default)

    def _source(self, ref: ColumnRef) -> tuple[int, int]:
        state = self.states.get(ref)
        return (state.direct, state.indirect) if state is not None else self._missing(ref)

    def _missing(self, ref: ColumnRef) -> tuple[int, int]:
        """The rank of a column that has none yet: it comes later, or it is of a source that the graph does not list."""
        if ref in self.graph.into:
            self.backwards = True
            return 0, 0
        if ref.relation in self.graph.built:
            return self.policy.rank(self.policy.unknown), 0
        return self._source_rank(ref), 0

    def _unknown_rank(self, why: Unknown) -> int:
        """Every input's highest level; any level at all where not even the inputs are known."""
        if why.inputs is None:
            return self.policy.rank(self.policy.unknown)
        found = [
            max(self._source(ColumnRef(relation, name)))
            for relation in why.inputs
            for name in (*self.graph.columns.get(relation, ()), ROWS)
        ]
        missing = any(relation not in self.graph.columns for relation in why.inputs)
        return self.policy.rank(self.policy.unknown) if missing or not found else max(found)
