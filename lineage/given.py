"""Whether each declassifier was given what it declares: the arguments of its calls, followed to their data elements.

Lives here: `Misfit` and its finding. Must not live here: the shape of one call (`parameters.py`), how an element is
followed (`origins.py`), how much may leave (`outputs.py`), the refusal (a gate)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from lineage.calls import CONSTANT, COUNT, Argument, Call
from lineage.declassifiers import Registry
from lineage.elements import Declared
from lineage.facts import INDIRECT, ROWS, ColumnRef
from lineage.origins import CallGraph, Origin, Origins
from lineage.parameters import PERSONS, Parameter, unfit


@dataclass(frozen=True)
class Misfit:
    """One argument of one call that the declassifier is not believed for.

    `column` is the column whose SQL calls it (``relation.*`` for a guard of rows), `parameter` is empty where it is the
    call as a whole. `given` and `fits` are words, and never a value."""

    column: ColumnRef
    declassifier: str
    parameter: str
    given: str
    fits: str

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        which = f" as {self.parameter}" if self.parameter else ""
        return f"{self.column} gives {self.declassifier}{which} {self.given}, where {self.fits} fits"

    @property
    def fix(self) -> str:
        """The next step."""
        return f"in the model of {self.column.relation}, give {self.declassifier} {self.fits}, or leave the column out"


def misfits(graph: CallGraph, registry: Registry, declared: Declared) -> list[Misfit]:
    """Every call in the graph that does not fit, by column."""
    judge = Judge(graph, registry, declared)
    return [one for ref in sorted(graph.calls) for call in graph.calls[ref] for one in judge.call(ref, call)]


def distrusted(found: Iterable[Misfit], columns: Iterable[ColumnRef]) -> set[tuple[ColumnRef, str]]:
    """The pairs for `classification.levels`: where a misfit guards a relation's rows, all of its `columns`."""
    pairs = {(one.column, one.declassifier.lower()) for one in found}
    rows = {(ref.relation, name) for ref, name in pairs if ref.column == ROWS}
    by_relation: dict[str, list[ColumnRef]] = {}
    for ref in columns if rows else ():
        by_relation.setdefault(ref.relation, []).append(ref)
    return pairs | {(ref, name) for relation, name in rows for ref in by_relation.get(relation, ())}


