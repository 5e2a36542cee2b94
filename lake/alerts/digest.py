"""What a person is told today: the faults they answer for, against those that they were told of before.

What was told before is what the ledger's entries of kind `digest` imply, and stored nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lake.findings.finding import Finding, Kind
from sharing.ledger import Ledger

KIND = "digest"

Key = tuple[str, str, str]
Standing = Mapping[Key, str]
"""Each fault that somebody was told of, with the state that it was told in."""


@dataclass(frozen=True)
class Digest:
    """One person's news of one day. `standing` is how many faults there are in all."""

    person: str
    day: date
    new: tuple[Finding, ...]
    changed: tuple[Finding, ...]
    mended: tuple[Key, ...]
    standing: int

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.new or self.changed or self.mended)

    def entry(self, way: str, run_id: str | None = None) -> dict[str, Any]:
        """What the ledger keeps of it: keys and states, so that tomorrow's is known; no words."""
        body: dict[str, Any] = {
            "person": self.person,
            "by": way,
            "day": self.day.isoformat(),
            "told": [[*one.key, one.state] for one in (*self.new, *self.changed)],
            "mended": [list(key) for key in self.mended],
            "standing": self.standing,
        }
        return body | ({"run_id": run_id} if run_id else {})


def told_before(ledger: Ledger, person: str, way: str) -> tuple[Standing, date | None]:
    """What a person was told of by a way and is not mended as far as they know; and the day of the last digest."""
    standing: dict[Key, str] = {}
    last: date | None = None
    for entry in ledger.about(KIND, f"{person}/{way}"):
        for kind, subject, detail, state in entry.body["told"]:
            standing[kind, subject, detail] = state
        for key in entry.body["mended"]:
            standing.pop(tuple(key), None)
        last = date.fromisoformat(entry.body["day"])
    return standing, last


def digest(person: str, day: date, found: Iterable[Finding], before: Standing) -> Digest:
    """What is news to a person. Warnings are told of when they are new; that they became more is no news."""
    every = sorted(found, key=lambda one: one.rank)
    new = tuple(one for one in every if one.key not in before)
    changed = tuple(one for one in every if one.key in before and _other(one, before[one.key]))
    there = {one.key for one in every}
    return Digest(person, day, new, changed, tuple(sorted(key for key in before if key not in there)), len(every))


def _other(one: Finding, state: str) -> bool:
    return one.kind is not Kind.WARNING and one.state != state


def named(mended: Sequence[Key]) -> list[str]:
    """Mended faults in words: what they were of."""
    return [" · ".join(part for part in (subject, detail) if part) for _, subject, detail in mended]
