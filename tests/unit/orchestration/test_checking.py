"""When a table is checked: once, as soon as it and all its rules look at are there, and at the latest when asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from contracts.model import Rule
from contracts.violation import CheckResult, Severity
from orchestration.steps import checking
from orchestration.steps.checking import Checks

DEATHS = "staging.stg_civil_affairs__deaths"
VISITS, PERSONS, RAW = "staging.stg_health__visits", "theme.natural_person", "raw.health__visits"


def rule(kind: str, **arguments: object) -> Rule:
    return Rule(kind, kind, ("id",), "validity", Severity.ERROR, arguments)


RULES = {
    RAW: (rule("required"),),
    VISITS: (rule("unique"), rule("reference", table=PERSONS, column="city_id")),
    PERSONS: (rule("unique"),),
    DEATHS: (rule("contradiction", tables=(PERSONS,)),),
}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that were checked, in order."""
    order: list[str] = []

    def check_tables(city: Any, tables: list[str]) -> dict[str, list[CheckResult]]:
        order.extend(tables)
        return {t: [CheckResult(t, "unique", "validity", Severity.ERROR, True, 1, 0)] for t in tables if t in RULES}

    monkeypatch.setattr(checking, "check_tables", check_tables)
    monkeypatch.setattr(checking, "declared_rules", lambda catalogue: RULES)
    return order


@pytest.fixture
def checks() -> Checks:
    return Checks(SimpleNamespace(catalogue=None))  # type: ignore[arg-type]


def test_a_table_waits_for_the_table_its_rules_refer_to(checks: Checks, made: list[str]) -> None:
    checks.due(RAW)
    checks.due(VISITS)
    checks.make(unsettled={VISITS, PERSONS})
    assert made == [RAW]
    checks.make(unsettled={PERSONS})
    assert made == [RAW]
    checks.due(PERSONS)
    checks.make(unsettled={"theme.other"})
    assert made == [RAW, VISITS, PERSONS]


def test_a_rule_across_departments_waits_for_the_other_table(checks: Checks, made: list[str]) -> None:
    checks.due(DEATHS)
    checks.make(unsettled={PERSONS})
    assert made == []
    checks.make(unsettled={VISITS})
    assert made == [DEATHS]


def test_a_table_is_checked_once_and_again_when_its_content_is_new(checks: Checks, made: list[str]) -> None:
    checks.due(RAW)
    checks.make()
    assert [result.table for result in checks.of([RAW])] == [RAW]
    assert made == [RAW]
    checks.due(RAW)
    checks.of([RAW])
    assert made == [RAW, RAW]


def test_whoever_asks_gets_results_in_order_and_none_for_a_table_without_rules(checks: Checks, made: list[str]) -> None:
    results = checks.of([PERSONS, "theme.unruled", RAW])
    assert [result.table for result in results] == [PERSONS, RAW]
