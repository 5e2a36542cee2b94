"""Of which data element source columns are, as contracts and policy declare it.

Lives here: `Declared`, and its reading. Must not live here: what follows for columns that SQL makes (`origins.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from contracts.model import Catalogue, LogicalType
from lineage.facts import ColumnRef, join_parts
from lineage.from_contracts import raw_relation
from lineage.from_registry import registry_elements
from lineage.graph import Graph
from lineage.policy import Policy

_DATES = {LogicalType.DATE: "date", LogicalType.TIMESTAMP: "date"}


@dataclass(frozen=True)
class Declared:
    """What is declared of source columns: `elements` by column, the kind of value (``date``) by element, the elements
    that tell the entities of a theme domain apart, `issued`: elements of ids that the city itself gave. `attributes`
    are those of theme entities' own columns, whose values are copies of what the departments provide: of which element
    the city takes them for is its domain's to say (a department may have a person's name as text)."""

    elements: Mapping[ColumnRef, str]
    types: Mapping[str, str] = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()
    issued: frozenset[str] = frozenset()
    attributes: Mapping[ColumnRef, str] = field(default_factory=dict)


def declared_elements(
    catalogue: Catalogue, policy: Policy, graph: Graph, database: str = "lake", schema: str = "raw"
) -> Declared:
    """The elements of every contract column in the raw lake, and of those other sources of the graph (a seed's
    columns) that the policy gives one."""
    elements = {
        ColumnRef(raw_relation(dataset, database, schema), column.name.lower()): column.element.name
        for dataset in catalogue.datasets.values()
        for column in dataset.columns
    }
    elements |= registry_elements(catalogue)
    for relation in graph.columns.keys() - graph.built if policy.elements else ():
        for ref in (ColumnRef(relation, name) for name in graph.columns[relation]):
            named = (name for pattern, name in policy.elements.items() if fnmatchcase(str(ref), pattern))
            if ref not in elements and (element := next(named, None)):
                elements[ref] = element
    return Declared(
        elements=elements,
        types={name: _DATES[one.type] for name, one in catalogue.elements.items() if one.type in _DATES},
        identifiers=frozenset(entity.identifier for entity in catalogue.entities.values()),
        issued=frozenset(policy.elements.values()),
        attributes={
            ColumnRef(join_parts((database, "theme", entity.name)), attribute.name.lower()): attribute.element.name
            for entity in catalogue.entities.values()
            for attribute in entity.attributes
        },
    )
