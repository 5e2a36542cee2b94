"""The purpose gate: the use is one that was allowed, and every column is needed for it."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


class PurposeGate(Gate):
    """The purpose is stated and allowed, and every column in the files is promised and says what it is needed for.

    No wider scope and no other purpose than agreed: 政务数据共享条例. Minimum necessity: 个人信息保护法, art. 6.
    """

    name = "purpose"
    title_zh = "用途"
    title_en = "Purpose"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge the stated purpose, then every column in the files."""
        agreement = case.agreement
        if not agreement.purpose_code.strip() or not agreement.purpose.strip():
            yield self.refuse(
                "purpose_stated",
                case.subject,
                "the agreement states no purpose",
                "state purpose.code and purpose.text in the agreement",
            )
        if agreement.allowed_purposes and agreement.purpose_code not in agreement.allowed_purposes:
            yield self.refuse(
                "purpose_allowed",
                case.subject,
                f"purpose {agreement.purpose_code} is not among the allowed {', '.join(agreement.allowed_purposes)}",
                "use an allowed purpose, or have this one allowed",
                purpose=agreement.purpose_code,
                allowed=list(agreement.allowed_purposes),
            )
        yield from self._columns(case)

    def _columns(self, case: Case) -> Iterator[Violation]:
        promised = {column.name: column for column in case.agreement.columns}
        for name in case.evidence.candidate.columns:
            if name not in promised:
                yield self.refuse(
                    "column_agreed",
                    case.column(name),
                    f"the files hold {name}, which the agreement does not name",
                    "take the column out of the product model, or name it and its purpose in the agreement",
                )
            elif not promised[name].purpose.strip():
                yield self.refuse(
                    "column_purpose",
                    case.column(name),
                    f"the agreement does not say what {name} is needed for",
                    "state the column's purpose in the agreement, or leave the column out",
                )
