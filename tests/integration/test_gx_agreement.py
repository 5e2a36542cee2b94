"""The engine against Great Expectations' own pandas and SQLite engines, expectation by expectation.

    python -m tests.integration.test_gx_agreement      # prints the matrix

Every expectation is judged on the same rows by three engines: as it is, under a row condition, and, if it is about
rows, with ``mostly`` at the share of good rows and on either side of it (the test judges a quarter of these variants,
the command all). Success, counts and observed values must agree. What does not is listed in ``THEIRS``, one entry per
reason; an entry that no longer differs fails the test as well.
"""

import contextlib
import copy
import datetime
import decimal
import math
import re
import tempfile

import duckdb
import pandas as pd
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

UTC = datetime.UTC
_AT_ONCE = 40
WHERE = {"row_condition": 'col("g")=="x"', "condition_parser": "great_expectations"}
WORDS = ["alpha", "Beta", "北京", "ß§é", "🀄x", "", "a_b", "100%", "alpha", "海口市"]

THEIRS = [
    # engine, table, cases, reason
    ("sqlite", None, r"(d|ts|tz): (between|strictly above)", "keeps dates as text and refuses to compare them"),
    ("sqlite", None, r"(s: strftime|k: json)", "has no such metric"),
    ("sqlite", "empty", r".+", "sums no rows to NULL, where a count is zero"),
    (
        "sqlite",
        "nulls|all null",
        r"multi: unique, (all_values_are_missing|never)",
        "joins groups on equality, so that repeated rows with a missing part are lost",
    ),
    (
        "sqlite",
        None,
        r".+: (median|quantiles|distinct (in set|contain|equal)|most common) \| where|.+, (neither|never) \| where",
        "builds SQL with a row condition that SQLAlchemy 2 refuses",
    ),
    (
        "sqlite",
        "nulls|all null",
        r"pair: above, (both_values_are_missing|neither)|multi: sum with a null",
        "takes a comparison with NULL for a rule that is kept",
    ),
    ("sqlite", None, r"pair: in set \| where", "loses the row condition where it counts the pairs judged"),
    ("pandas", None, r"pair: in set \| where", "loses the row condition where it counts the pairs judged"),
    ("pandas", None, r"t: (not )?likes?(, escaped)?", "has no LIKE"),
    ("pandas", None, r"sql: rows", "has no SQL"),
    ("pandas", None, r"pair: .*, neither", "compares pandas.NA, which is neither true nor false"),
    (
        "pandas",
        "nulls|all null",
        r"pair: above, both_values_are_missing|multi: sum with a null",
        "compares pandas.NA, which is neither true nor false (with float64 throughout it agrees)",
    ),
    ("pandas", "empty|all null", r"(i|f|dec): sum", "sums nothing to 0; SQL to NULL"),
    ("pandas", "empty|all null", r"i: z-score", "divides by a missing spread"),
    ("pandas", "nulls", r"d: (max|min)", "compares dates with NaN in a column of objects"),
    ("pandas", "values|nulls", r"dec: outliers", "multiplies decimals by floats"),
    ("pandas", "nulls", r"dec: (mean|sum|stdev|z-score)", "adds decimals to NaN in a column of objects"),
    ("pandas", "nulls", r"f: quantiles", "takes the nearest value; SQL the first that reaches the share"),
]
"""What differs, and why it is theirs."""


def rows(count=10, nulls=False):
    made = []
    for n in range(count):
        row = {
            "n": n,
            "i": n % 7,
            "j": (n % 7) + (n == 3),
            "f": n * 1.5 - 2,
            "t": WORDS[n % len(WORDS)],
            "u": WORDS[n % len(WORDS)] if n != 4 else "other",
            "g": "xy"[n % 2],
            "b": n % 3 == 0,
            "d": datetime.date(2024, 2, 26) + datetime.timedelta(days=n),
            "ts": datetime.datetime(2024, 2, 28, 12, n),
            "tz": datetime.datetime(2024, 2, 28, 12, n, tzinfo=UTC),
            "dec": decimal.Decimal(n * 125) / 100,
            "s": f"2024-02-{n + 1:02d}",
            "k": '{"a": [1]}' if n % 2 else "{no",
        }
        if nulls and n % 4 == 1:
            row.update(dict.fromkeys(set(row) - {"n", "g"}))
        made.append(row)
    return made


