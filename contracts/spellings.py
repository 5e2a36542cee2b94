"""Spellings of values that a data element declares: which there are, and which together say one thing of every text.

The words of days and times are strptime's. Each has a closed grammar in `quality/moments.py`, which reads nothing else;
casting is the work of `quality`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from contracts.model import LogicalType

_DATED = (LogicalType.DATE, LogicalType.TIMESTAMP)
DATED = (*_DATED, LogicalType.TIME)
NUMERIC = (LogicalType.INTEGER, LogicalType.DECIMAL, LogicalType.NUMBER)
_WRITTEN_SO = ("thousands", "ten_thousands", "decimal_comma", "percent", "wan", "full_width")
# Spellings that strptime has no word for, by the types that may have them.
NAMED = {
    LogicalType.INTEGER: ("float_integer", "scientific", *(one for one in _WRITTEN_SO if one != "decimal_comma")),
    LogicalType.DECIMAL: ("scientific", *_WRITTEN_SO),
    LogicalType.NUMBER: _WRITTEN_SO,
    LogicalType.DATE: ("excel_serial",),
    LogicalType.TIMESTAMP: ("excel_serial",),
}
# Two digits each where nothing but digits stand beside them, one or two otherwise; years have theirs always.
VARIABLE = frozenset(["m", "d", "H", "I", "-m", "-d", "-H", "-I"])
_DIGITS = {"Y": 4, "y": 2, "M": 2, "S": 2, "j": 3, **dict.fromkeys(VARIABLE, 2)}
DIRECTIVES = frozenset([*_DIGITS, *["a", "b", "f", "h", "p", "z", "A", "B", "T", "%"]])
_PARTS = {LogicalType.TIMESTAMP: ("hour", "minute"), LogicalType.TIME: ("minute",)}
_DIRECTIVE = re.compile(r"%(-?.|$)", re.DOTALL)
_TOKEN = re.compile(r"%(-?.)|([^%])", re.DOTALL)
# What must be said for one moment to be meant: without its year a day reads as one of 1900.
_YEAR = ({"Y", "y"},)
_DAY = ({"m", "-m", "b", "B", "h", "j"}, {"d", "-d", "j"})
_HOUR = ({"H", "-H", "I", "-I", "T"},)
_MINUTE = ({"M", "T"},)
_NEEDED = {LogicalType.DATE: (*_YEAR, *_DAY), LogicalType.TIMESTAMP: (*_YEAR, *_DAY), LogicalType.TIME: _HOUR}
_OF_DAYS = frozenset(["Y", "y", "m", "d", "-m", "-d", "b", "h", "B", "j", "a", "A"])
_HALF = {"I", "-I"}


def tokens(spelling: str) -> list[tuple[str, str]]:
    """A spelling as (directive, "") and ("", literal character) in order; %T is %H:%M:%S."""
    return [(word, literal) for word, literal in _TOKEN.findall(spelling.replace("%T", "%H:%M:%S"))]


def spelling_fault(kind: LogicalType, spelling: str, pivot: int | None = None) -> str | None:
    """Why no value of a type is spelt so, or None."""
    if spelling in NAMED.get(kind, ()):
        return None
    if kind not in DATED or "%" not in spelling:
        return f"{'an' if kind[0] == 'i' else 'a'} {kind} is not spelt {spelling!r}"
    found = _DIRECTIVE.findall(spelling)
    if strange := [one for one in found if one not in DIRECTIVES]:
        return f"{spelling!r} has %{strange[0]}, which no engine here reads"
    if "'" in spelling or "\\" in spelling:
        return f"{spelling!r} holds a quote or a backslash"
    whole = all(needed & set(found) for needed in _NEEDED[kind])
    if not whole:
        return f"{spelling!r} leaves open which {'hour' if kind is LogicalType.TIME else 'day'} is meant"
    return _ambiguity(kind, spelling, found, pivot)


def _ambiguity(kind: LogicalType, spelling: str, found: Sequence[str], pivot: int | None) -> str | None:
    """What a spelling says twice, or leaves to a guess."""
    if "y" in found and pivot is None:
        return f"{spelling!r} has years of two digits, and no pivot says of which century they are"
    if _HALF & set(found) and "p" not in found:
        return f"{spelling!r} leaves open which half of the day is meant"
    if twice := [one for one in dict.fromkeys(_plain(found)) if _plain(found).count(one) > 1 and one != "%"]:
        return f"{spelling!r} says {twice[0]} twice"
    if kind is LogicalType.TIME and (set(found) & (_OF_DAYS | {"z"})):
        return f"{spelling!r} says more than a time of day"
    if "f" in found and not re.search(r"(%S|%T)[.,]?%f", spelling):
        return f"{spelling!r} has a fraction that follows no second"
    if "z" in found and not (spelling.endswith("%z") and _HOUR[0] & set(found) and kind is LogicalType.TIMESTAMP):
        return f"{spelling!r} has an offset that does not end a time stamp"
    return None


def _plain(found: Sequence[str]) -> list[str]:
    """What directives say, each under one name."""
    names = {"h": "month", "b": "month", "B": "month", "m": "month", "y": "year", "Y": "year", "I": "hour", "H": "hour"}
    return [names.get(one.removeprefix("-"), one.removeprefix("-")) for one in found]


def spellings_fault(kind: LogicalType, spellings: tuple[str, ...]) -> str | None:
    """Why spellings together are too coarse for a type, or None: shorter ones may stand beside a whole one."""
    needed = {LogicalType.TIMESTAMP: (*_HOUR, *_MINUTE), LogicalType.TIME: _MINUTE}.get(kind, ())
    whole = (
        one in NAMED.get(kind, ()) or all(part & set(_DIRECTIVE.findall(one)) for part in needed) for one in spellings
    )
    if spellings and not any(whole):
        return f"no spelling of the {kind} says its {' and '.join(_PARTS[kind])}"
    return None


def rival_spellings(kind: LogicalType, spellings: tuple[str, ...]) -> str | None:
    """Which two spellings read one text as two values, or None: no order of a list may decide what a file says."""
    if kind in NUMERIC:
        both = {"percent", "scientific", "wan"} & set(spellings)
        return f"{' and '.join(sorted(both))} cannot be told apart behind one number" if len(both) > 1 else None
    if kind not in DATED:
        return None
    written = [one for one in spellings if "%" in one]
    for first, second in itertools.combinations(dict.fromkeys(written), 2):
        if first != second and _skeleton(first) == _skeleton(second) and _order(first) != _order(second):
            return f"{first!r} and {second!r} read one text as two different moments"
    if "excel_serial" in spellings:
        numbers = [one for one in written if _skeleton(one).isdigit() and len(_skeleton(one)) < 8]
        return f"{numbers[0]!r} and excel_serial read one number as two different days" if numbers else None
    return None


def _skeleton(spelling: str) -> str:
    """A spelling with every number in it as so many noughts: two of one skeleton match the same texts."""
    return "".join(
        "0" * _DIGITS[word] if word in _DIGITS else f"%{word}" if word else it for word, it in tokens(spelling)
    )


def _order(spelling: str) -> list[str]:
    return _plain([word for word, _ in tokens(spelling) if word])
