"""The group size gate: no row of a statistic is so small that it tells of one person."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.model import Agreement
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


class GroupSizeGate(Gate):
    """Where the agreement sets a smallest group, every row stands for at least as many persons or units.

    They are counted from their ids by the platform, never read from a column of the product. The threshold is the
    greatest that the agreement states, as minimum_group or in a rule of kind k_anonymity. Source: K-anonymity,
    GB/T 42460-2023.
    """

    name = "group_size"
    title_zh = "最小分组"
    title_en = "Smallest group"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Compare the smallest group found with the agreement's minimum; an empty product has no group."""
        minimum, smallest = minimum_of(case.agreement), case.evidence.quality.smallest_group
        if minimum is None or case.evidence.candidate.rows == 0:
            return
        if smallest is None or smallest < minimum:
            groups = case.evidence.quality.groups
            why = f" ({groups.why_unknown})" if smallest is None and groups and groups.why_unknown else ""
            yield self.refuse(
                "smallest_group",
                case.evidence.candidate.table,
                f"the smallest group has {'an unknown number of' if smallest is None else smallest} members{why}; "
                f"the agreement asks for {minimum} at least",
                "merge or suppress small groups in the product model",
                smallest=smallest,
                minimum=minimum,
            )


def minimum_of(agreement: Agreement) -> int | None:
    """The smallest group that an agreement asks for, if it does."""
    stated = [int(str(rule.arguments["k"])) for rule in agreement.rules if rule.kind == "k_anonymity"]
    return max([*stated, *([agreement.minimum_group] if agreement.minimum_group is not None else [])], default=None)
