"""Contracts as the start of the graph: what is delivered, what conforming lets through, and what that costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.load import load_catalogue
from lineage.classification import levels
from lineage.from_contracts import contract_graph, contract_levels, raw_schema, rejecting_columns
from lineage.from_dbt import graph_from_manifest
from lineage.graph import INDIRECT, ROWS, ColumnRef, merge_graphs
from lineage.policy import Policy, load_policy
from tests.unit.lineage.test_from_dbt import manifest, node

REPOSITORY = Path(__file__).parents[3]
RAW = "lake.raw.public_security__residents"
DELIVERED = "contract.public_security.residents"


@pytest.fixture(scope="module")
def catalogue():
    return load_catalogue(REPOSITORY)


@pytest.fixture(scope="module")
def whole(catalogue):
    model = node("stg", f"select name, sex from {RAW}")
    built = graph_from_manifest(manifest(model), sources_schema=raw_schema(catalogue))
    return merge_graphs([contract_graph(catalogue), built])


def test_the_graph_begins_with_what_is_delivered(whole):
    assert [str(edge.source) for edge in whole.path(f"{DELIVERED}.name", "lake.main.stg.name")] == [
        f"{DELIVERED}.name",
        f"{RAW}.name",
    ]


def test_what_can_send_a_row_to_quarantine_decides_about_every_column(whole, catalogue):
    deciding = rejecting_columns(catalogue.datasets["public_security.residents"])
    assert "resident_id" in deciding
    for column in ("name", "_batch", ROWS):
        into = whole.edges_into(ColumnRef(RAW, column))
        assert {edge.source.column for edge in into if edge.kind == INDIRECT} == set(deciding)


def test_the_policy_says_what_conforming_costs(whole, catalogue):
    base = contract_levels(catalogue)
    declared = levels(whole, base, load_policy(REPOSITORY / "contracts" / "standards" / "lineage_policy.yml"))
    for ref, level in base.items():
        assert declared.effective(ref) == level
    strict = levels(whole, base, Policy())
    assert (
        strict.effective(ColumnRef("lake.main.stg", "sex"))
        == "L4"
        > declared.effective(ColumnRef("lake.main.stg", "sex"))
    )