TABLES = {
    "values": rows(),
    "nulls": rows(nulls=True),
    "empty": [],
    "all null": [{**dict.fromkeys(row), "n": row["n"], "g": row["g"]} for row in rows(4)],
}

TYPES = {
    "n": "BIGINT", "i": "BIGINT", "j": "BIGINT", "f": "DOUBLE", "t": "VARCHAR", "u": "VARCHAR", "g": "VARCHAR",
    "b": "BOOLEAN", "d": "DATE", "ts": "TIMESTAMP", "tz": "TIMESTAMPTZ", "dec": "DECIMAL(18,2)", "s": "VARCHAR",
    "k": "VARCHAR",
}  # fmt: skip
PANDAS = {"BIGINT": "Int64", "DOUBLE": "float64", "BOOLEAN": "boolean", "TIMESTAMP": "datetime64[ns]"}
PANDAS |= {"TIMESTAMPTZ": "datetime64[ns, UTC]"}
SQLITE = {"BIGINT": "INTEGER", "DOUBLE": "REAL", "BOOLEAN": "BOOLEAN", "DECIMAL(18,2)": "DECIMAL(18,2)"}


def cases():
    """Case name to expectation. The name's first word is the metric's column kind, for the printed matrix."""
    import great_expectations.expectations as gxe

    made = {}

    def add(name, kind, **arguments):
        made[name] = getattr(gxe, kind)(**arguments, meta={"case": name})

    for column in ("i", "f", "t", "b", "d", "ts", "tz", "dec"):
        add(f"{column}: not null", "ExpectColumnValuesToNotBeNull", column=column)
        add(f"{column}: null", "ExpectColumnValuesToBeNull", column=column)
        add(f"{column}: unique", "ExpectColumnValuesToBeUnique", column=column)
        add(
            f"{column}: distinct count",
            "ExpectColumnUniqueValueCountToBeBetween",
            column=column,
            min_value=1,
            max_value=7,
        )
        add(f"{column}: share unique", "ExpectColumnProportionOfUniqueValuesToBeBetween", column=column, min_value=0.5)
        add(
            f"{column}: share present", "ExpectColumnProportionOfNonNullValuesToBeBetween", column=column, min_value=0.9
        )
    bounds = {
        "i": (1, 5), "f": (0.0, 9.0), "dec": (1, 9), "d": (datetime.date(2024, 2, 28), datetime.date(2024, 3, 2)),
        "ts": (datetime.datetime(2024, 2, 28, 12, 2), datetime.datetime(2024, 2, 28, 12, 6)),
        "tz": (datetime.datetime(2024, 2, 28, 12, 2, tzinfo=UTC), datetime.datetime(2024, 2, 28, 12, 6, tzinfo=UTC)),
    }  # fmt: skip
    for column, (low, high) in bounds.items():
        add(f"{column}: between", "ExpectColumnValuesToBeBetween", column=column, min_value=low, max_value=high)
        add(f"{column}: strictly above", "ExpectColumnValuesToBeBetween", column=column, min_value=low, strict_min=True)
        add(f"{column}: max", "ExpectColumnMaxToBeBetween", column=column, max_value=high)
        add(f"{column}: min", "ExpectColumnMinToBeBetween", column=column, min_value=low)
    for column in ("i", "f", "dec"):
        low, high = bounds[column]
        add(f"{column}: mean", "ExpectColumnMeanToBeBetween", column=column, min_value=low, max_value=high)
        add(f"{column}: sum", "ExpectColumnSumToBeBetween", column=column, min_value=0)
        add(f"{column}: stdev", "ExpectColumnStdevToBeBetween", column=column, min_value=0, max_value=9)
        add(f"{column}: median", "ExpectColumnMedianToBeBetween", column=column, min_value=low, max_value=high)
        add(
            f"{column}: z-score",
            "ExpectColumnValueZScoresToBeLessThan",
            column=column,
            threshold=1.2,
            double_sided=True,
        )
        add(f"{column}: outliers", "ExpectColumnValuesToNotBeOutliers", column=column, method="iqr", multiplier=0.2)
    quantiles = {"quantiles": [0.25, 0.5, 1.0], "value_ranges": [[-9, 3], [0, 99], [None, 99]]}
    add("f: quantiles", "ExpectColumnQuantileValuesToBeBetween", column="f", quantile_ranges=quantiles)
    for column, values in {
        "i": [1, 2, 3],
        "t": ["alpha", "北京", "🀄x"],
        "b": [True],
        "dec": [decimal.Decimal("1.25")],
    }.items():
        add(f"{column}: in set", "ExpectColumnValuesToBeInSet", column=column, value_set=values)
        add(f"{column}: not in set", "ExpectColumnValuesToNotBeInSet", column=column, value_set=values)
        add(f"{column}: distinct in set", "ExpectColumnDistinctValuesToBeInSet", column=column, value_set=values)
        add(f"{column}: distinct contain", "ExpectColumnDistinctValuesToContainSet", column=column, value_set=values)
        add(f"{column}: distinct equal", "ExpectColumnDistinctValuesToEqualSet", column=column, value_set=values)
    add("i: long list", "ExpectColumnValuesToBeInSet", column="i", value_set=list(range(2, 50)))
    add("t: most common", "ExpectColumnMostCommonValueToBeInSet", column="t", value_set=["alpha"])
    add("t: length between", "ExpectColumnValueLengthsToBeBetween", column="t", min_value=2, max_value=4)
    add("t: length equals", "ExpectColumnValueLengthsToEqual", column="t", value=5)
    add("t: regex", "ExpectColumnValuesToMatchRegex", column="t", regex="^[a-z]+")
    add("t: regex han", "ExpectColumnValuesToMatchRegex", column="t", regex="[一-龥]{2}")
    add("t: not regex", "ExpectColumnValuesToNotMatchRegex", column="t", regex="a$")
    add("t: regex any", "ExpectColumnValuesToMatchRegexList", column="t", regex_list=["^a", "市$"], match_on="any")
    add("t: regex all", "ExpectColumnValuesToMatchRegexList", column="t", regex_list=["^a", "a$"], match_on="all")
    add("t: not regexes", "ExpectColumnValuesToNotMatchRegexList", column="t", regex_list=["^a", "市$"])
    add("t: like", "ExpectColumnValuesToMatchLikePattern", column="t", like_pattern="a%")
    add("t: not like", "ExpectColumnValuesToNotMatchLikePattern", column="t", like_pattern="%市")
    add("t: likes", "ExpectColumnValuesToMatchLikePatternList", column="t", like_pattern_list=["a%", "%b"])
    add("t: not likes", "ExpectColumnValuesToNotMatchLikePatternList", column="t", like_pattern_list=["a%", "%b"])
    add("s: strftime", "ExpectColumnValuesToMatchStrftimeFormat", column="s", strftime_format="%Y-%m-%d")
    add("k: json", "ExpectColumnValuesToBeJsonParseable", column="k")
    for missing in ("both_values_are_missing", "either_value_is_missing", "neither"):
        pair = {"column_A": "i", "column_B": "j", "ignore_row_if": missing}
        add(f"pair: equal, {missing}", "ExpectColumnPairValuesToBeEqual", **pair)
        add(f"pair: greater, {missing}", "ExpectColumnPairValuesAToBeGreaterThanB", **pair, or_equal=True)
        add(
            f"pair: above, {missing}",
            "ExpectColumnPairValuesAToBeGreaterThanB",
            **pair | {"column_A": "n", "column_B": "f"},
        )
    pairs = [(n, n) for n in range(4)]
    add("pair: in set", "ExpectColumnPairValuesToBeInSet", column_A="i", column_B="j", value_pairs_set=pairs)
    for missing in ("all_values_are_missing", "any_value_is_missing", "never"):
        add(
            f"multi: equal, {missing}",
            "ExpectMulticolumnValuesToBeEqual",
            column_list=["t", "u"],
            ignore_row_if=missing,
        )
        add(
            f"multi: unique, {missing}",
            "ExpectCompoundColumnsToBeUnique",
            column_list=["i", "g"],
            ignore_row_if=missing,
        )
        add(
            f"multi: different, {missing}",
            "ExpectSelectColumnValuesToBeUniqueWithinRecord",
            column_list=["n", "i"],
            ignore_row_if=missing,
        )
    add("multi: sum", "ExpectMulticolumnSumToEqual", column_list=["i", "j"], sum_total=4)
    add("multi: sum with a null", "ExpectMulticolumnSumToEqual", column_list=["n", "f"], sum_total=3)
    add(
        "f: z-score, below zero", "ExpectColumnValueZScoresToBeLessThan", column="f", threshold=-0.5, double_sided=False
    )
    add(
        "f: z-score of both sides, below zero",
        "ExpectColumnValueZScoresToBeLessThan",
        column="f",
        threshold=-1.2,
        double_sided=True,
    )
    for method in ("iqr", "std"):
        add(f"f: outliers, {method}, 0", "ExpectColumnValuesToNotBeOutliers", column="f", method=method, multiplier=0.0)
    add("i: fractions", "ExpectColumnValuesToBeInSet", column="i", value_set=[1.5, *range(100, 120)])
    add("t: like, escaped", "ExpectColumnValuesToMatchLikePattern", column="t", like_pattern="a!_%", escape="!")
    add("t: word class", "ExpectColumnValuesToMatchRegex", column="t", regex=r"^\w+$")
    add("t: not a word", "ExpectColumnValuesToNotMatchRegex", column="t", regex=r"\W")
    for mostly in (0.69, 0.7, 0.71):
        add(f"mostly {mostly}", "ExpectColumnValuesToBeBetween", column="n", min_value=3, mostly=mostly)
    add("table: rows", "ExpectTableRowCountToEqual", value=10)
    add("table: rows between", "ExpectTableRowCountToBeBetween", min_value=1)
    add("table: columns", "ExpectTableColumnCountToEqual", value=len(TYPES))
    add("table: column set", "ExpectTableColumnsToMatchSet", column_set=[*TYPES], exact_match=True)
    add("table: column order", "ExpectTableColumnsToMatchOrderedList", column_list=[*TYPES])
    add("table: column exists", "ExpectColumnToExist", column="ts", column_index=9)
    add("sql: rows", "UnexpectedRowsExpectation", unexpected_rows_query="SELECT * FROM {batch} WHERE i > 5")
    return made


