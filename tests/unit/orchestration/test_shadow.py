"""The persons behind a query's rows: found for every known shape, as counted by hand, refused for every other."""

from __future__ import annotations

import pytest

from lineage.shadow.rewrite import NotShadowed
from orchestration.share.groups import smallest_row
from tests.unit.orchestration.persons_lake import lake

PERSON, VISITS, PLACES = "lake.theme.person", "lake.staging.visits", "lake.staging.places"

# A query -> the persons of its smallest row.
TOLD = {
    "rows": (f"select district from {PERSON}", 1),
    "groups": (f"select district, count(*) as n from {PERSON} group by district", 4),
    "groups of all": (f"select district, count(*) as n from {PERSON} group by all", 4),
    "groups by place in the list": (f"select district, count(*) as n from {PERSON} group by 1", 4),
    "a total": (f"select count(*) as n from {PERSON}", 40),
    "persons once for all their visits": (f"select reason, count(*) as n from {VISITS} group by reason", 11),
    "a made-up size": (f"select id, 10 as n from {VISITS} where id is not null group by 1 having count(*) > -9", 1),
    "a size of another table": (
        f"select id from {VISITS} where id is not null group by id having (select count(*) from {PERSON}) > 9", 1,
    ),
    "persons without an id are too few": (f"select place, count(*) as n from {VISITS} group by place", 0),
    "having": (f"select district from {PERSON} group by district having count(*) > 9", 12),
    "a subquery that filters": (
        f"select district from {PERSON} where id in (select id from {VISITS} where reason = 'E11') group by 1", 11,
    ),
    "distinct": (f"select distinct district from {PERSON}", 4),
    "distinct with a star": (f"select distinct * from (select district from {PERSON}) t", 4),
    "with": (f"with a as (select * from {PERSON}) select district, count(*) as n from a group by district", 4),
    "with of with": (
        f"with a as (select * from {PERSON}), b as (select district, id from a) select count(*) as n from b", 40,
    ),
    "groups of groups": (
        f"select n, count(*) as m from (select district, count(*) // 10 as n from {PERSON} group by 1) t group by n", 4,
    ),
    "a star over groups": (f"select * from (select district, count(*) as n from {PERSON} group by 1) as t", 4),
    "a star of one source": (
        f"with g as (select district, count(*) as n from {PERSON} group by 1) "
        "select g.*, r.region from g left join lake.staging.places as r on r.place = g.n", 4,
    ),
    "a crowd joined to single persons": (
        f"select v.id, count(distinct p.id) as n from {VISITS} v cross join {PERSON} p where v.id is not null "
        "group by 1", 1,
    ),
    "single persons joined to a crowd": (
        f"select v.id, count(distinct p.id) as n from {PERSON} p cross join {VISITS} v where v.id is not null "
        "group by 1", 1,
    ),
    "a table that is nobody's": (
        f"select region, count(*) as n from {VISITS} v left join lake.staging.places p using (place) "
        "where v.id is not null group by region", 26,
    ),
    "an outer join without a match": (
        f"select p.place, count(v.id) as n from lake.staging.places p left join {VISITS} v on v.place = p.place "
        "and v.id is not null group by 1", 26,
    ),
    "both of a couple": ("select husband from lake.staging.couples group by husband", 1),
    "union all": (f"select district from {PERSON} union all select district from {PERSON}", 1),
    "groups of a union": (
        f"select d, count(*) as n from (select district as d, id from {PERSON} union all select 'A', id from {VISITS} "
        "where id is not null) t group by d", 4,
    ),
    "a union with a side of nobody": (
        f"select district as d, count(*) as n from {PERSON} group by 1 union all select region, 0 from {PLACES}", 4,
    ),
    "a union of groups and rows": (
        f"select district as d from {PERSON} where id = 'P1' union all select district from {PERSON} group by 1", 1,
    ),
    "rollup": (f"select district, count(*) as n from {PERSON} group by rollup (district)", 4),
    "qualify": (f"select district from {PERSON} qualify row_number() over (partition by district order by id) = 1", 1),
    "the registry's look-up": (
        "select zt.declassify_registered_id((select max(p.id) from lake.theme.person p where p.id = v.id)) as c, "
        "count(*) as n from lake.staging.visits v where id is not null group by 1", 1,
    ),
    "limit": (f"select district from {PERSON} order by id limit 3", 1),
}  # fmt: skip

