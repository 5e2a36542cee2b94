"""The declassifier gate: what lowered a level was given what it is for, not too often, and with somebody's approval."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evidence import Declassification
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate

RULES = (
    "declassifier_arguments", "pseudonym_agreement", "shared_key", "output_budget", "column_constraint",
    "privacy_budget",
)  # fmt: skip
"""The rules by which lineage objects to a column."""


class DeclassifierGate(Gate):
    """A declassifier is believed for what it was given: plain columns of the data elements that it declares.

    Withholds a product where a function that lowers levels was given anything else; where a pseudonym is keyed by
    another agreement or by none, so that recipients could join what they got; where more columns are made of one
    source column than its budget allows, for partial views add up; where a column arrives in a form that its contract
    does not let leave; where noise has cost its recipient more than the privacy budget; and where nobody approved that
    the function lowers a column, or only its author did. Sources: GB/T 37964-2019, 8 and 9; 个人信息保护法, article 51.
    """

    name = "declassifier"
    title_zh = "降级函数"
    title_en = "Declassifiers"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Report every objection of lineage, then judge who approved each use."""
        objections = case.evidence.lineage.objections
        if objections is None:
            yield self.refuse(
                "arguments_known",
                case.evidence.candidate.table,
                "nobody looked at what the declassifiers were given",
                "run again: `zhongtai run` builds lineage and asks it",
            )
        for one in objections or ():
            rule = one.rule if one.rule in RULES else "rule_known"
            yield self.refuse(rule, case.column(one.column), one.message, one.fix, **one.facts)
        for item in case.evidence.lineage.declassifications:
            yield from self._approval(case, item)

    def _approval(self, case: Case, item: Declassification) -> Iterator[Violation]:
        subject = f"{case.column(item.column)} by {item.declassifier}"
        entry = (
            f"declassifiers: {{name: {item.declassifier}, columns: [{item.column}], approved_by: …, approved_on: …}}"
        )
        named_here = case.agreement.declassifiers is not None
        if (named_here or item.must_be_named) and not item.named:
            yield self.refuse(
                "declassifier_approved",
                subject,
                f"{case.subject} has no entry that approves this use"
                + ("" if named_here else ", which the policy asks for"),
                f"have somebody other than the author approve it: {entry}",
            )
        elif not any(name.strip() for name in item.approved_by):
            yield self.refuse(
                "declassifier_approved",
                subject,
                "nobody approved that it lowers the column's level",
                f"name who approved it: {entry}, or approvals: [...] for the agreement as a whole",
            )
        if {_person(name) for name in item.approved_by} == {_person(case.agreement.author or "")}:
            yield self.refuse(
                "approver_is_another",
                subject,
                f"{case.agreement.author or 'nobody that is named'} wrote the product and alone approved what lowers "
                "its levels",
                "have another person approve it",
            )
        if item.approved_on is not None and item.approved_on > case.evidence.today:
            yield self.refuse(
                "approved_by_now",
                subject,
                f"the approval is of {item.approved_on}, which is not yet",
                "wait for that day, or correct it",
                approved_on=item.approved_on.isoformat(),
                today=case.evidence.today.isoformat(),
            )


def _person(name: str) -> str:
    """A name as it is compared: an address in capitals is nobody else's."""
    return name.strip().casefold()
