"""When a cell is one of a rule's values: for every type, in every rule about sets, whatever else the set holds."""

import datetime as dt
import uuid
from decimal import Decimal

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.expectations.row_conditions import Column  # noqa: E402

from quality.engine import Redaction, run_suite  # noqa: E402
from quality.engine.expectations import ExpectColumnValuesToBeInCodeSet, ExpectColumnValuesToBeReferenced  # noqa: E402
from quality.engine.membership import exact_literal  # noqa: E402

UTC = dt.UTC
NOON = dt.datetime(2020, 1, 2, 12)
NAME = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

CELLS = {
    # type: (cell, values that equal it, values that do not, one more value of the type)
    "INTEGER": ("2", [2, 2.0, Decimal("2.00")], [1.5, "2", "02", 2**70, float("inf"), NOON.date()], lambda n: 100 + n),
    "UTINYINT": ("200", [200], [-56, 456, "200"], lambda n: 1000 + n),
    "HUGEINT": (str(2**127 - 1), [2**127 - 1], [2**127, float(2**127)], lambda n: n),
    "BOOLEAN": ("true", [True, 1, 1.0], [False, "true", 2], lambda n: 100 + n),
    "DOUBLE": ("0.1", [0.1, Decimal("0.1")], ["0.1", 0.1000001, Decimal("0.10000000000000000001")], lambda n: 100 + n),
    "FLOAT": ("0.1", [0.1, Decimal("0.1")], ["0.1", 0.11, 0.10000000149], lambda n: 100 + n),
    "DECIMAL(5,1)": ("1.2", [1.2, Decimal("1.20")], [1.24, "1.2", 1e300, Decimal("1E+40")], lambda n: 100 + n),
    "VARCHAR": ("'01'", ["01"], [1, "1", 1.0, True, " 01", "01 ", NOON.date()], lambda n: f"p{n}"),
    "ENUM('a','b')": ("'a'", ["a"], ["A", 1, "c"], lambda n: f"p{n}"),
    "DATE": (
        "'2020-01-02'",
        [dt.date(2020, 1, 2), "2020-01-02", dt.datetime(2020, 1, 2), "2020-01-02 00:00:00"],
        ["2020-1-2", "2020-01-02 12:00:00", NOON, "x", 20200102, "2020-01-02 "],
        lambda n: dt.date(2021, 1, 1) + dt.timedelta(n),
    ),
    "TIMESTAMP": (
        "'2020-01-02 12:00:00'",
        [NOON, "2020-01-02T12:00:00", "2020-01-02 12:00"],
        [NOON.date(), "2020-01-02", "x", NOON.replace(microsecond=1)],
        lambda n: NOON + dt.timedelta(n + 1),
    ),
    "TIMESTAMP_S": (
        "'2020-01-02 12:00:00'",
        [NOON],
        [NOON.replace(microsecond=1)],
        lambda n: NOON + dt.timedelta(n + 1),
    ),
    "TIMESTAMPTZ": (
        "'2020-01-02 12:00:00+00'",
        [NOON.replace(tzinfo=UTC), "2020-01-02T20:00:00+08:00"],
        ["x", "2020-01-02T20:00:00+00:00"],
        lambda n: NOON.replace(tzinfo=UTC) + dt.timedelta(n + 1),
    ),
    "TIME": ("'03:04:05'", [dt.time(3, 4, 5), "03:04:05"], ["3", "x", 3], lambda n: dt.time(1, n)),
    "UUID": (f"'{NAME}'", [uuid.UUID(NAME), NAME], ["x", 1], lambda n: str(uuid.UUID(int=n))),
    "BLOB": ("'ab'::BLOB", [b"ab"], ["ab", 1], lambda n: bytes([n])),
    "INTERVAL": ("INTERVAL 1 HOUR", [dt.timedelta(hours=1)], ["1 hour", 1], lambda n: dt.timedelta(days=n + 1)),
    "BIGNUM": ("5", [5], ["5", 5.5], lambda n: 100 + n),
    "BIT": ("'101'", ["101"], ["x"], lambda n: bin(n + 8)[2:]),
}  # fmt: skip


def rules(values):
    """Every rule about sets, and whether it holds where the one cell equals the first of ``values``."""
    pairs = [(value, 1) for value in values]
    made = [
        (gxe.ExpectColumnValuesToBeInSet(column="x", value_set=values), True),
        (gxe.ExpectColumnValuesToNotBeInSet(column="x", value_set=values), False),
        (ExpectColumnValuesToBeInCodeSet(column="x", value_set=values), True),
        (gxe.ExpectColumnDistinctValuesToBeInSet(column="x", value_set=values), True),
        (gxe.ExpectColumnMostCommonValueToBeInSet(column="x", value_set=values), True),
        (gxe.ExpectColumnPairValuesToBeInSet(column_A="x", column_B="y", value_pairs_set=pairs), True),
    ]
    if len(values) == 1:
        made.append((gxe.ExpectColumnDistinctValuesToContainSet(column="x", value_set=values), True))
        made.append((gxe.ExpectColumnDistinctValuesToEqualSet(column="x", value_set=values), True))
    return made


