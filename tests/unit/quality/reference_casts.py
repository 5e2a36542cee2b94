"""What a text means, in plain Python: `datetime`, `decimal` and `zoneinfo`, and no line of the SQL that is held to it.

`expected(text, element, …)` is the value or None. `near_misses` makes texts that are almost of a grammar; `differences`
asks DuckDB and this file about many texts in one query, and gives those on which they disagree.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from zoneinfo import ZoneInfo

import duckdb

from contracts.model import Element, Level, LogicalType
from quality.casts import Written, cast_sql

_DIGITS = "0123456789"
_ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
_MONTHS = [date(2000, month, 1).strftime("%B").lower() for month in range(1, 13)]
_DAYS = [date(2001, 1, day).strftime("%A").lower() for day in range(1, 8)]  # a Monday first


def element(kind: str, **facts: object) -> Element:
    """An element of a type."""
    return Element("e", "e", "e", LogicalType(kind), Level.L1, "test", **facts)  # type: ignore[arg-type]


def expected(text: str, one: Element, written: Written) -> object:
    """The value of a text, or None where it is not of the element's grammar."""
    readers: dict[LogicalType, Callable[[str, Element, Written], object]] = {
        LogicalType.INTEGER: _integer,
        LogicalType.DECIMAL: _decimal,
        LogicalType.NUMBER: _number,
        LogicalType.DATE: _date,
        LogicalType.TIME: _time,
        LogicalType.TIMESTAMP: _timestamp,
        LogicalType.BOOLEAN: _boolean,
        LogicalType.STRING: lambda text, one, written: text,
    }
    return readers[one.type](text, one, written)


def differences(texts: Iterable[str], one: Element, written: Written) -> list[tuple[str, object, object]]:
    """(text, what DuckDB reads, what it means) for all texts on which the two differ."""
    texts = list(dict.fromkeys(texts))
    with duckdb.connect() as connection:
        connection.execute(f"set TimeZone = '{random.Random(len(texts)).choice(['America/New_York', 'Asia/Tokyo'])}'")
        cast = cast_sql("t", one, written)
        rows = connection.execute(f"select t, {cast} from (select unnest($t::varchar[]) as t)", {"t": texts}).fetchall()
    assert len(rows) == len(texts)
    return [(text, got, wanted) for text, got in rows if not _same(got, wanted := expected(text, one, written))]


def _same(got: object, wanted: object) -> bool:
    return type(got) is type(wanted) and got == wanted


def near_misses(good: list[str], seed: int, number: int) -> list[str]:
    """Texts of a grammar with one or two small changes, as people, programs and cut files make them."""
    dice = random.Random(seed)
    signs = [*"0123456789-/:.,+ TZeE%xX_()年月日aApPmM\t\n\0'\"\\", "  ", "０", "９", "．", "万", "亿", "元", "上午"]
    signs += ["BC", "infinity", "epoch", "nan", "+08:00", "-0500", "Z", " 00:00:00", "\u200b", "\u00a0", "00", "1e5"]
    made = []
    for _ in range(number):
        text = dice.choice(good)
        for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
            place = dice.randrange(len(text) + 1)
            length = dice.choice((0, 1, 1, 2))
            text = text[:place] + dice.choice([*signs, "", ""]) + text[place + length :]
        made.append(text.strip())
    return [text for text in made if text]


# Numbers: read sign by sign, since int() and Decimal() are lenient too


def _plain(text: str, one: Element) -> tuple[int, str, str, int] | None:
    """Sign, digits before the point and behind it, power of ten; None for any other text."""
    spelt = set(one.formats)
    if "full_width" in spelt:
        text = "".join(
            dict(zip("０１２３４５６７８９．，－−＋％", "0123456789.,--+%", strict=True)).get(c, c) for c in text
        )
    power = 0
    unit = re.search(r" ?(%|[万亿]元?)\Z", text)
    if unit and unit[1] == "%" and "percent" in spelt:
        text = text[: unit.start()]
    elif unit and unit[1] != "%" and "wan" in spelt:
        text, power = text[: unit.start()], {"万": 4, "亿": 8}[unit[1][0]]
    if one.type is LogicalType.NUMBER or "scientific" in spelt:
        found = re.search(r"[eE]([+-]?[0-9]{1,4})\Z", text)
        if found and (len(found[1].lstrip("+-")) <= 2 or not spelt):
            text, power = text[: found.start()], power + int(found[1])
    sign = -1 if text[:1] == "-" else 1
    text = text[1:] if text[:1] in ("+", "-") else text
    mark, separator = (",", ".") if "decimal_comma" in spelt else (".", ",")
    whole, point, behind = text.partition(mark)
    if (point and not behind) or not all(c in _DIGITS for c in behind):
        return None
    if separator in whole and not any(
        name in spelt and _grouped(whole.split(separator), size)
        for name, size in (("thousands", 3), ("ten_thousands", 4))
    ):
        return None
    whole = whole.replace(separator, "")
    if not all(c in _DIGITS for c in whole) or not (whole or behind):
        return None
    return sign, whole, behind, power


