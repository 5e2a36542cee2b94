"""SQL text that tells a placeholder from a number that somebody issued. No Great Expectations here.

It takes one SQL expression of type VARCHAR and returns one of type BOOLEAN, null for null. What a number's own standard
says of its parts is `check_digits`; this is for numbers without such parts, and is never asked of running numbers.
"""

from __future__ import annotations

__all__ = ["placeholder_sql", "run_sql"]

_UP, _DOWN = "01234567890123456789012345678901234567890", "98765432109876543210987654321098765432109"
_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ENDS = _UP[:13] + _DOWN[:13] + "".join(sign * 4 for sign in _SIGNS)
_RUNS = [signs[place : place + 8] for signs in (_UP, _DOWN) for place in range(10)]
# One sign only; a prefix and noughts, or six and more of one digit; a tail that counts up, down, or nowhere.
_SHAPE = "|".join(
    [
        *(f"{sign}{{5,}}" for sign in _SIGNS),
        *(f"[^0-9]{{1,4}}{digit}{{6,}}" for digit in "123456789"),
        "[^0-9]{1,4}0{5,}",
        ".*0{8,}",
        f".*(?:{'|'.join(_RUNS)})",
    ]
)
_WORDS = (
    *("无", "没有", "暂无", "不详", "未知", "未填", "空", "测试", "待定", "待补", "无号", "无证"),
    *("n/a", "na", "#n/a", "null", "none", "nil", "unknown", "test", "tbd", "xxx"),
)
# One digit over and over, in full width or with signs between: １１１１１１, 0000-0000.
_SPACED = "|".join(f"(?:[{digit}{chr(0xFF10 + digit)}][-－_.·/ ]*){{5,}}" for digit in range(10))
_SAMPLE = "13800138000"  # the telephone number of sample forms; those that end in 12345678 are runs


def placeholder_sql(text: str) -> str:
    """BOOLEAN SQL: is the text no number that anybody was given?

    One sign over and over (five times at least), five noughts behind a prefix, a tail of eight noughts or of eight
    digits that count up or down, a run of six and more digits, and the telephone number of every sample form; signs
    without a letter or digit among them, and words that say that there is none.
    """
    # The shape costs as much as a whole pattern rule: it is asked where the last four signs could end one.
    odd = f"contains('{_ENDS}', right({text}, 4)) and regexp_full_match({text}, '{_SHAPE}')"
    words = ", ".join(f"'{word}'" for word in _WORDS)
    nobody = f"lower({text}) in ({words}) or not regexp_matches({text}, '[\\pL\\pN]')"
    # Nearly all numbers begin with a digit or a capital, and hold no sign: they need not be asked.
    plain = f"{text} between '0' and '[' and strlen({text}) > 4 and not contains({text}, '-')"
    other = f"case when {plain} then false else {nobody} or regexp_full_match({text}, '{_SPACED}') end"
    return f"({run_sql(text)} or {text} = '{_SAMPLE}' or ({odd}) or ({other}))"


def run_sql(text: str) -> str:
    """BOOLEAN SQL: is the text one run of digits, up or down, of six and more? Null for null."""
    return f"(strlen({text}) >= 6 and (contains('{_UP}', {text}) or contains('{_DOWN}', {text})))"
