"""What a dataset gives to a theme entity. Resolved; its declaration is in `odcs_extras.py`, read in `odcs.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Attributes of text that several columns together give, as a house number and a street give an address."""

    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Every attribute that is given -> the columns that give it."""
        return {**{name: (column,) for name, column in self.attributes.items()}, **self.joined}
