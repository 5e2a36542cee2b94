"""How lake tables, rules and people are called in Dagster. One place, so that keys agree across factories."""

from __future__ import annotations

import re
from collections.abc import Iterable

import dagster as dg

from contracts.model import Rule
from contracts.violation import CheckResult, Severity

RELEASE = "release"
"""The first part of the key of what is released."""


def table_key(table: str) -> dg.AssetKey:
    """The asset key of `<schema>.<name>`; dbt's models and sources get the same one."""
    return dg.AssetKey(table.split(".", 1))


def release_key(agreement: str) -> dg.AssetKey:
    """The asset key of what an agreement releases."""
    return dg.AssetKey([RELEASE, agreement])


def group_name(folder: str) -> str:
    """The group of what lies in a folder; Dagster takes letters, digits and underscores alone."""
    return re.sub(r"[^A-Za-z0-9_]", "_", folder)


def check_specs(table: str, rules: Iterable[Rule]) -> list[dg.AssetCheckSpec]:
    """The rules of a table as asset checks: one per dimension and severity, each listing its rules.

    Dagster stores several events for every check of every run; one check per rule was two fifths of a run's time. The
    ledger has each rule by itself. None of these blocks: the gates judge by recorded results.
    """
    grouped: dict[tuple[str, Severity], list[Rule]] = {}
    for rule in rules:
        grouped.setdefault((rule.dimension, rule.severity), []).append(rule)
    return [
        dg.AssetCheckSpec(
            _check_name(dimension, severity),
            asset=table_key(table),
            description="; ".join(_title(rule) for rule in found),
            metadata={"dimension": dimension, "severity": str(severity), "rules": len(found)},
        )
        for (dimension, severity), found in grouped.items()
    ]


def check_results(results: Iterable[CheckResult]) -> list[dg.AssetCheckResult]:
    """Check results as Dagster shows them, grouped as their specs are; counts only, never a value."""
    grouped: dict[tuple[str, str, Severity], list[CheckResult]] = {}
    for result in results:
        grouped.setdefault((result.table, result.dimension, result.severity), []).append(result)
    return [_grouped(table, dimension, severity, found) for (table, dimension, severity), found in grouped.items()]


def _grouped(table: str, dimension: str, severity: Severity, found: list[CheckResult]) -> dg.AssetCheckResult:
    failed = [result for result in found if not result.passed]
    lines = [
        f"| {'✓' if result.passed else '✗'} | {result.rule} | {result.failing_rows} | {result.rows} | "
        f"{result.error or result.observed or ''} |"
        for result in failed + [result for result in found if result.passed]
    ]
    header = "| | rule | failing rows | rows | observed |\n|---|---|---|---|---|\n"
    return dg.AssetCheckResult(
        passed=not failed,
        asset_key=table_key(table),
        check_name=_check_name(dimension, severity),
        severity=dg.AssetCheckSeverity.ERROR if severity is Severity.ERROR else dg.AssetCheckSeverity.WARN,
        metadata={
            "failed rules": len(failed),
            "rules": len(found),
            "data version": str(found[0].data_version),
            "results": dg.MetadataValue.md(header + "\n".join(lines)),
        },
    )


def _check_name(dimension: str, severity: Severity) -> str:
    return f"{dimension}_{severity}"


def _title(rule: Rule) -> str:
    return f"{rule.title_zh} / {rule.title_en} ({rule.name})" if rule.title_zh else rule.name
