"""SQL text that decides whether a column holds well-formed Chinese identifiers. No Great Expectations here.

Each builder takes one SQL expression of type VARCHAR and returns one SQL expression of type BOOLEAN: NULL for
NULL, false for anything that is not exactly a valid number (lower case, blanks, separators and full-width
digits are not), true otherwise. Region codes are not looked up. The texts hold no aggregate, no subquery and
no function that can raise, so that they fit in a WHERE, a CASE, a FILTER or a projection.

How it is fast: a regular expression proves the shape and the calendar; then the digits are read at once as
hexadecimal (or as raw bytes) into one 64-bit integer, and the weighted sum of all of them is formed in
parallel lanes of that integer. The one-element list exists because DuckDB has no ``let``: it evaluates the
parsed integer once where naming it four times would parse it four times.
"""

__all__ = ["resident_id_15_sql", "resident_id_18_sql", "resident_id_sql", "social_credit_code_sql"]

SOCIAL_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015, table 2: the 31 characters of a unified social credit code, by their value."""

_LONG_MONTH = "(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = "(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02(?:0[1-9]|1[0-9]|2[0-8])"
_ANY_YEAR = f"(?:{_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})"
_FOURTH_YEAR = "(?:0[48]|[2468][048]|[13579][26])"
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"

_SHAPE_18 = f"[0-9]{{6}}(?:{_YEAR}{_ANY_YEAR}|(?:[0-9]{{2}}{_FOURTH_YEAR}|{_FOURTH_YEAR}00)0229)[0-9]{{3}}[0-9X]"
_SHAPE_15 = f"[0-9]{{6}}(?:[0-9]{{2}}{_ANY_YEAR}|{_FOURTH_YEAR}0229)[0-9]{{3}}"
_SHAPE_CREDIT = f"[0-9]{{8}}[{SOCIAL_CREDIT_ALPHABET}]{{10}}"


def resident_id_18_sql(column: str) -> str:
    """BOOLEAN SQL: is ``column`` an 18-character resident identity number?

    GB 11643-1999: six digits of region, a date of birth that exists, three digits of sequence, and the check
    character of ISO 7064 MOD 11-2 (``X`` for ten).
    """
    digits_2_to_17 = f"TRY_CAST('0x' || substr({column}, 2, 16) AS UBIGINT)"
    lanes = f"list_transform([{digits_2_to_17}], lambda v: {_sum_of_doubling_weights('v')})[1]::INTEGER"
    # ascii % 30 - 18 is the value of a check character: '0'..'9' give 0..9 and 'X' gives 10.
    first_weight = pow(2, 17, 11)
    wanted = (1 + 48 * first_weight + 18) % 11
    total = f"2 * {lanes} + {first_weight} * ascii({column}) + ascii(substr({column}, 18, 1)) % 30"
    return _shaped(column, _SHAPE_18, f"({total}) % 11 = {wanted}")


def resident_id_15_sql(column: str) -> str:
    """BOOLEAN SQL: is ``column`` a 15-digit resident identity number (GB 11643-1989)?

    Six digits of region, a date of birth of the 1900s that exists, three of sequence; there is no check digit.
    """
    return f"regexp_full_match({column}, '{_SHAPE_15}')"


def resident_id_sql(column: str) -> str:
    """BOOLEAN SQL: is ``column`` a resident identity number of either generation, 18 or 15 characters?"""
    return f"CASE WHEN strlen({column}) = 15 THEN {resident_id_15_sql(column)} ELSE {resident_id_18_sql(column)} END"


def social_credit_code_sql(column: str) -> str:
    """BOOLEAN SQL: is ``column`` a unified social credit code?

    GB 32100-2015: 18 characters of a 31-character alphabet (no I, O, S, V, Z), the first eight digits, and the
    last one chosen so that the sum weighted with powers of three is divisible by 31 (ISO 7064 MOD 31-3).
    """
    digits = _one_word(column, 1, [f"v & {_mask('0F', 8)}", _sum_of_tripling_weights("v")])
    letters = _one_word(column, 9, [_values_of_letters("v"), _sum_of_tripling_weights("v")])
    total = (
        f"{digits} + {pow(3, 8, 31)} * {letters} "
        f"+ {pow(3, 16, 31)} * {_credit_value(column, 17)} + {_credit_value(column, 18)}"
    )
    return _shaped(column, _SHAPE_CREDIT, f"({total}) % 31 = 0")


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
