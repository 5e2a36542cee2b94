"""A contract's rules as a suite say of stored rows what they said of the delivered ones."""

import json
from dataclasses import replace
from types import SimpleNamespace

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

from contracts.cross_rules import Comparison, CrossKind, CrossRule, Measure, Side  # noqa: E402
from contracts.model import LogicalType, Rule  # noqa: E402
from contracts.violation import Severity  # noqa: E402
from quality.rules import SUITE, across  # noqa: E402
from quality.suites import Subject, check_table  # noqa: E402


@pytest.fixture
def lake():
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS lake; CREATE SCHEMA lake.staging")
    return connection


def rule(kind, name="one", **arguments):
    return Rule(name, kind, ("x",), "conformity", Severity.ERROR, arguments, "", "")


def test_the_classes_of_a_pattern_are_ascii_as_they_were_at_delivery(lake):
    lake.execute("CREATE TABLE lake.staging.t AS SELECT 'https://城.cn/a\u3000b' AS x")
    rules = [rule("pattern", pattern=r"https?://[^\s]+"), rule("pattern", "two", pattern=r".*[^\w]\w{2}")]
    judged = "regexp_full_match(x, 'https?://[^\\s]+'), regexp_full_match(x, '.*[^\\w]\\w{2}')"
    delivered = lake.execute(f"SELECT {judged} FROM lake.staging.t").fetchone()
    assert tuple(r.passed for r in check_table(lake, Subject("staging.t", rules, "1"))) == delivered == (True, False)


@pytest.mark.parametrize(("codes", "failing"), [(["01", "2"], 0), (["01", "x"], 1)])
def test_the_codes_of_a_column_of_numbers_are_numbers(lake, codes, failing):
    lake.execute("CREATE TABLE lake.staging.t AS SELECT unnest([1, 2]) AS x")
    column = SimpleNamespace(name="x", element=SimpleNamespace(type=LogicalType.INTEGER), code_map={})
    sets = {"codes": SimpleNamespace(codes=codes, aliases={})}
    rules = [rule("code_set", code_set="codes")]
    (result,) = check_table(lake, Subject("staging.t", rules, "1", sets, SimpleNamespace(columns=[column])))
    assert (result.passed, result.failing_rows) == (not failing, failing)


def by_hand(type_, **kwargs):
    return Rule(
        f"suite:x:{type_}", SUITE, (), "consistency", Severity.ERROR, {"type": type_, "kwargs": json.dumps(kwargs)}
    )


def test_a_suite_written_by_hand_says_counts_and_never_a_value(lake):
    lake.execute("CREATE TABLE lake.staging.t AS SELECT unnest(['kanarie', 'b', NULL]) AS x")
    rules = [
        by_hand("expect_column_value_lengths_to_be_between", column="x", max_value=3),
        by_hand("expect_column_max_to_be_between", column="x", max_value="2026-01-01"),
        by_hand("expect_column_values_to_be_valid_resident_id", column="x"),
        by_hand("expect_column_most_common_value_to_be_in_set", column="x", value_set=["zzz"]),
        by_hand("expect_column_values_to_not_be_null", column="x", mostly=0.5),
    ]
    results = check_table(lake, Subject("staging.t", rules, "1"))
    assert [one.passed for one in results] == [False, False, False, False, True]
    assert (results[0].rows, results[0].failing_rows) == (3, 1)
    assert all(one.observed is None for one in results)
    assert "kanarie" not in repr(results)


@pytest.mark.parametrize(
    "rule_",
    [
        by_hand("expect_no_such_thing", column="x"),
        by_hand("expect_column_values_to_not_be_null", column="y"),
        by_hand("expect_column_values_to_not_be_null", colum="x"),
        by_hand("expect_column_values_to_be_between", column="x", min_value="a"),
        by_hand("expect_column_values_to_be_increasing", column="x"),
        by_hand("expect_column_kl_divergence_to_be_less_than", column="x", threshold=0.1),
    ],
    ids=range(6),
)
def test_what_cannot_be_judged_is_a_failure_that_says_why_and_spoils_no_other(lake, rule_):
    lake.execute("CREATE TABLE lake.staging.t AS SELECT 'kanarie' AS x")
    bad, good = check_table(lake, Subject("staging.t", [rule_, rule("required", "fine")], "1"))
    assert (bad.passed, bad.rows, bad.failing_rows, good.passed) == (False, None, None, True)
    assert bad.error and "kanarie" not in bad.error


def test_a_sample_is_judged_instead_of_the_table(lake):
    lake.execute("CREATE TABLE lake.staging.t AS SELECT unnest(range(100)) AS x")
    sample = "select * from lake.staging.t order by 1 limit 10"
    rules = [by_hand("expect_column_values_to_be_between", column="x", min_value=5)]
    (result,) = check_table(lake, Subject("staging.t", rules, "1", sample=sample))
    assert (result.rows, result.failing_rows) == (10, 5)


def crossed(kind, comparison, **columns):
    sides = (Side(f"one.{name}", f"staging.{name}", columns.get(name, ("k",))) for name in ("here", "there"))
    words = ("规则", "Rule", "consistency", Severity.ERROR, "one", "mend it")
    return CrossRule("one", kind, *words, *sides, True, comparison)


