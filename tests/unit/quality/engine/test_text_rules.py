"""Rules about text against Python, which Great Expectations asks on pandas: patterns, formats, JSON, LIKE."""

import datetime
import json
import re

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("ignore")

import great_expectations.expectations as gxe  # noqa: E402

from quality.engine import Redaction, run_suite  # noqa: E402
from quality.engine.errors import BadArgumentError  # noqa: E402
from quality.engine.formats import json_sql, like_sql, strftime_sql  # noqa: E402
from quality.engine.regex import unicode_pattern  # noqa: E402

CONNECTION = duckdb.connect(config={"threads": 1})
ALPHABET = "aZ5_ \t\n\u3000\xa0é张１²①-]\\\u0301٣Ⅷ\x1c😀！\u2028ß"
ATOMS = [
    *(r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"[\w-]", r"[^\w]", r"[\W_]", r"[^\W\d_]", r"[^\s\d]", r"[\S\d]"),
    *(r"[]\w]", r"[^]\d]", r"[\\\w]", r"(?:\w\s)", r"\u4e00", r"[\u4e00-\u9fa5]", ".", r"[^\D]", r"[^\S\n]", r"[\d\W]"),
]


def truths(condition, texts):
    rows = CONNECTION.execute(
        f"SELECT {condition} FROM (SELECT unnest($texts) AS t)", {"texts": list(texts)}
    ).fetchall()
    return [row[0] for row in rows]


def judged(rule, values, redaction=None):
    """The result of ``rule`` on column s of ``values``, a list of texts or an SQL list."""
    connection = duckdb.connect(config={"threads": 1})
    if isinstance(values, list):
        values = "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"
    connection.execute(f"CREATE TABLE t AS SELECT unnest({values}) AS s")
    return run_suite(connection, "t", [rule], redaction=redaction or Redaction.nothing()).results[0]


# ---- regular expressions ---------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(ATOMS), st.sampled_from(["", "+", "*", "?", "{1,2}"])), min_size=1, max_size=3),
    st.lists(st.text(ALPHABET, max_size=4), min_size=1, max_size=40),
    st.booleans(),
)
def test_classes_mean_what_they_mean_in_python(parts, texts, anchored):
    pattern = "".join(atom + times for atom, times in parts)
    pattern = rf"^{pattern}\Z" if anchored else pattern
    found = truths(f"regexp_matches(t, '{unicode_pattern(pattern).text}')", texts)
    assert found == [bool(re.search(pattern, text)) for text in texts]


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (r"^[[:alpha:]]+$", "é张", "a1"),
        (r"^[[:^alpha:]]+$", "1 ", "张"),
        (r"^[^[:alpha:]]+$", "1 ", "张"),
        (r"^[[:digit:]]$", "１", "a"),
        (r"^[[:space:]]$", "\u3000", "a"),
        (r"^[[:^space:]_]$", "张", "\u3000"),
        (r"^[[:upper:]]$", "É", "é"),
        (r"^[[:punct:]]$", "！", "张"),
        (r"^[[:word:]]$", "张", "！"),
        (r"^[[:^alnum:][:digit:]]$", "１", "张"),
        (r"^\p{Han}+$", "张三", "a"),
        (r"^[\p{Han}\d]+$", "张１", "a"),
        (r"^\x{5f20}$", "张", "a"),
        (r"^\Q[\w]\E$", r"[\w]", "[a]"),
        (r"(?i)^\w+$", "Éa", "!"),
        (r"(?u)^\w+$", "张", "!"),
        (r"(?a)^\w+$", "a", "张"),
        (r"(?ai)^A\d$", "a1", "a１"),
    ],
)
def test_classes_of_re2_are_unicode_too(pattern, matching, other):
    for values, expected in (([matching], True), ([other], False)):
        assert judged(gxe.ExpectColumnValuesToMatchRegex(column="s", regex=pattern), values).success is expected
        assert judged(gxe.ExpectColumnValuesToNotMatchRegex(column="s", regex=pattern), values).success is not expected
        assert (
            judged(gxe.ExpectColumnValuesToMatchRegexList(column="s", regex_list=[pattern]), values).success is expected
        )


