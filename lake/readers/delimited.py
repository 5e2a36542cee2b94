"""Delimited and fixed-width text, as one relation of text with row numbers and structural faults.

A text whose marks are those of RFC 4180 and whose count is proved (`parity`) goes to DuckDB's parser as it is; any
other as the canonical copy that `mending` makes of it. The parser runs padded: a record with too few fields ends in
nulls, one with too many spills into an extra column, and empty fields stay "" because the null spelling is a character
that the file does not have.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from contracts.model import Dataset, Source
from contracts.sql_text import literal
from lake.cores import threads_of
from lake.readers.diagnosis import encoding_hint, head_of, header_hint, line_ends, widths_hint
from lake.readers.dialect import parity_of, written_as
from lake.readers.headers import match_headers
from lake.readers.landing import UNUSED, Landed, as_utf8, unused_mark
from lake.readers.mending import Marks, Mended, mend, said_of
from lake.readers.parity import Parity, Shape, scan
from lake.readers.ranges import range_name, serve_ranges
from lake.readers.refusal import DeliveryRefused
from lake.readers.suspects import RULE, is_rule, suspicion
from lake.readers.tokens import LONGEST
from quality.conform import BROKEN, TOO_LONG, TOO_SHORT, Delivered

_EXTRA = "_extra"
_WHOLE = "_whole"
_COPY = 1 << 20
_HEADER_QUOTE = "a quote in the header line is opened and never closed"


@dataclass(frozen=True)
class Text:
    """One UTF-8 text file to read, the `original` in its own encoding, its `shape`, and characters it does not have."""

    file: Path
    original: Path
    name: str
    shape: Shape
    unused: str


@dataclass(frozen=True)
class _Read:
    """How the parser is to read a text: which file with which marks, its names and width, and what was found on the
    way. `skip` lines and a `header` come first; `records` are counted without them.
    """

    file: Path
    marks: Marks
    names: Sequence[str]
    width: int
    records: int
    skip: int = 0
    header: bool = False
    end: str = "\\n"
    mended: Mended | None = None


@dataclass(frozen=True)
class Piece:
    """Consecutive lines of a text under a name of their own: where they begin, and whether with the header."""

    name: str
    before: int
    first: bool


def read_csv(
    dataset: Dataset, landed: Landed, scratch: Path, connection: duckdb.DuckDBPyConnection | None = None
) -> tuple[Delivered, int]:
    """A landed text as a relation, and the number of its records.

    Where lines are records, the relation has as many `parts` as the connection has threads.
    """
    text = landed_text(dataset, landed, scratch)
    delivered, records = read_texts(dataset, [text], scratch)
    cores = threads_of(connection) if connection else 1
    if connection and cores > 1 and text.shape.plain and text.file == landed.file and _trusted(dataset, text):
        serve_ranges(connection)
        delivered = replace(delivered, parts=_parts(dataset, text, _pieces(landed, cores)))
    return delivered, records


def landed_text(dataset: Dataset, landed: Landed, scratch: Path) -> Text:
    """A landed text in UTF-8, with its shape."""
    file = as_utf8(landed, dataset.source.encoding, scratch)
    shape = landed.shape if landed.shape and file == landed.file else scan(file, parity_of(dataset))
    return Text(file, landed.file, landed.file.name, shape, landed.unused)


def text_of(dataset: Dataset, file: Path, name: str, scratch: Path) -> Text:
    """A text from elsewhere than a landing, such as a member of an archive. Raises `DeliveryRefused` where it is not in
    the declared encoding.
    """
    landed = Landed(file.stem, file, name, file.stat().st_size, "")
    try:
        utf8 = as_utf8(landed, dataset.source.encoding, scratch)
        unused = UNUSED
        with utf8.open(encoding="utf-8", newline="") as text:
            while block := text.read(_COPY):
                unused = "".join(mark for mark in unused if mark not in block)
    except UnicodeDecodeError as error:
        what, place = f"the bytes are not {dataset.source.encoding}", f"byte {error.start} of a block"
        hint = encoding_hint(dataset.source, head_of(file))
        raise DeliveryRefused(dataset.id, name, what, place, "Declare the encoding.").because(hint) from None
    return Text(utf8, file, name, scan(utf8, parity_of(dataset)), unused)


def read_texts(
    dataset: Dataset, texts: Sequence[Text], scratch: Path, *, mended: bool = False
) -> tuple[Delivered, int]:
    """Texts as one relation, in their order, and the number of their records; `mended` trusts the parser with none.

    Where the parser stumbles over one that it was trusted with, `Delivered.again` reads them mended.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    reads = [
        _trust(dataset, text)
        if _trusted(dataset, text) and not mended
        else _mend(dataset, text, scratch / f"{place}.mended")
        for place, text in enumerate(texts)
    ]
    kept = any(read.mended for read in reads)
    parts = " union all ".join(
        f"select * from {_relation(dataset, text, read, kept=kept)}" for text, read in zip(texts, reads, strict=True)
    )
    numbered = f"(select *, row_number() over () as _row from ({parts}))"
    headers = {column.name: f"c.{column.name}" for column in dataset.columns}
    delivered = Delivered(
        numbered,
        headers,
        surplus=_EXTRA,
        beside={"_line": "_line", "_text": "_text"} if kept else {},
        doubts=_doubts(texts, reads),
        again=None if mended else lambda: read_texts(dataset, texts, scratch, mended=True),
    )
    return delivered, sum(read.records for read in reads)


