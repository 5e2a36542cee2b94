"""Two states of a city's declarations: every change between them, its kind, and whether it breaks a promise.

Contracts are compared by `compare.py`; here are datasets, departments, domains and agreements that come, go or change.
What a change touches (tables, products, recipients) is not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from contracts.compare import Comparison, compare
from contracts.masks import CITY_ID
from contracts.model import Agreement, Catalogue, Dataset, Domain, Entity, OpenAttribute


@dataclass(frozen=True)
class Change:
    """One change. `subject` is a dataset, `<dataset>.<column or rule>`, or a domain, entity, department or agreement;
    `about` is the dataset, entity or agreement that it belongs to. `wants` is the version that it needs to be in force.
    """

    subject: str
    kind: str
    breaking: bool
    about: str
    before: str = ""
    after: str = ""
    wants: str = ""


def changes(before: Catalogue, after: Catalogue, promised: Collection[str] | None = None) -> list[Change]:
    """All changes, breaking ones first. Of agreements those `promised` (None: all) need versions for what breaks."""
    found = [
        *_datasets(before, after),
        *_named("department", before.departments, after.departments),
        *_domains(before, after),
        *_agreements(before.agreements, after.agreements, promised),
        *_code_sets(before, after),
        *_indicators(before, after),
    ]
    return sorted(found, key=lambda one: (not one.breaking, one.subject, one.kind))


def unversioned(before: Catalogue, after: Catalogue) -> dict[str, Comparison]:
    """Datasets whose contract breaks a promise, and says no higher version for it."""
    compared = {
        name: compare(before.datasets[name], after.datasets[name]) for name in after.datasets if name in before.datasets
    }
    return {name: one for name, one in compared.items() if one.breaking and not one.version_sound}


def unversioned_agreements(
    before: Catalogue, after: Catalogue, promised: Collection[str]
) -> dict[str, tuple[Change, ...]]:
    """Agreements of those `promised` that promise less than they did, and say no higher version for it: what breaks."""
    both = [name for name in after.agreements if name in before.agreements and name in promised]
    told = {name: _agreement(before.agreements[name], after.agreements[name]) for name in both}
    found = {name: tuple(one for one in changes if one.wants) for name, changes in told.items()}
    return {name: broken for name, broken in found.items() if broken}


def _datasets(before: Catalogue, after: Catalogue) -> Iterator[Change]:
    renamed = {old: name for name, one in after.datasets.items() for old in one.formerly if old in before.datasets}
    for name in before.datasets.keys() - after.datasets.keys():
        if name in renamed:
            yield Change(renamed[name], "dataset_renamed", True, renamed[name], name, renamed[name])
        else:
            yield Change(name, "dataset_removed", True, name)
    for name, dataset in after.datasets.items():
        if name in before.datasets:
            yield from _contract(before.datasets[name], dataset)
        elif name not in renamed.values():
            yield Change(name, "dataset_added", False, name)


def _contract(before: Dataset, after: Dataset) -> Iterator[Change]:
    found = compare(before, after)
    wants = found.least_version if found.breaking and not found.version_sound else ""
    for one in found.differences:
        subject = after.id if one.subject == after.id else f"{after.id}.{one.subject}"
        told = wants if one.breaking else ""
        yield Change(subject, one.kind.replace(" ", "_"), one.breaking, after.id, one.before, one.after, told)
    if before.version != after.version and not found.differences:
        yield Change(after.id, "version_changed", False, after.id, before.version, after.version)


def _named(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    yield from (Change(name, f"{kind}_removed", True, name) for name in before.keys() - after.keys())
    yield from (Change(name, f"{kind}_added", False, name) for name in after.keys() - before.keys())
    for name in before.keys() & after.keys():
        if before[name] != after[name]:
            yield Change(name, f"{kind}_changed", False, name)


def _indicators(before: Catalogue, after: Catalogue) -> Iterator[Change]:
    """Whoever reads a sign by its id finds it no more: that breaks. How it is made and told may change."""
    yield from _named("indicator", before.indicators.every, after.indicators.every)


def _domains(before: Catalogue, after: Catalogue) -> Iterator[Change]:
    for name in before.domains.keys() - after.domains.keys():
        yield Change(name, "domain_removed", True, name)
    for name, domain in after.domains.items():
        if name not in before.domains:
            yield Change(name, "domain_added", False, name)
        else:
            yield from _domain(before.domains[name], domain)


def _domain(before: Domain, after: Domain) -> Iterator[Change]:
    old, new = ({one.name: one for one in domain.entities} for domain in (before, after))
    yield from (Change(name, "entity_removed", True, name) for name in old.keys() - new.keys())
    yield from (Change(name, "entity_added", False, name) for name in new.keys() - old.keys())
    for name in old.keys() & new.keys():
        yield from _entity(old[name], new[name])
    if before.rules != after.rules:
        for table in before.rules.keys() | after.rules.keys():
            if before.rules.get(table) != after.rules.get(table):
                yield Change(f"theme.{table}", "rules_changed", False, table)
    if _but(before, "entities", "rules") != _but(after, "entities", "rules"):
        yield Change(after.name, "domain_described", False, after.name)


def _entity(before: Entity, after: Entity) -> Iterator[Change]:
    name = after.name
    for fact in ("identifier", "id_prefix", "grain", "domain"):
        one, other = getattr(before, fact), getattr(after, fact)
        if one != other:
            breaking = fact in {"identifier", "id_prefix", "domain"}
            yield Change(name, f"entity_{fact}_changed", breaking, name, one, other)
    old, new = ({one.name: one for one in entity.attributes} for entity in (before, after))
    yield from (Change(f"{name}.{one}", "attribute_removed", True, name) for one in old.keys() - new.keys())
    yield from (Change(f"{name}.{one}", "attribute_added", False, name) for one in new.keys() - old.keys())
    for one in old.keys() & new.keys():
        types = [str(each[one].element.type) for each in (old, new)]
        if types[0] != types[1]:
            yield Change(f"{name}.{one}", "attribute_retyped", True, name, *types)
        elif old[one] != new[one]:
            yield Change(f"{name}.{one}", "attribute_changed", False, name)
    if before.rules != after.rules:
        yield Change(name, "rules_changed", False, name)


# Of an agreement: what each fact is called when it changes. What is not listed breaks; of what is, whether it does
# may depend on the way that it changed.
_TERMS: Mapping[str, tuple[str, bool]] = {
    "agency": ("recipient_changed", True),
    "product": ("product_changed", True),
    "level_ceiling": ("ceiling_changed", False),
    "category_ceiling": ("ceiling_changed", False),
    "purpose": ("purpose_changed", False),
    "purpose_code": ("purpose_changed", False),
    "allowed_purposes": ("purpose_changed", False),
    "legal_basis": ("legal_basis_changed", False),
    "scope": ("scope_changed", True),
    "rows": ("scope_changed", True),
    "untold_basis": ("telling_changed", False),
    "valid_from": ("validity_changed", False),
    "valid_until": ("validity_changed", False),
    "sharing_attribute": ("sharing_changed", False),
    "rules": ("rules_changed", False),
    "licence": ("licence_changed", True),
    "open_attribute": ("openness_changed", False),
    "title_zh": ("title_changed", False),
    "title_en": ("title_changed", False),
    "freshness_working_days": ("quality_changed", False),
    "minimum_score": ("quality_changed", False),
    "minimum_group": ("privacy_changed", False),
    "quasi_identifiers": ("privacy_changed", False),
    "l_diversity": ("privacy_changed", False),
    "rounded_to": ("privacy_changed", False),
    "impact_assessment": ("approval_changed", False),
    "approvals": ("approval_changed", False),
    "request": ("approval_changed", False),
    "author": ("approval_changed", False),
    "declassifiers": ("approval_changed", False),
}


def _agreements(
    before: Mapping[str, Agreement], after: Mapping[str, Agreement], promised: Collection[str] | None
) -> Iterator[Change]:
    yield from (Change(name, "agreement_removed", True, name) for name in before.keys() - after.keys())
    yield from (Change(name, "agreement_added", False, name) for name in after.keys() - before.keys())
    for name in before.keys() & after.keys():
        found = _agreement(before[name], after[name])
        yield from found if promised is None or name in promised else (replace(one, wants="") for one in found)


def _agreement(before: Agreement, after: Agreement) -> list[Change]:
    found = list(_terms(before, after))
    if before.version != after.version and not found:
        return [Change(after.name, "version_changed", False, after.name, before.version, after.version)]
    least = f"{_numbers(before.version)[0] + 1}.0.0"
    sound = _numbers(after.version) >= _numbers(least)
    return [replace(one, wants=least) if one.breaking and not sound else one for one in found]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _terms(before: Agreement, after: Agreement) -> Iterator[Change]:
    name = after.name
    told: dict[str, bool] = {}
    for item in fields(Agreement):
        if item.name in {"path", "columns", "name", "version"} or getattr(before, item.name) == getattr(
            after, item.name
        ):
            continue
        kind, breaking = _TERMS.get(item.name, (f"{item.name}_changed", True))
        told[kind] = told.get(kind, False) or breaking or _is_less(item.name, before, after)
    yield from (Change(name, kind, breaking, name) for kind, breaking in told.items())
    old, new = ({one.name: one for one in agreement.columns} for agreement in (before, after))
    yield from (Change(f"{name}.{one}", "column_removed", True, name) for one in old.keys() - new.keys())
    yield from (Change(f"{name}.{one}", "column_added", False, name) for one in new.keys() - old.keys())
    for one in old.keys() & new.keys():
        if old[one].type != new[one].type:
            yield Change(f"{name}.{one}", "column_retyped", True, name, str(old[one].type), str(new[one].type))
        elif old[one] != new[one]:
            dropped = old[one].required and not new[one].required
            # That a column is the city's id was so before it was said.
            dropped = dropped or new[one].mask not in (None, CITY_ID, old[one].mask)
            yield Change(f"{name}.{one}", "column_changed", dropped, name)


def _is_less(fact: str, before: Agreement, after: Agreement) -> bool:
    """Whether the recipient may get less, or for less long, than before."""
    one, other = getattr(before, fact), getattr(after, fact)
    if fact == "valid_until" or fact == "level_ceiling":
        return bool(other < one)
    if fact == "open_attribute":
        return bool(other is OpenAttribute.CONDITIONAL)
    return bool(other > one) if fact == "valid_from" else False


def _code_sets(before: Catalogue, after: Catalogue) -> Iterator[Change]:
    for name in before.code_sets.keys() & after.code_sets.keys():
        old, new = before.code_sets[name].codes, after.code_sets[name].codes
        if gone := len(old.keys() - new.keys()):
            yield Change(f"code set {name}", "codes_removed", True, name, f"{gone} codes")
        if come := len(new.keys() - old.keys()):
            yield Change(f"code set {name}", "codes_added", False, name, "", f"{come} codes")


def _but(record: Any, *names: str) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in names}
