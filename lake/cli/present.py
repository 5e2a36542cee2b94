"""The tables people see: what was read, checked, released and withheld, and where to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lake.cli.output import say, table
from lake.settings import Settings

_SHOWN = 2


def show_summary(summary: Mapping[str, Any], settings: Settings) -> None:
    """A run's summary, with the paths to look at."""
    show_datasets(summary["datasets"])
    failed = [row for row in summary["checks"] if not row["passed"]]
    say(f"\n[bold]质量检查 Checks[/bold]: {len(summary['checks']):,} run, {len(failed):,} failed")
    if failed:
        show_checks(failed, [])
    show_releases(summary["releases"])
    say(f"\n[bold]Where to look[/bold]\n  releases   {settings.releases}\n  ledger     {settings.ledger}")
    say("  zhongtai explain AGREEMENT · zhongtai lineage TABLE.COLUMN · zhongtai quarantine DATASET · make ui")


def show_datasets(rows: Sequence[Mapping[str, Any]]) -> None:
    """One line per dataset: read = accepted + quarantined, merged, failed deliveries."""
    by_dataset: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_dataset.setdefault(row["dataset"], []).append(row)
    lines = [_line(name, found) for name, found in by_dataset.items()]
    total = [sum(int(line[place]) for line in lines) for place in range(1, 6)]
    headers = ("数据集 dataset", "deliveries", "read", "accepted", "quarantined", "merged", "failed")
    table("归集 Deliveries", headers, [*lines, ("total", *total, sum(int(line[6]) for line in lines))])
    for row in rows:
        if row["state"] == "failed":
            say(f"[red]✗[/red] {row['message']}")


def _line(name: str, found: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    counts = [sum(row[key] for row in found) for key in ("read", "accepted", "quarantined", "merged")]
    return (name, len(found), *counts, sum(row["state"] == "failed" for row in found))


def show_checks(rows: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Any]]) -> None:
    """Check results, and scores where there are any."""
    lines = [
        (
            "[green]✓[/green]" if row["passed"] else "[red]✗[/red]",
            row["table"],
            row["rule"],
            row["dimension"],
            row["severity"],
            f"{row['failing_rows']} / {row['rows']}" if row["rows"] is not None else row["error"],
            row["observed"] or "",
        )
        for row in rows
    ]
    table("", ("", "table", "rule", "dimension", "severity", "failing / rows", "observed"), lines)
    if scores:
        table("评分 Scores", ("table", "score", "grade"), [(s["table"], s["score"], s["grade"]) for s in scores])


def show_releases(rows: Sequence[Mapping[str, Any]]) -> None:
    """Verdicts, each refusal with its reason and next step."""
    say("\n[bold]闸门与发布 Gates and releases[/bold]")
    marks = {
        "released": "[green]released[/green]",
        "withheld": "[red]withheld[/red]",
        "withdrawn": "[red]withdrawn[/red]",
    }
    for row in rows:
        say(f"{marks[row['verdict']]}  {row['agreement']}  ({row['product']}, {row.get('rows') or 0:,} rows)")
        _show_violations(row)


def _show_violations(row: Mapping[str, Any]) -> None:
    """Every gate's first refusals in full; `explain` has the rest."""
    by_gate: dict[str, list[Mapping[str, Any]]] = {}
    for violation in row["violations"]:
        by_gate.setdefault(violation["gate"], []).append(violation)
    for gate, violations in by_gate.items():
        for violation in violations[:_SHOWN]:
            say(f"    [yellow]{gate}[/yellow] {violation['subject']}: {violation['message']}")
            say(f"      → {violation['fix']}")
        if len(violations) > _SHOWN:
            say(f"    [yellow]{gate}[/yellow] … {len(violations) - _SHOWN} more: `zhongtai explain {row['agreement']}`")
