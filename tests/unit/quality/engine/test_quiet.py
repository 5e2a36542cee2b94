"""Quiet about people: a planted canary is found in no byte of any result, log or error."""

import json
import logging

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.expectations.expectation import ColumnAggregateExpectation  # noqa: E402
from great_expectations.metrics.column.descriptive_stats import ColumnDescriptiveStats  # noqa: E402
from great_expectations.metrics.column.sample_values import ColumnSampleValues  # noqa: E402
from great_expectations.metrics.column.values_match_regex_values import ColumnValuesMatchRegexValues  # noqa: E402
from great_expectations.metrics.query.batch_table import QueryBatchTable  # noqa: E402

from quality.engine import Redaction, Relation, Sight, add_duckdb, run_suite  # noqa: E402
from quality.engine.errors import CellsAsNamesError  # noqa: E402
from quality.engine.redaction import kind_of, mask_of  # noqa: E402
from tests.unit.quality.engine.suites import CANARIES, CANARY_TEXT, TABLE, failing_suite  # noqa: E402

FORMATS = [
    "BOOLEAN_ONLY",
    "BASIC",
    "SUMMARY",
    {"result_format": "COMPLETE", "unexpected_index_column_names": ["n", "txt"]},
    {"result_format": "COMPLETE", "include_unexpected_rows": True, "return_unexpected_index_query": True},
]


@pytest.fixture
def connection():
    con = duckdb.connect()
    con.execute(f"CREATE TABLE canaries AS {TABLE}")
    return con


def assert_silent(text):
    assert not [canary for canary in CANARIES if canary in text]


@pytest.mark.parametrize("result_format", FORMATS, ids=str)
@pytest.mark.parametrize("sight", [Sight.MASKED, Sight.HIDDEN])
def test_no_canary_in_any_result(connection, caplog, capfd, result_format, sight):
    caplog.set_level(logging.DEBUG)
    rule = Redaction(lambda column: Sight.PLAIN if column == "n" else sight)
    suite = failing_suite()
    result = run_suite(connection, "canaries", suite, result_format=result_format, redaction=rule)
    assert len(result.results) == len(suite)
    passed = [r.expectation_config.type for r in result.results if r.success]
    assert passed == []
    assert_silent(json.dumps(result.to_json_dict(), ensure_ascii=False, default=str))
    assert_silent(str(result) + repr(result) + caplog.text + "".join(capfd.readouterr()))


def test_the_test_would_see_a_canary(connection):
    result = run_suite(connection, "canaries", failing_suite(), redaction=Redaction.nothing())
    text = json.dumps(result.to_json_dict(), ensure_ascii=False, default=str)
    assert [canary for canary in CANARIES if canary in text] == [c for c in CANARIES if c != CANARY_TEXT.lower()]


def test_quiet_is_the_default(connection):
    assert_silent(json.dumps(run_suite(connection, "canaries", failing_suite()).to_json_dict(), default=str))


def test_masked_samples_tell_the_kind_and_plain_columns_their_values(connection):
    suite = failing_suite()[:1]
    rule = Redaction.by_column({"n": Sight.PLAIN})
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["n"]}
    result = run_suite(connection, "canaries", suite, result_format=wanted, redaction=rule).results[0].result
    assert result["unexpected_list"] == ["<VARCHAR>"] * 3
    assert sorted(row["n"] for row in result["unexpected_index_list"]) == [0, 1, 2]


def test_a_checkpoint_and_its_data_docs_are_quiet(connection, tmp_path, caplog, capfd):
    caplog.set_level(logging.INFO)
    context = gx.get_context(mode="file", project_root_dir=tmp_path)
    context.variables.progress_bars = {"globally": False}
    source = add_duckdb(context, "lake", connection, Redaction.everything())
    batch = source.add_table_asset("canaries", table_name="canaries").add_batch_definition_whole_table("all")
    suite = context.suites.add(gx.ExpectationSuite("suite", failing_suite()))
    run = context.validation_definitions.add(gx.ValidationDefinition(name="run", data=batch, suite=suite))
    result = run.run(result_format="COMPLETE")
    assert len(result.results) == len(suite.expectations)
    assert not any(r.success for r in result.results)
    context.build_data_docs()
    assert_silent(str(result) + caplog.text + "".join(capfd.readouterr()))
    pages = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".html" for path in pages)
    for path in pages:
        assert_silent(path.read_bytes().decode("utf-8", "replace"))


