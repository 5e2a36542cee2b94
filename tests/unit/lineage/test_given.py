"""Arguments followed to the data elements that contracts declare: what a declassifier is for, and what it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineage.calls import Argument, Call
from lineage.declassifiers import relied_on
from lineage.facts import ColumnRef
from lineage.given import Judge, Misfit, distrusted, misfits
from lineage.graph import Graph
from tests.unit.lineage import calls_cases as c
from tests.unit.lineage.calls_cases import CONSTANT, DECLARED, PRODUCT, REGISTERED, REGISTRY, column, given

X = f"{PRODUCT}.x"
STAGED = {"lake.staging.s.resident_id": ["resident_id"], "lake.theme.t.resident_id": ["lake.staging.s.resident_id"]}
CITY_ID = column(f"{REGISTERED}.city_id")
LOOKED_UP = Call("declassify_registered_id", (CITY_ID,))
PERSONS = given("count_distinct", "resident_id")


def found(graph: Graph) -> list[Misfit]:
    return misfits(graph, REGISTRY, DECLARED)


def of(name: str, *arguments: Argument, guarded: tuple[Call, ...] = ()) -> list[Misfit]:
    return found(c.graph({X: Call(name, arguments, guarded)}))


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("declassify_mask_id", (column("resident_id"),)),
        ("declassify_mask_name", (column("name"),)),
        ("declassify_mask_phone", (column("phone"),)),
        ("declassify_hmac", (column("resident_id"),)),
        ("declassify_hmac", (column("credit_code"),)),
        ("declassify_hmac", (column("resident_id", "phone"),)),
        ("declassify_city_key", (column("credit_code"),)),
        ("declassify_year", (column("birth_date"),)),
        ("declassify_year", (column("visited_at"),)),
        ("declassify_age_band", (column("birth_date"), CONSTANT)),
        ("declassify_age_band", (column("birth_date"), column("visited_at"))),
        ("declassify_grid", (column("longitude"), CONSTANT)),
        ("declassify_k_count", (PERSONS,)),
        ("declassify_k_rows", (PERSONS,)),
        ("declassify_noise", (PERSONS, CONSTANT)),
    ],
)
def test_a_column_of_the_declared_element_fits(name: str, arguments: tuple[Argument, ...]) -> None:
    assert of(name, *arguments) == []


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("declassify_mask_id", (column("name"),)),
        ("declassify_mask_id", (column("credit_code"),)),
        ("declassify_mask_id", (column("resident_id", "name"),)),
        ("declassify_mask_name", (column("diagnosis"),)),
        ("declassify_mask_phone", (column("resident_id"),)),
        ("declassify_hmac", (column("diagnosis"),)),
        ("declassify_hmac", (column("name"),)),
        ("declassify_city_key", (column("phone"),)),
        ("declassify_registered_id", (column("name"),)),
        ("declassify_registered_id", (column("resident_id"),)),
        ("declassify_year", (column("phone"),)),
        ("declassify_age_band", (column("birth_date"), column("diagnosis"))),
        ("declassify_age_band", (column("resident_id"), CONSTANT)),
        ("declassify_grid", (column("birth_date"), CONSTANT)),
        ("declassify_redact", (column("diagnosis"),)),
        ("declassify_k_count", (given("count_distinct", "diagnosis"),)),
        ("declassify_k_count", (given("count_distinct", "credit_code"),)),
        ("declassify_k_rows", (given("count_distinct", "resident_id", "diagnosis"),)),
        ("declassify_mask_id", (column("lake.staging.unknown.resident_id"),)),
        ("declassify_mask_id", (column("lake.staging.identity_decisions.city_id"),)),
        ("declassify_nothing", (column("resident_id"),)),
    ],
)
def test_a_column_of_another_element_does_not(name: str, arguments: tuple[Argument, ...]) -> None:
    assert of(name, *arguments)


SMUGGLED = {
    "kcount_of_a_value": ("declassify_k_count", given("expression", "phone")),
    "kcount_of_a_maximum": ("declassify_k_count", given("aggregate", "diagnosis")),
    "kcount_of_a_copy": ("declassify_k_count", column("diagnosis")),
    "krows_of_a_constant": ("declassify_k_rows", CONSTANT),
    "krows_of_a_sum": ("declassify_k_rows", given("expression", "resident_id")),
    "registered_id_of_an_expression": ("declassify_registered_id", given("expression", "resident_id")),
    "mask_of_shifted_digits": ("declassify_mask_id", given("expression", "resident_id")),
    "mask_of_a_shifted_name": ("declassify_mask_name", given("expression", "name")),
    "year_of_digits": ("declassify_year", given("expression", "resident_id")),
    "hmac_of_a_digit": ("declassify_hmac", given("expression", "resident_id")),
}


@pytest.mark.parametrize("name, argument", SMUGGLED.values(), ids=SMUGGLED)
def test_what_carries_a_value_out_does_not_fit(name: str, argument: Argument) -> None:
    (one,) = of(name, argument)
    assert (one.column, one.declassifier) == (c.ref(X), name)
    assert one.parameter and one.given and one.fits
    assert name in one.message and one.fits in one.fix and PRODUCT in one.fix


def test_an_element_is_followed_through_copies() -> None:
    call = Call("declassify_mask_id", (column("lake.theme.t.resident_id"),))
    assert found(c.graph({X: call}, STAGED)) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"lake.staging.s.resident_id": None},
        {"lake.staging.s.resident_id": ["name"]},
        {"lake.staging.s.resident_id": ["resident_id", "lake.staging.s.other"], "lake.staging.s.other": None},
        {"lake.staging.s.resident_id": []},
        {"lake.staging.s.resident_id": ["lake.theme.t.resident_id"]},
    ],
    ids=["computed", "another element", "partly computed", "always null", "of itself"],
)
def test_it_is_lost_where_the_value_is_no_copy(broken: dict[str, list[str] | None]) -> None:
    call = Call("declassify_mask_id", (column("lake.theme.t.resident_id"),))
    (one,) = found(c.graph({X: call}, {**STAGED, **broken}))
    assert "lake.theme.t.resident_id" in one.given


def test_a_branch_that_is_always_null_adds_nothing() -> None:
    """A provider that lacks an attribute gives nulls for it."""
    copies = {"lake.staging.p.phone": ["phone", "lake.staging.q.phone"], "lake.staging.q.phone": []}
    assert found(c.graph({X: Call("declassify_mask_phone", (column("lake.staging.p.phone"),))}, copies)) == []


def test_a_city_id_is_looked_up_in_the_registry() -> None:
    edges = (c.decides(f"{REGISTERED}.identifier", X, LOOKED_UP.name), c.decides("resident_id", X, LOOKED_UP.name))
    assert found(c.with_registry({X: LOOKED_UP}, edges=edges)) == []


def test_the_rows_of_the_registry_decide_nothing_more() -> None:
    edge = c.decides(f"{REGISTERED}.*", X, LOOKED_UP.name)
    assert found(c.with_registry({X: LOOKED_UP}, edges=(edge,))) == []
    other = c.decides("lake.raw.deaths.*", X, LOOKED_UP.name)
    assert found(c.with_registry({X: LOOKED_UP}, edges=(other,)))


@pytest.mark.parametrize("source", ["diagnosis", "name", f"{REGISTERED}.city_id", "lake.staging.s.computed"])
def test_nothing_but_an_identifier_chooses_the_city_id(source: str) -> None:
    edge = c.decides(source, X, LOOKED_UP.name)
    (one,) = found(c.with_registry({X: LOOKED_UP}, {"lake.staging.s.computed": None}, (edge,)))
    assert "decides" in one.given and one.parameter == "city_id"


def test_a_city_id_kept_elsewhere_is_not_looked_up() -> None:
    """Which city id another model chose may tell anything; only the registry's own column is believed."""
    copies = {"lake.theme.m.city_id": [f"{REGISTERED}.city_id"]}
    call = Call("declassify_registered_id", (column("lake.theme.m.city_id"),))
    assert found(c.with_registry({X: call}, copies))


