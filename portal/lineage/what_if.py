"""What another level of a column would withhold: the gate's own comparison, asked of the lineage with that level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.model import Catalogue, Level
from lake.column_lineage import CityLineage
from lake.queries import columns_above
from lineage.graph import ColumnRef

LEVELS = tuple(str(level) for level in Level)


@dataclass(frozen=True)
class Changed:
    """What would become of one agreement: columns of its product that would be above its ceiling, and that are now."""

    agreement: str
    product: str
    ceiling: str
    now: tuple[str, ...]
    then: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """`withheld` by this alone, `freed` of what withholds it now, `still` withheld, or `kept`."""
        if self.then:
            return "still" if self.now else "withheld"
        return "freed" if self.now else "kept"


def is_source(lineage: CityLineage, ref: ColumnRef) -> bool:
    """Whether the level of a column is declared, so that another can be asked about: all others follow from those."""
    return ref in lineage.base


def what_if(lineage: CityLineage, catalogue: Catalogue, ref: ColumnRef, level: str) -> Sequence[Changed]:
    """Every agreement that would be judged otherwise or is concerned by now, by name. Only the level gate is asked."""
    now, then = columns_above(lineage, catalogue), columns_above(lineage.with_level(ref, level), catalogue)
    found = []
    for name, agreement in sorted(catalogue.agreements.items()):
        before, after = now[name] or (), then[name] or ()
        told = Changed(name, agreement.product, str(agreement.level_ceiling), tuple(before), tuple(after))
        if told.then != told.now:
            found.append(told)
    return found
