"""Who sees which indicator: by the level that lineage gives its value, never by the one that is declared.

A visitor sees L1, whoever is signed in L2, and L3 those who answer for data. Whoever does not see a value sees that
there is one.
"""

from __future__ import annotations

from contracts.acts import Role
from portal.people.reader import Reader

_ANSWERING = (Role.STEWARD, Role.OWNER, Role.OFFICER, Role.AUDITOR, Role.ENGINEER)


def highest(reader: Reader) -> str:
    """The highest level of values that are shown to somebody."""
    if reader.has(*_ANSWERING):
        return "L3"
    return "L2" if reader.signed_in else "L1"


def sees(reader: Reader, level: str) -> bool:
    """Whether a value of a level is shown to somebody; of what is no level, none is."""
    return level in ("L1", "L2", "L3") and level <= highest(reader)
