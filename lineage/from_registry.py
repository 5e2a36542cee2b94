"""The registry of who is who as a part of the lineage graph: what a decision that rows are one hangs on.

Lives here: columns, edges, levels and elements of `registry.<entity>` and `registry.<entity>__ids`. Which row belongs
to which thing was decided by comparing the attributes of all of them, so every column has an edge from each compared
one; that this costs the id nothing, and the probability everything, is the policy's. Must not live here: comparing.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.matching import ID_COLUMNS, LINK_COLUMNS, REGISTRY
from contracts.model import Catalogue, Entity
from lineage.facts import DIRECT, INDIRECT, ROWS, ColumnRef, Edge, join_parts
from lineage.graph import Graph

MATCHED, COMPARED = "matched", "compared"
"""The reasons of an edge from what was compared: to which thing a row belongs, and to how alike the rows are."""


def registry_schema(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """Columns and types of the registry's tables: `sources_schema` of `graph_from_manifest`."""
    return {
        relation: dict(columns)
        for entity in catalogue.matched
        for relation, columns in ((_links(entity), LINK_COLUMNS), (_ids(entity), ID_COLUMNS))
    }


def registry_elements(catalogue: Catalogue) -> dict[ColumnRef, str]:
    """The data elements of the registry's columns."""
    return {
        ColumnRef(relation, name): one.identifier
        for one in catalogue.matched
        for relation, name in (
            (_links(one), "identifier"),
            (_links(one), "entity_key"),
            (_ids(one), "entity_key"),
        )
    }


def registry_levels(catalogue: Catalogue) -> dict[ColumnRef, str]:
    """The levels that the registry's columns have of themselves: of a city id its own, of all others what flows in."""
    return {
        ColumnRef(relation, name): "L2" if name == "city_id" else "L1"
        for relation, columns in registry_schema(catalogue).items()
        for name in columns
    }


def registry_graph(catalogue: Catalogue) -> Graph:
    """From what is compared (`staging.<entity>__records`) to what the registry says of it."""
    columns: dict[str, tuple[str, ...]] = {}
    into: dict[ColumnRef, tuple[Edge, ...]] = {}
    for entity in catalogue.matched:
        columns |= {_links(entity): tuple(LINK_COLUMNS), _ids(entity): tuple(ID_COLUMNS)}
        for relation in (_links(entity), _ids(entity)):
            for name in (*columns[relation], ROWS):
                target = ColumnRef(relation, name)
                into[target] = tuple(_edges(entity, target))
    return Graph(columns, into)


def _edges(entity: Entity, target: ColumnRef) -> Iterator[Edge]:
    records = join_parts(("lake", "staging", f"{entity.name}__records"))
    own = {"_key": "_key", "_batch": "_batch", "dataset": "_source", "identifier": entity.identifier.lower()}
    if target.column in own:
        yield Edge(ColumnRef(records, own[target.column]), target, DIRECT, "identity")
    reason = COMPARED if target.column == "probability" else MATCHED
    assert entity.matching
    for one in entity.matching.comparisons:
        for name in one.attributes:
            yield Edge(ColumnRef(records, name.lower()), target, INDIRECT, reason)


def _links(entity: Entity) -> str:
    return join_parts(("lake", REGISTRY, entity.name))


def _ids(entity: Entity) -> str:
    return join_parts(("lake", REGISTRY, f"{entity.name}__ids"))
