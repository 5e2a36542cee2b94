"""The SQL of the identifiers: check digits held equal to python-stdnum, other parts to the standards in Python."""

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


PROVINCES = [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66)]
NOWHERE = {"111111", "222222", "333333", "444444", "123456", "234567", "345678", "456789", "654321", "543210", "432109"}


def a_region(six):
    """GB/T 2260's structure, that of permits and permanent residence cards, or one of this platform's samples."""
    if not (six.isascii() and six.isdigit()) or six in NOWHERE | {"990000", "999999"}:
        return False
    province, city, county = int(six[:2]), int(six[2:4]), int(six[4:])
    if province in PROVINCES:
        return 1 <= city <= 70 or city == 90 or (province == 46 and city == 0 and county > 0)
    foreigner = six[0] == "9" and int(six[1:3]) in PROVINCES and 1 <= int(six[3:]) <= 899
    return foreigner or province == 99 or six in ("710000", "810000", "820000", "830000")


def a_resident_id(text):
    """stdnum's rules of date and check digit, less its table of regions and its tolerance, and the other parts."""
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()) or text[17] not in "0123456789X":
        return False
    try:
        born = ric.get_birth_date(text)
    except ValidationError:
        return False
    of_now = 1870 <= born.year < 2100 and born != datetime.date(1900, 1, 1)
    return ric.calc_check_digit(text) == text[17] and a_region(text[:6]) and text[14:17] != "000" and of_now


def organisation_check(body):
    """GB 11714-1997."""
    values = [int(c) if c.isdigit() else ord(c) - 55 for c in body]
    rest = 11 - sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


KINDS = {"1": "1239", "2": "19", "3": "123459", "4": "19", "5": "12349", "6": "129", "7": "129", "8": "19", "9": "123",
         "A": "19", "N": "1239", "Y": "1"}  # fmt: skip


def a_credit_code(text):
    if len(text) != 18 or any(c not in ALPHABET for c in text) or text[1] not in KINDS.get(text[0], ""):
        return False
    region, body = text[2:8], text[8:16]
    if not region.isdigit() or region in NOWHERE | {"990000", "999999"}:
        return False
    there = int(region[:2]) in [*PROVINCES, 71, 81, 82, 83, 99] or region == "100000"
    placeholder = len(set(body)) == 1 or body in ("12345678", "87654321")
    return there and not placeholder and organisation_check(body) == text[16] and text[17] == credit_check(text[:17])


def credit_check(body):
    return ALPHABET[-sum(ALPHABET.index(c) * pow(3, k, 31) for k, c in enumerate(body)) % 31]


def with_right_check_digit(body):
    return body + ric.calc_check_digit(body + "0")


