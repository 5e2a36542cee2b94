"""A product, its city and its agreement brought to lineage: approvals, objections, and what noise has cost so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.load import load_catalogue
from contracts.model import Agreement, Catalogue, LoweringApproval
from lake.column_lineage import CityLineage
from lake.settings import REPOSITORY
from lineage.calls import Argument, Call
from lineage.elements import declared_elements
from lineage.facts import ColumnRef
from lineage.from_contracts import contract_levels
from orchestration.share import privacy
from orchestration.share.objections import Objector, approval
from sharing.ledger import Ledger
from tests.unit.gates import cases as g
from tests.unit.lineage import calls_cases as c

PRODUCT = "lake.product.elderly_subsidy_candidates"
RESIDENTS = "lake.raw.public_security__residents"
THEME = "lake.theme.natural_person"
ID, NAME = f"{RESIDENTS}.resident_id", f"{RESIDENTS}.name"
CANDIDATE = g.candidate(columns={"x": "VARCHAR", "Y": "BIGINT"})


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(REPOSITORY)


def lineage_of(graph: Any) -> CityLineage:
    return CityLineage(graph, {}, c.POLICY)


def found(catalogue: Catalogue, calls: dict[str, Call], **more: Any) -> list[tuple[str, str]]:
    graph = c.graph({f"{PRODUCT}.{name}": call for name, call in calls.items()}, **more)
    seen = Objector(lineage_of(graph), catalogue).objections(g.agreement(), CANDIDATE)
    assert all(one.message and one.fix and one.facts for one in seen)
    return [(one.rule, one.column) for one in seen]


MASK = Call("declassify_mask_id", (c.column(ID),))


def test_a_product_as_declared_meets_no_objection(catalogue: Catalogue) -> None:
    assert found(catalogue, {"x": MASK, "y": Call("declassify_mask_name", (c.column(NAME),))}) == []


def test_an_argument_of_another_element_is_objected_to(catalogue: Catalogue) -> None:
    call = Call("declassify_mask_id", (c.column(NAME),))
    assert ("declassifier_arguments", "Y") in found(catalogue, {"y": call})
    assert found(catalogue, {"other": call}) == []


def test_two_views_of_one_column_are_objected_to_in_both(catalogue: Catalogue) -> None:
    assert found(catalogue, {"x": MASK, "y": MASK}) == [("output_budget", "x"), ("output_budget", "Y")]


def test_what_a_sibling_has_counts_where_a_key_of_the_city_joins_it(catalogue: Catalogue) -> None:
    key, birth = Call("declassify_hmac", (c.column(ID),)), f"{RESIDENTS}.birth_date"
    band = Call("declassify_age_band", (c.column(birth), c.CONSTANT))
    year = Call("declassify_year", (c.column(birth),))
    made = {f"{PRODUCT}.x": key, f"{PRODUCT}.y": band, "lake.product.q.x": key, "lake.product.q.age": year}
    objector = Objector(lineage_of(c.graph(made)), catalogue)
    other = g.agreement(name="civil_affairs__q", product="q", columns=(g.column("x"), g.column("age")))
    shared, one = objector.objections(g.agreement(), CANDIDATE, [other])
    assert (one.rule, one.column, one.facts["products"]) == ("output_budget", "Y", ["civil_affairs__q"])
    assert "declassify_hmac" in one.fix and objector.objections(g.agreement(), CANDIDATE) == (shared,)


OWN, CITY_KEY = g.agreement().name, "declassify_city_key"


def pseudonym(name: str | None) -> Call:
    said = [Argument("constant", text=name or ""), Argument("constant", text="1")]
    return Call("declassify_pseudonym", (c.column(ID), *said))


@pytest.mark.parametrize("name", ["health__death_causes", "everybody", OWN.upper(), f"{OWN} ", "", None])
def test_a_pseudonym_under_any_name_but_the_agreements_own_is_objected_to(catalogue: Catalogue, name: str) -> None:
    assert found(catalogue, {"x": pseudonym(name)}) == [("pseudonym_agreement", "x")]
    # Also where it was made further up, and comes from there.
    made = {f"{THEME}.key": pseudonym(name)}
    graph = c.graph(made, copies={f"{PRODUCT}.x": [f"{THEME}.key"]})
    (one,) = Objector(lineage_of(graph), catalogue).objections(g.agreement(), CANDIDATE)
    assert (one.rule, one.column) == ("pseudonym_agreement", "x")
    assert found(catalogue, {"x": pseudonym(OWN)}) == []


@pytest.mark.parametrize("way", ["declassify_hmac", CITY_KEY])
@pytest.mark.parametrize("through", ["copy", "expression"])
def test_one_key_for_all_recipients_is_objected_to(catalogue: Catalogue, way: str, through: str) -> None:
    """The city id alone may leave, where the agreement says that it is one."""
    key = f"{THEME}.key"
    edge = c.Edge(c.ref(key), c.ref(f"{PRODUCT}.x"), "direct", "expression")
    copies = {f"{PRODUCT}.x": [key]} if through == "copy" else None
    graph = c.graph({key: Call(way, (c.column(ID),))}, copies=copies, edges=[edge] if through != "copy" else [])
    objector = Objector(lineage_of(graph), catalogue)

    def rules(mask: str | None) -> list[tuple[str, str]]:
        terms = g.agreement(columns=(g.column("x", mask=mask), g.column("Y")))
        return [(one.rule, one.column) for one in objector.objections(terms, CANDIDATE)]

    assert rules(None) == rules("pseudonym") == [("shared_key", "x")]
    assert rules("city_id") == ([] if way == CITY_KEY else [("shared_key", "x")])


def test_a_column_that_may_leave_masked_only_is_objected_to_as_it_is(catalogue: Catalogue) -> None:
    def limited(may: tuple[str, ...] | None) -> Catalogue:
        dataset = catalogue.datasets["public_security.residents"]
        columns = tuple(replace(one, may_leave=may) if one.name == "name" else one for one in dataset.columns)
        changed = {**catalogue.datasets, dataset.id: replace(dataset, columns=columns)}
        return replace(catalogue, datasets=changed)

    copies = {f"{PRODUCT}.x": [NAME]}
    mask = {"x": Call("declassify_mask_name", (c.column(NAME),))}
    assert found(limited(None), {}, copies=copies) == []
    assert found(limited(("masked",)), {}, copies=copies) == [("column_constraint", "x")]
    assert found(limited(()), mask) == [("column_constraint", "x")]
    assert found(limited(("masked",)), mask) == []


def test_the_seed_of_decisions_has_the_element_that_the_policy_gives(catalogue: Catalogue) -> None:
    seed = "lake.staging.identity_decisions.city_id"
    graph = c.graph({}, edges=(c.Edge(c.ref(seed), c.ref(f"{PRODUCT}.x"), "direct", "identity"),))
    declared = Objector(lineage_of(graph), catalogue).declared
    assert declared.elements[ColumnRef.parse(seed)] == "registered_city_id"
    assert declared.elements[ColumnRef.parse(ID)] == "resident_id"
    assert declared.types["date"] == declared.types["timestamp"] == "date" and "resident_id" not in declared.types
    assert "resident_id" in declared.identifiers and "person_name" not in declared.identifiers


def test_the_greatest_of_some_keys_is_a_key_and_their_number_is_none(catalogue: Catalogue) -> None:
    made = {f"{THEME}.key": Call("declassify_hmac", (c.column(ID),))}
    edges = [c.Edge(c.ref(f"{THEME}.key"), c.ref(f"{PRODUCT}.{one}"), "direct", "aggregation") for one in ("x", "y")]
    seen = Objector(lineage_of(c.graph(made, edges=edges)), catalogue).objections(g.agreement(), CANDIDATE)
    assert [(one.rule, one.column) for one in seen] == [("shared_key", "x")]


ENTRY = LoweringApproval("declassify_year", ("x", "y"), "dpo@city.example", date(2026, 5, 1))


def test_without_entries_those_who_approved_the_agreement_approved_its_uses() -> None:
    assert approval(g.agreement(), "declassify_year", ["x"]) == {"approved_by": (g.OFFICE,)}


@pytest.mark.parametrize(
    "name, columns, by",
    [("declassify_year", ["x"], ("dpo@city.example",)), ("declassify_year", ["z"], ()), ("declassify_hmac", ["x"], ())],
)
def test_an_entry_is_for_its_declassifier_and_columns(name: str, columns: list[str], by: tuple[str, ...]) -> None:
    seen = approval(g.agreement(declassifiers=(ENTRY,)), name, columns)
    assert (seen["approved_by"], seen["named"]) == (by, bool(by))
    assert seen["approved_on"] == (date(2026, 5, 1) if by else None)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def spend(ledger: Ledger, agreement: Agreement, content: str, **spends: float) -> None:
    city: Any = SimpleNamespace(ledger=ledger, run_id="r", now=lambda: g.NOW)
    privacy.record(city, agreement, content, spends)


def beyond(ledger: Ledger, content: str, most: float, **cost: float) -> list[tuple[str, float]]:
    objected = privacy.beyond_budget(ledger, g.agreement(), content, most, {"visits": cost})
    return [(one.column, one.facts["after"]) for one in objected]


def test_what_was_spent_adds_up_and_the_same_content_is_paid_once(ledger: Ledger) -> None:
    spend(ledger, g.agreement(), "one", visits=0.5)
    spend(ledger, g.agreement(), "one", visits=0.5)
    spend(ledger, g.agreement(name="civil_affairs__other"), "one", visits=0.25)
    spend(ledger, g.agreement(agency="transport"), "two", visits=4.0)
    spend(ledger, g.agreement(), "two", deaths=4.0)
    assert len(list(ledger.entries("privacy"))) == 4
    assert privacy.spent(ledger, "civil_affairs", "visits", beside=("", "")) == 0.75
    assert privacy.spent(ledger, "civil_affairs", "visits", beside=(g.agreement().name, "one")) == 0.25


def test_a_release_beyond_the_budget_is_objected_to(ledger: Ledger) -> None:
    spend(ledger, g.agreement(), "one", visits=0.5)
    assert beyond(ledger, "two", 1.5, n=0.5, m=0.5) == []
    assert beyond(ledger, "two", 1.4, n=0.5, m=0.5) == [("n", 1.5), ("m", 1.5)]
    assert beyond(ledger, "one", 1.0, n=0.5, m=0.5) == []


def test_a_noisy_column_costs_what_the_policy_says_for_each_dataset_below(catalogue: Catalogue) -> None:
    noise = Call("declassify_noise", (c.given("count_distinct", ID), c.CONSTANT))
    graph = c.graph({f"{PRODUCT}.x": noise, f"{PRODUCT}.y": MASK})
    datasets = {f"lake.raw.{one.table}": one for one in catalogue.datasets.values()}
    outputs = {ColumnRef(PRODUCT, "x"): "x", ColumnRef(PRODUCT, "y"): "Y"}
    cost = privacy.costs(lineage_of(graph), datasets, outputs)
    assert cost == {"public_security.residents": {"x": 0.5}}
    assert privacy.totals(cost) == {"public_security.residents": 0.5}


def test_content_is_told_by_the_bytes_of_the_files() -> None:
    file = g.candidate().files[0]
    other = g.candidate(files=(replace(file, sha256="1" * 64),))
    assert privacy.content_of(g.candidate()) == privacy.content_of(g.candidate(rows=1)) != privacy.content_of(other)


def test_a_level_is_lowered_only_by_what_was_given_what_it_is_for(catalogue: Catalogue) -> None:
    def level(call: Call) -> str:
        graph = c.graph({f"{PRODUCT}.x": call})
        declared = declared_elements(catalogue, c.POLICY, graph)
        lineage = CityLineage(graph, contract_levels(catalogue), c.POLICY, declared)
        return lineage.levels[ColumnRef(PRODUCT, "x")].effective

    assert level(MASK) == "L2"
    assert level(Call("declassify_mask_name", (c.column(ID),))) == "L4"
    assert level(Call("declassify_mask_id", (c.given("expression", ID),))) == "L4"


def test_a_bad_guard_lowers_no_column_of_its_relation(catalogue: Catalogue) -> None:
    edge = c.decides(ID, f"{PRODUCT}.x", "declassify_k_rows", "filter")
    for guard, level in ((c.given("count_distinct", ID), "L1"), (c.CONSTANT, "L4")):
        graph = c.graph({f"{PRODUCT}.*": Call("declassify_k_rows", (guard,))}, edges=(edge,))
        declared = declared_elements(catalogue, c.POLICY, graph)
        lineage = CityLineage(graph, contract_levels(catalogue), c.POLICY, declared)
        assert lineage.levels[ColumnRef(PRODUCT, "x")].effective == level
        assert lineage.with_level(ColumnRef.parse(ID), "L4").declared is declared
