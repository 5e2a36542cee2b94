"""What persons decided of pairs of records, as whoever matches and whoever keeps the registry is told.

Plain records; which decisions stand is `law.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Two records of one entity of which was decided whether they are the `same`, by the decision of a number.

    `ended` is the number of what undid it; None while it stands.
    """

    left: str
    right: str
    number: int
    same: bool
    ended: int | None = None


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


NOTHING = Standing()
