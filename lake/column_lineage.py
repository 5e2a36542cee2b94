"""The city's lineage graph: built from the compiled models, stored, loaded, and put in the forms others need.

Edges and levels are `lineage`'s; this only brings manifest, contracts and policy together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.model import Catalogue
from lake.engine_macros import PLAIN_MACROS
from lake.failure import StateDamaged
from lake.settings import REPOSITORY, Settings
from lineage.cache import ModelCache
from lineage.classification import Levels, levels
from lineage.elements import Declared, declared_elements
from lineage.from_contracts import contract_graph, contract_levels, raw_schema
from lineage.from_dbt import graph_from_manifest, relation_of
from lineage.given import distrusted, misfits
from lineage.graph import ColumnRef, Graph, merge_graphs
from lineage.policy import Policy, load_policy
from lineage.policy_tightening import refuse_loosening
from lineage.sql.catalog import read_macros
from lineage.store import load_graph, save_graph

_POLICY = Path("contracts") / "standards" / "lineage_policy.yml"


@dataclass(frozen=True)
class CityLineage:
    """The graph with what levels need: declared levels of sources (contracts, and seeds by their YAML).

    `declared` are the data elements of sources; without them no call of a declassifier can be followed to what it was
    given."""

    graph: Graph
    base: Mapping[ColumnRef, str]
    policy: Policy
    declared: Declared | None = None

    @cached_property
    def levels(self) -> Levels:
        """The level of every column; a declassifier lowers nothing where it was given what it is not for."""
        return levels(self.graph, self.base, self.policy, distrusted=self._distrusted())

    def _distrusted(self) -> set[tuple[ColumnRef, str]]:
        if self.declared is None:
            return set()
        columns = (ColumnRef(name, column) for name, all_c in self.graph.columns.items() for column in all_c)
        return distrusted(misfits(self.graph, self.policy.registry, self.declared), columns)

    def with_level(self, column: ColumnRef, level: str) -> CityLineage:
        """The same city with one source column of another level, for asking what would follow."""
        return replace(self, base={**self.base, column: level})


def policy_of(settings: Settings) -> Policy:
    """The workspace's lineage policy, where it has one that loosens nothing, else the platform's.

    Raises `BadPolicy`, `PolicyLoosened`.
    """
    platform, own = load_policy(REPOSITORY / _POLICY), settings.workspace / _POLICY
    if not own.exists():
        return platform
    policy = load_policy(own)
    refuse_loosening(platform, policy)
    return policy


def graph_file(settings: Settings) -> Path:
    """Where the graph is stored between runs."""
    return settings.state / "lineage" / "graph.parquet"


def build_lineage(
    settings: Settings,
    catalogue: Catalogue,
    manifest: Mapping[str, Any],
    earlier: Mapping[str, Sequence[str]] | None = None,
) -> CityLineage:
    """Build the graph, from contract to product, and store it. Only changed models are parsed again. `earlier` are
    texts whose rows may still be in a relation: it has their lineage, too."""
    policy = policy_of(settings)
    path = graph_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    cache = ModelCache(path.with_name("models.json"))
    modelled = graph_from_manifest(
        manifest,
        sources_schema=raw_schema(catalogue),
        cache=cache,
        macros=read_macros(PLAIN_MACROS),
        declassifiers=policy.registry.lowerings(),
        earlier=earlier,
    )
    graph = merge_graphs([contract_graph(catalogue), modelled])
    cache.save(path.with_name("models.json"))
    save_graph(graph, path)
    return _city_lineage(graph, catalogue, manifest, policy)


def load_lineage(settings: Settings, catalogue: Catalogue) -> CityLineage | None:
    """The graph of the newest run with today's declarations, or None where no run has built one."""
    path = graph_file(settings)
    if not (path.exists() and settings.manifest.exists()):
        return None
    # dbt itself is not needed to ask: what it wrote is read as the file that it is.
    try:
        manifest = json.loads(settings.manifest.read_text(encoding="utf-8"))
    except ValueError:
        raise StateDamaged(settings.manifest) from None
    return _city_lineage(load_graph(path), catalogue, manifest, policy_of(settings))


def _city_lineage(graph: Graph, catalogue: Catalogue, manifest: Mapping[str, Any], policy: Policy) -> CityLineage:
    return CityLineage(graph, _base(catalogue, manifest), policy, declared_elements(catalogue, policy, graph))


def _base(catalogue: Catalogue, manifest: Mapping[str, Any]) -> dict[ColumnRef, str]:
    return {**contract_levels(catalogue), **_seed_levels(manifest)}


def _seed_levels(manifest: Mapping[str, Any]) -> dict[ColumnRef, str]:
    return {
        ColumnRef(relation_of(node), name.lower()): level
        for node in manifest["nodes"].values()
        if node["resource_type"] == "seed"
        for name, column in node["columns"].items()
        if (level := _level_of(column)) is not None
    }


def _level_of(column: Mapping[str, Any]) -> str | None:
    meta = column.get("config", {}).get("meta") or column.get("meta") or {}
    return meta.get("level")