def test_nothing_is_written_to_what_is_judged(tmp_path):
    path = tmp_path / "judged.duckdb"
    with duckdb.connect(str(path)) as writer:
        writer.execute(f"CREATE TABLE canaries AS {TABLE}")
    before = path.read_bytes()
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS judged (READ_ONLY)")
        assert run_suite(connection, "judged.main.canaries", failing_suite()[:20]).statistics
    assert path.read_bytes() == before


# ---- what is shown does not depend on what is in the cells -----------------------------------------------------

TWINS = {
    # type: two lists of three cells that every rule below judges alike
    "BOOLEAN": ("true, false, true", "false, true, false"),
    "INTEGER": ("5, -12345, 7", "-1, 60000, 8"),
    "DOUBLE": ("0.5, -1e300, 'inf'", "-7, 12.25, 3"),
    "DECIMAL(9,2)": ("1.25, -1000, 0", "-1, 2.5, 77"),
    "VARCHAR": ("'male', 'Straße 5', '张三'", "'female', '', 'x'"),
    "DATE": ("'2020-01-01', '0001-01-01', '9999-12-31'", "'1999-12-31', '2000-02-29', '1970-01-01'"),
    "TIMESTAMPTZ": ("'2020-01-01', '2020-01-01 01:00', '2021-01-01'", "'1990-01-01', '1991-01-01', '1992-01-01'"),
    "TIME": ("'01:00', '02:00:00.5', '03:00'", "'11:00', '12:00', '13:00'"),
    "INTERVAL": ("'1 day', '-2 years', '3 hours'", "'10 days', '1 second', '9 months'"),
    "UUID": ("uuid(), uuid(), uuid()", "uuid(), uuid(), uuid()"),
    "BLOB": ("'a', 'bbbb', 'cc'", "'xx', 'y', ''"),
    "ENUM('a','bb','c')": ("'a', 'bb', 'c'", "'bb', 'c', 'a'"),
    "INTEGER[]": ("[1]; [1, 2]; []", "[9, 9, 9]; []; [4]"),
    "STRUCT(k VARCHAR)": ("{'k': 'a'}; {'k': 'bb'}; {'k': NULL}", "{'k': 'ccc'}; {'k': ''}; {'k': 'd'}"),
}


def twin(kind, cells):
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    rows = [f"({n}, ({cell})::{kind}, 'w')" for n, cell in enumerate(cells.split("; " if "; " in cells else ", "))]
    con.execute(f"CREATE TABLE t AS SELECT * FROM (VALUES {', '.join(rows)}) AS v(id, v, w)")
    return con


def shown(con, result_format, redaction):
    suite = [
        gxe.ExpectColumnValuesToBeNull(column="v"),
        gxe.ExpectColumnDistinctValuesToBeInSet(column="w", value_set=["none"]),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["w"] * 2),
        gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(column_list=["v", "v"]),
        gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT v, w FROM {batch}"),
        gxe.ExpectColumnTypeToBe(column="v", type_="NOTHING"),
        gxe.ExpectColumnMaxToBeBetween(column="id", max_value=-1),
    ]
    results = run_suite(con, "t", suite, result_format=result_format, redaction=redaction).results
    return [r.to_json_dict()["result"] for r in results]


@pytest.mark.parametrize("result_format", FORMATS[1:], ids=str)
@pytest.mark.parametrize("kind", TWINS)
def test_two_tables_that_are_judged_alike_look_alike(kind, result_format):
    if isinstance(result_format, dict) and "unexpected_index_column_names" in result_format:
        result_format = {**result_format, "unexpected_index_column_names": ["id"]}
    for sight in (Sight.MASKED, Sight.HIDDEN):
        rule = Redaction.by_column({"id": Sight.PLAIN}, otherwise=sight)
        one, other = (shown(twin(kind, cells), result_format, rule) for cells in TWINS[kind])
        assert one == other


def test_a_masked_null_cannot_be_told_from_a_masked_value():
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1, 'x', NULL), (2, 'x', 'yes')) AS v(id, v, w)")
    rule = gxe.ExpectColumnValuesToBeInSet(column="v", value_set=["y"])
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["w"], "include_unexpected_rows": True}
    result = run_suite(con, "t", [rule], result_format=wanted).results[0].result
    assert result["unexpected_index_list"] == [{"v": "<VARCHAR>", "w": "<VARCHAR>"}] * 2
    assert result["unexpected_rows"] == [{"id": "<INTEGER>", "v": "<VARCHAR>", "w": "<VARCHAR>"}] * 2


