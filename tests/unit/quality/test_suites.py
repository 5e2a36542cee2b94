"""A contract's rules as a suite say of stored rows what they said of the delivered ones."""

from types import SimpleNamespace

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

from contracts.model import LogicalType, Rule  # noqa: E402
from contracts.violation import Severity  # noqa: E402
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
