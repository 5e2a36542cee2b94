"""The impact assessment gate: personal information leaves only after its effects were assessed."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evidence import ColumnEvidence
from contracts.model import Level
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


class ImpactAssessmentGate(Gate):
    """A product that carries personal information above L1 names its impact assessment.

    Source: 个人信息保护法 art. 55 and 56. A column counts as personal unless it bears no mark of
    personal information and every source of it is known to bear none.
    """

    name = "impact_assessment"
    title_zh = "个人信息保护影响评估"
    title_en = "Impact assessment"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Name the columns that need the assessment, if it is missing."""
        if (case.agreement.impact_assessment or "").strip():
            return
        columns = [column.name for column in case.evidence.lineage.columns if _personal(column)]
        if columns:
            yield self.refuse(
                "assessment_named",
                case.subject,
                f"personal information above L1 in {', '.join(columns)}, and no impact assessment is named",
                "make the assessment and state its number as impact_assessment in the agreement",
                columns=columns,
            )


def _personal(column: ColumnEvidence) -> bool:
    above = column.levels.effective is None or column.levels.effective > Level.L1
    unmarked = column.marks is not None and "personal" not in column.marks
    return above and not (unmarked and column.sources and all(not source.personal for source in column.sources))
