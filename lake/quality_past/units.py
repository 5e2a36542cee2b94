"""What has a score of its own: a dataset (raw and staging together), a theme table, a product; and whose it is.

Also which rules stand on each, of what kind, and which of a dataset's reasons say that a value is not as its standard
has it. From the declarations alone; nothing of the ledger is known here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contracts.model import Catalogue, Column, Dataset
from contracts.rules import KINDS
from contracts.violation import Severity
from quality.rules import declared_rules, raw_rules

DATASET, TABLE, PRODUCT = "dataset", "table", "product"
CITY = "city"
DELIVERED = "delivered."
"""Before a dataset's table: what was found of its deliveries as they came, before the bad rows were set aside."""
STANDARD = frozenset({"type", "pattern", "length", "check_digit", "code_set", "range", "characters", "invisible"})
"""The kinds of rule by which a value conforms to its data element or code set."""
READABLE = "readable"
"""A product can be read as its recipients read it: what the probe finds."""


@dataclass(frozen=True)
class Unit:
    """Something with a score; `department` of a dataset, `domain` of a theme table, else ""."""

    name: str
    kind: str
    department: str = ""
    domain: str = ""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What its score goes into."""
        more = ((f"department:{self.department}",) if self.department else ()) + (
            (f"domain:{self.domain}",) if self.domain else ()
        )
        return (CITY, *more)


@dataclass(frozen=True)
class OnDelivery:
    """A rule that rows are rejected by as they land, and the reasons by which it says so."""

    kind: str
    dimension: str
    column: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Declared:
    """What the declarations say: units by name, the unit of each table, and rule -> kind on each table."""

    units: Mapping[str, Unit]
    by_table: Mapping[str, str]
    rules: Mapping[str, Mapping[str, str]]
    datasets: Mapping[str, Dataset]
    digest: str
    bound: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Dataset -> column that follows a standard -> the reasons that say that a value does not."""
    following: Mapping[str, int] = field(default_factory=dict)
    """Dataset -> how many of its columns follow a standard that a value can break."""
    delivered: Mapping[str, Mapping[str, OnDelivery]] = field(default_factory=dict)
    """Dataset -> the rules that each row is judged by as it lands: those that break one are not in the lake."""

    def counts(self, table: str, rule: str) -> int:
        """Whether a rule on a table counts (1), is not declared (0), or is answered by what was delivered (2).

        A rule that rejects rows holds of those that are left by itself: what was delivered is what it tells of.
        """
        if self.kind(table, rule) is None:
            return 0
        return 2 if table.startswith("raw.") and rule in self.delivered.get(self.by_table[table], {}) else 1

    def kind(self, table: str, rule: str) -> str | None:
        """What kind of rule one is; None where no such rule stands on the table."""
        if rule == "built":
            return "built" if table in self.by_table else None
        if rule.startswith(f"{READABLE}:"):
            return READABLE
        if table.startswith(DELIVERED):
            found = self.delivered.get(self.by_table.get(table, ""), {}).get(rule)
            return found.kind if found else None
        return self.rules.get(table, {}).get(rule)


def declared(catalogue: Catalogue) -> Declared:
    """What a catalogue declares of quality."""
    rules = {
        table: {rule.name: rule.kind for rule in each} for table, each in sorted(declared_rules(catalogue).items())
    }
    units, by_table = dict[str, Unit](), dict[str, str]()
    for unit, tables in _units(catalogue, rules):
        units[unit.name] = unit
        by_table |= dict.fromkeys(tables, unit.name)
    bound = {name: {one.name: _reasons(one) for one in each.columns} for name, each in catalogue.datasets.items()}
    modes = {name: str(one.mode) for name, one in catalogue.datasets.items()}
    following = {name: sum(map(is_bound, one.columns)) for name, one in catalogue.datasets.items()}
    delivered = {name: _on_delivery(one) for name, one in catalogue.datasets.items()}
    facts = repr((rules, delivered, sorted(units.items()), sorted(modes.items()))).encode()
    return Declared(
        units, by_table, rules, catalogue.datasets, hashlib.sha256(facts).hexdigest(), bound, following, delivered
    )


def _units(catalogue: Catalogue, rules: Mapping[str, object]) -> Iterator[tuple[Unit, list[str]]]:
    for name, one in catalogue.datasets.items():
        yield (
            Unit(name, DATASET, one.department),
            [*(f"raw.{one.table}", f"staging.stg_{one.table}", f"{DELIVERED}{one.table}")],
        )
    domains = {
        f"theme.{table}": domain.name
        for domain in catalogue.domains.values()
        for table in (*(entity.name for entity in domain.entities), *domain.rules)
    }
    for table in rules:
        if table.startswith("theme."):
            yield Unit(table, TABLE, "", domains.get(table, "")), [table]
        elif table.startswith("product."):
            yield Unit(table, PRODUCT), [table]


def _on_delivery(dataset: Dataset) -> dict[str, OnDelivery]:
    found = {
        rule.name: OnDelivery(rule.kind, rule.dimension, ", ".join(rule.columns), (rule.name,))
        for rule in raw_rules(dataset)
        if KINDS[rule.kind].per_row and rule.severity is Severity.ERROR
    }
    structure = OnDelivery("structure", "conformity", "", ("structure",))
    return {**found, "structure": structure}


def _reasons(column: Column) -> frozenset[str]:
    return frozenset(rule.name for rule in column.rules if rule.kind in STANDARD)


def is_bound(column: Column) -> bool:
    """Whether a column follows a standard that a value can break: a code set, or an element with a form of its own."""
    element = column.element
    return bool(element.code_set or element.pattern or element.check or element.formats or _reasons(column))