def variants(plain, ours):
    """Each case of ``plain`` under a row condition, and with ``mostly`` around the share of good rows in ``ours``."""
    made = {}
    for name, rule in plain.items():
        given = {**rule.configuration.kwargs, "meta": None}
        if "row_condition" in type(rule).__fields__ and "row_condition" not in given:
            made[f"{name} | where"] = type(rule)(**given | WHERE | {"meta": {"case": f"{name} | where"}})
        if "mostly" not in type(rule).__fields__ or "mostly" in given or ours[name] == "error":
            continue
        rows, broken, missing = ours[name][1]
        judged = rows - (missing or 0)
        share = 1 - broken / judged if judged else 1.0
        for side, mostly in (("below", share - 0.01), ("at", share), ("above", share + 0.01)):
            if 0 <= mostly <= 1 and (judged or side == "at"):
                case = f"{name} | mostly {side}"
                made[case] = type(rule)(**given | {"mostly": mostly, "meta": {"case": case}})
    return made


@contextlib.contextmanager
def remembered():
    """Great Expectations builds the configuration of an expectation some 75 times a rule; here it does so once."""
    from great_expectations.expectations.expectation import Expectation

    made, built = {}, Expectation.configuration.fget

    def configuration(self):
        if id(self) not in made:
            made[id(self)] = (self, built(self))
        fresh = copy.copy(made[id(self)][1])
        fresh.__dict__ = {k: dict(v) if isinstance(v, dict) else v for k, v in fresh.__dict__.items()}
        return fresh

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Expectation, "configuration", property(configuration))
        yield


