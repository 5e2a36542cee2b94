"""The level gate: no column is more sensitive than the agreement allows, judged by where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evidence import ColumnEvidence, Declassification
from contracts.model import Level
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


class LevelGate(Gate):
    """Every column's level is known, and at most the agreement's ceiling (L1 for what is opened to the public).

    A level is never lower than the highest that flowed in, by value or through a filter, join, grouping or window,
    unless a registered declassifier lowered it and its post-condition held on this output; nor lower than what a
    declared rule raised it to. What the author declares of a column is not below that. Levels: DB33/T 2350-2021;
    the strictest wins (就高从严): GB/T 43697-2024.
    """

    name = "level"
    title_zh = "分级"
    title_en = "Sensitivity level"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge every column found in the files, whether the agreement names it or not."""
        lineage = case.evidence.lineage
        for name in case.evidence.candidate.columns:
            known = lineage.of(name)
            if not known:
                yield self._not_known(case, name, "lineage does not know the column")
            for column in known:
                yield from self._column(case, column)
        for item in lineage.declassifications:
            if item.held is not True:
                yield self._not_held(case, item)

    def _column(self, case: Case, column: ColumnEvidence) -> Iterator[Violation]:
        effective, inflow = column.levels.effective, column.levels.inflow
        if column.unknown:
            yield self._not_known(
                case, column.name, f"lineage does not know what flows in ({'; '.join(column.unknown)})"
            )
        if not column.sources and not column.constant:
            yield self._not_known(case, column.name, "no source is known, and it is not proved constant")
        if effective is None:
            yield self._not_known(case, column.name, "its level is not known")
            return
        if inflow is not None and effective < inflow and not case.evidence.lineage.declassified(column.name):
            yield self.refuse(
                "level_not_lowered",
                case.column(column.name),
                f"level {inflow} flows in and {effective} is claimed, with no declassifier whose post-condition held",
                "apply a registered declassifier in the product model",
                inflow=str(inflow),
                effective=str(effective),
            )
        if column.declared is not None and column.declared < effective:
            yield self.refuse(
                "declared_level",
                case.column(column.name),
                f"level {column.declared} is declared, and {effective} is what flows in"
                + (f", because {column.because}" if column.because else ""),
                f"declare {effective}, or lower the column with a registered declassifier in the product model",
                declared=str(column.declared),
                inferred=str(effective),
            )
        yield from self._ceiling(case, column, effective)

    def _ceiling(self, case: Case, column: ColumnEvidence, effective: Level) -> Iterator[Violation]:
        ceiling = min(case.agreement.level_ceiling, Level.L1) if case.public else case.agreement.level_ceiling
        if effective > ceiling:
            yield self.refuse(
                "level_ceiling",
                case.column(column.name),
                f"level {effective} is above {ceiling}, the most that may go to {case.agreement.agency}"
                + (f", because {column.because}" if column.because else ""),
                "leave the column out, or lower it with a registered declassifier in the product model",
                level=str(effective),
                ceiling=str(ceiling),
                direct=column.levels.direct and str(column.levels.direct),
                indirect=column.levels.indirect and str(column.levels.indirect),
            )

    def _not_known(self, case: Case, column: str, why: str) -> Violation:
        subject = case.column(column)
        return self.refuse(
            "level_known",
            subject,
            f"{why}, so its level cannot be told",
            f"see `zhongtai lineage {subject} --up`, and write the model so that every column resolves",
        )

    def _not_held(self, case: Case, item: Declassification) -> Violation:
        fix = f"correct the call of {item.declassifier} in the product model, then run again"
        if item.held is False:
            message = f"the post-condition of {item.declassifier} did not hold on this output"
        else:
            message = f"the post-condition of {item.declassifier} was not checked on this output: {item.observed}"
            fix = "mend what it names, then run again"
            if _needs_persons(case, item):
                fix = "mend persons_counted of the gate reidentification: once persons can be counted, this is checked"
        return self.refuse(
            "post_condition",
            case.column(item.column),
            message,
            fix,
            declassifier=item.declassifier,
            observed=item.observed,
        )


def _needs_persons(case: Case, item: Declassification) -> bool:
    """Whether it was not checked for the very reason for which the persons behind the product are not known."""
    groups = case.evidence.quality.groups
    if groups is None or groups.behind is not None:
        return False
    return bool(groups.why_unknown) and groups.why_unknown in item.observed