REFUSED = {
    "a pivot": f"pivot {PERSON} on district using count(*)",
    "values of other rows": f"select district, first_value(name) over (order by id) as x from {PERSON}",
    "a value from a subquery": f"select district, (select max(name) from {PERSON}) as x from {PERSON} group by 1",
    "a value of persons beside nobody": f"select region, (select max(name) from {PERSON}) as x from {PLACES}",
    "columns by pattern": f"select columns('d.*') from {PERSON}",
    "except": f"select district from {PERSON} except select region from lake.staging.places",
    "distinct on": f"select distinct on (district) district, name from {PERSON}",
    "a sample": f"select district from {PERSON} using sample 10 rows",
    "a natural join": f"select district from {PERSON} natural join {VISITS}",
    "a semi join": f"select district from {PERSON} semi join {VISITS} using (id)",
    "a recursive with": f"with recursive a as (select 1 as n union all select n from a) select name from {PERSON}, a",
    "a table function": f"select district from {PERSON}, range(3)",
    "ids of two kinds": f"select id from {PERSON} union all select passport from lake.staging.guests",
    "a union that drops equal rows": f"select district from {PERSON} union select district from {PERSON}",
}


@pytest.mark.parametrize("case", TOLD)
def test_persons_of_the_smallest_row(case: str) -> None:
    sql, persons = TOLD[case]
    with lake(flow=sql) as (connection, known):
        counted = known.behind("lake.product.flow")
        assert counted is not None
        assert smallest_row(connection, counted) == persons


@pytest.mark.parametrize("case", REFUSED)
def test_other_shapes_are_not_told(case: str) -> None:
    with lake() as (_, known):
        known.models = {"lake.product.flow": REFUSED[case]}
        with pytest.raises(NotShadowed) as refused:
            known.behind("lake.product.flow")
        assert refused.value.reason and "P1" not in refused.value.reason


def test_a_table_of_nobody_has_nobody_behind_it() -> None:
    with lake(flow="select region from lake.staging.places") as (_, known):
        assert known.behind("lake.product.flow") is None


def test_persons_are_found_through_the_models_between() -> None:
    between = f"select id as other, place, 'x' || reason as reason from {VISITS}"
    flow = "select reason, count(*) as n from lake.product.visited group by reason"
    with lake(visited=between, flow=flow) as (connection, known):
        counted = known.behind("lake.product.flow")
        assert counted is not None and smallest_row(connection, counted) == 11
        assert counted.shadow.keys == ("reason",)


def test_an_unknown_table_and_a_model_of_itself_are_not_told() -> None:
    with lake() as (_, known):
        known.models = {"lake.product.a": "from lake.product.a", "lake.product.b": "select 1 as x from lake.other.c"}
        for name, why in (("a", "reads itself"), ("b", "nothing is known"), ("c", "no SQL is known")):
            with pytest.raises(NotShadowed, match=why):
                known.behind(f"lake.product.{name}")


def test_rows_that_the_sql_does_not_give_are_not_counted() -> None:
    with lake(flow=f"select district, count(*) as n from {PERSON} group by 1") as (connection, known):
        connection.execute("update lake.product.flow set n = n + 1 where district = 'A'")
        with pytest.raises(NotShadowed, match="not those of the table"):
            known.behind("lake.product.flow")


def test_a_row_more_than_the_sql_gives_is_noticed() -> None:
    with lake(flow=f"select district, count(*) as n from {PERSON} group by 1") as (connection, known):
        connection.execute("delete from lake.product.flow where district = 'A'")
        with pytest.raises(NotShadowed, match="not those of the table"):
            known.behind("lake.product.flow")


def test_an_error_of_the_engine_quotes_nothing() -> None:
    with lake() as (_, known):
        known.models = {"lake.product.flow": f"select cast(id as integer) as x from {PERSON}"}
        with pytest.raises(NotShadowed) as refused:
            known.behind("lake.product.flow")
        assert "ConversionException" in refused.value.reason and "P1" not in refused.value.reason


def test_closing_drops_the_ids() -> None:
    with lake(flow=f"select district from {PERSON}") as (connection, known):
        known.behind("lake.product.flow")
        known.close()
        assert connection.execute("select count(*) from duckdb_tables() where temporary").fetchone() == (0,)
