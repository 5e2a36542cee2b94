"""The fluent data source: partitions, what outlives a reload and what must not, other sources, metrics, parameters."""

import datetime
import sqlite3

import duckdb
import pyarrow as pa
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.core.partitioners import (  # noqa: E402
    PartitionerColumnValue,
    PartitionerDatetimePart,
    PartitionerDividedInteger,
    PartitionerModInteger,
    PartitionerMultiColumnValue,
)
from great_expectations.exceptions.exceptions import NoAvailableBatchesError, SqlAddBatchDefinitionError  # noqa: E402
from great_expectations.expectations.row_conditions import Column  # noqa: E402
from great_expectations.metrics.column.descriptive_stats import ColumnDescriptiveStats  # noqa: E402
from great_expectations.metrics.column.sample_values import ColumnSampleValues  # noqa: E402
from great_expectations.metrics.query.data_source_table import QueryDataSourceTable  # noqa: E402

from quality.engine import Redaction, Relation, Sight, add_duckdb, run_suite  # noqa: E402
from quality.engine.errors import RelationError, WithheldValueError  # noqa: E402
from quality.engine.type_names import TypeName  # noqa: E402

ROWS = gxe.ExpectTableRowCountToEqual(value=-1)


@pytest.fixture
def connection():
    con = duckdb.connect(config={"threads": 1})
    con.execute("""
        CREATE TABLE t AS SELECT i AS n, DATE '2020-01-15' + (i * 20)::INT AS d, ['a', 'b', NULL][i % 3 + 1] AS r,
            (i // 20)::FLOAT / 10 AS f, 'text' AS s FROM range(60) r(i)""")
    return con


def context_in(folder):
    context = gx.get_context(mode="file", project_root_dir=folder)
    context.variables.progress_bars = {"globally": False}
    return context


@pytest.fixture
def context():
    made = gx.get_context(mode="ephemeral")
    made.variables.progress_bars = {"globally": False}
    return made


def rows(batch):
    return batch.validate(ROWS).result["observed_value"]


# ---- partitions ------------------------------------------------------------------------------------------------


def assets(source, folder):
    source.connection.execute(f"COPY t TO '{folder}/t.parquet'; COPY t TO '{folder}/t.csv'")
    return [
        source.add_table_asset("table", table_name="memory.main.t"),
        source.add_query_asset("query", query="SELECT * FROM t -- all of it"),
        source.add_parquet_asset("parquet", path=f"{folder}/t.parquet"),
        source.add_csv_asset("csv", path=f"{folder}/t.csv"),
        source.add_arrow_asset("arrow", source.connection.execute("FROM t").fetch_arrow_table()),
    ]


def test_every_asset_is_parted_by_year_month_and_day(connection, context, tmp_path):
    for asset in assets(add_duckdb(context, "lake", connection), tmp_path):
        yearly = asset.add_batch_definition_yearly("y", column="d")
        assert rows(yearly.get_batch()) == 5, asset.name
        assert rows(yearly.get_batch({"year": 2020})) == 18
        assert yearly.get_batch({"year": 2020}).metadata == {"year": 2020}
        monthly = asset.add_batch_definition_monthly("m", column="d")
        assert rows(monthly.get_batch({"year": 2020, "month": 2})) == 2
        daily = asset.add_batch_definition_daily("d", column="d", sort_ascending=False)
        assert daily.get_batch().metadata == {"year": 2020, "month": 1, "day": 15}
        assert rows(asset.add_batch_definition_whole_table("all").get_batch()) == 60
        with pytest.raises(NoAvailableBatchesError):
            yearly.get_batch({"year": 1900})


@pytest.mark.parametrize(
    ("partitioner", "parameters", "expected"),
    [
        (PartitionerColumnValue(column_name="r"), {"r": "a"}, 20),
        (PartitionerColumnValue(column_name="r"), {"r": None}, 20),
        (PartitionerColumnValue(column_name="f"), {"f": 0.1}, None),
        (PartitionerColumnValue(column_name="d"), {"d": "2020-01-15"}, 1),
        (PartitionerMultiColumnValue(column_names=["r", "s"]), {"r": "b", "s": "text"}, 20),
        (PartitionerDividedInteger(column_name="n", divisor=20), {"quotient": 1}, 20),
        (PartitionerModInteger(column_name="n", mod=7), {"remainder": 6}, 8),
        (PartitionerDatetimePart(column_name="d", datetime_parts=["month"]), {"month": 1}, 6),
    ],
)
def test_other_partitions_and_every_row_is_in_one_batch(connection, context, partitioner, parameters, expected):
    asset = add_duckdb(context, "lake", connection).add_table_asset("t", table_name="t")
    definition = asset.add_batch_definition("b", partitioner)
    if expected is not None:
        assert rows(definition.get_batch(parameters)) == expected
    every = asset.get_batch_identifiers_list(definition.build_batch_request())
    asked = [{key: str(v) if isinstance(v, datetime.date) else v for key, v in found.items()} for found in every]
    there = [definition.get_batch(one) for one in asked if None not in one.values()]
    assert sum(map(rows, there)) == (40 if "r" in every[0] else 60)


