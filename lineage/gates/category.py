"""The category gate: 核心数据 leave on no terms, 重要数据 only where the agreement says so."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.category import Category
from contracts.evidence import ColumnEvidence
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


class CategoryGate(Gate):
    """Every column's category is known, and at most the agreement's ceiling (general for what is opened to the public).

    The strictest that flowed in counts, or what a declared rule raised the product to. 核心 (core) data leave under no
    agreement. Sources: 数据安全法 art. 21, GB/T 43697-2024.
    """

    name = "category"
    title_zh = "分类"
    title_en = "Category"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge every column that lineage knows; what it does not know is the level gate's to refuse."""
        for name in case.evidence.candidate.columns:
            for column in case.evidence.lineage.of(name):
                yield from self._column(case, column)

    def _column(self, case: Case, column: ColumnEvidence) -> Iterator[Violation]:
        subject = case.column(column.name)
        if column.category is None:
            yield self.refuse(
                "category_known",
                subject,
                "its category is not known",
                f"see `zhongtai lineage {subject} --up`, and declare the category of what it names",
            )
            return
        ceiling = Category.GENERAL if case.public else case.agreement.category_ceiling
        if column.category is Category.CORE or column.category.rank > ceiling.rank:
            yield self.refuse(
                "category_ceiling",
                subject,
                f"category {_told(column.category)} is above {_told(ceiling)}, the most that may go to "
                f"{case.agreement.agency}{_why(case, column)}",
                "leave the column out" if column.category is Category.CORE else _FIX,
                category=str(column.category),
                ceiling=str(ceiling),
            )


_FIX = "leave the column out, or have who answers for 重要数据 agree to category_ceiling: important"


def _told(category: Category) -> str:
    return f"{category.title_zh} ({category})"


def _why(case: Case, column: ColumnEvidence) -> str:
    found = (rise for rise in case.evidence.lineage.rises if rise.category is column.category)
    rise = next((one for one in found if column.name in one.columns), None)
    return f", because {rise.rule}: {rise.why}" if rise else ""
