"""The SQL of the check digits, held equal to python-stdnum."""

import datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from quality.engine import check_digits

ALPHABET = check_digits.SOCIAL_CREDIT_ALPHABET


@pytest.fixture(scope="module")
def judge():
    connection = duckdb.connect()

    def run(sql, values):
        text = sql("id")
        query = f"SELECT {text} FROM (SELECT unnest($values::VARCHAR[]) AS id)"
        return [row[0] for row in connection.execute(query, {"values": values}).fetchall()]

    return run


def resident_id_by_stdnum(text):
    """stdnum's rule without its table of regions, and without its tolerance for blanks and lower case."""
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()) or text[17] not in "0123456789X":
        return False
    try:
        ric.get_birth_date(text)
    except ValidationError:
        return False
    return ric.calc_check_digit(text) == text[17]


def credit_code_by_stdnum(text):
    return uscc.compact(text) == text and text.isascii() and uscc.is_valid(text)


def with_right_check_digit(body):
    return body + ric.calc_check_digit(body + "0")


dates = st.one_of(
    st.dates().map(lambda d: d.strftime("%Y%m%d").zfill(8)),
    st.tuples(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)).map(
        lambda t: f"{t[0]:04d}{t[1]:02d}{t[2]:02d}"
    ),
    st.integers(0, 9999).map(lambda y: f"{y:04d}0229"),
)
bodies = st.builds(
    lambda region, date, sequence: f"{region:06d}{date}{sequence:03d}",
    st.integers(0, 999999),
    dates,
    st.integers(0, 999),
)
ids = st.one_of(
    bodies.map(with_right_check_digit),
    st.builds(lambda body, last: body + last, bodies, st.sampled_from("0123456789Xx_A ")),
    st.text("0123456789XxABF_ -+１", min_size=15, max_size=19),
    st.text(max_size=20),
)


@given(st.lists(ids, min_size=1, max_size=50))
@settings(deadline=None, max_examples=40)
def test_resident_id_equals_stdnum(judge, values):
    assert judge(check_digits.resident_id_18_sql, values) == [resident_id_by_stdnum(v) for v in values]


def test_resident_id_equals_stdnum_on_every_single_change_of_a_valid_one(judge):
    valid = with_right_check_digit("99010119900101123")
    changed = [valid[:i] + c + valid[i + 1 :] for i in range(18) for c in "0123456789X_ "]
    assert judge(check_digits.resident_id_18_sql, changed) == [resident_id_by_stdnum(v) for v in changed]


def test_resident_id_knows_every_day_of_every_year(judge):
    first = datetime.date(1799, 1, 1)
    days = [first + datetime.timedelta(days=n) for n in range(0, 110_000, 3)]
    assert all(judge(check_digits.resident_id_18_sql, [with_right_check_digit(f"990101{d:%Y%m%d}001") for d in days]))
    wrong = [f"{y:04d}{md}" for y in range(1799, 2101) for md in ("0230", "0431", "1301", "0100", "0001")]
    wrong += [f"{y:04d}0229" for y in range(1799, 2101) if not (y % 4 == 0 and (y % 100 or y % 400 == 0))]
    assert not any(judge(check_digits.resident_id_18_sql, [with_right_check_digit(f"990101{d}001") for d in wrong]))


@given(st.lists(st.tuples(st.integers(0, 999999), st.integers(0, 99), st.integers(0, 13), st.integers(0, 32))))
@settings(deadline=None, max_examples=25)
def test_resident_id_of_15_digits_wants_a_date_of_the_1900s(judge, parts):
    def valid(year, month, day):
        try:
            return bool(datetime.date(1900 + year, month, day))
        except ValueError:
            return False

    values = [f"{region:06d}{y:02d}{m:02d}{d:02d}001" for region, y, m, d in parts]
    expected = [valid(y, m, d) for _, y, m, d in parts]
    assert judge(check_digits.resident_id_15_sql, values) == expected
    assert judge(check_digits.resident_id_sql, values) == expected


codes = st.one_of(
    st.builds(
        lambda head, tail: head + tail + uscc.calc_check_digit(head + tail),
        st.text("0123456789", min_size=8, max_size=8),
        st.text(ALPHABET, min_size=9, max_size=9),
    ),
    st.builds(
        lambda head, tail: head + tail,
        st.text("0123456789", min_size=8, max_size=8),
        st.text(ALPHABET, min_size=10, max_size=10),
    ),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZaz_ -１", min_size=17, max_size=19),
    st.text(max_size=20),
)


@given(st.lists(codes, min_size=1, max_size=50))
@settings(deadline=None, max_examples=40)
def test_social_credit_code_equals_stdnum(judge, values):
    assert judge(check_digits.social_credit_code_sql, values) == [credit_code_by_stdnum(v) for v in values]


def test_social_credit_code_on_every_single_change_of_a_valid_one(judge):
    valid = "91110000600037341L"
    changed = [valid[:i] + c + valid[i + 1 :] for i in range(18) for c in ALPHABET + "IOSVZ"]
    assert judge(check_digits.social_credit_code_sql, changed) == [credit_code_by_stdnum(v) for v in changed]


@pytest.mark.parametrize(
    "sql",
    [
        check_digits.resident_id_sql,
        check_digits.resident_id_18_sql,
        check_digits.resident_id_15_sql,
        check_digits.social_credit_code_sql,
    ],
)
def test_null_is_neither_valid_nor_invalid(judge, sql):
    assert judge(sql, [None, ""]) == [None, False]
