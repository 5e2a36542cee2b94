"""A number of persons hides what they have in common, and nothing else: what is counted must be each of them, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineage.classification import levels
from lineage.from_dbt import graph_from_manifest
from lineage.graph import ColumnRef
from lineage.policy import load_policy
from tests.unit.lineage.test_from_dbt import manifest, node

POLICY = load_policy(Path(__file__).parents[3] / "contracts" / "standards" / "lineage_policy.yml")
SCHEMA = {
    "lake.raw.r": {"resident_id": "VARCHAR", "district": "VARCHAR", "sex": "VARCHAR", "born": "DATE"},
    "lake.raw.h": {"ticket": "VARCHAR", "caller": "VARCHAR", "district": "VARCHAR"},
    "lake.raw.v": {"visit": "VARCHAR", "resident_id": "VARCHAR", "place": "VARCHAR", "diagnosis": "VARCHAR"},
    "lake.raw.f": {"place": "VARCHAR", "district": "VARCHAR"},
}
LEVELS = {
    "lake.raw.r.resident_id": "L4", "lake.raw.r.district": "L1", "lake.raw.r.sex": "L1", "lake.raw.r.born": "L3",
    "lake.raw.h.ticket": "L1", "lake.raw.h.caller": "L3", "lake.raw.h.district": "L1",
    "lake.raw.v.visit": "L1", "lake.raw.v.resident_id": "L4", "lake.raw.v.place": "L1", "lake.raw.v.diagnosis": "L4",
    "lake.raw.f.place": "L1", "lake.raw.f.district": "L1",
}  # fmt: skip
DIGITS = "(values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) m(m)"
GUARD = "having zt.declassify_k_rows(count(distinct resident_id))"


def level(sql: str, column: str = "n", **models: str) -> str:
    nodes = [node(name, text) for name, text in models.items()]
    made = manifest(*nodes, node("p", sql, reads=list(models)))
    graph = graph_from_manifest(made, sources_schema=SCHEMA, declassifiers=POLICY.registry.lowerings())
    found = levels(graph, LEVELS, POLICY)
    return found[ColumnRef("lake.main.p", column)].effective


@pytest.mark.parametrize("count", ["count(distinct resident_id)", "count(*)"])
@pytest.mark.parametrize(
    "source",
    [
        "lake.raw.v where diagnosis like 'E%'",
        "lake.raw.v join lake.raw.f using (place)",
        "lake.raw.v left join lake.raw.f on f.place = v.place",
        "lake.raw.v where visit >= '2026' and place in ('a', 'b') and diagnosis is not null",
        "lake.raw.v where substr(visit, 1, 4) = '2026'",
        "(select v.*, 1 as one from lake.raw.v) q, (select date '2026-01-01' as d) c",
    ],
)
def test_honest_counts_are_lowered(source, count):
    sql = f"select zt.declassify_k_count({count}) as n from {source} group by ALL {GUARD}"
    place = "v.place" if " join " in source and "semi" not in source else "place"
    sql = sql.replace("select zt", f"select {place} as at, zt")
    assert level(sql) == "L1"


@pytest.mark.parametrize("count", ["count(distinct resident_id)", "count(*)"])
@pytest.mark.parametrize(
    "source",
    [
        f"lake.raw.r cross join {DIGITS} where m.m <= cast(substr(resident_id, 3, 1) as int)",
        f"lake.raw.r join {DIGITS} on m.m <= cast(substr(resident_id, 3, 1) as int)",
        f"lake.raw.h cross join lake.raw.r join {DIGITS} on m.m <= cast(substr(caller, 3, 1) as int)",
        "lake.raw.r, range(cast(substr(resident_id, 3, 1) as int)) m(m)",
        "(select *, unnest(range(cast(substr(resident_id, 3, 1) as int))) as m from lake.raw.r) q",
        "(select * from lake.raw.r union all select * from lake.raw.r where resident_id like '%7') q",
        "lake.raw.h join lake.raw.r on r.district > h.caller",
        "lake.raw.h positional join lake.raw.r",
    ],
)
def test_rows_that_a_value_multiplies_are_no_persons(source, count):
    district = "r.district" if "lake.raw.h" in source else "district"
    sql = f"select {district} as d, zt.declassify_k_count({count}) as n from {source} group by ALL {GUARD}"
    assert level(sql) in ("L3", "L4")


@pytest.mark.parametrize(
    "model",
    [
        f"select r.* from lake.raw.r cross join {DIGITS} where m.m <= cast(substr(resident_id, 3, 1) as int)",
        "select * from lake.raw.r union all select * from lake.raw.r where resident_id like '%7'",
        f"select resident_id, district, m from lake.raw.r cross join {DIGITS}"
        " where m.m <= cast(substr(resident_id, 3, 1) as int) group by all",
        "select *, unnest(range(cast(substr(resident_id, 3, 1) as int))) as m from lake.raw.r",
    ],
)
def test_nor_are_those_that_another_model_multiplied(model):
    sql = f"select district as d, zt.declassify_k_count(count(*)) as n from lake.main.a group by district {GUARD}"
    assert level(sql, a=model) == "L4"
    through = f"select district as d, zt.declassify_k_count(count(*)) as n from lake.main.b group by district {GUARD}"
    assert level(through, a=model, b="select * from lake.main.a where district <> '0'") == "L4"


RANKED = "(select *, row_number() over (partition by district order by resident_id) as k from lake.raw.r) q"


@pytest.mark.parametrize(
    "source",
    [
        f"{RANKED} where k <= 10 + cast(substr((select max(resident_id) from lake.raw.r), 3, 1) as int)",
        f"{RANKED} where k <= 10",
        f"{RANKED} where k <= 10 or resident_id = '7'",
        "lake.raw.r where sex = '1' or resident_id = '7'",
        "lake.raw.r where resident_id in (select max(resident_id) from lake.raw.r)",
        "lake.raw.r where exists (select 1 from lake.raw.r q where q.resident_id > r.resident_id)",
        "lake.raw.r semi join (select max(resident_id) as resident_id from lake.raw.r) q using (resident_id)",
        "lake.raw.r join (select district, max(sex) as sex from lake.raw.r group by 1) q using (district, sex)",
        "lake.raw.r where resident_id > district",
        "(select * from lake.raw.r order by resident_id limit 20) q",
        "(select distinct on (sex) * from lake.raw.r order by sex, resident_id) q",
        "(select * from lake.raw.r qualify rank() over (order by resident_id) < 20) q",
    ],
)
def test_who_is_counted_is_not_chosen_by_a_secret(source):
    counted = "zt.declassify_k_count(count(distinct resident_id)) as n"
    sql = f"select district as d, {counted} from {source} group by ALL {GUARD}"
    assert level(sql) == "L4"


@pytest.mark.parametrize(
    "model",
    [
        f"select * exclude (k) from {RANKED} where k <= 10 + cast(substr(resident_id, 3, 1) as int)",
        "select *, sex = '1' or resident_id = '7' as kept from lake.raw.r",
    ],
)
def test_nor_by_what_another_model_worked_out(model):
    where = "where kept" if "kept" in model else ""
    counted = "zt.declassify_k_count(count(distinct resident_id)) as n"
    sql = f"select district as d, {counted} from lake.main.a {where} group by 1 {GUARD}"
    assert level(sql, a=model) == "L4"


def test_a_crowd_that_is_joined_in_hides_nobody_else_s_values():
    bucket = "select resident_id, cast(row_number() over (order by resident_id) as varchar) as bucket from lake.raw.r"
    digit = "select ticket, substr(caller, 3, 1) as digit from lake.raw.h"
    sql = (
        "select a.ticket as t, zt.declassify_k_count(count(distinct b.resident_id)) as n from lake.main.a a"
        " join lake.main.b b on b.bucket = a.digit group by a.ticket"
        " having zt.declassify_k_rows(count(distinct b.resident_id))"
    )
    assert level(sql, a=digit, b=bucket) in ("L3", "L4")


def test_a_table_joined_by_the_person_is_of_the_person():
    sql = (
        "select r.sex as s, zt.declassify_k_count(count(distinct v.resident_id)) as n from lake.raw.v v"
        " join lake.raw.r r on r.resident_id = v.resident_id where r.born < date '1950-01-01' group by r.sex"
        " having zt.declassify_k_rows(count(distinct v.resident_id))"
    )
    assert level(sql) == "L1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("date '2026-01-01'", "L2"),
        ("k.d", "L2"),
        ("c.d", "L3"),
        ("u.d", "L3"),
        ("current_date", "L3"),
    ],
)
def test_a_constant_is_the_same_in_every_row(given, expected):
    sql = (
        f"select zt.declassify_age_band(r.born, {given}) as n from lake.raw.r r,"
        " (values (date '2026-01-01'), (date '2026-02-01')) c(d),"
        " (select unnest([date '2026-01-01', date '2026-02-01']) as d) u, (select date '2026-01-01' as d) k"
    )
    assert level(sql) == expected


@pytest.mark.parametrize(
    "key",
    [
        "nullif(p.resident_id, greatest(p.resident_id, '9'))",
        "case when p.sex = '1' then p.resident_id end",
        "coalesce(p.resident_id, p.district)",
        "lag(p.resident_id) over (order by p.sex)",
    ],
)
def test_a_look_up_by_a_chosen_key_tells_of_the_choice(key):
    registered = (
        "select distinct resident_id as identifier, zt.declassify_city_key(resident_id) as city_id from lake.raw.r"
    )
    nodes = manifest(node("x__registered", registered), node("p", (
        "select zt.declassify_registered_id((select max(q.city_id) from lake.theme.x__registered q"
        f" where q.identifier = {key})) as n from lake.raw.r p"
    ), reads=["x__registered"]))  # fmt: skip
    nodes["nodes"]["model.p.x__registered"]["relation_name"] = '"lake"."theme"."x__registered"'
    graph = graph_from_manifest(nodes, sources_schema=SCHEMA, declassifiers=POLICY.registry.lowerings())
    assert levels(graph, LEVELS, POLICY)[ColumnRef("lake.main.p", "n")].effective in ("L3", "L4")


def test_exceptions_are_for_what_the_platform_wrote_and_not_for_names():
    sql = "select district as n from lake.raw.r qualify row_number() over (order by resident_id) < 20"
    made = manifest(node("stg_mine", sql))
    graph = graph_from_manifest(made, sources_schema=SCHEMA)
    assert levels(graph, LEVELS, POLICY)[ColumnRef("lake.main.stg_mine", "n")].effective == "L4"
    own = graph_from_manifest(made, sources_schema=SCHEMA, twins=["lake.main.stg_mine"])
    assert levels(own, LEVELS, POLICY)[ColumnRef("lake.main.stg_mine", "n")].effective == "L1"
