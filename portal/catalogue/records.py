"""The resources of a city as records: datasets, theme entities and tables, and products, from the declarations alone.

Core metadata follow GB/T 21063.3 (title, identifier, provider, abstract, category, sharing attribute, update cycle). No
value of the data is in any. Who may know of which is `sight.py`'s; what became of one `past.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.model import (
    Agreement,
    Catalogue,
    Column,
    Dataset,
    Domain,
    Entity,
    Level,
    OpenAttribute,
    Rule,
    SharingAttribute,
)
from quality.rules import ACROSS, SUITE, declared_rules

DATASET, ENTITY, TABLE, PRODUCT = "dataset", "entity", "table", "product"
KINDS = (DATASET, ENTITY, TABLE, PRODUCT)
PUBLIC = "public"


@dataclass(frozen=True)
class Field:
    """One column of a resource; `headers` are the names that it has in what is delivered."""

    name: str
    title_zh: str
    title_en: str
    type: str
    level: str
    element: str = ""
    headers: tuple[str, ...] = ()
    sharing: str = ""
    required: bool = False
    key: bool = False
    element_zh: str = ""
    element_en: str = ""


@dataclass(frozen=True)
class Resource:
    """One resource as it is declared. `table` is where it lies in the lake, `tables` all that its checks are of."""

    id: str
    kind: str
    title_zh: str
    title_en: str
    description: str
    provider: str
    provider_zh: str
    owner: str
    domain: str
    level: str
    category: str
    sharing: str
    frequency: str
    fields: tuple[Field, ...]
    code: str = ""
    open: str = str(OpenAttribute.NOT_OPEN)
    legal_basis: str = ""
    version: str = ""
    fresh_days: int | None = None
    table: str = ""
    tables: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    formerly: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()
    format: str = ""


_BRIEF = (
    *("id", "kind", "title_zh", "title_en", "description", "provider", "provider_zh", "owner", "domain", "level"),
    *("category", "sharing", "frequency"),
)
_OF_FIELD = ("name", "title_zh", "title_en", "type", "level", "element")


def brief(one: Resource, updated: str, state: str) -> dict[str, Any]:
    """A record without its fields, as JSON-ready data, with the day of what is newest of it, and its state."""
    return {**{name: getattr(one, name) for name in _BRIEF}, "updated": updated, "state": state}


def told_fields(one: Resource) -> list[dict[str, Any]]:
    """A record's fields, as JSON-ready data."""
    return [{**{name: getattr(each, name) for name in _OF_FIELD}, "headers": list(each.headers)} for each in one.fields]


def resources(catalogue: Catalogue) -> list[Resource]:
    """Every resource of the city, by id."""
    rules = declared_rules(catalogue)
    found = [
        *(_dataset(catalogue, one) for one in catalogue.datasets.values()),
        *(one for domain in catalogue.domains.values() for one in _themes(domain, catalogue, rules)),
        *products(catalogue.agreements.values(), rules),
    ]
    return sorted(found, key=lambda one: one.id)


def products(agreements: Iterable[Agreement], rules: Mapping[str, Sequence[Rule]]) -> Iterator[Resource]:
    """Each product of some agreements once, whoever receives it: that is nobody else's to know."""
    by = dict[str, list[Agreement]]()
    for agreement in agreements:
        by.setdefault(agreement.product, []).append(agreement)
    for name, each in by.items():
        table = f"product.{name}"
        yield _product(table, sorted(each, key=lambda one: one.name), _promised(rules.get(table, ())))


