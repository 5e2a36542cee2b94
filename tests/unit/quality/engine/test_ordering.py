"""Ordering: a value of a rule is compared by what it is, whatever the column can hold."""

import datetime as dt
import decimal
import operator

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations.expectations as gxe  # noqa: E402
import pandas as pd  # noqa: E402
from great_expectations.expectations.row_conditions import Column  # noqa: E402

from quality.engine import Redaction, Relation, run_suite  # noqa: E402
from quality.engine.domain import Domain, condition_sql  # noqa: E402
from quality.engine.errors import BadArgumentError  # noqa: E402
from quality.engine.row_rules import ROW_RULES  # noqa: E402

D = decimal.Decimal
OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
WHOLE = [-2, -1, 0, 1, 2, 3]
LIKE_WHOLE = [
    1,
    2,
    1.5,
    -1.5,
    D("1.5"),
    D("0.9999999999"),
    "1.5",
    "2",
    "-1.5",
    "1e0",
    1e30,
    -1e30,
    10**50,
    "1e400",
    2.0,
]
DAYS = [dt.date(2019, 12, 31), dt.date(2020, 1, 1), dt.date(2020, 1, 2)]
LIKE_DAYS = [
    dt.date(2020, 1, 1),
    dt.datetime(2020, 1, 1),
    dt.datetime(2020, 1, 1, 5),
    "2020-01-01",
    "2020-01-01 05:00:00",
    "2020-01-01T00:00:00",
    pd.Timestamp("2020-01-01 00:00:00.000000001"),
]
MOMENTS = [dt.datetime(2020, 1, 1, 5, 0, s) for s in range(3)]
LIKE_MOMENTS = [
    MOMENTS[1],
    MOMENTS[1].replace(microsecond=500_000),
    MOMENTS[1].replace(microsecond=999),
    "2020-01-01 05:00:01",
    "2020-01-01 05:00:01.5",
    dt.date(2020, 1, 2),
    pd.Timestamp("2020-01-01 05:00:01.000000001"),
]
CASES = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM"), (WHOLE, LIKE_WHOLE)),
    "UTINYINT": ([0, 1, 2, 255], [*LIKE_WHOLE, 256, 255.5, -1, -0.5]),
    "UHUGEINT": ([0, 1, 2**128 - 1], [1.5, 2**128, "0.5", -1]),
    "BIGINT ": ([2**53, 2**53 + 1, 2**63 - 1], [float(2**53), 9007199254740992.5, 2**53 + 1, 2.0**63, float("inf")]),
    "HUGEINT ": ([2**127 - 1, -(2**127)], [1.5, D("0.1"), 2**127, 2.0**127, float("-inf")]),
    "DECIMAL(5,1)": (
        [D("1.2"), D("1.3"), D("-9999.9")],
        [1.24, "1.24", D("1.25"), "1.2", 1.2, 10**4, -(10**5)],
    ),
    "DECIMAL(38,10)": ([D("1.2"), D(10**27)], [1.2, "1.20000000001", 1e28, 2e28, D("1.19999999999")]),
    "DOUBLE": ([0.1, 0.2, 1e300], [0.1, "0.1", D("0.1"), D("0.10000000000000000001"), "0.2", 1, 10**400, float("inf")]),
    "FLOAT": ([0.1, 0.2, 1e30], [0.1, "0.1", "0.10000000001", D("0.0999999999"), 1, 1e39, -1e39]),
    "DATE": (DAYS, LIKE_DAYS),
    "TIMESTAMP": (MOMENTS, LIKE_MOMENTS),
    "TIMESTAMP_S": (MOMENTS, LIKE_MOMENTS),
    "TIMESTAMP_MS": (MOMENTS, LIKE_MOMENTS),
    "TIMESTAMP_NS": (MOMENTS, LIKE_MOMENTS),
    "VARCHAR": (["a", "b", "1"], ["a", "aa", "1", "2"]),
    "ENUM('b','a','1')": (["a", "b", "1"], ["a", "aa", "1", "2"]),
    "TIME": ([dt.time(1), dt.time(2)], [dt.time(1), "01:00:00", "01:30"]),
    "BOOLEAN": ([True, False], [True, False, 1, 0]),
}
STRANGE = {
    "INTEGER": ["x", "", " 1", "1_0", "１", "nan", "2020-01-01", dt.date(2020, 1, 1), b"1", "1;2", [1], {"a": 1}],
    "DECIMAL(5,1)": ["x", dt.date(2020, 1, 1)],
    "DOUBLE": ["x", "inf", dt.time(1)],
    "DATE": ["x", 2020, 1.5, "2020", "2020-1-1", "2020-01-01T00:00:00+08:00", dt.datetime(2020, 1, 1, tzinfo=dt.UTC)],
    "TIMESTAMP": ["x", 2020, dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "2020-01-01 00:00:00.0000001"],
    "VARCHAR": [5, 1.5, dt.date(2020, 1, 1), True],
    "ENUM('a')": [5, True],
    "JSON": [5],
    "BOOLEAN": ["true", 0.5, 2],
    "TIME": ["x", 1],
    "UUID": ["x", 1],
    "INTEGER[]": [1, "1", [1]],
    "STRUCT(a INTEGER)": [1, "x", {"a": 1}],
}


