"""Columns that say whose a row is: unchanged identifiers, and keyed pseudonyms.

Lives here: following a column back along edges that change nothing. Must not live here: whether the rows bear it out
(the one who counts does), what may be shared."""

from __future__ import annotations

from collections.abc import Collection

from contracts.model import Catalogue
from lineage.graph import DIRECT, ColumnRef, Graph
from lineage.shadow.leaves import leaves_of

_UNCHANGED = ("identity", "rename", "cast")


def identifiers_of(catalogue: Catalogue, elements: Collection[str]) -> frozenset[ColumnRef]:
    """The columns where identifiers begin: those with the elements given or an entity's, and city ids."""
    named = {*elements, *(entity.identifier for entity in catalogue.entities.values())}
    found = {ColumnRef(relation, key.column) for relation, keys in leaves_of(catalogue, named).items() for key in keys}
    tables = {f"lake.theme.{entity.name.lower()}" for entity in catalogue.entities.values()}
    return frozenset(found | {ColumnRef(table, "city_id") for table in tables})


def says_whose(
    graph: Graph, column: ColumnRef, identifiers: Collection[ColumnRef], pseudonyms: Collection[str]
) -> bool:
    """Whether the values of a column are identifiers, unchanged, or pseudonyms of a registered kind."""
    queue, seen = [column], {column}
    while queue:
        for edge in graph.edges_into(queue.pop()):
            if edge.kind != DIRECT:
                continue
            if edge.declassifier in pseudonyms or (edge.source in identifiers and edge.transform in _UNCHANGED):
                return True
            if edge.transform in _UNCHANGED and not edge.declassifier and edge.source not in seen:
                seen.add(edge.source)
                queue.append(edge.source)
    return False
