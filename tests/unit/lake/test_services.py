"""Items without materials: what a share serves and what it does not, and what follows for items when one is taken away.

The city's own declarations; releases, verdicts, lineage and rows are made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.load import load_catalogue
from contracts.model import Agreement, Catalogue, RowCondition
from contracts.services import Proof, Services
from lake.services.judging import judged
from lake.services.serving import Present, Served, served
from lineage.graph import ColumnRef, Edge, Graph
from sharing.canonical import agreement_digest
from sharing.release import Release

SHARE, TODAY, DELIVERED = "housing__service_licences", date(2026, 11, 21), date(2026, 11, 16)
RAW = "lake.raw.market_regulation__enterprises"
STAGED = "lake.staging.stg_market_regulation__enterprises"
PRODUCT = "lake.product.service_licences"
COLUMNS = {"credit_code": "credit_code", "name": "name", "enterprise_status": "status"}


@cache
def _city() -> tuple[Catalogue, Services]:
    catalogue = load_catalogue(Path(__file__).parents[3])
    return catalogue, catalogue.services["city_services"]


def _graph(**into_product: Edge) -> Graph:
    """Raw to staging by the platform's own SQL, and to the product by name; some edges into the product otherwise."""
    edges: dict[ColumnRef, tuple[Edge, ...]] = {}
    for source, target in COLUMNS.items():
        staged = ColumnRef(STAGED, source)
        edges[staged] = (Edge(ColumnRef(RAW, source), staged, "direct", "expression"),)
        last = into_product.get(source, Edge(staged, ColumnRef(PRODUCT, target), "direct", "rename"))
        edges[last.target] = (last,)
    columns = {RAW: tuple(COLUMNS), STAGED: tuple(COLUMNS), PRODUCT: tuple(COLUMNS.values())}
    return Graph(columns, edges, built=frozenset({STAGED, PRODUCT}), twins=frozenset({STAGED}))


def _release(agreement: Agreement) -> Release:
    terms = SimpleNamespace(predicate=SimpleNamespace(agreement=SimpleNamespace(digest=agreement_digest(agreement))))
    return Release(agreement.name, "r1", Path("r1"), "current", cast(Any, terms))


def _present(agreement: Agreement, **changes: Any) -> Present:
    sound = Present(
        TODAY,
        {SHARE: _release(agreement)},
        {SHARE: {"verdict": "released", "release_id": "r1"}},
        {"market_regulation.enterprises": DELIVERED, "housing.ownership": DELIVERED},
        _graph(),
        {"market_regulation.enterprises": 200, "housing.ownership": 50},
        {SHARE: 199},
    )
    return replace(sound, **changes)


def _served_with(present: Present, catalogue: Catalogue) -> dict[tuple[str, str, str], Served]:
    found = served(catalogue, _city()[1], present)
    return {(one.department, one.kind, one.proof.element): one for one in found}


LICENCE = ("housing", "business_licence", "enterprise_status")


def test_a_live_share_of_the_very_column_serves_and_ones_own_data_need_no_share() -> None:
    catalogue, _ = _city()
    found = _served_with(_present(catalogue.agreements[SHARE]), catalogue)
    assert {key for key, one in found.items() if one.by == SHARE} == {
        ("housing", "business_licence", name) for name in ("credit_code", "organisation_name", "enterprise_status")
    }
    assert {key[1] for key, one in found.items() if one.by == "housing"} == {"premises"}
    assert {key[:2] for key, one in found.items() if one.by == "market_regulation"} == {
        ("market_regulation", "business_licence")
    }
    assert "never delivered" in found["public_security", "identity_document", "resident_id"].reason
    assert "no agreement" in found["transport", "business_licence", "credit_code"].reason


_STATUS = ColumnRef(STAGED, "enterprise_status")
_TARGET = ColumnRef(PRODUCT, "status")
_RAW = ColumnRef(RAW, "enterprise_status")
# What is otherwise -> what the reason says.
_DEAD: dict[str, tuple[dict[str, Any], str]] = {
    "withheld": (
        {"verdicts": {SHARE: {"verdict": "withheld", "release_id": "r1", "violations": [{"gate": "expiry"}]}}},
        "newest verdict is withheld (expiry)",
    ),
    "never_judged": ({"verdicts": {}}, "never judged"),
    "withdrawn_or_expired": ({"releases": {SHARE: None}}, "no release of it may be read"),
    "an_older_release": (
        {"verdicts": {SHARE: {"verdict": "released", "release_id": "r2"}}},
        "not what was judged last",
    ),
    "stale": ({"today": date(2026, 12, 31)}, "is stale"),
    "beyond_the_calendar": ({"today": date(2031, 1, 1)}, "outside the years"),
    "never_delivered": ({"newest": {}}, "never delivered"),
    "computed": ({"graph": _graph(enterprise_status=Edge(_STATUS, _TARGET, "direct", "expression"))}, "no agreement"),
    "lowered": (
        {"graph": _graph(enterprise_status=Edge(_STATUS, _TARGET, "direct", "rename", "declassify_hmac"))},
        "no agreement",
    ),
    "a_part_by_its_own_sql": ({"held": {SHARE: 9}}, "holds 9 rows, and market_regulation.enterprises has 200"),
    "of_nobody_knows_how_many": ({"current": {}}, "nobody can count"),
    "only_a_filter": (
        {"graph": _graph(enterprise_status=Edge(_STATUS, _TARGET, "indirect", "filter"))},
        "no agreement",
    ),
    "decides_of_rows_on_the_way": (
        {"graph": replace(_graph(), into={**_graph().into, _STATUS: (Edge(_RAW, _STATUS, "indirect", "filter"),)})},
        "no agreement",
    ),
    "another_column_of_that_name": (
        {"graph": _graph(enterprise_status=Edge(ColumnRef(STAGED, "name"), _TARGET, "direct", "rename"))},
        "no agreement",
    ),
}


