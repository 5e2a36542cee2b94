"""Where persons come in: the tables whose rows are read as they are, with the columns that say whose they are.

Lives here: which relations end the rewriting, from the declarations alone. All others are read through the SQL that
makes them, so that nothing an author wrote says who a row is about. Must not live here: SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from contracts.model import Catalogue, Dataset, Entity
from lineage.facts import join_parts

CATALOG = "lake"


class PersonKey(NamedTuple):
    """A column that names a person, and the data element that it follows: ids of one element can be counted as one."""

    column: str
    element: str


Leaves = Mapping[str, tuple[PersonKey, ...]]
"""Relation -> its person keys; none where its rows are no persons'."""


def leaves_of(catalogue: Catalogue, elements: Collection[str], seeds: Collection[str] = ()) -> Leaves:
    """The leaves of a city: raw tables and their staging twins, entity tables with what the platform makes for them.

    `elements` are the data elements whose values each name one person. `seeds` are relations that nobody delivers and
    no model makes: files of the project, whose rows are nobody's.
    """
    found: dict[str, tuple[PersonKey, ...]] = {}
    for dataset in catalogue.datasets.values():
        keys = tuple(_keys(dataset, elements))
        found[_name("raw", dataset.table)] = found[_name("staging", f"stg_{dataset.table}")] = keys
    for entity in catalogue.entities.values():
        found |= _of_entity(entity, entity.identifier in elements)
    found[_name("theme", "identity_registry")] = ()
    return dict.fromkeys(seeds, ()) | found


def _keys(dataset: Dataset, elements: Collection[str]) -> Iterator[PersonKey]:
    for column in dataset.columns:
        if column.element.name in elements:
            yield PersonKey(column.name.lower(), column.element.name)


def _of_entity(entity: Entity, person: bool) -> Leaves:
    def keyed(column: str) -> tuple[PersonKey, ...]:
        return (PersonKey(column.lower(), entity.identifier),) if person else ()

    return {
        _name("theme", entity.name): keyed(entity.identifier),
        _name("staging", f"{entity.name}__provided"): keyed(entity.identifier),
        _name("theme", f"{entity.name}__registered"): keyed("identifier"),
    }


def _name(schema: str, table: str) -> str:
    return join_parts((CATALOG, schema, table))
