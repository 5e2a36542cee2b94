"""The expiry gate: the agreement is in force today."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


class ExpiryGate(Gate):
    """The agreement is in force: today is not before its first day and not after its last."""

    name = "expiry"
    title_zh = "有效期"
    title_en = "Expiry"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Compare the business date with both ends, each included."""
        agreement, today = case.agreement, case.evidence.today
        if not agreement.valid_from <= today <= agreement.valid_until:
            yield self.refuse(
                "in_force",
                case.subject,
                f"today is {today}; the agreement is in force from {agreement.valid_from} to {agreement.valid_until}",
                "renew the agreement with the recipient, or delete it",
                today=today.isoformat(),
                valid_from=agreement.valid_from.isoformat(),
                valid_until=agreement.valid_until.isoformat(),
            )