def test_a_word_boundary_is_refused_where_re2_would_not_see_it():
    rule = gxe.ExpectColumnValuesToMatchRegex(column="s", regex=r"\ba\b")
    assert judged(rule, ["a", "b a"]).success
    assert not judged(rule, ["ab"]).success
    for refused in (rule, gxe.ExpectColumnValuesToNotMatchRegexList(column="s", regex_list=["x", r"\Ba"])):
        result = judged(refused, ["a", "张a"])
        assert not result.success
        assert "ASCII" in result.exception_info["exception_message"]
    assert judged(gxe.ExpectColumnValuesToMatchRegex(column="s", regex=r"(?a)a\b"), ["a", "张a"]).success
    assert "ASCII" in judged(rule, ["张"], Redaction.everything()).exception_info["exception_message"]


def test_a_complement_within_a_complement_of_classes_that_only_re2_knows_is_refused():
    result = judged(gxe.ExpectColumnValuesToMatchRegex(column="s", regex=r"[^\W[:upper:]]"), ["a"])
    assert "Say which characters" in result.exception_info["exception_message"]


@pytest.mark.parametrize("broken", ["aborted", "closed"])
def test_a_connection_that_cannot_answer_says_nothing_of_a_pattern(broken):
    bad = duckdb.connect()
    bad.execute("CREATE TABLE t AS SELECT 'a' AS s")
    bad.execute("BEGIN")
    with pytest.raises(duckdb.Error):
        bad.execute("SELECT error('x')")
    if broken == "closed":
        bad.close()
    rule = gxe.ExpectColumnValuesToMatchRegex(column="s", regex=f"^a+({broken})?$")
    first = run_suite(bad, "t", [rule]).results[0]
    assert "compile" not in first.exception_info["exception_message"]
    assert judged(rule, ["a"]).success


def test_a_connection_that_is_lost_when_a_pattern_is_tried_says_nothing_of_it_either():
    class Losing:
        """Answers everything but the question whether a pattern compiles."""

        def extract_statements(self, sql):
            return connection.extract_statements(sql)

        def execute(self, sql):
            if sql.startswith("SELECT regexp_matches('',"):
                raise duckdb.TransactionException("TransactionContext Error: Current transaction is aborted")
            return connection.execute(sql)

    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 'lost' AS s")
    rule = gxe.ExpectColumnValuesToMatchRegex(column="s", regex="^lost$")
    (first,) = run_suite(Losing(), "t", [rule]).results
    assert "compile" not in first.exception_info["exception_message"]
    assert run_suite(connection, "t", [rule]).success


def test_other_values_are_searched_as_python_writes_them_or_refused():
    regex = gxe.ExpectColumnValuesToMatchRegex(column="s", regex=r"^\d+(\.\d+)?$")
    like = gxe.ExpectColumnValuesToMatchLikePattern(column="s", like_pattern="%")
    for values in ("[1, 23]", "[1.50::DECIMAL(9,2)]"):
        assert judged(regex, values).success
        assert judged(like, values).success
    for values in ("[true]", "[1e20::DOUBLE]", "[TIMESTAMP '2020-01-01 00:00:00.5']", "['a'::BLOB]", "[[1]]"):
        for rule in (regex, like):
            assert "needs text" in judged(rule, values).exception_info["exception_message"]


# ---- LIKE ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["a!_b", "a_b", "a!%b", "!!%", "%!_%", "!_!_", "a!b"])
def test_like_with_an_escape_in_all_four_rules(pattern):
    texts = ["a_b", "axb", "a%b", "!x", "ab", "__", "a!_b"]
    kept = re.sub(
        r"!(.)|(_)|(%)|(.)", lambda m: re.escape(m[1] or m[4] or "") + ("." if m[2] else ".*" if m[3] else ""), pattern
    )
    hits = sum(bool(re.fullmatch(kept, text, re.DOTALL)) for text in texts)
    single, several = {"like_pattern": pattern, "escape": "!"}, {"like_pattern_list": [pattern], "escape": "!"}
    for kind, given_, broken in (
        ("ExpectColumnValuesToMatchLikePattern", single, len(texts) - hits),
        ("ExpectColumnValuesToNotMatchLikePattern", single, hits),
        ("ExpectColumnValuesToMatchLikePatternList", several, len(texts) - hits),
        ("ExpectColumnValuesToNotMatchLikePatternList", several, hits),
    ):
        assert judged(getattr(gxe, kind)(column="s", **given_), texts).result["unexpected_count"] == broken, kind


