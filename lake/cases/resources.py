"""What can be asked for, column by column: datasets, theme entities and products, with whose data each column is.

Read from the declarations; whose data a product is, the newest verdict on it says. Nothing is granted here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.model import Agreement, Attribute, Catalogue, Column, Dataset, Entity, Level, Provision, SharingAttribute
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

CITY_ID = "city_id"
THEME, PRODUCT = "theme", "product"
_STRICTER = (SharingAttribute.UNCONDITIONAL, SharingAttribute.CONDITIONAL, SharingAttribute.NOT_SHARED)


@dataclass(frozen=True)
class ResourceColumn:
    """One column that can be asked for, and the departments whose data it is."""

    name: str
    title_zh: str
    title_en: str
    type: str
    level: Level
    sharing: SharingAttribute
    departments: tuple[str, ...]
    mask: str = "none"
    sensitive_personal: bool = False

    @property
    def knowable(self) -> bool:
        """Whether whoever may ask may know that it is there: of what is not shared at all, not the most sensitive."""
        return self.sharing is not SharingAttribute.NOT_SHARED or self.level < Level.L4


@dataclass(frozen=True)
class Resource:
    """One resource that can be asked for. `model` is the dbt model that has it, `whole` says that it is shared as it
    is, all columns of it.
    """

    id: str
    title_zh: str
    title_en: str
    model: str
    columns: tuple[ResourceColumn, ...]
    whole: bool = False

    def column(self, name: str) -> ResourceColumn:
        """The column of that name; KeyError where there is none."""
        found = {one.name: one for one in self.columns}
        return found[name]

    def departments(self, names: Collection[str]) -> tuple[str, ...]:
        """Whose data these columns are, in order."""
        return tuple(sorted({each for one in self.columns if one.name in names for each in one.departments}))

    def sharing(self, names: Collection[str]) -> SharingAttribute:
        """The strictest attribute of these columns."""
        return max((one.sharing for one in self.columns if one.name in names), key=_STRICTER.index)


def find_resource(catalogue: Catalogue, ledger: Ledger, wanted: str) -> Resource | None:
    """The resource of an id; None where there is none. SharingRefused for a product that nothing was judged of yet."""
    if wanted in catalogue.datasets:
        return _dataset(catalogue.datasets[wanted])
    kind, _, name = wanted.partition(".")
    if kind == THEME and name in catalogue.entities:
        return _entity(catalogue, catalogue.entities[name])
    agreements = [one for one in catalogue.agreements.values() if kind == PRODUCT and one.product == name]
    return _product(catalogue, ledger, agreements) if agreements else None


def _dataset(dataset: Dataset) -> Resource:
    model = f"stg_{dataset.table}"
    columns = tuple(_column(dataset, one) for one in dataset.columns)
    return Resource(dataset.id, dataset.title_zh, dataset.title_en, model, columns)


def _column(dataset: Dataset, one: Column) -> ResourceColumn:
    told = (str(one.element.type), one.level, one.sharing_attribute, (dataset.department,))
    sensitive = dataset.personal and one.sensitive_personal
    return ResourceColumn(one.name, one.title_zh, one.title_en, *told, one.mask, sensitive)


def _entity(catalogue: Catalogue, entity: Entity) -> Resource:
    providers = catalogue.providers(entity.name)
    everyone = tuple(sorted({dataset.department for dataset, _ in providers}))
    element = catalogue.elements[entity.identifier]
    identifier = Attribute(entity.identifier, element, element.title_zh, element.title_en, element.level)
    told = ("城市编号", "City id", "string", Level.L2, SharingAttribute.CONDITIONAL, everyone)
    columns = (
        ResourceColumn(CITY_ID, *told),
        *(_attribute(one, providers) for one in (identifier, *entity.attributes)),
    )
    return Resource(f"{THEME}.{entity.name}", entity.title_zh, entity.title_en, entity.name, columns)


def _attribute(one: Attribute, providers: Sequence[tuple[Dataset, Provision]]) -> ResourceColumn:
    """One attribute: as sensitive, and shared as strictly, as the strictest column that provides it."""
    given = {
        (dataset.id, name): dataset.column(name)
        for dataset, provision in providers
        for name in provision.columns.get(one.name, ())
    }
    giving = {name for name, _ in given}
    who = {dataset.department for dataset, _ in providers if dataset.id in giving or not given}
    return ResourceColumn(
        one.name,
        one.title_zh,
        one.title_en,
        str(one.element.type),
        max([one.level, *(each.level for each in given.values())]),
        max((each.sharing_attribute for each in given.values()), key=_STRICTER.index, default=_STRICTER[1]),
        tuple(sorted(who)),
        one.element.mask,
        any(each.sensitive_personal for each in given.values()),
    )


def _product(catalogue: Catalogue, ledger: Ledger, agreements: list[Agreement]) -> Resource:
    first = min(agreements, key=lambda one: one.name)
    departments, levels = _judged(catalogue, ledger, agreements)
    told = (first.sharing_attribute, departments)
    columns = tuple(
        ResourceColumn(
            one.name, one.title_zh, one.title_en, str(one.type), levels.get(one.name, first.level_ceiling), *told
        )
        for one in first.columns
    )
    return Resource(f"{PRODUCT}.{first.product}", first.title_zh, first.title_en, first.product, columns, whole=True)


def _judged(
    catalogue: Catalogue, ledger: Ledger, agreements: list[Agreement]
) -> tuple[tuple[str, ...], Mapping[str, Level]]:
    """Whose data a product is made of, and the levels of its columns, as it was last judged for anybody."""
    for agreement in sorted(agreements, key=lambda one: one.name):
        entry = ledger.latest("verdict", agreement.name)
        evidence = (entry.body.get("evidence") or {}) if entry else {}
        made_of = [str(one["dataset"]) for one in evidence.get("sources", ())]
        owners = {catalogue.datasets[name].department for name in made_of if name in catalogue.datasets}
        if owners and len(made_of) == sum(name in catalogue.datasets for name in made_of):
            columns = (evidence.get("lineage") or {}).get("columns", ())
            levels = {
                str(one["name"]): Level(one["levels"]["effective"]) for one in columns if one["levels"]["effective"]
            }
            return tuple(sorted(owners)), levels
    product = agreements[0].product
    told = "nothing was judged of it yet, so that nobody can say whose data it is"
    raise SharingRefused("request_known", f"{PRODUCT}.{product}", told, "run `zhongtai run`, or ask for a dataset")
