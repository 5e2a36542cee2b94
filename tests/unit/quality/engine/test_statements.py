"""A user's SQL is one SELECT or nothing: whatever would leave its parentheses is refused before a word of it runs."""

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.metrics.query.row_count import QueryRowCount  # noqa: E402

from quality.engine import Redaction, Relation, add_duckdb, run_suite  # noqa: E402
from quality.engine.errors import BadArgumentError, EngineError, RelationError  # noqa: E402
from quality.engine.plans import only_count  # noqa: E402
from quality.engine.relation import split_name  # noqa: E402

PLAIN = Redaction.nothing()
BREAKOUTS = [
    "select * from {batch}); rollback; drop table t; select (1",
    "select * from {batch}); commit; create table hack as select 1 q; select (1",
    "select * from {batch}); rollback; begin; drop table t; commit; begin; select (1",
    "select * from {batch}); copy t to 'FILE'; select * from (select 1",
    "select 1 /* {batch} */); rollback; delete from t; select count(*) from (select 1",
    "select * from {batch}); select x from (select x from t",
    "select * from {batch}); select 0 from (select 1",
    "select 1 -- {batch}\n); drop table t; select (1",
    "select * from {batch}; drop table t",
    "select * from {batch}; select 1",
    "select 1), (select x from {batch}",
    "select 1) as q, (select x from {batch}",
    "select 1 as q) union all (select x from {batch}",
    "select 1 /* {batch}",
    "select '{batch}",
    "select $a${batch}",
    "delete from t returning x /* {batch} */",
    "delete from t",
    "insert into t from {batch} returning x",
    "copy (from {batch}) to 'FILE'",
    "update t set x = 0",
    "drop table t",
    "rollback",
    "create table hack as from {batch}",
    "attach ':memory:' as hack",
    "set threads = 1",
    "call pragma_version()",
    "pragma table_info('t')",
    "explain analyze delete from t",
    "pivot {batch} on x using count(*)",
    "select 1\0); drop table t; select (1",
    "select nextval('s') from {batch}",
    "select \"NextVal\"('s') from {batch}",
    "select setseed(0.5) from {batch}",
    ";",
    "-- {batch}",
]
NO_TEMPLATES = [
    "select '{batch}'",
    "select 1 /* {batch} */",
    "-- {batch}\nselect 1",
    "select $${batch}$$",
    "select {batch.nope} from {batch}",
    "select {batch[x]} from {batch}",
    "select {batch!r} from {batch}",
    "select {batch:>20} from {batch}",
    "select {} from {batch}",
    "select {0} from {batch}",
]
WHOLE = [
    "select * from {batch}",
    "select * from {batch};",
    "select * from{batch} where x > 0 -- all of them",
    "/* all */ from {batch}",
    "(select * from {batch})",
    "with a as (from {batch}) from a",
    "table {batch}",
    "select 'a; b)' as 'c)' , ';' from {batch} /* ); drop table t */",
    "select {{'k': x}} from {batch}",
    "from {batch} as b where exists (from {batch} c where c.x = b.x)",
    "select '张三' as 名 from {batch}",
    "pivot {batch} on x in (7)",
]


@pytest.fixture
def connection(tmp_path):
    con = duckdb.connect(config={"threads": 1})
    con.execute("CREATE TABLE t AS SELECT 7 AS x; CREATE SEQUENCE s")
    return con


def _assert_untouched(connection, tmp_path):
    assert connection.execute("SELECT * FROM t").fetchall() == [(7,)]
    tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert tables == [("t",)] and not list(tmp_path.iterdir())
    assert connection.execute("SELECT last_value FROM duckdb_sequences()").fetchall() == [(None,)]


