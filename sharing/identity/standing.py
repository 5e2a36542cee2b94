"""What persons decided of pairs of records, as whoever matches and whoever keeps the registry is told.

Plain records; which decisions stand is `law.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Two records of one entity of which was decided whether they are the `same`, by the decision of a number.

    `ended` is the number of what undid it; None while it stands. `persons` is how many persons said so.
    """

    left: str
    right: str
    number: int
    same: bool
    ended: int | None = None
    persons: int = 1


@dataclass(frozen=True)
class Standing:
    """All that was decided of an entity's records, what was undone again with it."""

    pairs: tuple[Pair, ...] = ()

    @property
    def together(self) -> tuple[Pair, ...]:
        """The pairs that are one."""
        return tuple(one for one in self.pairs if one.same and one.ended is None)

    @property
    def apart(self) -> tuple[Pair, ...]:
        """The pairs that are two."""
        return tuple(one for one in self.pairs if not one.same and one.ended is None)


def chains(pairs: Iterable[Pair]) -> dict[str, str]:
    """Record -> the least of those that pairs join with it, by whatever chain; of records that are in a pair."""
    joined: dict[str, set[str]] = {}
    for one in pairs:
        left, right = (joined.setdefault(each, {each}) for each in (one.left, one.right))
        if left is not right:
            large, small = (left, right) if len(left) >= len(right) else (right, left)
            large |= small
            joined |= dict.fromkeys(small, large)
    least = {id(group): min(group) for group in joined.values()}
    return {record: least[id(group)] for record, group in joined.items()}


NOTHING = Standing()
