"""Cases as JSON-ready records: the same facts for the command line and for pages. Nothing is judged here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.clock import day_of
from sharing.cases.deadlines import Deadline, Rules, deadlines
from sharing.cases.law import Case
from sharing.cases.steps import Step


def brief(case: Case, by: Rules, at: datetime) -> dict[str, Any]:
    """One line of a list: what is asked by whom, where it is, and its clocks."""
    clocks = deadlines(case, by, day_of(at))
    return {
        "case": case.id,
        "kind": str(case.kind),
        "state": str(case.state),
        "title": case.asked.title,
        "agency": case.asked.agency,
        "resource": case.asked.resource,
        "departments": list(case.asked.departments),
        "filed_at": case.filed.at.isoformat(),
        "overdue": any(one.overdue for one in clocks),
        "escalated": bool(case.escalated),
        "deadlines": [clock(one) for one in clocks],
    }


def whole(case: Case, by: Rules, at: datetime) -> dict[str, Any]:
    """All of a case."""
    return {
        **brief(case, by, at),
        "asked": case.asked.as_dict(),
        "over": case.asked.digest,
        "pending": list(case.pending),
        "agreement": case.agreement or None,
        "release": case.release or None,
        "steps": [_step(one) for one in case.steps],
        "ignored": [{**_step(one), "why": why} for one, why in case.ignored],
    }


def clock(one: Deadline) -> dict[str, Any]:
    """One deadline; `left` below nothing is past, `due` is unknown while the clock stands, and `met` says
    whether it ended (`done`) by what was due."""
    stopped = one.span.stopped_since
    return {
        "deadline": one.span.name,
        "working_days": one.limit.working_days,
        "source": one.limit.source,
        "verify": one.limit.verify,
        "since": one.span.since.isoformat(),
        "used": one.used,
        "left": one.left,
        "due": one.due and one.due.isoformat(),
        "stopped_since": stopped and stopped.isoformat(),
        "done": one.span.done and one.span.done.isoformat(),
        "met": one.span.done is not None and one.span.met,
        "late": one.late,
        "overdue": one.overdue,
        "unknown": one.horizon or None,
    }


def _step(step: Step) -> dict[str, Any]:
    told = {name: getattr(step, name) for name in ("ground", "agreement", "release", "deadline", "act")}
    return {
        "doing": str(step.doing),
        "seat": str(step.seat),
        "person": step.person,
        "at": step.at.isoformat(),
        "words": step.words,
        "over": step.over,
        "played": step.played,
        **{name: value or None for name, value in told.items()},
    }
