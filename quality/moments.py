"""Days, times and time stamps from text: a grammar for every strptime word, one SQL expression per declared spelling.

A text is a moment where it wholly has the shape of a spelling and names a day that the calendar has, of the years 1 to
9999. What DuckDB's own parsers would let pass (a tail, one space more, infinity, a year before Christ, 24:00) has no
shape. Nothing here asks the session's time zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.model import Element, LogicalType
from contracts.spellings import NAMED, VARIABLE, tokens
from contracts.sql_text import literal

EXCEL_SERIAL = "excel_serial"
_DAY, _STAMP, _ISO = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_SHAPES = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "0[1-9]|1[0-2]",
    "d": "0[1-9]|[12][0-9]|3[01]",
    "H": "[01][0-9]|2[0-3]",
    "I": "0[1-9]|1[0-2]",
    "M": "[0-5][0-9]",
    "S": "[0-5][0-9]",
    "j": "[0-3][0-9]{2}",
    "p": "[AaPp][Mm]",
    "b": f"(?i:{'|'.join(name[:3] for name in _MONTHS.split('|'))})",
    "B": f"(?i:{_MONTHS})",
    "a": f"(?i:{'|'.join(name[:3] for name in _WEEKDAYS.split('|'))})",
    "A": f"(?i:{_WEEKDAYS})",
    "%": "%",
}
_ONE_DIGIT = {"m": "[1-9]", "d": "[1-9]", "H": "[0-9]", "I": "[1-9]"}
_DEFAULTS = {
    LogicalType.DATE: (_DAY,),
    LogicalType.TIMESTAMP: (_STAMP,),
    LogicalType.TIME: ("%H:%M:%S", "%H:%M"),
}
_NUMBERS = frozenset(["Y", "y", "m", "d", "H", "I", "M", "S", "j", "f"])
_FRACTION = "([0-9]{1,6})0*"
_OFFSET = "(Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
# No change of its clock since: every local time is there once. Other zones are asked for every row.
_QUIET_SINCE = {"Asia/Shanghai": "1991-09-16"}
_TEXT, _YEAR_OF_TWO, _PARTS = "text", "year", "fraction"


@dataclass(frozen=True)
class _Reading:
    """One shape of a spelling: pieces of RE2, each one group, by what they are, and the words that strptime reads.

    A year of two digits is read with its century, a fraction of a second by itself.
    """

    pieces: tuple[tuple[str, str], ...]
    words: str
    timed: bool
    weekday: bool

    @property
    def shape(self) -> str:
        """What the whole text must match, every piece a group."""
        return "".join(piece if kind == _PARTS else f"({piece})" for kind, piece in self.pieces)

    def group(self, kind: str) -> int | None:
        """The number of the group of that kind, where there is one."""
        return next((place for place, (one, _) in enumerate(self.pieces, 1) if one == kind), None)


def day_sql(text: str, element: Element, iso_too: bool) -> str:
    """The DATE of a text. A spelling that has a time is a day at midnight only: nothing that is said may be dropped."""
    spellings = _declared(element, iso_too)
    timed = [spelling for spelling in spellings if any(one.timed for one in _readings(spelling))]
    bare = [one for spelling in spellings if spelling not in timed for one in _readings(spelling)]
    read = [_shaped(text, one.shape, _parsed(text, one, element)) for one in bare]
    days = [f"({_in_years(_first(read))})::DATE"] if read else []
    slow = _first([*days, *(_midnight(text, spelling, element) for spelling in timed), *_serials(text, element)])
    if _DAY not in spellings:
        return slow
    # What prints as it was written is of the grammar, and a cast and a print take less than a shape.
    fast = f"strlen({text}) = 10 and try_cast({text} as DATE)::VARCHAR = {text}"
    return f"case when {fast} then try_cast({text} as DATE) else {slow} end"


def time_sql(text: str, element: Element, iso_too: bool) -> str:
    """The TIME of a text."""
    spellings = [*(element.formats or _DEFAULTS[element.type]), *(("%H:%M:%S",) if iso_too else ())]
    return _first([f"({_moment(text, spelling, element)})::TIME" for spelling in dict.fromkeys(spellings)])


def timestamp_sql(text: str, element: Element, iso_too: bool, zone: str) -> str:
    """The TIMESTAMP of a text, in local time of the zone: an offset or Z behind a time is honoured.

    A local time that the zone's clocks skipped, or showed twice, is none unless it says its offset.
    """
    spellings = _declared(element, iso_too)
    spellings += [_ISO] * (_STAMP in spellings and _ISO not in spellings)
    slow = _first([*_attempts(text, spellings, element, zone), *_serials(text, element)])
    if _STAMP not in spellings:
        return slow
    cast = f"try_cast({text} as TIMESTAMP)"
    since = _QUIET_SINCE.get(zone)  # ISO texts are in the order of their times
    fast = f"strlen({text}) = 19 and {text} >= '{since or '0001'}' and {cast}::VARCHAR = {text}"
    return f"case when {fast} then {cast if since else _there(cast, zone)} else {slow} end"


def _declared(element: Element, iso_too: bool) -> list[str]:
    own = [one for one in element.formats or _DEFAULTS[element.type] if one not in NAMED.get(element.type, ())]
    all_of = [*own, *((_DAY, _STAMP) if iso_too else ())]
    # Year first, a dash says what a slash does: nobody writes the day next to the year.
    slashed = [one.replace("%Y-%m-%d", "%Y/%m/%d") for one in all_of]
    dashed = [one.replace("%Y/%m/%d", "%Y-%m-%d") for one in all_of]
    return [*dict.fromkeys([*all_of, *slashed, *dashed])]


def _first(attempts: list[str]) -> str:
    return attempts[0] if len(attempts) == 1 else f"coalesce({', '.join(attempts) or 'null'})"


def _midnight(text: str, spelling: str, element: Element) -> str:
    return _let(_moment(text, spelling, element), "case when m = date_trunc('day', m) then m::DATE end")


def _attempts(text: str, spellings: list[str], element: Element, zone: str) -> list[str]:
    """The time stamp by any of the spellings: as a day alone, as a local time, as one with its offset.

    What is asked of a moment is asked once, not for every spelling: two that read one text read the same of it, and
    planning is most of what a small delivery takes.
    """
    bare = f"regexp_replace({text}, {literal(f' ?{_OFFSET}$')}, '')"
    days, local, offset = [], [], []
    for spelling in spellings:
        readings = _readings(spelling.removesuffix("%z").rstrip(" "))
        if not readings[0].timed:  # a day alone is its first moment, also where clocks skipped that one
            days.append(_moment(text, spelling, element))
            continue
        for one in readings:
            if not spelling.endswith("%z"):
                local.append(_shaped(text, one.shape, _parsed(text, one, element)))
            offset.append(_shaped(text, f"{one.shape} ?{_OFFSET}", _parsed(bare, one, element)))
    if local:
        days.append(_there(_in_years(_first(local)), zone))
    if offset:
        minutes = _minutes(f"regexp_extract({text}, {literal(f'{_OFFSET}$')}, 1)")
        instant = _in_years(f"{_in_years(_first(offset))} - to_minutes({minutes})")
        days.append(_in_years(f"timezone({literal(zone)}, timezone('UTC', {instant}))"))
    return days


def _shaped(text: str, shape: str, value: str) -> str:
    return f"case when regexp_full_match({text}, {literal(shape)}) then {value} end"


def _minutes(offset: str) -> str:
    digits = f"replace({offset}, ':', '')"
    hours, minutes = (f"coalesce(try_cast(substr({digits}, {place}, 2) as INTEGER), 0)" for place in (2, 4))
    total = f"({hours} * 60 + {minutes})"
    return f"case left({offset}, 1) when 'Z' then 0 when '-' then -{total} else {total} end"


def _there(local: str, zone: str) -> str:
    """The local time, where the zone's clocks showed it, and showed it once.

    Its offset is that of a day and a half before or behind; where both give the time and differ, it was there twice.
    """
    at = literal(zone)
    ways = []
    for sign in "-+":
        moment = f"(m {sign} INTERVAL 36 HOUR)"
        ways.append(f"(m - (timezone({at}, timezone('UTC', {moment})) - {moment}))")
    before, behind = (f"(timezone({at}, timezone('UTC', {way})) = m)" for way in ways)
    once = f"({before} and {behind} and {ways[0]} = {ways[1]}) or ({before} <> {behind})"
    quiet = f"when m >= TIMESTAMP '{_QUIET_SINCE[zone]}' then m " if zone in _QUIET_SINCE else ""
    return _let(local, f"case {quiet}when {once} then m end")


def _moment(text: str, spelling: str, element: Element) -> str:
    """The TIMESTAMP of a text that has a shape of the spelling, null for any other."""
    cases = (
        f"when regexp_full_match({text}, {literal(one.shape)}) then {_read(text, one, element)}"
        for one in _readings(spelling)
    )
    return f"case {' '.join(cases)} end"


def _read(text: str, reading: _Reading, element: Element) -> str:
    """The TIMESTAMP of a text that has the shape; null where the calendar has no such day."""
    moment = _parsed(text, reading, element)
    return _in_years(moment) if "%Y" in reading.words else moment


def _parsed(text: str, reading: _Reading, element: Element) -> str:
    """The same, of any year that strptime knows."""
    shape, read = literal(reading.shape), text
    year, fraction = reading.group(_YEAR_OF_TWO), reading.group(_PARTS)
    if year or fraction:
        kept = []
        for place, (kind, _) in enumerate(reading.pieces, 1):
            if kind == _YEAR_OF_TWO:
                digits = f"try_cast(regexp_extract({text}, {shape}, {place}) as INTEGER)"
                kept.append(f"case when {digits} < {element.pivot} then '20' else '19' end")
            if kind != _PARTS:
                kept.append(f"'\\{place}'")
        read = f"regexp_replace({text}, {shape}, {' || '.join(kept)})"
    moment = f"try_strptime({read}, {literal(reading.words)})"
    if fraction:
        digits = f"rpad(regexp_extract({text}, {shape}, {fraction}), 6, '0')"
        moment = f"({moment} + to_microseconds(try_cast({digits} as BIGINT)))"
    if reading.weekday:  # of another day than its own: the text says two
        moment = _let(moment, f"case when contains(lower({text}), lower(left(dayname(m), 3))) then m end")
    if "%j" in reading.words:  # the 366th day of a year that has 365 would be one of the next
        moment = _let(moment, f"case when contains({read}, strftime(m, '%Y')) then m end")
    return moment


def _in_years(moment: str) -> str:
    last = "9999-12-31 23:59:59.999999"
    return _let(moment, f"case when m between TIMESTAMP '0001-01-01' and TIMESTAMP '{last}' then m end")


def _let(value: str, body: str) -> str:
    """`body`, SQL over `m`, with `m` worked out once: DuckDB has no other word for it."""
    return f"list_transform([{value}], lambda m: {body})[1]"


def _readings(spelling: str) -> list[_Reading]:
    """The shapes of a spelling: as it is written, and with a fraction behind its seconds where it names none."""
    found = tokens(spelling)
    own = any(word == "f" for word, _ in found)
    loose = any(word == "S" for word, _ in found) and not own
    return [_reading(found, own), *([_reading(found, True)] if loose else [])]


def _reading(found: list[tuple[str, str]], fraction: bool) -> _Reading:
    pieces: list[tuple[str, str]] = []
    words = ""
    named = any(word == "f" for word, _ in found)
    for place, (word, sign) in enumerate(found):
        word = word.removeprefix("-")
        if word == "f" or (sign and found[place + 1 : place + 2] == [("f", "")]):
            if word == "f":
                pieces.append((_PARTS, re.escape(found[place - 1][1]) + _FRACTION))
            continue
        pieces.append((_YEAR_OF_TWO, "[0-9]{2}") if word == "y" else (_TEXT, _piece(found, place)))
        if word == "S" and fraction and not named:
            pieces.append((_PARTS, r"\." + _FRACTION))
        words += {"": sign, "y": "%Y", "%": "%%"}.get(word, f"%{word}")
    timed = any(word.removeprefix("-") in ("H", "I") for word, _ in found)
    return _Reading(_joined(pieces), words, timed, any(word in ("a", "A") for word, _ in found))


def _joined(pieces: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Texts side by side as one piece: a replacement knows nine groups."""
    joined: list[tuple[str, str]] = []
    for kind, piece in pieces:
        if joined and kind == _TEXT == joined[-1][0]:
            joined[-1] = (_TEXT, joined[-1][1] + piece)
        else:
            joined.append((kind, piece))
    return tuple(joined)


