"""What the parameters of a declassifier may be given, and whether a call gives them that by its shape.

Lives here: the declaration of a parameter, and the judgement of one call that needs nothing beside the call. Must not
live here: of which data element an argument is (`given.py`), the registry (`declassifiers.py`), plans, levels.

A function that lowers a level is believed for one thing: a mask for one kind of number, a count for persons. Given
anything else it is a way to carry a value out, so what is not declared is refused."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from lineage.calls import CHOSEN, COLUMN, CONSTANT, COUNT, COUNT_DISTINCT, Argument, Call
from lineage.facts import ROWS, ColumnRef

PERSONS, ROWS_GUARDED = "persons", "rows_guarded"

_KINDS = {
    "column": "a column as it is stored",
    "chosen": "a column that a condition chooses",
    "constant": "a constant",
    "count": "a count of rows or of values",
    "count_distinct": "a count of distinct values",
    "uneven": "a count over rows that a join, a list or a union may have multiplied",
    "aggregate": "an aggregate that is no count",
    "expression": "an expression",
}


class Parameter(BaseModel):
    """One parameter, with every way in which it may be filled; one of them has to fit.

    A plain column fits by its data `element`, as an `entity_identifier` (of an element that tells the entities of a
    theme domain apart), by its `type`, or as the result of a declassifier (`made_by`, in one of the relations `at`).
    `constant` takes what reads no column; with `names_agreement`, the name of the product's agreement alone.
    `aggregate` takes counts and no plain column: of distinct `persons` (then
    `element` and `made_by` say what a person is told by), or of all rows of a group that a call of `guarded_by` guards.
    `decided_by_identifiers` asks that plain entity identifiers alone decide which value the argument has, or none."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    element: tuple[str, ...] = ()
    entity_identifier: bool = False
    type: Literal["date"] | None = None
    made_by: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    constant: bool = False
    names_agreement: bool = False
    aggregate: tuple[Literal["persons", "rows_guarded"], ...] = ()
    guarded_by: tuple[str, ...] = ()
    decided_by_identifiers: bool = False
    optional: bool = False

    @field_validator("element", "made_by", "at", "aggregate", "guarded_by", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> Parameter:
        if not (self.plain or self.constant or self.aggregate):
            ways = "element, entity_identifier, type, made_by, constant, aggregate"
            raise ValueError(f"say what it may be given: {ways}")
        if PERSONS in self.aggregate and not (self.element or self.made_by):
            raise ValueError("aggregate persons needs element or made_by, by which a person is told")
        if (ROWS_GUARDED in self.aggregate) != bool(self.guarded_by):
            raise ValueError("aggregate rows_guarded and guarded_by go together")
        if self.at and not self.made_by:
            raise ValueError("at says where made_by has to happen, so give made_by, too")
        return self

    @property
    def plain(self) -> bool:
        """Whether a stored column can fill it, or be what is counted."""
        return bool(self.element or self.entity_identifier or self.type or self.made_by)

    @property
    def fits(self) -> str:
        """What it may be given, in words."""
        ways = [f"data element {', '.join(self.element)}"] if self.element else []
        ways += ["an identifier of a theme entity"] if self.entity_identifier else []
        ways += [f"a {self.type}"] if self.type else []
        ways += [f"what {', '.join(self.made_by)} made"] if self.made_by else []
        told = " or ".join(ways)
        if self.aggregate:
            said = [f"count(distinct …) of persons by {told}"] if PERSONS in self.aggregate else []
            guards = ", ".join(self.guarded_by)
            return " or ".join([*said, *([f"count(*) in a group that {guards} guards"] if guards else [])])
        said = [f"a plain column: {told}"] if told else []
        return " or ".join([*said, *(["a constant"] if self.constant else [])])

    def takes(self, argument: Argument, guarded: Sequence[Call]) -> bool:
        """Whether an argument fits by its shape."""
        shape = argument.kind
        if self.aggregate:
            persons = PERSONS in self.aggregate and shape == COUNT_DISTINCT and bool(argument.copies)
            # Of rows as such alone: a count of chosen values may be of one person in the group.
            rows = shape == COUNT and all(source.column == ROWS for source in argument.sources)
            return persons or (rows and self._is_guarded(guarded))
        if shape == COLUMN or (shape == CHOSEN and not self.decided_by_identifiers):
            return bool(argument.copies) and self.plain and all(map(self.lies, argument.copies))
        return shape == CONSTANT and self.constant

    def lies(self, column: ColumnRef) -> bool:
        """Whether a column lies where this may be given from: anywhere, or where `made_by` alone may fill it, `at`."""
        elsewhere = self.element or self.entity_identifier or self.type or not self.at
        return bool(elsewhere) or any(fnmatchcase(str(column), pattern) for pattern in self.at)

    def _is_guarded(self, guarded: Sequence[Call]) -> bool:
        return any(
            guard.name.lower() in self.guarded_by
            and any(one.kind == COUNT_DISTINCT and one.copies for one in guard.arguments)
            for guard in guarded
        )


class Unfit(NamedTuple):
    """What does not fit of a call, in words: `parameter` is empty where it is the number of arguments."""

    parameter: str
    given: str
    fits: str


def unfit(
    parameters: Sequence[Parameter] | None, arguments: Sequence[Argument], guarded: Sequence[Call] = ()
) -> Unfit | None:
    """The first thing about a call that does not fit the declared parameters by number and shape, or None.

    What nobody declared (None) fits nothing."""
    if parameters is None:
        return Unfit("", f"{len(arguments)} arguments", "nothing, since its parameters are not declared,")
    least = sum(not parameter.optional for parameter in parameters)
    if not least <= len(arguments) <= len(parameters):
        most = f" to {len(parameters)}" if least < len(parameters) else ""
        return Unfit("", f"{len(arguments)} arguments", f"{least}{most}")
    for parameter, argument in zip(parameters, arguments, strict=False):
        if not parameter.takes(argument, guarded):
            given = _KINDS.get(argument.kind, argument.kind)
            if argument.kind == COLUMN and not all(map(parameter.lies, argument.copies)):
                given = f"{given}, but not in {' or '.join(parameter.at)}"
            return Unfit(parameter.name, given, parameter.fits)
    return None


def structural_misfit(
    parameters: Sequence[Parameter] | None, arguments: Sequence[Argument], guarded: Sequence[Call] = ()
) -> str | None:
    """Why a call does not fit by number and shape of its arguments, in words; None where it fits."""
    found = unfit(parameters, arguments, guarded)
    if found is None:
        return None
    which = f"{found.parameter}: " if found.parameter else ""
    return f"{which}given {found.given}, where {found.fits} fits"