def _in_the_measure_of(cells, value):
    """``value`` as Python compares it with the cells: text read, floats as they are printed."""
    first = cells[0]
    if isinstance(first, str) or isinstance(value, dt.time):
        return value
    if isinstance(first, dt.time):
        return dt.time.fromisoformat(value)
    if isinstance(first, dt.date):
        return pd.Timestamp(value)
    return D(repr(value)) if isinstance(value, float) else D(value)


def _printed(cell):
    if isinstance(cell, float):
        return D(repr(cell))
    return pd.Timestamp(cell) if isinstance(cell, dt.date) else cell


def _table(kind, cells):
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"CREATE TABLE t (i INTEGER, x {kind})")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [[i, str(cell)] for i, cell in enumerate(cells)])
    connection.execute("INSERT INTO t VALUES (-1, NULL)")
    return connection


def _rows(connection, condition, parser=None):
    return _all_rows(connection, [condition], parser)[0]


def _all_rows(connection, conditions, parser=None):
    """What each condition of a suite finds: a suite costs more than its conditions."""
    rules = [
        gxe.ExpectColumnValuesToBeNull(column="i", row_condition=one, condition_parser=parser, meta={"place": place})
        for place, one in enumerate(conditions)
    ]
    found = run_suite(connection, "t", rules, redaction=Redaction.nothing(), result_format="COMPLETE").results
    by_place = {one.expectation_config.meta["place"]: one for one in found}
    told = [by_place[place] for place in range(len(rules))]
    return [(one.result.get("unexpected_list"), one.exception_info["exception_message"]) for one in told]


@pytest.mark.parametrize("kind", CASES)
def test_an_order_is_the_order_of_values(kind):
    cells, values = CASES[kind]
    connection = _table(kind, cells)
    asked = [(value, sign, compare) for value in values for sign, compare in OPERATORS.items()]
    found = _all_rows(connection, [compare(Column("x"), value) for value, _, compare in asked])
    for (value, sign, compare), (got, error) in zip(asked, found, strict=True):
        wanted = [i for i, cell in enumerate(cells) if compare(_printed(cell), _in_the_measure_of(cells, value))]
        assert (sorted(got or []), error) == (wanted, None), (kind, sign, value)


@pytest.mark.parametrize("kind", [kind for kind in CASES if not kind.startswith(("VARCHAR", "ENUM", "TIME", "BOOL"))])
def test_a_bound_is_compared_as_a_condition_is(kind):
    cells, values = CASES[kind]
    connection = _table(kind, cells)
    for value in values:
        for name, compare in {"max_value": operator.gt, "min_value": operator.lt}.items():
            wanted = sum(compare(_printed(cell), _in_the_measure_of(cells, value)) for cell in cells)
            domain = Domain(Relation.table(connection, "t"), {"column": "x"}, Redaction.nothing())
            made = ROW_RULES["column_values.between"](domain, {name: value})
            sql = f"SELECT count(*) FROM t WHERE {made.applies} AND {made.broken}"
            assert connection.execute(sql).fetchall() == [(wanted,)], (kind, name, value)


@pytest.mark.parametrize("kind", STRANGE)
def test_what_has_no_order_with_the_column_is_refused_and_no_cell_is_told(kind):
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t (i INTEGER, x {kind})")
    for value in STRANGE[kind]:
        for compare in OPERATORS.values():
            got, error = _rows(connection, compare(Column("x"), value))
            assert got is None and "row_condition: the condition compares column 'x'" in error, (kind, value, error)


def test_a_condition_in_text_says_the_same():
    connection = _table("INTEGER", WHOLE)
    assert _rows(connection, 'col("x")<="1.5"', "great_expectations")[0] == [0, 1, 2, 3]
    assert _rows(connection, 'col("x")<=1.5', "great_expectations")[0] == [0, 1, 2, 3]
    assert _rows(connection, 'col("x")=="1"', "great_expectations")[0] == [3]
    for text in ('col("x")==1 OR 1=1', 'col("x")==1; drop table t', 'col("x").notNull() and 1', 'col("x")>1.5.5'):
        with pytest.raises(BadArgumentError, match="goes on behind"):
            condition_sql(Relation.table(connection, "t"), text)


def test_words_of_an_enum_are_ordered_as_text_beside_each_other():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (a ENUM('b','a'), b ENUM('b','a'), c ENUM('x','a','b'), d VARCHAR)")
    connection.execute("INSERT INTO t VALUES ('b', 'a', 'a', 'a')")
    for other in "bcd":
        rules = [
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="a", column_B=other, or_equal=True),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="a", column_B=other),
        ]
        assert run_suite(connection, "t", rules).success
        back = gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A=other, column_B="a")
        assert not run_suite(connection, "t", [back]).success
