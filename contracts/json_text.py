"""JSON as what it is: read by `json` itself, stricter where its laxness would let a file say two things.

A key twice, NaN, a number beyond all bounds, half a sign and endless nesting are refused. Where a part of a text stands
is found by going through it again, for the sake of a fault's line.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from contracts.documents import Document, YamlPath
from contracts.faults import Fault

DEEPEST = 60
_SPACE = re.compile(r"[ \t\n\r]*")
_SCANNER = json.JSONDecoder(strict=False)


class NotJson(ValueError):
    """What is wrong with a text, what to write instead, and where it is (the sign's number) as far as that is known."""

    def __init__(self, what: str, instead: str, at: int | None = None) -> None:
        self.what, self.instead, self.at = what, instead, at
        super().__init__(what)


def read_json(text: str) -> Any:
    """The data of a JSON text. Raises `NotJson`."""
    try:
        data = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_number, parse_int=_whole
        )
    except json.JSONDecodeError as error:
        raise NotJson(f"it is no JSON: {error.msg}", _instead(text, error.pos), error.pos) from None
    except RecursionError:
        raise NotJson("it is nested without end", f"at most {DEEPEST} levels") from None
    if _depth(data) > DEEPEST:
        raise NotJson("it is nested too deeply", f"at most {DEEPEST} levels")
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        text = "a text has half of a sign: a \\ud800 to \\udfff without its other half"
        raise NotJson(text, "both halves, or the sign itself") from None
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for number, name in enumerate(names) if name in names[:number])
        raise NotJson(f"the key {twice!r} is there twice", "each key once")
    return found


def _constant(name: str) -> Any:
    raise NotJson(f"{name} is no number of JSON", "a number, or null")


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise NotJson("a number is too large", "a number below 1e308")
    return found


def _whole(text: str) -> int:
    if len(text) > 400:
        raise NotJson("a number is too large", "a number below 1e308")
    return int(text)


def _instead(text: str, at: int) -> str:
    rest = text[at:].lstrip()
    before = text[:at].rstrip()
    if rest.startswith(("//", "/*", "#")):
        return "JSON, which has no comments: notes go into meta.notes"
    if before.endswith(",") and rest.startswith(("}", "]")):
        return "no comma after the last one"
    if rest.startswith("'"):
        return 'texts and keys in "double quotes"'
    return "JSON, as `json.dumps` writes it"


def _depth(data: Any) -> int:
    """How deep a tree is, told without going down by calls."""
    level, deep = [data], 0
    while level and deep <= DEEPEST:
        deep += 1
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list)))
        level = [child for each in inner for child in each]
    return deep


def place_of(text: str, path: Sequence[str | int]) -> int:
    """Where the deepest existing part of a path begins in a sound JSON text: the sign's number."""
    at = _blank(text, 0)
    for step in path:
        found = _child(text, at, step)
        if found is None:
            break
        at = found
    return at


def _child(text: str, at: int, step: str | int) -> int | None:
    """Where the value of a key, or of a member's number, begins in the object or list that begins at a place."""
    if text[at] not in "{[":
        return None
    keyed, number, at = text[at] == "{", 0, _blank(text, at + 1)
    while text[at] not in "}]":
        name: str | int = number
        if keyed:
            name, at = scanstring(text, at + 1, False)
            at = _blank(text, _blank(text, at) + 1)  # over the colon
        if name == step:
            return at
        at = _blank(text, _SCANNER.raw_decode(text, at)[1])
        at, number = (_blank(text, at + 1) if text[at] == "," else at), number + 1
    return None


def _blank(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


class JsonDocument(Document):
    """A declaration that is JSON."""

    def line(self, path: YamlPath) -> int | None:
        """The line on which the deepest existing part of a path stands, counted from 1."""
        return self._text.count("\n", 0, place_of(self._text, path)) + 1 if self._text else None

    def _parsed(self, text: str) -> Any:
        try:
            return read_json(text)
        except NotJson as wrong:
            if wrong.at is None:
                line, where = None, ""
            else:
                line = text.count("\n", 0, wrong.at) + 1
                where = f" (line {line}, column {wrong.at - (text.rfind(chr(10), 0, wrong.at) + 1) + 1})"
            self.faults.append(Fault(self.file, "", f"{wrong.what}{where}", wrong.instead, line))
            return None
