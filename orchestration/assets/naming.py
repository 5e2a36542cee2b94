"""How lake tables, rules and people are called in Dagster. One place, so that keys agree across factories."""

from __future__ import annotations

import re

import dagster as dg

from contracts.model import Rule
from contracts.violation import CheckResult, Severity


def table_key(table: str) -> dg.AssetKey:
    """The asset key of `<schema>.<name>`; dbt's models and sources get the same one."""
    return dg.AssetKey(table.split(".", 1))


def release_key(agreement: str) -> dg.AssetKey:
    """The asset key of what an agreement releases."""
    return dg.AssetKey(["release", agreement])


def check_name(rule: str) -> str:
    """A rule's name in the letters that Dagster allows."""
    return re.sub(r"\W+", "_", rule, flags=re.ASCII).strip("_")


def check_spec(table: str, rule: Rule) -> dg.AssetCheckSpec:
    """One rule as an asset check, with dimension and severity. None blocks: the gates judge by recorded results."""
    return dg.AssetCheckSpec(
        check_name(rule.name),
        asset=table_key(table),
        description=f"{rule.title_zh} / {rule.title_en}" if rule.title_zh or rule.title_en else rule.name,
        metadata={"dimension": rule.dimension, "severity": str(rule.severity), "kind": rule.kind},
    )


def check_result(result: CheckResult) -> dg.AssetCheckResult:
    """A check result as Dagster shows it; counts only, never a value."""
    facts = {
        "rule": result.rule,
        "dimension": result.dimension,
        "rows": result.rows,
        "failing rows": result.failing_rows,
        "observed": result.observed,
        "error": result.error,
        "data version": result.data_version,
    }
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=table_key(result.table),
        check_name=check_name(result.rule),
        severity=dg.AssetCheckSeverity.ERROR if result.severity is Severity.ERROR else dg.AssetCheckSeverity.WARN,
        metadata={name: value for name, value in facts.items() if value is not None},
    )
