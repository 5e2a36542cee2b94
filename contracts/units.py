"""Units that quantities are delivered in, and what one is in the unit that its data element has.

Each is a whole number of the element's unit, so that nothing is rounded on the way. Sources: GB 3100-1993, GB 3101-1993
(units and their multiples), GB/T 12406-2022 (CNY); 万 and 亿 are the numerals 10^4 and 10^8 (GB/T 15835-2011, 6.2).
"""

from __future__ import annotations

from collections.abc import Mapping

_QUANTITIES: Mapping[str, Mapping[str, int]] = {
    "money": {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000},
    "area": {"平方米": 1, "公顷": 10_000, "平方千米": 1_000_000},
    "length": {"米": 1, "千米": 1_000},
    "mass": {"千克": 1, "吨": 1_000, "万吨": 10_000_000},
    "volume": {"立方米": 1, "万立方米": 10_000, "亿立方米": 100_000_000},
    "energy": {"千瓦时": 1, "万千瓦时": 10_000, "亿千瓦时": 100_000_000},
    "persons": {"人": 1, "万人": 10_000},
}
UNITS: Mapping[str, tuple[str, int]] = {
    unit: (quantity, factor) for quantity, units in _QUANTITIES.items() for unit, factor in units.items()
}
"""Unit -> what it is a unit of, and how many of the smallest it is."""


def unit_fault(unit: str) -> str | None:
    """What is wrong with a unit; None where nothing is."""
    return None if unit in UNITS else f"{unit!r} is no unit that is known"


def factor(delivered: str, wanted: str) -> int | None:
    """How many of one unit another is; None where they measure different things, or it is no whole number."""
    (of, many), (other, base) = UNITS[delivered], UNITS[wanted]
    return many // base if of == other and many % base == 0 else None
