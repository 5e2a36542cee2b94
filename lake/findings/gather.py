"""What is bad now, of everything that the ledger tells: failed deliveries, failing rules, products that do not leave.

Each fault is whose table it is in, and hurts whoever receives what was last judged by that table. What others find
(anomalies, what is late, cases) is given as `more`: here it is only put beside, with whom it hurts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from itertools import chain, takewhile
from types import MappingProxyType
from typing import Any

from contracts.model import Catalogue, Dataset, Domain, Rule
from contracts.rules_in_words import words
from contracts.violation import Severity
from lake.findings.finding import Finding, Kind, Reached, Words
from lake.findings.of_past import Since
from lake.findings.told import Checked, Delivered, Judged, Told
from lineage.gates.registry import GATES
from quality.rules import BUILT, declared_rules

_LONGEST = 300
_NAMED = 3  # what a line of a list has room for
_GATES = {gate.name: gate.title_zh for gate in GATES}


def findings(
    told: Told,
    catalogue: Catalogue,
    today: date,
    more: Iterable[Finding] = (),
    since: Since = MappingProxyType({}),
) -> list[Finding]:
    """Every fault of the city, the urgent first; `since` knows of rules' failing what `told` reads no more."""
    gathering = _Gathering(told, catalogue, today, since)
    own = (gathering.refused(), gathering.withheld(), gathering.ended(), gathering.failing(), gathering.rejecting())
    found = [*chain.from_iterable(own), *map(gathering.reaching, more)]
    return sorted(found, key=lambda one: one.rank)


@dataclass(frozen=True)
class Owner:
    """Whose something is: the department ("" for the city itself), and who answers for it."""

    department: str
    name: str