class Judge:
    """Calls of one graph against the registry; what was followed once is remembered."""

    def __init__(self, graph: CallGraph, registry: Registry, declared: Declared) -> None:
        self.graph, self.registry, self.declared = graph, registry, declared
        self.origins = Origins(graph, declared)

    def below(self, columns: Iterable[ColumnRef], relied_on: Mapping[str, Iterable[ColumnRef]]) -> list[Misfit]:
        """What does not fit of the calls in the SQL of some columns: of a product's column and all upstream of it.

        A call that does not fit may lower nothing, so that no edge tells of it. An edge that tells of one (`relied_on`
        maps each declassifier to the columns where such edges end), and no call that shows what was given, is a misfit,
        too."""
        places = {place for ref in columns for place in (ref, ColumnRef(ref.relation, ROWS))}
        calls = ((at, call) for at in sorted(places) for call in self.graph.calls.get(at, ()))
        found = dict.fromkeys(one for at, call in calls for one in self.call(at, call))
        for name, targets in sorted(relied_on.items()):
            for ref in sorted(targets):
                if not (self._named(ref, name) or self._named(ColumnRef(ref.relation, ROWS), name)):
                    found[Misfit(ref, name, "", "what nobody can see", "a call whose arguments the plan shows")] = None
        return list(found)

    def _named(self, ref: ColumnRef, name: str) -> bool:
        return any(call.name.lower() == name.lower() for call in self.graph.calls.get(ref, ()))

    def call(self, ref: ColumnRef, call: Call) -> Iterator[Misfit]:
        """What does not fit of one call."""
        known = self.registry.get(call.name)
        if known is None:
            yield Misfit(ref, call.name, "", "anything", "a registered declassifier")
            return
        if shape := unfit(known.parameters, call.arguments, call.guarded):
            yield Misfit(ref, call.name, *shape)
            return
        for parameter, argument in zip(known.parameters, call.arguments, strict=False):
            given = self._strange(ref, call, parameter, argument)
            if given:
                yield Misfit(ref, call.name, parameter.name, given, parameter.fits)

    def _strange(self, ref: ColumnRef, call: Call, parameter: Parameter, argument: Argument) -> str:
        """What an argument of fitting shape is of, where that does not fit; else nothing."""
        if argument.kind == CONSTANT:
            return ""
        if argument.kind == COUNT:  # as good as the guard of its group
            if not self._guarded(parameter, call):
                return "count(*) in a group whose guard was given no persons"
            # What decides about the rows of the group passes the guard; what passes this call chooses what is counted.
            choosing = self._deciding(ref, call)
            return f"a count of what {_names(choosing)} chooses" if choosing else ""
        found = self.origins.of_all(argument.copies)
        if found is None:
            return f"{_names(argument.copies)}, whose values are computed or of no declared element"
        strange = sorted({str(one) for one in found if not self._fits(parameter, one, argument)})
        if strange or not found:
            return f"{_names(argument.copies)}, which is {' or '.join(strange) or 'always null'}"
        if parameter.decided_by_identifiers:
            return self._decided_otherwise(ref, call, argument)
        return ""

    def _fits(self, parameter: Parameter, origin: Origin, argument: Argument) -> bool:
        if origin.made_by:
            here = origin.made_by in parameter.made_by and all(_matches(one, parameter.at) for one in argument.copies)
            return here and (PERSONS not in parameter.aggregate or origin.element in parameter.element)
        if parameter.at and origin.element in self.declared.issued:
            # What the registry holds beside the keys it made: decisions of the city's own.
            return all(_matches(one, parameter.at) for one in argument.copies)
        return (
            origin.element in parameter.element
            or (parameter.entity_identifier and origin.element in self.declared.identifiers)
            or (parameter.type is not None and self.declared.types.get(origin.element) == parameter.type)
        )

    def _guarded(self, parameter: Parameter, call: Call) -> bool:
        return any(
            guard.name.lower() in parameter.guarded_by
            and not any(True for _ in self.call(ColumnRef("", ROWS), Call(guard.name, guard.arguments)))
            for guard in call.guarded
        )

    def _decided_otherwise(self, ref: ColumnRef, call: Call, argument: Argument) -> str:
        """The columns beside entity identifiers that decide which value the argument has.

        That the relation looked up in has rows at all decides nothing more than its values do."""
        looked_up = {ColumnRef(one.relation, ROWS) for one in argument.copies}
        others = [one for one in self._deciding(ref, call) - looked_up if not self._identifies(one)]
        return f"a value that {_names(others)} decides" if others else ""

    def _deciding(self, ref: ColumnRef, call: Call) -> set[ColumnRef]:
        """The columns that decide about what a call gives, and for which it answers."""
        name = call.name.lower()
        edges = self.graph.edges_into(ref)
        return {edge.source for edge in edges if edge.kind == INDIRECT and edge.declassifier.lower() == name}

    def _unconditional(self, ref: ColumnRef) -> bool:
        """Whether no condition of an author's chose a column's values on the way: which are there would tell of it."""
        stack, seen = [ref], {ref}
        while stack:
            here = stack.pop()
            if here in self.graph.conditional and here.relation not in self.graph.twins:
                return False
            more = set(self.graph.copies.get(here) or ()) - seen
            seen |= more
            stack += more
        return True

    def _identifies(self, ref: ColumnRef) -> bool:
        found = self.origins.of(ref) if self._unconditional(ref) else None
        return bool(found) and all(not one.made_by and one.element in self.declared.identifiers for one in found or ())


def _matches(ref: ColumnRef, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(str(ref), pattern) for pattern in patterns)


def _names(refs: Iterable[ColumnRef]) -> str:
    found = sorted(map(str, refs))
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
