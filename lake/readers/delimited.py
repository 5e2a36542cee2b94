"""CSV and TSV, as one relation of text with row numbers and structural faults.

DuckDB's parser runs padded: a record with too few fields ends in nulls, one with too many spills into an extra
column, and empty fields stay "" because the null spelling is a character no file has. So every record arrives and can
be judged; only what the parser cannot hold (a quote out of place, several surplus fields) goes to its reject table.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from contracts.model import Dataset, Source
from contracts.sql_text import literal
from lake.readers.diagnosis import encoding_hint, head_of, header_hint
from lake.readers.headers import match_headers
from lake.readers.landing import Landed, as_utf8, unused_mark
from lake.readers.refusal import DeliveryRefused
from quality.conform import BROKEN, TOO_LONG, TOO_SHORT, Delivered

_EXTRA = "_extra"
_TAIL = 1 << 16
_COPY = 1 << 20


@dataclass(frozen=True)
class Text:
    """One UTF-8 text file to read, and the `original` in its own encoding.

    `records` is the independent count of records, None where lines do not tell.
    """

    file: Path
    original: Path
    name: str
    records: int | None
    ends_clean: bool
    unused: str


@dataclass(frozen=True)
class Piece:
    """Consecutive lines of a text, in a file of their own: where they begin, and whether the header is among them."""

    file: Path
    before: int
    first: bool


def read_csv(dataset: Dataset, landed: Landed, scratch: Path, cores: int = 1) -> tuple[Delivered, int | None]:
    """A landed CSV as a relation, and the number of its records as far as its lines tell it.

    Where lines are records, the relation has as many `parts` as there are `cores`.
    """
    source = dataset.source
    lines = landed.lines - source.skip_rows - (1 if source.header else 0)
    text = Text(
        as_utf8(landed, source.encoding, scratch),
        landed.file,
        landed.file.name,
        lines if landed.plain else None,
        landed.ends_clean,
        landed.unused,
    )
    delivered, records = _relation(dataset, [text])
    if cores > 1 and landed.plain and text.file == landed.file:
        delivered = replace(delivered, parts=_parts(dataset, text, _pieces(landed, scratch, cores)))
    return delivered, records


def _pieces(landed: Landed, scratch: Path, count: int) -> list[Piece]:
    """The file cut into about equal pieces, each at the first newline after a mark."""
    folder = scratch / landed.batch
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [landed.bytes * place // count for place in range(1, count)]
    marks = sorted({min(landed.marks, key=lambda mark: abs(mark[0] - offset)) for offset in wanted})
    pieces = []
    with landed.file.open("rb") as source:
        begin, before = 0, 0
        for place, (offset, newlines) in enumerate([*marks, (landed.bytes, landed.lines)]):
            source.seek(offset)
            source.readline()
            end = source.tell()
            if end > begin:
                pieces.append(Piece(_cut(source, begin, end, folder / f"{place}.csv"), before, begin == 0))
            begin, before = end, newlines + 1
    return pieces


def _cut(source: BinaryIO, begin: int, end: int, file: Path) -> Path:
    source.seek(begin)
    with file.open("wb") as target:
        while begin < end:
            begin += target.write(source.read(min(_COPY, end - begin)))
    return file


def _parts(dataset: Dataset, text: Text, pieces: Sequence[Piece]) -> tuple[str, ...]:
    skipped = dataset.source.skip_rows + dataset.source.header
    return tuple(
        f"(select *, row_number() over () + {0 if piece.first else piece.before - skipped} as _row "
        f"from {_part(dataset, text, piece)})"
        for piece in pieces
    )


def _relation(dataset: Dataset, texts: Sequence[Text]) -> tuple[Delivered, int | None]:
    headers = {column.name: f"c.{column.name}" for column in dataset.columns}
    parts = " union all ".join(f"select * from {_part(dataset, text)}" for text in texts)
    numbered = f"(select *, row_number() over () as _row from ({parts}))"
    counts = [text.records for text in texts]
    known = None if None in counts else sum(count for count in counts if count is not None)
    return Delivered(numbered, headers, surplus=_EXTRA), known


def _part(dataset: Dataset, text: Text, piece: Piece | None = None) -> str:
    """The records of a text, or of a piece of it."""
    try:
        first = first_record(dataset.source, text.file)
    except csv.Error:
        what = "a quote in the header line is never closed"
        raise DeliveryRefused(dataset.id, text.name, what, "line 1", "Ask for the file again.") from None
    if not first:
        raise DeliveryRefused(dataset.id, text.name, "there is no header line", "line 1", "Ask for the file again.")
    try:
        positions = match_headers(dataset, text.name, first)
    except DeliveryRefused as refusal:
        hint = encoding_hint(dataset.source, head_of(text.original)) or header_hint(dataset, text.file)
        raise refusal.because(hint) from None
    width, no_null = len(first), unused_mark(dataset, text.name, text.unused)
    _refuse_truncated(dataset, text, width)
    columns = ", ".join(f"'p{n}': 'VARCHAR'" for n in range(width)) + f", '{_EXTRA}': 'VARCHAR'"
    file, begins = (piece.file, piece.first) if piece else (text.file, True)
    taken = ", ".join(f'p{position} as "c.{name}"' for name, position in positions.items())
    return f"""(select {taken}, {_EXTRA},
      case when {_EXTRA} is not null then {literal(TOO_LONG)} when p{width - 1} is null then {literal(TOO_SHORT)} end
        as _structure
      from read_csv({literal(str(file))}, auto_detect=false, header={str(dataset.source.header and begins).lower()},
        skip={dataset.source.skip_rows if begins else 0}, delim={literal(dataset.source.delimiter)},
        quote={literal(dataset.source.quote)}, escape={literal(dataset.source.quote)}, nullstr={literal(no_null)},
        null_padding=true, parallel=false, ignore_errors=true, store_rejects=true, rejects_limit=0,
        columns={{{columns}}}))"""


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
    if text.ends_clean:
        return
    with text.file.open("rb") as file:
        file.seek(max(0, text.file.stat().st_size - _TAIL))
        tail = re.split(r"\r\n|\r|\n", file.read().decode("utf-8", "ignore"))[-1]
    fields: list[str] = next(_reader(dataset.source, iter([tail])), [])
    if len(fields) < width:
        raise DeliveryRefused(
            dataset.id,
            text.name,
            f"the file is truncated: its last record has {len(fields)} of {width} fields and no newline",
            "end of file",
            "Ask the department to deliver it again.",
        )


REJECTS = f"""
select line as _line, any_value(csv_line) as _text,
  case when bool_or(error_type = 'TOO MANY COLUMNS') then {literal(TOO_LONG)} else {literal(BROKEN)} end as _fault
from reject_errors group by scan_id, file_id, line
"""
