"""The words of corrections and disputes, and the one table of who may do what from which state. Nothing is folded here.

Source: 政务数据共享条例 (State Council Order 809): 校核纠错 and 争议处理.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """A correction asks a department to mend data; a dispute asks the bureau to decide who is right."""

    CORRECTION = "correction"
    DISPUTE = "dispute"


LETTERS: Mapping[Kind, str] = {Kind.CORRECTION: "C", Kind.DISPUTE: "D"}
"""The first letter of the number of a case; requests have others."""


class State(StrEnum):
    """Where a case is. Overdue is no state of its own: a case in any of them may be."""

    OPEN = "open"
    SENT = "sent"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    DISPUTED = "disputed"
    CLOSED = "closed"


class Doing(StrEnum):
    """An arrow from one state to the next; to say something changes none."""

    OPEN = "open"
    SEND = "send"
    SAY = "say"
    ANSWER = "answer"
    DISPUTE = "dispute"
    DECIDE = "decide"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    ESCALATE = "escalate"


class Outcome(StrEnum):
    """What an answer or a decision says, and how a case ended."""

    CORRECTED = "corrected"
    REJECTED = "rejected"
    HEARD = "heard"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    UNCONFIRMED = "unconfirmed"
    RECALLED = "recalled"
    WITHDRAWN = "withdrawn"


class Seat(StrEnum):
    """As what somebody does it: a role of theirs, or the platform itself."""

    STEWARD = "steward"
    OWNER = "owner"
    OFFICER = "officer"
    CONSUMER = "consumer"
    PLATFORM = "platform"


_NONE: frozenset[State] = frozenset()
GOING = frozenset(State) - {State.CLOSED}
_SENT = frozenset({State.SENT})
_SENDABLE = frozenset({State.OPEN, State.SENT})
_ANSWERS = frozenset({State.REJECTED, State.CORRECTED})
_DECIDABLE = frozenset({State.DISPUTED, State.ANSWERED, State.SENT})
_BEFORE = frozenset({State.OPEN, State.SENT, State.REJECTED, State.DISPUTED, State.ANSWERED})

RIGHTS: Mapping[Doing, Mapping[Seat, frozenset[State]]] = {
    Doing.OPEN: dict.fromkeys(Seat, _NONE),
    Doing.SEND: {Seat.STEWARD: _SENDABLE, Seat.OFFICER: _SENDABLE, Seat.PLATFORM: frozenset({State.OPEN})},
    Doing.SAY: dict.fromkeys((Seat.STEWARD, Seat.OWNER, Seat.OFFICER, Seat.CONSUMER), GOING),
    Doing.ANSWER: {Seat.OWNER: _SENT},
    Doing.DISPUTE: {Seat.STEWARD: _ANSWERS, Seat.CONSUMER: _ANSWERS},
    Doing.DECIDE: {Seat.OFFICER: _DECIDABLE},
    Doing.CONFIRM: {Seat.PLATFORM: GOING},
    Doing.REOPEN: {Seat.PLATFORM: frozenset({State.CLOSED})},
    Doing.CLOSE: {Seat.STEWARD: _ANSWERS, Seat.OFFICER: _ANSWERS, Seat.PLATFORM: GOING},
    Doing.WITHDRAW: dict.fromkeys((Seat.STEWARD, Seat.OWNER, Seat.OFFICER, Seat.CONSUMER), _BEFORE),
    Doing.ESCALATE: {Seat.PLATFORM: GOING},
}
"""Doing -> as what -> from which states (of opening: none, for there is no case yet). What is not listed nobody may.

What was sent is sent on only where the case itself named no department, and nobody has answered.
"""

NEED_WORDS = frozenset({Doing.OPEN, Doing.ANSWER, Doing.DISPUTE, Doing.DECIDE, Doing.CLOSE, Doing.WITHDRAW})
EXACT = frozenset({Doing.SEND, Doing.ANSWER, Doing.DISPUTE, Doing.DECIDE, Doing.CLOSE, Doing.WITHDRAW})
"""What persons do over the case as they saw it: where anything but talk came between, it counts for nothing."""

ANSWERS: Mapping[Kind, frozenset[Outcome]] = {
    Kind.CORRECTION: frozenset({Outcome.CORRECTED, Outcome.REJECTED}),
    Kind.DISPUTE: frozenset({Outcome.HEARD}),
}
DECISIONS = frozenset({Outcome.UPHELD, Outcome.DISMISSED})
