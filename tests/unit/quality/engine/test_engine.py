"""The engine through its public surface: result formats, bad input, one bad rule among good ones, many threads."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.expectations.row_conditions import Column  # noqa: E402

from quality.engine import Redaction, Relation, add_duckdb, run_suite  # noqa: E402
from quality.engine.errors import RelationError, UnsupportedExpectationError  # noqa: E402
from quality.engine.registration import REFUSED  # noqa: E402
from tests.unit.quality.engine.suites import TABLE, failing_suite  # noqa: E402

PLAIN = Redaction.nothing()


@pytest.fixture
def connection():
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT i AS n, i % 5 AS k, 'w' || i AS w FROM range(100) t(i)")
    return con


def message(result):
    assert not result.success
    return result.exception_info["exception_message"]


GOOD = gxe.ExpectColumnValuesToBeUnique(column="n")
BAD = {
    "missing column": (gxe.ExpectColumnValuesToBeUnique(column="gone"), ["'gone'", "n, k, w"]),
    "column in another case": (gxe.ExpectColumnMaxToBeBetween(column="N", max_value=1), ["'N'", "n, k, w"]),
    "wrong type": (gxe.ExpectColumnMeanToBeBetween(column="w", min_value=1), ["'w'", "VARCHAR", "number"]),
    "wrong type of a bound": (gxe.ExpectColumnValuesToBeBetween(column="w", min_value=1), ["'w'", "VARCHAR"]),
    "regex beyond RE2": (gxe.ExpectColumnValuesToMatchRegex(column="w", regex="(?=x)"), ["(?=x)", "look-around"]),
    "regex broken": (gxe.ExpectColumnValuesToMatchRegex(column="w", regex="("), ["RE2"]),
    "broken SQL": (gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELEC {batch}"), ["unexpected_rows_query"]),
    "braces": (gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT {x} FROM {batch}"), ["{batch}"]),
    "other table": (gxe.ExpectTableRowCountToEqualOtherTable(other_table_name="gone"), ["row_count"]),
    "condition on a missing column": (
        gxe.ExpectColumnValuesToBeUnique(column="n", row_condition=Column("gone") > 1),
        ["'gone'"],
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_bad_input_is_a_failure_that_names_it_and_the_rest_still_runs(connection, fault):
    bad, words = BAD[fault]
    results = run_suite(connection, "t", [GOOD, bad, GOOD]).results
    assert [r.success for r in results] == [True, False, True]
    assert [word for word in words if word not in message(results[1])] == []


def test_row_conditions_of_every_kind(connection):
    def rows(condition, **parser):
        rule = gxe.ExpectTableRowCountToEqual(value=-1, row_condition=condition, **parser)
        return run_suite(connection, "t", [rule]).results[0].result.get("observed_value")

    n, k = Column("n"), Column("k")
    assert rows(n >= 90) == 10
    assert rows((n >= 90) & (k == 0)) == 2
    assert rows((n < 5) | (n > 97)) == 7
    assert rows(k.is_in([1, 2])) == 40
    assert rows(k.is_not_in([1, 2])) == 60
    assert rows(n.is_null()) == 0
    assert rows(n.is_not_null()) == 100
    assert rows(Column("w") == "w7") == 1
    assert rows('col("w") == "w7"', condition_parser="great_expectations") == 1
    assert rows('col("n").notnull()', condition_parser="great_expectations") == 100
    assert rows("n > 1", condition_parser="pandas") is None


def test_contradictory_bounds_do_not_pass(connection):
    rules = [gxe.ExpectColumnValuesToBeBetween(column="n", min_value=5, max_value=1), GOOD]
    first, second = run_suite(connection, "t", rules).results
    assert "min_value cannot be greater than max_value" in " ".join(message(first).split())
    assert second.success


def test_unsupported_expectations_are_refused_by_name_before_anything_runs():
    class NoConnection:
        def execute(self, sql):
            raise AssertionError("nothing may run")

    suite = [gxe.ExpectColumnValuesToBeIncreasing(column="n"), gxe.ExpectColumnValuesToBeDateutilParseable(column="n")]
    with pytest.raises(UnsupportedExpectationError) as caught:
        run_suite(NoConnection(), "t", suite)
    assert sorted(caught.value.reasons) == [
        "expect_column_values_to_be_dateutil_parseable",
        "expect_column_values_to_be_increasing",
    ]


def test_an_unknown_expectation_is_refused_by_name_with_what_it_lacks(connection):
    from great_expectations.expectations.expectation import ColumnMapExpectation

    class ExpectColumnValuesToBeLucky(ColumnMapExpectation):
        map_metric = "column_values.lucky"

    with pytest.raises(UnsupportedExpectationError, match=r"be_lucky.*column_values\.lucky.*SQL") as caught:
        run_suite(connection, "t", [GOOD, ExpectColumnValuesToBeLucky(column="n")])
    assert list(caught.value.reasons) == ["expect_column_values_to_be_lucky"]


def test_pairs_under_a_row_condition_are_counted_under_it(connection):
    rule = gxe.ExpectColumnPairValuesToBeInSet(
        column_A="n", column_B="k", value_pairs_set=[(90, 0)], row_condition=Column("n") >= 90
    )
    found = run_suite(connection, "t", [rule]).results[0].result
    assert (found["element_count"], found["unexpected_count"], found["missing_count"]) == (10, 9, 0)


def test_a_relation_that_vanishes_while_it_is_judged_leaves_the_answers_there_are(connection):
    class Vanishing:
        """Loses the table after the shared scan, as a connection whose file went away."""

        gone = False

        def extract_statements(self, sql):
            return connection.extract_statements(sql)

        def execute(self, sql):
            if self.gone and '"t"' in sql:
                raise duckdb.IOException("IO Error: No such file or directory")
            self.gone = self.gone or sql.startswith("SELECT count(*) AS")
            return connection.execute(sql)

    rows = gxe.ExpectTableRowCountToEqual(value=100)
    counted, unique = run_suite(Vanishing(), "t", [rows, GOOD]).results
    assert counted.success
    assert "could not be evaluated" in message(unique)
    assert "column_values.unique" in message(unique)


def test_every_core_expectation_is_supported_or_refused():
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    from quality.engine.map_metrics import map_metric_names
    from quality.engine.registration import JUDGED_BY_TYPE
    from quality.engine.value_metrics import VALUE_METRICS

    planned = {*VALUE_METRICS, *map_metric_names()}
    core = [
        kind
        for kind in map(gx.expectations.registry.get_expectation_impl, list_registered_expectation_implementations())
        if kind.__module__.startswith("great_expectations.expectations.core")
    ]
    assert len(core) > 50
    for kind in core:
        name = gx.util.camel_to_snake(kind.__name__)
        rule = kind.__dict__.get("map_metric") or getattr(kind, "map_metric", None)
        wanted = {*getattr(kind, "metric_dependencies", ()), *([f"{rule}.unexpected_count"] if rule else [])}
        assert name in REFUSED or name in JUDGED_BY_TYPE or (wanted and wanted <= planned), name


def test_a_relation_that_is_not_there_or_vanishes(connection):
    results = run_suite(connection, "gone", [GOOD, gxe.ExpectTableRowCountToEqual(value=1)]).results
    assert [r.success for r in results] == [False, False]
    assert all(message(r) for r in results)
    relation = Relation.table(connection, "t")
    assert relation.types
    connection.execute("DROP TABLE t")
    results = run_suite(connection, relation, [GOOD, gxe.ExpectColumnMaxToBeBetween(column="n", max_value=1)]).results
    assert [bool(message(r)) for r in results] == [True, True]
    with pytest.raises(RelationError):
        Relation.table(connection, 'lake."open')


@pytest.mark.parametrize("result_format", ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"])
def test_the_short_way_gives_what_the_validator_of_gx_gives(connection, result_format):
    connection.execute(f"CREATE TABLE canaries AS {TABLE}")
    # Great Expectations cannot print the quantile expectation, and asks SQL engines for no index list of compounds.
    left_out = ("expect_column_quantile_values_to_be_between", "expect_compound_columns_to_be_unique")
    suite = [rule for rule in failing_suite() if rule.expectation_type not in left_out]
    wanted = {"result_format": result_format, "unexpected_index_column_names": ["n"]}
    short = run_suite(connection, "canaries", suite, result_format=wanted, redaction=PLAIN)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = add_duckdb(context, "d", connection)
    batch = source.add_table_asset("c", table_name="canaries").add_batch_definition_whole_table("b").get_batch()
    long = batch.validate(gx.ExpectationSuite("s", suite), result_format=wanted)
    assert long.statistics == short.statistics

    def told(result):
        kwargs = {k: v for k, v in result.expectation_config.kwargs.items() if k != "batch_id"}
        return result.expectation_config.type, str(kwargs), result.success, str(result.result)

    assert sorted(map(told, long.results)) == sorted(map(told, short.results))


def test_indexes_rows_and_queries_find_the_broken_rows(connection):
    wanted = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["n"],
        "include_unexpected_rows": True,
    }
    rules = [
        gxe.ExpectColumnValuesToBeBetween(column="k", max_value=3),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["k"] * 2),
    ]
    first, second = (r.result for r in run_suite(connection, "t", rules, result_format=wanted, redaction=PLAIN).results)
    assert first["unexpected_index_list"] == [{"k": 4, "n": n} for n in range(4, 100, 5)]
    assert first["unexpected_rows"][0] == {"n": 4, "k": 4, "w": "w4"}
    assert len(connection.execute(first["unexpected_index_query"]).fetchall()) == 20
    assert second["unexpected_count"] == 100


def test_samples_are_fetched_only_for_what_failed_and_only_as_many_as_asked(connection):
    class Counting:
        def __init__(self):
            self.statements = []

        def extract_statements(self, sql):
            return connection.extract_statements(sql)

        def execute(self, sql):
            if sql.startswith(("SELECT a", "SELECT '", "SELECT count", "SELECT regexp", "DESCRIBE")):
                self.statements.append(sql)
            return connection.execute(sql)

    counting = Counting()
    between = gxe.ExpectColumnValuesToBeBetween
    rules = [between(column=c, min_value=m) for c in ("n", "k") for m in range(-5, 1)]
    wanted = {"result_format": "SUMMARY", "partial_unexpected_count": 3}
    run_suite(counting, "t", rules, result_format=wanted)
    assert len(counting.statements) == 2  # the description of the relation, and one scan
    counting.statements.clear()
    result = run_suite(counting, "t", [*rules, between(column="k", min_value=2)], result_format=wanted).results[-1]
    assert len(counting.statements) == 3
    assert counting.statements[-1].endswith("LIMIT 3")
    assert len(result.result["partial_unexpected_list"]) == 3


def test_a_suite_reads_one_state_of_the_data(connection):
    class Meddling:
        """Adds a row before every statement, as another writer might."""

        def extract_statements(self, sql):
            return connection.extract_statements(sql)

        def execute(self, sql):
            writer.execute("INSERT INTO t VALUES (-1, 0, 'w')")
            return connection.execute(sql)

    writer = connection.cursor()
    rules = [
        gxe.ExpectTableRowCountToEqual(value=-1),
        gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT 1 AS one FROM {batch}"),
    ]
    first, second = run_suite(Meddling(), "t", rules).results
    assert first.result["observed_value"] == second.result["observed_value"] > 100


def test_a_transaction_of_the_caller_is_left_as_it_was(connection):
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (100, 0, 'w')")
    result = run_suite(connection, "t", [GOOD, gxe.ExpectTableRowCountToEqual(value=101)])
    assert result.success
    assert result.meta["rows"] == 101
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (100,)


def test_no_rule_can_write_to_what_it_judges(connection):
    connection.execute("CREATE SEQUENCE counter")
    writes = gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT nextval('counter') AS v FROM {batch}")
    good, refused = run_suite(connection, "t", [GOOD, writes]).results
    assert good.success
    assert message(refused)
    assert connection.execute("SELECT nextval('counter')").fetchone() == (1,)


@pytest.mark.parametrize("rows", [1, 2, 7, 10, 100])
def test_quantiles_are_the_same_in_memory_and_sorted_on_disk(monkeypatch, rows):
    connection = duckdb.connect()
    connection.execute(f"""
        CREATE TABLE q AS SELECT ((i * 37) % 101) / 4 AS f, ((i * 37) % 101)::DECIMAL(9, 2) AS d, (i * 37) % 11 AS n
            FROM range({rows}) t(i) UNION ALL SELECT NULL, NULL, NULL""")
    shares = {"quantiles": [0.0, 0.07, 0.25, 0.5, 0.999, 1.0], "value_ranges": [[None, None]] * 6}
    rules = [
        rule
        for column in ("f", "d", "n")
        for rule in (
            gxe.ExpectColumnQuantileValuesToBeBetween(column=column, quantile_ranges=shares),
            gxe.ExpectColumnMedianToBeBetween(column=column, max_value=1000),
        )
    ]
    in_memory, on_disk = [], []
    for limit, seen in ((1000, in_memory), (0, on_disk)):
        monkeypatch.setattr("quality.engine.value_metrics._MOST_IN_MEMORY", limit)
        results = run_suite(connection, "q", rules, redaction=PLAIN).results
        assert all(r.success for r in results), [r.exception_info for r in results if not r.success]
        seen += [r.result["observed_value"] for r in results]
    assert in_memory == on_disk


def test_files_queries_and_arrow(connection, tmp_path):
    connection.execute(f"COPY t TO '{tmp_path}/a.parquet'; COPY t TO '{tmp_path}/a.csv'")
    relations = [
        Relation.parquet(connection, f"{tmp_path}/*.parquet"),
        Relation.csv(connection, f"{tmp_path}/*.csv", header=True),
        Relation.query(connection, "SELECT * FROM t;"),
        Relation.arrow(connection, connection.execute("FROM t").fetch_arrow_table()),
        Relation.arrow(connection, pa.table({"n": range(100)})),
        Relation.table(connection, 'memory.main."t"'),
    ]
    for relation in relations:
        assert run_suite(connection, relation, [GOOD, gxe.ExpectTableRowCountToEqual(value=100)]).success


def test_many_tables_side_by_side(connection):
    for n in range(8):
        connection.execute(f"CREATE TABLE t{n} AS SELECT i AS n FROM range({n}) t(i)")

    def rows(n):
        rule = gxe.ExpectTableRowCountToEqual(value=n)
        return run_suite(connection.cursor(), f"t{n}", [GOOD, rule]).success

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(rows, list(range(8)) * 3))


def test_importing_the_package_imports_no_great_expectations():
    code = "import sys, quality, quality.engine, quality.engine.check_digits; "
    code += "sys.exit(any(name.startswith('great_expectations') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
