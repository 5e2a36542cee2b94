"""An override lets exactly the checks pass that it names, while it stands, and nothing of any other gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.acts import ActEvidence
from contracts.evidence import Evidence
from contracts.model import Level
from contracts.overrides import ASKS, CONFIRMS, Override
from contracts.recorded import read_evidence
from contracts.rules import STANDING
from contracts.violation import Outcome, Severity
from lineage.gates.registry import judge
from tests.unit.gates import cases as c
from tests.unit.gates.overrides import FAILED, OFFICER, SEEN, STEWARD, overridden, override

A = c.agreement()


def withheld_by(facts: Evidence, terms: Any = A) -> set[tuple[str, str]]:
    return {(one.gate, one.rule) for one in judge(terms, facts, working_days=c.weekdays).violations}


def test_it_lets_the_failing_check_pass_and_nothing_is_withheld() -> None:
    assert withheld_by(overridden()) == {("quality", "check_passed")}
    assert judge(A, overridden(override()), working_days=c.weekdays).outcome is Outcome.RELEASED


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"confirmed": None}, "no second person"),
        ({"confirmed": replace(OFFICER, person="Steward@CITY.example ")}, "one person asked and confirmed"),
        ({"confirmed": replace(OFFICER, role="steward")}, "no officer"),
        ({"confirmed": replace(OFFICER, role="owner")}, "no officer"),
        ({"confirmed": replace(OFFICER, fault="its key was revoked")}, "its key was revoked"),
        ({"asked": replace(STEWARD, fault="its key was revoked")}, "its key was revoked"),
        ({"asked": replace(STEWARD, role="auditor")}, "asked as auditor"),
        ({"asked": replace(STEWARD, role="officer")}, "asked as officer"),
        ({"reason": "  "}, "no reason"),
        ({"ended": "boris: it burns"}, "it burns"),
        ({"over": "b" * 64}, "the agreement has changed"),
        ({"bounded": False}, "longer than the city allows"),
        ({"until": c.TODAY - timedelta(days=1)}, "it ended on 2026-05-31"),
        ({"checks": (replace(SEEN, failing_rows=3),)}, "3 rows failed when it was asked"),
        ({"checks": (replace(SEEN, same_rule=False),)}, "the rule has changed"),
        ({"exact": True, "checks": (replace(SEEN, data_version="v0"),)}, "the table has changed"),
    ],
)
def test_each_condition_is_needed(changes: dict[str, Any], why: str) -> None:
    facts = overridden(override(**changes))
    assert withheld_by(facts) == {("quality", "check_passed")}
    (violation,) = judge(A, facts, working_days=c.weekdays).violations
    assert why in violation.message


def test_it_holds_on_its_last_day_and_for_as_many_rows_and_an_exact_one_for_its_data() -> None:
    last = override(until=c.TODAY, exact=True)
    assert withheld_by(overridden(last)) == set()
    assert withheld_by(overridden(last, failing_rows=3)) == set()
    assert withheld_by(overridden(last, failing_rows=5)) == {("quality", "check_passed")}


@pytest.mark.parametrize("seen", [replace(SEEN, rule="other"), replace(SEEN, table=c.RAW)])
def test_another_check_is_not_let_pass(seen: Any) -> None:
    assert withheld_by(overridden(override(checks=(seen,)))) == {("quality", "check_passed")}


def test_a_check_with_a_reason_is_set_aside_too() -> None:
    assert withheld_by(overridden(override(), reason="3 persons are collected twice")) == set()


@pytest.mark.parametrize(
    ("check", "rule"),
    [
        ({"error": "no such column"}, "check_evaluated"),
        ({"rows": None}, "check_evaluated"),
        ({"failing_rows": None}, "check_evaluated"),
        ({"data_version": "v0"}, "check_current"),
        ({"data_version": None}, "check_current"),
    ],
)
def test_what_was_not_judged_on_this_data_is_never_set_aside(check: dict[str, Any], rule: str) -> None:
    assert withheld_by(overridden(override(), **check)) == {("quality", rule)}


@pytest.mark.parametrize("rule", sorted(STANDING))
def test_that_it_was_built_and_nothing_lost_is_never_set_aside(rule: str) -> None:
    facts = overridden(override(checks=(replace(SEEN, rule=rule),)), rule=rule)
    tables = tuple(replace(one, expected=(rule,)) if one.table == c.PRODUCT else one for one in facts.quality.tables)
    facts = replace(facts, quality=replace(facts.quality, tables=tables))
    assert withheld_by(facts) == {("quality", "check_passed")}


def test_a_low_score_and_a_missing_result_withhold_all_the_same() -> None:
    facts = overridden(override())
    low = tuple(replace(one, score=10.0) for one in facts.quality.tables)
    assert ("quality", "minimum_score") in withheld_by(replace(facts, quality=replace(facts.quality, tables=low)))
    more = tuple(replace(one, expected=(*one.expected, "never_run")) for one in facts.quality.tables)
    assert ("quality", "check_run") in withheld_by(replace(facts, quality=replace(facts.quality, tables=more)))


@pytest.mark.parametrize(
    ("gate", "terms", "facts"),
    [
        ("level", c.agreement(level_ceiling=Level.L1), {}),
        ("category", A, {"lineage": c.lineage(columns=(c.lineage_column(category=None), c.lineage_column("age")))}),
        ("purpose", c.agreement(purpose_code="credit_scoring"), {}),
        ("expiry", c.agreement(valid_until=date(2026, 5, 31)), {}),
        ("approval", A, {"acts": c.acts(c.approval(fault="nobody"))}),
        ("declassifier", A, {"lineage": c.objected("declassified_argument").lineage}),
        ("group_size", A, {"quality.smallest_group": 1}),
    ],
)
def test_no_other_gate_is_asked_less(gate: str, terms: Any, facts: dict[str, Any]) -> None:
    found = overridden(override())
    if "quality.smallest_group" in facts:
        found = replace(found, quality=replace(found.quality, smallest_group=facts["quality.smallest_group"]))
    else:
        found = replace(found, **facts)
    assert gate in {name for name, _ in withheld_by(found, terms)}


@pytest.mark.parametrize("acts", [None, replace(c.acts(), dossier={})])
def test_where_nobody_knows_the_agreements_digest_none_stands(acts: ActEvidence | None) -> None:
    facts = replace(overridden(override()), acts=acts)
    assert ("quality", "check_passed") in withheld_by(facts)
    nameless = replace(facts, quality=replace(facts.quality, overrides=(override(over=""),)))
    assert ("quality", "check_passed") in withheld_by(nameless)


def test_evidence_is_recorded_with_it_and_as_before_without() -> None:
    with_it = overridden(override())
    assert read_evidence(with_it.as_dict()) == with_it
    assert "overrides" not in overridden().as_dict()["quality"]
    assert read_evidence(overridden().as_dict()) == overridden()


def test_who_asks_never_confirms_by_role() -> None:
    assert ASKS.isdisjoint(CONFIRMS)
    assert FAILED.severity is Severity.ERROR and isinstance(override(), Override)


def test_its_words_name_the_checks_both_persons_the_reason_and_the_last_day() -> None:
    one = override()
    assert all(
        part in one.words for part in ("grain", "4/100", "2026-06-10", STEWARD.person, OFFICER.person, one.reason)
    )
    assert OFFICER.person not in override(confirmed=None).words and "—" in override(confirmed=None).words
    assert "—" not in one.words
