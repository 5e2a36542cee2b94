"""Running the declared checks on the lake's tables, and recording what they say.

Each suite is `quality`'s; which table may be judged when is decided here. A failed check stops nothing: the gates read
what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import duckdb

from contracts.model import Dataset, DeliveryMode, Rule
from contracts.sql_text import identifier
from contracts.violation import CheckResult, Severity
from lake import facts
from lake.city import City
from lake.cores import threads_for_folder, use_threads
from lake.data_docs import DataDocs
from lake.failure import words
from lake.freshness import FRESHNESS, Newest, freshness, newest_deliveries
from quality.rules import compared_tables, declared_rules
from quality.suites import Subject, check_table


@dataclass
class Checks:
    """The checks of one run, each table's made once, as soon as the table and all that its rules look at are there.

    dbt builds in a process of its own: what is checked meanwhile costs a run no time.
    """

    city: City
    stands: Callable[[str], bool] = lambda _: False
    """Whether a table is the very one that was checked before, by the same rules: what was said of it counts."""
    _due: dict[str, None] = field(default_factory=dict)
    _made: dict[str, list[CheckResult]] = field(default_factory=dict)

    @cached_property
    def _rules(self) -> Mapping[str, Sequence[Rule]]:
        return declared_rules(self.city.catalogue)

    @cached_property
    def _recorded(self) -> Mapping[str, list[CheckResult]]:
        found: dict[str, list[CheckResult]] = {}
        for one in facts.check_results(self.city.ledger):
            if one.rule in {rule.name for rule in self._rules.get(one.table, ())}:
                found.setdefault(one.table, []).append(one)
        return found

    def due(self, table: str) -> None:
        """A table has new content, to be checked before the run ends."""
        self._made.pop(table, None)
        self._due[table] = None

    def make(self, unsettled: Collection[str] = ()) -> None:
        """Check what is due, but for what is, or is compared with, an `unsettled` table."""
        ready = [table for table in self._due if not unsettled or self._looks_at(table).isdisjoint(unsettled)]
        for table in ready:
            del self._due[table]
        for table, results in check_tables(self.city, ready).items():
            self._made[table] = results

    def _looks_at(self, table: str) -> set[str]:
        return {table} | {one for rule in self._rules.get(table, ()) for one in compared_tables(rule)}

    def of(self, tables: Iterable[str]) -> list[CheckResult]:
        """The results of tables, in their order; those not made in this run are made now."""
        wanted = list(tables)
        for table in wanted:
            if table not in self._made:
                if self.stands(table):
                    self._made[table] = self._recorded.get(table, [])
                else:
                    self._due[table] = None
        self.make()
        return [result for table in wanted for result in self._made.get(table, [])]


def check_tables(city: City, tables: Iterable[str], docs: DataDocs | None = None) -> dict[str, list[CheckResult]]:
    """Run every declared rule on the tables that exist, and record the results. A missing table has no results."""
    rules = declared_rules(city.catalogue)
    wanted = [table for table in tables if table in rules]
    use_threads(city.connection, threads_for_folder(city.settings.lake_data, city.settings.threads))
    versions = city.versions().of(wanted)
    # Of all datasets at once, which takes its time: while models are built, most tables have no such rule.
    timed = any(rule.kind == FRESHNESS for table in wanted for rule in rules[table])
    newest = newest_deliveries(city) if timed else {}
    results: dict[str, list[CheckResult]] = {}
    for table in wanted:
        if table in versions:
            subject = _subject(city, table, rules[table], versions[table])
            subject = replace(subject, page=docs.page(table)) if docs else subject
            found = results[table] = _check_safely(city, subject, newest)
            city.progress("check", table, f"{len(found)} rules, {sum(not one.passed for one in found)} failed")
    facts.record_checks(city, [result for found in results.values() for result in found])
    return results


def _subject(city: City, table: str, rules: Sequence[Rule], version: str) -> Subject:
    name = table.split(".", 1)[1].removeprefix("stg_")
    dataset = next((d for d in city.catalogue.datasets.values() if d.table == name), None)
    return Subject(table, rules, version, city.catalogue.code_sets, dataset, _current(table, dataset))


def _current(table: str, dataset: Dataset | None) -> str | None:
    """Of a raw table of snapshots the rows of the current one: what it took the place of is judged no more, or what
    mends all would mend nothing. Each was judged whole while it was current."""
    if dataset is None or dataset.mode is not DeliveryMode.SNAPSHOT or not table.startswith("raw."):
        return None
    name = f"lake.raw.{identifier(dataset.table)}"
    return f"select * from {name} where _delivery = (select max(_delivery) from {name})"


def _check_safely(city: City, subject: Subject, newest: Newest) -> list[CheckResult]:
    """The results of a table's rules; where the suite itself fails, each rule has failed for that reason."""
    try:
        return _check(city, subject, newest)
    except duckdb.FatalException:
        raise
    except Exception as error:
        return [_unjudged(subject, rule, words(error)) for rule in subject.rules]


def _unjudged(subject: Subject, rule: Rule, why: str) -> CheckResult:
    return CheckResult(
        table=subject.table,
        rule=rule.name,
        dimension=rule.dimension,
        severity=Severity(rule.severity),
        passed=False,
        rows=None,
        failing_rows=None,
        column=", ".join(rule.columns) or None,
        error=f"the table's checks could not be run: {why}",
        data_version=subject.data_version,
    )


def _check(city: City, subject: Subject, newest: Newest) -> list[CheckResult]:
    timed = [rule for rule in subject.rules if rule.kind == FRESHNESS]
    plain = replace(subject, rules=tuple(rule for rule in subject.rules if rule.kind != FRESHNESS))
    found = check_table(city.connection, plain) if plain.rules else []
    dataset = subject.dataset
    if dataset is None:
        return found
    return found + [freshness(city, rule, dataset, newest, data_version=subject.data_version) for rule in timed]
