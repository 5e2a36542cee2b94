"""Counting records of XML and rows of HTML tables by their marks alone, with no parser of either."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from contracts.model import Source
from lake.readers.counting import utf8_blocks

_DECLARED = re.compile(rb'^\s*<\?xml[^>]*?encoding\s*=\s*["\']([\w.\-]+)["\']')
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# What GB 2312 is called may be GBK in truth, and GB 18030 holds both.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030"}
_MARK = re.compile(
    rb"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<!(?:[^>\[]|\[.*?\])*>|</?[^\s>/!?]+(?:[^>"']|"[^"]*"|'[^']*')*>""",
    re.DOTALL,
)
_NAME = re.compile(rb"</?(?:[^\s>/:]+:)?([^\s>/:]+)")
_LONGEST = 64 << 20


def own_encoding(file: Path, otherwise: str) -> str:
    """The encoding that an XML document says it is in, else the declared one."""
    with file.open("rb") as source:
        head = source.read(1024)
    marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    name = marked or (declared.group(1).decode("ascii") if declared else otherwise)
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return otherwise
    return _WIDER.get(found, found)


def count_marks(file: Path, encoding: str, path: Sequence[str]) -> int:
    """The elements of an XML document that lie at a path (`*` is any name)."""
    found, open_ = 0, list[bytes]()
    wanted = [name.encode() for name in path]
    for mark in _marks(utf8_blocks(file, own_encoding(file, encoding))):
        if mark.startswith((b"<!", b"<?")):
            continue
        if mark.startswith(b"</"):
            open_ = open_[:-1]
            continue
        name = _NAME.match(mark)
        open_.append(name.group(1) if name else b"")
        if len(open_) == len(wanted):
            found += all(want in (b"*", one) for want, one in zip(wanted, open_, strict=True))
        if mark.endswith(b"/>"):
            open_.pop()
    return found


def _marks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        rest += block
        end = 0
        for found in _MARK.finditer(rest):
            if found.end() == len(rest):
                break  # it may go on
            yield found.group()
            end = found.end()
        rest = rest[end:]
        if len(rest) > _LONGEST:
            raise ValueError("a mark without end")
    yield from _MARK.findall(rest)


_ASIDE = re.compile(r"<!--.*?-->|<(script|style|template)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(/?)(table|tr)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_ID = re.compile(r"\bid\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)


def count_page_rows(source: Source, page: str) -> int:
    """The records of a page's table: its rows that hold text, without skipped ones, header, and declared footers."""
    rows = _page_rows(_shown(_ASIDE.sub("", page), named=source.member is not None), source.member)
    filled = [(n, text) for n, text in enumerate(rows, 1) if n > source.skip_rows and "".join(text).strip()]
    if source.header and filled:
        end = filled[0][0] + source.header_rows - 1
        filled = [(n, text) for n, text in filled if n > end]
    for place, (_, text) in enumerate(filled if source.footer else ()):
        first = pa.array([next(cell for cell in text if cell.strip()).strip()])
        if any(pc.match_substring_regex(first, rf"\A(?:{one})\z")[0].as_py() for one in source.footer):
            filled = filled[:place]
            break
    return max(0, len(filled) - source.footer_rows)


_HIDDEN = re.compile(r"\shidden(?=[\s=/>])|[\s;\"']display\s*:\s*none\b", re.IGNORECASE)
_START = re.compile(r"<([a-z][a-z0-9]*)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_EMPTY = {"br", "hr", "img", "input", "col", "wbr", "area", "embed", "link", "meta", "base", "source", "track"}
_PARTS = {"td": "td|th|tr|tbody|thead|tfoot", "th": "td|th|tr|tbody|thead|tfoot", "tr": "tr|tbody|thead|tfoot"}


def _shown(page: str, *, named: bool) -> str:
    """A page without the elements that say of themselves that they are hidden; a table may be named nevertheless."""
    kept, at = [], 0
    for found in _START.finditer(page):
        tag = found.group(1).lower()
        if found.start() < at or tag in _EMPTY or not _HIDDEN.search(found.group(2) + ">"):
            continue
        if named and tag == "table":
            continue
        kept.append(page[at : found.start()])
        at = _end_of(page, tag, found.end())
        if tag == "table" or "<table" in page[found.end() : at].lower():
            # Tables are numbered, those that nobody sees too.
            kept.append("<table></table>" * len(re.findall(r"<table\b", page[found.start() : at], re.IGNORECASE)))
    return "".join((*kept, page[at:]))


def _end_of(page: str, tag: str, at: int) -> int:
    """Where an element ends that begins before `at`; cells and rows also where the next begin."""
    depth, inner = 1, 0
    for found in re.compile(r"<(/?)([a-z][a-z0-9]*)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.I).finditer(page, at):
        closes, name = bool(found.group(1)), found.group(2).lower()
        if tag in _PARTS and not inner:
            over = name == "table" if closes else name in _PARTS[tag].split("|")
            if over or (closes and tag != "tr" and name == "tr"):
                return found.start()
        if name == "table":
            inner += -1 if closes else 1
        if name == tag:
            depth += -1 if closes else 1
            if depth == 0:
                return found.end()
    return len(page)


def _page_rows(page: str, member: str | None) -> list[list[str]]:
    """The texts of each row of the table that is meant."""
    depth, tables, start = 0, 0, -1
    rows: list[list[str]] = []
    for found in _TAG.finditer(page):
        closes, tag = bool(found.group(1)), found.group(2).lower()
        if tag == "table" and not closes:
            tables += 1
            own = _ID.search(found.group(3))
            wanted = member is None or member in {str(tables), own.group(1) if own else None}
            depth += bool(depth or wanted)
        elif tag == "table" and depth:
            depth -= 1
            if depth == 0:
                if start >= 0:
                    rows.append(_cells(page[start : found.start()]))
                    start = -1
                if rows or member is not None:
                    return rows
        elif depth == 1:
            if start >= 0:
                rows.append(_cells(page[start : found.start()]))
            start = -1 if closes else found.end()
    return rows if start < 0 else [*rows, _cells(page[start:])]


def _cells(row: str) -> list[str]:
    cells = re.split(r"<t[dh]\b", row, flags=re.IGNORECASE)[1:]
    return [html.unescape(_ANY_TAG.sub(" ", f"<td{cell}")) for cell in cells]
