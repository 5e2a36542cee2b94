"""Steps folded into a case, in the ledger's order: what the law of its kind allows counts, the rest is told beside it.

Requests and corrections are folded alike; what their laws are is `law.py`'s of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

StepT = TypeVar("StepT")


class Folded(Protocol):
    """A case as far as folding knows it: an immutable record with the steps that do not count, each with the reason."""

    @property
    def ignored(self) -> tuple[tuple[object, str], ...]:
        """The steps that do not count."""
        ...


CaseT = TypeVar("CaseT", bound=Folded)


@dataclass(frozen=True)
class Law(Generic[CaseT, StepT]):
    """What a kind of case is folded by: why a step counts for nothing (None: it counts), the case that a first step
    begins, the case after a step, and whether a step that does not count is nothing to tell anybody of.
    """

    fault: Callable[[CaseT | None, StepT], str | None]
    begun: Callable[[StepT], CaseT]
    after: Callable[[CaseT, StepT], CaseT]
    silent: Callable[[CaseT, StepT], bool]


def folded(steps: Iterable[StepT], law: Law[CaseT, StepT]) -> CaseT | None:
    """The case that steps make; None where none of them begins one."""
    case: CaseT | None = None
    early: list[tuple[StepT, str]] = []
    for step in steps:
        fault = law.fault(case, step)
        if case is None:
            if fault is None:
                case = law.begun(step)
            else:
                early.append((step, fault))
        elif fault is None:
            case = law.after(case, step)
        elif not law.silent(case, step):
            case = replace(case, ignored=(*case.ignored, (step, fault)))  # type: ignore[type-var]
    return case and replace(case, ignored=(*early, *case.ignored))  # type: ignore[type-var]
