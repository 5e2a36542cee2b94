"""Why dbt could not make a model, in words without a cell value: the kind of error, its place, the object it names.

dbt hands on what the engine said, and the engine quotes data. So only kinds of error that speak of the SQL alone are
told in their own words, and in these a quoted name only where the model's own text has it. Nothing is run here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST = 300
# Kinds that the engine and dbt raise before any row is read.
_OF_THE_TEXT = {
    "Binder Error",
    "Catalog Error",
    "Parser Error",
    "Parsing Error",
    "Syntax Error",
    "Compilation Error",
    "Dependency Error",
    "Permission Error",
    "Not implemented Error",
}
# What the engine says of something that the author did not write, in the author's words.
_MEANT = {
    "Table must have at least one column": "its YAML names no columns, which an enforced contract asks for",
}
_KIND = re.compile(r"^\s*([A-Z][a-z]+(?: [A-Za-z][a-z]+){0,3} Error)\b(?: in [^:]*)?:?\s*(.*)$")
_PLACE = re.compile(
    r"\(((?:models|seeds|macros|tests|snapshots)/[^()\n]+)\)|Error reading \w+: (\S+)|config given in (\S+) @"
)
_ENGINE_LINE = re.compile(r"\bLINE (\d+):|^\s+line (\d+)\s*$|error near line (\d+)", re.MULTILINE)
_COLUMN = re.compile(r"casting from source column (\w+)")
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`")
_MISMATCH = re.compile(r"^\s*\| (\w+)\s*\| ([\w(), ]*?)\s*\| ([\w(), ]*?)\s*\| ([a-z ]+?)\s*\|$", re.MULTILINE)


def reason(message: str, text: str = "") -> str:
    """What may be told of a failure that dbt explains by `message`; `text` is what the author wrote, as far as known.

    Of a project that could not be parsed, no row was read: `text` may be the message itself.
    """
    kind, said = _said(message)
    told = [kind]
    meant = next((meaning for phrase, meaning in _MEANT.items() if phrase in message), "")
    if meant:
        told.append(meant)
    elif kind in _OF_THE_TEXT or text is message:
        told += filter(None, [_named(said, text)])
        told += _mismatches(message, text)
    else:
        told += [f"in column {name}" for name in _COLUMN.findall(message) if name.lower() in text.lower()]
    return ("; ".join([": ".join(told[:2]), *told[2:]]) + _place(message))[:_MOST]


def _said(message: str) -> tuple[str, str]:
    """The innermost kind of error that a message tells, and the first line of what it says."""
    lines = [line for line in message.splitlines() if line.strip()]
    kind, said = "Error", lines[0].strip() if lines else ""
    for place, line in enumerate(lines[:3]):
        found = _KIND.match(line)
        if not found:
            continue
        kind, said = found.group(1), found.group(2).strip()
        if not said and place + 1 < len(lines):
            said = lines[place + 1].strip()
    return kind, said


def _named(said: str, text: str) -> str:
    """A sentence of the engine, its quoted parts kept only where the model's own text has them."""
    known = text.lower()
    return _QUOTED.sub(lambda part: part.group() if part.group()[1:-1].lower() in known else "…", said)


def _mismatches(message: str, text: str) -> Iterator[str]:
    for name, made, promised, why in _MISMATCH.findall(message):
        if name != "column_name" and name.lower() in text.lower():
            yield f"column {name}: {why} ({made or 'not made'}, its YAML says {promised or 'nothing'})"


def files_of(message: str) -> list[str]:
    """The files of the project that a message names, as paths below it or below its model paths."""
    return sorted({next(filter(None, found)) for found in _PLACE.findall(message)})


def _place(message: str) -> str:
    path, line = _PLACE.search(message), _ENGINE_LINE.search(message)
    where = next(filter(None, path.groups()), "") if path else ""
    at = next(filter(None, line.groups()), "") if line else ""
    return f" ({where}{', line ' + at if at else ''})" if where else ""
