"""What a text delivery shows of itself, for the refusal of one that could not be read: encodings that would fit, line
ends, where the contracted header stands, which delimiter it has. Names found in a file are told by shape.

Only the head of the file is looked at, and only once something was refused. Nothing is decided here.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from contracts.model import Dataset, Source

_HEAD = 1 << 18
_LINES = 50
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What one of the strict ones can hold is that; what the others can hold may be any of them.
_STRICT, _LOOSE = ("ascii", "utf-8"), ("gb18030", "big5", "shift_jis")
_DELIMITERS = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "a bar", "\x01": "the character 0x01"}
_MOST_HEADER_ROWS = 3
# A NUL in two bytes, and halves of surrogate pairs (CESU-8).
_OVERLONG = re.compile(rb"\xc0[\x80-\xbf]|\xc1[\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")
_MOST_LINES = 5
_ALIKE = 0.6
_SHOWN = 8


def head_of(file: Path) -> bytes:
    """The first quarter of a megabyte."""
    with file.open("rb") as source:
        return source.read(_HEAD)


def encoding_hint(source: Source, head: bytes) -> str:
    """What to say where the bytes show another encoding than the declared one; empty where they do not."""
    declared = codecs.lookup(source.encoding).name.removesuffix("-sig")
    certain = _marked(head) or _by_nulls(head)
    found = certain or next((name for name in _STRICT if _holds(name, head)), None)
    if found in {"ascii", declared} or (not found and _holds(declared, head)):
        return ""
    if not found and (damage := _nearly_utf8(head)):
        return damage
    found = found or " or ".join(name for name in _LOOSE if _holds(name, head))
    if not found:
        return ""
    mark = " (it begins with that encoding's mark)" if _marked(head) else ""
    return f"its bytes are those of {found}{mark}, and the contract says {source.encoding}"


def nulls_hint(source: Source, head: bytes) -> str:
    """What to say of a text that reads as declared, and has a null in place of every second byte; else empty."""
    found = None if codecs.lookup(source.encoding).name.startswith(("utf-16", "utf-32")) else _by_nulls(head)
    return (
        f"its bytes are those of {found} (a NUL beside every letter), and the contract says {source.encoding}"
        if found
        else ""
    )


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)


def _by_nulls(head: bytes) -> str | None:
    """UTF-16 without a mark has a null in place of every second byte of plain letters."""
    head = head.rstrip(b"\0")  # a disk that was full leaves them, whatever the encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 8 < len(head) or not head:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _nearly_utf8(head: bytes) -> str:
    """What to say of bytes that are UTF-8 but for a few; empty where they are another encoding's."""
    read = head.decode("utf-8", "replace")
    bad, good = read.count("\ufffd"), sum(not mark.isascii() for mark in read) - read.count("\ufffd")
    if _holds("utf-8", _OVERLONG.sub(b"", head)):
        return "its bytes are those of utf-8, with NULs or halves of characters as Java and some databases write them"
    return "its bytes are utf-8 but for a few: it was damaged, or put together from several" if bad * 8 < good else ""


def _holds(name: str, head: bytes) -> bool:
    try:
        # A character may be cut where the head ends.
        codecs.getincrementaldecoder(name)("strict").decode(head, final=False)
    except UnicodeError:
        return False
    return True


def line_ends(head: bytes) -> str:
    """The line ends there are, each with its number, as `CR LF 12, CR 1`; those of a text in single bytes."""
    odd, both = head.count(b"\r\r\n"), head.count(b"\r\n")
    counts = {
        "CR CR LF": odd,
        "CR LF": both - odd,
        "LF": head.count(b"\n") - both,
        "CR": head.count(b"\r") - both - odd,
    }
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "none"


def header_hint(dataset: Dataset, text: Path) -> str:
    """Where the contracted header stands, if it does: another line, or the right line with another delimiter."""
    source, wanted = dataset.source, [set(column.headers) for column in dataset.columns]
    lines = re.split(r"\r\n|\r|\n", head_of(text).decode("utf-8-sig", "replace"))[:_LINES]
    for number, line in enumerate(lines, 1):
        for delimiter in dict.fromkeys((source.delimiter, *_DELIMITERS)):
            if _has_all(wanted, _fields(line, delimiter, source.quote)):
                return _place(source, number, delimiter)
    if hidden := _hidden(source, lines, wanted):
        return hidden
    if source.quote and lines[source.skip_rows : source.skip_rows + 1] and _is_open(lines[source.skip_rows], source):
        more = "\n".join(lines[source.skip_rows : source.skip_rows + _MOST_LINES])
        if not _is_open(more, source):
            return f"a name that begins in line {source.skip_rows + 1} has a line end in it: so it is in headers, too"
        return f"a quote is opened in line {source.skip_rows + 1} and not closed there"
    if rows := _header_rows(dataset, lines):
        return f"the contracted header stands in {rows} rows: declare header_rows: {rows}"
    return ""


def _hidden(source: Source, lines: Sequence[str], wanted: Sequence[Collection[str]]) -> str:
    """Why the contracted header is not seen, where it is there: it is a comment, or in quotes that are text."""
    for number, line in enumerate(lines, 1):
        if source.comment and line.startswith(source.comment):
            for names in (line, line.removeprefix(source.comment)):
                if _has_all(wanted, _fields(names, source.delimiter, source.quote)):
                    return (
                        f"line {number} is the header, and begins as a comment does: declare no comment, or skip_rows"
                    )
        if not source.quote and _has_all(wanted, _fields(line, source.delimiter, '"')):
            return f"the names in line {number} are in quotes, and the contract says quote: ''"
    return ""