def test_a_partition_of_what_is_no_date_or_not_there_is_refused(connection, context):
    asset = add_duckdb(context, "lake", connection).add_table_asset("t", table_name="t")
    for column in ("s", "gone"):
        with pytest.raises(SqlAddBatchDefinitionError, match=column):
            asset.add_batch_definition_yearly("y", column=column)


def test_a_partition_by_cells_that_must_stay_quiet_is_refused(connection, context):
    source = add_duckdb(context, "lake", connection, Redaction.by_column({"d": Sight.PLAIN}))
    asset = source.add_table_asset("t", table_name="t")
    assert rows(asset.add_batch_definition_yearly("y", column="d").get_batch()) == 5
    with pytest.raises((WithheldValueError, SqlAddBatchDefinitionError), match="'r'"):
        asset.add_batch_definition("r", PartitionerColumnValue(column_name="r"))


def test_the_rows_of_a_batch_are_those_that_user_sql_and_samples_see(connection, context):
    asset = add_duckdb(context, "lake", connection).add_table_asset("t", table_name="t")
    batch = asset.add_batch_definition_yearly("y", column="d").get_batch({"year": 2023})
    rules = [
        gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT * FROM {batch} AS b WHERE b.n >= 0"),
        gxe.ExpectColumnValuesToBeBetween(column="n", max_value=0),
        gxe.ExpectTableRowCountToEqual(value=0, row_condition=Column("r") == "a"),
    ]
    results = batch.validate(gx.ExpectationSuite("s", rules), result_format="COMPLETE").results
    found = {result.expectation_config.type: result.result for result in results}
    assert found["unexpected_rows_expectation"]["observed_value"] == 5
    assert found["expect_column_values_to_be_between"]["unexpected_list"] == [55, 56, 57, 58, 59]
    assert found["expect_table_row_count_to_equal"]["observed_value"] == 1


# ---- what outlives a reload ------------------------------------------------------------------------------------


def test_an_arrow_asset_after_a_reload_is_never_another_table(tmp_path):
    source = add_duckdb(context_in(tmp_path), "lake", duckdb.connect())
    source.add_arrow_asset("first", pa.table({"n": [1, None, 3]})).add_batch_definition_whole_table("all")
    source.add_arrow_asset("second", pa.table({"n": [1]})).add_batch_definition_whole_table("all")

    again = context_in(tmp_path).data_sources.get("lake").connect(duckdb.connect())
    again.add_arrow_asset("third", pa.table({"n": [7, 8]}))
    for name in ("first", "second"):
        with pytest.raises(RelationError, match=f"{name}.*give_arrow_table"):
            again.get_asset(name).get_batch_definition("all").get_batch()
    again.give_arrow_table("first", pa.table({"n": [1, None, 3]}))
    assert rows(again.get_asset("first").get_batch_definition("all").get_batch()) == 3


def test_an_arrow_asset_follows_its_source_to_another_connection_and_keeps_its_table(context):
    source = add_duckdb(context, "lake", duckdb.connect())
    asset = source.add_arrow_asset("a", pa.table({"n": [1, 2, 3]}))
    definition = asset.add_batch_definition_whole_table("all")
    other = duckdb.connect()
    Relation.arrow(other, pa.table({"n": [9]}))
    source.connect(other)
    assert rows(definition.get_batch()) == 3


def test_what_can_be_read_only_once_is_no_relation():
    reader = pa.table({"n": [1]}).to_reader()
    with pytest.raises(RelationError, match="only once"):
        Relation.arrow(duckdb.connect(), reader)


def opened():
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT 'CANARY-1' AS s, 1 AS id")
    return con


def told(source):
    rule = gxe.ExpectColumnValuesToBeNull(column="s")
    return str(source.get_asset("t").get_batch_definition("all").get_batch().validate(rule, result_format="COMPLETE"))


def saved(folder, redaction):
    source = add_duckdb(context_in(folder), "lake", opened(), redaction)
    source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("all")
    return told(source)


