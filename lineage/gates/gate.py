"""What a gate is, and the case that it judges. No particular gate lives here."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from contracts.evidence import Evidence
from contracts.model import Agreement
from contracts.violation import Violation

PUBLIC = "public"


@dataclass(frozen=True)
class Case:
    """One agreement and the evidence on its product. `working_days(a, b)` counts the working days from a to b."""

    agreement: Agreement
    evidence: Evidence
    working_days: Callable[[date, date], int]

    @property
    def public(self) -> bool:
        """Whether the product is opened to everybody."""
        return self.agreement.agency == PUBLIC

    @property
    def subject(self) -> str:
        """The name of the agreement's file: where most fixes are made."""
        return f"agreement {self.agreement.name}"

    def column(self, name: str) -> str:
        """A product column as people name it."""
        return f"{self.evidence.candidate.table}.{name}"


class Gate(ABC):
    """A rule that may withhold a product. The docstring of each gate is its description."""

    name: ClassVar[str]
    title_zh: ClassVar[str]
    title_en: ClassVar[str]

    @abstractmethod
    def violations(self, case: Case) -> Iterator[Violation]:
        """Every reason this gate has to withhold; none lets the product pass."""

    @property
    def description(self) -> str:
        """What the gate asks for, for people."""
        return inspect.getdoc(type(self)) or ""

    def refuse(self, rule: str, subject: str, message: str, fix: str, **evidence: Any) -> Violation:
        """A violation of this gate, with the numbers it judged by as keywords."""
        return Violation(self.name, rule, subject, message, fix, evidence)
