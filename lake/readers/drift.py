"""How the columns of a delivery differ from its contract's: added, removed, renamed, reordered. No file is opened here.

What becomes of such a delivery is the contract's to say (`lake/drifting.py`); whether values fit is judged row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from contracts.model import Dataset
from lake.readers.refusal import HeadersDiffer


@dataclass(frozen=True)
class Drift:
    """Headers that the contract does not have, columns that were not delivered, and those with another header.

    A column is renamed where an unknown header stands in its place: between the same neighbours.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    reordered: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of difference there are, as a contract calls them."""
        return tuple(kind for kind in ("added", "removed", "renamed", "reordered") if getattr(self, kind))


def drift_of(dataset: Dataset, differ: HeadersDiffer) -> Drift:
    """How the headers of a delivery differ. Those that are not ordered can be no others renamed, nor moved."""
    delivered, at = differ.delivered, differ.at
    ignored = set(dataset.source.ignored_headers)
    taken = set(at.values())
    unknown = [place for place, header in enumerate(delivered) if place not in taken and not ignored & {header, "*"}]
    missing = [column.name for column in dataset.columns if column.name not in at]
    renamed: dict[str, int] = {}
    for name in missing if differ.ordered else ():
        place = _place_of(dataset, name, {**at, **renamed}, len(delivered))
        if place in unknown and place not in renamed.values():
            renamed[name] = place
    return Drift(
        added=tuple(delivered[place] for place in unknown if place not in renamed.values()),
        removed=tuple(name for name in missing if name not in renamed),
        renamed=tuple((name, delivered[place]) for name, place in renamed.items()),
        reordered=differ.ordered and is_reordered(dataset, {**at, **renamed}),
    )


def is_reordered(dataset: Dataset, at: Mapping[str, int]) -> bool:
    """Whether columns stand in another order than the contract's."""
    places = [at[column.name] for column in dataset.columns if column.name in at]
    return any(one > other for one, other in pairwise(places))


def _place_of(dataset: Dataset, name: str, at: Mapping[str, int], width: int) -> int | None:
    """Where a column would stand by its neighbours; None where they do not leave one place for it."""
    names = [column.name for column in dataset.columns]
    number = names.index(name)
    before = at.get(names[number - 1]) if number else -1
    after = at.get(names[number + 1]) if number + 1 < len(names) else None
    if before is None:
        return after - 1 if after is not None else None
    if number + 1 < len(names) and after is not None and after != before + 2:
        return None
    return before + 1 if before + 1 < width else None
