"""The tables people see: what was read, checked, released and withheld, and where to look.

A run's chart fits two screens: long lists are folded, worst first, each with the command that shows it whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.markup import escape

from lake.cli.output import console, say, table
from lake.settings import Settings

Row = Mapping[str, Any]

_DATASETS, _FAILURES, _CHECKS, _VERDICTS = 10, 8, 8, 10
_EVERYTHING = 1 << 30
_UNTAKEN = {"failed", "held"}
_SAID = {*_UNTAKEN, "recalled"}
_WIDE, _ROOMY = 200, 100


def show_summary(summary: Mapping[str, Any], settings: Settings, *, whole: bool = False) -> None:
    """A run's summary, with the paths to look at; folded, unless the `whole` of it is asked for."""
    show_datasets(summary["datasets"], _EVERYTHING if whole else _DATASETS)
    _show_failed_checks(summary["checks"], whole)
    show_releases(summary["releases"], whole=whole)
    for one in summary.get("notices", ()):
        told = f"notice {one['notice'][:12]} on {one['agreement']}: {one['reason']}"
        said = f"{one['recipient']} has not acknowledged {told}"
        say(f"[yellow]![/yellow] {escape(said)}")
    say(f"\n[bold]Where to look[/bold]\n  releases   {settings.releases}\n  ledger     {settings.ledger}")
    say("  zhongtai status · explain AGREEMENT · lineage TABLE.COLUMN · quarantine DATASET · check [TABLE] · ui")


def show_plan(found: Mapping[str, Any]) -> None:
    """What a run would do, each thing with its reason, and how much would stand."""
    for kind, title in (("datasets", "归集 Deliveries"), ("tables", "模型 Models"), ("agreements", "发布 Releases")):
        rows = [(row[kind.removesuffix("s")], row["why"]) for row in found[kind]]
        stands = f"{found['stands'][kind]} stand as they are"
        if rows:
            table(f"{title}: {len(rows)} to do, {stands}", ("what", "why"), rows)
        else:
            say(f"{title}: nothing to do, {stands}")


def show_datasets(rows: Sequence[Row], most: int = _EVERYTHING) -> None:
    """One line per dataset: read = accepted + quarantined, merged, failed deliveries. Folded, those worst off stay."""
    by_dataset: dict[str, list[Row]] = {}
    for row in rows:
        by_dataset.setdefault(row["dataset"], []).append(row)
    lines = [_line(name, found) for name, found in by_dataset.items()]
    total = [sum(int(line[place]) for line in lines) for place in range(1, 7)]
    shown = lines if len(lines) <= most else sorted(lines, key=lambda line: (-line[6], -line[4], line[0]))[:most]
    headers = ("数据集 dataset", "deliveries", "read", "accepted", "quarantined", "merged", "failed")
    table("归集 Deliveries", headers, [*shown, (f"total of {len(lines)}", *total)])
    _more(len(lines) - len(shown), "datasets", "zhongtai status")
    failed = [message for row in rows if row["state"] in _SAID for message in _messages(row)]
    for message in failed[: max(most, _FAILURES)]:
        say(f"[red]✗[/red] {escape(message)}")
    _more(len(failed) - max(most, _FAILURES), "failed deliveries", "zhongtai status")
    waiting = [row["message"] for row in rows if row["state"] == "waiting"]
    for message in waiting[: max(most, _FAILURES)]:
        say(f"[yellow]…[/yellow] waiting: {escape(message)}")
    _more(len(waiting) - max(most, _FAILURES), "waiting deliveries", "zhongtai status")


def _messages(row: Row) -> list[str]:
    """What is said of a delivery that counts for nothing; of recalled bytes also that they were delivered again."""
    again = [
        f"{row['dataset']}: {one['path']} (delivered for {one['delivered_on']}): these very bytes are batch "
        f"{row['batch']}, which was recalled, and a recall is for good: they count for nothing, at whatever path and "
        "day. Have the department deliver corrected ones."
        for one in row.get("redelivered", ())
    ]
    return [row["message"], *(again if row["state"] == "recalled" else ())]


def _line(name: str, found: Sequence[Row]) -> tuple[Any, ...]:
    # Bytes that were delivered twice are stored once.
    stored = {row["batch"]: row for row in found if row["state"] not in {"withdrawn", "recalled"}}.values()
    counts = [sum(row[key] for row in stored) for key in ("read", "accepted", "quarantined", "merged")]
    return (name, len(found), *counts, sum(row["state"] in _UNTAKEN for row in found))


