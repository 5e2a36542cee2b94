"""Each condition of the gates told apart from its neighbour: one case for every condition that could be dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from contracts.evidence import Evidence, Levels
from contracts.model import Agreement, Level, SharingAttribute
from contracts.violation import Violation
from lineage.gates.registry import judge
from tests.unit.gates import cases as c

NOT_SHARED, CONDITIONAL, UNCONDITIONAL = (
    SharingAttribute.NOT_SHARED,
    SharingAttribute.CONDITIONAL,
    SharingAttribute.UNCONDITIONAL,
)
L1, L2, L3, L4 = Level
A = c.agreement()
VISITS = "health.visits"


def refusals(terms: Agreement, facts: Evidence, gate: str) -> list[Violation]:
    return [one for one in judge(terms, facts, working_days=c.weekdays).violations if one.gate == gate]


def rules(terms: Agreement, facts: Evidence, gate: str) -> Counter[str]:
    return Counter(one.rule for one in refusals(terms, facts, gate))


def columns(*sources: object, **changes: object) -> Evidence:
    """The evidence with the sources of `person_id`; `age` is a constant."""
    levels = Levels(None, None, L1)
    age = c.lineage_column("age", sources=(), constant=True, levels=levels)
    facts = c.lineage(columns=(c.lineage_column(sources=sources), age))
    return c.evidence(lineage=facts, **changes)


def test_each_influence_is_counted_for_its_own_dataset() -> None:
    """A not-shared dataset that gives bare rows is refused, whatever the columns of another dataset do."""
    sources = (c.source(), c.source(dataset=VISITS, sharing_attribute=NOT_SHARED))
    shielded = c.source_column(direct=False, declassified=True)
    facts = columns(shielded, sources=sources)
    (found,) = refusals(A, facts, "sharing_attribute")
    assert (found.rule, found.subject) == ("not_shared", VISITS)


def test_an_unshielded_column_of_one_dataset_says_nothing_of_another() -> None:
    sources = (c.source(), c.source(dataset=VISITS, sharing_attribute=NOT_SHARED))
    own = c.source_column(dataset=VISITS, column="*", sharing_attribute=NOT_SHARED)
    facts = columns(c.source_column(), own, sources=sources)
    assert [one.subject for one in refusals(A, facts, "sharing_attribute")] == [
        f"{c.PRODUCT}.person_id <- {VISITS}.*"]  # fmt: skip


def test_a_dataset_of_bare_rows_is_judged_by_its_own_attribute() -> None:
    facts = c.with_audits(CONDITIONAL)
    terms = c.agreement(sharing_attribute=UNCONDITIONAL)
    open_column = c.source_column(sharing_attribute=UNCONDITIONAL)
    facts = columns(open_column, sources=facts.sources, quality=facts.quality)
    (found,) = refusals(terms, facts, "sharing_attribute")
    assert (found.rule, found.subject) == ("attribute_allows", "tax.audits")


def test_a_dataset_whose_columns_speak_is_not_judged_again() -> None:
    """Where each column has an attribute of its own, the dataset's is not asked."""
    terms = c.agreement(sharing_attribute=UNCONDITIONAL)
    facts = columns(c.source_column(sharing_attribute=UNCONDITIONAL))
    assert refusals(terms, facts, "sharing_attribute") == []


def test_a_not_shared_column_of_a_not_shared_dataset_is_reported_once() -> None:
    facts = columns(c.source_column(sharing_attribute=NOT_SHARED), sources=(c.source(sharing_attribute=NOT_SHARED),))
    assert rules(A, facts, "sharing_attribute") == {"not_shared": 1}


def test_an_unconditional_agreement_is_asked_for_no_condition() -> None:
    terms = c.agreement(sharing_attribute=UNCONDITIONAL, scope="", approvals=())
    facts = columns(
        c.source_column(sharing_attribute=UNCONDITIONAL), sources=(c.source(sharing_attribute=UNCONDITIONAL),)
    )
    assert refusals(terms, facts, "sharing_attribute") == []


