"""Partitions: every batch that is listed can be asked for by its name, and no row is in two or in none."""

import datetime as dt
import decimal
import math
import uuid

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.core.partitioners import (  # noqa: E402
    PartitionerColumnValue,
    PartitionerDividedInteger,
    PartitionerModInteger,
    PartitionerMultiColumnValue,
)

from quality.engine import add_duckdb  # noqa: E402

CASES = {
    "TINYINT": ["1", "2"],
    "HUGEINT": [str(2**127 - 1), str(-(2**127))],
    "UHUGEINT": [str(2**128 - 1), "0"],
    "DECIMAL(38,10)": ["1.5", "12345678901234567890.0000000001"],
    "DOUBLE": ["0.1", "nan", "inf", "-inf", "1e300", "-0.0", "5e-324"],
    "FLOAT": ["0.1", "nan", "inf", "1e30", "3.4028235e38", "16777217"],
    "BOOLEAN": ["true", "false"],
    "VARCHAR": ["a", "A", "a ", "", "'; drop table t; --", "2020-01-01", "1"],
    "JSON": ['{"a": 1}', "1"],
    "ENUM('b','a')": ["a", "b"],
    "UUID": [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))],
    "TIME": ["01:02:03", "01:02:03.000004"],
    "DATE": ["2020-02-29", "0001-01-01"],
    "TIMESTAMP": ["2020-02-29 01:02:03.000004", "2020-02-29"],
    "TIMESTAMP_S": ["2020-02-29 01:02:03", "2020-02-29"],
    "TIMESTAMP_MS": ["2020-02-29 01:02:03.004", "2020-02-29"],
    "TIMESTAMP WITH TIME ZONE": ["2020-02-29 01:02:03+00", "2020-02-29 00:00:00+08"],
}
SPELLED = {
    "DATE": ("2020-02-29", [dt.date(2020, 2, 29), "2020-02-29", "2020-02-29 00:00:00", "2020-02-29T00:00:00"]),
    "TIMESTAMP": ("2020-02-29 01:00:00", [dt.datetime(2020, 2, 29, 1), "2020-02-29 01:00:00", "2020-02-29T01:00:00"]),
    "FLOAT": ("0.1", [0.1, decimal.Decimal("0.1")]),
    "DECIMAL(5,2)": ("1.50", [1.5, decimal.Decimal("1.5"), decimal.Decimal("1.50")]),
    "DOUBLE": ("nan", [math.nan]),
    "TIME": ("01:02:03", [dt.time(1, 2, 3), "01:02:03"]),
    "BIGINT": ("9007199254740993", [9007199254740993]),
}
NAMELESS = [
    "BLOB",
    "INTERVAL",
    "TIMESTAMP_NS",
    "INTEGER[]",
    "STRUCT(a INTEGER)",
    "MAP(INTEGER, INTEGER)",
    "BIT",
    "BIGNUM",
]


@pytest.fixture
def asset():
    connection = duckdb.connect(config={"threads": 1})
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = add_duckdb(context, "lake", connection)

    def made(kind, cells):
        connection.execute(f"CREATE TABLE t (x {kind}, k INTEGER)")
        for cell in cells:
            connection.execute(f"INSERT INTO t VALUES ($${cell}$$::VARCHAR::{kind}, 1), (NULL, 2)")
        return source.add_table_asset("t", table_name="t")

    return made


def _rows(definition, parameters):
    batch = definition.get_batch(parameters)
    return batch.validate(gxe.ExpectTableRowCountToEqual(value=-1)).result["observed_value"]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("kind", CASES)
def test_what_a_batch_is_listed_as_leads_back_to_it(asset, kind, many):
    cells = CASES[kind]
    parted = PartitionerMultiColumnValue(column_names=["x", "k"]) if many else PartitionerColumnValue(column_name="x")
    definition = asset(kind, cells).add_batch_definition("b", parted)
    listed = definition.get_batch_identifiers_list()
    assert len(listed) == len(cells) + 1
    assert sorted(_rows(definition, keys) for keys in listed) == [1] * len(cells) + [len(cells)]


