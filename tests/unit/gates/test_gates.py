"""Each planted fault is withheld by one gate, for the reason it was planted for, and leaves when that gate is gone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.anonymity import Diversity
from contracts.category import Category
from contracts.evidence import GATE_NAMES, Evidence, Levels, QualityEvidence, TableEvidence
from contracts.model import Agreement, LDiversity, Level, LogicalType, LoweringApproval, Rule, SharingAttribute
from contracts.requested import Requested
from contracts.violation import Outcome, Severity
from lineage.gates import registry
from lineage.gates.registry import GATES, judge
from tests.unit.gates import cases as c

NOT_SHARED, CONDITIONAL, UNCONDITIONAL = (
    SharingAttribute.NOT_SHARED,
    SharingAttribute.CONDITIONAL,
    SharingAttribute.UNCONDITIONAL,
)
L1, L2, L3, L4 = Level
CORE = Category.CORE


def open_case(**changes: object) -> tuple[Agreement, Evidence]:
    """A product that may be opened to the public."""
    sources = (c.source_column(sharing_attribute=UNCONDITIONAL, personal=False),)
    columns = tuple(
        c.lineage_column(name, levels=Levels(L1, None, L1), sources=sources, marks=()) for name in ("person_id", "age")
    )
    facts = c.evidence(
        lineage=c.lineage(columns=columns),
        sources=(c.source(sharing_attribute=UNCONDITIONAL),),
    )
    terms = c.agreement(agency="public", sharing_attribute=UNCONDITIONAL, level_ceiling=L4, impact_assessment=None)
    return replace(terms, **changes), facts


def open_with(**column: object) -> tuple[Agreement, Evidence]:
    terms, facts = open_case()
    first, second = facts.lineage.columns
    return terms, replace(facts, lineage=c.lineage(columns=(replace(first, **column), second)))


def k_anonymity(k: int) -> Rule:
    return Rule("k", "k_anonymity", ("age",), "conformity", Severity.ERROR, {"k": k})


A, E = c.agreement(), c.evidence()
ASKED = c.agreement(request="R1")
ANSWERED = Requested("R1", "d" * 64, departments=(c.RESIDENTS.partition(".")[0],))
OF_ANOTHER = Requested("R1", "d" * 64, departments=("nobody",))
BY_A_FILTER = tuple(c.lineage_column(name, sources=(c.source_column(direct=False),)) for name in ("person_id", "age"))
REFUSED = c.acts(request=Requested("R1", "d" * 64, fault="it is refused"))
SCOPED = c.scoped()
DIVERSE = c.agreement(l_diversity=LDiversity(("age",), 3))
SMALL = {"small_rows": 1, "small_cells": 1, "small_classes": 1, "differences": (c.difference(small=1),)}
NAMED = {"person_id": "VARCHAR", "age": "BIGINT"}
INDIRECT = {"direct": False, "sharing_attribute": NOT_SHARED}
ANOTHER = c.source_column(dataset="health.visits")

LOWERED = LoweringApproval("declassify_year", ("age",), "second@city.example", date(2026, 1, 5))

ABOVE = "theme.natural_person"


def with_model_above() -> QualityEvidence:
    """What is known of quality where the product is made of a model, too."""
    sound = c.quality()
    tables = (*sound.tables, TableEvidence(ABOVE, ("grain",), 99.0, "v1"))
    return c.quality(tables=tables, checks=(*sound.checks, c.check(ABOVE)))


PLANTED: list[tuple[str, str, Agreement, Evidence]] = [
    ("contract", "product", A, c.evidence(candidate=c.candidate(product="other"))),
    ("contract", "files", A, c.evidence(candidate=c.candidate(files=()))),
    ("contract", "columns_promised", c.agreement(columns=()), E),
    ("contract", "column_present", c.agreement(columns=(*A.columns, c.column("extra"))), E),
    ("contract", "column_type", A, c.evidence(candidate=c.candidate(columns=NAMED | {"person_id": "BLOB"}))),
    ("contract", "column_type", A, c.evidence(candidate=c.candidate(columns=NAMED | {"age": "DOUBLE"}))),
    ("contract", "column_required", A, c.evidence(candidate=c.candidate(nulls={"person_id": 3, "age": 0}))),
    ("contract", "column_required", A, c.evidence(candidate=c.candidate(nulls={"age": 0}))),
    ("contract", "sources_known", A, c.with_column(sources=(c.source_column(), ANOTHER))),
    ("contract", "delivery_accepted", A, c.evidence(sources=(c.source(failure="a.csv: line 3 is cut short"),))),
    ("contract", "batches_known", A, c.evidence(sources=(c.source(batches=()),))),
    ("contract", "batch_not_recalled", A, c.evidence(sources=(c.source(recalled=("b1",)),))),
    ("contract", "policy_proved", SCOPED, E),
    ("contract", "policy_proved", SCOPED, c.counted(conditions=())),
    ("contract", "policy_proved", SCOPED, c.counted(rows=99)),
    ("contract", "policy_proved", SCOPED, c.counted(masks=())),
    ("contract", "policy_proved", SCOPED, c.counted(rows=None, outside=None)),
    ("contract", "row_scope", SCOPED, c.counted(outside=3, breaking={"age": 3})),
    ("contract", "row_scope", SCOPED, c.counted(outside=None)),
    ("contract", "mask_known", SCOPED, c.counted(masks=(c.masked(pattern=None),))),
    ("contract", "mask_shape", SCOPED, c.counted(masks=(c.masked(unmasked=2),))),
    ("contract", "mask_shape", SCOPED, c.counted(masks=(c.masked(unmasked=None),))),
    ("contract", "mask_made", SCOPED, replace(c.counted(), lineage=c.lineage())),
    ("contract", "mask_made", SCOPED, c.counted(masks=(c.masked(past=("deaths.resident_id",)),))),
    ("contract", "mask_made", SCOPED, c.counted(masks=(c.masked(past=None),))),
    ("quality", "checks_declared", A, c.with_table(expected=())),
    ("quality", "checks_declared", A, c.evidence(quality=c.quality(tables=c.quality().tables[:1]))),
    ("quality", "check_run", A, c.with_table(expected=("grain", "never_run"))),
    ("quality", "check_run", A, c.with_table(expected=("grain", "grain"))),
    ("quality", "check_evaluated", A, c.with_checks(c.check(error="no such column"))),
    ("quality", "check_evaluated", A, c.with_checks(c.check(rows=None))),
    ("quality", "check_evaluated", A, c.with_checks(c.check(failing_rows=None))),
    ("quality", "check_evaluated", A, c.with_checks(c.check(severity=Severity.WARNING, passed=False, error="x"))),
    ("quality", "check_current", A, c.with_checks(c.check(data_version="v0"))),
    ("quality", "check_current", A, c.with_checks(c.check(data_version=None))),
    ("quality", "check_current", A, c.with_table(data_version=None)),
    ("quality", "check_passed", A, c.with_checks(c.check(passed=False, failing_rows=4))),
    ("quality", "check_passed", A, c.with_checks(c.check(), c.check(passed=False, failing_rows=1))),
    ("quality", "check_passed", A, c.with_checks(c.check(passed=False, reason="it is not built"))),
    ("quality", "minimum_score", A, c.with_table(score=89.9)),
    ("quality", "minimum_score", A, c.with_table(score=None)),
    ("quality", "minimum_score", A, c.with_table(score=float("nan"))),
    ("quality", "export_current", A, c.evidence(candidate=c.candidate(data_version="v0"))),
    ("quality", "export_current", A, c.evidence(candidate=c.candidate(data_version=None))),
    ("freshness", "delivery_known", A, c.evidence(sources=(c.source(newest_delivery=None),))),
    ("freshness", "delivery_known", A, c.evidence(sources=(c.source(freshness_working_days=None),))),
    ("freshness", "delivery_not_in_future", A, c.evidence(sources=(c.source(newest_delivery=date(2026, 6, 2)),))),
    ("freshness", "not_stale", A, c.evidence(sources=(c.source(newest_delivery=date(2026, 5, 21)),))),
    ("freshness", "not_stale", A, c.evidence(sources=(c.source(freshness_working_days=6),))),
    ("freshness", "not_stale", A, c.evidence(sources=(c.source(), c.source(freshness_working_days=6)))),
    ("level", "level_known", A, c.evidence(lineage=c.lineage(columns=(c.lineage_column(),)))),
    ("level", "level_known", A, c.with_column(unknown=("macro f",))),
    ("level", "level_known", A, c.with_column(sources=())),
    ("level", "level_known", A, c.with_column(levels=Levels(L3, L2, None))),
    ("level", "level_ceiling", A, c.with_column(levels=Levels(L4, None, L4))),
    ("level", "level_ceiling", A, c.with_column(levels=Levels(L1, L4, L4))),
    ("level", "level_not_lowered", A, c.with_column(levels=Levels(L4, None, L2))),
    ("level", "level_not_lowered", A, c.with_column(levels=Levels(L1, L4, L2))),
    ("level", "post_condition", A, c.declassified(False)),
    ("level", "post_condition", A, c.declassified(None)),
    ("level", "level_ceiling", *open_with(levels=Levels(L2, None, L2))),
    ("level", "declared_level", A, c.with_column(declared=L2)),
    ("category", "category_known", A, c.with_column(category=None)),
    ("category", "category_ceiling", A, c.with_column(category=Category.IMPORTANT)),
    ("category", "category_ceiling", c.agreement(category_ceiling=Category.IMPORTANT), c.with_column(category=CORE)),
    # Not even where somebody wrote an agreement that the declarations would refuse.
    ("category", "category_ceiling", c.agreement(category_ceiling=CORE), c.with_column(category=CORE)),
    ("category", "category_ceiling", *open_with(category=Category.IMPORTANT)),
    ("declassifier", "arguments_known", A, c.evidence(lineage=c.lineage(objections=None))),
    ("declassifier", "declassifier_arguments", A, c.objected("declassifier_arguments")),
    ("declassifier", "output_budget", A, c.objected("output_budget")),
    ("declassifier", "column_constraint", A, c.objected("column_constraint")),
    ("declassifier", "privacy_budget", A, c.objected("privacy_budget")),
    ("declassifier", "rule_known", A, c.objected("of another kind")),
    ("declassifier", "declassifier_approved", A, c.approved(approved_by=())),
    ("declassifier", "declassifier_approved", A, c.approved(approved_by=(" ",))),
    ("declassifier", "declassifier_approved", A, c.approved(must_be_named=True)),
    ("declassifier", "declassifier_approved", c.agreement(declassifiers=()), c.approved()),
    ("declassifier", "approver_is_another", c.agreement(author=c.OFFICE), c.approved()),
    ("declassifier", "approver_is_another", c.agreement(author=f" {c.OFFICE.upper()}"), c.approved()),
    ("declassifier", "approved_by_now", A, c.approved(approved_on=date(2026, 6, 2))),
    ("sharing_attribute", "agreement_attribute", c.agreement(sharing_attribute=NOT_SHARED), E),
    ("sharing_attribute", "agreement_attribute", *open_case(sharing_attribute=CONDITIONAL)),
    ("sharing_attribute", "condition_stated", c.agreement(scope=" "), E),
    ("approval", "acts_known", A, c.evidence(acts=None)),
    ("approval", "approved", A, c.evidence(acts=c.acts(c.approval(person="somebody@city.example")))),
    ("approval", "approved", c.agreement(approvals=(c.OFFICE, "second@city.example")), E),
    ("approval", "approved", c.agreement(declassifiers=(LOWERED,)), E),
    ("approval", "act_counts", A, c.evidence(acts=c.acts(c.approval(fault="the key was revoked")))),
    ("approval", "approved_as_it_is", A, c.evidence(acts=c.acts(c.approval(changed=("model",))))),
    ("approval", "approver_is_another", c.agreement(author=c.OFFICE), E),
    ("approval", "key_of_one", A, c.evidence(acts=c.acts(c.approval(), c.approval(person="b@city.example")))),
    ("approval", "stopped", A, c.evidence(acts=c.acts(stopped="a complaint"))),
    ("approval", "request_approved", ASKED, E),
    ("approval", "request_approved", ASKED, c.evidence(acts=c.acts(request=Requested("R2", "d" * 64)))),
    ("approval", "request_approved", ASKED, c.evidence(acts=REFUSED)),
    ("approval", "request_approved", ASKED, c.evidence(acts=c.acts(request=OF_ANOTHER))),
    ("sharing_attribute", "condition_stated", c.agreement(approvals=()), E),
    ("sharing_attribute", "condition_stated", c.agreement(approvals=("",)), E),
    ("sharing_attribute", "not_shared", A, c.with_column(sources=(c.source_column(sharing_attribute=NOT_SHARED),))),
    ("sharing_attribute", "not_shared", A, c.with_column(sources=(c.source_column(**INDIRECT),))),
    (
        "sharing_attribute",
        "not_shared",
        A,
        c.declassified(True, sources=(c.source_column(sharing_attribute=NOT_SHARED, declassified=True),)),
    ),
    ("sharing_attribute", "not_shared", A, c.declassified(True, sources=(c.source_column(**INDIRECT),))),
    ("sharing_attribute", "not_shared", A, c.with_column(sources=(c.source_column(**INDIRECT, declassified=True),))),
    ("sharing_attribute", "not_shared", A, c.evidence(sources=(c.source(sharing_attribute=NOT_SHARED),))),
    (
        "sharing_attribute",
        "not_shared",
        A,
        c.with_audits(NOT_SHARED),
    ),
    ("sharing_attribute", "attribute_known", A, c.with_column(sources=(c.source_column(sharing_attribute=None),))),
    ("sharing_attribute", "attribute_known", A, c.evidence(sources=(c.source(sharing_attribute=None),))),
    ("sharing_attribute", "attribute_allows", c.agreement(sharing_attribute=UNCONDITIONAL), E),
    ("sharing_attribute", "attribute_allows", *open_with(sources=(c.source_column(personal=False),))),
    ("purpose", "purpose_stated", c.agreement(purpose_code="", allowed_purposes=()), E),
    ("purpose", "purpose_allowed", c.agreement(purpose_code="marketing"), E),
    ("purpose", "column_agreed", c.agreement(columns=A.columns[:1]), E),
    ("purpose", "column_purpose", c.agreement(columns=(c.column("person_id", purpose=" "), A.columns[1])), E),
    ("expiry", "in_force", A, c.evidence(today=date(2027, 1, 1))),
    ("expiry", "in_force", c.agreement(valid_from=date(2026, 6, 2)), E),
    ("impact_assessment", "assessment_named", c.agreement(impact_assessment=None), E),
    ("impact_assessment", "assessment_named", c.agreement(impact_assessment="  "), E),
    ("group_size", "smallest_group", A, c.evidence(quality=c.quality(smallest_group=4))),
    ("group_size", "smallest_group", A, c.evidence(quality=c.quality(smallest_group=None))),
    ("executed", "executed_known", A, c.evidence(executions=())),
    ("executed", "executed_known", A, c.evidence(executions=(c.execution(executed=()),))),
    ("executed", "executed_known", A, c.evidence(executions=(c.execution(), c.execution(ABOVE, executed=())))),
    ("executed", "executed_known", A, c.evidence(quality=with_model_above())),
    ("executed", "executed_judged", A, c.evidence(executions=(c.execution(executed=("b" * 64,)),))),
    ("executed", "executed_judged", A, c.evidence(executions=(c.execution(judged=()),))),
    ("executed", "executed_judged", A, c.evidence(executions=(c.execution(executed=("a" * 64, "b" * 64)),))),
    ("executed", "executed_judged", A, c.evidence(executions=(c.execution(), c.execution(ABOVE, judged=())))),
    ("executed", "executed_version", A, c.evidence(executions=(c.execution(version="v0"),))),
    ("group_size", "smallest_group", c.agreement(rules=(k_anonymity(8),)), E),
    ("group_size", "smallest_group", c.agreement(minimum_group=None, rules=(k_anonymity(8),)), E),
    ("reidentification", "persons_counted", A, c.evidence(quality=c.quality(groups=None))),
    ("reidentification", "persons_counted", A, c.with_groups(behind=None, why_unknown="a PIVOT", differences=())),
    ("reidentification", "minimum_row", A, c.with_groups(small_rows=1)),
    ("reidentification", "minimum_cell", A, c.with_groups(small_cells=1)),
    ("reidentification", "minimum_class", A, c.with_groups(small_classes=1)),
    ("reidentification", "l_diversity", DIVERSE, E),
    ("reidentification", "l_diversity", DIVERSE, c.with_groups(diversity=(Diversity("age", 3, 2, 1),))),
    ("reidentification", "l_diversity", DIVERSE, c.with_groups(diversity=(Diversity("other", 3, 3, 0),))),
    ("differencing", "sibling_difference", A, c.with_groups(differences=(c.difference(small=1),))),
    ("differencing", "sibling_difference", A, c.with_groups(differences=(c.difference(), c.difference(small=None)))),
    ("differencing", "release_difference", A, c.with_groups(differences=(c.difference(kind="release", small=2),))),
    ("differencing", "release_unmatched", A,
     c.with_groups(differences=(c.difference(kind="release", small=None, why="1 of 9", unmatched=True),))),
]  # fmt: skip

SPILL = {
    # Who alone approved the product has approved alone what lowers its levels.
    ("declassifier", "approver_is_another"): {"approval"},
    # An expired business date also makes the last delivery stale, and an agreement without columns names none.
    ("expiry", "in_force"): {"freshness"},
    ("contract", "columns_promised"): {"purpose"},
    ("contract", "product"): {"quality", "executed"},
    # Another version than was checked is another than was made by the text.
    ("quality", "export_current"): {"executed"},
}


def verdict(terms: Agreement, facts: Evidence):
    return judge(terms, facts, working_days=c.weekdays)


def drop(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(registry, "GATES", tuple(gate for gate in GATES if gate.name not in names))


def identify(case: tuple[str, str, Agreement, Evidence]) -> str:
    return f"{case[0]}-{case[1]}"


@pytest.mark.parametrize(
    "terms, facts", [(A, E), open_case(), (SCOPED, c.counted())], ids=["agency", "public", "scoped"]
)
def test_a_sound_product_leaves(terms: Agreement, facts: Evidence) -> None:
    assert verdict(terms, facts).violations == ()
    assert verdict(terms, facts).outcome is Outcome.RELEASED


@pytest.mark.parametrize("case", PLANTED, ids=identify)
def test_each_fault_is_withheld_by_the_gate_made_for_it(case: tuple[str, str, Agreement, Evidence]) -> None:
    gate, rule, terms, facts = case
    found = verdict(terms, facts)
    assert found.outcome is Outcome.WITHHELD
    assert (gate, rule) in {(violation.gate, violation.rule) for violation in found.violations}
    assert {violation.gate for violation in found.violations} <= {gate} | SPILL.get((gate, rule), set())
    for violation in found.violations:
        assert violation.subject and violation.message and violation.fix
        assert "None" not in violation.message  # what is not known is said in words
        json.dumps(violation.as_dict())


@pytest.mark.parametrize("case", PLANTED, ids=identify)
def test_the_same_fault_leaves_once_its_gate_is_gone(
    case: tuple[str, str, Agreement, Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, rule, terms, facts = case
    drop(monkeypatch, gate, *SPILL.get((gate, rule), ()))
    assert verdict(terms, facts).outcome is Outcome.RELEASED


ROWS_ALONE, MASKS_ALONE = replace(SCOPED, columns=A.columns), replace(SCOPED, rows=())


@pytest.mark.parametrize(
    "terms, facts, rule, said, told",
    [
        (
            ROWS_ALONE, c.counted(masks=(), outside=3, breaking={"age": 3, "person_id": 0}), "row_scope",
            "3 of 100 rows are outside the scope of agreement civil_affairs__elderly_subsidy: age in 3",
            {"outside": 3, "rows": 100, "by_column": {"age": 3}},
        ),
        (SCOPED, c.counted(outside=None, breaking={}), "row_scope", "an unknown number of 100 rows", {"outside": None}),
        (SCOPED, c.counted(outside=None, breaking={}), "row_scope", "by a column that is not known", {"by_column": {}}),
        (
            MASKS_ALONE, c.counted(conditions=(), masks=(c.masked(unmasked=2),)), "mask_shape",
            "2 of 100 cells do not show the mask pseudonym", {"unmasked": 2, "rows": 100},
        ),
        (SCOPED, c.counted(masks=(c.masked(unmasked=None),)), "mask_shape", "an unknown number of 100 cells", {}),
        (SCOPED, replace(c.counted(), lineage=c.lineage()), "mask_made", "finds no declassify_pseudonym behind it", {}),
        (
            SCOPED, replace(c.counted(), lineage=c.pseudonymised("age")), "mask_made",
            "finds no declassify_pseudonym behind it", {},
        ),
        (SCOPED, c.counted(masks=(c.masked(past=None),)), "mask_made", "it is not known whether all its values", {}),
        (
            SCOPED, c.counted(masks=(c.masked(past=("deaths.resident_id",)),)), "mask_made",
            "values of deaths.resident_id come into it past", {"past": ("deaths.resident_id",)},
        ),
    ],
)  # fmt: skip
def test_a_policy_that_is_not_kept_is_told_in_numbers(
    terms: Agreement, facts: Evidence, rule: str, said: str, told: dict[str, object]
) -> None:
    (one,) = verdict(terms, facts).violations
    assert (one.gate, one.rule) == ("contract", rule) and said in one.message
    assert told.items() <= one.evidence.items()


def test_important_data_leave_where_the_agreement_says_so() -> None:
    terms = c.agreement(category_ceiling=Category.IMPORTANT)
    assert verdict(terms, c.with_column(category=Category.IMPORTANT)).violations == ()


def test_nothing_important_is_opened_whatever_the_agreement_says() -> None:
    terms, facts = open_with(category=Category.IMPORTANT)
    found = verdict(replace(terms, category_ceiling=Category.IMPORTANT), facts)
    assert [(one.rule, one.evidence["ceiling"]) for one in found.violations] == [("category_ceiling", "general")]


def test_a_level_declared_too_high_is_no_fault() -> None:
    assert verdict(A, c.with_column(declared=L4)).violations == ()


def test_every_gate_has_a_planted_fault_that_it_alone_withholds() -> None:
    assert {gate for gate, rule, *_ in PLANTED if (gate, rule) not in SPILL} | {"expiry"} == set(GATE_NAMES)
    assert [gate.name for gate in GATES] == list(GATE_NAMES)


def test_expiry_alone_withholds_an_agreement_of_yesterday(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = c.agreement(valid_until=date(2026, 5, 31))
    assert [violation.gate for violation in verdict(terms, E).violations] == ["expiry"]
    drop(monkeypatch, "expiry")
    assert verdict(terms, E).outcome is Outcome.RELEASED


@pytest.mark.parametrize("today", [A.valid_from, A.valid_until])
def test_both_ends_of_the_agreement_are_days_in_force(today: date) -> None:
    newest = c.source(newest_delivery=today)
    assert verdict(A, c.evidence(today=today, sources=(newest,))).outcome is Outcome.RELEASED


@pytest.mark.parametrize(
    "terms, facts",
    [
        (A, c.with_checks(c.check(), c.check(severity=Severity.WARNING, passed=False, failing_rows=9))),
        (A, c.with_checks(c.check(), c.check(rule="of old", passed=False, failing_rows=9, data_version="v0"))),
        (A, c.declassified(True, levels=Levels(L4, L4, L2))),
        (A, c.declassified(True, sources=(c.source_column(**INDIRECT, declassified=True),))),
        (A, c.with_column(sources=(), constant=True, levels=Levels(None, None, L1))),
        (c.agreement(minimum_group=None), c.evidence(quality=c.quality(smallest_group=None))),
        (c.agreement(minimum_score=0.0), c.with_table(score=None)),
        (A, c.evidence(candidate=c.candidate(rows=0), quality=c.quality(smallest_group=None))),
        (A, c.evidence(candidate=c.candidate(rows=0), quality=c.quality(groups=None))),
        (A, c.evidence(candidate=c.candidate(rows=0), quality=c.quality(groups=c.groups(**SMALL)))),
        (A, c.with_groups(person_by_agreement=True, **SMALL)),
        (A, c.with_groups(behind=False, **SMALL)),
        (A, c.with_groups(minimum=None, small_rows=1)),
        (c.agreement(minimum_group=7), E),
        (ASKED, c.evidence(acts=c.acts(request=ANSWERED))),
        (ASKED, c.evidence(acts=c.acts(request=OF_ANOTHER), lineage=c.lineage(columns=BY_A_FILTER))),
        (DIVERSE, c.with_groups(diversity=(Diversity("age", 3, 3, 0),))),
        (DIVERSE, c.with_groups(behind=False)),
        (c.agreement(allowed_purposes=()), E),
        (c.agreement(freshness_working_days=None), E),
    ],
    ids=[
        "warning",
        "undeclared",
        "lowered",
        "shielded",
        "constant",
        "no group",
        "no score",
        "empty",
        "empty and not counted",
        "empty and small",
        "single persons by agreement",
        "nobody",
        "no minimum",
        "just enough",
        "answers a request that is approved",
        "by a filter on another department's data",
        "diverse",
        "diverse of nobody",
        "any purpose",
        "source's limit",
    ],
)
def test_what_may_leave_is_not_withheld(terms: Agreement, facts: Evidence) -> None:
    assert verdict(terms, facts).violations == ()


def test_a_refusal_of_small_groups_says_how_many_and_what_to_do() -> None:
    facts = c.with_groups(smallest=3, small_rows=2, small_classes=1, smallest_class=4, quasi_identifiers=("age",))
    row, alike = verdict(A, facts).violations
    assert "2 rows stand for fewer than 10 persons" in row.message
    assert (row.evidence["smallest"], alike.evidence["smallest"]) == (3, 4)
    assert alike.evidence["quasi_identifiers"] == ["age"]
    told = verdict(A, c.with_groups(behind=None, why_unknown="a PIVOT", differences=())).violations
    assert [one.message.endswith("cannot be told: a PIVOT") for one in told] == [True]
    unknown = c.quality(smallest_group=None, groups=c.groups(why_unknown="a PIVOT"))
    assert "an unknown number of members (a PIVOT)" in verdict(A, c.evidence(quality=unknown)).violations[0].message
    named = c.evidence(quality=c.quality(smallest_group=4, groups=c.groups(why_unknown="a PIVOT")))
    assert "a PIVOT" not in verdict(A, named).violations[0].message
    nameless = c.evidence(quality=c.quality(smallest_group=None, groups=c.groups()))
    assert "an unknown number of members; the" in verdict(A, nameless).violations[0].message


def test_a_refusal_of_small_differences_names_the_other_release() -> None:
    two = (c.difference(small=3, cells=8), c.difference(kind="release", other="abc", small=None, why="a key is gone"))
    sibling, release = verdict(A, c.with_groups(differences=two)).violations
    assert "3 of 8 groups differ from those of the product civil_affairs__other by fewer than 10" in sibling.message
    (one,) = verdict(A, c.with_groups(differences=(c.difference(small=1, cells=8),))).violations
    assert "1 of 8 groups differs from those of" in one.message
    assert "the earlier release abc cannot be told: a key is gone" in release.message


def test_a_gate_that_raises_withholds_and_quotes_nothing() -> None:
    def broken(start: date, end: date) -> int:
        raise KeyError("330106198001010017")

    found = judge(A, E, working_days=broken)
    assert found.outcome is Outcome.WITHHELD
    assert [(violation.gate, violation.rule) for violation in found.violations] == [("freshness", "gate_answers")]
    assert "330106" not in json.dumps(found.as_dict())


def test_no_gate_at_all_withholds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "GATES", ())
    assert verdict(A, E).outcome is Outcome.WITHHELD


def test_no_evidence_withholds() -> None:
    assert judge(A, None, working_days=c.weekdays).outcome is Outcome.WITHHELD  # type: ignore[arg-type]
    nothing = replace(E, lineage=c.lineage(columns=()), sources=(), quality=c.quality(tables=(), checks=()))
    assert {"contract", "quality", "level"} <= {violation.gate for violation in verdict(A, nothing).violations}


def test_the_text_of_a_check_error_stays_out_of_the_violation() -> None:
    found = verdict(A, c.with_checks(c.check(error="Could not convert '330106198001010017'")))
    assert "330106" not in json.dumps(found.as_dict())


@given(st.sampled_from(Level), st.sampled_from(Level), st.sampled_from(Level), st.sampled_from(Level))
def test_nothing_leaves_above_its_ceiling_or_below_what_flowed_in(
    direct: Level, indirect: Level, effective: Level, ceiling: Level
) -> None:
    facts = c.with_column(levels=Levels(direct, indirect, effective))
    other = facts.lineage.columns[1]
    facts = replace(
        facts, lineage=c.lineage(columns=(facts.lineage.columns[0], replace(other, levels=Levels(L1, None, L1))))
    )
    released = verdict(c.agreement(level_ceiling=ceiling), facts).outcome is Outcome.RELEASED
    assert released == (max(direct, indirect) <= effective <= ceiling)


@pytest.mark.parametrize(
    "promised, found, fits",
    [
        (LogicalType.DECIMAL, "DECIMAL(18,2)", True),
        (LogicalType.DECIMAL, "DOUBLE", False),
        (LogicalType.NUMBER, "DOUBLE", True),
        (LogicalType.TIMESTAMP, "TIMESTAMP WITH TIME ZONE", True),
        (LogicalType.DATE, "TIMESTAMP", False),
        (LogicalType.INTEGER, "UINTEGER", True),
        (LogicalType.STRING, "VARCHAR[]", False),
    ],
)
def test_types_keep_their_promise(promised: LogicalType, found: str, fits: bool) -> None:
    terms = c.agreement(columns=(A.columns[0], c.column("age", promised)))
    facts = c.evidence(candidate=c.candidate(columns={"person_id": "VARCHAR", "age": found}))
    assert (verdict(terms, facts).outcome is Outcome.RELEASED) == fits


def test_every_gate_describes_itself_in_both_languages() -> None:
    for gate in GATES:
        assert gate.description and gate.title_zh and gate.title_en


def test_evidence_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        c.evidence(now=datetime(2026, 6, 1))


def test_evidence_is_json_ready() -> None:
    data = json.loads(json.dumps(E.as_dict()))
    assert data["today"] == "2026-06-01"
    assert data["candidate"]["columns"] == {"person_id": "VARCHAR", "age": "BIGINT"}
    assert data["quality"]["checks"][0]["severity"] == "error"
    assert E.batches == ("b1", "b2")
