"""Who may approve that a level is lowered, and what the refusals of the declassifier gate say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from contracts.evidence import Evidence
from contracts.model import Agreement, LoweringApproval
from contracts.violation import Violation
from lineage.gates.registry import judge
from tests.unit.gates import cases as c

OTHER = "dpo@city.example"
ENTRY = LoweringApproval("declassify_year", ("person_id",), OTHER, date(2026, 5, 1))


def refusals(terms: Agreement, facts: Evidence) -> list[Violation]:
    return [one for one in judge(terms, facts, working_days=c.weekdays).violations if one.gate == "declassifier"]


@pytest.mark.parametrize(
    "terms, facts",
    [
        (c.agreement(), c.approved()),
        (c.agreement(author=OTHER), c.approved()),
        (c.agreement(author=c.OFFICE), c.approved(approved_by=(c.OFFICE, OTHER))),
        (c.agreement(declassifiers=(ENTRY,)), c.approved(approved_by=(OTHER,), named=True)),
        (c.agreement(declassifiers=(ENTRY,)), c.approved(approved_by=(OTHER,), named=True, must_be_named=True)),
        (c.agreement(), c.approved(approved_on=c.TODAY)),
        (c.agreement(declassifiers=()), c.evidence()),
    ],
    ids=["agreement's", "other author", "author and another", "named", "must be named", "today", "none used"],
)
def test_an_approved_use_leaves(terms: Agreement, facts: Evidence) -> None:
    assert refusals(terms, facts) == []


def test_an_entry_that_is_asked_for_says_how_it_is_written() -> None:
    (found,) = refusals(c.agreement(), c.approved(must_be_named=True))
    assert found.subject == "product.elderly_subsidy_candidates.person_id by declassify_year"
    assert "which the policy asks for" in found.message
    assert "{name: declassify_year, columns: [person_id], approved_by: …, approved_on: …}" in found.fix


def test_an_agreement_that_names_uses_names_every_one() -> None:
    (found,) = refusals(c.agreement(declassifiers=(replace(ENTRY, columns=("age",)),)), c.approved())
    assert found.rule == "declassifier_approved"
    assert "policy" not in found.message


def test_an_approval_of_tomorrow_says_both_days() -> None:
    (found,) = refusals(c.agreement(), c.approved(approved_on=date(2026, 6, 2)))
    assert found.evidence == {"approved_on": "2026-06-02", "today": "2026-06-01"}


def test_an_objection_is_handed_on_with_its_numbers() -> None:
    (found,) = refusals(c.agreement(), c.objected("output_budget"))
    assert (found.subject, found.message, found.fix) == (
        "product.elderly_subsidy_candidates.person_id", "it is unfit", "make it fit")  # fmt: skip
    assert found.evidence == {"most": 1}
