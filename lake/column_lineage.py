"""The city's lineage graph: built from the compiled models, stored, loaded, and put in the forms others need.

Edges and levels are `lineage`'s; this only brings manifest, contracts and policy together.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from contracts.category import Category
from contracts.model import Catalogue, Level
from lake.engine_macros import PLAIN_MACROS
from lake.failure import StateDamaged
from lake.settings import REPOSITORY, Settings
from lineage.cache import ModelCache
from lineage.classification import Levels, levels
from lineage.elements import Declared, declared_elements
from lineage.from_contracts import contract_graph, contract_levels, contract_marks, raw_schema
from lineage.from_dbt import graph_from_manifest, relation_of
from lineage.from_registry import registry_graph, registry_levels, registry_schema
from lineage.given import distrusted, misfits
from lineage.graph import ColumnRef, Graph, merge_graphs
from lineage.marks import Marks, marks_of
from lineage.policy import Policy, load_policy
from lineage.policy_tightening import refuse_loosening
from lineage.sql.catalog import read_macros
from lineage.store import load_graph, save_graph

_POLICY = Path("contracts") / "standards" / "lineage_policy.yml"


@dataclass(frozen=True)
class CityLineage:
    """The graph with what levels need: declared levels of sources (contracts, and seeds by their YAML).

    `declared` are the data elements of sources; without them no call of a declassifier can be followed to what it was
    given. `marked` are the declared marks of sources, `claimed` the levels that the authors of models declare of the
    columns they make: compared with what is inferred, and never believed."""

    graph: Graph
    base: Mapping[ColumnRef, str]
    policy: Policy
    declared: Declared | None = None
    marked: Mapping[ColumnRef, frozenset[str]] = field(default_factory=dict)
    claimed: Mapping[ColumnRef, str] = field(default_factory=dict)

    @cached_property
    def levels(self) -> Levels:
        """The level of every column; a declassifier lowers nothing where it was given what it is not for."""
        return levels(self.graph, self.base, self.policy, distrusted=self._distrusted)

    @cached_property
    def marks(self) -> Marks:
        """Category and personal marks of every column, at the costs that levels have."""
        return Marks(self.levels.ranks, self.marked, self._distrusted)

    @cached_property
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
    twins: Collection[str] = (),
) -> CityLineage:
    """Build the graph, from contract to product, and store it. Only changed models are parsed again. `earlier` are
    texts whose rows may still be in a relation: it has their lineage, too. `twins` are the relations whose SQL is, to
    the letter, what the platform writes of the declarations."""
    policy = policy_of(settings)
    path = graph_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    cache = ModelCache(path.with_name("models.json"))
    modelled = graph_from_manifest(
        manifest,
        sources_schema={**raw_schema(catalogue), **registry_schema(catalogue)},
        cache=cache,
        macros=read_macros(PLAIN_MACROS),
        declassifiers=policy.registry.lowerings(),
        earlier=earlier,
        twins=twins,
        trusted_seeds=sorted({pattern.rpartition(".")[0] for pattern in policy.sources}),
    )
    graph = merge_graphs([contract_graph(catalogue), registry_graph(catalogue), modelled])
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
    return CityLineage(
        graph,
        _base(catalogue, manifest),
        policy,
        declared_elements(catalogue, policy, graph),
        {**contract_marks(catalogue), **_seed_marks(manifest)},
        _claimed(catalogue, manifest),
    )


def _base(catalogue: Catalogue, manifest: Mapping[str, Any]) -> dict[ColumnRef, str]:
    return {**contract_levels(catalogue), **registry_levels(catalogue), **_seed_levels(manifest)}


def _seed_levels(manifest: Mapping[str, Any]) -> dict[ColumnRef, str]:
    metas = _metas(manifest, "seed")
    return {ref: str(meta["level"]) for ref, meta in metas.items() if meta.get("level") is not None}


def _seed_marks(manifest: Mapping[str, Any]) -> dict[ColumnRef, frozenset[str]]:
    """What the YAML of seeds marks; a category that there is not counts as the strictest."""
    return {
        ref: marks_of(
            _category(meta.get("category", "general")),
            personal=bool(meta.get("personal") or meta.get("sensitive_personal")),
            sensitive=bool(meta.get("sensitive_personal")),
        )
        for ref, meta in _metas(manifest, "seed").items()
        if meta.keys() & {"level", "category", "personal", "sensitive_personal"}
    }


def _category(name: object) -> Category:
    return Category(str(name)) if name in set(Category) else Category.CORE


def _claimed(catalogue: Catalogue, manifest: Mapping[str, Any]) -> dict[ColumnRef, str]:
    """The levels that models' YAML (`meta: {level: L2}`) and agreements declare of what is made; the lower of two."""
    found = {
        ref: str(meta["level"]) for ref, meta in _metas(manifest, "model").items() if meta.get("level") in set(Level)
    }
    for agreement in catalogue.agreements.values():
        for column in agreement.columns:
            ref = ColumnRef(f"lake.product.{agreement.product}", column.name.lower())
            if column.level is not None:
                found[ref] = min(found.get(ref, str(column.level)), str(column.level))
    return found


def _metas(manifest: Mapping[str, Any], kind: str) -> dict[ColumnRef, Mapping[str, Any]]:
    """What the YAML of nodes says of their columns, beside what dbt knows."""
    return {
        ColumnRef(relation_of(node), name.lower()): column.get("config", {}).get("meta") or column.get("meta") or {}
        for node in manifest["nodes"].values()
        if node["resource_type"] == kind
        for name, column in node["columns"].items()
    }
