"""What a run would do, and why, before it is done: the datasets that are looked at, the tables and products after them.

A dataset that is looked at may turn out to hold what it held; what is made of it is then left as it is. Nothing is done
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.recorded import read_evidence
from orchestration.changes.changes import Changes
from orchestration.changes.verdicts import Verdicts


@dataclass(frozen=True)
class Plan:
    """Each thing that would be done -> why; and how many there are of each kind."""

    datasets: Mapping[str, str]
    tables: Mapping[str, str]
    agreements: Mapping[str, str]
    of: Mapping[str, int]

    @property
    def is_empty(self) -> bool:
        """Whether everything stands."""
        return not (self.datasets or self.tables or self.agreements)

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        done = {"datasets": self.datasets, "tables": self.tables, "agreements": self.agreements}
        rows = {
            kind: [{kind.removesuffix("s"): name, "why": why} for name, why in each.items()]
            for kind, each in done.items()
        }
        return {**rows, "stands": {kind: self.of[kind] - len(each) for kind, each in done.items()}}


def plan(changes: Changes) -> Plan:
    """The plan of a run now. Where the project is another than was recorded, `changes` knows its texts."""
    catalogue = changes.city.catalogue
    datasets = _whys({one.id: changes.why_carry(one) for one in catalogue.datasets.values()})
    tables = _tables(changes, {f"raw.{catalogue.datasets[name].table}" for name in datasets})
    verdicts = Verdicts(changes)
    agreements = _whys(
        {
            one.name: verdicts.why_judge(one) or _upstream(changes, one.name, datasets, tables)
            for one in catalogue.agreements.values()
        }
    )
    of = {"datasets": len(catalogue.datasets), "tables": len(changes.stored), "agreements": len(catalogue.agreements)}
    return Plan(datasets, tables, agreements, of)


def _whys(found: Mapping[str, str]) -> dict[str, str]:
    return {name: why for name, why in found.items() if why}


def _tables(changes: Changes, carried: set[str]) -> dict[str, str]:
    """The tables that would be made; one that is made of what is looked at may be, and so may one whose checks compare
    it with such a table: else they would say what was so before."""
    touched, found = set(carried), dict[str, str]()
    before = -1
    while before != len(touched):  # what a table is compared with may come after it
        before = len(touched)
        for table in changes.in_order:
            why = _why(changes, table, touched)
            if why and table in changes.stored:
                found.setdefault(table, why)
            if why or touched.intersection(changes.above(table)):
                touched.add(table)
    return found


def _why(changes: Changes, table: str, touched: set[str]) -> str:
    if table in changes.stored and (why := changes.why_make(table)):
        return why
    below = sorted(touched.intersection(changes.above(table)))
    if below:
        return f"unless {', '.join(below)} turns out as it was{_by_batch(changes, table, below)}"
    compared = sorted(touched.intersection(changes.compared_with(table))) if table in changes.stored else []
    return f"unless {', '.join(compared)}, which its checks look at, turns out as it was" if compared else ""


def _by_batch(changes: Changes, table: str, below: Sequence[str]) -> str:
    known = changes.before.tables.get(table)
    return "; it follows that by batch" if known and list(below) == [known.follows] else ""


def _upstream(changes: Changes, agreement: str, datasets: Mapping[str, str], tables: Mapping[str, str]) -> str:
    entry = changes.city.ledger.latest("verdict", agreement)
    evidence = read_evidence(entry.body.get("evidence")) if entry else None
    if evidence is None:
        return ""
    touched = sorted({source.dataset for source in evidence.sources} & datasets.keys())
    touched += sorted({one.table for one in evidence.quality.tables} & tables.keys())
    return f"unless {', '.join(touched)} turns out as it was" if touched else ""
