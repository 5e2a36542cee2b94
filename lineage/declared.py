"""Levels that authors declare of the columns they make, against those that lineage infers.

Lives here: the comparison. Must not live here: where levels are declared, or what follows (the level gate)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lineage.classification import Levels
from lineage.graph import ColumnRef

LOWER, HIGHER, SAME = "declared lower than inferred", "declared higher than inferred", "the same"


@dataclass(frozen=True)
class Compared:
    """One column: what its author says, what flows in, and because of what."""

    column: ColumnRef
    declared: str
    inferred: str
    because: str

    @property
    def verdict(self) -> str:
        """How the two stand to each other."""
        return SAME if self.declared == self.inferred else LOWER if self.declared < self.inferred else HIGHER


def compared(levels: Levels, declared: Mapping[ColumnRef, str]) -> tuple[Compared, ...]:
    """Every column with a declared level that the graph knows, those declared too low first."""
    rank = levels.policy.rank
    found = []
    for ref in sorted(ref for ref in declared if ref in levels):
        level = levels[ref]
        path = " -> ".join(str(edge.source) for edge in level.because)
        found.append(Compared(ref, declared[ref], level.effective, path))
    return tuple(sorted(found, key=lambda one: rank(one.declared) >= rank(one.inferred)))
