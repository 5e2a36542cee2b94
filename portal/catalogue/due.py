"""When a dataset is to come next, by its frequency and its newest delivery; and how that is said. No clock is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from contracts.calendar import Calendar
from contracts.frequency import after
from contracts.working_days import CalendarHorizon, working_days_between
from portal.catalogue.records import Resource

_UNITS: Mapping[str, tuple[str, str]] = {
    "min": ("分钟", "minutes"),
    "h": ("小时", "hours"),
    "d": ("天", "days"),
    "w": ("周", "weeks"),
    "m": ("个月", "months"),
    "q": ("个季度", "quarters"),
    "y": ("年", "years"),
}


@dataclass(frozen=True)
class Due:
    """How up to date a dataset is: the newest delivery, when the next is due, how many working days the newest is old.

    None is what nobody can say.
    """

    newest: date | None
    next: date | None
    late: bool
    age: int | None
    stale: bool


def due(one: Resource, newest: date | None, today: date, holidays: Calendar) -> Due:
    """How up to date a resource is on a day."""
    next_ = after(newest, one.frequency) if newest else None
    try:
        age = working_days_between(newest, today, holidays) if newest else None
    except CalendarHorizon:
        age = None
    stale = age is not None and one.fresh_days is not None and age > one.fresh_days
    return Due(newest, next_, next_ is not None and today > next_, age, stale)


def cycle(frequency: str) -> tuple[str, str]:
    """How often, in Chinese and English."""
    found = re.fullmatch(r"(\d+)([a-z]+)", frequency)
    if not found or found[2] not in _UNITS:
        return ("不定期", "irregular") if frequency else ("", "")
    chinese, english = _UNITS[found[2]]
    if found[1] == "1":
        return f"每{chinese.removeprefix('个')}", f"every {english.removesuffix('s')}"
    return f"每 {found[1]} {chinese}", f"every {found[1]} {english}"
