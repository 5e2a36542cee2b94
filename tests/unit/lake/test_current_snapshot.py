"""Checks of a raw table of snapshots judge the current one: a corrected snapshot mends what that before it broke."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.model import Dataset, DeliveryMode, Rule
from contracts.violation import Severity
from orchestration.steps.checking import _subject
from quality.suites import check_table
from tests.unit.lake.desk import Desk, people

NAMED = Rule("named", "mostly_present", ("name",), "completeness", Severity.ERROR, {"at_least": 0.9})
SOME = Rule("some", "row_count", (), "completeness", Severity.ERROR, {"minimum": 2, "maximum": 2})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("mode", "passed"), [(DeliveryMode.SNAPSHOT, [True, True]), (DeliveryMode.APPEND, [False, False])]
)
def test_what_was_superseded_counts_no_more(desk: Desk, mode: DeliveryMode, passed: list[bool]) -> None:
    made: Dataset = replace(people(), mode=mode)
    desk.deliver(made, "id,name,age\n1,,2\n2,,3\n3,,4\n")
    desk.ingest(made)
    desk.deliver(made, "id,name,age\n1,a,2\n2,b,3\n", day="2026-11-09")
    desk.ingest(made)
    city: Any = SimpleNamespace(catalogue=SimpleNamespace(datasets={made.id: made}, code_sets={}))
    results = check_table(desk.connection, _subject(city, f"raw.{made.table}", (NAMED, SOME), "v"))
    assert [one.passed for one in results] == passed
    assert [one.rows for one in results] == [2 if mode is DeliveryMode.SNAPSHOT else 5] * 2