def test_observed_values_are_signs_for_whichever_expectation_asks_the_metric():
    class ExpectColumnMaxToBeOdd(ColumnAggregateExpectation):
        metric_dependencies = ("column.max",)

        def _validate(self, metrics, runtime_configuration=None, execution_engine=None):
            found = metrics["column.max"]
            return {"success": False, "result": {"observed_value": found, "details": {"found": [{"max": found}]}}}

    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT 8675309 AS n, true AS b")
    rules = [ExpectColumnMaxToBeOdd(column="n"), gxe.ExpectColumnMaxToBeBetween(column="b", max_value=0)]
    own, boolean = run_suite(con, "t", rules).results
    assert own.result == {"observed_value": "<INTEGER>", "details": {"found": [{"max": "<INTEGER>"}]}}
    assert boolean.result == {"observed_value": "<BOOLEAN>"}


# ---- values that become names, types and errors ----------------------------------------------------------------

LEAKS = [
    "PIVOT {batch} ON txt USING count(*)",
    "SELECT * FROM (PIVOT {batch} ON txt USING count(*) GROUP BY n)",
    "WITH p AS (PIVOT {batch} ON txt, num USING first(day)) FROM p",
    "FROM {batch} PIVOT (count(*) FOR txt IN ('Canary-7Q3Z'))",
    "SELECT n AS x, map([txt], [num]) AS m FROM {batch}",
    "SELECT struct_pack(k := txt) AS s, [txt] AS l, txt AS n FROM {batch}",
    "SELECT unnest(nest) FROM {batch}",
    "UNPIVOT (SELECT txt, han FROM {batch}) ON COLUMNS(*) INTO NAME k VALUE v",
    "SELECT COLUMNS(c -> c LIKE 't%') FROM {batch}",
    "SELECT error(txt) FROM {batch}",
    "SELECT error('Canary: ' || txt) FROM {batch}",
    "SELECT txt::INT FROM {batch}",
    "SELECT strptime(txt, '%Y') FROM {batch}",
    "SELECT (txt || ': x')::DATE FROM {batch}",
    "SELECT regexp_matches('x', txt || '(') FROM {batch}",
    "SELECT json_extract(txt, '$.x') FROM {batch}",
    "SELECT getenv(txt) FROM {batch}",
    "SELECT * FROM query('SELECT ' || (SELECT any_value(txt) FROM {batch}))",
    "SELECT list_extract([1], num)::TINYINT * num FROM {batch}",
]


@pytest.mark.parametrize("query", LEAKS)
@pytest.mark.parametrize("sight", [Sight.MASKED, Sight.HIDDEN])
def test_user_sql_shows_neither_values_nor_names_nor_words_of_an_error(connection, caplog, query, sight):
    caplog.set_level(logging.DEBUG)
    rules = [gxe.UnexpectedRowsExpectation(unexpected_rows_query=query)]
    for redaction in (
        Redaction.by_column({}, otherwise=sight),
        Redaction.by_column({"n": Sight.PLAIN}, otherwise=sight),
    ):
        result = run_suite(connection, "canaries", rules, result_format="COMPLETE", redaction=redaction)
        told = {**result.to_json_dict()["results"][0], "expectation_config": None}
        assert_silent(json.dumps(told, ensure_ascii=False, default=str) + caplog.text)


@pytest.mark.parametrize("query", LEAKS)
def test_a_checkpoint_over_user_sql_is_quiet_too(connection, caplog, query):
    caplog.set_level(logging.INFO)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = add_duckdb(context, "lake", connection, Redaction.everything())
    batch = source.add_table_asset("c", table_name="canaries").add_batch_definition_whole_table("b").get_batch()
    result = batch.validate(gxe.UnexpectedRowsExpectation(unexpected_rows_query=query), result_format="COMPLETE")
    told = {**result.to_json_dict(), "expectation_config": None}
    assert_silent(json.dumps(told, ensure_ascii=False, default=str) + caplog.text)


