"""What products of one recipient tell together: those that a common key joins share the budget of a source column."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lineage.calls import Argument, Call
from lineage.facts import DIRECT, ColumnRef, Edge
from lineage.graph import Graph
from lineage.together import Joined, Key, Together
from tests.unit.lineage import calls_cases as c

YEAR = Call("declassify_year", (c.column("birth_date"),))
BAND = Call("declassify_age_band", (c.column("birth_date"), c.CONSTANT))
NAME = Call("declassify_mask_name", (c.column("name"),))
REDACTED = Call("declassify_redact", (c.column("name"),))
HMAC = Call("declassify_hmac", (c.column("resident_id"),))
OTHER = Call("declassify_hmac", (c.column("credit_code"),))
OWN = Call("declassify_pseudonym", (c.column("resident_id"), c.CONSTANT, c.CONSTANT))
CITY = "lake.theme.natural_person.city_id"


def cell(cell: str) -> Call:
    return Call("declassify_grid", (c.column("longitude"), Argument("constant", text=cell)))


def graph(products: Mapping[str, Mapping[str, Call]], copies: Mapping[str, str] | None = None, *edges: Edge) -> Graph:
    calls = {f"lake.product.{name}.{column}": call for name, made in products.items() for column, call in made.items()}
    copied = {CITY: [f"{c.REGISTERED}.city_id"], **{at: [source] for at, source in (copies or {}).items()}}
    return c.with_registry(calls, copied, edges)


def columns(known: Graph, product: str) -> list[ColumnRef]:
    return [ColumnRef(f"lake.product.{product}", name) for name in known.columns.get(f"lake.product.{product}", ())]


def together(known: Graph, *others: str) -> list[Joined]:
    judge = Together(known, c.REGISTRY, c.DECLARED, c.POLICY.anonymity.pseudonyms)
    return judge.beyond(columns(known, "p"), {name: columns(known, name) for name in others})


def test_two_views_that_a_pseudonym_of_the_city_joins_are_beyond_the_budget() -> None:
    known = graph({"p": {"k": HMAC, "band": BAND, "n": NAME}, "q": {"id": HMAC, "year": YEAR, "n": NAME}})
    (one,) = together(known, "q")
    assert one.message == (
        "band and what q has are 2 views of lake.raw.deaths.birth_date, of which 1 may be: "
        "the recipient can join them by declassify_hmac of resident_id"
    )
    assert one.outputs == (c.ref(f"{c.PRODUCT}.band"),)
    assert together(known) == []


@pytest.mark.parametrize(
    "mine, its",
    [
        ({"k": OWN, "v": BAND}, {"k": OWN, "v": YEAR}),
        ({"k": HMAC, "v": BAND}, {"k": OWN, "v": YEAR}),
        ({"k": HMAC, "v": BAND}, {"k": OTHER, "v": YEAR}),
        ({"k": HMAC, "v": BAND}, {"v": YEAR}),
        ({"v": BAND}, {"v": YEAR}),
        ({"k": HMAC, "v": YEAR}, {"k": HMAC, "v": YEAR}),
        ({"k": HMAC, "v": YEAR}, {"k": HMAC, "v": NAME}),
        ({"k": HMAC}, {"k": HMAC, "v": YEAR, "w": BAND}),
        ({"k": HMAC, "v": cell("0.01")}, {"k": HMAC, "v": cell("0.01")}),
        ({"k": HMAC, "v": YEAR, "w": BAND}, {"k": HMAC, "v": YEAR}),
        ({"k": HMAC, "v": NAME}, {"k": HMAC, "v": REDACTED}),
    ],
    ids=["keyed apart", "one keyed apart", "of another thing", "its no key", "no keys", "the same view",
         "of another column", "nothing of mine", "the same cells", "too much alone",
         "within a budget of two"],
)  # fmt: skip
def test_products_that_tell_no_more_together(mine: dict[str, Call], its: dict[str, Call]) -> None:
    assert together(graph({"p": mine, "q": its}), "q") == []


@pytest.mark.parametrize("mine, its", [("0.01", "0.02"), ("0.01", ""), ("", "")])
def test_one_function_with_other_constants_is_another_view(mine: str, its: str) -> None:
    found = together(graph({"p": {"k": HMAC, "v": cell(mine)}, "q": {"k": HMAC, "v": cell(its)}}), "q")
    assert [(one.source.column, one.views) for one in found] == [("longitude", 2)]


def test_a_key_may_be_another_product_s() -> None:
    products = {"p": {"k": OTHER, "v": BAND}, "q": {"k": OTHER, "j": HMAC}, "r": {"k": HMAC, "v": YEAR}}
    (one,) = together(graph(products), "q", "r")
    assert one.products == ("r",)
    assert together(graph(products), "r") == []


def test_the_city_id_joins_however_it_is_got() -> None:
    looked_up = Call("declassify_registered_id", (c.column(f"{c.REGISTERED}.city_id"),))
    products = {"p": {"v": BAND}, "q": {"k": looked_up, "v": YEAR}}
    (one,) = together(graph(products, {f"{c.PRODUCT}.k": CITY}), "q")
    assert one.keys == (Key("declassify_city_key", "resident_id"),)


def test_an_identifier_joins() -> None:
    copies = {f"{c.PRODUCT}.k": "resident_id", "lake.product.q.k": "resident_id"}
    (one,) = together(graph({"p": {"v": BAND}, "q": {"v": YEAR}}, copies), "q")
    assert str(one.keys[0]) == "resident_id"


@pytest.mark.parametrize("transform, joins", [("expression", True), ("aggregation", False)])
def test_a_key_spelt_otherwise_joins_and_the_number_of_keys_does_not(transform: str, joins: bool) -> None:
    edge = Edge(c.ref(CITY), c.ref(f"{c.PRODUCT}.k"), DIRECT, transform)
    known = graph({"p": {"v": BAND}, "q": {"v": YEAR}}, {"lake.product.q.k": CITY}, edge)
    assert bool(together(known, "q")) == joins
