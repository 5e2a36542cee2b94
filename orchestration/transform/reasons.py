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
# What is told of a model that did not fit, of all that the engine says: sizes alone.
_FULL = "Out of Memory Error"
_ALLOWED = re.compile(r"\(\d+(?:\.\d+)? (?:bytes|[KMGT]iB)/(\d+(?:\.\d+)? (?:bytes|[KMGT]iB)) used\)")
# What the engine says of something that the author did not write, in the author's words.
_MEANT = {
    "Table must have at least one column": "its YAML names no columns, which an enforced contract asks for",
}
_KIND = re.compile(r"^\s*([A-Z][a-z]+(?: [A-Za-z][a-z]+){0,3} Error)\b(?: in [^:]*)?:?\s*(.*)$")
_PLACE = re.compile(
    r"\(((?:models|seeds|macros|tests|snapshots)/[^()\n]+)\)|Error reading \w+: (\S+)|config given in (\S+) @"
    r"|\bin (models/[^\s()]+\.(?:ya?ml|sql|py))\b"
)
_ENGINE_LINE = re.compile(r"\bLINE (\d+):|^\s+line (\d+)\s*$|error near line (\d+)", re.MULTILINE)
_COLUMN = re.compile(r"casting from source column (\w+)")
_WORD = re.compile(r"\w+")
# The words that DuckDB and dbt say of a text that cannot be right. Data may be raised as an error too.
_THEIRS = """
a adapter add aggregate ambiguous an and any appear argument arguments at available be been binary binding
bindings block by call called calling can candidate cannot cast casts catalog category check choose clause
column columns compare compiled config configuration contain contract contracts correct could create data
database declared dependencies depends deps did does doesn duckdb duplicate enabled encountered end enforced
error exist exists expected explicit expression expressions failed file find follow for found from function
functions given got group happen has have in input install int into invalid is it items join key keyword list
macro macros match matches materialization materializations maximum mean might missing model models more most
must name named near need no node not number of on one only operator or order package parameter parameters
part please project query reference referenced required result rows same scalar schema select set should
specify sql statement string subquery syntax table tables tag take takes template that the there this to token
type types typos undefined unexpected unique unknown use used using value values variable view was when which
where window with without you
"""
_WORDS = frozenset(_THEIRS.split())
_MISMATCH = re.compile(r"^\s*\| (\w+)\s*\| ([\w(), ]*?)\s*\| ([\w(), ]*?)\s*\| ([a-z ]+?)\s*\|$", re.MULTILINE)


def reason(message: str, text: str = "") -> str:
    """What may be told of a failure that dbt explains by `message`; `text` is what the author wrote, as far as known.

    Of a project that could not be parsed, no row was read: `text` may be the message itself.
    """
    kind, said = _said(message)
    told = [kind]
    meant = next((meaning for phrase, meaning in _MEANT.items() if phrase in message), "")
    if kind == _FULL:
        told.append(_needed(message))
    elif meant:
        told.append(meant)
    elif kind in _OF_THE_TEXT or text is message:
        told += filter(None, [_named(said, text)])
        told += _mismatches(message, text)
    else:
        told += [
            f"in column {name}" for name in _COLUMN.findall(message) if name.lower() in _WORD.findall(text.lower())
        ]
    return ("; ".join([": ".join(told[:2]), *told[2:]]) + _place(message))[:_MOST]


def _needed(message: str) -> str:
    allowed = _ALLOWED.search(message)
    limit = f"the {allowed.group(1)} that ZHONGTAI_MEMORY allows" if allowed else "ZHONGTAI_MEMORY allows"
    return f"it needs more memory than {limit}: give more, or fewer ZHONGTAI_THREADS"


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
    """A sentence of the engine or of dbt, word by word: what is neither theirs nor the author's is left out."""
    if text is said or said in text:
        return said
    known = _WORDS | set(_WORD.findall(text.lower()))
    told = _WORD.sub(lambda word: word.group() if word.group().lower() in known else "…", said)
    return re.sub(r"…(?:[^\w\s]*…)+", "…", told)


def _mismatches(message: str, text: str) -> Iterator[str]:
    for name, made, promised, why in _MISMATCH.findall(message):
        if name != "column_name" and name.lower() in _WORD.findall(text.lower()):
            yield f"column {name}: {why} ({made or 'not made'}, its YAML says {promised or 'nothing'})"


def files_of(message: str) -> list[str]:
    """The files of the project that a message names, as paths below it or below its model paths."""
    return sorted({next(filter(None, found)) for found in _PLACE.findall(message)})


def _place(message: str) -> str:
    path, line = _PLACE.search(message), _ENGINE_LINE.search(message)
    where = next(filter(None, path.groups()), "") if path else ""
    at = next(filter(None, line.groups()), "") if line else ""
    return f" ({where}{', line ' + at if at else ''})" if where else ""