def count_texts(dataset: Dataset, texts: Sequence[Text], scratch: Path) -> int:
    """The records of texts, without any parser of theirs: by parity, or by that of their canonical copies."""
    return read_texts(dataset, texts, scratch)[1]


def _doubts(texts: Sequence[Text], reads: Sequence[_Read]) -> dict[str, str]:
    """Kind of doubt -> what it is, and where it is first, in words."""
    doubts: dict[str, str] = {}
    for text, read in zip(texts, reads, strict=True):
        for kind, line in (read.mended.doubts if read.mended else {}).items():
            where = f"line {line}" if len(texts) == 1 else f"{text.name}, line {line}"
            doubts.setdefault(kind, f"{said_of(kind)}, first in {where}")
        doubts.setdefault(TOO_LONG, f"too long: more than the {read.width} cells that a record has columns for")
        doubts.setdefault(TOO_SHORT, f"too short: fewer than the {read.width} cells that a record has columns for")
    return doubts


def _trusted(dataset: Dataset, text: Text) -> bool:
    """Whether the parser may have the text itself: its count is proved, and nothing in it is to be left out."""
    source = dataset.source
    return (
        text.shape.regular
        and written_as(source) == "csv"
        and len(source.delimiter.encode()) == 1
        and source.escape in {None, "", source.quote}
        and source.line_end == "any"
        and source.header_rows == 1
        and not (source.comment or source.footer or source.footer_rows or source.table)
        and not _is_quoted_before(source, text.file)
    )


def _is_quoted_before(source: Source, file: Path) -> bool:
    """Whether a quote stands in a line that is skipped: the parser would have it span lines."""
    with file.open("rb") as lines:
        skipped = (lines.readline(LONGEST) for _ in range(source.skip_rows))
        return bool(source.quote) and any(source.quote.encode() in line for line in skipped)


def _trust(dataset: Dataset, text: Text) -> _Read:
    source = dataset.source
    no_null = unused_mark(dataset, text.name, text.unused).encode()
    first: list[str] = []
    if source.header:
        try:
            first = first_record(source, text.file)
        except csv.Error:
            raise DeliveryRefused(dataset.id, text.name, _HEADER_QUOTE, "line 1", "Ask for the file again.") from None
        if not first:
            what, fix = "there is no header line", "Ask for the file again."
            raise DeliveryRefused(dataset.id, text.name, what, f"line {source.skip_rows + 1}", fix)
    width = len(first or dataset.columns)
    _refuse_truncated(dataset, text, width)
    marks = Marks(source.delimiter.encode(), source.quote.encode(), no_null)
    # Told which it is, the parser takes no other line end from what stands in quotes.
    end = "\\r\\n" if text.shape.both else "\\n"
    records = text.shape.records - source.header
    return _Read(text.file, marks, first, width, records, source.skip_rows, source.header, end)


def _mend(dataset: Dataset, text: Text, copy: Path) -> _Read:
    _refuse_widths(dataset, text)
    _refuse_line_ends(dataset, text)
    marks = _marks(dataset, text)
    mended = mend(dataset, text.name, text.file, text.shape, marks, copy)
    width = len(dataset.source.widths) or mended.width
    if mended.unended is not None and mended.unended < mended.width and not _ends_clean(text.file):
        raise _truncated(dataset, text.name, mended.unended, width)
    records = scan(copy, Parity(marks.delimiter, marks.quote, width=1, watch_escapes=False)).records
    return _Read(copy, marks, mended.header or [], width, records, mended=mended)


def _refuse_widths(dataset: Dataset, text: Text) -> None:
    """Fixed columns without names come by position: one more or one less shifts or loses what is delivered."""
    source = dataset.source
    if written_as(source) == "fixed" and not source.header and (hint := widths_hint(dataset)):
        fix = "Correct servers.widths in the contract."
        raise DeliveryRefused(dataset.id, text.name, hint, "as a whole", fix)


