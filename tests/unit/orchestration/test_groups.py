"""How many persons stand behind rows, classes and numbers; and whose rows are single persons' by agreement."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.anonymity import Diversity, GroupEvidence
from contracts.model import LDiversity, Level, LogicalType
from orchestration.share.groups import groups
from tests.unit.orchestration.persons_lake import agreement, lake

PERSON, VISITS = "lake.theme.person", "lake.staging.visits"
STRING, INTEGER = LogicalType.STRING, LogicalType.INTEGER


def counted(sql: str, columns: dict[str, LogicalType], *told_apart_by: str, **terms: Any) -> GroupEvidence:
    with lake(flow=sql) as (connection, known):
        found = known.behind("lake.product.flow")
        assert found is not None
        return groups(connection, found, agreement(columns, **terms), 10, told_apart_by)


def test_rows_of_groups_are_counted_by_persons_and_not_by_visits() -> None:
    # Person 1 alone visits ten times.
    found = counted(
        f"select id = 'P1' as one, count(*) as n from {VISITS} where id is not null group by 1",
        {"one": LogicalType.BOOLEAN, "n": INTEGER},
    )
    assert (found.grouped, found.smallest, found.small_rows, found.protected) == (True, 1, 1, True)
    assert (found.smallest_class, found.small_classes) == (None, 0)  # each row is told by its group already


def test_groups_that_look_alike_are_a_class_where_the_agreement_says_by_what() -> None:
    sql, columns = f"select district, count(*) as n from {PERSON} group by 1", {"district": STRING, "n": INTEGER}
    declared = counted(sql, columns, quasi_identifiers=("n",))
    assert (declared.smallest_class, declared.small_classes) == (4, 1)
    assert counted(sql, columns, quasi_identifiers=()).smallest_class == 40
    assert counted(sql, columns, l_diversity=LDiversity(("n",), 2)).diversity == (Diversity("n", 2, 1, 3),)


def test_alike_rows_of_persons_are_a_class() -> None:
    found = counted(f"select district from {PERSON}", {"district": STRING})
    assert (found.grouped, found.smallest, found.smallest_class, found.small_classes) == (False, None, 4, 1)
    assert found.quasi_identifiers == ("district",)


def test_a_class_that_is_just_large_enough_is_not_small() -> None:
    found = counted(
        f"select district from {PERSON} where district = 'B' and id <> 'P25' and id <> 'P26'", {"district": STRING}
    )
    assert (found.smallest_class, found.small_classes) == (10, 0)


def test_declared_quasi_identifiers_say_what_is_alike() -> None:
    sql, columns = f"select district, name from {PERSON} where district <> 'C'", {"district": STRING, "name": STRING}
    assert counted(sql, columns).small_classes == 36
    declared = counted(sql, columns, quasi_identifiers=("district",))
    assert (declared.smallest_class, declared.small_classes, declared.quasi_identifiers) == (12, 0, ("district",))
    open_to_all = counted(sql, columns, quasi_identifiers=("district",), agency="public", level_ceiling=Level.L1)
    assert open_to_all.small_classes == 36


def test_a_sensitive_column_is_to_vary_within_each_class() -> None:
    sql = f"select v.reason, p.district from {VISITS} v join {PERSON} p on p.id = v.id where district <> 'C'"
    columns = {"district": STRING, "reason": STRING}
    found = counted(sql, columns, l_diversity=LDiversity(("reason",), 2))
    assert found.quasi_identifiers == ("district",)
    assert found.diversity == (Diversity("reason", 2, 1, 1),)  # all of district B came for one reason
    assert found.small_classes == 0


def test_a_number_within_a_row_counts_persons_of_its_own() -> None:
    columns = {"place": INTEGER, "n": INTEGER, "e": INTEGER}
    some = "count(*) filter (where id = 'P3')"
    sql = f"select place, count(*) as n, {{}} as e from {VISITS} where id is not null group by place"
    few_persons = (
        some,
        "sum(case when id = 'P3' then 1 else 0 end)",
        "count(case when id = 'P3' then 1 end)",
        "count_if(id = 'P3')",
        "sum((id = 'P3')::int)",
        "count(distinct id) filter (where id = 'P3')",
    )
    for few in few_persons:
        found = counted(sql.format(few), columns)
        assert (found.small_rows, found.small_cells) == (0, 2), few
    for enough in ("count(id)", "sum(place)", "count(*) filter (where false)", f"nullif({some}, {some})"):
        assert counted(sql.format(enough), columns).small_cells == 0, enough


def test_single_persons_by_agreement_are_told_apart_by_what_stands_for_one_each() -> None:
    sql, columns = f"select zt.declassify_hmac(id) as x, name, district from {PERSON}", {"x": STRING, "name": STRING}
    assert counted(sql, columns, "x").person_by_agreement
    assert not counted(sql, columns, "x").protected
    assert not counted(sql, columns, "district").person_by_agreement
    assert not counted(sql, columns).person_by_agreement


def test_a_pseudonym_of_a_group_makes_no_single_persons_of_it() -> None:
    sql = f"select zt.declassify_hmac(district) as x, count(*) as n from {PERSON} group by district"
    found = counted(sql, {"x": STRING, "n": INTEGER}, "x")
    assert not found.person_by_agreement and found.small_rows == 1


def test_couples_are_single_persons_of_each_kind() -> None:
    sql = "select husband, wife from lake.staging.couples"
    assert counted(sql, {"husband": STRING, "wife": STRING}, "husband", "wife").person_by_agreement


@pytest.mark.parametrize("minimum, small", [(4, 0), (5, 1)])
def test_the_minimum_itself_is_enough(minimum: int, small: int) -> None:
    sql = f"select district, count(*) as n from {PERSON} group by district"
    with lake(flow=sql) as (connection, known):
        found = known.behind("lake.product.flow")
        assert found is not None
        terms = agreement({"district": STRING, "n": INTEGER})
        assert groups(connection, found, terms, minimum, ()).small_rows == small
