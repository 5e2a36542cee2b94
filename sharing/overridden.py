"""What a certificate says of lawful overrides: the failing checks in spite of which it was released, by whose word.

Which override lets a check pass says `contracts/overrides.py`; the rest of a certificate is `certificate.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from pydantic import Field

from contracts.evidence import Evidence
from contracts.overrides import Override, lifted_by
from contracts.violation import Severity
from sharing.statement import Record


class Acted(Record):
    """One person's signed act that the release stands on: as what, when, and the SHA-256 of the act."""

    person: str
    role: str
    at: datetime
    digest: str


class SetAside(Record):
    """One failing check that the release stands on no more, as it was seen: rows are counts."""

    table: str
    rule: str
    failing_rows: int
    rows: int


class Overridden(Record):
    """A lawful override: the failing checks in spite of which it was released, who asked, who confirmed, why, how long.

    `words` say it to whoever reads the certificate."""

    checks: tuple[SetAside, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)
    until: date
    asked: Acted
    confirmed: Acted
    words: str


def used(evidence: Evidence) -> list[Override]:
    """The overrides that let a failing check pass, each once."""
    agreement = evidence.acts.dossier.get("agreement", "-") if evidence.acts else "-"
    failing = [check for check in evidence.quality.checks if not check.passed and check.severity is Severity.ERROR]
    found = (lifted_by(evidence.quality.overrides, check, agreement, evidence.today) for check in failing)
    return list({one.asked.digest: one for one in found if one is not None}.values())


def is_played(one: Override) -> bool:
    """Whether somebody in it was played by the platform."""
    return one.asked.played or bool(one.confirmed and one.confirmed.played)


def overridden(evidence: Evidence) -> Iterator[Overridden]:
    """Those overrides as a certificate says them; LookupError for one that nobody confirmed."""
    for one in used(evidence):
        if one.confirmed is None:
            raise LookupError("overrides")
        checks = (SetAside(**{name: getattr(check, name) for name in SetAside.model_fields}) for check in one.checks)
        asked, confirmed = (
            Acted(person=act.person, role=act.role, at=act.at, digest=act.digest) for act in (one.asked, one.confirmed)
        )
        yield Overridden(
            checks=tuple(checks),
            reason=one.reason,
            until=one.until,
            asked=asked,
            confirmed=confirmed,
            words=one.words,
        )
