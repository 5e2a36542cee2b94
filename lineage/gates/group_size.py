"""The group size gate: no cell of a statistic is so small that it tells of one person."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


class GroupSizeGate(Gate):
    """Where the agreement sets a smallest group, every group in the files has at least as many members.

    Source: K-anonymity, GB/T 42460-2023. The threshold is the agreement's own.
    """

    name = "group_size"
    title_zh = "最小分组"
    title_en = "Smallest group"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Compare the smallest group found with the agreement's minimum; an empty product has no group."""
        minimum, smallest = case.agreement.minimum_group, case.evidence.quality.smallest_group
        if minimum is None or case.evidence.candidate.rows == 0:
            return
        if smallest is None or smallest < minimum:
            yield self.refuse(
                "smallest_group",
                case.evidence.candidate.table,
                f"the smallest group has {'an unknown number of' if smallest is None else smallest} members; "
                f"the agreement asks for {minimum} at least",
                "merge or suppress small groups in the product model",
                smallest=smallest,
                minimum=minimum,
            )
