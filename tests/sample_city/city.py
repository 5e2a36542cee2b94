"""How big the sample city is, and the seeded choices every part of it draws from.

Sizes and the spelling of random choices as SQL only; what is chosen lies in `people.py`, `places.py`, `departments/`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

DELIVERIES = ("2026-11-02", "2026-11-09", "2026-11-16")
ITEMS = 406
LEAST_PEOPLE = 200
# People come in blocks of 20 whose places say how old they are and what they do; see people.py.
BLOCK = 20


@dataclass(frozen=True)
class City:
    """A city of `people` residents at the first delivery; the same seed makes the same city, byte for byte."""

    people: int
    seed: int

    def residents(self, delivery: int) -> int:
        """How many residents are known at a delivery (0, 1, 2): a few move in between."""
        return self.people + delivery * max(2, self.people // 200)

    def enterprises(self, delivery: int) -> int:
        """How many enterprises are known at a delivery."""
        first = max(240, self.people // 10)
        return first + delivery * max(2, first // 100)

    @property
    def blocks(self) -> int:
        """Whole blocks of residents at the first delivery."""
        return self.people // BLOCK

    @property
    def buildings(self) -> int:
        """Buildings of the city."""
        return max(64, self.people // 40)

    @property
    def vehicles(self) -> int:
        """Vehicles at the first delivery: six residents of each block have one."""
        return self.blocks * 6

    def bounded(self, one_per: int, least: int, most: int) -> int:
        """One of something per so many residents, within bounds."""
        return min(most, max(least, self.people // one_per))

    def salt(self, name: str) -> int:
        """A number of its own for each named choice, dependent on the seed."""
        return zlib.crc32(f"{self.seed}/{name}".encode())

    def below(self, key: str, name: str, bound: int) -> str:
        """SQL for a whole number in [0, bound) that the key expression alone decides."""
        return f"(hash({key}, {self.salt(name)}) % {bound})::BIGINT"

    def choice(self, key: str, name: str, options: Sequence[str]) -> str:
        """SQL for one of the options, decided by the key expression."""
        return listed(options, self.below(key, name, len(options)))


def listed(options: Sequence[str], index: str) -> str:
    """SQL for the option at a 0-based index."""
    texts = ", ".join(f"'{option}'" for option in options)
    return f"list_extract([{texts}], ({index}) + 1)"


def padded(number: str, digits: int) -> str:
    """SQL for a number as text with leading zeros."""
    return f"right(({10**digits} + ({number}))::VARCHAR, {digits})"
