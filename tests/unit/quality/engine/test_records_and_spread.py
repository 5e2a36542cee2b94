"""Rules about records with nothing in them or of two kinds, and about how far values lie from the others."""

import math

import duckdb
import pandas as pd
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402

from quality.engine import Redaction, run_suite  # noqa: E402

INF, NAN = math.inf, math.nan


def judged(rows, *rules, names="a, b"):
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"CREATE TABLE t AS SELECT * FROM (VALUES {rows}) AS v({names})")
    return run_suite(connection, "t", rules, redaction=Redaction.nothing()).results


def unexpected(rows, rule, names="a, b"):
    (result,) = judged(rows, rule, names=names)
    assert result.exception_info["raised_exception"] is False, result.exception_info
    return result.result["unexpected_count"]


ROWS = "(1, 1), (1, NULL), (NULL, 2), (NULL, NULL), (3, 2)"
PAIR = {"column_A": "a", "column_B": "b"}


@pytest.mark.parametrize(
    ("ignore", "equal", "greater", "greater_or_equal", "in_set"),
    [
        ("both_values_are_missing", 3, 3, 2, 3),
        ("either_value_is_missing", 1, 1, 0, 1),
        ("neither", 4, 4, 2, 4),
    ],
)
def test_a_pair_with_a_null_breaks_every_rule_that_compares_it(ignore, equal, greater, greater_or_equal, in_set):
    pair = {**PAIR, "ignore_row_if": ignore}
    assert unexpected(ROWS, gxe.ExpectColumnPairValuesToBeEqual(**pair)) == equal
    assert unexpected(ROWS, gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair)) == greater
    assert unexpected(ROWS, gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair, or_equal=True)) == greater_or_equal
    assert unexpected(ROWS, gxe.ExpectColumnPairValuesToBeInSet(**pair, value_pairs_set=[(1, 1)])) == in_set


@pytest.mark.parametrize(
    ("ignore", "broken"), [("all_values_are_missing", 3), ("any_value_is_missing", 1), ("never", 4)]
)
def test_a_sum_with_a_null_is_no_sum(ignore, broken):
    rule = gxe.ExpectMulticolumnSumToEqual(column_list=["a", "b"], sum_total=2, ignore_row_if=ignore)
    assert unexpected(ROWS, rule) == broken


def test_a_sum_of_zero_and_one_beyond_the_type_are_sums():
    assert unexpected("(1, -1), (0, 1)", gxe.ExpectMulticolumnSumToEqual(column_list=["a", "b"], sum_total=0)) == 1
    big = "(9223372036854775807, 9223372036854775807)"
    assert unexpected(big, gxe.ExpectMulticolumnSumToEqual(column_list=["a", "b"], sum_total=2**64 - 2)) == 0
    (result,) = judged("('1', 2)", gxe.ExpectMulticolumnSumToEqual(column_list=["a", "b"], sum_total=3))
    assert "needs a number" in result.exception_info["exception_message"]


def test_text_is_never_equal_to_a_number_and_is_not_cast_to_find_out():
    rows = "('01', 1), ('x', 1), ('1', 1), (NULL, NULL), (NULL, 1)"
    two = {"column_list": ["a", "b"], "ignore_row_if": "never"}
    assert unexpected(rows, gxe.ExpectColumnPairValuesToBeEqual(**PAIR)) == 4
    assert unexpected(rows, gxe.ExpectMulticolumnValuesToBeEqual(**two)) == 4
    assert unexpected(rows, gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(**two)) == 1
    (result,) = judged(rows, gxe.ExpectColumnPairValuesAToBeGreaterThanB(**PAIR))
    assert "two columns of one kind" in result.exception_info["exception_message"]
    enums = "('a'::ENUM('a', 'b'), 'a'), ('b', 'x')"
    assert unexpected(enums, gxe.ExpectColumnPairValuesToBeEqual(**PAIR)) == 1


# ---- z-scores and outliers -------------------------------------------------------------------------------------