def _grouped(groups: list[str], size: int) -> bool:
    return 1 <= len(groups[0]) <= size and all(len(group) == size for group in groups[1:])


def _value(plain: tuple[int, str, str, int]) -> Decimal:
    sign, whole, behind, power = plain
    with localcontext() as context:
        context.prec = 400
        return sign * Decimal(whole + behind or "0").scaleb(power - len(behind))


def _integer(text: str, one: Element, written: Written) -> int | None:
    plain = _plain(text, one)
    if plain is None:
        return None
    pointed = written.whole_points or {"float_integer", "scientific", "wan"} & set(one.formats)
    if plain[2] and not (pointed and plain[1]) and not plain[3]:
        return None
    value = _value(plain)
    return int(value) if value == int(value) and -(2**63) <= value < 2**63 else None


def _decimal(text: str, one: Element, written: Written) -> Decimal | None:
    plain = _plain(text, one)
    if plain is None:
        return None
    value = _value(plain)
    with localcontext() as context:
        context.prec = 400
        unit = Decimal(1).scaleb(-one.scale)
        kept = value.quantize(unit, rounding=_ROUNDINGS[one.rounding or "down"])
        if one.rounding:
            if value != value.quantize(Decimal(1).scaleb(one.precision - one.scale - 38), rounding=ROUND_DOWN):
                return None  # more places than can be judged before they are rounded
            if abs(value) >= Decimal(10) ** (one.precision - one.scale):
                return None
        elif kept != value:
            return None
        return kept if abs(kept) < Decimal(10) ** (one.precision - one.scale) else None


def _number(text: str, one: Element, written: Written) -> float | None:
    plain = _plain(text, one)
    if plain is None:
        return None
    value = float(_value(plain))
    lost = value == 0 and any(c in "123456789" for c in plain[1] + plain[2])
    return None if abs(value) == float("inf") or lost else value


def _boolean(text: str, one: Element, written: Written) -> bool | None:
    yes, no = ("true", "t", "yes", "y", "1", "是"), ("false", "f", "no", "n", "0", "否")
    return True if text.lower() in yes else False if text.lower() in no else None


# Moments: a small parser of strptime's words


def _spellings(one: Element, iso_too: bool) -> list[str]:
    defaults = {"date": ["%Y-%m-%d"], "timestamp": ["%Y-%m-%d %H:%M:%S"], "time": ["%H:%M:%S", "%H:%M"]}
    own = [f for f in one.formats if "%" in f] or ([] if one.formats else defaults[str(one.type)])
    own += {"time": ["%H:%M:%S"]}.get(str(one.type), ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S"]) if iso_too else []
    if one.type is not LogicalType.TIME:
        own += [f.replace("%Y-%m-%d", "%Y/%m/%d") for f in own] + [f.replace("%Y/%m/%d", "%Y-%m-%d") for f in own]
    return list(dict.fromkeys(own))


def _take(text: str, spelling: str, pivot: int | None) -> tuple[dict[str, int], str] | None:
    """The numbers that a text has for a spelling's words, and what is left behind the last; None where it differs."""
    found: dict[str, int] = {}
    words = re.findall(r"%(-?.)|(.)", spelling.replace("%T", "%H:%M:%S"), re.DOTALL)
    digits = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "j": 3}
    for place, (word, sign) in enumerate(words):
        word = word.removeprefix("-")
        if sign or word == "%":
            if not text.startswith(sign or "%"):
                return None
            text = text[1:]
        elif word in digits:
            beside = [words[n] for n in (place - 1, place + 1) if 0 <= n < len(words)]
            alone = not any(s.isdigit() or w.removeprefix("-") in [*digits, "f"] for w, s in beside)
            run = len(text) - len(text.lstrip(_DIGITS))
            length = run if word in "mdHI" and alone and run == 1 else digits[word]
            if run < length:
                return None
            found[word], text = int(text[:length]), text[length:]
            if word == "S" and "%f" not in spelling and (more := re.match(r"\.([0-9]+)", text)):
                if more[1][6:].strip("0"):
                    return None
                found["f"], text = int(more[1][:6].ljust(6, "0")), text[more.end() :]
        elif word == "f":
            more = re.match("[0-9]+", text)
            if not more or more[0][6:].strip("0"):
                return None
            found["f"], text = int(more[0][:6].ljust(6, "0")), text[more.end() :]
        else:
            names = {
                "b": [n[:3] for n in _MONTHS],
                "B": _MONTHS,
                "a": [n[:3] for n in _DAYS],
                "A": _DAYS,
                "p": ["am", "pm"],
            }
            name = next((n for n in names[word] if text.lower().startswith(n)), None)
            if name is None or not text[: len(name)].isascii():
                return None
            found[word], text = names[word].index(name), text[len(name) :]
    return found, text


