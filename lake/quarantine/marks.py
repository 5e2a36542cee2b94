"""Whether a file holds rejected rows: a workbook that was exported here is known by its titles, its ids and a hidden
mark, wherever they stand in it and whoever saved it. What is in the rows is not asked; reading them is `returned.py`'s.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib

from lake.quarantine.workbook import ABOUT, CORRECTION, FILE, HIDDEN_MARK, ID, RECORD, SURPLUS
from lake.readers.packed import packing_of

_MOST_UNPACKED, _BLOCK = 48 << 20, 1 << 16
_TITLES = "|".join(re.escape(one.strip()) for one in (ID, FILE, RECORD, CORRECTION, SURPLUS, ABOUT, HIDDEN_MARK))
_MARK = re.compile(rf"{_TITLES}|(?<![0-9a-f])[0-9a-f]{{32}}:L?\d")
_TAG = re.compile(r"<[^<>]*>")
_OLD_OFFICE, _ZIP, _OTHERS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", (b"7z\xbc\xaf\x27\x1c", b"Rar!")
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError)


def holds_rows(data: bytes) -> bool:
    """Whether a file is an exported workbook, or may be one: what is packed and cannot be judged counts as one."""
    if packing_of(data[:16]) or data.startswith((_OLD_OFFICE, *_OTHERS)):
        return True
    return _is_marked(data) or ((_ZIP in data or data.startswith(b"PK")) and _holds_packed(data))


def _holds_packed(data: bytes) -> bool:
    left = _MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for one in packed.infolist():
                with packed.open(one) as part:
                    raw = part.read(left + 1)
                left -= len(raw)
                # An archive within, or an embedded document, is not opened further.
                if left < 0 or raw.startswith((_ZIP, _OLD_OFFICE, *_OTHERS)) or packing_of(raw[:16]):
                    return True
                if _is_marked(one.filename.encode("utf-8", "replace")) or _is_marked(raw):
                    return True
    except _FAULTS:
        return True
    return False


def _is_marked(raw: bytes) -> bool:
    """Whether a mark stands in a text, in whatever encoding a spreadsheet program writes; tags may stand within."""
    encodings = ["utf-8", "gb18030"]
    if b"\0" in raw[:_BLOCK]:
        encodings += ["utf-16-le", "utf-16-be"]
    for encoding in encodings:
        text = raw.decode(encoding, "ignore")
        if _MARK.search(text):
            return True
        bare = _TAG.sub("", text)
        if _MARK.search(bare) or ("&" in bare and _MARK.search(html.unescape(bare))):
            return True
    return False