def widths_hint(dataset: Dataset) -> str:
    """What to say where fixed columns are more or fewer than the contract's; empty where they are as many."""
    widths, columns = len(dataset.source.widths), len(dataset.columns)
    return f"widths are those of {widths} columns, and the contract has {columns}" if widths != columns else ""


def rows_hint(dataset: Dataset, rows: Mapping[int, Sequence[str]]) -> str:
    """Where the contracted header stands in a sheet, if it does; `rows` are its first ones by their numbers."""
    wanted = [set(column.headers) for column in dataset.columns]
    for number, cells in rows.items():
        if _has_all(wanted, {cell.strip() for cell in cells}):
            return f"the contracted header stands in row {number}: declare skip_rows: {number - 1}"
    count = _over_rows(dataset, list(rows.values()))
    return f"the contracted header stands in {count} rows: declare header_rows: {count}" if count else ""


def _header_rows(dataset: Dataset, lines: Sequence[str]) -> int:
    source = dataset.source
    rows = [_cells(line, source) for line in lines[source.skip_rows : source.skip_rows + _MOST_HEADER_ROWS]]
    return _over_rows(dataset, rows)


def _over_rows(dataset: Dataset, rows: Sequence[Sequence[str]]) -> int:
    """Over how many rows the contracted names are written, 0 where over none or one."""
    for count in range(2, len(rows) + 1):
        names = {cell.strip() for row in rows[:count] for cell in row} | set(joined(rows[:count]))
        if all(not names.isdisjoint(column.headers) for column in dataset.columns):
            return count
    return 0


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names that are written over several rows: what is above (or, where that is empty, left of it), then itself."""
    width = max(map(len, rows))
    names: list[list[str]] = [[] for _ in range(width)]
    for number, row in enumerate(rows, 1):
        left = ""
        for place in range(width):
            cell = (row[place] if place < len(row) else "").strip()
            left = cell or ("" if number == len(rows) else left)
            if left and left not in names[place][-1:]:
                names[place].append(left)
    return [" ".join(parts) for parts in names] if len(rows) > 1 else list(rows[0])


def _cells(line: str, source: Source) -> list[str]:
    if not source.quote or len(source.delimiter) > 1:
        return line.split(source.delimiter)
    try:
        return next(csv.reader([line], delimiter=source.delimiter, quotechar=source.quote), [])
    except csv.Error:
        return []


def _has_all(wanted: Sequence[Collection[str]], fields: Collection[str]) -> bool:
    return bool(wanted) and all(not headers.isdisjoint(fields) for headers in map(set, wanted))


def _fields(line: str, delimiter: str, quote: str) -> set[str]:
    if len(delimiter) > 1:
        return {field.strip().removeprefix(quote).removesuffix(quote) for field in line.split(delimiter)}
    try:
        reader = csv.reader(
            [line], delimiter=delimiter, quotechar=quote or None, quoting=0 if quote else csv.QUOTE_NONE
        )
        return {field.strip() for field in next(reader, [])}
    except csv.Error:
        return set()


def _place(source: Source, number: int, delimiter: str) -> str:
    found = []
    if number != source.skip_rows + 1:
        found.append(f"the contracted header stands in line {number}: declare skip_rows: {number - 1}")
    if delimiter != source.delimiter:
        found.append(f"line {number} is delimited by {_DELIMITERS[delimiter]}: declare that as delimiter")
    return "; ".join(found)


def _is_open(line: str, source: Source) -> bool:
    return line.count(source.quote) % 2 == 1


def shown(names: Mapping[int, str], dataset: Dataset, *, ordered: bool = True) -> str:
    """Delivered headers or keys as a message may tell them: by place (counted from 1, where they are `ordered`) and
    shape, and in clear only what is like a contracted one.

    A file without header has a person's data where the header should be, and a key may be a person's name.
    """
    known = [*(header for column in dataset.columns for header in (*column.headers, column.name, column.title_zh))]
    words = [
        (f"column {place + 1} " if ordered else "") + (repr(name) if _is_like(name, known) else shape(name))
        for place, name in names.items()
    ]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _is_like(name: str, known: Sequence[str]) -> bool:
    folded = name.strip().casefold()
    if any(character.isdigit() for character in folded) and folded not in {one.casefold() for one in known}:
        return False
    return any(difflib.SequenceMatcher(None, folded, one.casefold()).ratio() >= _ALIKE for one in known)


def shape(text: str) -> str:
    """The kinds of a text's characters with their numbers, as `<3 Han, 18 digits>`."""
    kinds = {
        "Han": sum("\u3400" <= c <= "\u9fff" or c >= "\U00020000" for c in text),
        "letters": sum(c.isascii() and c.isalpha() for c in text),
        "digits": sum(c.isdigit() for c in text),
    }
    kinds["others"] = len(text) - sum(kinds.values())
    return f"<{', '.join(f'{count} {kind}' for kind, count in kinds.items() if count) or 'empty'}>"