PAIR, BOTH, DIFFER, SUM = (("k", "k"),), ("k", "v"), "here.v <> there.v", Measure("sum", "v")


@pytest.mark.parametrize(
    ("one", "passed", "failing", "rows", "observed"),
    [
        (crossed(CrossKind.REFERENTIAL, Comparison(PAIR)), False, 1, 4, None),
        (crossed(CrossKind.REFERENTIAL, Comparison(PAIR, at_least=0.75)), True, 1, 4, None),
        (crossed(CrossKind.REFERENTIAL, Comparison(PAIR, at_least=0.76)), False, 1, 4, None),
        (crossed(CrossKind.CONTRADICTION, Comparison(PAIR, never=DIFFER)), False, 1, 4, None),
        (crossed(CrossKind.DUPLICATE_COLLECTION, Comparison(), here=BOTH, there=BOTH), False, 3, 4, "1"),
        (crossed(CrossKind.RECONCILIATION, Comparison(PAIR, measures=(SUM, SUM))), False, 2, 4, None),
        (crossed(CrossKind.CONTRADICTION, Comparison((("k", "nothing"),), never=DIFFER)), False, None, None, None),
    ],
    ids=range(7),
)
def test_a_rule_across_departments_is_a_check_of_the_blamed_table(lake, one, passed, failing, rows, observed):
    lake.execute("CREATE TABLE lake.staging.here AS SELECT * FROM (VALUES (1, 1), (2, 2), (3, 3), (4, 4)) AS t(k, v)")
    lake.execute("CREATE TABLE lake.staging.there AS SELECT * FROM (VALUES (1, 1), (2, 2), (3, 9)) AS t(k, v)")
    ((table, rules),) = across([one]).items()
    (result,) = check_table(lake, Subject(table, rules, "1"))
    assert (table, result.passed, result.failing_rows, result.rows) == ("staging.here", passed, failing, rows)
    assert result.observed == observed and bool(result.error) is (failing is None)


CROSSED = [
    crossed(CrossKind.CONTRADICTION, Comparison(PAIR, never=DIFFER)),
    crossed(CrossKind.DUPLICATE_COLLECTION, Comparison(), here=BOTH, there=BOTH),
    crossed(CrossKind.REFERENTIAL, Comparison(PAIR, at_least=0.0)),
    crossed(CrossKind.REFERENTIAL, Comparison(PAIR)),
    crossed(CrossKind.RECONCILIATION, Comparison(measures=(Measure("sum", "v"), Measure("sum", "v")))),
]


@pytest.mark.parametrize("one", CROSSED, ids=range(5))
def test_a_side_without_a_row_is_told_as_that_and_never_as_good(lake, one):
    lake.execute("CREATE TABLE lake.staging.here AS SELECT * FROM (VALUES (1, null), (2, null)) AS t(k, v)")
    lake.execute("CREATE TABLE lake.staging.there AS SELECT 7 AS k, 7 AS v WHERE false")
    ((table, rules),) = across([one]).items()
    (result,) = check_table(lake, Subject(table, rules, "1"))
    assert (result.passed, result.error) == (False, None)
    assert result.reason == "nothing to compare with: one.there has no row"
    lake.execute("INSERT INTO lake.staging.there VALUES (7, 7)")
    there = replace(one.there, where="k = 8")
    ((table, rules),) = across([replace(one, there=there)]).items()
    (result,) = check_table(lake, Subject(table, rules, "1"))
    # Which rows are meant is the rule's own choice: nothing is judged, and nothing holds.
    assert not result.passed or result.rows == 0
    assert result.reason == "nothing to compare with: one.there has no row that is meant"


@pytest.mark.parametrize(
    ("type_", "scale", "call", "there", "absolute", "relative", "passed"),
    [
        ("decimal(18, 2)", 2, "sum", "98.00", 3.7, 0.0, True),
        ("decimal(18, 2)", 2, "sum", "98.01", 3.7, 0.0, False),
        ("decimal(18, 2)", 9, "avg", "98.00", 3.7, 0.0, True),
        ("decimal(18, 2)", 2, "sum", "94.31", 1e-05, 0.0, False),
        ("decimal(18, 2)", 2, "sum", "104.30", 0.0, 0.1, True),
        ("double", None, "sum", "98.01", 3.7, 0.0, False),
    ],
)
def test_a_tolerance_is_exact_where_the_columns_are(lake, type_, scale, call, there, absolute, relative, passed):
    for name, value in (("here", "94.30"), ("there", there)):
        lake.execute(f"CREATE TABLE lake.staging.{name} AS SELECT 1 AS k, CAST({value} AS {type_}) AS v")
    measure = Measure(call, "v", None, scale)
    comparison = Comparison(PAIR, measures=(measure, measure), absolute=absolute, relative=relative)
    ((table, rules),) = across([crossed(CrossKind.RECONCILIATION, comparison)]).items()
    (result,) = check_table(lake, Subject(table, rules, "1"))
    assert (result.passed, result.error) == (passed, None)