def _refuse_line_ends(dataset: Dataset, text: Text) -> None:
    """A text without one line end such as is declared would be one record."""
    shape, wanted = text.shape, dataset.source.line_end
    ends = {"LF": shape.newlines, "CRLF": shape.both, "CR": shape.returns - shape.both}
    if wanted != "any" and not ends[wanted] and any(ends.values()):
        there = line_ends(head_of(text.file))
        what, fix = f"its line ends are {there}, and the contract says {wanted}", "Correct servers.line_end."
        raise DeliveryRefused(dataset.id, text.name, what, "as a whole", fix)


def _ends_clean(file: Path) -> bool:
    with file.open("rb") as text:
        text.seek(-1, io.SEEK_END)
        return text.read() in {b"\n", b"\r"}


def _marks(dataset: Dataset, text: Text) -> Marks:
    """The text's own delimiter and quote where they are one byte, else characters that it does not have."""
    source, left = dataset.source, text.unused

    def unused() -> bytes:
        nonlocal left
        mark = unused_mark(dataset, text.name, left)
        left = left.replace(mark, "")
        return mark.encode()

    mark = unused()
    fixed = written_as(source) == "fixed"
    own = source.delimiter.encode()
    return Marks(
        own if len(own) == 1 and not fixed else unused(),
        source.quote.encode() if source.quote and not fixed else unused(),
        mark,
    )


def _relation(dataset: Dataset, text: Text, read: _Read, *, kept: bool = False, piece: Piece | None = None) -> str:
    """The records of a text, or of a piece of it. `kept` adds line and text of those in doubt."""
    try:
        positions = match_headers(dataset, text.name, read.names, rows=read.mended.header_rows if read.mended else ())
    except DeliveryRefused as refusal:
        fixed = written_as(dataset.source) == "fixed" and widths_hint(dataset)
        hint = encoding_hint(dataset.source, head_of(text.original)) or fixed or header_hint(dataset, text.file)
        raise refusal.because(hint) from None
    file, begins = (piece.name, piece.first) if piece else (str(read.file), True)
    columns = {name: f"p{place}" for name, place in sorted(positions.items(), key=lambda item: item[1])}
    headers = {name: read.names[place] for name, place in positions.items()} if read.names else {}
    doubt = f"starts_with(p0, {literal(read.marks.mark.decode())})" if read.mended else ""
    taken = ", ".join(f'{_cell(place, doubt)} as "c.{name}"' for name, place in positions.items())
    last = f"p{read.width - 1}"
    told = f"when {doubt} then {_of_doubt(read, 2)} " if doubt else ""
    empty = literal(read.marks.mark.decode() + "+")
    extra, too_long = _EXTRA, f"{_EXTRA} <> ''"
    if read.mended:
        extra = f"nullif({_EXTRA}, {empty}) as {_EXTRA}"
        too_long += f" and {_EXTRA} <> {empty}" if read.mended.surplus.harmless else ""
    kept_text = ""
    if kept:
        line, delivered = (_of_doubt(read, 3), _of_doubt(read, 4)) if doubt else ("null", "null")
        condition = str(doubt or "false")
        # Cells of fixed columns are pieces of a line: where it is no record, they may be cut in the wrong places.
        is_fixed = written_as(dataset.source) == "fixed"
        cut = f"when {too_long} or {last} is null then {_WHOLE}" if is_fixed else ""
        kept_text = f"""case when {condition} then {line} end::VARCHAR as _line,
      case when {condition} then {delivered} {cut} end::VARCHAR as _text,"""
    # A rule that is drawn through all columns has no delimiters of its own.
    short = f"case when {is_rule('p0')} then {literal(RULE)} else {literal(TOO_SHORT)} end"
    # What the parser finds to be too long is looked at again, by what takes records apart itself.
    whole = "" if read.mended else f" where {_EXTRA} is null"
    return f"""(select {taken}, {extra}, {kept_text}
      case {told}when {too_long} then {literal(TOO_LONG)} when {last} is null then {short}
        else {suspicion(dataset, columns, headers)} end as _structure
      from {_parsed(dataset, read, file, begins=begins)}{whole})"""


def _cell(place: int, doubt: str) -> str:
    return f"case when not {doubt} then p0 end" if doubt and place == 0 else f"p{place}"


def _of_doubt(read: _Read, part: int) -> str:
    return f"split_part(p0, {literal(read.marks.mark.decode())}, {part})"


