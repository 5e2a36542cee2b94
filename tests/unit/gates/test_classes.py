"""The conditions of the gates for levels, categories and personal information, each at its edge and in its words."""

from __future__ import annotations

import pytest

from contracts.category import Category
from contracts.evidence import Evidence, Levels, Rise
from contracts.model import Agreement, Level
from contracts.violation import Violation
from lineage.gates.registry import judge
from tests.unit.gates import cases as c

L1, L2, L3, L4 = Level
A = c.agreement()
NOBODY = c.agreement(impact_assessment=None)


def found(terms: Agreement, facts: Evidence) -> tuple[Violation, ...]:
    return judge(terms, facts, working_days=c.weekdays).violations


def rise(category: Category, *columns: str) -> Rise:
    return Rise("many", "多", "Many", "art. 1", columns, None, category, "5 persons, more than 4")


def test_important_data_may_be_agreed_to_and_core_data_only_be_left_out() -> None:
    (one,) = found(A, c.with_column(category=Category.IMPORTANT))
    assert "重要 (important) is above 一般 (general)" in one.message
    assert "category_ceiling: important" in one.fix
    (one,) = found(A, c.with_column(category=Category.CORE))
    assert one.fix == "leave the column out"


@pytest.mark.parametrize(
    ("told", "by"),
    [
        (", because many: 5 persons, more than 4", rise(Category.IMPORTANT, "person_id")),
        ("", rise(Category.IMPORTANT, "age")),
        ("", rise(Category.CORE, "person_id")),
    ],
)
def test_a_refusal_names_the_rule_that_raised_the_column(told: str, by: Rise) -> None:
    columns = (c.lineage_column(category=Category.IMPORTANT), c.lineage_column("age"))
    (one,) = found(A, c.evidence(lineage=c.lineage(columns=columns, rises=(by,))))
    assert one.message.endswith(f"the most that may go to civil_affairs{told}")


@pytest.mark.parametrize(
    ("levels", "marks", "personal_source", "refused"),
    [
        (Levels(L1, None, L1), ("personal",), True, False),
        (Levels(L2, None, L2), ("personal",), True, True),
        (Levels(L2, None, L2), ("personal",), False, True),
        (Levels(L2, None, L2), (), True, True),
        (Levels(L2, None, L2), None, False, True),
        (Levels(L2, None, L2), (), False, False),
        (Levels(L1, None, None), (), True, True),
    ],
)
def test_above_l1_any_sign_of_personal_information_asks_for_an_assessment(
    levels: Levels, marks: tuple[str, ...] | None, personal_source: bool, refused: bool
) -> None:
    quiet = {"marks": (), "sources": (c.source_column(personal=False),)}
    first = c.lineage_column(levels=levels, marks=marks, sources=(c.source_column(personal=personal_source),))
    columns = (first, c.lineage_column("age", **quiet))
    gates = {one.gate for one in found(NOBODY, c.evidence(lineage=c.lineage(columns=columns)))}
    assert ("impact_assessment" in gates) == refused


@pytest.mark.parametrize(("declared", "refused"), [(None, False), (L2, True), (L3, False), (L4, False)])
def test_a_level_is_declared_at_what_flows_in_or_above(declared: Level | None, refused: bool) -> None:
    assert [one.rule for one in found(A, c.with_column(declared=declared))] == ["declared_level"] * refused


@pytest.mark.parametrize(("because", "told"), [("residents.resident_id", ", because residents.resident_id"), ("", "")])
def test_a_refused_declaration_says_why_where_that_is_known(because: str, told: str) -> None:
    (one,) = found(A, c.with_column(declared=L2, because=because))
    assert one.message == f"level L2 is declared, and L3 is what flows in{told}"
    assert one.evidence == {"declared": "L2", "inferred": "L3"}


@pytest.mark.parametrize("levels", [Levels(L4, None, L4), Levels(None, L4, L4)])
def test_a_refusal_says_by_value_or_by_influence_and_nothing_of_what_there_is_not(levels: Levels) -> None:
    (one,) = found(A, c.with_column(levels=levels))
    assert (one.evidence["direct"], one.evidence["indirect"]) == (levels.direct, levels.indirect)
