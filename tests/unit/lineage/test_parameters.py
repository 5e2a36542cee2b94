"""What the shape of a call says: the number of its arguments, and what each of them is."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lineage.calls import Argument, Call
from lineage.declassifiers import Budgets, Keeper, Registry
from lineage.parameters import Parameter, structural_misfit
from tests.unit.lineage.calls_cases import CONSTANT, REGISTRY, column, given

ID, COUNT = column("resident_id"), given("count")
PERSONS = given("count_distinct", "resident_id")
GUARD = Call("declassify_k_rows", (PERSONS,))


def misfit(name: str, *arguments: Argument, guarded: tuple[Call, ...] = ()) -> str | None:
    known = REGISTRY.get(name)
    assert known is not None
    assert known.lowering.parameters == known.parameters
    return structural_misfit(known.lowering.parameters, arguments, guarded)


@pytest.mark.parametrize(
    "name, arguments, guarded",
    [
        ("declassify_mask_id", (ID,), ()),
        ("declassify_hmac", (ID,), ()),
        ("declassify_pseudonym", (ID, CONSTANT, CONSTANT), ()),
        ("declassify_registered_id", (column("lake.theme.natural_person__registered.city_id"),), ()),
        ("declassify_age_band", (column("birth_date"), CONSTANT), ()),
        ("declassify_age_band", (column("birth_date"), column("visited_at")), ()),
        ("declassify_k_count", (PERSONS,), ()),
        ("declassify_k_count", (COUNT,), (GUARD,)),
        ("declassify_k_count", (given("count", "lake.raw.deaths.*"),), (GUARD,)),
        ("declassify_k_rows", (PERSONS,), ()),
        ("declassify_noise", (PERSONS, CONSTANT), ()),
    ],
)
def test_a_call_as_declared_fits(name: str, arguments: tuple[Argument, ...], guarded: tuple[Call, ...]) -> None:
    assert misfit(name, *arguments, guarded=guarded) is None


@pytest.mark.parametrize(
    "name, arguments, guarded",
    [
        ("declassify_mask_id", (given("expression", "resident_id"),), ()),
        ("declassify_mask_id", (CONSTANT,), ()),
        ("declassify_mask_id", (Argument("column"),), ()),
        ("declassify_mask_id", (given("aggregate", "resident_id"),), ()),
        ("declassify_mask_id", (), ()),
        ("declassify_mask_id", (ID, ID), ()),
        ("declassify_mask_id", (Argument("a kind of tomorrow", ID.copies),), ()),
        ("declassify_age_band", (CONSTANT, given("expression", "resident_id")), ()),
        ("declassify_age_band", (column("birth_date"), given("expression", "resident_id")), ()),
        ("declassify_year", (given("expression", "phone"),), ()),
        ("declassify_pseudonym", (ID, column("name"), CONSTANT), ()),
        ("declassify_pseudonym", (ID,), ()),
        ("declassify_k_count", (given("expression", "phone"),), ()),
        ("declassify_k_count", (given("expression", "phone"),), (GUARD,)),
        ("declassify_k_count", (given("aggregate", "phone"),), (GUARD,)),
        ("declassify_k_count", (ID,), (GUARD,)),
        ("declassify_k_count", (COUNT,), ()),
        ("declassify_k_count", (COUNT,), (Call("declassify_k_rows", (COUNT,)),)),
        ("declassify_k_count", (COUNT,), (Call("declassify_k_rows", (Argument("count_distinct"),)),)),
        ("declassify_k_count", (COUNT,), (Call("declassify_k_rows", (ID,)),)),
        ("declassify_k_count", (COUNT,), (Call("declassify_k_count", (PERSONS,)),)),
        ("declassify_k_count", (Argument("count_distinct"),), ()),
        ("declassify_k_count", (given("count", "resident_id"),), (GUARD,)),
        ("declassify_k_count", (given("count", "resident_id", "lake.raw.deaths.*"),), (GUARD,)),
        ("declassify_k_rows", (CONSTANT,), ()),
        ("declassify_k_rows", (COUNT,), (GUARD,)),
        ("declassify_noise", (COUNT, CONSTANT), (GUARD,)),
        ("declassify_noise", (PERSONS, given("expression", "name")), ()),
        ("declassify_noise", (PERSONS, column("name")), ()),
        ("declassify_k_count", (given("uneven", "resident_id"),), (GUARD,)),
        ("declassify_k_rows", (given("uneven", "resident_id"),), ()),
        ("declassify_registered_id", (given("chosen", "lake.theme.natural_person__registered.city_id"),), ()),
    ],
)
def test_a_call_of_another_shape_does_not(
    name: str, arguments: tuple[Argument, ...], guarded: tuple[Call, ...]
) -> None:
    assert misfit(name, *arguments, guarded=guarded)


def test_a_refusal_names_the_parameter_what_was_given_and_what_fits() -> None:
    assert misfit("declassify_mask_id", given("expression", "resident_id")) == (
        "value: given an expression, where a plain column: data element resident_id fits"
    )
    assert misfit("declassify_mask_id", ID, ID) == "given 2 arguments, where 1 fits"


def test_what_nobody_declared_fits_nothing() -> None:
    assert structural_misfit(None, [ID]) == (
        "given 1 arguments, where nothing, since its parameters are not declared, fits"
    )


def test_an_optional_parameter_may_be_left_out() -> None:
    declared = (Parameter(name="a", constant=True), Parameter(name="b", constant=True, optional=True))
    assert structural_misfit(declared, [CONSTANT]) is None
    assert structural_misfit(declared, [CONSTANT, CONSTANT]) is None
    assert structural_misfit(declared, []) == "given 0 arguments, where 1 to 2 fits"


@pytest.mark.parametrize(
    "declared",
    [
        {"name": "a"},
        {"name": "a", "aggregate": "persons"},
        {"name": "a", "aggregate": "rows_guarded"},
        {"name": "a", "element": "phone", "guarded_by": "declassify_k_rows"},
        {"name": "a", "element": "phone", "at": "*.theme.*"},
        {"name": "a", "element": "phone", "elements": "phone"},
    ],
)
def test_a_declaration_that_says_too_little_is_refused(declared: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Parameter.model_validate(declared)


def test_every_declassifier_of_the_platform_declares_its_parameters() -> None:
    for name, known in REGISTRY.entries.items():
        assert known.parameters, name
        assert structural_misfit(known.parameters, [Argument("expression")] * len(known.parameters)), name


def test_persons_are_asked_for_where_only_a_guard_is_declared() -> None:
    guarded = (Parameter(name="n", aggregate="rows_guarded", guarded_by="declassify_k_rows"),)  # type: ignore[arg-type]
    assert structural_misfit(guarded, [PERSONS], [GUARD])
    assert structural_misfit(guarded, [COUNT])
    assert structural_misfit(guarded, [COUNT], [GUARD]) is None


@pytest.mark.parametrize("told", [{"element": "resident_id"}, {"made_by": "declassify_city_key"}])
def test_a_person_is_told_by_an_element_or_by_an_id_that_was_made(told: dict[str, str]) -> None:
    parameter = Parameter.model_validate({"name": "n", "aggregate": "persons", **told})
    assert (*parameter.element, *parameter.made_by) == tuple(told.values())
    assert parameter.aggregate == ("persons",)


@pytest.mark.parametrize(
    "declared, fits",
    [
        ({"element": ["a", "b"]}, "a plain column: data element a, b"),
        ({"entity_identifier": True}, "a plain column: an identifier of a theme entity"),
        ({"type": "date", "constant": True}, "a plain column: a date or a constant"),
        ({"constant": True}, "a constant"),
        ({"made_by": "f"}, "a plain column: what f made"),
        ({"aggregate": "persons", "element": "a"}, "count(distinct …) of persons by data element a"),
        ({"aggregate": "rows_guarded", "guarded_by": "g"}, "count(*) in a group that g guards"),
    ],
)
def test_what_fits_is_said_in_words(declared: dict[str, object], fits: str) -> None:
    assert Parameter.model_validate({"name": "n", **declared}).fits == fits


def test_a_registry_refuses_a_name_for_two_things() -> None:
    first = REGISTRY.entries["declassify_hmac"]
    keeper = Keeper(name="Normalise_Phone", title="Phone", title_zh="电话")
    known = Registry.of([first], [keeper])
    assert (known.keepers, known.get("DECLASSIFY_HMAC")) == ({"normalise_phone"}, first)
    with pytest.raises(ValueError, match="declared twice"):
        Registry.of([first, first])
    with pytest.raises(ValueError, match="keeper at once"):
        Registry.of([first], [keeper.model_copy(update={"name": first.name})])


def test_a_budget_is_its_element_s_or_the_default() -> None:
    budgets = Budgets(default=3, elements={"phone": 1})
    assert (budgets.of("phone"), budgets.of("person_name")) == (1, 3)
