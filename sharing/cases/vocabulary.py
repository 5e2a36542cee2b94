"""The words of cases, and the one table of who may do what from which state. Nothing is folded or counted here.

Source: 政务数据共享条例 (State Council Order 809): request, answer, provision, dispute.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What is asked: an agency's request for data; of the public a request, a registration, or an objection."""

    REQUEST = "request"
    PUBLIC_REQUEST = "public_request"
    REGISTRATION = "registration"
    OBJECTION = "objection"


LETTERS: Mapping[Kind, str] = {
    Kind.REQUEST: "R",
    Kind.PUBLIC_REQUEST: "P",
    Kind.REGISTRATION: "G",
    Kind.OBJECTION: "B",
}
"""The first letter of the number of a case."""


class State(StrEnum):
    """Where a case is."""

    FILED = "filed"
    QUESTIONS = "questions"
    ANSWERED = "answered"
    DEPARTMENT_APPROVED = "department_approved"
    BUREAU_APPROVED = "bureau_approved"
    DRAFTED = "agreement_drafted"
    RELEASED = "released"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    DISPUTED = "disputed"


class Doing(StrEnum):
    """An arrow from one state to the next."""

    FILE = "file"
    QUESTION = "question"
    ANSWER = "answer"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    OBJECT = "object"
    REOPEN = "reopen"
    DRAFT = "draft"
    RELEASE = "release"
    END = "end"
    ESCALATE = "escalate"


class Seat(StrEnum):
    """As what somebody does it: a role of theirs, a visitor who holds the case's link, or the platform itself."""

    APPLICANT = "applicant"
    OWNER = "owner"
    OFFICER = "officer"
    VISITOR = "visitor"
    PLATFORM = "platform"


_BEFORE_APPROVAL = frozenset({State.FILED, State.ANSWERED})
_ANSWERABLE = _BEFORE_APPROVAL | {State.QUESTIONS}
_OPEN = _ANSWERABLE | {State.DEPARTMENT_APPROVED}
_UNDER_WAY = frozenset({State.BUREAU_APPROVED, State.DRAFTED})
_NONE: frozenset[State] = frozenset()
OVER = frozenset({State.ENDED, State.WITHDRAWN, State.REFUSED})
"""Where a case has come to an end: the same may be asked anew."""

RIGHTS: Mapping[Doing, Mapping[Seat, frozenset[State]]] = {
    Doing.FILE: {Seat.APPLICANT: _NONE, Seat.VISITOR: _NONE},
    Doing.QUESTION: {Seat.OWNER: _BEFORE_APPROVAL, Seat.OFFICER: _BEFORE_APPROVAL | {State.DEPARTMENT_APPROVED}},
    Doing.ANSWER: {Seat.APPLICANT: frozenset({State.QUESTIONS}), Seat.VISITOR: frozenset({State.QUESTIONS})},
    Doing.APPROVE: {Seat.OWNER: _BEFORE_APPROVAL, Seat.OFFICER: frozenset({State.DEPARTMENT_APPROVED})},
    Doing.REFUSE: {Seat.OWNER: _ANSWERABLE, Seat.OFFICER: _OPEN | {State.DISPUTED}},
    Doing.WITHDRAW: {
        Seat.APPLICANT: _OPEN | _UNDER_WAY | {State.DISPUTED},
        Seat.VISITOR: _OPEN | _UNDER_WAY | {State.DISPUTED},
    },
    Doing.OBJECT: {Seat.APPLICANT: frozenset({State.REFUSED}), Seat.VISITOR: frozenset({State.REFUSED})},
    Doing.REOPEN: {Seat.OFFICER: frozenset({State.DISPUTED})},
    Doing.DRAFT: {Seat.PLATFORM: _UNDER_WAY},
    Doing.RELEASE: {Seat.PLATFORM: _UNDER_WAY | {State.RELEASED, State.ENDED}},
    Doing.END: {Seat.PLATFORM: frozenset({State.RELEASED})},
    Doing.ESCALATE: {Seat.PLATFORM: _OPEN | _UNDER_WAY | {State.DISPUTED}},
}
"""Doing -> as what -> from which states (of filing: none, for there is no case yet). What is not listed nobody may.

Where a request needs no department's data, the officer approves what is filed or answered.
"""

ASKING = frozenset({Doing.FILE, Doing.ANSWER, Doing.WITHDRAW, Doing.OBJECT})
"""What those do who ask: whoever did one of them in a case decides nothing in it."""
DECIDING = frozenset({Doing.QUESTION, Doing.APPROVE, Doing.REFUSE, Doing.REOPEN})
NEED_WORDS = frozenset({Doing.QUESTION, Doing.ANSWER, Doing.REFUSE, Doing.OBJECT, Doing.REOPEN})
EXACT = frozenset({Doing.APPROVE, Doing.REFUSE, Doing.DRAFT})
"""What is said over exactly what is asked: anything changed since, it counts for nothing."""