def in_pandas(values, rule):
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("t")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": pd.DataFrame({"x": values})})
    return batch.validate(rule).result["unexpected_count"]


def literals(values):
    return ", ".join(f"('{value}'::DOUBLE)" for value in values)


SPREADS = [
    *(
        gxe.ExpectColumnValuesToNotBeOutliers(column="x", method=m, multiplier=f)
        for m in ("iqr", "std")
        for f in (0.0, 1.5)
    ),
    *(
        gxe.ExpectColumnValueZScoresToBeLessThan(column="x", threshold=t, double_sided=b)
        for t in (0, 1, -1)
        for b in (True, False)
    ),
]


@pytest.mark.parametrize("values", [[0.0, 1, 2, 3, 4], [1.0, INF, 2], [-INF, 1, 2, 3], [INF], [7.0], [7.0, 7, 7]])
def test_spreads_judge_as_pandas_does_infinities_and_zeros_included(values):
    rows = literals(values)
    found = [unexpected(rows, rule, names="x") for rule in SPREADS]
    assert found == [in_pandas(values, rule) for rule in SPREADS]


@pytest.mark.parametrize("values", [[1.0, INF, 2], [NAN, 1, 2], [INF, -INF], [NAN], [1e300, -1e300, 0]])
def test_every_statistic_of_what_is_not_finite_has_an_answer(values):
    wide = {"min_value": -1e9, "max_value": INF}
    rules = [
        *(
            getattr(gxe, f"ExpectColumn{name}ToBeBetween")(column="x", **wide)
            for name in ("Min", "Max", "Mean", "Sum", "Median", "Stdev")
        ),
        gxe.ExpectColumnQuantileValuesToBeBetween(
            column="x", quantile_ranges={"quantiles": [0.0, 0.5, 1.0], "value_ranges": [[0, 1]] * 3}
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="x", min_value=0),
        gxe.ExpectColumnMostCommonValueToBeInSet(column="x", value_set=[1]),
        *SPREADS,
    ]
    told = {
        r.expectation_config.type: r.exception_info["exception_message"]
        for r in judged(literals(values), *rules, names="x")
    }
    assert {kind: message for kind, message in told.items() if message} == {}


def test_an_infinite_maximum_is_compared_and_shown_as_a_number():
    rules = [
        gxe.ExpectColumnMaxToBeBetween(column="x", max_value=5),
        gxe.ExpectColumnValuesToBeBetween(column="x", max_value=5),
    ]
    highest, between = judged(literals([1, INF]), *rules, names="x")
    assert (highest.success, highest.result["observed_value"]) == (False, INF)
    assert between.result["partial_unexpected_list"] == [INF]


def test_an_unknown_method_and_falsy_arguments():
    (result,) = judged("(1)", gxe.ExpectColumnValuesToNotBeOutliers(column="x", method="iqr", multiplier=0), names="x")
    assert result.success
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT i AS x, '' AS s FROM range(3) r(i)")
    zeros = [
        gxe.ExpectColumnValuesToBeBetween(column="x", min_value=0, max_value=0),
        gxe.ExpectColumnMaxToBeBetween(column="x", max_value=0),
        gxe.ExpectTableRowCountToBeBetween(max_value=0),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="x", max_value=0),
        gxe.ExpectColumnValueLengthsToEqual(column="s", value=0),
        gxe.ExpectColumnValuesToBeInSet(column="x", value_set=[0]),
        gxe.ExpectColumnValuesToBeBetween(column="x", min_value=9, mostly=0),
    ]
    assert [r.success for r in run_suite(connection, "t", zeros).results] == [False] * 4 + [True, False, True]


def test_a_decimal_is_within_bounds_that_are_printed_alike():
    rows = "(1.2::DECIMAL(5,1))"
    kinds = ("Min", "Max", "Mean", "Sum", "Median")
    rules = [getattr(gxe, f"ExpectColumn{kind}ToBeBetween")(column="x", min_value=1.2, max_value=1.2) for kind in kinds]
    assert [r.success for r in judged(rows, *rules, names="x")] == [True] * 5
