"""Quiet about people: a planted canary is found in no byte of any result, log or error."""

import json
import logging

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations as gx  # noqa: E402

from quality.engine import Redaction, Sight, add_duckdb, run_suite  # noqa: E402
from tests.unit.quality.engine.suites import CANARIES, CANARY_TEXT, TABLE, failing_suite  # noqa: E402

FORMATS = [
    "BOOLEAN_ONLY",
    "BASIC",
    "SUMMARY",
    {"result_format": "COMPLETE", "unexpected_index_column_names": ["n", "txt"]},
    {"result_format": "COMPLETE", "include_unexpected_rows": True, "return_unexpected_index_query": True},
]


@pytest.fixture
def connection():
    con = duckdb.connect()
    con.execute(f"CREATE TABLE canaries AS {TABLE}")
    return con


def assert_silent(text):
    assert not [canary for canary in CANARIES if canary in text]


@pytest.mark.parametrize("result_format", FORMATS, ids=str)
@pytest.mark.parametrize("sight", [Sight.MASKED, Sight.HIDDEN])
def test_no_canary_in_any_result(connection, caplog, capfd, result_format, sight):
    caplog.set_level(logging.DEBUG)
    rule = Redaction(lambda column: Sight.PLAIN if column == "n" else sight)
    suite = failing_suite()
    result = run_suite(connection, "canaries", suite, result_format=result_format, redaction=rule)
    assert len(result.results) == len(suite)
    passed = [r.expectation_config.type for r in result.results if r.success]
    assert passed == []
    assert_silent(json.dumps(result.to_json_dict(), ensure_ascii=False, default=str))
    assert_silent(str(result) + repr(result) + caplog.text + "".join(capfd.readouterr()))


def test_the_test_would_see_a_canary(connection):
    result = run_suite(connection, "canaries", failing_suite(), redaction=Redaction.nothing())
    text = json.dumps(result.to_json_dict(), ensure_ascii=False, default=str)
    assert [canary for canary in CANARIES if canary in text] == [c for c in CANARIES if c != CANARY_TEXT.lower()]


def test_quiet_is_the_default(connection):
    assert_silent(json.dumps(run_suite(connection, "canaries", failing_suite()).to_json_dict(), default=str))


def test_masked_samples_tell_the_kind_and_plain_columns_their_values(connection):
    suite = failing_suite()[:1]
    rule = Redaction.by_column({"n": Sight.PLAIN})
    wanted = {"result_format": "COMPLETE", "unexpected_index_column_names": ["n"]}
    result = run_suite(connection, "canaries", suite, result_format=wanted, redaction=rule).results[0].result
    assert result["unexpected_list"] == ["<VARCHAR>"] * 3
    assert sorted(row["n"] for row in result["unexpected_index_list"]) == [0, 1, 2]


def test_a_checkpoint_and_its_data_docs_are_quiet(connection, tmp_path, caplog, capfd):
    caplog.set_level(logging.INFO)
    context = gx.get_context(mode="file", project_root_dir=tmp_path)
    context.variables.progress_bars = {"globally": False}
    source = add_duckdb(context, "lake", connection, Redaction.everything())
    batch = source.add_table_asset("canaries", table_name="canaries").add_batch_definition_whole_table("all")
    suite = context.suites.add(gx.ExpectationSuite("suite", failing_suite()))
    run = context.validation_definitions.add(gx.ValidationDefinition(name="run", data=batch, suite=suite))
    result = run.run(result_format="COMPLETE")
    assert len(result.results) == len(suite.expectations)
    assert not any(r.success for r in result.results)
    context.build_data_docs()
    assert_silent(str(result) + caplog.text + "".join(capfd.readouterr()))
    pages = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".html" for path in pages)
    for path in pages:
        assert_silent(path.read_bytes().decode("utf-8", "replace"))


def test_nothing_is_written_to_what_is_judged(tmp_path):
    path = tmp_path / "judged.duckdb"
    with duckdb.connect(str(path)) as writer:
        writer.execute(f"CREATE TABLE canaries AS {TABLE}")
    before = path.read_bytes()
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS judged (READ_ONLY)")
        assert run_suite(connection, "judged.main.canaries", failing_suite()[:20]).statistics
    assert path.read_bytes() == before
