"""What the rules over one plan share: the sandbox, the declassifiers, and the relations that it refers to by number.

Lives here: state of one reading. Must not live here: rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lineage.calls import Call
from lineage.parameters import structural_misfit
from lineage.plan.sandbox import Sandbox
from lineage.plan.values import Rel
from lineage.sql.catalog import Lowering


@dataclass
class Context:
    """State of one reading.

    `bound` maps a table index of the plan to the relation that it stands for; `uneven` names the tables whose rows may
    stand for more than one thing, `computed` by table the columns that are no copies; `made` a table's name to what
    an earlier statement put into it; `read` collects the relations that are read, `follows` are those that the last
    query follows row by row."""

    sandbox: Sandbox
    declassifiers: Mapping[str, Lowering]
    uneven: Collection[str] = ()
    computed: Mapping[str, Collection[str]] = field(default_factory=dict)
    made: Mapping[str, Rel] = field(default_factory=dict)
    bound: dict[int, Rel] = field(default_factory=dict)
    duplicates: list[Rel] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    follows: frozenset[str] = frozenset()
    groups: int = 0

    def next_group(self) -> int:
        """A number for one more aggregation."""
        self.groups += 1
        return self.groups

    def fits(self, name: str, call: Call) -> bool:
        """Whether a declassifier was given what it declares, by the shape of its arguments; one that declares nothing
        takes anything."""
        parameters = self.declassifiers[name].parameters
        return parameters is None or structural_misfit(parameters, call.arguments, call.guarded) is None
