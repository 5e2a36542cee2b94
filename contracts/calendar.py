"""The days that a city itself says are holidays, or worked. Counting working days is `working_days`' business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Calendar:
    """What a city adds to the built-in Chinese calendar; `years` are those beyond it that these lists cover whole."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    source: str = ""
