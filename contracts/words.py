"""Pydantic's errors in words of people: one line per kind of error, with the value as it is written.

Where a fault stands and whether it only follows from another is judged in `documents.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from contracts.masks import COLUMN_MASK, SHAPES
from contracts.names import GRAMMAR, LONGEST, wanted_name

_LONGEST = 60
_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
_CHOICES = ("enum", "literal_error")

# What belongs there, and how to write it, by the kind of error; {…} is what the model asks for.
_WORDS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("model_type", "dict_type", "model_attributes_type", "mapping_type"),
        ("a mapping", "a mapping (key: value lines)"),
    ),
    **dict.fromkeys(("list_type", "tuple_type"), ("a list", "a list ([…], or lines that begin with -)")),
    **dict.fromkeys(("string_type", "string_sub_type"), ("text", "text; put it in quotes")),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_from_float", "int_parsing_size"),
        ("a whole number", "a whole number, without quotes"),
    ),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), ("a number", "a number, without quotes")),
    **dict.fromkeys(("bool_type", "bool_parsing"), ("true or false", "true or false, without quotes")),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        ("a day that exists", "YYYY-MM-DD"),
    ),
    **dict.fromkeys(_CHOICES, ("{expected}", "{expected}")),
    "greater_than": ("a number above {gt}", "a number above {gt}"),
    "greater_than_equal": ("a number of {ge} or more", "a number of {ge} or more"),
    "less_than": ("a number below {lt}", "a number below {lt}"),
    "less_than_equal": ("a number of {le} or less", "a number of {le} or less"),
    "string_too_short": ("text that is not empty", "text, which is neither empty nor blank"),
    "string_too_long": ("text of at most {max_length} characters", "text of at most {max_length} characters"),
    "too_short": ("a list of {min_length} or more", "a list of {min_length} or more"),
    "too_long": ("a list of {max_length} or fewer", "a list of {max_length} or fewer"),
}
_OTHER = ("something else", "what docs/declarations.md has in this place")
# Texts whose form a model asks for by a pattern, which is no advice.
_FORMS: Mapping[str, str] = {
    r"^[A-Z]{2,4}$": "2 to 4 capital letters, such as NP",
    GRAMMAR.replace("$", "__") + GRAMMAR[1:]: "<agency>__<purpose>, both of lower_snake_case",
    COLUMN_MASK: f"{', '.join(sorted(SHAPES))}, or the name of a declassifier, such as declassify_mask_id",
}


def given(value: object) -> str:
    """A value as the file has it, shortened: no word of Python's own."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = value.isoformat() if isinstance(value, date) else str(value)
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return repr(short) if isinstance(value, str) else short


def misfit(details: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """What is wrong with one value and what to write instead, from all that the branches of its type say of it."""
    several = list(details)
    if len(several) == 1 and (own := _own(several[0])):
        return own
    words = [_words(detail) for detail in several]
    wanted, instead = (list(dict.fromkeys(each)) for each in zip(*words, strict=True))
    return f"{given(several[0]['input'])} stands where {_either(wanted)} belongs", "; or ".join(instead)


def _own(detail: Mapping[str, Any]) -> tuple[str, str] | None:
    """The words of what is told by itself: by a validator of this package's own, or of a name."""
    asked = detail.get("ctx", {})
    if detail["type"] == "declared":
        return str(detail["msg"]), str(asked["instead"])
    if asked.get("pattern") == GRAMMAR or asked.get("max_length") == LONGEST:
        return f"{given(detail['input'])} is no name", wanted_name(str(detail["input"]))
    if detail["type"] in _CHOICES:
        return f"{given(detail['input'])} is none of the words for it", _words(detail)[1]
    return None


def _words(detail: Mapping[str, Any]) -> tuple[str, str]:
    asked = {
        key: _MEMBER.sub(r"\1", f"{value:g}" if isinstance(value, float) else str(value))
        for key, value in detail.get("ctx", {}).items()
    }
    if detail["type"] == "declared":
        return asked["instead"], asked["instead"]
    if form := _FORMS.get(asked.get("pattern", "")):
        return form, form
    wanted, instead = _WORDS.get(detail["type"], _OTHER)
    return wanted.format_map(asked), instead.format_map(asked)


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