def _piece(found: list[tuple[str, str]], place: int) -> str:
    """The RE2 of one word. A number of one digit passes where no digit stands beside it."""
    word, sign = found[place]
    if not word:
        return re.escape(sign)
    word = word.removeprefix("-")
    beside = [found[other] for other in (place - 1, place + 1) if 0 <= other < len(found)]
    alone = not any(it.isdigit() or name.removeprefix("-") in _NUMBERS for name, it in beside)
    shape = f"{_SHAPES[word]}|{_ONE_DIGIT[word]}" if word in VARIABLE and alone else _SHAPES[word]
    return f"(?:{shape})"


def _serials(text: str, element: Element) -> list[str]:
    """The day that a workbook's number of days means: 60, the 29 February 1900 that never was, is none.

    A fraction is the time of a day, to the second; a day has none.
    """
    if EXCEL_SERIAL not in element.formats:
        return []
    whole = element.type is LogicalType.DATE
    shape = r"[0-9]{1,7}(?:\.0+)?" if whole else r"[0-9]{1,7}(?:\.[0-9]{1,17})?"
    since = "case when m < 60 then TIMESTAMP '1899-12-31' else TIMESTAMP '1899-12-30' end"
    moment = f"({since} + to_seconds(cast(round(m * 86400) as BIGINT)))"
    within = "m >= 1 and m < 2958466 and not (m >= 60 and m < 61)"
    days = f"case when regexp_full_match({text}, {literal(shape)}) then try_cast({text} as DOUBLE) end"
    return [_let(days, f"case when {within} then {moment} end") + ("::DATE" if whole else "")]