def _surfaces(connection, query):
    """What each place says that takes SQL of a user: the error, or None where there is none."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = add_duckdb(context, "lake", connection, PLAIN)
    batch = source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("b").get_batch()
    rule = gxe.UnexpectedRowsExpectation(unexpected_rows_query=query)
    for redaction in (PLAIN, Redaction.everything()):
        (found,) = run_suite(connection, "t", [rule], redaction=redaction).results
        yield found.success, found.exception_info["exception_message"]
    yield batch.validate(rule).success, batch.validate(rule).exception_info
    compared = gxe.ExpectQueryResultsToMatchComparison(
        base_query=query, comparison_data_source_name="lake", comparison_query="select 1 as x where false"
    )
    yield batch.validate(compared).success, batch.validate(compared).exception_info
    counted = batch.compute_metrics(QueryRowCount(query=query))
    yield False, getattr(counted, "exception_info", None) or getattr(counted, "value", None)
    plain = query.replace("{batch}", "t").replace("{{", "{").replace("}}", "}")
    for call in (
        lambda: Relation.query(connection, plain).types,
        lambda: source.add_query_asset(f"q{len(source.assets)}", query=plain),
        lambda: source.get_execution_engine().records(plain),
    ):
        try:
            yield False, call() and None
        except Exception as error:
            yield False, error


@pytest.mark.parametrize("query", [*BREAKOUTS, *NO_TEMPLATES])
def test_nothing_of_a_text_that_is_not_one_select_is_executed(connection, tmp_path, query):
    query = query.replace("FILE", str(tmp_path / "out"))
    for own_transaction in (False, True):
        if own_transaction:
            connection.execute("BEGIN")
        told = list(_surfaces(connection, query))
        assert not any(success for success, _ in told)
        assert all(error for _, error in told[:4]), told
        if own_transaction:
            connection.execute("COMMIT")  # the transaction is still the caller's, and whole
        _assert_untouched(connection, tmp_path)


@pytest.mark.parametrize("query", BREAKOUTS)
def test_no_relation_is_made_of_a_text_that_is_not_one_select(connection, query):
    with pytest.raises(EngineError):
        Relation.query(connection, query.replace("{batch}", "t"))


@pytest.mark.parametrize("query", WHOLE)
def test_one_select_in_any_dress_is_answered(connection, query):
    loud = gxe.UnexpectedRowsExpectation(unexpected_rows_query=query)
    (found,) = run_suite(connection, "t", [loud], redaction=PLAIN).results
    assert found.result["observed_value"] == 1 and not found.success


@pytest.mark.parametrize("query", WHOLE)
def test_a_relation_of_one_select_has_its_rows(connection, query):
    plain = query.replace("{batch}", " t ").replace("{{", "{").replace("}}", "}")
    rule = gxe.ExpectTableRowCountToEqual(value=1)
    assert run_suite(connection, Relation.query(connection, plain), [rule]).success


@pytest.mark.parametrize("rows", [[], [("a",)], [(None,)], [(True,)], [(1.0,)], [(1, 2)], [(1,), (2,)]])
def test_what_is_no_count_is_no_answer(rows):
    with pytest.raises((TypeError, ValueError)):
        only_count(rows)


def test_everything_that_is_read_is_one_select(connection):
    reading = Relation.table(connection, "t").reading
    for sql in ("DELETE FROM t", "SELECT 1; SELECT 2", "DROP TABLE t", "", "COMMIT"):
        with pytest.raises(EngineError, match="not one SELECT"):
            reading.rows(sql)
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(1,)]


# ---- names and options -----------------------------------------------------------------------------------------

NAMES = {
    "t": ["t"],
    "a.t": ["a", "t"],
    '"a.t"': ["a.t"],
    '"a""b"': ['a"b'],
    'x."a""b".t': ["x", 'a"b', "t"],
    '""""': ['"'],
    "表.人": ["表", "人"],
    'a."t"': ["a", "t"],
    "a b.t": ["a b", "t"],
}
NO_NAMES = [
    "",
    ".",
    "a.",
    ".t",
    "a..t",
    "a.t.",
    '"a"t',
    'a"b"',
    'a"b',
    '"a',
    '"a"".t',
    '""',
    'a.""',
    '"a"."',
    '"a" .t',
    ".",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_as_sql_reads_it(name):
    assert split_name(name) == NAMES[name]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_sql_would_not_read_is_refused(name):
    with pytest.raises(RelationError):
        split_name(name)


def test_a_doubled_quote_reads_its_own_table_and_no_other(connection):
    connection.execute('CREATE SCHEMA a; CREATE TABLE a.b AS SELECT 1 AS x; CREATE TABLE "a""b" AS FROM range(2) r(x)')
    assert run_suite(connection, '"a""b"', [gxe.ExpectTableRowCountToEqual(value=2)]).success


@pytest.mark.parametrize("key", ["x]); drop table t; select ([1", "header = true, x", "a b", "a-b", ""])
def test_an_option_of_a_reader_is_a_word(connection, key):
    with pytest.raises(RelationError):
        Relation.csv(connection, "x.csv", **{key: 1})


def test_options_may_be_lists_and_mappings(connection, tmp_path):
    (tmp_path / "a.csv").write_text("1;x'y\n")
    relation = Relation.csv(
        connection,
        f"{tmp_path}/a.csv",
        delim=";",
        header=False,
        columns={"a": "INT", "b'": "VARCHAR"},
        nullstr=["", "-"],
    )
    assert relation.types == {"a": "INTEGER", "b'": "VARCHAR"}
    with pytest.raises(RelationError, match="delim"):
        Relation.csv(connection, "x.csv", delim=object())


def test_words_of_a_template_are_proved_with_it(connection):
    from quality.engine.domain import Domain
    from quality.engine.queries import batch_sql

    domain = Domain(Relation.table(connection, "t"), {}, PLAIN)
    assert batch_sql(domain, "query", "SELECT {c} FROM {batch}", {"c": "x"}) == 'SELECT x FROM "t"'
    for words in ({"c": "1); drop table t; select (1"}, {"c": "nextval('s')"}, {"c": "1 --"}, {"d": "x"}):
        with pytest.raises((EngineError, duckdb.Error)):
            batch_sql(domain, "query", "SELECT {c} FROM {batch}", words)
    with pytest.raises(BadArgumentError, match="missing"):
        batch_sql(domain, "query", None, {})