def _built(found: dict[str, int], pivot: int | None) -> datetime | None:
    year = found.get("Y", 1900)
    if "y" in found:
        year = found["y"] + (2000 if found["y"] < (pivot or 0) else 1900)
    hour = found.get("H", 0)
    if "I" in found:
        if not 1 <= found["I"] <= 12:
            return None
        hour = found["I"] % 12 + 12 * found.get("p", 0)
    month = found.get("m", found.get("b", found.get("B", 0)) + 1)
    try:
        clock = time(hour, found.get("M", 0), found.get("S", 0), found.get("f", 0))
        if "j" in found:
            day = date(year, 1, 1) + timedelta(days=found["j"] - 1)
            if found["j"] < 1 or day.year != year:
                return None
        else:
            day = date(year, month, found.get("d", 1))
    except (ValueError, OverflowError):
        return None
    weekday = found.get("a", found.get("A"))
    return None if weekday not in (None, day.weekday()) else datetime.combine(day, clock)


def _date(text: str, one: Element, written: Written) -> date | None:
    for spelling in _spellings(one, written.typed):
        taken = _take(text, spelling, one.pivot)
        moment = _built(taken[0], one.pivot) if taken and not taken[1] else None
        if moment is not None and moment.time() == time():
            return moment.date()
    if "excel_serial" in one.formats and (found := re.fullmatch(r"([0-9]{1,7})(?:\.0+)?", text)):
        return _serial(int(found[1]))
    return None


def _serial(days: int) -> date | None:
    if not 1 <= days <= 2958465 or days == 60:
        return None
    return date(1899, 12, 31 if days < 60 else 30) + timedelta(days=days)


def _time(text: str, one: Element, written: Written) -> time | None:
    for spelling in _spellings(one, written.typed):
        taken = _take(text, spelling, None)
        if taken and not taken[1] and (moment := _built(taken[0], None)):
            return moment.time()
    return None


def _timestamp(text: str, one: Element, written: Written) -> datetime | None:
    spellings = _spellings(one, written.typed)
    if "%Y-%m-%d %H:%M:%S" in spellings:
        spellings.append("%Y-%m-%dT%H:%M:%S")
    for spelling in spellings:
        bare = spelling.removesuffix("%z").rstrip(" ")
        taken = _take(text, bare, one.pivot)
        moment = _built(taken[0], one.pivot) if taken else None
        if taken is None or moment is None:
            continue
        timed = "%H" in bare or "%I" in bare or "%T" in bare
        if not taken[1] and not timed:
            return moment
        if not taken[1] and not spelling.endswith("%z") and _once(moment, written.zone):
            return moment
        found = re.fullmatch(r" ?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)", taken[1], re.ASCII) if timed else None
        if found and (found[1] or (int(found[3]) <= 14 and int(found[4] or 0) < 60)):
            minutes = 0 if found[1] else (int(found[3]) * 60 + int(found[4] or 0)) * (-1 if found[2] == "-" else 1)
            try:
                instant = (moment - timedelta(minutes=minutes)).replace(tzinfo=UTC)
                return instant.astimezone(ZoneInfo(written.zone)).replace(tzinfo=None)
            except OverflowError:
                return None
    return None


def _once(moment: datetime, zone: str) -> bool:
    """Whether a zone's clocks showed a time, and showed it once."""
    there = ZoneInfo(zone)
    instants = set()
    for fold in (0, 1):
        try:
            instant = moment.replace(tzinfo=there, fold=fold).astimezone(UTC)
            if instant.astimezone(there).replace(tzinfo=None) == moment:
                instants.add(instant)
        except OverflowError:
            return True
    return len(instants) == 1