def test_a_registry_of_other_values_makes_no_city_id() -> None:
    beside = c.Edge(c.ref("name"), ColumnRef(REGISTERED, "city_id"), "direct", "expression")
    assert [one.column for one in found(c.with_registry({X: LOOKED_UP}, edges=(beside,)))] == [c.ref(X)]


def test_persons_are_counted_by_their_city_id() -> None:
    person = "lake.theme.visit.person_city_id"
    call = Call("declassify_k_count", (given("count_distinct", person),))
    assert found(c.with_registry({person: LOOKED_UP, X: call}, {person: None})) == []
    plain = Call("declassify_k_rows", (given("count_distinct", f"{REGISTERED}.city_id"),))
    assert found(c.with_registry({X: plain})) == []


def test_city_ids_of_others_than_persons_are_no_persons() -> None:
    key = Call("declassify_city_key", (column("credit_code"),))
    counted = Call("declassify_k_count", (given("count_distinct", "lake.theme.e.city_id"),))
    (one,) = found(c.graph({"lake.theme.e.city_id": key, X: counted}, {"lake.theme.e.city_id": None}))
    assert "declassify_city_key of credit_code" in one.given


def test_a_count_of_rows_is_believed_in_a_guarded_group_only() -> None:
    rows = given("count")
    assert of("declassify_k_count", rows, guarded=(Call("declassify_k_rows", (PERSONS,)),)) == []
    assert of("declassify_k_count", rows)


