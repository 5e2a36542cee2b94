"""The gates there are, and the one function that judges by all of them. No rule lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from contracts.evidence import Evidence
from contracts.model import Agreement
from contracts.violation import Outcome, Verdict, Violation
from lineage.gates.approval import ApprovalGate
from lineage.gates.category import CategoryGate
from lineage.gates.contract import ContractGate
from lineage.gates.declassifier import DeclassifierGate
from lineage.gates.differencing import DifferencingGate
from lineage.gates.executed import ExecutedGate
from lineage.gates.expiry import ExpiryGate
from lineage.gates.freshness import FreshnessGate
from lineage.gates.gate import Case, Gate
from lineage.gates.group_size import GroupSizeGate
from lineage.gates.impact_assessment import ImpactAssessmentGate
from lineage.gates.level import LevelGate
from lineage.gates.purpose import PurposeGate
from lineage.gates.quality import QualityGate
from lineage.gates.reidentification import ReidentificationGate
from lineage.gates.sharing_attribute import SharingAttributeGate

GATES: tuple[Gate, ...] = (
    ContractGate(),
    QualityGate(),
    FreshnessGate(),
    LevelGate(),
    CategoryGate(),
    DeclassifierGate(),
    SharingAttributeGate(),
    PurposeGate(),
    ExpiryGate(),
    ImpactAssessmentGate(),
    GroupSizeGate(),
    ExecutedGate(),
    ReidentificationGate(),
    DifferencingGate(),
    ApprovalGate(),
)


def judge(agreement: Agreement, evidence: Evidence, *, working_days: Callable[[date, date], int]) -> Verdict:
    """Ask every gate, and release only what none of them withholds.

    `working_days(a, b)` is the number of working days from day a to day b. A gate that raises withholds; so does having
    no gate at all. Every violation of every gate is reported, in the order of `GATES`.
    """
    case = Case(agreement, evidence, working_days)
    violations = tuple(violation for gate in GATES for violation in _ask(gate, case))
    if not GATES:
        violations = (_broken("registry", agreement, "no gate is registered"),)
    outcome = Outcome.WITHHELD if violations else Outcome.RELEASED
    return Verdict(agreement.name, agreement.product, outcome, violations)


def _ask(gate: Gate, case: Case) -> Iterator[Violation]:
    try:
        yield from gate.violations(case)
    except Exception as error:
        # The type alone: the text of an unforeseen error may quote data.
        yield _broken(gate.name, case.agreement, f"the gate itself failed ({type(error).__name__})")


def _broken(gate: str, agreement: Agreement, why: str) -> Violation:
    return Violation(
        gate=gate,
        rule="gate_answers",
        subject=f"agreement {agreement.name}",
        message=f"{why}, so nothing says that {agreement.product} may leave",
        fix="read the evidence with `zhongtai explain`, and report the gate if the evidence is sound",
    )