def test_a_relation_whose_columns_are_named_by_cells_is_refused(connection):
    with pytest.raises(CellsAsNamesError, match="named by values"):
        Relation.query(connection, "PIVOT canaries ON txt USING count(*)", "pivoted")
    listed = Relation.query(connection, "FROM canaries PIVOT (count(*) FOR n IN (0, 1))", "listed")
    assert run_suite(connection, listed, [gxe.ExpectTableRowCountToEqual(value=1)]).success


def test_a_type_that_took_its_words_from_cells_is_named_by_its_kind(connection):
    connection.execute("CREATE TYPE words AS ENUM (SELECT DISTINCT txt FROM canaries)")
    connection.execute(f"CREATE TABLE typed AS SELECT '{CANARY_TEXT}'::words AS e, {{'{CANARY_TEXT}': 1}} AS s")
    rules = [
        rule
        for column in ("e", "s")
        for rule in (
            gxe.ExpectColumnTypeToBe(column=column, type_="INTEGER"),
            gxe.ExpectColumnValuesToBeOfType(column=column, type_="INTEGER"),
            gxe.ExpectColumnValuesToBeInTypeList(column=column, type_list=["INTEGER"]),
            gxe.ExpectColumnMeanToBeBetween(column=column, min_value=1),
            gxe.ExpectColumnValuesToBeNull(column=column),
            gxe.ExpectColumnValuesToMatchRegex(column=column, regex=r"\bx"),
            gxe.ExpectColumnValuesToBeInSet(column=column, value_set=[1]),
        )
    ]
    assert_silent(str(run_suite(connection, "typed", rules, result_format="COMPLETE")))
    context = gx.get_context(mode="ephemeral")
    source = add_duckdb(context, "lake", connection, Redaction.everything())
    batch = source.add_table_asset("c", table_name="typed").add_batch_definition_whole_table("b").get_batch()
    assert_silent(str(batch.validate(gx.ExpectationSuite("s", rules))))
    assert (kind_of("STRUCT(a INTEGER)[]"), kind_of("DECIMAL(9,2)"), mask_of("DECIMAL(9,2)")) == (
        "STRUCT[]",
        "DECIMAL(9,2)",
        "<DECIMAL>",
    )


def test_metrics_asked_one_by_one_are_quiet(connection):
    context = gx.get_context(mode="ephemeral")
    source = add_duckdb(context, "lake", connection, Redaction.everything())
    batch = source.add_table_asset("c", table_name="canaries").add_batch_definition_whole_table("b").get_batch()
    asked = [
        ColumnSampleValues(column="txt"),
        ColumnValuesMatchRegexValues(column="txt", regex="."),
        ColumnDescriptiveStats(column="num"),
        QueryBatchTable(query="SELECT txt AS alias FROM {batch}"),
    ]
    answers = [batch.compute_metrics(metric) for metric in asked]
    assert_silent(str([getattr(answer, "value", answer) for answer in answers]))
    assert answers[0].value == ["<VARCHAR>"] * 3


# ---- values that the caller does not want ----------------------------------------------------------------------

EXCLUDING = {"result_format": "COMPLETE", "exclude_unexpected_values": True, "include_unexpected_rows": True}


@pytest.mark.parametrize("level", ["BASIC", "SUMMARY", "COMPLETE"])
def test_excluded_values_are_nowhere_and_the_rows_can_be_found(connection, level):
    suite = [rule for rule in failing_suite() if getattr(type(rule), "map_metric", None)]
    wanted = {**EXCLUDING, "result_format": level, "unexpected_index_column_names": ["n"]}
    results = run_suite(connection, "canaries", suite, result_format=wanted, redaction=Redaction.nothing()).results
    assert len(results) > 20
    assert_silent(str([{**r.to_json_dict(), "expectation_config": None} for r in results]))
    first = results[0].result
    assert first["unexpected_count"] == 3
    assert first["unexpected_rows"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    if level == "COMPLETE":
        assert first["unexpected_index_list"] == [{"n": [0, 1, 2]}]
        assert "unexpected_list" not in first


def test_excluded_values_without_index_columns_leave_the_counts(connection):
    rule = gxe.ExpectColumnValuesToBeNull(column="txt")
    result = run_suite(connection, "canaries", [rule], result_format=EXCLUDING, redaction=Redaction.nothing()).results[
        0
    ]
    assert_silent(str(result))
    assert result.result["unexpected_count"] == 3