def reloaded(folder, *redaction):
    return told(context_in(folder).data_sources.get("lake").connect(opened(), *redaction))


@pytest.mark.parametrize("redaction", [Redaction.everything(), Redaction.by_column({"id": Sight.PLAIN})])
def test_redaction_does_not_end_with_a_reload(tmp_path, redaction):
    assert "CANARY" not in saved(tmp_path, redaction)
    assert "CANARY" not in reloaded(tmp_path)
    assert "CANARY" not in reloaded(tmp_path, None)
    assert "CANARY" in reloaded(tmp_path, Redaction.nothing())


def test_a_source_that_shows_cells_does_so_until_redaction_is_given_once(tmp_path):
    assert "CANARY" in saved(tmp_path, None)
    assert "CANARY" in reloaded(tmp_path)
    assert "CANARY" not in reloaded(tmp_path, Redaction.everything())
    assert "CANARY" not in reloaded(tmp_path)


def test_a_saved_source_that_says_nothing_of_cells_shows_none(tmp_path):
    saved(tmp_path, None)
    for path in tmp_path.rglob("great_expectations.yml"):
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "shows_cells" not in line))
    assert "CANARY" not in reloaded(tmp_path)


# ---- two sources -----------------------------------------------------------------------------------------------


def comparison(name, base="SELECT n, s FROM {batch} WHERE n < 3", other="SELECT n, s FROM t WHERE n < 3", **more):
    return gxe.ExpectQueryResultsToMatchComparison(
        base_query=base, comparison_data_source_name=name, comparison_query=other, **more
    )


