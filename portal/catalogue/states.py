"""The states of a resource, 编目 compiled → 发布 published → 更新 updated → 撤回 withdrawn, with the day of each.

They follow from what the ledger tells in order, and are stored nowhere. Reading the ledger is `past.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """What a resource is now."""

    COMPILED = "compiled"
    PUBLISHED = "published"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Days:
    """The day of each state that a resource was in; None of those that it never was in.

    `compiled` is the first day of which the ledger tells that it was declared.
    """

    compiled: date | None = None
    published: date | None = None
    updated: date | None = None
    withdrawn: date | None = None

    @property
    def state(self) -> State:
        """The state that it is in."""
        if self.withdrawn:
            return State.WITHDRAWN
        if self.updated:
            return State.UPDATED
        return State.PUBLISHED if self.published else State.COMPILED

    @property
    def newest(self) -> date | None:
        """The day of what is newest of it; None where there is nothing."""
        return None if self.withdrawn else self.updated or self.published


def together(every: list[Days]) -> Days:
    """The days of one thing that several tell of: it is withdrawn once nothing of it is left."""
    compiled = min((one.compiled for one in every if one.compiled), default=None)
    published = min((one.published for one in every if one.published), default=None)
    newest = [one.newest for one in every if one.newest]
    came = [day for one in every for day in (one.published, one.updated) if day]
    changed = max(newest or came, default=None)
    gone = max((one.withdrawn for one in every if one.withdrawn), default=None)
    updated = changed if any(one.updated for one in every) or changed != published else None
    return Days(compiled, published, updated, None if newest else gone)
