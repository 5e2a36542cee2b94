"""When a dataset is to come next, by its frequency and its newest delivery; and how that is said. No clock is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from contracts.calendar import Calendar
from contracts.frequency import Timeliness, timeliness
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


def due(one: Resource, newest: date | None, today: date, holidays: Calendar) -> Timeliness:
    """How up to date a resource is on a day: by working days, as pages of quality and the first page count."""
    return timeliness(newest, one.frequency, one.fresh_days or 0, today, holidays)


def cycle(frequency: str) -> tuple[str, str]:
    """How often, in Chinese and English."""
    found = re.fullmatch(r"(\d+)([a-z]+)", frequency)
    if not found or found[2] not in _UNITS:
        return ("不定期", "irregular") if frequency else ("", "")
    chinese, english = _UNITS[found[2]]
    if found[1] == "1":
        return f"每{chinese.removeprefix('个')}", f"every {english.removesuffix('s')}"
    return f"每 {found[1]} {chinese}", f"every {found[1]} {english}"
