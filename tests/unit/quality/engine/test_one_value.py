"""One value that a cell cannot be is no error of the others: text that is no JSON, edges of a type, records."""

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations.expectations as gxe  # noqa: E402
from great_expectations.expectations.row_conditions import Column  # noqa: E402

from quality.engine import Redaction, Relation, run_suite  # noqa: E402
from quality.engine import expectations as own  # noqa: E402
from quality.engine.errors import RelationError  # noqa: E402


def _judged(connection, *rules):
    return run_suite(connection, "t", rules, redaction=Redaction.nothing()).results


@pytest.mark.parametrize("many", [1, 15, 16, 40])
def test_text_that_is_no_json_equals_no_cell(many):
    connection = duckdb.connect()
    connection.execute(
        """CREATE TABLE t AS SELECT '{"a": 1}'::JSON AS j, 'not {json' AS s, '{"a": 1}' AS same, 1 AS n"""
    )
    others = ["not {json", *(f"x{n}" for n in range(many - 1))]
    passing = [
        gxe.ExpectColumnValuesToNotBeInSet(column="j", value_set=others),
        gxe.ExpectColumnValuesToBeInSet(column="j", value_set=[*others, '{"a": 1}']),
        gxe.ExpectColumnPairValuesToBeEqual(column_A="j", column_B="same"),
        gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(column_list=["j", "s"]),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="j", column_B="s"),
        gxe.ExpectColumnDistinctValuesToBeInSet(column="j", value_set=[*others, '{"a": 1}']),
        gxe.ExpectColumnMostCommonValueToBeInSet(column="j", value_set=[*others, '{"a": 1}']),
        gxe.ExpectColumnValuesToNotBeNull(column="n", row_condition=Column("j") != "not {json"),
        gxe.ExpectColumnValuesToBeNull(column="n", row_condition=Column("j") < "not {json"),
        gxe.ExpectColumnPairValuesToBeInSet(column_A="j", column_B="n", value_pairs_set=[('{"a": 1}', 1), ("{", 1)]),
    ]
    failing = [
        gxe.ExpectColumnValuesToBeInSet(column="j", value_set=others),
        gxe.ExpectColumnPairValuesToBeEqual(column_A="j", column_B="s"),
        gxe.ExpectColumnDistinctValuesToContainSet(column="j", value_set=others),
        gxe.ExpectColumnDistinctValuesToEqualSet(column="j", value_set=others),
        own.ExpectColumnValuesToBeInCodeSet(column="j", value_set=others),
        own.ExpectColumnValuesToBeReferenced(column="j", other_relation="t", other_column="s"),
    ]
    results = _judged(connection, *passing, *failing)
    assert [r.exception_info["exception_message"] for r in results] == [None] * len(results)
    wanted = [True] * len(passing) + [False] * len(failing)
    wanted[8] = '{"a": 1}' >= "not {json"
    assert [r.success for r in results] == wanted


@pytest.mark.parametrize("kind", ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"])
def test_the_edges_of_a_type_are_values_like_others(kind):
    bits = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}[kind] - 1
    edges = [-(2**bits), 2**bits - 1]
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t (x {kind})")
    connection.executemany("INSERT INTO t VALUES (?)", [[str(edge)] for edge in edges])
    within, beyond = gxe.ExpectColumnValuesToBeInSet, gxe.ExpectColumnValuesToNotBeInSet
    results = _judged(
        connection,
        within(column="x", value_set=edges),
        within(column="x", value_set=[*edges, *range(40)]),
        beyond(column="x", value_set=[edges[0] - 1, edges[1] + 1]),
        gxe.ExpectColumnDistinctValuesToEqualSet(column="x", value_set=edges),
    )
    assert all(r.success for r in results)


@pytest.mark.parametrize("value", [{"a": 1}, [1], (1,)])
@pytest.mark.parametrize("kind", ["INTEGER", "VARCHAR", "BIT"])
def test_a_record_in_a_set_is_refused_by_what_it_is(kind, value):
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t (x {kind})")
    (found,) = _judged(connection, gxe.ExpectColumnValuesToBeInSet(column="x", value_set=[value]))
    assert f"a {type(value).__name__} is no value" in found.exception_info["exception_message"]


def test_an_arrow_table_without_columns_is_refused():
    import pyarrow as pa

    with pytest.raises(RelationError, match="no columns"):
        Relation.arrow(duckdb.connect(), pa.table({}))