@pytest.mark.parametrize("kind", SPELLED)
def test_a_value_may_be_written_in_every_way_that_is_the_same_value(asset, kind):
    cell, spellings = SPELLED[kind]
    definition = asset(kind, [cell]).add_batch_definition("b", PartitionerColumnValue(column_name="x"))
    for spelling in spellings:
        assert _rows(definition, {"x": spelling}) == 1
    for stranger in ("zz", object, [1], {"a": 1}):
        with pytest.raises(Exception):  # noqa: B017 - Great Expectations' own, by what it finds first
            definition.get_batch({"x": stranger})


@pytest.mark.parametrize("kind", NAMELESS)
def test_a_column_whose_values_have_no_name_is_refused_by_name(asset, kind):
    with pytest.raises(Exception, match=r"a partition by values needs .* but column 'x' is"):
        asset(kind, []).add_batch_definition("b", PartitionerColumnValue(column_name="x"))


@pytest.mark.parametrize("kind", ["BIGINT", "HUGEINT", "UBIGINT", "INTEGER", "DECIMAL(18,0)"])
def test_quotients_and_remainders_are_those_of_whole_numbers(asset, kind):
    low = 0 if kind == "UBIGINT" else -7
    cells = [low, 0, 6, 7] if kind == "INTEGER" else [low, 0, 6, 7, 2**53, 2**53 + 1]
    if kind == "HUGEINT":
        cells += [2**127 - 1, 2**127 - 2]
    made = asset(kind, cells)
    for divisor in (1, 7, -3):
        quotients = made.add_batch_definition(
            f"q{divisor}", PartitionerDividedInteger(column_name="x", divisor=divisor)
        )
        wanted = {_cut(cell, divisor) for cell in cells}
        listed = quotients.get_batch_identifiers_list()
        if kind != "DECIMAL(18,0)":
            assert {keys["quotient"] for keys in listed} == wanted | {None}
        assert sum(_rows(quotients, keys) for keys in listed if None not in keys.values()) == len(cells)
        remainders = made.add_batch_definition(f"r{divisor}", PartitionerModInteger(column_name="x", mod=divisor))
        listed = remainders.get_batch_identifiers_list()
        assert {keys["remainder"] for keys in listed} == {c - divisor * _cut(c, divisor) for c in cells} | {None}
        assert sum(_rows(remainders, keys) for keys in listed if None not in keys.values()) == len(cells)


def _cut(number, divisor):
    quotient = abs(number) // abs(divisor)
    return quotient if (number < 0) == (divisor < 0) else -quotient


def test_a_division_that_is_none_is_refused(asset):
    made = asset("INTEGER", ["1"])
    with pytest.raises(Exception, match="divisor is 0"):
        made.add_batch_definition("q", PartitionerDividedInteger(column_name="x", divisor=0))
    with pytest.raises(Exception, match="mod is 0"):
        made.add_batch_definition("r", PartitionerModInteger(column_name="x", mod=0))


@pytest.mark.parametrize("kind", ["VARCHAR", "DATE", "UHUGEINT", "BOOLEAN"])
def test_a_division_of_what_is_no_number_is_refused(asset, kind):
    with pytest.raises(Exception, match="a partition by division needs"):
        asset(kind, []).add_batch_definition("q", PartitionerDividedInteger(column_name="x", divisor=2))


def test_numbers_that_have_no_quotient_are_refused_and_not_told(asset):
    definition = asset("DOUBLE", ["nan", "1e300"]).add_batch_definition(
        "q", PartitionerDividedInteger(column_name="x", divisor=2)
    )
    with pytest.raises(Exception, match="cannot be parted") as caught:
        definition.get_batch_identifiers_list()
    assert "1e+300" not in str(caught.value) and "nan" not in str(caught.value).lower()
