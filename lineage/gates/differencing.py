"""The differencing gate: one release less another tells of no small group."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.anonymity import Difference
from contracts.plural import count
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate

_FIXES = {
    "sibling": "give both products the same population, or group this one so that its groups differ by nobody or by "
    "enough; the other's release stays as it is",
    "release": "release again once the change is larger, or round every number to a base of at least the minimum in "
    "the product model and state it as rounded_to in the agreement; the release before stays as it is",
}


class DifferencingGate(Gate):
    """What a recipient can subtract has no small result.

    Groups of a statistic are compared with the same groups of every other product that the recipient (or everybody)
    has, and with every earlier release: they differ by nobody, or by as many persons as a group must have. Groups and
    numbers of the release before are found again, for a table under other labels is the same table. The release that
    is there stays; the later product is withheld.
    """

    name = "differencing"
    title_zh = "差分"
    title_en = "Differencing"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Every comparison with a small or an unknown result."""
        groups = case.evidence.quality.groups
        if groups is None or not groups.protected or case.evidence.candidate.rows == 0:
            return
        for item in groups.differences:
            if item.small is None or item.small > 0:
                yield self._refused(case, item, groups.minimum)

    def _refused(self, case: Case, item: Difference, minimum: int | None) -> Violation:
        if item.unmatched:
            return self._unmatched(case, item)
        other = f"the {'product' if item.kind == 'sibling' else 'earlier release'} {item.other}"
        if item.small is None:
            message = f"how its groups differ from those of {other} cannot be told: {item.why}"
        else:
            differ = f"{count(item.cells, 'group')} {'differs' if item.small == 1 else 'differ'}"
            message = (
                f"{item.small} of {differ} from those of {other} by fewer than {minimum} persons, and not by none: "
                "subtracting one from the other tells of them"
            )
        return self.refuse(
            f"{item.kind}_difference",
            case.evidence.candidate.table,
            message,
            _FIXES[item.kind],
            other=item.other,
            cells=item.cells,
            small=item.small,
            minimum=minimum,
        )

    def _unmatched(self, case: Case, item: Difference) -> Violation:
        return self.refuse(
            "release_unmatched",
            case.evidence.candidate.table,
            f"it cannot be told from the earlier release {item.other} less this one whom it leaves out: {item.why}",
            "keep the keys and numbers as they were in the releases before, or end the agreement, which withdraws "
            "them, and begin a new product",
            other=item.other,
            matched=item.cells,
        )