def _promised(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """What a table promises of itself: what it is held to with other departments, and by hand, is its stewards' to see
    (`portal/rules`)."""
    return tuple(rule for rule in rules if rule.kind not in ACROSS and rule.kind != SUITE)


def _dataset(catalogue: Catalogue, dataset: Dataset) -> Resource:
    department = catalogue.departments[dataset.department]
    return Resource(
        id=dataset.id,
        kind=DATASET,
        title_zh=dataset.title_zh,
        title_en=dataset.title_en,
        description=dataset.description,
        provider=dataset.department,
        provider_zh=department.title_zh,
        owner=dataset.owner,
        domain=dataset.domain,
        level=highest(column.level for column in dataset.columns),
        category=str(dataset.category),
        sharing=str(dataset.sharing_attribute),
        frequency=dataset.frequency,
        fields=tuple(map(_field, dataset.columns)),
        code=f"{department.code}/{dataset.name}",
        open=str(dataset.open_attribute),
        legal_basis=dataset.legal_basis or "",
        version=dataset.version,
        fresh_days=dataset.freshness_working_days,
        table=f"raw.{dataset.table}",
        tables=(f"raw.{dataset.table}", f"staging.stg_{dataset.table}"),
        rules=(*(rule for column in dataset.columns for rule in column.rules), *dataset.rules),
        formerly=dataset.formerly,
        format=dataset.source.format,
    )


def _field(column: Column) -> Field:
    element = column.element
    told = (str(element.type), str(column.level), element.name, column.headers, str(column.sharing_attribute))
    flags = (column.required, column.key, element.title_zh, element.title_en)
    return Field(column.name, column.title_zh, column.title_en, *told, *flags)


def _themes(domain: Domain, catalogue: Catalogue, rules: Mapping[str, Sequence[Rule]]) -> Iterator[Resource]:
    """The entities of a domain, and its tables that are written by hand, of which it declares checks alone."""
    for entity in domain.entities:
        yield _entity(entity, domain, catalogue, _promised(rules.get(f"theme.{entity.name}", ())))
    for name in sorted(domain.rules.keys() - {one.name for one in domain.entities}):
        title = name.replace("_", " ")
        yield _theme(domain, name, (f"{domain.title_zh}：{title}", title.capitalize()), tuple(domain.rules[name]))


def _entity(entity: Entity, domain: Domain, catalogue: Catalogue, rules: tuple[Rule, ...]) -> Resource:
    providers = sorted({dataset.department for dataset, _ in catalogue.providers(entity.name)})
    fields = tuple(
        Field(
            *(one.name, one.title_zh, one.title_en, str(one.element.type), str(one.level), one.element.name),
            element_zh=one.element.title_zh,
            element_en=one.element.title_en,
        )
        for one in entity.attributes
    )
    return Resource(
        **_of_theme(domain, entity.name),
        kind=ENTITY,
        title_zh=entity.title_zh,
        title_en=entity.title_en,
        description=entity.grain,
        provider=", ".join(providers),
        provider_zh="、".join(catalogue.departments[name].title_zh for name in providers),
        level=highest(one.level for one in entity.attributes),
        fields=fields,
        rules=rules,
    )


def _theme(domain: Domain, name: str, titles: tuple[str, str], rules: tuple[Rule, ...]) -> Resource:
    told = {"kind": TABLE, "title_zh": titles[0], "title_en": titles[1], "description": domain.description}
    empty = {"provider": "", "provider_zh": "", "level": "", "fields": ()}
    return Resource(**_of_theme(domain, name), **told, **empty, rules=rules)  # type: ignore[arg-type]


def _of_theme(domain: Domain, name: str) -> dict[str, Any]:
    table = f"theme.{name}"
    told = {"id": table, "code": table, "table": table, "tables": (table,), "owner": domain.owner}
    return {**told, "domain": domain.name, "category": "", "sharing": "", "frequency": ""}


def _product(table: str, agreements: list[Agreement], rules: tuple[Rule, ...]) -> Resource:
    first = agreements[0]
    columns = {one.name: one for agreement in reversed(agreements) for one in agreement.columns}
    ordered = [*first.columns, *(one for name, one in columns.items() if name not in {c.name for c in first.columns})]
    fields = tuple(
        Field(one.name, one.title_zh, one.title_en, str(one.type), str(one.level or ""), required=one.required)
        for one in ordered
    )
    opened = [one for one in agreements if one.agency == PUBLIC]
    return Resource(
        id=table,
        kind=PRODUCT,
        title_zh=first.title_zh,
        title_en=first.title_en,
        description="",
        provider="",
        provider_zh="",
        owner="",
        domain="",
        level=str(max(one.level_ceiling for one in agreements)),
        category=str(max((one.category_ceiling for one in agreements), key=lambda one: one.rank)),
        sharing=_strictest(agreements),
        frequency="",
        fields=fields,
        code=table,
        open=str(opened[0].open_attribute) if opened else str(OpenAttribute.NOT_OPEN),
        version=first.version,
        table=table,
        tables=(table,),
        rules=rules,
        agreements=tuple(one.name for one in agreements),
    )


def _strictest(agreements: Sequence[Agreement]) -> str:
    conditional = any(one.sharing_attribute is not SharingAttribute.UNCONDITIONAL for one in agreements)
    return str(SharingAttribute.CONDITIONAL if conditional else SharingAttribute.UNCONDITIONAL)


def highest(levels: Iterable[Level | str]) -> str:
    """The highest of some levels; L1 of none."""
    return str(max((str(one) for one in levels if one), default=str(Level.L1)))
