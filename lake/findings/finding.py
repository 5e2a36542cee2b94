"""One fault that somebody has to see to. Plain records in words; how they are found is `gather.py`'s."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What kind of fault; the order is that of urgency."""

    REFUSED = "refused"
    WITHHELD = "withheld"
    OVERDUE = "overdue"
    CHECK = "check"
    REJECTED = "rejected"
    LATE = "late"
    ANOMALY = "anomaly"
    QUARANTINE = "quarantine"
    CASE = "case"
    WARNING = "warning"


@dataclass(frozen=True)
class Words:
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Reached:
    """A product that a fault reaches, its agreement and who receives it; `current` says that a release of it stands."""

    agreement: str
    product: str
    agency: str
    current: bool


@dataclass(frozen=True)
class Finding:
    """One fault. `subject` is a dataset, table, agreement or case, `detail` what of it (a rule, a path, a column).

    `since` is None where nobody can say. `state` are facts that change what is told, so that the same fault is told
    again only where it became another.
    """

    kind: Kind
    subject: str
    detail: str
    department: str
    owner: str
    what: Words
    todo: Words
    address: str
    since: date | None = None
    effect: tuple[Reached, ...] = ()
    state: str = ""
    concerned: tuple[str, ...] = ()
    """The departments that supply what it is of, where it is no single department's."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same fault as yesterday's."""
        return self.kind, self.subject, self.detail

    @property
    def agencies(self) -> tuple[str, ...]:
        """Whom it hurts: those who receive what it reaches."""
        return tuple(dict.fromkeys(one.agency for one in self.effect))

    @property
    def rank(self) -> tuple[int, int, str, str, str]:
        """Its place in a list: the urgent first, then what hurts most, then the oldest."""
        return (
            list(Kind).index(self.kind),
            -sum(one.current for one in self.effect),
            str(self.since or "9999"),
            self.subject,
            self.detail,
        )


def digest_of(found: list[Finding]) -> str:
    """A digest of what stands, so that an unchanged morning is known from its digest alone."""
    told = sorted((*one.key, one.state) for one in found)
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
