"""Which of Great Expectations' own tests do not apply to DuckDB though they name a data source that it stands in for.

One pattern of test names and one reason each; a reason that no failing test has left is an error, so that the list
stays true.
"""

import re

_WORDS = "quotes the words of another engine's error, or counts the metrics of its graph"
_DIALECT = "asks SQLAlchemy for an engine, a dialect or the text of its SQL"
_DTYPES = "names pandas' dtypes"
_CODE = "is Python code on each value"
_SERIES = "is about a pandas Series: positions of rows, NULL as a distinct value"

REASONS: dict[str, str] = {
    r"test_include_unexpected_rows(_pandas)?\[pandas": "asks for rows as a pandas DataFrame",
    r"test_expect_column_(type_to_be|values_to_be_of_type|values_to_be_in_type_list)\.py.*\[pandas": _DTYPES,
    r"test_batch_column_types\.py::test_pandas": _DTYPES,
    r"(increasing|decreasing)": "needs rows in an order, which a relation has not",
    r"\[pandas-data-frame-expect_column_values_to_(be_dateutil_parseable|match_json_schema)\]": _CODE,
    r"(pandas_row_condition|test_row_condition_filtering_.*pandas)": "gives a row condition as Python text for pandas",
    r"test_case_insensitive_dialects|test_unsupported_dialect_returns": _DIALECT,
    r"test_query_asset_(daily|monthly)_batch_definition|test_unexpected_index_query_is_executable_sql": _DIALECT,
    r"test_(postgresql_)?complete_results_failure": _DIALECT,
    r"(TestNumericExpectationAgainstStrData|TestNonExistentColumn)Misconfiguration": _WORDS,
    r"TestColumnValuesBetweenAgainstInvalidColumn|test_sqlalchemy_rejects_pass_through_condition_object": _WORDS,
    r"test_distinct_values_pandas|test_failure_pandas_(dataframe|csv)": _SERIES,
    r"TestColumnValuesNonNull::test_success_pandas": _SERIES,
}


def reason(test: str) -> str | None:
    """Why ``test`` does not apply, if it does not."""
    return next((why for pattern, why in REASONS.items() if re.search(pattern, test)), None)
