"""Every model of a city that has been run, proved against its own data.

Reads the compiled manifest and the lake of the default workspace's state, where one exists; `zhongtai run` makes it.
"""

from __future__ import annotations

import json

import duckdb
import pytest

from lineage.from_contracts import raw_schema
from lineage.from_dbt import graph_from_manifest
from lineage.proof import prove_manifest
from orchestration.city import declarations
from orchestration.column_lineage import policy_of
from orchestration.engine_macros import install_macros
from orchestration.lake import open_lake
from orchestration.settings import load_settings
from orchestration.transform.project import manifest_path

pytestmark = pytest.mark.city
MODELS = 8


@pytest.fixture(scope="module")
def city():
    settings = load_settings()
    path = manifest_path(settings)
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"nodes": {}}
    models = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    if not models or not all(n.get("compiled_code") for n in models) or not settings.catalog.exists():
        pytest.skip("no city has been run here: `zhongtai run` first")
    return settings, manifest


def graph_of(settings, manifest):
    lowerings = policy_of(settings).registry.lowerings()
    return graph_from_manifest(manifest, sources_schema=raw_schema(declarations(settings)), declassifiers=lowerings)


def test_nothing_of_the_city_is_unknown(city):
    assert graph_of(*city).unknown == {}


def test_every_change_in_a_built_model_has_an_edge(city):
    settings, manifest = city
    graph = graph_of(settings, manifest)
    models = sorted(key for key, node in manifest["nodes"].items() if node["resource_type"] == "model")
    step = max(1, len(models) // MODELS)
    chosen = {**manifest, "nodes": {key: manifest["nodes"][key] for key in models[::step]}}
    try:
        with open_lake(settings, read_only=True) as connection:
            connection.execute("SET threads = 1")
            proofs = list(
                prove_manifest(
                    {**manifest, **chosen}, graph, connection, rows=60, variants=("shift",),
                    prepare=lambda made: install_macros(made, settings.keys),
                )
            )  # fmt: skip
    except duckdb.CatalogException:
        pytest.skip("the city's lake is not complete: `zhongtai run` first")
    assert {proof.model: proof.unexplained for proof in proofs if proof.unexplained} == {}
    assert sum(proof.changes for proof in proofs) > 0