def wrong_answers(connection, values, equal):
    """The rules about sets that answer otherwise than that the cell is, or is not, the first of ``values``."""
    suite, holding = zip(*rules(values), strict=True)
    results = run_suite(connection, "t", suite, redaction=Redaction.nothing()).results
    return [
        result.expectation_config.type
        for result, holds in zip(results, holding, strict=True)
        if result.exception_info["raised_exception"] or result.success is not (holds is equal)
    ]


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_is_one_of_the_values_whatever_the_type_and_however_many_there_are(kind):
    cell, alike, unlike, more = CELLS[kind]
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"CREATE TABLE t AS SELECT {cell}::{kind} AS x, 1 AS y")
    wrong = []
    for value, equal in [(v, True) for v in alike] + [(v, False) for v in unlike]:
        for count in (1, 15, 16):
            found = wrong_answers(connection, [value, *(more(n) for n in range(count - 1))], equal)
            wrong += [(value, count, rule) for rule in found]
    assert wrong == []


def test_the_kind_of_the_value_decides_not_its_place():
    assert exact_literal("INTEGER", "x") is None
    assert exact_literal("VARCHAR", 1) is None
    assert exact_literal("INTEGER", 1.0) == exact_literal("INTEGER", 1) == "1::INTEGER"
    assert exact_literal("DOUBLE", float("nan")) == "'nan'::DOUBLE"


def test_what_is_missing_from_a_set_says_no_value_and_no_cell_equals_it():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1), (NULL)) AS v(x)")

    def unexpected(values):
        rule = gxe.ExpectColumnValuesToBeInSet(column="x", value_set=values)
        return run_suite(connection, "t", [rule]).results[0].result["unexpected_count"]

    assert [unexpected(v) for v in ([None], [None, 1], [float("nan")], [])] == [1, 0, 1, 1]


def test_a_set_tells_which_of_its_values_are_missing_from_the_column():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT unnest([1, 2]) AS x")
    rule = gxe.ExpectColumnDistinctValuesToEqualSet(column="x", value_set=[1, 1.0, 2.5, "2", 3])
    found = run_suite(connection, "t", [rule], redaction=Redaction.nothing()).results[0].result
    assert (found["unexpected_count"], found["partial_unexpected_list"]) == (1, [2])
    assert (found["missing_count"], found["partial_missing_list"]) == (3, [2.5, "2", 3])


def test_pairs_with_nothing_in_them_and_of_two_kinds():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1, NULL), (NULL, 'a'), (1, 'a'), (2, '1')) AS v(a, b)")

    def unexpected(*pairs):
        rule = gxe.ExpectColumnPairValuesToBeInSet(
            column_A="a", column_B="b", value_pairs_set=list(pairs), ignore_row_if="neither"
        )
        return run_suite(connection, "t", [rule]).results[0].result["unexpected_count"]

    assert unexpected((1, None)) == 3
    assert unexpected((None, "a"), (1, "a")) == 2
    assert unexpected((2, 1)) == 4
    assert unexpected(*[(n, f"x{n}") for n in range(40)], (2, "1")) == 3


def test_a_reference_between_two_kinds_finds_nothing_and_casts_nothing():
    connection = duckdb.connect()
    connection.execute("""
        CREATE TABLE t AS SELECT * FROM (VALUES ('01', 1), ('1', 2), ('x', NULL)) AS v(s, n);
        CREATE TABLE numbers AS SELECT unnest([1, 2]) AS k;
        CREATE TABLE words AS SELECT unnest(['01', '1', '2', 'x']) AS k;
        CREATE TABLE listed AS SELECT unnest(['x', '01']::ENUM('x', '01', 'other')[]) AS k""")

    def broken(column, other):
        rules = [
            ExpectColumnValuesToBeReferenced(column=column, other_relation=other, other_column="k"),
            ExpectColumnValuesToBeInCodeSet(column=column, code_relation=other, code_column="k"),
        ]
        return [r.result.get("unexpected_count") for r in run_suite(connection, "t", rules).results]

    assert broken("s", "numbers") == [3, 3]
    assert broken("n", "words") == [None, None]  # DuckDB refuses to compare them
    assert broken("s", "words") == [0, 0]
    assert broken("n", "numbers") == [0, 0]
    assert broken("s", "listed") == [1, 1]


def counted(connection, condition, **parser):
    rule = gxe.ExpectTableRowCountToEqual(value=-1, row_condition=condition, **parser)
    result = run_suite(connection, "t", [rule], redaction=Redaction.nothing()).results[0]
    return result.result.get("observed_value", result.exception_info["exception_message"])


def test_row_conditions_compare_in_the_same_way():
    connection = duckdb.connect()
    rows = "(1, '01', 1.2::DECIMAL(5,1)), (2, '1', 0), (NULL, NULL, NULL)"
    connection.execute(f"CREATE TABLE t AS SELECT * FROM (VALUES {rows}) AS v(n, s, d)")
    assert counted(connection, Column("n") == 1.5) == 0
    assert counted(connection, Column("n") != 1) == 1
    assert counted(connection, Column("n").is_in([1.5, 2, *range(100, 120)])) == 1
    assert counted(connection, Column("n").is_not_in([1.5])) == 2
    assert counted(connection, Column("d").is_in([1.24])) == 0
    assert counted(connection, 'col("n") == "1"', condition_parser="great_expectations") == 1
    assert counted(connection, 'col("s") == "01"', condition_parser="great_expectations") == 1


def test_a_row_condition_that_compares_two_kinds_is_refused_since_it_would_judge_no_row():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 1 AS n, '01' AS s, DATE '2020-01-02' AS d")
    for condition in (Column("s") == 1, Column("n") == "x", Column("s").is_in([1, 2]), Column("d") != "yesterday"):
        assert "compares column" in counted(connection, condition)
