"""Where persons come in, and which columns say whose a row is: from the declarations of the sample city."""

from __future__ import annotations

import pytest

from contracts.load import load_catalogue
from contracts.model import Catalogue
from lake.settings import REPOSITORY
from lineage.graph import DIRECT, INDIRECT, ColumnRef, Edge, Graph
from lineage.identifying import identifiers_of, says_whose
from lineage.shadow.leaves import PersonKey, leaves_of

ELEMENTS = ("resident_id", "passport_number")
PSEUDONYMS = ("declassify_hmac",)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(REPOSITORY)


def test_leaves_are_delivered_and_platform_tables(catalogue: Catalogue) -> None:
    leaves = leaves_of(catalogue, ELEMENTS, ["lake.staging.identity_decisions"])
    both = (PersonKey("husband_id", "resident_id"), PersonKey("wife_id", "resident_id"))
    assert leaves["lake.staging.stg_civil_affairs__marriages"] == leaves["lake.raw.civil_affairs__marriages"] == both
    assert leaves["lake.theme.natural_person"] == (PersonKey("resident_id", "resident_id"),)
    assert leaves["lake.theme.natural_person__registered"] == (PersonKey("identifier", "resident_id"),)
    assert leaves["lake.theme.legal_entity"] == leaves["lake.staging.identity_decisions"] == ()
    assert "lake.theme.visit" not in leaves and "lake.theme.marriage" not in leaves


def test_without_elements_nobody_is_a_person(catalogue: Catalogue) -> None:
    assert set(leaves_of(catalogue, ()).values()) == {()}


def _edge(source: str, target: str, transform: str, declassifier: str = "", kind: str = DIRECT) -> Edge:
    return Edge(ColumnRef.parse(source), ColumnRef.parse(target), kind, transform, declassifier)


@pytest.mark.parametrize(
    "edges, told",
    [
        ([_edge("lake.theme.natural_person.city_id", "lake.product.p.x", "rename")], True),
        ([_edge("lake.theme.natural_person.resident_id", "lake.product.p.x", "cast")], True),
        ([_edge("lake.theme.natural_person.resident_id", "lake.product.p.x", "expression", "declassify_hmac")], True),
        ([_edge("lake.theme.natural_person.name", "lake.product.p.x", "expression", "declassify_mask_name")], False),
        ([_edge("lake.theme.natural_person.resident_id", "lake.product.p.x", "expression")], False),
        ([_edge("lake.theme.natural_person.city_id", "lake.product.p.x", "filter", kind=INDIRECT)], False),
        ([_edge("lake.theme.natural_person.name", "lake.product.p.x", "identity")], False),
        (
            [
                _edge("lake.theme.a.y", "lake.product.p.x", "identity"),
                _edge("lake.theme.natural_person.city_id", "lake.theme.a.y", "identity"),
            ],
            True,
        ),
        (
            [
                _edge("lake.theme.a.y", "lake.product.p.x", "aggregation"),
                _edge("lake.theme.natural_person.city_id", "lake.theme.a.y", "identity"),
            ],
            False,
        ),
    ],
)
def test_what_says_whose_a_row_is(edges: list[Edge], told: bool, catalogue: Catalogue) -> None:
    into: dict[ColumnRef, tuple[Edge, ...]] = {edge.target: (edge,) for edge in edges}
    graph = Graph({}, into)
    found = says_whose(graph, ColumnRef("lake.product.p", "x"), identifiers_of(catalogue, ELEMENTS), PSEUDONYMS)
    assert found is told
