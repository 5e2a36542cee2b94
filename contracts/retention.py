"""How long a city keeps what upkeep may clear away. What is cleared away, and how, is not known here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Retention:
    """How many days of what upkeep may clear away a city keeps, None is for ever; of runs also how many at most."""

    snapshots_days: int = 30
    runs_days: int = 90
    runs_most: int = 100
    landing_days: int | None = None