dates = st.one_of(
    st.dates().map(lambda d: d.strftime("%Y%m%d").zfill(8)),
    st.tuples(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)).map(
        lambda t: f"{t[0]:04d}{t[1]:02d}{t[2]:02d}"
    ),
    st.integers(0, 9999).map(lambda y: f"{y:04d}0229"),
)
regions = st.one_of(
    st.integers(0, 999999),
    st.builds(
        lambda p, c, k: p * 10000 + c * 100 + k, st.sampled_from(PROVINCES), st.integers(0, 99), st.integers(0, 99)
    ),
    st.builds(lambda p, k: 900000 + p * 1000 + k, st.sampled_from(PROVINCES), st.integers(0, 999)),
    st.sampled_from([710000, 810000, 820000, 830000, 990101, 999998, *map(int, NOWHERE)]),
)
bodies = st.builds(
    lambda region, date, sequence: f"{region:06d}{date}{sequence:03d}",
    regions,
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
def test_resident_id_equals_the_standard(judge, values):
    assert judge(check_digits.resident_id_18_sql, values) == [a_resident_id(v) for v in values]


def test_resident_id_on_every_single_change_of_a_valid_one(judge):
    valid = with_right_check_digit("99010119900101123")
    changed = [valid[:i] + c + valid[i + 1 :] for i in range(18) for c in "0123456789X_ "]
    assert judge(check_digits.resident_id_18_sql, changed) == [a_resident_id(v) for v in changed]


def test_resident_id_knows_every_day_of_every_year(judge):
    first = datetime.date(1870, 1, 1)
    days = [first + datetime.timedelta(days=n) for n in range(0, 84_000, 3)]
    days.remove(datetime.date(1900, 1, 1)) if datetime.date(1900, 1, 1) in days else None
    assert all(judge(check_digits.resident_id_18_sql, [with_right_check_digit(f"990101{d:%Y%m%d}001") for d in days]))
    wrong = [f"{y:04d}{md}" for y in range(1799, 2101) for md in ("0230", "0431", "1301", "0100", "0001")]
    wrong += [f"{y:04d}0229" for y in range(1799, 2101) if not (y % 4 == 0 and (y % 100 or y % 400 == 0))]
    assert not any(judge(check_digits.resident_id_18_sql, [with_right_check_digit(f"990101{d}001") for d in wrong]))


@given(st.lists(st.tuples(regions, st.integers(0, 99), st.integers(0, 13), st.integers(0, 32))))
@settings(deadline=None, max_examples=25)
def test_resident_id_of_15_digits_wants_a_date_of_the_1900s(judge, parts):
    def valid(year, month, day):
        try:
            return datetime.date(1900 + year, month, day) > datetime.date(1900, 1, 1)
        except ValueError:
            return False

    values = [f"{region:06d}{y:02d}{m:02d}{d:02d}001" for region, y, m, d in parts]
    provinces = [(region, f"{region:06d}") for region, *_ in parts]
    of_citizens = [a_region(six) and (six[:2] == "99" or six[0] not in "789") for _, six in provinces]
    expected = [there and valid(y, m, d) for there, (_, y, m, d) in zip(of_citizens, parts, strict=True)]
    assert judge(check_digits.resident_id_15_sql, values) == expected
    assert judge(check_digits.resident_id_sql, values) == expected


heads = st.one_of(
    st.text("0123456789", min_size=8, max_size=8),
    st.builds(
        lambda kind, region: kind + f"{region:06d}",
        st.sampled_from([first + second for first, kinds in KINDS.items() for second in kinds]),
        regions,
    ),
)
organisations = st.one_of(
    st.text(ALPHABET, min_size=9, max_size=9),
    st.text(ALPHABET, min_size=8, max_size=8).map(lambda body: body + organisation_check(body)),
    st.sampled_from([c * 8 for c in ALPHABET] + ["12345678", "87654321"]).map(lambda b: b + organisation_check(b)),
)
codes = st.one_of(
    st.builds(lambda head, tail: head + tail + credit_check(head + tail), heads, organisations),
    st.builds(lambda head, tail, last: head + tail + last, heads, organisations, st.sampled_from(ALPHABET)),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZaz_ -１", min_size=17, max_size=19),
    st.text(max_size=20),
)


@given(st.lists(codes, min_size=1, max_size=50))
@settings(deadline=None, max_examples=40)
def test_social_credit_code_equals_the_standard(judge, values):
    assert judge(check_digits.social_credit_code_sql, values) == [a_credit_code(v) for v in values]


def test_social_credit_code_on_every_single_change_of_a_valid_one(judge):
    valid = "91110000600037341L"
    changed = [valid[:i] + c + valid[i + 1 :] for i in range(18) for c in ALPHABET + "IOSVZ"]
    assert judge(check_digits.social_credit_code_sql, changed) == [a_credit_code(v) for v in changed]


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


def test_check_digits_of_both_kinds_are_those_of_stdnum(judge):
    """The references above share stdnum's check digits where it has them."""
    assert uscc.is_valid("91110000600037341L") and credit_check("91110000600037341") == "L"
    assert judge(check_digits.social_credit_code_sql, ["91110000600037341L", "91350100M000100Y43"]) == [True, True]


PLACEHOLDERS_18 = ["000000190001010009", "111111191111111113", "123456199909091237", "999999199909099997"]


@pytest.mark.parametrize("text", [*PLACEHOLDERS_18, with_right_check_digit("11010119000101001")])
def test_a_placeholder_is_no_resident_id_though_its_check_digit_fits(judge, text):
    assert ric.calc_check_digit(text) == text[17]
    assert judge(check_digits.resident_id_sql, [text]) == [False]


def test_permits_and_permanent_residence_cards_are_identity_numbers(judge):
    bodies = ["81000019900101001", "82000019900101001", "83000019900101001", "91184019900101001"]
    texts = [*map(with_right_check_digit, bodies), "USA110090010112"]
    assert judge(check_digits.resident_id_sql, texts) == [True] * 5


def test_nobody_was_born_after_the_day_of_judging(judge):
    today = datetime.date(2026, 11, 27)
    texts = [with_right_check_digit(f"110105{day}001") for day in ("20261127", "20261128")]
    assert judge(lambda column: check_digits.resident_id_sql(column, today), texts) == [True, False]
    assert judge(check_digits.resident_id_sql, texts) == [True, True]


def test_a_15_digit_number_of_a_hundred_year_old_has_no_century(judge):
    assert judge(check_digits.resident_id_sql, ["110105491231995", "110105491231996"]) == [True, False]
