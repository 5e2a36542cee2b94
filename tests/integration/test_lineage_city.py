"""Every model of the sample city, proved against its own data, and held to the project's own dbt tests."""

from __future__ import annotations

import json

import pytest

from lake.attach import open_lake
from lake.city import declarations
from lake.column_lineage import policy_of
from lake.engine_macros import PLAIN_MACROS, install_macros
from lineage.from_contracts import raw_schema
from lineage.from_dbt import graph_from_manifest
from lineage.from_registry import registry_schema
from lineage.proof import prove_manifest
from lineage.sql.catalog import read_macros
from orchestration.transform.run import run_tests
from sharing.keyring import open_pseudonym

pytestmark = pytest.mark.city
MODELS = 8


@pytest.fixture(scope="module")
def built(city, first):
    """Settings and compiled manifest of the sample city after its run."""
    settings = city.settings
    return settings, json.loads(settings.manifest.read_text(encoding="utf-8"))


def graph_of(settings, manifest):
    lowerings = policy_of(settings).registry.lowerings()
    catalogue = declarations(settings)
    return graph_from_manifest(
        manifest,
        sources_schema={**raw_schema(catalogue), **registry_schema(catalogue)},
        macros=read_macros(PLAIN_MACROS),
        declassifiers=lowerings,
    )


def test_nothing_of_the_city_is_unknown(built):
    assert graph_of(*built).unknown == {}


def test_every_change_in_a_built_model_has_an_edge(built):
    settings, manifest = built
    graph = graph_of(settings, manifest)
    models = sorted(key for key, node in manifest["nodes"].items() if node["resource_type"] == "model")
    step = max(1, len(models) // MODELS)
    chosen = {**manifest, "nodes": {key: manifest["nodes"][key] for key in models[::step]}}
    with open_lake(settings, read_only=True) as connection:
        connection.execute("SET threads = 1")
        proofs = list(
            prove_manifest(
                {**manifest, **chosen}, graph, connection, rows=60, variants=("shift",),
                prepare=lambda made: install_macros(made, open_pseudonym(settings.key_place)),
            )
        )  # fmt: skip
    assert {proof.model: proof.unexplained for proof in proofs if proof.unexplained} == {}
    assert sum(proof.changes for proof in proofs) > 0


def test_the_projects_own_tests_pass(built):
    """dbt's data tests and unit tests, on what the run built."""
    settings, _ = built
    results = run_tests(settings)
    assert [result.unique_id for result in results if not result.ok] == []
    assert sum(result.unique_id.startswith("unit_test.") for result in results) >= 9
