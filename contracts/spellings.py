"""Spellings of values that a data element declares: which of them the cast of its type can read.

The words are those of DuckDB's strptime; the test beside this holds them against it. Casting is the work of `quality`.
"""

from __future__ import annotations

import re

from contracts.model import LogicalType

_DATED = (LogicalType.DATE, LogicalType.TIMESTAMP)
DATED = (*_DATED, LogicalType.TIME)
# Spellings that strptime has no word for, by the types that may have them.
NAMED = {
    LogicalType.INTEGER: ("float_integer", "thousands", "percent"),
    LogicalType.DECIMAL: ("thousands", "percent"),
    LogicalType.NUMBER: ("thousands", "percent"),
    LogicalType.DATE: ("excel_serial",),
    LogicalType.TIMESTAMP: ("excel_serial",),
}
_WORDS = "a b c d f g h j m n p u w x y z A B G H I M S T U V W X Y Z % -d -j -m -y -H -I -M -S"
DIRECTIVES = frozenset(_WORDS.split())
_PARTS = {LogicalType.TIMESTAMP: ("hour", "minute"), LogicalType.TIME: ("minute",)}
_DIRECTIVE = re.compile(r"%(-?.|$)", re.DOTALL)
# What must be said for one moment to be meant: without its year a day reads as one of 1900.
_YEAR = ({"Y", "y", "-y"},)
_DAY = ({"m", "-m", "b", "B", "h", "j", "-j"}, {"d", "-d", "j", "-j"})
_HOUR = ({"H", "-H", "I", "-I", "T"},)
_MINUTE = ({"M", "-M", "T"},)
_NEEDED = {LogicalType.DATE: (*_YEAR, *_DAY), LogicalType.TIMESTAMP: (*_YEAR, *_DAY), LogicalType.TIME: _HOUR}


def spelling_fault(kind: LogicalType, spelling: str) -> str | None:
    """Why no value of a type is spelt so, or None."""
    if spelling in NAMED.get(kind, ()):
        return None
    if kind not in DATED or "%" not in spelling:
        return f"{'an' if kind[0] == 'i' else 'a'} {kind} is not spelt {spelling!r}"
    found = _DIRECTIVE.findall(spelling)
    if strange := [one for one in found if one not in DIRECTIVES]:
        return f"{spelling!r} has %{strange[0]}, which no engine here reads"
    if "'" in spelling:
        return f"{spelling!r} holds a quote"
    whole = all(needed & set(found) for needed in _NEEDED[kind])
    return None if whole else f"{spelling!r} leaves open which {'hour' if kind is LogicalType.TIME else 'day'} is meant"


def spellings_fault(kind: LogicalType, spellings: tuple[str, ...]) -> str | None:
    """Why spellings together are too coarse for a type, or None: shorter ones may stand beside a whole one."""
    needed = {LogicalType.TIMESTAMP: (*_HOUR, *_MINUTE), LogicalType.TIME: _MINUTE}.get(kind, ())
    whole = (
        one in NAMED.get(kind, ()) or all(part & set(_DIRECTIVE.findall(one)) for part in needed) for one in spellings
    )
    return None if not spellings or any(whole) else f"no spelling of the {kind} says its {' and '.join(_PARTS[kind])}"
