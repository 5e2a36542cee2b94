"""The quality gate: every declared check was run, on this very data, and passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from contracts.evidence import TableEvidence
from contracts.overrides import lifted_by
from contracts.violation import CheckResult, Severity, Violation
from lineage.gates.gate import Case, Gate

_BUILT = "built"  # the check that stands on every table a model makes; no scan answers it


class QualityGate(Gate):
    """Every check declared on every table the product is made of was run on this very data, and no error was found.

    Withholds a check that failed, could not be evaluated, has no result, or judged another version of the table; a
    table with no check at all; a score that is missing or below the agreement's minimum. A failed check of severity
    warning is shown and lets pass. One that was judged, and failed, lets pass while an override by two persons stands
    that names it.
    """

    name = "quality"
    title_zh = "质量"
    title_en = "Quality"

    def violations(self, case: Case) -> Iterator[Violation]:
        """Ask first whether every table was looked at, then look at each."""
        quality, candidate = case.evidence.quality, case.evidence.candidate
        known = {table.table for table in quality.tables}
        for name in (candidate.table, *(source.table for source in case.evidence.sources)):
            if name not in known:
                yield self._unchecked(name)
        for table in quality.tables:
            yield from self._table(case, table)
            yield from self._score(case, table)
            if table.table == candidate.table:
                yield from self._exported(table.data_version, candidate.data_version, table.table)

    def _table(self, case: Case, table: TableEvidence) -> Iterator[Violation]:
        results = case.evidence.quality.results(table)
        if not table.expected:
            yield self._unchecked(table.table)
        missing = Counter(table.expected) - Counter(result.rule for result in results)
        for rule in sorted(missing):
            yield self.refuse(
                "check_run",
                f"{table.table}: {rule}",
                f"the check {rule} is declared and {missing[rule]} of its results are missing",
                _again(table.table, rule),
                expected=len(table.expected),
                results=len(results),
            )
        for result in results:
            if not _set_aside(case, table, result):
                yield from self._result(case, table, result)

    def _result(self, case: Case, table: TableEvidence, result: CheckResult) -> Iterator[Violation]:
        subject = f"{table.table}.{result.column}" if result.column else table.table
        if result.reason is not None and not result.passed and result.severity is not Severity.WARNING:
            message = f"the check {result.rule} failed: {result.reason}{_no_longer(case, result)}"
            yield self.refuse("check_passed", subject, message, "mend what it names, then run again", check=result.rule)
        elif result.error is not None or result.rows is None or result.failing_rows is None:
            # The engine's own error text may quote a value; it stays with the check result.
            why = f": {result.reason}" if result.reason else ""
            yield self.refuse(
                "check_evaluated",
                subject,
                f"the check {result.rule} could not be evaluated{why}",
                f"see its error with `zhongtai check {table.table}`, mend the rule or the table, and check again",
                check=result.rule,
            )
        elif table.data_version is None or result.data_version != table.data_version:
            yield self.refuse(
                "check_current",
                subject,
                f"the check {result.rule} judged version {_told(result.data_version)}; "
                f"the table is at {_told(table.data_version)}",
                _again(table.table, result.rule),
                check=result.rule,
                judged=result.data_version,
                current=table.data_version,
            )
        elif not result.passed and result.severity is not Severity.WARNING:
            yield self.refuse(
                "check_passed",
                subject,
                f"the check {result.rule} failed on {result.failing_rows} of {result.rows} rows"
                f"{_no_longer(case, result)}",
                "correct the rows at their source, or the model that makes them; "
                f"`zhongtai check {table.table}` shows the check",
                check=result.rule,
                failing_rows=result.failing_rows,
                rows=result.rows,
            )

    def _score(self, case: Case, table: TableEvidence) -> Iterator[Violation]:
        minimum = case.agreement.minimum_score
        # Written so that a score that is not a number fails too.
        if minimum > 0 and not (table.score is not None and table.score >= minimum):
            yield self.refuse(
                "minimum_score",
                table.table,
                f"quality score {'not known' if table.score is None else f'{table.score:.1f}'}; "
                f"the agreement asks for {minimum:g} at least",
                f"see what lowers it with `zhongtai check {table.table}`, or agree on another minimum_score",
                score=table.score,
                minimum=minimum,
            )

    def _exported(self, checked: str | None, exported: str | None, table: str) -> Iterator[Violation]:
        if exported is None or exported != checked:
            yield self.refuse(
                "export_current",
                table,
                f"the files were exported from version {_told(exported)}; "
                f"the table that was checked is at {_told(checked)}",
                "run again, so that the checked version is the one exported",
                exported=exported,
                checked=checked,
            )

    def _unchecked(self, table: str) -> Violation:
        return self.refuse(
            "checks_declared",
            table,
            "no check is declared on the table, so nothing says that it is good enough",
            "declare rules in its contract, domain or agreement",
        )


def _again(table: str, rule: str) -> str:
    """How a check is made again; that a table was built is told by whoever builds it."""
    return "run `zhongtai run`, which builds the table" if rule == _BUILT else f"run `zhongtai check {table}`"


def _set_aside(case: Case, table: TableEvidence, result: CheckResult) -> bool:
    """Whether an override lets a check pass: one that was judged, on this very data, and failed. Nothing else."""
    judged = result.error is None and result.rows is not None and result.failing_rows is not None
    current = table.data_version is not None and result.data_version == table.data_version
    if result.passed or not judged or not current:
        return False
    overrides, today = case.evidence.quality.overrides, case.evidence.today
    return lifted_by(overrides, result, _agreement(case), today) is not None


def _agreement(case: Case) -> str:
    """The digest of the agreement as it is; nothing where nobody looked, which no override is over."""
    acts = case.evidence.acts
    return acts.dossier.get("agreement", "-") if acts else "-"


def _no_longer(case: Case, result: CheckResult) -> str:
    """Why an override that names the check does not let it pass."""
    for one in reversed(case.evidence.quality.overrides):
        named = [seen for seen in one.checks if (seen.table, seen.rule) == (result.table, result.rule)]
        for seen in named:
            why = one.why_not(_agreement(case), case.evidence.today)
            return f"; the override of it does not stand: {why or one.changed(seen, result)}"
    return ""


def _told(version: str | None) -> str:
    return version or "unknown"