def answer(result):
    """What is compared of one result: success, the three counts, and the observed value."""
    if result.exception_info.get("raised_exception", True):
        return "error"
    found = result.result
    counts = tuple(found.get(key) for key in ("element_count", "unexpected_count", "missing_count"))
    return bool(result.success), counts, comparable(found.get("observed_value"))


def comparable(value):
    """Numbers alike, dates alike, absent alike, sets in order."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, dict):
        return tuple((key, comparable(part)) for key, part in sorted(value.items()))
    if isinstance(value, (list, tuple, set)):
        parts = [comparable(part) for part in value]
        return tuple(sorted(parts, key=str))
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (int, float, decimal.Decimal)):
        return round(float(value), 9)
    if isinstance(value, (datetime.date, pd.Timestamp)):
        return str(value)[:19]
    return str(value)[:19].replace("T", " ") if isinstance(value, str) else str(value)


def on_duckdb(table, suite):
    from quality.engine import Redaction, run_suite

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE t ({', '.join(f'{c} {k}' for c, k in TYPES.items())})")
    if table:
        marks = ", ".join("?" * len(TYPES))
        connection.executemany(f"INSERT INTO t VALUES ({marks})", [[row[c] for c in TYPES] for row in table])
    return run_suite(connection, "t", list(suite), result_format="BASIC", redaction=Redaction.nothing()).results


def frame(table):
    data = pd.DataFrame(table, columns=list(TYPES))
    return data.astype({column: PANDAS.get(kind, "object") for column, kind in TYPES.items()})


def in_gx(batch, suite):
    import great_expectations as gx

    # Great Expectations takes a time that grows with the square of a suite.
    parts = [suite[n : n + _AT_ONCE] for n in range(0, len(suite), _AT_ONCE)]
    with remembered():
        return [
            result
            for part in parts
            for result in batch.validate(gx.ExpectationSuite("s", part), result_format="BASIC").results
        ]


def context():
    import great_expectations as gx

    made = gx.get_context(mode="ephemeral")
    made.variables.progress_bars = {"globally": False}
    return made


def on_pandas(table, suite):
    source = context().data_sources.add_pandas("p")
    definition = source.add_dataframe_asset("t").add_batch_definition_whole_dataframe("b")
    return in_gx(definition.get_batch({"dataframe": frame(table)}), suite)


def on_sqlite(table, suite, path):
    import sqlite3

    with sqlite3.connect(path) as con:
        declared = ", ".join(f"{column} {SQLITE.get(kind, 'TEXT')}" for column, kind in TYPES.items())
        con.execute(f"CREATE TABLE t ({declared})")
        plain = [[cell(row[c]) for c in TYPES] for row in table]
        con.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(TYPES))})", plain)
    source = context().data_sources.add_sqlite("s", connection_string=f"sqlite:///{path}")
    return in_gx(source.add_table_asset("t", table_name="t").add_batch_definition_whole_table("b").get_batch(), suite)


def cell(value):
    """A value as SQLite stores it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    return str(value) if isinstance(value, datetime.date) else value


