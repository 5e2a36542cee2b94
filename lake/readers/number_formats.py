"""What a number in a workbook shows by its number format: a date, a time, a percentage, leading zeros; and its text.

Serials count days from the workbook's epoch (ECMA-376 part 1, 18.17.4). Numbers are the shortest text that is the same
number. What is no exact text is a fault, by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

PRECISION, NO_DATE, UNREADABLE = "cell:number_precision", "cell:date_serial", "cell:unreadable"
# Formats without a code of their own (18.8.30), those of Chinese installations included.
_BUILTIN = {
    **{9: "0%", 10: "0.00%", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM"},
    **{19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0"},
    **dict.fromkeys((*range(27, 32), *range(36, 37), *range(50, 59)), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35), "h:mm:ss"),
}
_ASIDE = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[\$[^\]]*\]|\[(?:[A-Za-z]+\d*|[<>=][^\]]*)\]|AM/PM|A/P|上午/下午', re.IGNORECASE
)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_DIGITS = 15  # what a workbook's numbers hold for certain
_MOST_DIGITS = 17
_LAST_DAY, _NEVER, _MILLISECONDS = 2_958_466, 60, 86_400_000
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)
_WHOLE = re.compile(r"-?[1-9]\d*|0")


@dataclass(frozen=True)
class Shown:
    """What a format makes of a number. `kind`: number, percent, date, datetime, time, elapsed or zeros (of a width)."""

    kind: str
    width: int = 0


@dataclass(frozen=True)
class Moment:
    """A date or time of a cell. `text` is what it shows, in ISO 8601's order."""

    text: str
    when: datetime


Cell = str | Moment | None


@cache
def shown_by(code: str) -> Shown:
    """What a format code shows (its first section: that of positive numbers)."""
    if _ELAPSED.search(code):
        return Shown("elapsed")
    bare = _ASIDE.sub("", code).split(";")[0].lower()
    if re.fullmatch("0{2,}", bare.strip()) and re.fullmatch("0+", code.split(";")[0].strip()):
        return Shown("zeros", len(bare.strip()))
    if "%" in bare:
        return Shown("percent")
    if bare.strip() in {"general", "@", "g/通用格式"} or not re.search("[ymdhs]", bare):
        return Shown("number")
    has_date, has_time = bool(re.search("[yd]", bare)) or not re.search("[hs]", bare), bool(re.search("[hs]", bare))
    return Shown("datetime" if has_date and has_time else "date" if has_date else "time")


def builtin(number: int) -> str:
    """The code of a format that has a number only."""
    return _BUILTIN.get(number, "General")


def number_cell(text: str, shown: Shown, *, epoch_1904: bool) -> tuple[Cell, str | None]:
    """What a stored number shows, and the name of what is wrong with it."""
    if shown.kind in {"date", "datetime", "time", "elapsed"}:
        return serial_cell(text, shown, epoch_1904=epoch_1904)
    plain, fault = plain_number(text)
    if shown.kind == "percent" and not fault:
        return f"{_trimmed(Decimal(plain) * 100)}%", None
    if shown.kind == "zeros" and not fault and plain.isdigit():
        return plain.zfill(shown.width), None
    return plain, fault


def plain_number(text: str) -> tuple[str, str | None]:
    """A stored number without exponent, in the fewest digits that are the same number."""
    if _WHOLE.fullmatch(text):
        return text, None
    if not _NUMBER.fullmatch(text):
        return text, UNREADABLE
    written, number = Decimal(text), float(text)
    if abs(number) in (float("inf"),) or abs(written.adjusted()) > 300:
        return text, PRECISION
    digits = len(written.normalize().as_tuple().digits)
    if written == written.to_integral_value():
        # Written by exponent, the digits beyond those it is written with are nobody's.
        made_up = "e" in text.lower() and written.adjusted() >= _DIGITS
        return _trimmed(written), PRECISION if made_up else None
    if digits > _MOST_DIGITS and Decimal(repr(number)) != written:
        return text, PRECISION
    return _trimmed(Decimal(repr(number))), None


def _trimmed(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def serial_cell(text: str, shown: Shown, *, epoch_1904: bool) -> tuple[Cell, str | None]:
    """The date or time that a serial is, or the serial and the name of its fault."""
    try:
        serial = float(text)
    except ValueError:
        return text, NO_DATE
    if not 0 <= serial < _LAST_DAY:
        return text, NO_DATE
    milliseconds = round((serial % 1) * _MILLISECONDS)
    days = int(serial)
    if shown.kind == "elapsed":
        return _elapsed(days * _MILLISECONDS + milliseconds), None
    if shown.kind == "time" and days == 0 and milliseconds < _MILLISECONDS:
        when = datetime(1900, 1, 1) + timedelta(milliseconds=milliseconds)
        return Moment(when.time().isoformat(), when), None
    if not epoch_1904 and (days == 0 or days == _NEVER):
        return text, NO_DATE  # 1900 had no day 0, and no 29 February
    first = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 31 if days < _NEVER else 30)
    try:
        when = first + timedelta(days=days, milliseconds=milliseconds)
    except OverflowError:
        return text, NO_DATE
    return moment(when, with_time=shown.kind != "date"), None


def moment(when: datetime, *, with_time: bool) -> Moment:
    """A date, with its time where it has one or one is shown."""
    if not with_time and when == datetime(when.year, when.month, when.day):
        return Moment(when.date().isoformat(), when)
    return Moment(when.isoformat(" "), when)


def _elapsed(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    fraction = f".{rest:03d}" if rest else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
