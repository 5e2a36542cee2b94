"""Standards as records: a code set with the time of its codes, and a place in its system of coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Period:
    """When a code was one: its first and last day, None where it was always or is still; and what took its place."""

    since: date | None = None
    until: date | None = None
    became: str | None = None


@dataclass(frozen=True)
class CodeSet:
    """A closed list of codes. `codes` maps code to (Chinese, English) title, `aliases` other spellings to code.

    `periods` are of the codes that were not always codes, or are none any more.
    """

    name: str
    title_zh: str
    title_en: str
    source: str
    codes: Mapping[str, tuple[str, str]]
    aliases: Mapping[str, str] = field(default_factory=dict)
    periods: Mapping[str, Period] = field(default_factory=dict)


@dataclass(frozen=True)
class Coordinates:
    """Two columns that are one place, and the system that they are delivered in."""

    longitude: str
    latitude: str
    system: str
