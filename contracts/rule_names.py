"""One space of names for each table: what two rules of one table may not both be called.

A check is known by its table and its name alone, so that a second rule of a name would take the first one's place, and
its results. Names within one file are judged where the file is read; here is what several files say of one table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from contracts.cross_rules import CrossRule, Suite
from contracts.documents import Document
from contracts.model import Agreement, Dataset, Domain, Rule
from contracts.rules import STANDING

_FIX = "another name, of the file and in `rule:`"
Taken = dict[str, dict[str, str]]
"""Table -> name of a rule on it -> who has it."""


def names_taken(datasets: Iterable[Dataset], domains: Iterable[Domain], agreements: Iterable[Agreement]) -> Taken:
    """The names that contracts, domains and agreements give. Of a dataset raw and staging are one: they are told of as
    one thing."""
    taken: Taken = {}
    for dataset in datasets:
        own = [rule for column in dataset.columns for rule in column.rules] + list(dataset.rules)
        for table in (f"raw.{dataset.table}", f"staging.stg_{dataset.table}"):
            _take(taken, table, own, f"the contract of {dataset.id}")
    for domain in domains:
        for entity in domain.entities:
            _take(taken, f"theme.{entity.name}", entity.rules, f"the domain {domain.name}")
        for name, rules in domain.rules.items():
            _take(taken, f"theme.{name}", rules, f"the domain {domain.name}")
    for agreement in agreements:
        _take(taken, f"product.{agreement.product}", agreement.rules, f"the agreement {agreement.name}")
    return taken


def _take(taken: Taken, table: str, rules: Iterable[Rule], whose: str) -> None:
    taken.setdefault(table, {}).update({rule.name: whose for rule in rules})


def check_cross_names(taken: Taken, rules: Mapping[str, tuple[CrossRule, ...]], documents: Iterable[Document]) -> None:
    """Note every rule across departments that is called as another on a table that it blames."""
    for document in documents:
        for one in rules.get(document.path.stem, ()):
            table = one.blamed.table
            if one.name in STANDING:
                document.fault(("rule",), f"the rule {one.name!r} is there already, of itself", _FIX)
            elif whose := taken.get(table, {}).get(one.name):
                text = f"{whose} has a rule {one.name!r} on {table} already, whose place it would take"
                document.fault(("rule",), text, _FIX)


def check_suite_names(taken: Taken, suites: Mapping[str, Suite], documents: Mapping[Path, Document]) -> None:
    """Note every expectation of a suite that is called as another rule on its table."""
    by_stem = {path.stem: document for path, document in documents.items()}
    for table, suite in suites.items():
        for number, one in enumerate(suite.expectations):
            if whose := taken.get(table, {}).get(one.name):
                text = f"{whose} has a rule {one.name!r} on {table} already, whose place it would take"
                by_stem[table].fault(("expectations", number), text, "another name of the suite, or meta.id")


def check_domain_names(domains: Iterable[Domain], documents: Mapping[str, Document]) -> None:
    """Note every rule of a domain that it, or another, has in another way on the same table."""
    known: dict[tuple[str, str], Rule] = {}
    for domain in domains:
        for table, rules in [*((one.name, one.rules) for one in domain.entities), *domain.rules.items()]:
            for rule in rules:
                if known.setdefault((table, rule.name), rule) != rule:
                    text = f"there is another rule {rule.name!r} on theme.{table} already, whose place it would take"
                    documents[domain.name].fault(("tables", table), text, "another name for one of the two")
