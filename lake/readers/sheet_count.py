"""Counting the rows of a worksheet over the bytes of its XML: rows that hold a value, found without an XML parser.

It shares nothing with the reader of workbooks but the name of the sheet's part.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

from contracts.model import Source

_BLOCK = 1 << 20
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s>/])([^>]*?)(?:/>|>(.*?)</(?:\w+:)?row\s*>)", re.DOTALL)
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>/])([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c\s*>)", re.DOTALL)
_NUMBER = re.compile(rb'\sr\s*=\s*["\'](\d+)["\']')
_KIND = re.compile(rb'\st\s*=\s*["\'](\w+)["\']')
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>(.*?)</(?:\w+:)?v\s*>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f(?=[\s>/])")
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>(.*?)</(?:\w+:)?t\s*>", re.DOTALL)
_SPOKEN = re.compile(rb"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh\s*>", re.DOTALL)
_ITEM = re.compile(rb"<(?:\w+:)?si(?=[\s>/])(?:[^>]*?/>|[^>]*>(.*?)</(?:\w+:)?si\s*>)", re.DOTALL)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONGEST = 64 << 20
_ASIDE = re.compile(rb"<!--.*?(?:-->)|<\?.*?\?>|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_OPENINGS, _LONGEST_OPENING = (b"<!--", b"<?", b"<![CDATA["), 9


def count_sheet_rows(source: Source, file: Path, part: str) -> int:
    """The records of a worksheet: rows that hold anything, without skipped ones, header, and declared footers."""
    with zipfile.ZipFile(file) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        texts = _shared(archive, names, keep=bool(source.footer))
        header_end, records, number = 0, 0, 0
        last: deque[int] = deque()
        for found in _elements(archive, names[part.lower()], _ROW):
            told = _NUMBER.search(found.group(1))
            number = int(told.group(1)) if told else number + 1
            first = _first_value(found.group(2) or b"", texts)
            if number <= source.skip_rows or first is None:
                continue
            if source.header and header_end == 0:
                header_end = number + source.header_rows - 1
            if number <= header_end:
                continue
            if source.footer and _is_footer(first, source):
                break
            records += 1
            last.append(number)
        return max(0, records - source.footer_rows)


def _is_footer(first: str, source: Source) -> bool:
    cell = pa.array([first.strip()])
    return any(pc.match_substring_regex(cell, rf"\A(?:{pattern})\z")[0].as_py() for pattern in source.footer)


def _elements(archive: zipfile.ZipFile, name: str, element: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    """Each element of a part, over blocks."""
    rest = b""
    with archive.open(name) as source:
        for block in _without_asides(iter(lambda: source.read(_BLOCK), b"")):
            rest += block
            end = 0
            for found in element.finditer(rest):
                yield found
                end = found.end()
            rest = rest[end:]
            if len(rest) > _LONGEST:
                raise ValueError("an element without end")


def _without_asides(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """XML without its comments and processing instructions, which may hold what looks like rows; CDATA is text."""
    rest = b""
    for block in blocks:
        rest += block
        cut, out = 0, []
        for found in _ASIDE.finditer(rest):
            kept = escape(found.group(1).decode("utf-8", "surrogateescape")) if found.group(1) is not None else ""
            out += [rest[cut : found.start()], kept.encode("utf-8", "surrogateescape")]
            cut = found.end()
        left = rest[cut:]
        open_ = min((place for place in map(left.find, _OPENINGS) if place >= 0), default=len(left) - _LONGEST_OPENING)
        open_ = max(open_, 0)
        yield b"".join((*out, left[:open_]))
        rest = left[open_:]
        if len(rest) > _LONGEST:
            raise ValueError("a comment without end")
    yield rest


def _shared(archive: zipfile.ZipFile, names: dict[str, str], *, keep: bool) -> dict[int, str]:
    """Place -> text of the shared texts that are blank, or of all of them."""
    name = next((names[low] for low in names if low.endswith("/sharedstrings.xml")), "")
    texts = {}
    for place, found in enumerate(_elements(archive, name, _ITEM) if name else ()):
        text = _plain(found.group(1) or b"")
        if keep or not text.strip():
            texts[place] = text
    return texts


def _plain(markup: bytes) -> str:
    found = b"".join(_TEXT.findall(_SPOKEN.sub(b"", markup)))
    return _unescaped(html.unescape(found.decode("utf-8", "replace")))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)


def _first_value(row: bytes, texts: dict[int, str]) -> str | None:
    """The first cell that holds anything, as far as its text is at hand; None for a blank row."""
    for found in _CELL.finditer(row):
        kind, body = _KIND.search(found.group(1)), found.group(2) or b""
        value = _VALUE.search(body)
        text = html.unescape(value.group(1).decode("utf-8", "replace")) if value else _plain(body)
        if kind and kind.group(1) == b"s" and value:
            text = texts.get(int(text), "shared") if text.strip() else ""
        if text.strip() or (kind and kind.group(1) == b"e"):
            return text
        if _FORMULA.search(body) and not (kind and kind.group(1) == b"str" and value):
            return text or "="
    return None
