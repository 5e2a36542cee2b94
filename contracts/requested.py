"""The request that an agreement answers, as gates and certificate see it. A plain record: nothing is judged here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Granted:
    """One approval of a request: who, as what, when, and the SHA-256 of the signed act."""

    person: str
    role: str
    at: datetime
    digest: str


@dataclass(frozen=True)
class Requested:
    """A request by its number: the digest of what is asked, the approvals that stand, and why nothing may leave for it
    (None: it is approved, and the agreement keeps within it). `departments` are those whose data it is for.
    """

    id: str
    digest: str
    acts: tuple[Granted, ...] = ()
    fault: str | None = None
    departments: tuple[str, ...] = ()
