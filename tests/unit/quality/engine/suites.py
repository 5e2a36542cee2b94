"""One expectation of every supported kind over the columns of ``TABLE``, for tests that need all of them."""

import datetime

import great_expectations.expectations as gxe

from quality.engine import expectations as own

CANARY_TEXT = "Canary-7Q3Z"
CANARY_NUMBER = 8675309
CANARY_DATE = "1987-06-05"
CANARIES = (CANARY_TEXT, CANARY_TEXT.lower(), str(CANARY_NUMBER), CANARY_DATE, "金丝雀")

TABLE = f"""
    SELECT i AS n, '{CANARY_TEXT}' AS txt, {CANARY_NUMBER}::BIGINT AS num, DATE '{CANARY_DATE}' AS day,
        '金丝雀{CANARY_TEXT}' AS han, {CANARY_NUMBER}::DECIMAL(18, 2) AS dec, {{'deep': ['{CANARY_TEXT}']}} AS nest
    FROM range(3) t(i)
"""


def failing_suite():
    """Expectations that all fail, or cannot be evaluated, on a table where every cell is a canary."""
    none = [1, 2, 3]
    return [
        gxe.ExpectColumnValuesToBeNull(column="txt"),
        gxe.ExpectColumnValuesToBeNull(column="nest"),
        gxe.ExpectColumnValuesToBeUnique(column="txt"),
        gxe.ExpectColumnValuesToBeBetween(column="num", max_value=10),
        gxe.ExpectColumnValuesToBeBetween(column="day", min_value="2000-01-01"),
        gxe.ExpectColumnValueLengthsToEqual(column="txt", value=2),
        gxe.ExpectColumnValueLengthsToBeBetween(column="han", max_value=2),
        gxe.ExpectColumnValuesToBeInSet(column="txt", value_set=["x"]),
        gxe.ExpectColumnValuesToBeInSet(column="num", value_set=list(range(100))),
        gxe.ExpectColumnValuesToMatchRegex(column="han", regex="^x"),
        gxe.ExpectColumnValuesToMatchRegexList(column="txt", regex_list=["^x"]),
        gxe.ExpectColumnValuesToNotMatchRegex(column="txt", regex="."),
        gxe.ExpectColumnValuesToMatchLikePattern(column="txt", like_pattern="x%"),
        gxe.ExpectColumnValuesToMatchStrftimeFormat(column="txt", strftime_format="%Y"),
        gxe.ExpectColumnValuesToBeJsonParseable(column="txt"),
        gxe.ExpectColumnPairValuesToBeEqual(column_A="n", column_B="num"),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="n", column_B="num"),
        gxe.ExpectColumnPairValuesToBeInSet(column_A="n", column_B="num", value_pairs_set=[(1, 1)]),
        gxe.ExpectMulticolumnSumToEqual(column_list=["n", "num"], sum_total=1),
        gxe.ExpectMulticolumnValuesToBeEqual(column_list=["txt", "han"]),
        gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(column_list=["num", "dec"]),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["txt", "num"]),
        gxe.ExpectColumnMinToBeBetween(column="num", max_value=10),
        gxe.ExpectColumnMaxToBeBetween(column="day", max_value="1980-01-01"),
        gxe.ExpectColumnMedianToBeBetween(column="num", max_value=10),
        gxe.ExpectColumnQuantileValuesToBeBetween(
            column="num", quantile_ranges={"quantiles": [0.5], "value_ranges": [[1, 2]]}
        ),
        gxe.ExpectColumnMostCommonValueToBeInSet(column="txt", value_set=["x"]),
        gxe.ExpectColumnDistinctValuesToBeInSet(column="txt", value_set=["x"]),
        gxe.ExpectColumnDistinctValuesToEqualSet(column="num", value_set=none),
        gxe.ExpectColumnDistinctValuesToContainSet(column="num", value_set=none),
        gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT txt || num AS alias FROM {batch}"),
        gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT * FROM {batch} WHERE txt::INT = 1"),
        gxe.ExpectColumnValuesToBeInSet(column="num", value_set=["not a number"]),
        gxe.ExpectColumnValuesToBeBetween(column="txt", min_value=1),
        gxe.ExpectColumnMeanToBeBetween(column="txt", min_value=1),
        own.ExpectColumnValuesToBeValidResidentId(column="txt"),
        own.ExpectColumnValuesToBeValidSocialCreditCode(column="han"),
        own.ExpectColumnValuesToBeInCodeSet(column="txt", value_set=["x"]),
        own.ExpectColumnValuesToBeReferenced(column="num", other_relation="canaries", other_column="n"),
        own.ExpectColumnValuesToBeMonotone(column="num", order_by=["n"], strictly=True),
        own.ExpectColumnToBeFresh(column="day", as_of=datetime.date(2026, 9, 30), at_most=1),
    ]
