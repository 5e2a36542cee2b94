"""Corrections and disputes as JSON-ready records: the same facts for the command line and for pages. Nothing is judged.

`open_cases` is what other pages show of them: whose, since when, until when, and where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.clock import day_of
from lake.cases.told import clock
from sharing.cases.deadlines import Rules
from sharing.corrections.deadlines import deadlines
from sharing.corrections.law import Case
from sharing.corrections.steps import Step
from sharing.corrections.vocabulary import State


@dataclass(frozen=True)
class OpenCase:
    """A case that is not closed: `due` is the last day of what is due first, None where nothing is or nobody knows;
    `since` when it was opened, and `overdue_since` the first day after the first that passed.
    """

    case: str
    kind: str
    state: str
    title: str
    department: str
    agency: str
    dataset: str
    since: str
    due: str | None
    overdue: bool
    rows: int | None
    unmended: int
    overdue_since: str | None = None

    @property
    def address(self) -> str:
        """Its page."""
        return f"/cases/{self.case}"

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**vars(self), "address": self.address}


def open_cases(
    cases: Iterable[Case], by: Rules, at: datetime, sees: Callable[[Case], bool] = lambda _: True
) -> list[OpenCase]:
    """The cases that are not closed and that somebody sees: overdue ones first, then what is due first."""
    found = [_open(one, by, at) for one in cases if one.state is not State.CLOSED and sees(one)]
    return sorted(found, key=lambda one: (not one.overdue, one.due or "9999-12-31", one.since, one.case))


def _open(case: Case, by: Rules, at: datetime) -> OpenCase:
    clocks = [one for one in deadlines(case, by, day_of(at)) if one.open]
    due = min((one.due for one in clocks if one.due is not None), default=None)
    late = min((one.due for one in clocks if one.overdue and one.due is not None), default=None)
    about = case.about
    return OpenCase(
        case=case.id,
        kind=str(case.kind),
        state=str(case.state),
        title=about.title,
        department=about.department,
        agency=about.agency,
        dataset=about.dataset,
        since=day_of(case.opened.at).isoformat(),
        due=due.isoformat() if due else None,
        overdue=any(one.overdue for one in clocks),
        rows=about.rows,
        unmended=case.unmended,
        overdue_since=(late + timedelta(days=1)).isoformat() if late else None,
    )


def brief(case: Case, by: Rules, at: datetime) -> dict[str, Any]:
    """One line of a list: what is wrong, whose it is, where it stands, and its clocks."""
    clocks = deadlines(case, by, day_of(at))
    about = case.about
    return {
        "case": case.id,
        "kind": str(case.kind),
        "state": str(case.state),
        "outcome": str(case.outcome) if case.outcome else None,
        "title": about.title,
        "department": about.department,
        "agency": about.agency,
        "dataset": about.dataset,
        "batch": about.batch,
        "rule": about.rule,
        "rows": about.rows,
        "mended": case.mended,
        "opened_at": case.opened.at.isoformat(),
        "opened_by": case.opened.person or "platform",
        "overdue": case.state is not State.CLOSED and any(one.overdue for one in clocks),
        "escalated": bool(case.escalated),
        "deadlines": [clock(one) for one in clocks],
    }


def whole(case: Case, by: Rules, at: datetime) -> dict[str, Any]:
    """All of a case."""
    return {
        **brief(case, by, at),
        "about": case.about.as_dict(),
        "over": case.about.digest,
        "after": case.moved,
        "unmended": case.unmended,
        "steps": [_step(one) for one in case.steps],
        "ignored": [{**_step(one), "why": why} for one, why in case.ignored],
    }


def _step(step: Step) -> dict[str, Any]:
    told = {name: getattr(step, name) or None for name in ("ground", "deadline", "department")}
    return {
        "doing": str(step.doing),
        "seat": str(step.seat),
        "person": step.person,
        "at": step.at.isoformat(),
        "words": step.words,
        "outcome": str(step.outcome) if step.outcome else None,
        "mended": step.mended,
        "by": list(step.by),
        "entry": step.seq,
        "attachments": [one.as_dict() for one in step.attachments],
        **told,
    }
