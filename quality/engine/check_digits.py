"""SQL text that decides whether a column holds well-formed Chinese identifiers. No Great Expectations here.

Each builder takes one SQL expression of type VARCHAR and returns one SQL expression of type BOOLEAN: NULL for
NULL, false for anything that is not exactly a valid number (lower case, blanks, separators and full-width
digits are not), true otherwise. A check digit alone makes no identifier: what the standards say of each part holds too,
so that no placeholder passes. Region codes are judged by the structure of GB/T 2260, and not looked up: which of them
were ever assigned changes every year. The texts hold no aggregate, no subquery and no function that can raise, so that
they fit in a WHERE, a CASE, a FILTER or a projection.

How it is fast: a regular expression proves the shape and the calendar; then the digits are read at once as
hexadecimal (or as raw bytes) into one 64-bit integer, and the weighted sum of all of them is formed in
parallel lanes of that integer. The one-element list exists because DuckDB has no ``let``: it evaluates the
parsed integer once where naming it four times would parse it four times.
"""

from datetime import date

__all__ = ["resident_id_15_sql", "resident_id_18_sql", "resident_id_sql", "social_credit_code_sql"]

SOCIAL_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015, table 2: the 31 characters of a unified social credit code, by their value."""

# GB/T 2260-2007: the provinces, and (clause 4) below them 01-20 and 51-70 for cities, 21-50 for prefectures, 90 for
# counties directly below a province. 00 in the last places is a city that has no districts (Dongguan, Zhongshan).
_PROVINCES = frozenset([*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66)])
_CITIES = frozenset([*range(1, 71), 90])
_ANY = frozenset(range(100))
# Regions that fit the structure and are what one types where none is known.
_PLACEHOLDERS = (111111, 222222, 333333, 444444, 123456, 234567, 345678, 456789, 654321, 543210, 432109)


def _two_digits(numbers: frozenset[int]) -> str:
    """RE2 of two digits that are one of these numbers."""
    tens = {ten: "".join(str(n % 10) for n in sorted(numbers) if n // 10 == ten) for ten in range(10)}
    return "(?:" + "|".join(f"{ten}[{units}]" for ten, units in tens.items() if units) + ")"


def _regions(cities: frozenset[int]) -> str:
    """RE2 of six digits: a province, one of these below it, and two more digits, less the placeholders."""
    taken = {(code // 10000, code // 100 % 100): code % 100 for code in _PLACEHOLDERS}
    odd = frozenset(province for province, _ in taken)
    shapes = [f"{_two_digits(_PROVINCES - odd)}{_two_digits(cities)}[0-9]{{2}}"]
    for province in sorted(odd):
        own = frozenset(city for other, city in taken if other == province)
        shapes.append(f"{province}{_two_digits(cities - own)}[0-9]{{2}}")
        shapes += [f"{province}{city}{_two_digits(_ANY - {taken[province, city]})}" for city in sorted(own)]
    return "|".join(shapes)


_PROVINCE = _two_digits(_PROVINCES)
# Hainan's counties were 4600xx until it had cities.
_COUNTY = f"{_regions(_CITIES)}|4600(?:0[1-9]|[1-9][0-9])"
# Residence permits of Hong Kong, Macao and Taiwan residents (港澳台居民居住证申领发放办法, 2018), and Taiwan's code.
_BEYOND = "(?:71|8[123])0000"
# The permanent residence card of 2023: 9 for a foreigner, the province that took the application, and the country in
# the three digits of ISO 3166-1 (国家移民管理局, 新版外国人永久居留身份证机读信息规则).
_FOREIGNER = f"9{_PROVINCE}(?:00[1-9]|0[1-9][0-9]|[1-8][0-9]{{2}})"
# No province is 99: this platform's samples use it, so that their people are nobody. 990000 and 999999 are nothing.
_SAMPLE = "99(?:00(?:0[1-9]|[1-9][0-9])|(?:0[1-9]|[1-8][0-9]|9[0-8])[0-9]{2}|99(?:[0-8][0-9]|9[0-8]))"

_LONG_MONTH = "(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = "(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02(?:0[1-9]|1[0-9]|2[0-8])"
_ANY_YEAR = f"(?:{_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})"
_FOURTH_YEAR = "(?:0[48]|[2468][048]|[13579][26])"
# Cards exist since 1984, when nobody was older than 114. The first day of 1900 is a program's nothing, and nobody's who
# has a card: its alternatives leave it out.
_BUT_NEW_YEAR = (
    f"(?:01(?:0[2-9]|[12][0-9]|3[01])|(?:0[3578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|{_SHORT_MONTH}|{_FEBRUARY})"
)
_YEAR = "(?:18[7-9][0-9]|19(?:0[1-9]|[1-9][0-9])|20[0-9]{2})"
_LEAP_DAY = f"(?:18(?:7[26]|8[048]|9[26])|(?:19|20){_FOURTH_YEAR}|2000)0229"
_SEQUENCE = "(?:00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})"

_BODY_18 = f"(?:{_YEAR}{_ANY_YEAR}|1900{_BUT_NEW_YEAR}|{_LEAP_DAY}){_SEQUENCE}"
_SHAPE_18 = f"(?:{_COUNTY}|{_BEYOND}|{_FOREIGNER}|{_SAMPLE}){_BODY_18}[0-9X]"
# 996 to 999 were for people of a hundred years and more (GB 11643-1989): their century cannot be told.
_SEQUENCE_15 = "(?:00[1-9]|0[1-9][0-9]|[1-8][0-9]{2}|9[0-8][0-9]|99[0-5])"
_DAY_15 = f"(?:(?:0[1-9]|[1-9][0-9]){_ANY_YEAR}|00{_BUT_NEW_YEAR}|{_FOURTH_YEAR}0229)"
_SHAPE_15 = f"(?:{_COUNTY}|{_SAMPLE}){_DAY_15}{_SEQUENCE_15}"
# The permanent residence card before 2023: the country's three letters, the region that took the application, a date of
# birth, and two digits more, whose rule was never published.
_SHAPE_OLD_FOREIGNER = f"[A-Z]{{3}}{_PROVINCE}[0-9]{{2}}[0-9]{{2}}(?:{_ANY_YEAR}|0229)[0-9]{{2}}"

# GB 32100-2015, 4.2 and 4.3, with those added since: departments that register, and the kinds that each has.
_REGISTRAR = "(?:1[1239]|2[19]|3[1-59]|4[19]|5[1-49]|6[129]|7[129]|8[19]|9[123]|A[19]|N[1-39]|Y1)"
# 100000 is the state's own register; a district that only a register knows is of a province all the same.
_AUTHORITY = f"(?:100000|{_regions(_ANY)}|(?:71|8[123])[0-9]{{4}}|{_SAMPLE})"
_SHAPE_CREDIT = f"{_REGISTRAR}{_AUTHORITY}[{SOCIAL_CREDIT_ALPHABET}]{{8}}[0-9X][{SOCIAL_CREDIT_ALPHABET}]"
_LETTERED = {"A": 9, "N": 8, "Y": 21}
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def resident_id_18_sql(column: str, born_until: date | None = None) -> str:
    """BOOLEAN SQL: is ``column`` an 18-character identity number?

    GB 11643-1999: six digits of region, a date of birth that exists, three digits of sequence (not 000), and the check
    character of ISO 7064 MOD 11-2 (``X`` for ten). Numbers of residence permits for people from Hong Kong, Macao and
    Taiwan and of foreigners' permanent residence cards of 2023 are built alike. ``born_until`` is the last date of
    birth there can be.
    """
    digits_2_to_17 = f"TRY_CAST('0x' || substr({column}, 2, 16) AS UBIGINT)"
    lanes = f"list_transform([{digits_2_to_17}], lambda v: {_sum_of_doubling_weights('v')})[1]::INTEGER"
    # ascii % 30 - 18 is the value of a check character: '0'..'9' give 0..9 and 'X' gives 10.
    first_weight = pow(2, 17, 11)
    wanted = (1 + 48 * first_weight + 18) % 11
    total = f"2 * {lanes} + {first_weight} * ascii({column}) + ascii(substr({column}, 18, 1)) % 30"
    born = f" AND substr({column}, 7, 8) <= '{born_until:%Y%m%d}'" if born_until else ""
    return _shaped(column, _SHAPE_18, f"({total}) % 11 = {wanted}{born}")


def resident_id_15_sql(column: str) -> str:
    """BOOLEAN SQL: is ``column`` a 15-digit resident identity number (GB 11643-1989)?

    Six digits of region, a date of birth of the 1900s that exists, three of sequence; there is no check digit.
    """
    return f"regexp_full_match({column}, '{_SHAPE_15}')"


def resident_id_sql(column: str, born_until: date | None = None) -> str:
    """BOOLEAN SQL: is ``column`` an identity number of any generation, 18 characters or 15?

    Those of 15 are resident identity numbers of before 1999 and permanent residence cards of before 2023.
    """
    short = f"regexp_full_match({column}, '{_SHAPE_15}|{_SHAPE_OLD_FOREIGNER}')"
    return f"CASE WHEN strlen({column}) = 15 THEN {short} ELSE {resident_id_18_sql(column, born_until)} END"


def social_credit_code_sql(column: str) -> str:
    """BOOLEAN SQL: is ``column`` a unified social credit code?

    GB 32100-2015: 18 characters of a 31-character alphabet (no I, O, S, V, Z). The department that registers and its
    kind, the region of the authority in six digits, the organisation's code of GB 11714 with its own check character,
    and the last one chosen so that the sum weighted with powers of three is divisible by 31 (ISO 7064 MOD 31-3). An
    organisation whose eight characters are one over and over, or count up or down, is a placeholder.
    """
    digits = _one_word(column, 1, [f"v & {_mask('0F', 8)}", _sum_of_tripling_weights("v")])
    # A letter's low bits are not its value: what is missing in the first place, whose weight is one.
    missing = " ".join(f"WHEN '{letter}' THEN {value}" for letter, value in _LETTERED.items())
    digits += f" + CASE left({column}, 1) {missing} ELSE 0 END"
    letters = _one_word(column, 9, [_values_of_letters("v"), _sum_of_tripling_weights("v")])
    total = (
        f"{digits} + {pow(3, 8, 31)} * {letters} "
        f"+ {pow(3, 16, 31)} * {_credit_value(column, 17)} + {_credit_value(column, 18)}"
    )
    body = f"substr({column}, 9, 8)"
    some = f"replace({body}, substr({column}, 9, 1), '') <> '' AND {body} NOT IN ('12345678', '87654321')"
    return _shaped(column, _SHAPE_CREDIT, f"({total}) % 31 = 0 AND {_organisation(column)} AND {some}")


def _organisation(column: str) -> str:
    """Whether characters 9 to 17 are a code of GB 11714-1997: weighted, with the check, divisible by eleven."""
    values = f"v - {_mask('30', 8)} - 7 * ((v >> 6) & {_mask('01', 8)})"
    weighed = " + ".join(f"((v >> {8 * (7 - k)}) & 255) * {w}" for k, w in enumerate(_ORGANISATION_WEIGHTS))
    total = _one_word(column, 9, [values, weighed])
    return f"({total} + ascii(substr({column}, 17, 1)) % 30 - 18) % 11 = 0"


def _shaped(column: str, shape: str, arithmetic: str) -> str:
    """``arithmetic`` where ``column`` has ``shape``; false where it has not, NULL where it is NULL."""
    return (
        f"CASE WHEN regexp_full_match({column}, '{shape}') THEN {arithmetic} WHEN {column} IS NOT NULL THEN false END"
    )


def _sum_of_doubling_weights(word: str) -> str:
    """A number congruent mod 11 to the sum of ``digit k x 2^k`` over the 16 nibbles of ``word``.

    Pairs, then fours, are added inside 8- and 16-bit lanes. Four lanes are left, each at most 135 and worth
    16^k = 5^k (mod 11); since 65536 = 5 (mod 65531), one remainder adds them all with those weights.
    """
    pairs = f"(({word} & {_mask('0F', 8)}) + (({word} >> 3) & {_mask('1E', 8)}))"
    fours = f"(({pairs} & {_mask('00FF', 4)}) + (({pairs} >> 6) & {_mask('03FC', 4)}))"
    return f"{fours} % 65531"


def _one_word(column: str, start: int, steps: list[str]) -> str:
    """The eight characters from ``start`` as one integer, passed through ``steps``, each a function of ``v``."""
    word = f"[encode(substr({column}, {start}, 8))::BIT::UBIGINT]"
    for step in steps:
        word = f"list_transform({word}, lambda v: {step})"
    return f"{word}[1]::INTEGER"


def _values_of_letters(word: str) -> str:
    """The eight ASCII characters of ``word`` by their values: codes less 48, the letters and the gaps passed."""
    values = f"{word} - {_mask('30', 8)} - 7 * (({word} >> 6) & {_mask('01', 8)})"
    for after_a_gap in "JPTW":
        values += f" - {_at_least(word, after_a_gap)}"
    return values


def _sum_of_tripling_weights(word: str) -> str:
    """A number congruent mod 31 to the sum of ``value k x 3^k``, k = 0..7 from the left, of eight byte lanes.

    Pairs are added in 16-bit lanes, each at most 120; from the right the lanes are worth 9^3, 9^2, 9, 1, that
    is 9^3 x 7^j (mod 31), and 65536 = 7 (mod 65529).
    """
    pairs = f"((({word} >> 8) & {_mask('00FF', 4)}) + 3 * ({word} & {_mask('00FF', 4)}))"
    return f"{pow(9, 3, 31)} * ({pairs} % 65529) % 31"


def _at_least(word: str, letter: str) -> str:
    """One in every byte lane of ``word`` whose ASCII code is at least that of ``letter``."""
    return f"((({word} + {_mask(f'{128 - ord(letter):02X}', 8)}) >> 7) & {_mask('01', 8)})"


def _credit_value(column: str, position: int) -> str:
    """The value of the character at ``position`` (from 1) of a code that has the right shape."""
    return f"(instr('{SOCIAL_CREDIT_ALPHABET}', substr({column}, {position}, 1)) - 1)"


def _mask(lane: str, lanes: int) -> str:
    """The 64-bit constant that repeats the hexadecimal ``lane``."""
    return f"{int(lane * lanes, 16)}::UBIGINT"
