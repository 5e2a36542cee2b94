"""Which signs of a text a reader sees, by Unicode's categories. What a text may have is said where it is declared.

Fails closed: a sign that is not assigned, or privately agreed on, is none that every reader sees alike.
"""

from __future__ import annotations

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and symbols by their category, and blank: fillers of Hangul, Khmer's inherent vowels, the joiner of graphemes,
# the empty cell of Braille, and the null note head. Unicode, Default_Ignorable_Code_Point, and the charts.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5\u034f\u2800\U0001d159")
LOST = "\ufffd"
"""What a reader of bytes puts where it could not read them."""


def one_kind_of_line(text: str) -> str:
    """A text with line ends of one kind: forms send two signs for each."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_unseen(sign: str) -> bool:
    """Whether nobody sees a sign, or it makes others read otherwise than they are written; line ends and tabs, too."""
    return sign in _BLANK or unicodedata.category(sign) in _UNSEEN


def has_visible(text: str) -> bool:
    """Whether a text has a letter, digit, mark of punctuation or symbol that is seen: marks on nothing are none."""
    return any(unicodedata.category(one)[0] in "LNPS" and not is_unseen(one) for one in text)


def fault_of_text(text: str, *, lines: bool) -> str | None:
    """Why a text is not plain, None where it is; `lines` says that it may be of several."""
    if LOST in text:
        return "it has U+FFFD, where bytes were no UTF-8"
    found = next((one for one in text if is_unseen(one) and not (lines and one in "\n\t")), None)
    if found is not None:
        return f"it has a sign that nobody sees, U+{ord(found):04X}"
    return None if has_visible(text) else "it has no sign that anybody sees"


def shown(text: str, *, lines: bool = False) -> str:
    """A text for a terminal: what nobody sees, or would move the cursor, by its number; `lines` keeps line ends."""
    return "".join(one if not is_unseen(one) or (lines and one == "\n") else _number(one) for one in text)


def _number(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
