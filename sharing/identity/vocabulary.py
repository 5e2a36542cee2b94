"""The words of decisions about who is who, and the one table of who may do what. Nothing is folded here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Doing(StrEnum):
    """What is done about two records, or about a decision on them."""

    SAME = "same"
    DIFFERENT = "different"
    SKIP = "skip"
    CONFIRM = "confirm"
    UNDO = "undo"


class Seat(StrEnum):
    """As what somebody does it."""

    STEWARD = "steward"
    OFFICER = "officer"


class State(StrEnum):
    """What a decision is: it waits for a second person, it stands, or it was undone."""

    WAITING = "waiting"
    STANDS = "stands"
    UNDONE = "undone"


ABOUT_PAIR = frozenset({Doing.SAME, Doing.DIFFERENT, Doing.SKIP})
"""What is about two records; the rest is about a decision."""

RIGHTS: Mapping[Doing, frozenset[Seat]] = {doing: frozenset(Seat) for doing in Doing}
"""Doing -> as what it may be done; what is not listed nobody may. A steward of departments decides about their records
alone, the city's and an officer of the bureau about all."""

NEED_WORDS = frozenset(Doing) - {Doing.CONFIRM}
