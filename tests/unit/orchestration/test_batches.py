"""The batches in a product: exactly those of the rows it is derived from, and those without which it is another."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.share import provenance
from tests.unit.orchestration.batches_lake import (
    CASES,
    ONLY_BUILT,
    Case,
    Row,
    Tables,
    built,
    deciding,
    expected,
    models_of,
    told,
)

# Each gives the columns id, place and n, and can stand within any other.
_WHOLE = st.sampled_from(
    [
        "select id, d as place, age as n from lake.raw.people",
        "select id, place, n from lake.raw.visits",
        "select id, cast(null as varchar) as place, since as n from lake.raw.gone",
    ]
)
_CONDITIONS = st.sampled_from(
    ["n > 1", "n is null", "place = 'x'", "place is not null", "id = '1'", "(n < 2 or id = '2')"]
)
_ONE = [
    "select * from ({0}) where {2}",
    "select id, place, count(*) as n from ({0}) group by id, place",
    "select id, max(place) as place, sum(n) filter (where {2}) as n from ({0}) group by id",
    "select min(id) as id, place, count(n) as n from ({0}) group by all having count(distinct id) < 2",
    "select distinct id, place, n from ({0})",
    "select id, place, sum(n) over (partition by place) as n from ({0})",
    "select id, place, rank() over (partition by place order by n) as n from ({0})",
    "select id, place, lag(n) over (order by id, place, n) as n from ({0})",
    "select * from ({0}) order by id, place, n limit 2",
    "with t as ({0}) select a.* from t a where exists (select 1 from t b where b.id <> a.id and b.n > a.n)",
    "with t as ({0}) select id, place, (select count(*) from t b where b.id = a.id) as n from t a",
    "with t as ({0}) select id, place, case when n > (select avg(n) from t) then 1 else 0 end as n from t",
    "select * from ({0}) qualify count(*) over (partition by id) = 1",
]
_TWO = [
    "select a.id, b.place, a.n from ({0}) a join ({1}) b on a.id = b.id",
    "select a.id, b.place, b.n from ({0}) a left join ({1}) b on a.id = b.id and a.n > 0",
    "select a.id, b.place, coalesce(b.n, 0) as n from ({0}) a left join ({1}) b using (id) where b.n is null",
    "select coalesce(a.id, b.id) as id, a.place, b.n from ({0}) a full join ({1}) b on a.id = b.id",
    "select a.id, b.place, b.n from ({0}) a right join ({1}) b on a.id = b.id",
    "select * from ({0}) union all select * from ({1})",
    "select * from ({0}) union select * from ({1})",
    "select * from ({0}) a where not exists (select 1 from ({1}) b where b.id = a.id)",
    "select * from ({0}) a where id in (select id from ({1}) where {2})",
    "select a.* from ({0}) a anti join ({1}) b on a.id = b.id",
    "select a.* from ({0}) a semi join ({1}) b on a.place = b.place",
    "select a.id, a.place, (select max(n) from ({1}) b where b.id = a.id) as n from ({0}) a",
    "select a.id, a.place, t.n from ({0}) a, lateral (select count(*) as n from ({1}) b where b.id = a.id) t "
    "where t.n > 0",
    "select id, place, n from ({0}) a where (select count(*) from ({1}) b where b.id = a.id) < 2",
]


def _put_together(first: str, steps: list[tuple[str, str, str]]) -> str:
    for shape, other, condition in steps:
        first = shape.format(first, other, condition)
    return first


_STEPS = st.tuples(st.sampled_from([*_ONE, *_TWO]), _WHOLE, _CONDITIONS)
QUERIES = st.builds(_put_together, _WHOLE, st.lists(_STEPS, min_size=1, max_size=4))
_IDS = st.sampled_from(["1", "2", "3", None])
_WORDS = st.sampled_from(["a", "b", "x", "y", None])
_NUMBERS = st.sampled_from([0, 1, 2, 3, None])
_BATCHES = st.sampled_from(["b1", "b2", "b3"])


def _rows(*columns: st.SearchStrategy[object]) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.tuples(*columns, _BATCHES), max_size=7)


_TABLES = st.fixed_dictionaries(
    {
        "people": _rows(_IDS, _WORDS, _NUMBERS),
        "visits": _rows(_IDS, _WORDS, _NUMBERS),
        "gone": _rows(_IDS, _NUMBERS),
    }
)
_CITY: Tables = {
    "people": [("1", "a", 3, "b1"), ("2", "a", 0, "b1"), ("3", "b", 2, "b2"), ("3", "x", 1, "b3")],
    "visits": [("1", "x", 1, "b1"), ("1", "y", 2, "b2"), ("2", "x", 3, "b2"), ("4", "y", 0, "b3")],
    "gone": [("2", 1, "b1"), ("3", None, "b2")],
}


def _agrees(tables: Tables, one: Case) -> None:
    models = models_of(one)
    with TemporaryDirectory() as folder, built(tables, models) as connection:
        assert told(connection, models, Path(folder)) == expected(tables, one)


@pytest.mark.parametrize("name", CASES)
def test_batches_of_a_small_city(name: str) -> None:
    _agrees(_CITY, CASES[name])


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=4)
@given(tables=_TABLES)
def test_batches_of_any_small_tables(name: str, tables: Tables) -> None:
    _agrees(tables, CASES[name])


@settings(max_examples=25)
@given(sql=QUERIES, tables=_TABLES)
def test_no_batch_is_missed_however_queries_are_put_together(sql: str, tables: Tables) -> None:
    models = {"lake.product.p": sql}
    with TemporaryDirectory() as folder, built(tables, models) as connection:
        found = told(connection, models, Path(folder))
        assert found is not None
        assert deciding(tables, models) <= found


@pytest.mark.parametrize("name", ONLY_BUILT)
@settings(max_examples=4)
@given(tables=_TABLES)
def test_other_shapes_are_told_by_building_without_each_batch(name: str, tables: Tables) -> None:
    models = {"lake.product.p": ONLY_BUILT[name]}
    with TemporaryDirectory() as folder, built(tables, models) as connection:
        assert told(connection, models, Path(folder)) == deciding(tables, models)


@pytest.mark.parametrize(
    "change",
    [
        "delete from lake.product.p where id = '1'",
        "insert into lake.product.p select * from lake.product.p limit 1",
        "update lake.product.p set d = 'z' where id = '1'",
    ],
)
def test_rows_that_the_query_does_not_give_now_are_of_nothing_that_is_known(change: str, tmp_path: Path) -> None:
    models = {"lake.product.p": CASES["rows"].sql}
    with built(_CITY, models) as connection:
        connection.execute(change)
        assert told(connection, models, tmp_path) is None


@pytest.mark.parametrize(
    "sql",
    [
        "select * from lake.theme.unheard_of",
        "select id from lake.product.p",
        "pivot lake.seeds.unheard_of on place using count(*)",
        "select cast(1e9 * random() as bigint) as id from lake.raw.people",
        "select now() as id, _batch from lake.raw.people",
    ],
)
def test_what_cannot_be_built_again_is_not_told(sql: str, tmp_path: Path) -> None:
    with built(_CITY, {"lake.product.p": "select id from lake.raw.people"}) as connection:
        assert told(connection, {"lake.product.p": sql}, tmp_path) is None


def test_one_batch_in_two_tables_is_told_apart(tmp_path: Path) -> None:
    models = {"lake.product.p": "select id from lake.raw.people"}
    with built(_CITY, models) as connection:
        assert told(connection, models, tmp_path) == {("lake.raw.people", f"b{number}") for number in (1, 2, 3)}


@pytest.mark.parametrize("batches", [70, 140])
def test_as_many_batches_as_there_are(batches: int, tmp_path: Path) -> None:
    people = [(str(number), "a" if number % 2 else "b", number, f"b{number}") for number in range(batches)]
    models = {"lake.product.p": "select d, count(*) as n from lake.raw.people where d = 'a' group by d"}
    with built({**_CITY, "people": people}, models) as connection:
        assert told(connection, models, tmp_path) == {("lake.raw.people", f"b{n}") for n in range(1, batches, 2)}


def test_a_pivot_of_a_table_that_is_known_to_nobody_is_not_told(tmp_path: Path) -> None:
    models = {"lake.product.p": "pivot (select * from lake.seeds.held) on place in ('x') using count(*)"}
    with built(_CITY, {}) as connection:
        connection.execute("create table lake.seeds.held as select id, place, _batch from lake.raw.visits")
        connection.execute(f"create table lake.product.p as {models['lake.product.p']}")
        assert told(connection, models, tmp_path) is None


@pytest.mark.parametrize("name", ["a count that decides", "groups of few"])
def test_more_batches_than_can_be_tested_are_not_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "MOST_TESTED", 0)
    with built(_CITY, models_of(CASES[name])) as connection:
        assert told(connection, models_of(CASES[name]), tmp_path) is None