def by_case(results):
    return {result.expectation_config.meta["case"]: answer(result) for result in results}


def matrix(folder, every=1):
    """(case, table) to the answers of (duckdb, pandas, sqlite); of the variants, only one in ``every``."""
    plain, found = cases(), {}
    for number, (name, table) in enumerate(TABLES.items()):
        others = list(variants(plain, by_case(on_duckdb(table, plain.values()))).values())
        suite = [*plain.values(), *others[number % every :: every]]
        ours = by_case(on_duckdb(table, suite))
        pandas = by_case(on_pandas(table, suite))
        sqlite = by_case(on_sqlite(table, suite, f"{folder}/{name.replace(' ', '_')}.db"))
        assert ours.keys() == pandas.keys() == sqlite.keys()
        found.update({(case, name): (ours[case], pandas[case], sqlite[case]) for case in ours})
    return found


def reasons(case, table, engine):
    """The entries of ``THEIRS`` that speak of one cell of the matrix; what holds for a case holds for its variants."""
    names = (case, case.partition(" | ")[0])
    return [
        entry
        for entry in THEIRS
        if entry[0] == engine
        and re.fullmatch(entry[1] or ".*", table)
        and any(re.fullmatch(entry[2], name) for name in names)
    ]


@pytest.mark.attack
def test_agreement(tmp_path):
    used, unexplained = set(), []
    for (case, table), (ours, *others) in matrix(tmp_path, every=4).items():
        assert ours != "error", (case, table)
        for engine, other in zip(("pandas", "sqlite"), others, strict=True):
            if other != ours:
                found = reasons(case, table, engine)
                used.update(found)
                if not found:
                    unexplained.append((case, table, engine, ours, other))
    assert unexplained == []
    # An entry about a variant may have no case among those judged here.
    assert [entry for entry in THEIRS if entry not in used and "where" not in entry[2]] == []