def test_a_guard_over_others_than_persons_guards_nothing() -> None:
    guard = Call("declassify_k_rows", (given("count_distinct", "diagnosis"),))
    assert of("declassify_k_count", given("count_distinct", "diagnosis"), guarded=(guard,))
    (one,) = of("declassify_k_count", given("count"), guarded=(guard,))
    assert one.given == "count(*) in a group whose guard was given no persons"


def test_what_decides_about_a_count_of_persons_is_what_it_answers_for() -> None:
    call = Call("declassify_k_count", (PERSONS,))
    assert found(c.graph({X: call}, edges=(c.decides("diagnosis", X, "declassify_k_count", "filter"),))) == []


def test_a_count_of_others_than_persons_is_not_believed_in_any_group() -> None:
    """What is counted may be chosen so that it is of one person, whose group is large all the same."""
    guard = Call("declassify_k_rows", (PERSONS,))
    assert of("declassify_k_count", given("count_distinct", "diagnosis"), guarded=(guard,))
    assert of("declassify_k_count", given("count", "diagnosis"), guarded=(guard,))


def below(graph: Graph, name: str) -> list[Misfit]:
    at = c.ref(name)
    return Judge(graph, REGISTRY, DECLARED).below({at} | graph.upstream(at), relied_on(graph, at))


def test_a_product_answers_for_what_it_leans_on_alone() -> None:
    bad = Call("declassify_mask_id", (column("name"),))
    good = Call("declassify_mask_id", (column("resident_id"),))
    graph = c.graph({X: good, f"{PRODUCT}.y": bad, "lake.theme.other.z": bad})
    assert below(graph, X) == []
    assert [one.column for one in below(graph, f"{PRODUCT}.y")] == [c.ref(f"{PRODUCT}.y")]


def test_it_answers_for_what_was_called_upstream() -> None:
    bad = Call("declassify_mask_id", (column("name"),))
    graph = c.graph({"lake.theme.m.masked": bad}, {X: ["lake.theme.m.masked"]})
    assert [one.column for one in below(graph, X)] == [c.ref("lake.theme.m.masked")]


def test_a_call_that_lowers_nothing_is_judged_all_the_same() -> None:
    """The engine lets no edge pass through a call that does not fit, so no edge tells of it."""
    graph = c.graph({}, edges=(c.Edge(c.ref("name"), c.ref(X), "direct", "expression"),))
    graph = replace(graph, calls={c.ref(X): (Call("declassify_mask_id", (given("expression", "name"),)),)})
    assert [one.declassifier for one in below(graph, X)] == ["declassify_mask_id"]
    graph = replace(graph, calls={ColumnRef(PRODUCT, "*"): (Call("declassify_k_rows", (CONSTANT,)),)})
    assert [one.declassifier for one in below(graph, X)] == ["declassify_k_rows"]


def test_a_call_that_nobody_saw_is_a_misfit() -> None:
    graph = c.graph({}, edges=(c.Edge(c.ref("name"), c.ref(X), "direct", "expression", "declassify_mask_name"),))
    (one,) = below(graph, X)
    assert one.given == "what nobody can see"