def _more(count: int, what: str, command: str) -> None:
    if count > 0:
        say(f"… {count:,} more {what}: `{command}`")


def _show_failed_checks(rows: Sequence[Row], whole: bool) -> None:
    failed = [row for row in rows if not row["passed"]]
    errors = [row for row in failed if row["severity"] == "error"]
    warnings = len(failed) - len(errors)
    say(f"\n[bold]质量检查 Checks[/bold]: {len(rows):,} run, {len(errors):,} errors, {warnings:,} warnings")
    shown = failed if whole else errors[:_CHECKS]
    if shown:
        show_checks(shown, [])
    _more(len(failed) - len(shown), "failed checks", "zhongtai check")


def show_checks(rows: Iterable[Row], scores: Iterable[Row]) -> None:
    """Check results, and scores where there are any."""
    lines = [
        (
            "[green]✓[/green]" if row["passed"] else "[red]✗[/red]",
            row["table"],
            row["rule"],
            row["dimension"],
            row["severity"],
            f"{row['failing_rows']} / {row['rows']}" if row["rows"] is not None else row["error"] or "",
            row.get("reason") or row["observed"] or "",
        )
        for row in rows
    ]
    table("", ("", "table", "rule", "dimension", "severity", "failing / rows", "observed"), lines)
    scored = [(score["table"], score["score"], score["grade"]) for score in scores]
    if scored:
        table("评分 Scores", ("table", "score", "grade"), scored)


_MARKS = {
    "released": "[green]released[/green]",
    "withheld": "[red]withheld[/red]",
    "withdrawn": "[red]withdrawn[/red]",
}


def show_releases(rows: Sequence[Row], *, whole: bool = True) -> None:
    """Verdicts, those that let pass first, each refusal with its reason and next step."""
    if not rows:
        return
    say("\n[bold]闸门与发布 Gates and releases[/bold]")
    passed = [row for row in rows if row["verdict"] == "released"]
    refused = [row for row in rows if row["verdict"] != "released"]
    for found, what in ((passed, "released"), (refused, "withheld")):
        shown = found if whole else found[:_VERDICTS]
        for row in shown:
            said = f"{row['agreement']}  ({row['product']}, {row.get('rows') or 0:,} rows)"
            say(f"{_MARKS[row['verdict']]}  {escape(said)}")
            _show_violations(row, _EVERYTHING if whole else _reasons(len(refused)))
        _more(len(found) - len(shown), what, "zhongtai status")


def _reasons(refused: int) -> int:
    """How many reasons of each refusal there is room for."""
    return 2 if refused < _VERDICTS and console.width >= _ROOMY else 1


def _show_violations(row: Row, most: int) -> None:
    """The refusals of a product; folded, the first of each of its first gates, and `explain` has the rest."""
    violations, whole = row["violations"], most == _EVERYTHING
    first = list({violation["gate"]: violation for violation in reversed(violations)}.values())[::-1]
    shown = _by_cause(violations) if whole else [[violation] for violation in first[:most]]
    for alike in shown:
        said = f"{_subjects(alike)}: {_cut(alike[0]['message'], whole)}"
        say(f"    [yellow]{alike[0]['gate']}[/yellow] {escape(said)}\n      → {escape(alike[0]['fix'])}")
    _more_reasons(0 if whole else len(violations) - len(shown), row["agreement"])


def _by_cause(violations: Sequence[Row]) -> list[list[Row]]:
    """Refusals by one rule with one message are one cause, at however many columns it shows."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for one in violations:
        found.setdefault((one["gate"], one.get("rule"), one["message"]), []).append(one)
    return list(found.values())


def _subjects(alike: Sequence[Row]) -> str:
    """What one cause is at fault with: columns of one table are named together, after their number."""
    subjects = list(dict.fromkeys(str(one["subject"]) for one in alike))
    if len(subjects) == 1:
        return subjects[0]
    tables = {subject.rpartition(".")[0] for subject in subjects}
    if len(tables) > 1 or "" in tables:
        return ", ".join(subjects)
    names = ", ".join(subject.rpartition(".")[2] for subject in subjects)
    return f"{tables.pop()}, {len(subjects)} columns: {names}"


def _more_reasons(count: int, agreement: str) -> None:
    if count > 0:
        say(f"    … {count:,} more: `zhongtai explain {agreement}`")


def _cut(text: str, whole: bool) -> str:
    most = 2 * min(console.width, _WIDE // 2)
    return text if whole or len(text) <= most else f"{text[: most - 2]} …"