def test_queries_are_compared_with_another_duckdb_source_and_with_sqlite(connection, context, tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE t (n INTEGER, s TEXT)")
        other.executemany("INSERT INTO t VALUES (?, ?)", [(0, "text"), (1, "text"), (2, "other")])
    context.data_sources.add_sqlite("sqlite", connection_string=f"sqlite:///{tmp_path}/other.db")
    add_duckdb(context, "copy", connection.cursor())
    source = add_duckdb(context, "lake", connection)
    batch = source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("all").get_batch()
    assert batch.validate(comparison("copy")).success
    differing = batch.validate(comparison("sqlite"), result_format="COMPLETE")
    assert differing.result["unexpected_count"] == 1
    assert differing.result["details"]["missing_rows"] == [{"n": 2, "s": "other"}]
    assert batch.validate(comparison("sqlite", mostly=0.6)).success
    missing = batch.validate(comparison("nowhere"))
    assert "no such data source" in str(missing.exception_info)
    found = batch.compute_metrics(QueryDataSourceTable(query="SELECT * FROM t;", data_source_name="sqlite"))
    assert len(found.value) == 3


def test_no_comparison_shows_or_counts_cells_that_must_stay_quiet(connection, context):
    add_duckdb(context, "quiet", connection.cursor(), Redaction.everything())
    open_source = add_duckdb(context, "open", connection)
    plain = open_source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("all").get_batch()
    quiet = context.data_sources.get("quiet").add_table_asset("t", table_name="t")
    quiet = quiet.add_batch_definition_whole_table("all").get_batch()
    for batch, other in ((plain, "quiet"), (quiet, "open")):
        result = batch.validate(comparison(other), result_format="COMPLETE")
        assert not result.success
        assert "cell value" in str(result.exception_info)
    assert not run_suite(connection, "t", [comparison("open")]).success


# ---- metrics, types, parameters --------------------------------------------------------------------------------


def test_metrics_of_the_metrics_api(connection, context):
    source = add_duckdb(context, "lake", connection)
    batch = source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("all").get_batch()
    stats = batch.compute_metrics(ColumnDescriptiveStats(column="n")).value
    assert (stats.min, stats.max, stats.mean) == (0, 59, 29.5)
    assert len(batch.compute_metrics(ColumnSampleValues(column="r", count=7)).value) == 7


@pytest.mark.parametrize(
    ("column", "alike", "unlike"),
    [
        ("VARCHAR", ["varchar", "TEXT", "CHARACTER VARYING(20)", "CHAR(3)", "String"], ["INTEGER", "VARCHAR[]"]),
        ("DOUBLE", ["DOUBLE PRECISION", "double_precision"], ["FLOAT", "REAL"]),
        ("FLOAT", ["REAL"], ["DOUBLE"]),
        ("DECIMAL(18,3)", ["NUMERIC", "decimal", "DECIMAL(18, 3)", "NUMERIC(18,3)"], ["DECIMAL(18,2)", "DECIMAL(18"]),
        ("TIMESTAMP", ["TIMESTAMP WITHOUT TIME ZONE", "datetime"], ["TIMESTAMPTZ", "TIMESTAMP_S"]),
        ("INTEGER", ["integer"], ["INT", "INT4", "BIGINT", "NUMERIC"]),
        ("STRUCT(a INTEGER, b VARCHAR)", ["struct(a integer,b varchar)"], ["STRUCT"]),
    ],
)
def test_a_type_is_met_by_its_names_in_standard_sql_and_not_by_short_ones(column, alike, unlike):
    assert [name for name in alike if TypeName(column) != name or TypeName(column).casefold() != name.casefold()] == []
    assert [name for name in unlike if TypeName(column) == name or name.casefold() == TypeName(column).casefold()] == []
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t (x {column})")
    rules = [gxe.ExpectColumnTypeToBe(column="x", type_=name) for name in alike]
    rules += [gxe.ExpectColumnValuesToBeOfType(column="x", type_=name) for name in alike]
    rules += [gxe.ExpectColumnValuesToBeInTypeList(column="x", type_list=["NOTHING", name]) for name in alike]
    assert [r.success for r in run_suite(con, "t", rules).results] == [True] * len(rules)


def parameter(name):
    return {"$PARAMETER": name}


PARAMETRISED = [
    gxe.ExpectColumnValuesToBeInSet(column="r", value_set=parameter("letters")),
    gxe.ExpectColumnDistinctValuesToContainSet(column="r", value_set=parameter("letters")),
    gxe.ExpectColumnMostCommonValueToBeInSet(column="r", value_set=parameter("letters"), ties_okay=True),
    gxe.ExpectColumnValuesToBeBetween(column="n", min_value=parameter("low"), max_value=parameter("low + 59")),
    gxe.ExpectColumnMaxToBeBetween(column="n", max_value=parameter("high")),
    gxe.ExpectColumnMaxToBeBetween(column="d", max_value=parameter("day")),
    gxe.ExpectTableRowCountToEqual(value=parameter("high")),
    gxe.ExpectColumnValuesToMatchRegex(column="s", regex=parameter("pattern")),
    gxe.ExpectColumnValuesToNotBeNull(column="r", mostly=parameter("share")),
]
GIVEN = {
    "letters": ["a", "b"],
    "low": 0,
    "high": 60,
    "pattern": "^t",
    "share": 0.5,
    "day": datetime.date(2030, 1, 1),
}


def test_parameters_stand_for_their_values(connection, context):
    short = run_suite(connection, "t", PARAMETRISED, parameters=GIVEN)
    assert [r.exception_info["exception_message"] for r in short.results if not r.success] == []
    source = add_duckdb(context, "lake", connection)
    batch = source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("all").get_batch()
    long = batch.validate(gx.ExpectationSuite("s", PARAMETRISED), expectation_parameters=GIVEN)
    assert long.success


def test_a_parameter_without_a_value_fails_its_expectation_and_names_itself(connection):
    first, second = run_suite(connection, "t", [PARAMETRISED[0], gxe.ExpectTableRowCountToEqual(value=60)]).results
    assert "letters" in first.exception_info["exception_message"]
    assert second.success


def test_parameters_within_a_value_and_in_the_result_format(connection):
    rule = gxe.ExpectColumnValuesToBeInSet(column="r", value_set=["a", parameter("more")])
    wanted = {"result_format": parameter("level"), "partial_unexpected_count": parameter("few")}
    given = {"more": "b", "level": "COMPLETE", "few": 3}
    assert run_suite(connection, "t", [rule], parameters=given, result_format=wanted).success
    assert "more" in run_suite(connection, "t", [rule]).results[0].exception_info["exception_message"]


def test_a_parameter_that_nobody_replaced_is_never_compared_as_a_value(connection, context):
    source = add_duckdb(context, "lake", connection)
    batch = source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("all").get_batch()
    rule = gxe.ExpectColumnValuesToNotBeInSet(column="r", value_set=[parameter("more")])
    result = batch.validate(rule, expectation_parameters={"more": "b"})
    assert not result.success
    assert "$PARAMETER" in str(result.exception_info)


def test_a_row_condition_may_hold_a_parameter(connection):
    rule = gxe.ExpectTableRowCountToEqual(value=20, row_condition=Column("r") == parameter("letter"))
    result = run_suite(connection, "t", [rule], parameters={"letter": "a"}).results[0]
    assert result.success, result.exception_info
