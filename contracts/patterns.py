"""Regular expressions of declarations: whether RE2, which DuckDB matches by, would take one.

Python's own engine is asked for all that both have; what only one of them has is listed. Nothing is matched here.
"""

from __future__ import annotations

import re
import warnings

# A pattern's parts: a quoted text, an escape, a class in brackets, or one character.
_PARTS = re.compile(r"\\Q.*?\\E|\\[pP]\{\^?\w+\}|\\x\{\w+\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.", re.DOTALL)
# What Python takes and RE2 does not, in a pattern whose classes and escapes are one letter each.
_LACKS = {
    "look-around": re.compile(r"\(\?<?[=!]"),
    "an atomic group or a condition": re.compile(r"\(\?[>(]"),
    "a back-reference": re.compile(r"\(\?P="),
    "a flag other than i, m, s, U": re.compile(r"\(\?(?=[a-zA-Z-]+[:)])[imsU-]*[^imsU:)-]"),
    "a comment": re.compile(r"\(\?#"),
    "a possessive quantifier": re.compile(r"[*+?}]\+"),
}
_ESCAPES_LACKING = {
    **dict.fromkeys((f"\\{digit}" for digit in range(1, 10)), "a back-reference"),
    **dict.fromkeys(("\\Z", "\\N", "\\u", "\\U"), "an escape of Python's own (write the character, or \\x{…})"),
}
# What RE2 takes and Python does not: classes of Unicode and of POSIX, quoted text, code points in braces.
_ALSO = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)|\[:\^?\w+:\]|\\x\{[0-9A-Fa-f]{1,6}\}|\\[zC]|\\Q.*?\\E", re.DOTALL)
# Anywhere in a pattern; Python takes them at its beginning only.
_FLAGS = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?([:)])")
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST = 1000


def pattern_fault(pattern: str) -> str | None:
    """What is wrong with a pattern, or None."""
    parts = _PARTS.findall(pattern)
    plain = "".join("e" if len(part) > 1 else part for part in parts)
    lacking = [what for what, found in _LACKS.items() if found.search(plain)]
    lacking += [_ESCAPES_LACKING[part] for part in parts if part in _ESCAPES_LACKING]
    if lacking:
        return f"the pattern {pattern!r} uses {lacking[0]}, which RE2 lacks"
    if any(int(count) > _MOST for counts in _COUNT.findall(plain) for count in counts if count):
        return f"the pattern {pattern!r} repeats more than {_MOST} times"
    try:
        _compile(_FLAGS.sub(lambda found: "(?:" if found[1] == ":" else "", _ALSO.sub("w", pattern)))
    except (re.error, RecursionError, OverflowError) as error:
        return f"the pattern {pattern!r} is not a regular expression ({error})"
    return None


def _compile(pattern: str) -> None:
    with warnings.catch_warnings():
        # Python warns of what its own classes may mean one day ([[, &&); RE2's mean what they mean.
        warnings.simplefilter("ignore", FutureWarning)
        re.compile(pattern)


_RANGES = re.compile("[0-9]-[0-9]|[A-Z]-[A-Z]|[a-z]-[a-z]|一-龥")
_CLOSED = re.compile(r"(?:[A-Za-z0-9一-鿿 ·/_()|?*+{},:\[\]@]|\\[.d\-/()]|-\]|-(?![^\[\]]*\]))*")


def closed(pattern: str) -> bool:
    """Whether a pattern lists all the characters it matches: no dot, no class of others, no range but of plain signs.

    Only what is known to be so is; a pattern that is not may be as closed.
    """
    return "[^" not in pattern and _CLOSED.fullmatch(_RANGES.sub("", pattern)) is not None
