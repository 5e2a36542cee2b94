r"""Regular expressions of rules, in RE2 and with the meaning Great Expectations' own engines give them. No other text.

RE2 takes ``\w``, ``\d``, ``\s`` and the POSIX classes for ASCII; Python and PostgreSQL take them for Unicode. So they
are rewritten as Unicode classes before DuckDB sees them, alone, negated and inside brackets. ``\b`` cannot be
rewritten: it is used as it is where all text is ASCII, and the rule is refused where some is not. A pattern that begins
with ``(?a)`` keeps the ASCII meaning, as in Python.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from quality.engine.errors import BadArgumentError

_BLANK = r"\t \x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
_SPACE = r"\t\n\v\f\r\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_GRAPH = r"\p{L}\p{M}\p{N}\p{P}\p{S}"
_SHORT = {"w": r"\p{L}\p{N}_", "d": r"\p{Nd}", "s": _SPACE}
_POSIX = {
    "alpha": r"\p{L}",
    "digit": r"\p{Nd}",
    "alnum": r"\p{L}\p{N}",
    "upper": r"\p{Lu}",
    "lower": r"\p{Ll}",
    "space": _SPACE,
    "blank": _BLANK,
    "punct": r"\p{P}\p{S}",
    "word": r"\p{L}\p{N}_",
    "cntrl": r"\p{Cc}",
    "graph": _GRAPH,
    "print": _GRAPH + r" \x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}",
}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[pP]\{[^}]*\}|x\{[^}]*\}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_NAMED = re.compile(r"\[:(\^?)([a-z]+):\]")
_FLAGS = re.compile(r"\(\?([aimsux]*[au][aimsux]*)\)")


@dataclass(frozen=True)
class Pattern:
    """``text`` is RE2; ``ascii_only`` says that it means the same only where the text it is tried on is ASCII."""

    text: str
    ascii_only: bool = False


@lru_cache(maxsize=1024)
def unicode_pattern(pattern: str) -> Pattern:
    """``pattern`` with its classes made Unicode. Raises ``BadArgumentError`` for a class that RE2 cannot express."""
    if flags := _FLAGS.match(pattern):
        kept = flags[1].replace("a", "").replace("u", "")
        rest = (f"(?{kept})" if kept else "") + pattern[flags.end() :]
        return Pattern(rest) if "a" in flags[1] else unicode_pattern(rest)
    return _rewritten(pattern)


def _rewritten(pattern: str) -> Pattern:
    parts, place, boundary = [], 0, False
    while place < len(pattern):
        if pattern.startswith(r"\Q", place):
            end = pattern.find(r"\E", place)
            part = pattern[place : len(pattern) if end < 0 else end + 2]
            place += len(part)
        elif escape := _ESCAPE.match(pattern, place):
            part = _outside(escape)
            boundary |= escape[0] in (r"\b", r"\B")
            place = escape.end()
        elif pattern[place] == "[":
            end = _end_of_bracket(pattern, place)
            part = _bracket(pattern[place:end])
            place = end
        else:
            part = pattern[place]
            place += 1
        parts.append(part)
    return Pattern("".join(parts), boundary)


def _outside(escape: re.Match[str]) -> str:
    """An escape that stands outside brackets."""
    if found := _SHORT.get(escape[0][1].lower() if len(escape[0]) == 2 else ""):
        return f"[{'^' if escape[0][1].isupper() else ''}{found}]"
    return r"\z" if escape[0] == r"\Z" else _code_point(escape)


def _code_point(escape: re.Match[str]) -> str:
    r"""Python's ``\uXXXX`` as RE2 writes it; every other escape as it is."""
    code = escape[1] or escape[2]
    return rf"\x{{{code}}}" if code else escape[0]


def _end_of_bracket(pattern: str, start: int) -> int:
    place = start + 1 + pattern.startswith("^", start + 1)
    place += pattern.startswith("]", place)
    while place < len(pattern) and pattern[place] != "]":
        found = _NAMED.match(pattern, place) or _ESCAPE.match(pattern, place)
        place = found.end() if found else place + 1
    return min(place + 1, len(pattern))


def _bracket(text: str) -> str:
    """A bracket expression; its parts that are complements become alternatives beside the rest."""
    negated = text.startswith("[^")
    inner, place = text[1 + negated : -1], 0
    kept: list[str] = []
    complements: list[str] = []
    while place < len(inner):
        named, escape = _NAMED.match(inner, place), _ESCAPE.match(inner, place)
        if named and named[2] in _POSIX:
            (complements if named[1] else kept).append(_POSIX[named[2]])
        elif escape and escape[0][1:].lower() in _SHORT:
            (complements if escape[0][1].isupper() else kept).append(_SHORT[escape[0][1].lower()])
        else:
            kept.append(_code_point(escape) if escape else inner[place])
        place = (named or escape).end() if named or escape else place + 1  # type: ignore[union-attr]
    if negated and complements:
        return _by_members(text)
    own = ["[" + "^" * negated + "".join(kept) + "]"] if kept or not complements else []
    alternatives = own + [f"[^{complement}]" for complement in complements]
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


@lru_cache(maxsize=64)
def _by_members(bracket: str) -> str:
    r"""A bracket like ``[^\W\d_]``, which RE2 cannot express in Unicode, as the ranges of its members by Python."""
    if "[:" in bracket or r"\p" in bracket.lower() or r"\x{" in bracket:
        why = f"{bracket!r} excludes the complement of a class, and names classes that only RE2 knows"
        raise BadArgumentError("regex", why, "", "Say which characters are wanted.")
    wanted = re.compile(bracket)
    ranges: list[list[int]] = []
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        if wanted.match(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "[" + "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in ranges) + "]"