@pytest.mark.parametrize("case", _DEAD.values(), ids=_DEAD)
def test_nothing_else_serves(case: tuple[dict[str, Any], str]) -> None:
    catalogue, _ = _city()
    changes, why = case
    one = _served_with(_present(catalogue.agreements[SHARE], **changes), catalogue)[LICENCE]
    assert one.by is None and why in one.reason


_TERMS: dict[str, tuple[dict[str, Any], bool, str]] = {
    "another_purpose": ({"purpose_code": "tax_administration"}, True, "does not cover service_handling"),
    "a_part_of_the_rows": ({"rows": (RowCondition("status", ("1",)),)}, True, "only a part of the rows"),
    "asks_for_newer": ({"freshness_working_days": 3}, True, "4 working days old, 3 are allowed"),
    "another_agency": ({"agency": "transport"}, True, "no agreement"),
    "changed_since": ({"scope": "something else"}, False, "changed since it was released"),
    "column_not_promised": ({"columns": ()}, True, "no agreement"),
}


@pytest.mark.parametrize("case", _TERMS.values(), ids=_TERMS)
def test_nor_does_an_agreement_on_other_terms(case: tuple[dict[str, Any], bool, str]) -> None:
    catalogue, _ = _city()
    changes, released_so, why = case
    declared = catalogue.agreements[SHARE]
    other = replace(declared, **changes)
    present = _present(other if released_so else declared)
    one = _served_with(present, replace(catalogue, agreements={SHARE: other}))[LICENCE]
    assert one.by is None and why in one.reason


# Items: what is asked of whom, held to a plain reckoning over sets.

AGENCIES = ("市公安局", "市住房和城乡建设局", "市文化和旅游局", "市外星事务局")
MATERIALS = ("身份证件", "营业执照", "场所使用证明", "资格证书", "申请表", "授权委托书", "没有人说过的材料")
_ITEM = st.tuples(st.sampled_from(AGENCIES), st.sets(st.sampled_from(MATERIALS), max_size=3), st.integers(0, 1))


@pytest.fixture(scope="module")
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as lake; create schema lake.staging")
        yield connection


def _lay(lake: duckdb.DuckDBPyConnection, items: list[tuple[str, set[str], int]]) -> None:
    """The staged lists of these items; an item's third member is how many of its materials were rejected."""
    wanted = ", ".join(
        f"('I{n:03}', 'n', '{agency}', 0, true, {len(asked) + lost})" for n, (agency, asked, lost) in enumerate(items)
    )
    rows = [f"('I{n:03}', '{name}')" for n, (_, asked, _) in enumerate(items) for name in sorted(asked)]
    listed = f"(values {', '.join(rows)})" if rows else "(select null, null where false)"
    lake.execute(f"""
        create or replace table lake.staging.stg_government_services__service_items as
            select * from (values {wanted}) as t (item_code, name, agency, visits_needed, online, material_count);
        create or replace table lake.staging.stg_government_services__service_materials as
            select * from {listed} as t (item_code, name)""")


def _all_served(have: set[tuple[str, str]]) -> list[Served]:
    """Every field, served where `have` has (department, dataset) of it."""
    services = _city()[1]
    return [
        Served(department, kind.name, proof, "a" if (department, proof.dataset) in have else None, "because")
        for department in sorted(set(services.agencies.values()))
        for kind in services.kinds
        for proof in kind.proves
    ]


def _asked(item: tuple[str, set[str], int]) -> set[tuple[str, str]] | None:
    """The shares that an item needs to be exempt; None where none would do."""
    services = _city()[1]
    agency, materials, lost = item
    kinds = {name: kind for kind in services.kinds for name in kind.names}
    proofs: list[tuple[Proof, ...]] = [kinds[name].proves if name in kinds else () for name in materials]
    if lost or not materials or agency not in services.agencies or not all(proofs):
        return None
    return {(services.agencies[agency], one.dataset) for each in proofs for one in each}


_SHARES = sorted(
    (department, dataset)
    for department in ("public_security", "housing", "culture_tourism")
    for dataset in ("public_security.residents", "market_regulation.enterprises", "housing.ownership")
)


@settings(max_examples=10)
@given(items=st.lists(_ITEM, min_size=6, max_size=30), have=st.sets(st.sampled_from(_SHARES)))
def test_taking_a_share_away_asks_again_for_exactly_what_it_served(
    lake: duckdb.DuckDBPyConnection, items: list[tuple[str, set[str], int]], have: set[tuple[str, str]]
) -> None:
    catalogue, services = _city()
    _lay(lake, items)
    needs = {f"I{number:03}": _asked(item) for number, item in enumerate(items)}

    def exempt(shares: set[tuple[str, str]]) -> set[str]:
        found = judged(lake, catalogue, services, _all_served(shares))["items"]
        assert all(one["exempt"] != bool(one["exempt_reasons"]) or one["department"] is None for one in found)
        return {one["item"] for one in found if one["exempt"]}

    before = exempt(have)
    assert before == {item for item, needed in needs.items() if needed is not None and needed <= have}
    for share in sorted(have)[:2]:
        assert before - exempt(have - {share}) == {item for item in before if share in (needs[item] or ())}
    # The one share that is told to exempt most does exempt as many.
    for best in judged(lake, catalogue, services, _all_served(have))["shares"][:1]:
        more = exempt(have | {(best["department"], best["dataset"])})
        assert len(more - before) == best["items"] > 0
