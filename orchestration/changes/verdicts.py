"""Which verdicts stand: those that would be given again by what is on record, on this day and with today's acts.

What was judged is the recorded evidence; only what hangs on the moment is told anew: the day, the age of deliveries,
and what persons have signed. Where the outcome would be another, the product is judged as a whole (`share`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.evidence import Evidence, QualityEvidence
from contracts.model import Agreement
from contracts.recorded import read_evidence
from contracts.violation import CheckResult, Outcome, Verdict, Violation
from contracts.working_days import working_days_between
from lake.acts import KIND, Acts, Persons
from lake.freshness import FRESHNESS, freshness
from lake.in_force import broken_agreements
from lake.unbelieved import why_unbelieved
from lineage.gates.registry import judge
from orchestration.changes.changes import Changes
from orchestration.share.dossier import dossier, evidence_of, with_overrides
from orchestration.share.siblings import siblings
from quality.rules import declared_rules
from quality.scorecard import scores
from sharing.canonical import digest
from sharing.release import current_release

# Gates that look at nothing but the product itself.
_ALONE = frozenset(
    {
        *("contract", "quality", "freshness", "level", "category", "sharing_attribute", "purpose", "expiry"),
        *("impact_assessment", "group_size", "executed", "approval"),
    }
)
_ISSUE = "the release that stands is not the one that was recorded, or a file of it is not"


@dataclass
class Verdicts:
    """The verdicts of one moment, once all tables are made; `made` are those that this run made -> whether well."""

    changes: Changes
    made: Mapping[str, bool] = field(default_factory=dict)

    def why_judge(self, agreement: Agreement) -> str:
        """Why a product is judged as a whole; empty where its verdict stands."""
        if self.changes.nothing_stands:
            return self.changes.nothing_stands
        known, body = self.changes.before.agreements.get(agreement.name), self._body(agreement.name)
        evidence = read_evidence(body.get("evidence"))
        if known is None or evidence is None:
            return "it could not be judged whole by the run before, or is new"
        other = next((why for table in _tables(evidence) if (why := self._other(table))), "")
        if other:
            return other
        if known != self.digest_of(agreement, evidence):
            return "its declarations, its deliveries, or what else was released have changed"
        turned = self._turned(agreement, evidence, body)
        if not turned and body["verdict"] == Outcome.RELEASED and not self._stands(agreement, body, evidence):
            return _ISSUE
        return turned

    def standing(self, agreement: Agreement) -> Verdict:
        """The verdict that stands."""
        body = self._body(agreement.name)
        violations = tuple(Violation(**one) for one in body["violations"])
        return Verdict(agreement.name, agreement.product, Outcome(body["verdict"]), violations)

    def judged(self, agreement: Agreement) -> str:
        """The digest by which a product was judged just now; empty where it may not stand on it."""
        body = self._body(agreement.name, fresh=True)
        evidence = read_evidence(body.get("evidence"))
        if evidence is None or any(check.error for check in evidence.quality.checks):
            return ""
        if any(self._is_sick(table) for table in _tables(evidence)):
            return ""
        return self.digest_of(agreement, evidence)

    def _is_sick(self, table: str) -> bool:
        """Whether a table is neither made well just now nor stands."""
        if table.startswith("raw."):
            return False
        return not self.made[table] if table in self.made else bool(self.changes.why_make(table))

    def digest_of(self, agreement: Agreement, evidence: Evidence) -> str:
        """The digest of all that a verdict hangs on but the moment, the persons' acts and the tables' own making.

        Of two products that would tell too much together the later is judged with the earlier one: what others have
        released since is no reason to judge again, unless this one may not leave for what it tells with others."""
        changes, datasets = self.changes, frozenset(source.dataset for source in evidence.sources)
        withheld_by = {str(one["gate"]) for one in self._body(agreement.name, fresh=True).get("violations", ())}
        return digest(
            {
                "platform": changes.platform,
                "declared": changes.declared.of_agreement(agreement, datasets),
                "tables": [(name, changes.checked_of(name)) for name in sorted(_tables(evidence))],
                "deliveries": [changes.rows_of.get(name, []) for name in sorted(datasets)],
                "recalled": changes.recalled,
                "others": [] if withheld_by <= _ALONE else self._others(agreement),
            }
        )

    def _others(self, agreement: Agreement) -> list[Any]:
        city = self.changes.city
        them = [(one.name, _current(city.settings.releases, one.name)) for one in siblings(city, agreement)]
        spent = sorted(str(entry.body) for entry in city.ledger.current("privacy").values())
        return [them, spent, _current(city.settings.releases, agreement.name)]

    def _other(self, table: str) -> str:
        """Why a table is not what was judged."""
        if table in self.made:
            return f"{table} was made anew"
        if table.startswith("raw."):
            return ""
        why = self.changes.why_make(table)
        return f"{table}: {why}" if why else ""

    def _stands(self, agreement: Agreement, body: Mapping[str, Any], evidence: Evidence) -> bool:
        city = self.changes.city
        release = current_release(city.settings.releases, agreement.name)
        if release is None or release.release_id != body.get("release_id"):
            return False
        return _has_files(release.path, evidence) and why_unbelieved(city, release) is None

    def _turned(self, agreement: Agreement, evidence: Evidence, body: Mapping[str, Any]) -> str:
        """Why the verdict would be another now, by what is on record."""
        city = self.changes.city
        if city.catalogue.demonstration and city.ledger.latest(KIND, agreement.name) is None:
            return "nobody has signed for it yet"
        now = replace(
            evidence,
            now=city.now(),
            today=city.today(),
            quality=self._today(evidence.quality),
            acts=evidence_of(self._acts, agreement, dossier(agreement, evidence)),
            broken=self._broken.get(agreement.name, ()),
        )
        now = with_overrides(self._acts, city.catalogue, agreement, now)
        found = judge(
            agreement, now, working_days=lambda start, end: working_days_between(start, end, city.catalogue.calendar)
        )
        if _reasons(one.as_dict() for one in found.violations) == _reasons(body["violations"]):
            return ""
        named = sorted({f"{one.gate}: {one.rule}" for one in found.violations})
        return f"by this day and today's acts its verdict is another ({', '.join(named) or 'nothing withholds it'})"

    @cached_property
    def _broken(self) -> Mapping[str, tuple[str, ...]]:
        return broken_agreements(self.changes.city)

    @cached_property
    def _acts(self) -> Acts:
        city = self.changes.city
        return Acts(city.ledger, Persons.of(city.settings, city.catalogue))

    def _today(self, quality: QualityEvidence) -> QualityEvidence:
        """The checks as they are today: the age of the newest delivery is another each day."""
        checks = tuple(self._aged(check) for check in quality.checks)
        score = scores(checks)
        tables = tuple(
            replace(one, score=score[one.table].overall if one.table in score else None) for one in quality.tables
        )
        return replace(quality, tables=tables, checks=checks)

    def _aged(self, check: CheckResult) -> CheckResult:
        if check.rule != FRESHNESS:
            return check
        changes = self.changes
        dataset = next(one for one in changes.city.catalogue.datasets.values() if f"raw.{one.table}" == check.table)
        rule = next(one for one in declared_rules(changes.city.catalogue)[check.table] if one.name == check.rule)
        return freshness(changes.city, rule, dataset, changes.newest, data_version=check.data_version)

    def _body(self, name: str, *, fresh: bool = False) -> Mapping[str, Any]:
        if fresh or name not in self._bodies:
            entry = self.changes.city.ledger.latest("verdict", name)
            self._bodies[name] = entry.body if entry else {}
        return self._bodies[name]

    @cached_property
    def _bodies(self) -> dict[str, Mapping[str, Any]]:
        return {}


def _has_files(folder: Path, evidence: Evidence) -> bool:
    """Whether the files that were judged lie there, by their sizes: their bytes are proved by audits and recipients."""
    try:
        return all((folder / one.name).stat().st_size == one.size for one in evidence.candidate.files)
    except OSError:
        return False


def _tables(evidence: Evidence) -> list[str]:
    return [one.table for one in evidence.quality.tables]


def _current(releases: Any, name: str) -> str | None:
    release = current_release(releases, name)
    return release.release_id if release else None


def _reasons(violations: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    return {(str(one["gate"]), str(one["rule"]), str(one["subject"])) for one in violations}
