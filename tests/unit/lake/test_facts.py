"""What `run` and `status` tell: results of rules and datasets that there are, and of no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lake.facts import Left, run_summary, summary
from lake.queries import rules_on_tables
from sharing.ledger import Ledger
from tests.unit.lake.desk import column, dataset
from tests.unit.lake.test_quality_past import city

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def told(ledger: Ledger, table: str, rule: str) -> None:
    body: dict[str, Any] = {"table": table, "rule": rule, "dimension": "accuracy", "severity": "warning"}
    more = {"rows": 1, "failing_rows": 1, "passed": False, "error": None, "column": None, "run_id": "first"}
    ledger.append("check", {**body, **more}, NOW)


def test_results_of_what_is_declared_no_more_are_told_by_no_command(tmp_path: Path) -> None:
    residents = replace(dataset(column("id", required=True)), name="residents")
    rules = rules_on_tables(city(tmp_path, residents))
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        told(ledger, "raw.test__residents", "required:id")
        told(ledger, "raw.test__residents", "deleted")
        told(ledger, "staging.stg_test__residents", "built")
        told(ledger, "staging.stg_test__gone", "built")
        told(ledger, "theme.by_hand", "built")
        kept = {("raw.test__residents", "required:id"), ("staging.stg_test__residents", "built")}
        kept.add(("theme.by_hand", "built"))
        tables = frozenset({"raw.test__residents", "staging.stg_test__gone"})
        found = [summary(ledger, rules), run_summary(ledger, "first", 0.0, rules=rules)]
        found.append(run_summary(ledger, "next", 0.0, Left(tables), rules=rules))
    named = [{(row["table"], row["rule"]) for row in one["checks"]} for one in found]
    assert named == [kept, kept, {("raw.test__residents", "required:id")}]
