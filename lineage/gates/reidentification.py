"""The re-identification gate: nobody is found again among too few, unless single persons are what is agreed."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.anonymity import GroupEvidence
from contracts.plural import count
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate

_MERGE = "generalise or suppress in the product model: coarser areas, bands and periods, or groups left out"


class ReidentificationGate(Gate):
    """Where persons are behind the rows, each row, number and class of alike rows stands for enough of them.

    In force for every product but those whose rows are single persons' by agreement, above L1 and told apart by an
    identifier or pseudonym. The minimum is the policy's. Alike are rows that are equal in their quasi-identifiers:
    those that the agreement declares, else all columns but sensitive ones. Where the agreement asks for l-diversity,
    each class has so many different sensitive values. Sources: K-anonymity, GB/T 42460-2023; l-diversity,
    Machanavajjhala et al. 2007.
    """

    name = "reidentification"
    title_zh = "重标识"
    title_en = "Re-identification"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge what was counted; what could not be counted withholds."""
        groups = case.evidence.quality.groups
        if case.evidence.candidate.rows == 0:
            return
        if groups is None or groups.behind is None:
            yield self._unknown(case, groups.why_unknown if groups else "nothing was counted")
            return
        if groups.protected and groups.behind and groups.minimum is not None:
            yield from self._small(case, groups, groups.minimum)
        yield from self._diversity(case, groups)

    def _unknown(self, case: Case, why: str) -> Violation:
        return self.refuse(
            "persons_counted",
            case.evidence.candidate.table,
            f"how many persons stand behind its rows cannot be told: {why or 'no reason is known'}",
            "write the product model in the shapes that docs/anonymity.md lists, over tables that are built from "
            "staging and theme tables in these shapes",
        )

    def _small(self, case: Case, groups: GroupEvidence, minimum: int) -> Iterator[Violation]:
        found = (
            ("minimum_row", groups.small_rows, "row stands", "rows stand"),
            (
                "minimum_cell",
                groups.small_cells,
                "number within a row counts somebody and stands",
                "numbers within rows count somebody and stand",
            ),
            (
                "minimum_class",
                groups.small_classes,
                "class of rows that look alike stands",
                "classes of rows that look alike stand",
            ),
        )
        for rule, small, one, more in found:
            if small:
                yield self.refuse(
                    rule,
                    case.evidence.candidate.table,
                    f"{count(small, one, more)} for fewer than {minimum} persons",
                    _MERGE,
                    small=small,
                    minimum=minimum,
                    smallest=groups.smallest_class if rule == "minimum_class" else groups.smallest,
                    quasi_identifiers=list(groups.quasi_identifiers),
                )

    def _diversity(self, case: Case, groups: GroupEvidence) -> Iterator[Violation]:
        asked = case.agreement.l_diversity
        if asked is None or not groups.behind:
            return
        poor = {item.column: item.poor_classes for item in groups.diversity}
        for name in asked.columns:
            if poor.get(name) != 0:
                yield self.refuse(
                    "l_diversity",
                    case.column(name),
                    f"{_poor(poor.get(name))} fewer than {asked.at_least} different values of it, so belonging to one "
                    "tells the value",
                    _MERGE,
                    poor_classes=poor.get(name),
                    wanted=asked.at_least,
                )


def _poor(classes: int | None) -> str:
    if classes is None:
        return "an unknown number of classes of rows that look alike have"
    return count(classes, "class of rows that look alike has", "classes of rows that look alike have")
