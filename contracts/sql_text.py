"""Quoting for the SQL that declarations turn into, and what SQL in declarations may not hold. None is written here.

Parsing is the engines' work: what is refused here would break the text around it, whatever it says.
"""

from __future__ import annotations

import re

from contracts.reserved import RESERVED

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
# A condition stands within brackets, in a model and in a check. (What dbt would run: `yaml_text.py`.)
_MARKS = {";": "ends a statement", "--": "begins a comment", "/*": "begins a comment", "$$": "begins a text"}


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def column(name: str) -> str:
    """`name` as SQL that people read: quoted only where an engine would take it for a word of its own."""
    return identifier(name) if name in RESERVED else name


def literal(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def condition_fault(sql: str) -> str | None:
    """What is wrong with a declared SQL condition before any engine reads it, or None."""
    bare = _QUOTED.sub("''", sql)
    if mark := next((mark for mark in _MARKS if mark in bare), None):
        return f"the SQL holds {mark!r} outside quotes, which {_MARKS[mark]}"
    if "'" in bare.replace("''", "") or '"' in bare:
        return "a quote in the SQL is not closed"
    return None if _balanced(bare) else "the SQL's brackets do not match"


def _balanced(sql: str) -> bool:
    depth = 0
    for mark in re.findall(r"[()]", sql):
        depth += 1 if mark == "(" else -1
        if depth < 0:
            return False
    return depth == 0