def _parsed(dataset: Dataset, read: _Read, file: str, *, begins: bool) -> str:
    """The parser's relation: p0, p1, ... and the surplus."""
    widths = dataset.source.widths if written_as(dataset.source) == "fixed" else ()
    cells = 1 if widths else read.width
    columns = ", ".join(f"'p{place}': 'VARCHAR'" for place in range(cells)) + f", '{_EXTRA}': 'VARCHAR'"
    quote, delimiter, no_null = (
        literal(mark.decode()) for mark in (read.marks.quote, read.marks.delimiter, read.marks.mark)
    )
    longest = f"max_line_size={3 * LONGEST}, " if read.mended and read.mended.long else ""
    parsed = f"""read_csv({literal(file)}, auto_detect=false, header={str(read.header and begins).lower()},
        skip={read.skip if begins else 0}, delim={delimiter}, quote={quote}, escape={quote}, nullstr={no_null},
        null_padding=true, parallel=false, ignore_errors=true, store_rejects=true, rejects_limit=0, {longest}
        new_line={literal(read.end)},
        columns={{{columns}}})"""
    return _split(parsed, read, widths) if widths else parsed


def _split(parsed: str, read: _Read, widths: Sequence[int]) -> str:
    """Lines of fixed columns as cells: a line of another length is too short or too long."""
    doubt = f"starts_with(p0, {literal(read.marks.mark.decode())})"
    begins = [sum(widths[:place]) + 1 for place in range(len(widths))]
    total, last = sum(widths), len(widths) - 1
    cells = [f"substring(p0, {begin}, {width})" for begin, width in zip(begins, widths, strict=True)]
    cells[last] = f"case when length(p0) >= {total} then {cells[last]} end"
    first = cells[0] if last else f"coalesce({cells[0]}, p0)"
    named = ", ".join(f"{cell} as p{place}" for place, cell in enumerate(cells) if place)
    surplus = f"case when not {doubt} then substring(p0, {total + 1}) end as {_EXTRA}"
    rest = ", ".join(filter(None, (named, surplus)))
    return f"(select case when {doubt} then p0 else {first} end as p0, {rest}, p0 as {_WHOLE} from {parsed})"


def first_record(source: Source, file: Path) -> list[str]:
    """The first record after the skipped lines: the header, where there is one."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        for _ in range(source.skip_rows):
            text.readline()
        return next(_reader(source, text), [])


def _reader(source: Source, lines: Iterable[str]) -> Iterator[list[str]]:
    if source.quote:
        return csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote)
    return csv.reader(lines, delimiter=source.delimiter, quoting=csv.QUOTE_NONE)


def _refuse_truncated(dataset: Dataset, text: Text, width: int) -> None:
    """A file that stops inside a record was cut on its way: a short last record without its newline."""
    with text.file.open("rb") as file:
        file.seek(text.shape.last)
        record = file.read(LONGEST).decode("utf-8", "ignore")
    if not record or record.endswith("\n"):
        return
    fields: list[str] = next(_reader(dataset.source, io.StringIO(record, newline="")), [])
    if len(fields) < width:
        raise _truncated(dataset, text.name, len(fields), width)


def _truncated(dataset: Dataset, name: str, fields: int, width: int) -> DeliveryRefused:
    what = f"the file is truncated: its last record has {fields} of {width} fields and no newline"
    return DeliveryRefused(dataset.id, name, what, "end of file", "Ask the department to deliver it again.")


def _pieces(landed: Landed, count: int) -> list[Piece]:
    """The file as about equal pieces, each from the first line that begins after a mark."""
    wanted = [landed.bytes * place // count for place in range(1, count)]
    marks = sorted({min(landed.marks, key=lambda mark: abs(mark[0] - offset)) for offset in wanted})
    pieces = []
    with landed.file.open("rb") as source:
        begin, before = 0, 0
        for offset, newlines in [*marks, (landed.bytes, landed.lines)]:
            source.seek(offset)
            source.readline()
            end = source.tell()
            if end > begin:
                pieces.append(Piece(range_name(landed.file, begin, end), before, begin == 0))
            begin, before = end, newlines + 1
    return pieces


def _parts(dataset: Dataset, text: Text, pieces: Sequence[Piece]) -> tuple[str, ...]:
    skipped = dataset.source.skip_rows + dataset.source.header
    read = _trust(dataset, text)
    return tuple(
        f"(select *, row_number() over () + {0 if piece.first else piece.before - skipped} as _row "
        f"from {_relation(dataset, text, read, piece=piece)})"
        for piece in pieces
    )


REJECTS = f"""
select line as _line, any_value(csv_line) as _text,
  case when bool_or(error_type = 'TOO MANY COLUMNS') then {literal(TOO_LONG)} else {literal(BROKEN)} end as _fault
from reject_errors group by scan_id, file_id, line
"""