def test_nested_types_answer_what_they_can():
    """Neither pandas nor SQLite can say anything about a list or a record; counts are checked by hand."""
    import great_expectations.expectations as gxe

    from quality.engine import run_suite

    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT * FROM (VALUES ([1], {'a': 1}), ([1], NULL), (NULL, NULL)) AS v(l, r)")
    suite = [
        gxe.ExpectColumnValuesToNotBeNull(column="l"),
        gxe.ExpectColumnValuesToBeUnique(column="l"),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="r", min_value=1, max_value=1),
        gxe.ExpectColumnTypeToBe(column="l", type_="INTEGER[]"),
        gxe.ExpectColumnValuesToBeInTypeList(column="r", type_list=["STRUCT(a INTEGER)"]),
        gxe.ExpectColumnMeanToBeBetween(column="l", min_value=0),
    ]
    results = run_suite(connection, "t", suite).results
    assert [r.success for r in results] == [False, False, True, True, True, False]
    assert [r.result.get("unexpected_count") for r in results[:2]] == [1, 2]
    assert "needs a number" in results[-1].exception_info["exception_message"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        found = matrix(folder)
    print(f"{'expectation':38} {'table':9} {'pandas':7} {'sqlite':7} why")
    for (case, table), (ours, *others) in found.items():
        marks, why = [], []
        for engine, other in zip(("pandas", "sqlite"), others, strict=True):
            entries = [] if other == ours else reasons(case, table, engine)
            marks.append("=" if other == ours else "theirs" if entries else "DIFFERS")
            why += [f"{engine} {entry[3]}" for entry in entries[:1]]
        print(f"{case:38} {table:9} {marks[0]:7} {marks[1]:7} {'; '.join(why)}")
    same = sum(ours == other for ours, *others in found.values() for other in others)
    print(f"\n{len(found)} answers of DuckDB; {same} of {2 * len(found)} comparisons equal, the rest explained above")


if __name__ == "__main__":
    main()
