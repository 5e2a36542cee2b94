"""One select over named tables, and nothing besides: each kind of more is refused for what it is."""

from __future__ import annotations

import duckdb
import pytest

from contracts.one_select import NotOneSelect, Vocabulary, author_vocabulary, judge_select

READS = {("lake", "theme", "t"), ("lake", "theme", "u")}
T = "lake.theme.t"


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"enable_external_access": "false", "threads": 1})


@pytest.fixture(scope="module")
def vocabulary(engine: duckdb.DuckDBPyConnection) -> Vocabulary:
    return author_vocabulary(engine)


@pytest.mark.parametrize(
    "sql",
    [
        f"select a.trim(), zt.declassify_hmac(a), row_number() over (order by b), sum(c) over () from {T}",
        f"with a as (select * from {T}) select * from a join lake.theme.u using (x)",
        "with recursive a as (select 1 as x union all select x + 1 from a where x < 3) select * from a",
        "with recursive a(x) using key (x) as (select 1 union select x + 1 from a where x < 3) select * from a",
        f"select zt.main.declassify_year(a), j.value from {T}, json_each(b) as j, lateral (select 1)",
        f"select * from (with a as (select 1 as x) select * from a) as b, {T}",
        f"with a as (select 1), b as (select * from a) select * from b, {T}",
        f"select [x + 1 for x in l if x > 1], {{'a': b}}, a ->> '$.x', a::date, try_cast(a as int) from {T}",
        f"select case when a then b end, exists (select 1 from lake.theme.u), (select max(x) from {T}) from {T}",
        f"select max_by(a, b), count(distinct x) filter (where y), string_agg(a, ',' order by b) from {T} group by all",
        f"select * from {T} pivot (sum(x) for y in (1, 2))",
        f"from {T} unpivot (v for n in (a, b))",
        f"select * exclude (a) replace (b as c), columns('x'), unnest([1]) from {T}, range(4), lateral (select 1)",
        f"select a from {T} union all by name select 1 except select 2",
        f'select "user", t."current_date", t.user from {T}',
        "select a from LAKE.Theme.T",
        "values (1), (2)",
        f"select nullif(a, b), split_part(a, 'x', 1), date_trunc('month', d), greatest(a, b), list_sum(l) from {T}",
        f"select 1 from {T} asof join lake.theme.u on t.x > u.x qualify row_number() over () = 1",
    ],
)
def test_a_select_of_values_is_one(engine: duckdb.DuckDBPyConnection, vocabulary: Vocabulary, sql: str) -> None:
    judge_select(engine, sql, READS, vocabulary)


REFUSED = [
    ("statement", "select 1; select 2"),
    ("statement", f"copy (select * from {T}) to 'x.csv'"),
    ("statement", "set variable x = 1"),
    ("statement", "attach 'x.db'"),
    ("statement", "pragma table_info('t')"),
    ("statement", f"delete from {T}"),
    ("statement", f"pivot {T} on x"),
    ("syntax", f"select 1) ; copy {T} to 'x'; select (1"),
    ("syntax", "with a as (insert into t values (1) returning *) select * from a"),
    ("parameter", f"select $1 from {T}"),
    ("table", "select * from lake.theme.other"),
    ("table", "select * from theme.t"),
    ("table", "select * from t"),
    ("table", "select * from 'x.csv'"),
    ("table", f"select * from {T} where a in (select inner_key from zt.pseudonym_key)"),
    ("table", "select * from a, (with a as (select 1) select * from a)"),
    ("table", "with a as (select * from a) select * from a"),
    ("table", "with a as (select * from b), b as (select 1) select * from a"),
    ("table", "select * from lake.meta.batches"),
    ("table", f"from (describe {T})"),
    ("table", f"summarize {T}"),
    ("table", "select * from (show tables)"),
    ("table", f"select * from lake.information_schema.tables, {T}"),
    ("version", f"select * from {T} at (version => 1)"),
    ("table_function", "select * from read_csv('x')"),
    ("table_function", "select * from read_text('/etc/hostname')"),
    ("table_function", "select * from glob('*')"),
    ("table_function", "select * from query('select 1')"),
    ("table_function", f"select * from query_table('{T}')"),
    ("table_function", "select * from ducklake_list_files('lake', 't')"),
    ("table_function", "select * from duckdb_secrets()"),
    ("table_function", "select * from pragma_storage_info('t')"),
    ("table_function", f"select * from {T} where x in (select y from duckdb_variables())"),
    ("table_function", "select * from sqlite_scan('x', 'y')"),
    ("function", f"select getvariable('x') from {T}"),
    ("function", f"select current_setting('x') from {T}"),
    ("function", f"select now() from {T}"),
    ("function", f"select today() from {T}"),
    ("function", f"select uuid() from {T}"),
    ("function", f"select a from {T} order by random()"),
    ("function", f"select max(x) over (order by random()) from {T}"),
    ("function", f"select a from {T} qualify nextval('s') > 1"),
    ("function", "select json_execute_serialized_sql('x')"),
    ("function", "select json_serialize_plan('select 1')"),
    ("function", "select pg_catalog.pg_sleep(1)"),
    ("function", f"select write_log('x') from {T}"),
    ("function", f"select zt.anything(a) from {T}"),
    ("function", f"select a_macro_of_somebodys(a) from {T}"),
    ("function", f"select x from {T} group by getvariable('x')"),
    ("function", f"select [getvariable('x') for y in l] from {T}"),
    ("function", f"select case when a then getvariable('x') end from {T}"),
    ("function", f"with a as materialized (select getvariable('x') as x) select x from a, {T}"),
    ("function", f"select current_user from {T}"),
    ("function", f"select current_timestamp from {T}"),
]


@pytest.mark.parametrize("kind, sql", REFUSED)
def test_what_is_more_is_refused_for_what_it_is(
    engine: duckdb.DuckDBPyConnection, vocabulary: Vocabulary, kind: str, sql: str
) -> None:
    with pytest.raises(NotOneSelect) as refused:
        judge_select(engine, sql, READS, vocabulary)
    assert refused.value.kind == kind
    assert refused.value.fix


def test_a_kind_of_query_or_expression_that_is_not_listed_is_refused(
    engine: duckdb.DuckDBPyConnection, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, sql in (("_QUERIES", f"select a from {T}"), ("_EXPRESSIONS", f"select 1 from {T}")):
        with monkeypatch.context() as patched:
            patched.setattr(f"contracts.one_select.{name}", frozenset())
            with pytest.raises(NotOneSelect):
                judge_select(engine, sql, READS, vocabulary)


def test_a_common_table_does_not_see_itself_unless_it_recurses(
    engine: duckdb.DuckDBPyConnection, vocabulary: Vocabulary
) -> None:
    with pytest.raises(NotOneSelect) as refused:
        judge_select(engine, "with t as (select * from t) select * from t", READS, vocabulary)
    assert refused.value.kind == "table"


def test_what_the_engine_keeps_for_itself_is_no_function_of_an_authors(
    engine: duckdb.DuckDBPyConnection, vocabulary: Vocabulary
) -> None:
    rows = engine.execute("select distinct function_name from duckdb_functions()").fetchall()
    kept = {name for (name,) in rows if name.startswith("__internal")}
    assert kept and not kept & vocabulary.functions
