r"""Regular expressions of rules, in RE2 and with the meaning Great Expectations' own engines give them. No other text.

RE2 takes ``\w``, ``\d``, ``\s`` and the POSIX classes for ASCII; Python and PostgreSQL take them for Unicode. So they
are rewritten as Unicode classes before DuckDB sees them, alone, negated and inside brackets. ``\b`` cannot be
rewritten: it is used as it is where all text is ASCII, and the rule is refused where some is not. A pattern that begins
with ``(?a)`` keeps the ASCII meaning, as in Python. ``{,n}`` is a repetition, and ``$`` the end of the text or of all
but its last line break, as in Python too.
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
_OPEN_REPEAT = re.compile(r"\{,([0-9]*)\}")
_LINES = re.compile(r"\(\?[a-zA-Z]*m")
_FOLDS = re.compile(r"\(\?[a-zA-Z]*i")
_GROUP = re.compile(r"\(\?[a-zA-Z-]*[:)]")
_BY_CODE = re.compile(r"\\[xuUpP0-9Q]")
_FOLDED = re.compile(r"[kKsS\x80-\U0010ffff]|\[[^\]]*[^\]]-[^\]]|\[:")
_ASCII_SHORT = {"w": "A-Za-z0-9_", "d": "0-9", "s": r"\t\n\v\f\r "}
_NO_CHARACTER = r"[^\x{0}-\x{10ffff}]"
_END = r"(?:\n?\z)"
_REASONS = {
    "invalid repetition size": "RE2 repeats at most 1000 times.",
    "bad repetition operator": "RE2 has no possessive repetition; drop its last plus.",
    "(?x": "RE2 has no (?x); write the pattern without blanks and comments.",
    "(?#": "RE2 has no comments in patterns; drop it.",
    "(?>": "RE2 has no atomic groups; write (?:.",
}
_FLAGS = re.compile(r"\(\?([aimsux]*[au][aimsux]*)\)")


@dataclass(frozen=True)
class Pattern:
    """``text`` is RE2; ``ascii_only`` says that it means the same only where the text it is tried on is ASCII."""

    text: str
    ascii_only: bool = False


@lru_cache(maxsize=1024)
def unicode_pattern(pattern: str) -> Pattern:
    """``pattern`` as RE2 writes what Python means. Raises ``BadArgumentError`` for what RE2 cannot express."""
    if not (flags := _FLAGS.match(pattern)):
        return _rewritten(pattern, _SHORT)
    kept = flags[1].replace("a", "").replace("u", "")
    rest = (f"(?{kept})" if kept else "") + pattern[flags.end() :]
    if "a" not in flags[1]:
        return unicode_pattern(rest)
    if _FOLDS.search(rest) and _folds_beyond_ascii(rest):
        why = "ignores case in ASCII alone, and RE2 takes \\u212a for k and \\u017f for s"
        raise BadArgumentError("regex", repr(pattern), why, "Name both cases, as in [Kk].")
    return Pattern(_rewritten(rest, _ASCII_SHORT).text)


def _folds_beyond_ascii(pattern: str) -> bool:
    """Whether a pattern that ignores case may name k, s or a character beyond ASCII: by itself, in a range, by code."""
    if _BY_CODE.search(pattern):
        return True
    return _FOLDED.search(_ESCAPE.sub("", _GROUP.sub("", pattern))) is not None


def why_not_re2(error: str) -> str:
    """What to do about a pattern of which RE2 says ``error``."""
    found = [words for sign, words in _REASONS.items() if sign in error]
    return found[0] if found else "RE2 has no look-around and no back-references."


def _rewritten(pattern: str, short: dict[str, str]) -> Pattern:
    parts, place, boundary, end_of_text = [], 0, False, "$" if _LINES.search(pattern) else _END
    while place < len(pattern):
        if pattern.startswith(r"\Q", place):
            end = pattern.find(r"\E", place)
            part = pattern[place : len(pattern) if end < 0 else end + 2]
            place += len(part)
        elif escape := _ESCAPE.match(pattern, place):
            part = _outside(escape, short)
            boundary |= escape[0] in (r"\b", r"\B")
            place = escape.end()
        elif pattern[place] == "[":
            end = _end_of_bracket(pattern, place)
            part = _bracket(pattern[place:end], short)
            place = end
        elif repeat := _OPEN_REPEAT.match(pattern, place):
            part = f"{{0,{repeat[1]}}}" if repeat[1] else "*"
            place = repeat.end()
        else:
            part = end_of_text if pattern[place] == "$" else pattern[place]
            place += 1
        parts.append(part)
    return Pattern("".join(parts), boundary)


def _outside(escape: re.Match[str], short: dict[str, str]) -> str:
    """An escape that stands outside brackets."""
    if found := short.get(escape[0][1].lower() if len(escape[0]) == 2 else ""):
        return f"[{'^' if escape[0][1].isupper() else ''}{found}]"
    return r"\z" if escape[0] == r"\Z" else _code_point(escape)


def _code_point(escape: re.Match[str]) -> str:
    r"""Python's ``\uXXXX`` as RE2 writes it; a character that needs no escape without it; every other as it is."""
    code = escape[1] or escape[2]
    if len(escape[0]) == 2 and (escape[0][1] == "_" or not escape[0][1].isascii()):
        return escape[0][1]
    return rf"\x{{{code}}}" if code else escape[0]