def test_an_escape_that_escapes_nothing_is_refused():
    assert like_sql("t", "a!!", "!") == "t LIKE 'a!!' ESCAPE '!'"
    for pattern, escape in (("a!", "!"), ("a!!!", "!"), ("a", "xy")):
        with pytest.raises(BadArgumentError):
            like_sql("t", pattern, escape)


# ---- formats ---------------------------------------------------------------------------------------------------

FORMS = ["%Y-%m-%d", "%d.%m.%y", "%I:%M %p", "%b %d, %Y", "%A %d %B %Y", "%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S%z"]
FORMS += ["%j %Y", "100%% %Y", "%Y 年"]
CHANGES = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([*" \t01a+.Z", ""])), max_size=2)


@settings(max_examples=60)
@example("%Y-%m-%dT%H:%M:%S%z", datetime.datetime(2000, 1, 1), [(20, "0"), (20, "0")])
@example("%Y-%m-%dT%H:%M:%S%z", datetime.datetime(2000, 1, 1), [(22, ":"), (25, "0")])
@given(st.sampled_from(FORMS), st.datetimes(), CHANGES)
def test_a_format_accepts_what_python_parses_and_nothing_else(form, moment, changes):
    text = moment.replace(tzinfo=datetime.UTC).strftime(form)
    for place, inserted in changes:
        text = text[:place] + inserted + text[place + (not inserted) :]
    try:
        datetime.datetime.strptime(text, form)
        parsed = True
    except ValueError:
        parsed = False
    assert truths(strftime_sql("t", form), [text]) == [parsed]


def test_blanks_short_years_and_other_directives_are_no_format():
    wrong = [" 2020-01-01", "2020-01-01 ", "20-01-01", "2020-01-01\n", "2020-02-30", "", " ", "2020-01-0１"]
    assert truths(strftime_sql("t", "%Y-%m-%d"), wrong) == [False] * len(wrong)
    for form in ("%Q", "%Y-%", "%-d"):
        with pytest.raises(BadArgumentError):
            strftime_sql("t", form)


JSON = ['{"a":1}', "[1,]", "[1,2]", " {} ", "", " ", "null", "NaN", "nan", "-Infinity", "-NaN", "inf", '{"a":NaN}']
JSON += ['{"a":"NaN, ]"}', '{"a":",]"}', '"\\"",', "01", "1.", ".5", "1e5", "-", '{"a":1 , }', "{a:1}", "{'a':1}"]
JSON += ["\ufeff1", "\xa01", "True", '["inf"]', "[1] [2]", '"a\nb"']


def test_json_is_what_python_reads():
    def read(text):
        try:
            json.loads(text)
        except ValueError:
            return False
        return True

    assert dict(zip(JSON, truths(json_sql("t"), JSON), strict=True)) == {text: read(text) for text in JSON}


@pytest.mark.parametrize("values", ["[7]", "[true]", "[DATE '2020-01-01']", "[1.5]", "[TIMESTAMP '2020-01-01']"])
def test_formats_are_asked_of_text_only(values):
    for rule in (
        gxe.ExpectColumnValuesToMatchStrftimeFormat(column="s", strftime_format="%Y-%m-%d"),
        gxe.ExpectColumnValuesToBeJsonParseable(column="s"),
        gxe.ExpectColumnValueLengthsToEqual(column="s", value=1),
    ):
        result = judged(rule, values)
        assert not result.success
        assert "needs text" in result.exception_info["exception_message"]


def test_nulls_are_not_asked_and_enums_and_json_are_text():
    for rule in (
        gxe.ExpectColumnValuesToMatchStrftimeFormat(column="s", strftime_format="%Y"),
        gxe.ExpectColumnValuesToBeJsonParseable(column="s"),
        gxe.ExpectColumnValuesToMatchRegex(column="s", regex=r"\d"),
    ):
        for values in ("['2020', NULL]", "['2020'::ENUM('2020'), NULL]", "['2020'::JSON]"):
            assert judged(rule, values).success, (rule.expectation_type, values)
