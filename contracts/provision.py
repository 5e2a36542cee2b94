"""What a dataset gives to a theme entity. Resolved; its declaration is in `odcs_extras.py`, read in `odcs.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Survivor(StrEnum):
    """Which of several departments' values of an attribute is shown: the most trusted one's, the one said last, or the
    one that most say; among equals the most trusted one's."""

    PRECEDENCE = "precedence"
    RECENCY = "recency"
    AGREEMENT = "agreement"


@dataclass(frozen=True)
class Provision:
    """What a dataset gives to a theme entity: columns by the entity's attributes, where a condition holds, if any.

    `matched` says that rows without a valid identifier are matched with the others; else they are left out. `once`
    says that the dataset holds each thing once at most, so that no two of its rows are one.
    """

    entity: str
    attributes: Mapping[str, str]
    where: str | None = None
    matched: bool = False
    once: bool = False
    dated: str | None = None
    """The column that says of which day a row is, by which what was said last is told."""
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Attributes of text that several columns together give, as a house number and a street give an address."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Every attribute that is given -> the columns that give it."""
        return {**{name: (column,) for name, column in self.attributes.items()}, **self.joined}
