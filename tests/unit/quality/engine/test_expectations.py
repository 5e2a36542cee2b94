"""The expectations of this package, through ``run_suite``."""

import datetime

import duckdb
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

gxe = pytest.importorskip("great_expectations.expectations")
from quality.engine import Redaction, run_suite  # noqa: E402
from quality.engine import expectations as own  # noqa: E402
from quality.engine.errors import EngineError  # noqa: E402
from quality.engine.working_days import CalendarHorizonError, working_days_between  # noqa: E402


@pytest.fixture(scope="module")
def connection():
    con = duckdb.connect()
    con.execute("CREATE TABLE code_set AS SELECT * FROM (VALUES ('01'), ('02'), (NULL)) AS t(code)")
    con.execute("""
        CREATE TABLE people AS SELECT * FROM (VALUES
            (1, '99010119900101123' || '7', '91110000600037341L', '01', DATE '2026-09-30', 10, 'a'),
            (2, '990101199001011230',       '91110000600037341M', '09', DATE '2026-09-29', 20, 'a'),
            (3, '990101900101123',          NULL,                 NULL, DATE '2026-09-28', 15, 'a'),
            (4, NULL,                       '9111000060003734',   '02', NULL,              12, 'b')
        ) AS t(n, rid, uscc, code, day, step, who)""")
    return con


def judge(connection, expectation, **options):
    options.setdefault("redaction", Redaction.nothing())
    return run_suite(connection, "people", [expectation], **options).results[0]


def unexpected(connection, expectation):
    result = judge(connection, expectation)
    assert not result.exception_info["raised_exception"]
    return result.result["partial_unexpected_list"]


def right_resident_id():
    from stdnum.cn import ric

    return "99010119900101123" + ric.calc_check_digit("990101199001011230")


def test_resident_id(connection):
    rows = unexpected(connection, own.ExpectColumnValuesToBeValidResidentId(column="rid"))
    wrong = {"990101199001011237", "990101199001011230", "990101900101123"} - {right_resident_id()}
    assert set(rows) == wrong
    both = own.ExpectColumnValuesToBeValidResidentId(column="rid", accept_15=True)
    assert set(unexpected(connection, both)) == wrong - {"990101900101123"}


def test_social_credit_code(connection):
    rows = unexpected(connection, own.ExpectColumnValuesToBeValidSocialCreditCode(column="uscc"))
    assert set(rows) == {"91110000600037341M", "9111000060003734"}


@pytest.mark.parametrize(
    "codes",
    [{"value_set": ["01", "02"]}, {"code_relation": "code_set", "code_column": "code"}],
    ids=["list", "relation"],
)
def test_code_set_from_a_list_or_a_relation(connection, codes):
    assert unexpected(connection, own.ExpectColumnValuesToBeInCodeSet(column="code", **codes)) == ["09"]


def test_a_code_set_that_is_nowhere_fails_with_the_fix(connection):
    result = judge(connection, own.ExpectColumnValuesToBeInCodeSet(column="code"))
    assert not result.success
    assert "Give value_set" in result.exception_info["exception_message"]


def test_referential_integrity(connection):
    reference = own.ExpectColumnValuesToBeReferenced(column="code", other_relation="code_set", other_column="code")
    assert unexpected(connection, reference) == ["09"]
    missing = own.ExpectColumnValuesToBeReferenced(column="code", other_relation="gone", other_column="code")
    assert "gone" in judge(connection, missing).exception_info["exception_message"]
    # A column that only the judged table has must not stand in for the one that is missing there.
    nowhere = own.ExpectColumnValuesToBeReferenced(column="step", other_relation="code_set", other_column="step")
    result = judge(connection, nowhere)
    assert not result.success
    assert "column 'step' is not in code_set" in result.exception_info["exception_message"]


def test_monotone_history(connection):
    one = own.ExpectColumnValuesToBeMonotone(column="step", order_by=["n"])
    assert unexpected(connection, one) == [15, 12]
    each = own.ExpectColumnValuesToBeMonotone(column="step", order_by=["n"], partition_by=["who"])
    assert unexpected(connection, each) == [15]
    down = own.ExpectColumnValuesToBeMonotone(column="step", order_by=["n"], increasing=False)
    assert unexpected(connection, down) == [20]


@pytest.mark.parametrize(
    ("as_of", "age", "fresh"),
    [
        ("2026-09-30", 0, True),
        ("2026-10-07", 0, True),  # the National Day holiday
        ("2026-10-08", 1, True),
        ("2026-10-12", 4, False),  # a Saturday of make-up work lies between
        ("2026-09-29", -1, False),
    ],
)
def test_freshness_in_chinese_working_days(connection, as_of, age, fresh):
    result = judge(connection, own.ExpectColumnToBeFresh(column="day", as_of=as_of, at_most=1))
    assert result.exception_info["exception_message"] is None
    assert (result.result["observed_value"], result.success) == (age, fresh)


def test_freshness_past_the_calendar_fails_and_says_so(connection):
    result = judge(connection, own.ExpectColumnToBeFresh(column="day", as_of="2093-01-04", at_most=1))
    assert not result.success
    assert "to 2026-12-31" in result.exception_info["exception_message"]


def test_freshness_by_a_given_calendar(connection):
    days = [datetime.date(2093, 1, 1) + datetime.timedelta(days=n) for n in range(10)]
    assert working_days_between(days[0], days[9], days) == 9
    assert working_days_between(days[9], days[0], days) == -9
    with pytest.raises(CalendarHorizonError) as caught:
        working_days_between(days[0], datetime.date(2094, 1, 1), days)
    assert caught.value.day == datetime.date(2094, 1, 1)
    assert isinstance(caught.value, EngineError)
    with pytest.raises(CalendarHorizonError):
        working_days_between(days[0], days[1], [])


def test_freshness_of_nothing_is_not_fresh(connection):
    stale = own.ExpectColumnToBeFresh(
        column="day",
        as_of="2026-09-30",
        at_most=1,
        row_condition='col("n") > 100',
        condition_parser="great_expectations",
    )
    assert judge(connection, stale).success is False


def test_row_condition_mostly_and_severity(connection):
    rule = own.ExpectColumnValuesToBeValidSocialCreditCode(
        column="uscc",
        mostly=0.5,
        severity="warning",
        row_condition='col("n") <= 2',
        condition_parser="great_expectations",
    )
    result = judge(connection, rule)
    assert result.success
    assert result.result["element_count"] == 2
    assert result.expectation_config.severity == "warning"


@pytest.mark.parametrize("kind", [name for name in vars(own) if name.startswith("Expect")])
def test_each_reads_as_a_sentence_in_data_docs(kind):
    known = {
        "column": "c",
        "code_relation": "codes",
        "code_column": "code",
        "other_relation": "codes",
        "other_column": "code",
        "order_by": ["n"],
        "as_of": "2026-09-30",
        "at_most": 2,
        "without": "lost",
        "failing_query": "select * from {batch} where n > 3",
        "judged_query": "select * from {batch}",
    }
    expectation = getattr(own, kind)
    rule = expectation(**{key: value for key, value in known.items() if key in expectation.__fields__})
    assert "sentence" not in expectation.__fields__
    told = expectation._prescriptive_renderer(configuration=rule.configuration)[0].string_template
    assert told["template"] == expectation.sentence != ""
    assert {word.strip("$.,") for word in told["template"].split() if word[0] == "$" and "$" not in word[1:]} <= set(
        told["params"]
    )