@dataclass(frozen=True)
class _Gathering:
    """One morning."""

    told: Told
    catalogue: Catalogue
    today: date
    since: Since

    @cached_property
    def _rules(self) -> Mapping[str, Mapping[str, Rule]]:
        return {table: {one.name: one for one in rules} for table, rules in declared_rules(self.catalogue).items()}

    @cached_property
    def _verdicts(self) -> Mapping[str, Judged]:
        return self.told.verdicts()

    @cached_property
    def _by_table(self) -> Mapping[str, tuple[Reached, ...]]:
        """Who receives what hangs on a table, by the newest verdicts of agreements that are declared yet."""
        found: dict[str, list[Reached]] = {}
        for name, judged in sorted(self._verdicts.items()):
            agreement = self.catalogue.agreements.get(name)
            if agreement is not None:
                one = Reached(name, agreement.product, agreement.agency, self.told.released(name, self.today))
                for table in {*judged.tables, f"product.{agreement.product}"}:
                    found.setdefault(table, []).append(one)
        return {table: tuple(each) for table, each in found.items()}

    @cached_property
    def _datasets(self) -> Mapping[str, str]:
        """The dataset of each raw and staging table."""
        return {
            f"{layer}{one.table}": name
            for name, one in self.catalogue.datasets.items()
            for layer in ("raw.", "staging.stg_")
        }

    def owner(self, table: str) -> Owner:
        """Whose a table is."""
        dataset = self.catalogue.datasets.get(self._datasets.get(table, table))
        if dataset is not None:
            return Owner(dataset.department, dataset.owner)
        schema, _, name = table.partition(".")
        if schema == "theme":
            domain = next((d for d in self.catalogue.domains.values() if name in _tables(d)), None)
            return Owner("", domain.owner if domain else "")
        return Owner("", "")

    def effect(self, subject: str) -> tuple[Reached, ...]:
        """Whom a fault of a table or dataset hurts."""
        dataset = self.catalogue.datasets.get(subject)
        return self._by_table.get(f"raw.{dataset.table}" if dataset else subject, ())

    def reaching(self, one: Finding) -> Finding:
        """What others found, with whom it hurts and whose it is, where they did not say."""
        owner = self.owner(one.subject)
        return replace(
            one,
            effect=one.effect or self.effect(one.subject),
            owner=one.owner or owner.name,
            department=one.department or owner.department,
        )

    def refused(self) -> Iterator[Finding]:
        """Deliveries that could not be taken, and snapshots that were held back."""
        for name in self.catalogue.datasets:
            for one in self.told.refused(name):
                yield self._delivery(Kind.REFUSED, name, one)
            for one in self.told.held(name):
                yield self._delivery(Kind.REFUSED, name, one)

    def _delivery(self, kind: Kind, dataset: str, one: Delivered) -> Finding:
        path = str(one.body["path"])
        held = one.body["state"] == "held"
        what = (
            Words(f"{path}：问题记录过多，未替换上一份", f"{path}: too much was rejected; the one before stays current")
            if held
            else Words(f"{path}：无法接收", f"{path}: {_brief(one.body.get('message'))}")
        )
        todo = Words("请部门更正后重新交付", "have the department correct it, and deliver it again")
        owner = self.owner(dataset)
        return Finding(
            *(kind, dataset, path, owner.department, owner.name, what, todo),
            f"/quarantine/{dataset}" if held else f"/catalogue/{dataset}",
            one.since,
            self.effect(dataset),
            str(one.body["state"]),
        )

    def rejecting(self) -> Iterator[Finding]:
        """Datasets of whose newest delivery more was rejected than their contract lets a snapshot have."""
        for name, dataset in self.catalogue.datasets.items():
            over = partial(_is_over, dataset.largest_rejected_share)
            if bad := list(takewhile(over, self.told.delivered(name))):
                yield self._rejected(dataset, bad)

    def _rejected(self, dataset: Dataset, bad: Sequence[Mapping[str, Any]]) -> Finding:
        """Of the newest of some deliveries in a row; since the first of them."""
        rejected, read = int(bad[0]["quarantined"]), int(bad[0]["read"])
        first = str(bad[-1]["delivered_on"] or "")
        share, most = rejected / read, dataset.largest_rejected_share
        return Finding(
            *(Kind.REJECTED, dataset.id, "", dataset.department, dataset.owner),
            Words(
                f"最新交付 {rejected:,} / {read:,} 行被拒（{share:.0%}，上限 {most:.0%}）",
                f"{rejected:,} of {read:,} rows of the newest delivery were rejected ({share:.0%}; {most:.0%} at most)",
            ),
            Words("导出交部门更正，或发起校核", "export them for the department, or open a case"),
            f"/quarantine/{dataset.id}",
            date.fromisoformat(first) if first else None,
            self.effect(dataset.id),
            str(bad[0]["batch"]),
        )

    def withheld(self) -> Iterator[Finding]:
        """Products that do not leave."""
        for name, judged in sorted(self._verdicts.items()):
            agreement = self.catalogue.agreements.get(name)
            if agreement is None or judged.verdict == "released" or not judged.violations:
                continue
            gates = sorted({str(one["gate"]) for one in judged.violations})
            first = judged.violations[0]
            current = self.told.released(name, self.today)
            yield Finding(
                *(Kind.WITHHELD, name, "", "", agreement.author or self._owners(judged)),
                Words(
                    f"{agreement.title_zh}：{'、'.join(_GATES.get(one, one) for one in gates)}未通过",
                    f"withheld by {', '.join(gates)}",
                ),
                Words("按判定结果逐条处理", _brief(first.get("fix"))),
                f"/releases/{name}",
                judged.since,
                (Reached(name, agreement.product, agreement.agency, current),),
                ",".join(gates),
                self._supplying(judged),
            )

    def ended(self) -> Iterator[Finding]:
        """Products of which nobody reads the release any more, though every gate let it pass: its term is over."""
        for name, judged in sorted(self._verdicts.items()):
            agreement, last = self.catalogue.agreements.get(name), self.told.last_day(name)
            if agreement is None or last is None or judged.verdict != "released" or self.today <= last:
                continue
            yield Finding(
                *(Kind.WITHHELD, name, "", "", agreement.author or self._owners(judged)),
                Words(f"{agreement.title_zh}：已于 {last} 到期，不再提供", f"ended on {last}: nobody reads it now"),
                Words(
                    "更正不合格数据，或按期重新授权、续签协议",
                    "mend what fails, or have it overridden or agreed anew; the next run judges it",
                ),
                f"/releases/{name}",
                last + timedelta(days=1),
                (Reached(name, agreement.product, agreement.agency, False),),
                f"ended {last}",
                self._supplying(judged),
            )

    def _supplying(self, judged: Judged) -> tuple[str, ...]:
        """The departments of whose datasets a product was last judged to be made."""
        return tuple(sorted({self.owner(table).department for table in judged.tables if table in self._datasets}))

    def _owners(self, judged: Judged) -> str:
        """Who answers for those datasets; of many some."""
        owners = sorted({self.owner(table).name for table in judged.tables if table in self._datasets})
        more = f" +{len(owners) - _NAMED}" if len(owners) > _NAMED else ""
        return ", ".join(owners[:_NAMED]) + more

    def failing(self) -> Iterator[Finding]:
        """Rules that are declared and fail."""
        for one in self.told.checks():
            table, name = str(one.body["table"]), str(one.body["rule"])
            rule = BUILT if name == BUILT.name else self._rules.get(table, {}).get(name)
            if rule is not None and one.failing_since is not None:
                yield self._failing(table, rule, one)

    def _since(self, table: str, rule: str, known: date | None) -> date | None:
        schema, _, name = table.partition(".")
        names = (table, f"delivered.{name}") if schema == "raw" else (table,)
        return min((day for name in names if (day := self.since.get((name, rule)))), default=known)

    def _failing(self, table: str, rule: Rule, one: Checked) -> Finding:
        body, owner = one.body, self.owner(table)
        zh, en = words(rule)
        dataset = self._datasets.get(table)
        broken = body.get("error") is not None
        count, rows = body.get("failing_rows"), body.get("rows")
        if broken:
            what = Words(f"{zh}：检查未能执行", f"{en}: the check could not be run")
        elif count and rows is not None:
            what = Words(f"{zh}：{count:,} / {rows:,} 行不合格", f"{en}: {count:,} of {rows:,} rows fail")
        else:
            what = Words(f"{zh}：未通过", f"{en}: failed")
        return Finding(
            Kind.CHECK if body["severity"] == Severity.ERROR else Kind.WARNING,
            *(table, rule.name, owner.department, owner.name, what, _todo(broken=broken, owned=dataset is not None)),
            f"/quality/{dataset.replace('.', '/')}" if dataset else f"/catalogue/{table}",
            self._since(table, rule.name, one.failing_since),
            self.effect(table),
            "error" if broken else str(count),
        )


def _is_over(most: float, body: Mapping[str, Any]) -> bool:
    """Whether of a delivery a larger share than this was rejected."""
    return int(body.get("quarantined") or 0) > most * int(body.get("read") or 0)


def _tables(domain: Domain) -> set[str]:
    entities = {one.name for one in domain.entities}
    return entities | {*domain.rules}


def _todo(*, broken: bool, owned: bool) -> Words:
    if broken:
        return Words("查看检查错误并修正规则或模型", "see why it could not be run; mend the rule or the model")
    if owned:
        return Words("发起校核，请部门更正", "open a case, so that the department corrects it")
    return Words("查看上游数据与模型", "look at what it is made of, and at its model")


def _brief(text: object) -> str:
    words = str(text or "")
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
