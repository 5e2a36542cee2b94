"""The resources of a city as records: datasets, theme entities and products, from the declarations and the ledger.

Core metadata follow GB/T 21063.3 (title, abstract, provider, category, sharing attribute, update cycle, identifier). No
value of the data is in any. Searching and showing are not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.model import Agreement, Catalogue, Column, Dataset, Entity, Level
from lake import facts
from portal.released import Released
from sharing.ledger import Ledger

DATASET, ENTITY, PRODUCT = "dataset", "entity", "product"


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


@dataclass(frozen=True)
class Resource:
    """One resource. `state` is published, updated or withdrawn once there is something, else compiled (编目)."""

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
    updated: str
    state: str
    fields: tuple[Field, ...]

    def brief(self) -> dict[str, Any]:
        """The record without its fields, as JSON-ready data."""
        return {name: value for name, value in vars(self).items() if name != "fields"}

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**self.brief(), "fields": [{**vars(one), "headers": list(one.headers)} for one in self.fields]}


def resources(catalogue: Catalogue, ledger: Ledger, released: Released) -> list[Resource]:
    """Every resource of the city, by id."""
    found = [*_datasets(catalogue, ledger), *_entities(catalogue), *_products(catalogue, released)]
    return sorted(found, key=lambda one: one.id)


def _datasets(catalogue: Catalogue, ledger: Ledger) -> Iterator[Resource]:
    newest = _newest_days(ledger)
    for dataset in catalogue.datasets.values():
        day = newest.get(dataset.id)
        yield _dataset(catalogue, dataset, day)


def _dataset(catalogue: Catalogue, dataset: Dataset, day: date | None) -> Resource:
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
        level=_highest(column.level for column in dataset.columns),
        category=str(dataset.category),
        sharing=str(dataset.sharing_attribute),
        frequency=dataset.frequency,
        updated=day.isoformat() if day else "",
        state="updated" if day else "compiled",
        fields=tuple(map(_field, dataset.columns)),
    )


def _field(column: Column) -> Field:
    element = column.element
    told = (str(element.type), str(column.level), element.name, column.headers)
    return Field(column.name, column.title_zh, column.title_en, *told)


def _entities(catalogue: Catalogue) -> Iterator[Resource]:
    for domain in catalogue.domains.values():
        for entity in domain.entities:
            yield _entity(entity, catalogue)


def _entity(entity: Entity, catalogue: Catalogue) -> Resource:
    providers = sorted(
        {one.department for one in catalogue.datasets.values() for each in one.provides if each.entity == entity.name}
    )
    titles = [catalogue.departments[name].title_zh for name in providers]
    fields = tuple(
        Field(one.name, one.title_zh, one.title_en, str(one.element.type), str(one.level), one.element.name)
        for one in entity.attributes
    )
    return Resource(
        id=f"theme.{entity.name}",
        kind=ENTITY,
        title_zh=entity.title_zh,
        title_en=entity.title_en,
        description=entity.grain,
        provider=", ".join(providers),
        provider_zh="、".join(titles),
        owner="",
        domain=entity.domain,
        level=_highest(one.level for one in entity.attributes),
        category="",
        sharing="",
        frequency="",
        updated="",
        state="compiled",
        fields=fields,
    )


def _products(catalogue: Catalogue, released: Released) -> Iterator[Resource]:
    """Each product once, whoever receives it: that is nobody else's to know."""
    by = dict[str, list[Agreement]]()
    for agreement in catalogue.agreements.values():
        by.setdefault(agreement.product, []).append(agreement)
    for name, agreements in by.items():
        yield _product(name, sorted(agreements, key=lambda one: one.name), released)


def _product(name: str, agreements: list[Agreement], released: Released) -> Resource:
    first = agreements[0]
    tables = [released.table(one.agency, one.name.removeprefix(f"{one.agency}__"), name) for one in agreements]
    days = [table.newest.at.date() for table in tables if table]
    fields = tuple(Field(one.name, one.title_zh, one.title_en, str(one.type), "") for one in first.columns)
    return Resource(
        id=f"product.{name}",
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
        sharing=str(first.sharing_attribute),
        frequency="",
        updated=max(days).isoformat() if days else "",
        state="published" if days else "compiled",
        fields=fields,
    )


def _newest_days(ledger: Ledger) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for row in facts.datasets(ledger):
        if row["delivered_on"] and row["state"] not in {"failed", "waiting", "withdrawn", "recalled"}:
            day = date.fromisoformat(str(row["delivered_on"]))
            found[str(row["dataset"])] = max(day, found.get(str(row["dataset"]), day))
    return found


def _highest(levels: Iterator[Level]) -> str:
    return str(max(levels, default=Level.L1))
