"""The registered functions that may lower a level, and what must hold of their output for that.

Lives here: the registry and its reading. Must not live here: the SQL of the functions (dbt macros and DuckDB macros
bear the same names), the check of a post-condition on real output (a gate), the level computation
(`classification.py`).

A function that is not registered lowers nothing, whatever its name says. A registered one lowers what it answers
for, to `to` at the lowest, and only while its post-condition holds on the actual output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lineage.graph import ColumnRef, Graph
from lineage.parameters import Parameter
from lineage.sql.catalog import Lowering


class PostCondition(BaseModel):
    """What must be true of a released column that leans on a declassifier.

    `kind` says how it is checked: ``pattern`` (every value matches `pattern`), ``fixed_length`` (every value has
    `length` characters out of `alphabet`), ``members`` (at most `at_most` distinct values), ``at_least`` (no number
    below `at_least`, nulls aside), ``k_rows`` (every row stands for at least `at_least` persons)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["pattern", "fixed_length", "members", "at_least", "k_rows"]
    pattern: str | None = None
    length: int | None = None
    alphabet: str | None = None
    at_most: int | None = None
    at_least: int | None = None


class Declassifier(BaseModel):
    """One registered function.

    `lowers` lists what it answers for: ``value`` (what it was given; always), ``influence`` (what decided about
    that value), ``rows`` (what decided about the rows of the block where it is a conjunct of HAVING). `returns` is the
    type that it gives, `parameters` what it may be given. `at_most_outputs` is how many columns of one product it may
    make from one source column; what it makes counts against that column's budget, too. None: what it makes of one
    value is always the same and tells nothing of it, so it is not counted. `approval` ``named`` asks for an entry of
    its own in the agreement, where ``agreement`` takes those who approved the whole. `epsilon` is what one release of
    one column costs of the privacy budget of its recipient. `takes` are the marks that do not go through it,
    if it answers for value and influence both (``personal`` takes ``sensitive_personal`` with it): what many persons
    stand behind is information on none of them; a mask or a pseudonym is still on one. `shared_key` is of those that
    make of one thing the same text for everybody, by which recipients could join what they have: ``never`` leaves, or
    leaves where it is ``declared`` in the agreement."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    title: str
    title_zh: str
    to: str
    lowers: tuple[Literal["value", "influence", "rows"], ...] = ("value",)
    standard: str = ""
    returns: str = "VARCHAR"
    parameters: tuple[Parameter, ...] = Field(min_length=1)
    at_most_outputs: int | None = Field(default=None, ge=1)
    takes: tuple[Literal["personal", "sensitive_personal"], ...] = ()
    approval: Literal["agreement", "named"] = "agreement"
    epsilon: float | None = Field(default=None, gt=0)
    shared_key: Literal["never", "declared"] | None = None
    post_condition: PostCondition

    def takes_away(self, mark: str) -> bool:
        """Whether a mark does not go through it, by value or by influence."""
        named = mark in self.takes or (mark == "sensitive_personal" and "personal" in self.takes)
        return named and {"value", "influence"} <= set(self.lowers)

    @property
    def lowering(self) -> Lowering:
        """The part that the SQL binder needs to know."""
        return Lowering("influence" in self.lowers, "rows" in self.lowers, self.returns, parameters=self.parameters)


class Keeper(BaseModel):
    """A function that spells a value in its standard way: what it gives is of the data element that it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    title: str
    title_zh: str


class Budgets(BaseModel):
    """How many columns of one product may be counted outputs (`at_most_outputs`) of one source column, whichever
    declassifiers made them: `default`, or by its data element. `epsilon` is the most that the noisy counts of one
    dataset may cost for one recipient, over all releases."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    default: int = Field(default=1, ge=0)
    elements: Mapping[str, int] = Field(default_factory=dict)
    epsilon: float = Field(default=0.0, ge=0)

    def of(self, element: str) -> int:
        """The budget of a source column of an element."""
        return self.elements.get(element, self.default)


class Registry(BaseModel):
    """All registered declassifiers by name, the functions that keep an element, and the budgets."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    entries: Mapping[str, Declassifier] = Field(default_factory=dict)
    keepers: frozenset[str] = frozenset()
    budgets: Budgets = Budgets()

    @classmethod
    def of(
        cls,
        items: Iterable[Mapping[str, Any] | Declassifier],
        keepers: Iterable[Keeper] = (),
        budgets: Budgets | None = None,
    ) -> Registry:
        """A registry from declarations. Raises ValueError for a name that is declared twice."""
        entries: dict[str, Declassifier] = {}
        for item in items:
            one = item if isinstance(item, Declassifier) else Declassifier.model_validate(item)
            if one.name.lower() in entries:
                raise ValueError(f"declassifier {one.name!r} is declared twice; keep one of the two")
            entries[one.name.lower()] = one
        kept = frozenset(keeper.name.lower() for keeper in keepers)
        if both := sorted(kept & entries.keys()):
            raise ValueError(f"{', '.join(both)}: a declassifier and a keeper at once; keep one of the two")
        return cls(entries=entries, keepers=kept, budgets=budgets or Budgets())

    def lowerings(self) -> dict[str, Lowering]:
        """What `graph_from_manifest` and `column_lineage` want as `declassifiers`."""
        kept = {name: Lowering(keeps=True) for name in self.keepers}
        return kept | {name: one.lowering for name, one in self.entries.items()}

    def get(self, name: str) -> Declassifier | None:
        """The registered declassifier of that name, if any."""
        return self.entries.get(name.lower()) if name else None


def relied_on(graph: Graph, column: ColumnRef | str) -> dict[str, set[ColumnRef]]:
    """The declassifiers between `column` and its sources, each with the columns whose SQL calls it."""
    ref = column if isinstance(column, ColumnRef) else ColumnRef.parse(column)
    found: dict[str, set[ColumnRef]] = {}
    for target in {ref} | graph.upstream(ref):
        for edge in graph.edges_into(target):
            if edge.declassifier:
                found.setdefault(edge.declassifier, set()).add(target)
    return found
