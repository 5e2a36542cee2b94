"""What the parameters of a declassifier may be given, and whether a call gives them that by its shape.

Lives here: the declaration of a parameter, and the judgement of one call that needs nothing beside the call. Must not
live here: of which data element an argument is (`given.py`), the registry (`declassifiers.py`), plans, levels.

A function that lowers a level is believed for one thing: a mask for one kind of number, a count for persons. Given
anything else it is a way to carry a value out, so what is not declared is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from lineage.calls import COLUMN, CONSTANT, COUNT, COUNT_DISTINCT, Argument, Call

PERSONS, ROWS_GUARDED = "persons", "rows_guarded"

_KINDS = {
    "column": "a column as it is stored",
    "constant": "a constant",
    "count": "a count of rows or values",
    "count_distinct": "a count of distinct values",
    "aggregate": "an aggregate that is no count",
    "expression": "an expression",
}


class Parameter(BaseModel):
    """One parameter, with every way in which it may be filled; one of them has to fit.

    A plain column fits by its data `element`, as an `entity_identifier` (of an element that tells the entities of a
    theme domain apart), by its `type`, or as the result of a declassifier (`made_by`, in one of the relations `at`).
    `constant` takes what reads no column. `aggregate` takes counts and no plain column: of distinct `persons` (then
    `element` and `made_by` say what a person is told by), or of rows whose group is guarded by a call of `guarded_by`.
    `decided_by_identifiers` asks that only plain entity identifiers decide which value the argument has. A `seed` may
    be anything: it is only hashed under the key, to choose noise."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    element: tuple[str, ...] = ()
    entity_identifier: bool = False
    type: Literal["date"] | None = None
    made_by: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    constant: bool = False
    aggregate: tuple[Literal["persons", "rows_guarded"], ...] = ()
    guarded_by: tuple[str, ...] = ()
    decided_by_identifiers: bool = False
    seed: bool = False
    optional: bool = False

    @field_validator("element", "made_by", "at", "aggregate", "guarded_by", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> Parameter:
        if not (self.plain or self.constant or self.aggregate or self.seed):
            ways = "element, entity_identifier, type, made_by, constant, aggregate, seed"
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
            return " or ".join([*said, *([f"a count in a group that {guards} guards"] if guards else [])])
        said = [f"a plain column: {told}"] if told else []
        return " or ".join([*said, *(["a constant"] if self.constant else [])])

    def misfit(self, argument: Argument, guarded: Sequence[Call]) -> str | None:
        """Why the shape of an argument does not fit, or None."""
        shape = argument.kind
        if self.seed:
            return None
        if self.aggregate:
            if shape == COUNT_DISTINCT and argument.copies and PERSONS in self.aggregate:
                return None
            if shape in (COUNT, COUNT_DISTINCT) and self._is_guarded(guarded):
                return None
        elif (shape == CONSTANT and self.constant) or (shape == COLUMN and argument.copies and self.plain):
            return None
        return f"given {_KINDS.get(shape, shape)}, where {self.fits} fits"

    def _is_guarded(self, guarded: Sequence[Call]) -> bool:
        if ROWS_GUARDED not in self.aggregate:
            return False
        return any(
            guard.name.lower() in self.guarded_by
            and any(one.kind == COUNT_DISTINCT and one.copies for one in guard.arguments)
            for guard in guarded
        )


def structural_misfit(
    parameters: Sequence[Parameter] | None, arguments: Sequence[Argument], guarded: Sequence[Call] = ()
) -> str | None:
    """Why a call does not fit the declared parameters by number and shape of its arguments; None where it fits.

    What nobody declared (None) fits nothing."""
    if parameters is None:
        return "its parameters are not declared"
    least = sum(not parameter.optional for parameter in parameters)
    if not least <= len(arguments) <= len(parameters):
        most = f" to {len(parameters)}" if least < len(parameters) else ""
        return f"given {len(arguments)} arguments, where {least}{most} fit"
    for parameter, argument in zip(parameters, arguments, strict=False):
        if why := parameter.misfit(argument, guarded):
            return f"{parameter.name}: {why}"
    return None
