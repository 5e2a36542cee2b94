"""What a jurisdiction gives offices to answer and to share: working days, each with its source, and grounds of refusal.

Records alone. Numbers differ by city and change: they are declared (`contracts/standards/jurisdictions/`), never code.
`verify` marks what nobody read in the law's own text. Counting days is the business of `sharing/cases`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """How many working days there are for something, and by which source."""

    working_days: int
    source: str
    verify: bool = False


@dataclass(frozen=True)
class Ground:
    """One ground on which a request may be refused."""

    code: str
    title_zh: str
    title_en: str
    source: str
    verify: bool = False


@dataclass(frozen=True)
class Jurisdiction:
    """One jurisdiction. Nothing is due where it says nothing."""

    name: str = ""
    title_zh: str = ""
    title_en: str = ""
    source: str = ""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    questions_stop: bool = False
    grounds: Mapping[str, Ground] = field(default_factory=dict)
    correction_grounds: Mapping[str, Ground] = field(default_factory=dict)
    """On which a department may say that its data is right as it is."""