def _end_of_bracket(pattern: str, start: int) -> int:
    place = start + 1 + pattern.startswith("^", start + 1)
    place += pattern.startswith("]", place)
    while place < len(pattern) and pattern[place] != "]":
        found = _NAMED.match(pattern, place) or _ESCAPE.match(pattern, place)
        place = found.end() if found else place + 1
    return min(place + 1, len(pattern))


def _bracket(text: str, short: dict[str, str]) -> str:
    """A bracket expression; its parts that are complements become alternatives beside the rest."""
    negated = text.startswith("[^")
    inner, place = text[1 + negated : -1], 0
    kept: list[str] = []
    complements: list[str] = []
    while place < len(inner):
        named, escape = _NAMED.match(inner, place), _ESCAPE.match(inner, place)
        if named and named[2] in _POSIX and short is _SHORT:
            (complements if named[1] else kept).append(_POSIX[named[2]])
        elif escape and escape[0][1:].lower() in short:
            (complements if escape[0][1].isupper() else kept).append(short[escape[0][1].lower()])
        elif escape and escape[0] == r"\b":
            kept.append(r"\x08")
        elif named:
            kept.append(named[0])
        else:
            kept.append(_code_point(escape) if escape else inner[place])
        place = (named or escape).end() if named or escape else place + 1  # type: ignore[union-attr]
    if negated and complements:
        return _by_members(text, re.NOFLAG if short is _SHORT else re.ASCII)
    own = ["[" + "^" * negated + "".join(kept) + "]"] if kept or not complements else []
    alternatives = own + [f"[^{complement}]" for complement in complements]
    return alternatives[0] if len(alternatives) == 1 else f"(?:{'|'.join(alternatives)})"


@lru_cache(maxsize=64)
def _by_members(bracket: str, flags: re.RegexFlag) -> str:
    r"""A bracket like ``[^\W\d_]``, which RE2 cannot express in Unicode, as the ranges of its members by Python."""
    if "[:" in bracket or r"\p" in bracket.lower() or r"\x{" in bracket:
        why = f"{bracket!r} excludes the complement of a class, and names classes that only RE2 knows"
        raise BadArgumentError("regex", why, "", "Say which characters are wanted.")
    wanted = re.compile(bracket, flags)
    ranges: list[list[int]] = []
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        if wanted.match(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    if not ranges:
        return _NO_CHARACTER
    return "[" + "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in ranges) + "]"
