"""Steps of cases as tests write them: by day and person, with what the platform would add."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from contracts.calendar import Calendar
from contracts.jurisdiction import Jurisdiction, Limit
from sharing.cases.asked import Asked
from sharing.cases.deadlines import Rules
from sharing.cases.law import Case, case_of
from sharing.cases.steps import Step
from sharing.cases.vocabulary import Doing, Kind, Seat

ZONE = timezone(timedelta(hours=8))
ASKED = Asked(
    "核对高龄津贴",
    "decide who draws the allowance",
    "civil_affairs",
    "health.visits",
    {"visit_id": "tell visits apart", "visit_date": "find the living"},
    "welfare_payment",
    "老年人权益保障法 第三十三条",
    "residents of 80 and more",
    date(2026, 3, 1),
    date(2027, 2, 28),
    ("health", "social_security"),
)
ANNA, HAI, SHE, BAO, CHEN = (f"{name}@city.example" for name in ("anna", "hai", "she", "bao", "chen"))
"""Who asks; the owners of health and of social security; two officers of the bureau."""
OWNS = {HAI: frozenset({"health"}), SHE: frozenset({"social_security"})}
SEATS = {ANNA: Seat.APPLICANT, HAI: Seat.OWNER, SHE: Seat.OWNER, BAO: Seat.OFFICER, CHEN: Seat.OFFICER}
LIMITS = {
    name: Limit(days, "a law")
    for name, days in {
        "answer_unconditional": 1, "answer_conditional": 10, "share": 20, "dispute": 10,
        "answer_public_request": 20, "answer_registration": 10, "answer_objection": 10,
    }.items()
}  # fmt: skip
RULES = Rules(Jurisdiction("somewhere", "某地", "Somewhere", "a law", LIMITS, True, {}), Calendar())
_GIVEN: dict[Doing, dict[str, Any]] = {
    Doing.FILE: {"asked": ASKED, "kind": Kind.REQUEST},
    Doing.APPROVE: {"act": "a" * 64, "over": ASKED.digest, "seen": ASKED.parts},
    Doing.REFUSE: {"ground": "no_duty", "over": ASKED.digest},
    Doing.DRAFT: {"agreement": "civil_affairs__welfare_payment", "over": ASKED.digest},
    Doing.RELEASE: {"agreement": "civil_affairs__welfare_payment", "release": "r1"},
    Doing.END: {"release": "r1"},
}


def at(day: date, hour: int = 9) -> datetime:
    """A moment of a day in the city."""
    return datetime.combine(day, time(hour), ZONE)


def step(day: date, person: str, doing: Doing, **changes: Any) -> Step:
    """One step, sound by itself."""
    seat = SEATS.get(person, Seat.PLATFORM)
    known: dict[str, Any] = {"person": person, "words": "because", "departments": OWNS.get(person)}
    if seat is Seat.APPLICANT:
        known["agencies"] = frozenset({"civil_affairs"})
    return Step(**{"case": "R20260105-0123456789", "doing": doing, "seat": seat, "at": at(day)} | known
                | _GIVEN.get(doing, {}) | changes)  # fmt: skip


def case(*steps: Step) -> Case:
    """The case that steps make, numbered in their order."""
    from dataclasses import replace

    found = case_of(replace(one, seq=number + 1) for number, one in enumerate(steps))
    assert found is not None
    return found
