"""How much each dimension of quality counts in a city's scores. What a dimension is, is `rules.py`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.dimensions import DIMENSIONS


@dataclass(frozen=True)
class Weights:
    """The weight of each dimension; alike where none is declared, and of one that is left out 0."""

    declared: Mapping[str, float] = field(default_factory=dict)

    def of(self, dimension: str) -> float:
        """The weight of a dimension."""
        return self.declared.get(dimension, 0.0) if self.declared else 1.0

    @property
    def shares(self) -> dict[str, float]:
        """Dimension -> its share of the whole."""
        whole = sum(self.of(name) for name in DIMENSIONS)
        return {name: self.of(name) / whole for name in DIMENSIONS}
