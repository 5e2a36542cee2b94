"""Which rules stand on which table: contracts, domains and agreements turned into one list per lake table.

Engine-neutral: a `Rule` is all there is to know of a check. Running them is `suites`'; rows were judged once already by
`conform`, and the row rules here prove it on what was stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contracts.cross_rules import CrossKind, CrossRule, Suite
from contracts.matching import REGISTRY
from contracts.model import Agreement, Catalogue, Dataset, Entity, Rule
from contracts.rules import KINDS
from contracts.violation import Severity

# Judged on the staged table: identifiers are standardised there, and only the current version of each key is left.
_STAGED = {"unique", "reference", "shared"}


BUILT = Rule("built", "built", (), "timeliness", Severity.ERROR, {}, "已构建", "Built by the newest run")
"""Stands on every table that a model makes: its newest build succeeded. Answered by the build itself, not by a scan."""


def declared_rules(catalogue: Catalogue) -> dict[str, tuple[Rule, ...]]:
    """`<schema>.<table>` -> the rules declared on it, for raw, staging, theme and product tables."""
    found: dict[str, tuple[Rule, ...]] = {}
    for dataset in catalogue.datasets.values():
        found[f"raw.{dataset.table}"] = raw_rules(dataset)
        found[f"staging.stg_{dataset.table}"] = staged_rules(dataset)
    for domain in catalogue.domains.values():
        for entity in domain.entities:
            if catalogue.providers(entity.name):
                found[f"theme.{entity.name}"] = entity_rules(entity)
            if catalogue.matches(entity):
                found[f"staging.{entity.name}__loose"] = (_in_registry(entity),)
        for table, rules in domain.rules.items():
            found[f"theme.{table}"] = found.get(f"theme.{table}", ()) + rules
    for agreement in catalogue.agreements.values():
        table = f"product.{agreement.product}"
        found[table] = found.get(table, ()) + product_rules(agreement)
    for table, rules in across(one for each in catalogue.cross_rules.values() for one in each).items():
        found[table] = found.get(table, ()) + rules
    for table, suite in catalogue.suites.items():
        found[table] = found.get(table, ()) + suite_rules(suite)
    return {table: _distinct(rules) for table, rules in found.items() if rules}


def raw_rules(dataset: Dataset) -> tuple[Rule, ...]:
    """All rules of a contract that the accepted rows can be judged by on their own."""
    own = [rule for column in dataset.columns for rule in column.rules] + list(dataset.rules)
    return tuple(rule for rule in own if rule.kind not in _STAGED)


def staged_rules(dataset: Dataset) -> tuple[Rule, ...]:
    """Uniqueness, references and how many rows share a value, over the current version of each key."""
    own = [rule for column in dataset.columns for rule in column.rules] + list(dataset.rules)
    return tuple(rule for rule in [*own, *_shared(dataset)] if rule.kind in _STAGED)


def _shared(dataset: Dataset) -> list[Rule]:
    """For every identifier that is no key: who is in implausibly many rows is a placeholder that no other rule knew."""
    return [
        Rule(
            f"shared:{column.name}",
            "shared",
            (column.name,),
            KINDS["shared"].dimension,
            Severity.WARNING,
            {},
            f"{column.title_zh}未被过多记录共用",
            f"{column.title_en} is not shared by implausibly many rows",
        )
        for column in dataset.columns
        if (column.element.check or column.element.identifies) and not (column.key and len(dataset.key) == 1)
    ]


def entity_rules(entity: Entity) -> tuple[Rule, ...]:
    """The grain of a theme entity, and what its domain adds. Where rows are matched not each has an identifier."""
    grain = [_rule(kind, name) for name in ("city_id", entity.identifier) for kind in ("required", "unique")]
    if entity.matching:
        grain = [one for one in grain if (one.kind, *one.columns) != ("required", entity.identifier)]
        grain += [_departments_agree()] if entity.matching.conflicts else []
    return tuple(grain) + entity.rules


def product_rules(agreement: Agreement) -> tuple[Rule, ...]:
    """What an agreement promises of its product: required columns, at least one row, and its own rules."""
    required = [_rule("required", column.name) for column in agreement.columns if column.required]
    some = Rule("not_empty", "row_count", (), "completeness", Severity.ERROR, {"minimum": 1}, "非空", "Not empty")
    return (some, *required, *agreement.rules)


SUITE = "suite"
"""The kind of a rule that is an expectation of a suite written by hand."""
ACROSS = frozenset(map(str, CrossKind))
"""The kinds of rules across departments."""


def across(rules: Iterable[CrossRule]) -> dict[str, tuple[Rule, ...]]:
    """The rules across departments as checks, by the blamed table."""
    found: dict[str, tuple[Rule, ...]] = {}
    for one in rules:
        arguments = {"across": one, "tables": (one.other.table,)}
        titles = (one.title_zh, one.title_en)
        made = Rule(one.name, str(one.kind), one.blamed.columns, one.dimension, one.severity, arguments, *titles)
        found[one.blamed.table] = (*found.get(one.blamed.table, ()), made)
    return found


def suite_rules(suite: Suite) -> tuple[Rule, ...]:
    """The expectations of a suite that somebody wrote, as checks of its table."""
    return tuple(
        Rule(
            one.name,
            SUITE,
            (one.column,) if one.column else (),
            one.dimension,
            one.severity,
            {"type": one.type, "kwargs": one.kwargs},
            one.note,
            one.note,
        )
        for one in suite.expectations
    )


def compared_tables(rule: Rule) -> tuple[str, ...]:
    """The other tables that a rule looks at."""
    if "table" in rule.arguments:
        return (str(rule.arguments["table"]),)
    named = rule.arguments.get("tables", ())
    return tuple(map(str, named)) if isinstance(named, tuple) else ()


def _rule(kind: str, column: str) -> Rule:
    titles = {"required": ("必填", "Required"), "unique": ("唯一", "Unique")}[kind]
    return Rule(f"{kind}:{column}", kind, (column,), KINDS[kind].dimension, Severity.ERROR, {}, *titles)


def _in_registry(entity: Entity) -> Rule:
    """That the registry has every row that no identifier names: one that it lacks would be in no thing."""
    titles = ("均已归属", "Every row belongs to a thing")
    arguments = {"table": f"{REGISTRY}.{entity.name}", "column": "_key"}
    return Rule("in_registry", "reference", ("_key",), "consistency", Severity.ERROR, arguments, *titles)


def _departments_agree() -> Rule:
    """That departments say the same of a matched thing, where it matters that they do."""
    titles = ("各部门一致", "Departments agree")
    return Rule(
        "departments_agree", "range", ("conflict_count",), "consistency", Severity.WARNING, {"maximum": 0}, *titles
    )


def _distinct(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    named: Mapping[str, Rule] = {rule.name: rule for rule in rules}
    return tuple(named.values())
