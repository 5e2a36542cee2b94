"""What is wrong with something that was sealed: a release, its certificate, the ledger. No judging lives here."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold: the rule, what it was found on, what was found, and the next step."""

    rule: str
    subject: str
    message: str
    fix: str

    def as_dict(self) -> dict[str, str]:
        """The record as JSON-ready data."""
        return asdict(self)


class SharingRefused(Exception):
    """Something was refused: by which rule, on what, why, and the next step; `fault` is the same as a record."""

    def __init__(self, rule: str, subject: str, message: str, fix: str) -> None:
        self.rule = rule
        self.subject = subject
        self.message = message
        self.fix = fix
        super().__init__(f"{subject}: {message}. Next: {fix}")

    @property
    def fault(self) -> Fault:
        """The refusal as a fault."""
        return Fault(self.rule, self.subject, self.message, self.fix)


class PastLacking(SharingRefused):
    """The ledger lacks what something else witnesses: nothing is written to it. `lacking` are all that it lacks."""

    def __init__(self, rule: str, subject: str, message: str, fix: str, lacking: tuple[Fault, ...] = ()) -> None:
        super().__init__(rule, subject, message, fix)
        self.lacking = lacking or (self.fault,)