def test_a_guard_of_rows_is_judged_where_its_edges_end() -> None:
    edge = c.decides("diagnosis", X, "declassify_k_rows", "filter")
    sound = c.graph({f"{PRODUCT}.*": Call("declassify_k_rows", (PERSONS,))}, edges=(edge,))
    assert below(sound, X) == []
    graph = c.graph({f"{PRODUCT}.*": Call("declassify_k_rows", (CONSTANT,))}, edges=(edge,))
    (one,) = below(graph, X)
    assert one.column == ColumnRef(PRODUCT, "*")
    columns = [c.ref(X), c.ref("name")]
    assert distrusted([one], columns) == {
        (ColumnRef(PRODUCT, "*"), "declassify_k_rows"), (c.ref(X), "declassify_k_rows")}  # fmt: skip


# A registry without a seed of decisions: what its city ids are is what the key made of identifiers, and nothing else.
KEYED = {f"{REGISTERED}.city_id": c.REGISTRY_CALL}
KEYED_COPIES = {f"{REGISTERED}.identifier": ["resident_id"], f"{REGISTERED}.city_id": None}


def test_a_city_id_that_was_made_and_kept_elsewhere_is_not_looked_up() -> None:
    copies = {**KEYED_COPIES, "lake.theme.m.city_id": [f"{REGISTERED}.city_id"]}
    kept = Call("declassify_registered_id", (column("lake.theme.m.city_id"),))
    assert found(c.graph({**KEYED, X: LOOKED_UP}, KEYED_COPIES)) == []
    (one,) = found(c.graph({**KEYED, X: kept}, copies))
    assert "but not in *.theme.*__registered.city_id" in one.given


def test_a_city_id_does_not_choose_a_city_id() -> None:
    edge = c.decides(f"{REGISTERED}.city_id", X, LOOKED_UP.name)
    assert found(c.graph({**KEYED, X: LOOKED_UP}, KEYED_COPIES, (edge,)))


def test_what_decides_beside_the_look_up_is_not_its_business() -> None:
    edges = (c.decides("diagnosis", X, reason="filter"), c.decides("diagnosis", X, "declassify_k_rows", "filter"))
    assert found(c.graph({**KEYED, X: LOOKED_UP}, KEYED_COPIES, edges)) == []


def test_a_registry_that_copies_a_name_holds_no_city_ids() -> None:
    graph = c.graph({X: LOOKED_UP}, {f"{REGISTERED}.city_id": ["name"]})
    (one,) = found(graph)
    assert "person_name" in one.given


MADE = "lake.theme.m.made"


@pytest.mark.parametrize(
    "maker, user",
    [
        (Call("declassify_year", (column("birth_date"),)), Call("declassify_hmac", (column(MADE),))),
        (Call("declassify_mask_id", (column("resident_id"),)), Call("declassify_hmac", (column(MADE),))),
        (
            Call("declassify_mask_id", (column("resident_id"),)),
            Call("declassify_k_count", (given("count_distinct", MADE),)),
        ),
        (Call("declassify_of_their_own", (column("resident_id"),)), Call("declassify_hmac", (column(MADE),))),
        (Call("declassify_city_key", (CONSTANT,)), Call("declassify_hmac", (column(MADE),))),
        (Call("declassify_city_key", (given("expression", "resident_id"),)), Call("declassify_hmac", (column(MADE),))),
    ],
)
def test_what_another_declassifier_made_is_no_id(maker: Call, user: Call) -> None:
    assert [one for one in found(c.graph({MADE: maker, X: user}, {MADE: None})) if one.column == c.ref(X)]


CITY_KEY = Call("declassify_city_key", (column("resident_id"),))


@pytest.mark.parametrize("source", ["resident_id", "name", "lake.staging.s.computed"])
def test_an_id_with_a_plain_value_beside_it_is_not_what_was_made(source: str) -> None:
    beside = c.Edge(c.ref(source), c.ref(MADE), "direct", "expression")
    copies = {MADE: None, "lake.staging.s.computed": None}
    user = Call("declassify_hmac", (column(MADE),))
    assert found(c.graph({MADE: CITY_KEY, X: user}, copies)) == []
    assert [one.column for one in found(c.graph({MADE: CITY_KEY, X: user}, copies, (beside,)))] == [c.ref(X)]


