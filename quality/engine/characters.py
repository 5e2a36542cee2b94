"""SQL text about characters: spaces of any kind at the ends, characters that nobody sees, signs of destroyed text.

Each builder takes one SQL expression of type VARCHAR. No Great Expectations here. Most texts are plain, so everything
is asked behind a test that tells plain texts in a few nanoseconds: lengths in bytes and in characters, or their ends.
"""

from __future__ import annotations

__all__ = ["invisible_sql", "lost_sql", "trimmed_sql"]

_ASCII_SPACES = (32, 9, 10, 11, 12, 13)
# White_Space of Unicode 15.1 beyond ASCII, and what has no ink and no meaning at an end: zero width spaces, the word
# joiner, Hangul's fillers.
_SPACES = (
    0x85, 0xA0, 0x115F, 0x1160, 0x1680, 0x180E, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000,
    0x3164, 0xFEFF, 0xFFA0,
)  # fmt: skip
# As one literal: to put it together of calls costs every query more to plan than a small file costs to read.
_ALL = "'{}'".format("".join(map(chr, (*_ASCII_SPACES, *_SPACES))))

_CONTROLS, _WRITTEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}", r"\t\n\r"
_HIDDEN = (
    r"\x{ad}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{200b}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{3164}"
    r"\x{feff}\x{ffa0}\x{fff9}-\x{fffb}\x{1d173}-\x{1d17a}\x{e0000}-\x{e00ff}\x{e01f0}-\x{e0fff}"
)
# Marks that choose how the sign before them is drawn, and joiners, which scripts other than Chinese and Latin need.
_MARKS = r"\x{34f}\x{180b}-\x{180f}\x{200c}\x{200d}\x{fe00}-\x{fe0f}\x{e0100}-\x{e01ef}"
_JOINERS, _SIGNS = r"[\x{200c}\x{200d}]", r"[\p{Han}A-Za-z0-9]"
_STRICT = f"[{_CONTROLS}{_WRITTEN}{_HIDDEN}{_MARKS}]"
_LOOSE = f"[{_CONTROLS}{_HIDDEN}]|{_SIGNS}{_JOINERS}|{_JOINERS}{_SIGNS}"
# U+FFFD and what two of it become in GBK, areas that mean what one machine says, characters that are none, memory that
# nobody wrote to (烫, 屯, 葺), and a byte order mark read as Latin-1 or as GBK.
_LOST = (
    r"[\x{fffd}-\x{ffff}\x{fdd0}-\x{fdef}\x{e000}-\x{f8ff}\x{f0000}-\x{10ffff}]"
    r"|锟斤|斤拷|烫烫烫|屯屯屯|葺葺葺|\x{ef}\x{bb}\x{bf}|\x{ef}\x{bf}\x{bd}"
)


def trimmed_sql(text: str) -> str:
    """VARCHAR SQL: the text without spaces of any kind at its ends."""
    # Nearly every text begins and ends with ink of ASCII or a Chinese sign, which few comparisons tell. Only the others
    # are looked at closely: to trim a set of characters costs more than the rest of a row's text work.
    last = f"{text}[-1]"
    ink = " and ".join(f"({one} between '!' and '~' or {one} between '\u4e00' and '\u9fff')" for one in (last, text))
    odd = f"contains({_ALL}, {text}[1]) or contains({_ALL}, {last})"
    return f"case when {ink} then {text} when {odd} then trim({text}, {_ALL}) else {text} end"


def invisible_sql(text: str, *, strict: bool) -> str:
    """BOOLEAN SQL: does the text hold a character that nobody sees? Null for null.

    Zero width spaces, soft hyphens, marks of direction, tags and controls; `strict`, for keys, also line ends, tabs,
    joiners and marks of variation, which are part of texts in scripts that need them.
    """
    return f"regexp_matches({text}, '{_STRICT if strict else _LOOSE}')"


def lost_sql(text: str) -> str:
    """BOOLEAN SQL: does the text show that characters were lost, or mean what only one machine knows? Null for null."""
    wide = f"(strlen({text}) <> length({text}) and regexp_matches({text}, '{_LOST}'))"
    return f"(contains({text}, '???') or contains({text}, chr(0)) or {wide})"
