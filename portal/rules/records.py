"""The rules of the city as records: what stands on each table, where it comes from, and what it last came to.

Declarations and the ledger's newest results; nothing is judged here, and no value of the data is in any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.acts import Role
from contracts.cross_rules import CrossRule
from contracts.model import Catalogue, Rule
from contracts.rules_in_words import words
from lake.suite_desk import known_tables
from portal.people.reader import Reader
from quality.rules import ACROSS, SUITE, declared_rules

ROLES = (Role.STEWARD, Role.OWNER)
DERIVED, DECLARED, CROSS, BY_HAND = "derived", "declared", "across", "suite"
ORIGINS = (DERIVED, DECLARED, CROSS, BY_HAND)
STATES = ("failing", "holding", "broken", "unknown", "empty")


@dataclass(frozen=True)
class Line:
    """One rule on one table: its words, whence it is, what it is compared with, and its newest result."""

    table: str
    name: str
    origin: str
    title_zh: str
    title_en: str
    dimension: str
    severity: str
    columns: tuple[str, ...]
    compared: str = ""
    owner: str = ""
    fix: str = ""
    result: Mapping[str, Any] | None = None

    @property
    def state(self) -> str:
        """How it stands: what was not made, could not be judged, or had nothing to judge, is never one that holds."""
        if self.result is None:
            return "unknown"
        if self.result["error"] or self.result["rows"] is None:
            return "broken"
        if self.result["passed"] and self.result["rows"] == 0:
            return "empty"
        return "holding" if self.result["passed"] else "failing"


@dataclass(frozen=True)
class Table:
    """One table with its rules; `department` is whose it is, empty for the city's own."""

    name: str
    title_zh: str
    title_en: str
    department: str
    lines: tuple[Line, ...]

    def count(self, state: str) -> int:
        """How many of its rules stand so."""
        return sum(one.state == state for one in self.lines)


Results = Mapping[tuple[str, str], Mapping[str, Any]]
"""Table and rule -> what the rule last came to."""


def tables(catalogue: Catalogue) -> dict[str, Table]:
    """Every table with all its rules, by name, without a result."""
    titles = _titles(catalogue)
    return {name: _table(catalogue, titles, name, rules) for name, rules in declared_rules(catalogue).items()}


def with_results(one: Table, results: Results) -> Table:
    """A table, each of its rules with what it last came to."""
    return replace(one, lines=tuple(replace(line, result=results.get((one.name, line.name))) for line in one.lines))


def urgency(one: Table) -> tuple[int, int, str]:
    """By which tables are in order: what fails first, and of that what withholds."""
    wrong = [line for line in one.lines if line.state in ("failing", "broken")]
    return -sum(line.severity == "error" for line in wrong), -len(wrong), one.name


def bare(catalogue: Catalogue, name: str) -> Table | None:
    """A table without a rule, that may have a suite; None for what is none."""
    return _table(catalogue, _titles(catalogue), name, ()) if name in known(catalogue) else None


def known(catalogue: Catalogue) -> set[str]:
    """Every table that has rules, or may have a suite."""
    return {*declared_rules(catalogue), *known_tables(catalogue)}


def may_tend(reader: Reader, department: str) -> bool:
    """Whether a reader looks after a department's tables; those of no department are for the city's own."""
    if department:
        return any(reader.has(role, department=department) for role in ROLES)
    return any(reader.departments(role) is None for role in ROLES)


_Titles = Mapping[str, tuple[tuple[str, str], str]]


def _table(catalogue: Catalogue, titled: _Titles, name: str, rules: tuple[Rule, ...]) -> Table:
    unknown = name.partition(".")[2]
    titles, department = titled.get(name, ((unknown, unknown), ""))
    return Table(name, *titles, department, tuple(_lines(catalogue, name, rules)))


def _titles(catalogue: Catalogue) -> _Titles:
    """Table -> its titles, and the department whose it is."""
    agreements = [*catalogue.agreements.values()][::-1]  # the first of a name counts
    found = {f"product.{one.product}": ((one.title_zh, one.title_en), "") for one in agreements}
    found |= {f"theme.{name}": ((one.title_zh, one.title_en), "") for name, one in catalogue.entities.items()}
    for one in catalogue.datasets.values():
        titles = (one.title_zh, one.title_en), one.department
        found |= {f"raw.{one.table}": titles, f"staging.stg_{one.table}": titles}
    return found


def _lines(
    catalogue: Catalogue,
    table: str,
    rules: tuple[Rule, ...],
) -> Iterator[Line]:
    for rule in rules:
        zh, en = words(rule)
        one = rule.arguments.get("across")
        cross = one if isinstance(one, CrossRule) else None
        yield Line(
            table,
            rule.name,
            _origin(rule),
            zh,
            en,
            rule.dimension,
            str(rule.severity),
            rule.columns,
            compared=cross.other.of if cross else "",
            owner=catalogue.departments[cross.owner].title_zh if cross else "",
            fix=cross.fix if cross else "",
        )


def _origin(rule: Rule) -> str:
    if rule.kind in ACROSS:
        return CROSS
    if rule.kind == SUITE:
        return BY_HAND
    # What a column has without anybody writing it is called after its kind.
    return DERIVED if rule.name.partition(":")[0] == rule.kind else DECLARED
