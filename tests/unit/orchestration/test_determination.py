"""What outputs tell of inputs: shares as reckoned by hand, and the calls that they are asked of."""

from __future__ import annotations

import pytest

from lineage.anonymity import Determination, Limit
from lineage.shadow.pairs import pairs_of
from orchestration.share.determination import told, within_limits
from tests.unit.orchestration.persons_lake import lake

PERSON = "lake.theme.person"
LIMITS = Determination(from_inputs=40, limits={"declassify_mask_name": Limit(determined=0.5, information=0.9)})
KEYED = ("declassify_hmac",)


@pytest.mark.parametrize(
    "output, determined, information",
    [("i", 1.0, 1.0), ("0", 0.0, 0.0), ("i // 2", 0.0, 0.75), ("case when i < 4 then i end", 1.0, 1.0)],
    ids=["the input", "nothing", "pairs of two", "nulls tell nothing"],
)
def test_shares(output: str, determined: float, information: float) -> None:
    with lake() as (connection, _):
        found = told(connection, f"select i, {output} as o from range(16) t(i)")
        assert (found.determined, found.information) == (determined, pytest.approx(information))


def test_no_input_tells_nothing() -> None:
    with lake() as (connection, _):
        assert told(connection, "select 1 as i, 1 as o where false") == (0, 0.0, 0.0)
        assert told(connection, "select 1 as i, 1 as o").information == 0.0


def answers(sql: str, limits: Determination = LIMITS) -> list[bool]:
    with lake() as (connection, _):
        return [held for held, _ in within_limits(connection, sql, "declassify_mask_name", limits, KEYED)]


def test_an_honest_mask_keeps_its_limit() -> None:
    assert answers(f"select zt.declassify_mask_name(name) as x from {PERSON}") == [True]


def test_a_mask_that_gives_its_input_back_does_not() -> None:
    with lake() as (connection, _):
        connection.execute("create or replace macro zt.declassify_mask_name(value) as value")
        sql = f"select zt.declassify_mask_name(name) as x from {PERSON}"
        ((held, seen),) = within_limits(connection, sql, "declassify_mask_name", LIMITS, KEYED)
        assert not held and seen.startswith("x: 1.000 of 40 inputs are determined")


def test_outputs_of_one_input_are_judged_together_too() -> None:
    sql = (
        f"select zt.declassify_mask_name(name) as x, substr(name, 2) as y, zt.declassify_hmac(name) as k from {PERSON}"
    )
    assert answers(sql) == [True, False]
    assert answers(sql.replace("substr(name, 2) as y", "district as y")) == [True]


def test_few_inputs_and_no_limit_are_not_judged() -> None:
    sql = f"select zt.declassify_mask_name(name) as x from {PERSON}"
    assert answers(f"{sql} where id <> 'P1'") == []
    assert answers(sql, Determination(from_inputs=2)) == []


def test_calls_are_found_below_with_and_in_groups() -> None:
    with lake() as (connection, _):
        for sql in (
            f"with a as (from {PERSON}), b as (select zt.declassify_mask_name(a.name) as x from a) select * from b",
            f"select zt.declassify_mask_name(name) as x, count(*) as n from {PERSON} group by 1",
            f"select x from (select zt.declassify_mask_name(cast(name as varchar)) as x from {PERSON}) t",
        ):
            (pairs,) = pairs_of(sql, "declassify_mask_name", KEYED)
            assert told(connection, pairs.sql).inputs == 40


def test_only_plain_columns_are_asked_about() -> None:
    assert pairs_of(f"select zt.declassify_mask_name(upper(name)) as x from {PERSON}", "declassify_mask_name", ()) == []
