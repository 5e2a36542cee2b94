"""The sharing attribute gate: 无条件共享, 有条件共享, 不予共享 of everything the product comes from."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evidence import ColumnEvidence, SourceColumn, SourceEvidence
from contracts.model import SharingAttribute
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate

_STRICTNESS = tuple(SharingAttribute)


class SharingAttributeGate(Gate):
    """Nothing that may not be shared flows in, and what is shared on condition meets the condition.

    A dataset or column of 不予共享 (not_shared) withholds whatever takes values from it, always, and whatever it
    otherwise influences unless a declassifier stands between. 有条件共享 (conditional) needs a conditional agreement
    with scope, purpose and approvals. What is opened to the public needs 无条件共享 (unconditional) throughout.
    Source: 政务数据共享条例 (State Council Order 809).
    """

    name = "sharing_attribute"
    title_zh = "共享属性"
    title_en = "Sharing attribute"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Judge the agreement's own attribute, then every influence on every column, then every dataset."""
        yield from self._agreement(case)
        for column in case.evidence.lineage.columns:
            for source in column.sources:
                yield from self._influence(case, column, source)
        for dataset in case.evidence.sources:
            yield from self._dataset(case, dataset)

    def _agreement(self, case: Case) -> Iterator[Violation]:
        agreement = case.agreement
        if agreement.sharing_attribute is SharingAttribute.NOT_SHARED or (
            case.public and agreement.sharing_attribute is not SharingAttribute.UNCONDITIONAL
        ):
            yield self.refuse(
                "agreement_attribute",
                case.subject,
                f"an agreement with {agreement.agency} cannot be {agreement.sharing_attribute}",
                "state unconditional, or conditional where the recipient is an agency",
            )
        if agreement.sharing_attribute is not SharingAttribute.CONDITIONAL:
            return
        stated = {"scope": agreement.scope, "purpose": agreement.purpose, "approvals": "".join(agreement.approvals)}
        for name in (name for name, text in stated.items() if not text.strip()):
            yield self.refuse(
                "condition_stated",
                case.subject,
                f"the agreement is conditional and states no {name}",
                f"state {name} in the agreement",
            )

    def _influence(self, case: Case, column: ColumnEvidence, source: SourceColumn) -> Iterator[Violation]:
        subject = f"{case.column(column.name)} <- {source}"
        if source.sharing_attribute is SharingAttribute.NOT_SHARED:
            if not self._shielded(case, column, source):
                yield self._not_shared(subject, str(source), source.direct)
        else:
            yield from self._attribute(case, subject, source.sharing_attribute)

    def _dataset(self, case: Case, dataset: SourceEvidence) -> Iterator[Violation]:
        influences = [
            (column, source)
            for column in case.evidence.lineage.columns
            for source in column.sources
            if source.dataset == dataset.dataset
        ]
        if dataset.sharing_attribute is None or not influences:
            # Where a column speaks, its attribute was judged; where none does, the dataset's is all there is.
            yield from self._attribute(case, dataset.dataset, dataset.sharing_attribute)
        if dataset.sharing_attribute is not SharingAttribute.NOT_SHARED:
            return
        # A column that is itself not shared was reported above; here are the others, and bare rows.
        others = [pair for pair in influences if pair[1].sharing_attribute is not SharingAttribute.NOT_SHARED]
        if not influences or not all(self._shielded(case, column, source) for column, source in others):
            direct = any(source.direct for _, source in others)
            yield self._not_shared(dataset.dataset, dataset.dataset, direct)

    def _shielded(self, case: Case, column: ColumnEvidence, source: SourceColumn) -> bool:
        return not source.direct and source.declassified and case.evidence.lineage.declassified(column.name)

    def _attribute(self, case: Case, subject: str, attribute: SharingAttribute | None) -> Iterator[Violation]:
        agreed = case.agreement.sharing_attribute
        if attribute is None:
            yield self.refuse(
                "attribute_known",
                subject,
                "its sharing attribute is not known",
                "state sharing_attribute in the dataset's contract",
            )
        elif attribute is not SharingAttribute.NOT_SHARED and (
            _STRICTNESS.index(attribute) > _STRICTNESS.index(SharingAttribute.UNCONDITIONAL if case.public else agreed)
        ):
            yield self.refuse(
                "attribute_allows",
                subject,
                f"shared on condition (有条件共享), and the agreement with {case.agreement.agency} sets none",
                "leave it out, or agree on conditional sharing with an agency, with scope, purpose and approvals",
                attribute=str(attribute),
                agreed=str(agreed),
            )

    def _not_shared(self, subject: str, source: str, direct: bool) -> Violation:
        how = "takes values from" if direct else "is influenced by"
        fix = f"take {source} out of the product model" + ("" if direct else ", or pass it through a declassifier")
        return self.refuse(
            "not_shared",
            subject,
            f"the product {how} {source}, which may not be shared (不予共享)",
            fix,
            direct=direct,
        )