def test_a_not_shared_column_is_not_also_called_conditional() -> None:
    terms = c.agreement(sharing_attribute=UNCONDITIONAL)
    facts = columns(c.source_column(sharing_attribute=NOT_SHARED))
    assert rules(terms, facts, "sharing_attribute") == {"not_shared": 1}


def test_a_not_shared_dataset_of_bare_rows_is_not_also_called_conditional() -> None:
    terms = c.agreement(sharing_attribute=UNCONDITIONAL)
    audits = c.with_audits(NOT_SHARED)
    facts = columns(c.source_column(sharing_attribute=UNCONDITIONAL), sources=audits.sources, quality=audits.quality)
    assert rules(terms, facts, "sharing_attribute") == {"not_shared": 1}


def test_a_public_agreement_that_says_conditional_opens_no_conditional_source() -> None:
    terms = c.agreement(agency="public", sharing_attribute=CONDITIONAL)
    assert rules(terms, columns(c.source_column()), "sharing_attribute") == {
        "agreement_attribute": 1, "attribute_allows": 1}  # fmt: skip


@pytest.mark.parametrize("direct, words", [(True, "takes values from"), (False, "is influenced by")])
def test_what_is_not_shared_says_how_it_gets_in(direct: bool, words: str) -> None:
    (found,) = refusals(A, columns(c.source_column(sharing_attribute=NOT_SHARED, direct=direct)), "sharing_attribute")
    assert words in found.message and found.evidence == {"direct": direct}


@pytest.mark.parametrize("changes", [{"columns": {}}, {"rows": -1}, {"files": ()}])
def test_files_columns_and_rows_are_each_needed(changes: dict[str, object]) -> None:
    assert rules(A, c.evidence(candidate=c.candidate(**changes)), "contract")["files"] == 1


def test_a_column_that_is_not_required_may_be_null() -> None:
    terms = c.agreement(columns=(c.column("person_id", required=False), A.columns[1]))
    assert refusals(terms, c.evidence(candidate=c.candidate(nulls={"person_id": 3, "age": 0})), "contract") == []


def test_nulls_that_nobody_counted_are_not_none() -> None:
    (found,) = refusals(A, c.evidence(candidate=c.candidate(nulls={"age": 0})), "contract")
    assert "an unknown number of 100 rows are null" in found.message
    (found,) = refusals(A, c.evidence(candidate=c.candidate(nulls={"person_id": 3, "age": 0})), "contract")
    assert "3 of 100 rows are null" in found.message


@pytest.mark.parametrize("held, words", [(False, "did not hold"), (None, "was not checked")])
def test_a_condition_that_failed_is_told_from_one_that_nobody_checked(held: bool | None, words: str) -> None:
    (found,) = refusals(A, c.declassified(held), "level")
    assert words in found.message


def test_a_condition_that_waits_for_persons_says_so_and_not_that_the_call_is_wrong() -> None:
    unknown = c.quality(groups=c.groups(behind=None, why_unknown="a PIVOT", differences=()))
    for observed, points in (("lake.product.p: a PIVOT", True), ("lake.product.p: it failed", False)):
        facts = replace(c.declassified(None), quality=unknown)
        items = tuple(replace(one, observed=observed) for one in facts.lineage.declassifications)
        (found,) = refusals(A, replace(facts, lineage=replace(facts.lineage, declassifications=items)), "level")
        assert observed in found.message and ("persons_counted" in found.fix) == points
        assert ("mend what it names" in found.fix) != points
    (known,) = refusals(A, c.declassified(None), "level")
    assert "persons_counted" not in known.fix


@pytest.mark.parametrize("small, words", [(1, "1 class of rows that look alike stands"), (2, "2 classes of rows that")])
def test_one_class_is_not_classes(small: int, words: str) -> None:
    (found,) = refusals(A, c.with_groups(small_classes=small), "reidentification")
    assert words in found.message


@pytest.mark.parametrize("because", ["residents.resident_id -> persons.id", ""])
def test_a_refusal_names_the_path_from_the_source(because: str) -> None:
    (found,) = refusals(A, c.with_column(levels=Levels(L4, None, L4), because=because), "level")
    assert ("because" in found.message) == bool(because) and because in found.message
