"""The one clock: whoever needs to know what time it is takes a `Clock`, so that a run can be told the time.

No other module of the project asks the system for the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol


class Clock(Protocol):
    """Something that knows the time."""

    def now(self) -> datetime:
        """The present moment, with a time zone."""
        ...


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for tests and for repeating a run as of a moment. ValueError without a time zone."""

    moment: datetime

    def __post_init__(self) -> None:
        if self.moment.tzinfo is None:
            raise ValueError(
                f"{self.moment} has no time zone; write it with one, such as {self.moment.isoformat()}+08:00"
            )

    def now(self) -> datetime:
        """The moment it stands at."""
        return self.moment


def today(clock: Clock, offset_hours: int = 8) -> date:
    """The calendar day in the city: China is at UTC+8 all year round."""
    return day_of(clock.now(), offset_hours)


def day_of(moment: datetime, offset_hours: int = 8) -> date:
    """The calendar day in the city of a moment, whatever zone it is written in."""
    return in_city(moment, offset_hours).date()


def in_city(moment: datetime, offset_hours: int = 8) -> datetime:
    """A moment as the city's clocks show it."""
    return moment.astimezone(timezone(timedelta(hours=offset_hours)))
