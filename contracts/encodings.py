"""Which encodings a delivery may be declared in: those that Python itself can decode, block by block, as text.

Asked of `codecs`, not listed here, so that whatever a Python has is taken. Decoding is the readers' work.
"""

from __future__ import annotations

import codecs
import encodings.aliases
from difflib import get_close_matches

# Every character that a delimiter, a quote, a number or a line end is made of.
_PROBE = "".join(map(chr, range(32, 127))) + "\t\r\n"
# The machinery behind other codecs: it has no table of its own and decodes anything as Latin-1.
_NO_ENCODINGS = {"charmap"}
# What people and programs write for an encoding that Python calls otherwise.
_MEANT = {"ansi": "gb18030", "utf8mb4": "utf-8", "unicode": "utf-16", "国标": "gb18030", "chinese": "gb18030"}
_USUAL = ("utf-8", "utf-16", "gb18030", "gbk", "big5", "shift_jis", "euc_jp", "euc_kr", "latin-1", "cp1252", "ascii")


def encoding_fault(name: str) -> str | None:
    """Why a name is no encoding that a delivery can be read in, or None."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return f"there is no text encoding {name!r}"
    # rot13, base64, zlib and their like turn bytes into bytes or text into text.
    if not getattr(found, "_is_text_encoding", False) or found.name in _NO_ENCODINGS:
        return f"{name!r} is a conversion, no text encoding"
    return None if _keeps_characters(found) else f"{name!r} turns plain characters into escapes"


def nearest_encoding(name: str) -> str:
    """What may have been meant by a name that is no encoding."""
    key = name.strip().lower()
    if meant := _MEANT.get(key):
        return meant
    if key.startswith(("gb", "cp936", "hz")):
        return "gb18030"
    near = get_close_matches(key, [*_USUAL, *encodings.aliases.aliases.values()], n=1)
    usable = [one for one in near if encoding_fault(one) is None]
    return (
        f"{usable[0]}, or another text encoding" if usable else "a text encoding: utf-8 and gb18030 are the usual ones"
    )


def _keeps_characters(codec: codecs.CodecInfo) -> bool:
    """Whether plain characters are written alike wherever they stand, and come back byte by byte.

    Where `\\`, `+` or `~` begins an escape (unicode_escape, utf-7, hz) a plain text would be read as another, and where
    the whole must be seen at once (idna, punycode) no block of a file can be read. A few of `\\~%` may be missing.
    """
    held = "".join(character for character in _PROBE if _written(codec, character))
    if codec.incrementaldecoder is None or len(_PROBE) - len(held) > 3:
        return False
    widths = {len(_written(codec, character * 3)) - len(_written(codec, character * 2)) for character in held}
    escapes = held + (r"\u0041\x41" if "\\" in held else "")
    decoder = codec.incrementaldecoder("strict")
    try:
        read = "".join(decoder.decode(bytes([byte])) for byte in _written(codec, escapes)) + decoder.decode(b"", True)
    except (UnicodeError, ValueError):
        return False
    return len(widths) == 1 and read == escapes


def _written(codec: codecs.CodecInfo, text: str) -> bytes:
    try:
        return codec.encode(text)[0]
    except (UnicodeError, ValueError):
        return b""
