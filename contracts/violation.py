"""Why something may not leave: the records that gates, checks and releases exchange.

These are plain facts, so that `quality`, `lineage` and `sharing` can speak without importing one another. No rule is
evaluated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a failed rule is: an `error` withholds what depends on it, a `warning` is shown and does not."""

    ERROR = "error"
    WARNING = "warning"


class Outcome(StrEnum):
    """What became of one product in one run."""

    RELEASED = "released"
    WITHHELD = "withheld"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Violation:
    """One reason to withhold, complete enough to act on without opening any other file.

    `subject` is what is at fault (`table`, `table.column`, a batch id). `evidence` holds the numbers and ids the gate
    judged by; it never holds a value of a sensitive column.
    """

    gate: str
    rule: str
    subject: str
    message: str
    fix: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return asdict(self) | {"evidence": dict(self.evidence)}


@dataclass(frozen=True)
class CheckResult:
    """One rule's outcome on one table, as the ledger keeps it.

    `rows` and `failing_rows` are counts; both are None where the rule could not be evaluated, and then `passed` is
    False and `error` says why. `table` is `<schema>.<name>` in the lake; `data_version` names the exact content judged.
    `reason` says why it failed, where that is known in words that hold no cell value: gates hand it on.
    """

    table: str
    rule: str
    dimension: str
    severity: Severity
    passed: bool
    rows: int | None
    failing_rows: int | None
    column: str | None = None
    observed: str | None = None
    error: str | None = None
    data_version: str | None = None
    reason: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data; without a reason where there is none."""
        found = asdict(self) | {"severity": str(self.severity)}
        return {name: value for name, value in found.items() if name != "reason" or value}


@dataclass(frozen=True)
class Verdict:
    """What the gates said of one agreement's product: released only when there is no violation."""

    agreement: str
    product: str
    outcome: Outcome
    violations: tuple[Violation, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {
            "agreement": self.agreement,
            "product": self.product,
            "verdict": str(self.outcome),
            "violations": [violation.as_dict() for violation in self.violations],
        }