def test_a_made_id_beside_another_stays_one() -> None:
    """A decision of the city's own, or an id of another registry, may stand in for the key."""
    beside = c.Edge(c.ref(f"{REGISTERED}.city_id"), c.ref(MADE), "direct", "expression")
    user = Call("declassify_hmac", (column(MADE),))
    assert found(c.with_registry({MADE: CITY_KEY, X: user}, {MADE: None}, (beside,))) == []


def test_that_there_are_rows_is_no_value_beside_an_id() -> None:
    beside = c.Edge(c.ref(f"{c.RAW}.*"), c.ref(MADE), "direct", "expression")
    user = Call("declassify_hmac", (column(MADE),))
    assert found(c.graph({MADE: CITY_KEY, X: user}, {MADE: None}, (beside,))) == []


def test_an_edge_of_a_call_that_nobody_saw_makes_no_id() -> None:
    unseen = c.Edge(c.ref("name"), c.ref(MADE), "direct", "expression", "declassify_mask_name")
    user = Call("declassify_hmac", (column(MADE),))
    assert found(c.graph({MADE: CITY_KEY, X: user}, {MADE: None}, (unseen,)))


def test_another_call_beside_a_bad_guard_does_not_mend_it() -> None:
    guards = (
        Call("declassify_k_rows", (given("count_distinct", "diagnosis"),)),
        Call("declassify_k_count", (PERSONS,)),
    )
    assert of("declassify_k_count", given("count"), guarded=guards)


def test_a_column_that_is_always_null_says_so() -> None:
    (one,) = found(c.graph({X: Call("declassify_mask_id", (column("lake.staging.s.n"),))}, {"lake.staging.s.n": []}))
    assert one.given == "lake.staging.s.n, which is always null"


def test_many_columns_are_counted_and_not_listed() -> None:
    (one,) = of("declassify_mask_id", column("name", "phone", "address", "birth_date", "diagnosis"))
    assert "and 2 more" in one.given
    (one,) = of("declassify_mask_id", column("name", "phone", "address"))
    assert "more" not in one.given


def test_a_message_names_the_parameter_or_the_call() -> None:
    (one,) = of("declassify_mask_id", column("name"))
    assert "gives declassify_mask_id as value lake.raw.deaths.name, which is person_name, where" in one.message
    (one,) = of("declassify_mask_id")
    assert "gives declassify_mask_id 0 arguments, where 1 fits" in one.message


@pytest.mark.parametrize(
    "copies, fits",
    [
        ({"lake.theme.person.name": ["name", "address"]}, True),
        ({"lake.theme.other.name": ["name", "address"]}, False),
        ({"lake.theme.person.name": None}, False),
        ({"lake.theme.person.name": []}, False),
        ({"lake.theme.person.name": ["name", "lake.staging.s.c"], "lake.staging.s.c": None}, False),
    ],
    ids=["of two elements", "elsewhere", "computed", "always null", "partly computed"],
)
def test_a_domain_says_of_which_element_an_attribute_is(copies: dict[str, list[str] | None], fits: bool) -> None:
    call = Call("declassify_mask_name", (column(next(iter(copies))),))
    assert (found(c.graph({X: call}, copies)) == []) is fits


def test_what_was_made_is_no_attribute_of_a_department_s() -> None:
    maker = Call("declassify_city_key", (column("resident_id"),))
    call = Call("declassify_mask_name", (column("lake.theme.person.name"),))
    made = {"lake.theme.m.made": None, "lake.theme.person.name": ["lake.theme.m.made"]}
    assert found(c.graph({"lake.theme.m.made": maker, X: call}, made))


def test_a_count_of_chosen_rows_is_not_believed_in_a_guarded_group() -> None:
    call = Call("declassify_k_count", (given("count", f"{c.RAW}.*"),), (Call("declassify_k_rows", (PERSONS,)),))
    guarded = c.decides("diagnosis", X, "declassify_k_rows", "filter")
    assert found(c.graph({X: call}, edges=(guarded,))) == []
    (one,) = found(c.graph({X: call}, edges=(guarded, c.decides("diagnosis", X, "declassify_k_count"))))
    assert one.given == "a count of what lake.raw.deaths.diagnosis chooses"
