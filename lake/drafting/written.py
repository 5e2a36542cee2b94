"""How an extract is written: format, encoding, delimiter, where its header stands, and the names in it.

What the readers themselves make of the file decides: here are only the guesses that they are asked with. Columns are
judged in `probing.py`.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import duckdb

from contracts.model import Column, Dataset, DeliveryMode, Element, Level, LogicalType, SharingAttribute, Source
from contracts.sql_text import identifier, literal
from lake.readers.diagnosis import head_of, line_ends
from lake.readers.formats import read
from lake.readers.kinds import kind_of
from lake.readers.landing import TEXT_FORMATS, Landed, land
from lake.readers.packed import packing_of, unpack
from lake.readers.refusal import DeliveryRefused, HeadersDiffer
from quality.conform import Delivered

_BLOCK = 1 << 22
_LINES = 60
_DELIMITERS = (",", "\t", ";", "|", "\x01", "^", "~")
_ENCODINGS = ("utf-8", "gb18030", "big5", "iso8859-1")
_SUFFIXES = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".tab": "csv", ".dat": "csv", ".dbf": "dbf"}
# No header is called so: asking for it is how a reader tells which there are.
_NOBODY = "\ufdd0 no column is called so"
_DATA = re.compile(r"[-+]?[\d.,%:/ ]*\d[\d.,%:/ ]*|\d{15,}[0-9Xx]?|https?://.*")
# What no column is called: a telephone, an identity or credit number, an address of mail.
_CERTAIN = re.compile(r"\+?\d[\d -]{9,}\d[0-9Xx]?|[0-9A-HJ-NPQRTUWXY]{18}|[^@\s]+@[^@\s]+\.\w+")
_WRITTEN_HEADERS = {"csv", "html", "xlsx", "xls", "ods"}
_MOST_SKIPPED = 12
TEXT = Element(
    "text", "文本", "Text", LogicalType.STRING, Level.L1, "as delivered", characters="none", invisible="none"
)


@dataclass(frozen=True)
class Extract:
    """An extract as its reader sees it: names as they came, the relation of its cells, and its records.

    `columns` are the names of the relation's columns, in the order of `headers`; `left_out` are names that stand twice
    or are empty, which no contract can ask for; `nested` are those that hold objects or lists, which are no cells.
    """

    source: Source
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    delivered: Delivered
    records: int
    nested: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bench:
    """Where an extract is looked at: a connection, a folder that the caller removes, and the dataset it is to be."""

    connection: duckdb.DuckDBPyConnection
    scratch: Path
    dataset: str = "draft.draft"

    def land(self, dataset: Dataset, file: Path) -> Landed:
        """The file landed in the folder."""
        return land(dataset, f"file://{file.absolute()}", self.scratch / "landing")

    def read(self, source: Source, headers: Sequence[str], file: Path) -> tuple[Delivered, int]:
        """All of these columns as text. Raises `DeliveryRefused`, `HeadersDiffer`."""
        dataset = _dataset(source, headers, self.dataset)
        return read(dataset, self.land(dataset, file), self.scratch / "work", self.connection)


def look(bench: Bench, file: Path) -> Extract:
    """The extract in the way of being written that fits best. Raises `DeliveryRefused` where none does."""
    refused: DeliveryRefused | None = None
    for source in _guesses(bench, file):
        try:
            return _read(bench, source, file)
        except DeliveryRefused as refusal:
            refused = refused or refusal
    raise refused or _unknown(bench.dataset, file)


def _unknown(dataset: str, file: Path) -> DeliveryRefused:
    what, _ = kind_of(file)
    fix = "Ask for a table: CSV, a workbook, JSON, Parquet, SQLite, dbf, XML, or a zip of such."
    return DeliveryRefused(dataset, file.name, what or "no format is known by its first bytes", "as a whole", fix)


def _dataset(source: Source, headers: Sequence[str], named: str) -> Dataset:
    columns = tuple(_column(number, header) for number, header in enumerate(headers))
    shared = SharingAttribute.CONDITIONAL
    empty = {"title_zh": "", "title_en": "", "description": "", "owner": "", "legal_basis": None, "frequency": ""}
    department, _, name = named.partition(".")
    return Dataset(
        **{"department": department, "name": name, "version": "", "source": source, **empty},  # type: ignore[arg-type]
        mode=DeliveryMode.APPEND,
        columns=columns,
        sharing_attribute=shared,
        freshness_working_days=0,
        may_be_empty=True,
    )


def column_name(number: int) -> str:
    """The name of a column of the relation, by its place."""
    return f"c{number}"


def _column(number: int, header: str) -> Column:
    return Column(column_name(number), (header,), header, header, TEXT, Level.L1, "none", SharingAttribute.CONDITIONAL)


def _read(bench: Bench, source: Source, file: Path) -> Extract:
    source, delivered = _headers(bench, source, file)
    if source.header and (_is_data(delivered) or _stands_below(bench, source, delivered, file)):
        source = replace(source, header=False)
        delivered = tuple(f"column_{place}" for place in range(1, len(delivered) + 1))
    taken, left_out = _once(delivered)
    nested = _nested(bench, source, taken, file)
    taken = tuple(name for name in taken if name not in nested) or taken
    source = replace(source, ignored_headers=tuple(dict.fromkeys([*left_out, *nested])))
    relation, records = bench.read(source, taken, file)
    columns = tuple(relation.headers[column_name(number)] for number in range(len(taken)))
    return Extract(source, taken, columns, tuple(left_out), relation, records, nested)


def _nested(bench: Bench, source: Source, names: tuple[str, ...], file: Path) -> tuple[str, ...]:
    """Of JSON, the names for whose sake most records are in doubt: they hold objects or lists. Each is tried alone."""
    if source.inner_format not in {"json", "ndjson"} or not _doubted(bench, source, names, file):
        return ()
    return tuple(name for name in names if _doubted(bench, source, (name,), file))


def _doubted(bench: Bench, source: Source, names: tuple[str, ...], file: Path) -> bool:
    others = replace(source, ignored_headers=("*",))
    with suppress(DeliveryRefused):
        relation, records = bench.read(others, names, file)
        row = bench.connection.execute(f"select count(_structure) from {relation.relation}").fetchone()
        return bool(row and row[0] * 2 > records)
    return True


def _headers(bench: Bench, source: Source, file: Path) -> tuple[Source, tuple[str, ...]]:
    """The names that the reader finds, below what is no header in sheets, and in texts that a sheet was saved as."""
    inner, within = (_first_member(bench, source, file), _member(source)) if source.format == "zip" else (file, source)
    names = _delivered(bench, within, inner)
    if within.format in _WRITTEN_HEADERS:
        for skipped in range(within.skip_rows + 1, within.skip_rows + _MOST_SKIPPED):
            if _is_header(names) or (within.format == "csv" and sum(bool(name.strip()) for name in names) > 1):
                break
            below = replace(within, skip_rows=skipped)
            with suppress(DeliveryRefused):
                if _is_header(found := _delivered(bench, below, inner)):
                    return replace(source, skip_rows=skipped), found
    return source, names


def _delivered(bench: Bench, source: Source, file: Path) -> tuple[str, ...]:
    try:
        bench.read(source, [_NOBODY], file)
    except HeadersDiffer as differ:
        return tuple(name for name in differ.delivered if name != _NOBODY)
    what = "no name of a column was found in it"
    raise DeliveryRefused(bench.dataset, file.name, what, "header", "Ask for a table with the names of its columns.")


def _member(source: Source) -> Source:
    return replace(source, format=source.member_format, member=None)


def _first_member(bench: Bench, source: Source, file: Path) -> Path:
    with zipfile.ZipFile(file) as archive:
        names = sorted(one.filename for one in archive.infolist() if _is_member(one.filename, source.member_format))
        inner = bench.scratch / f"member{PurePosixPath(names[0]).suffix}"
        with archive.open(names[0]) as packed, inner.open("wb") as out:
            while block := packed.read(_BLOCK):
                out.write(block)
    return inner


def _is_member(name: str, member_format: str) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    return not name.endswith("/") and not name.startswith("__MACOSX") and suffix == f".{member_format}"


def _is_header(names: Sequence[str]) -> bool:
    there = [name for name in names if name.strip()]
    return len(there) > 1 and len(there) * 4 >= len(names) * 3 and len(set(there)) * 10 >= len(there) * 9


def _is_data(names: Sequence[str]) -> bool:
    """Whether the first record is one: a fifth of its cells at least are numbers, days or addresses, or one is a number
    that only somebody has."""
    if any(_CERTAIN.fullmatch(name.strip()) for name in names):
        return True
    data = sum(bool(_DATA.fullmatch(name.strip())) for name in names)
    years = sum(bool(re.fullmatch(r"(19|20)\d\d(-\d\d)?", name.strip())) for name in names)
    return data * 5 >= max(len(names), 1) and years * 2 < data


def _stands_below(bench: Bench, source: Source, names: Sequence[str], file: Path) -> bool:
    """Whether names stand again as values of their own columns, so that they are a record and no names: in two columns
    at least, or in one time and again. A line of headers that comes again is none of that."""
    taken, _ = _once(names)
    if source.inner_format not in _WRITTEN_HEADERS or not taken:
        return False
    with suppress(DeliveryRefused):
        relation, _ = bench.read(source, taken, file)
        cells = [identifier(relation.headers[column_name(number)]) for number in range(len(taken))]
        same = [f"coalesce({cell} = {literal(name)}, false)" for cell, name in zip(cells, taken, strict=True)]
        counts = ", ".join(f"count(*) filter (where {one})" for one in same)
        all_of_them = " and ".join(same) if len(same) > 1 else "false"
        row = bench.connection.execute(
            f"select count(*), {counts} from {relation.relation} where not ({all_of_them})"
        ).fetchone()
        rows, *found = row or (0,)
        return sum(one > 0 for one in found) > 1 or any(one * 100 >= rows and one > 1 for one in found)
    return False


def _once(names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    taken = tuple(name for name in names if name.strip() and list(names).count(name) == 1)
    return taken, [name for name in names if name not in taken]


def _guesses(bench: Bench, file: Path) -> Iterator[Source]:
    """Ways in which the file may be written, the likeliest first."""
    path = f"*/{file.name}"
    _, format_ = kind_of(file)
    if format_ == "zip":
        yield from _packed_guesses(bench, file, path)
        return
    if packing_of(head_of(file)) and (inner := _unpacked(bench, file, path)):
        yield from (replace(one, path=path) for one in _guesses(bench, inner))
        return
    suffix = file.suffix.lower()
    format_ = _SUFFIXES.get(suffix, "") if not format_ or suffix in {".tsv", ".dbf"} else format_
    if format_ == "sqlite":
        yield Source(path, format_, member=_table(file))
    elif format_ == "csv":
        yield from _texts(file, Source(path, format_, encoding=encoding_of(file)))
    elif format_ in {"json", "ndjson"}:
        encoding = encoding_of(file)
        for one in dict.fromkeys((format_, "json", "ndjson")):
            yield Source(path, one, encoding=encoding)
    elif format_:
        yield Source(path, format_, encoding=encoding_of(file) if format_ in {*TEXT_FORMATS, "dbf", "xml"} else "utf-8")


def _packed_guesses(bench: Bench, file: Path, path: str) -> Iterator[Source]:
    with zipfile.ZipFile(file) as archive:
        suffixes = [PurePosixPath(name).suffix.lower().removeprefix(".") for name in sorted(archive.namelist())]
    for member_format in dict.fromkeys(
        one for one in suffixes if one in {"csv", "xlsx", "xls", "ods", "json", "ndjson", "parquet", "xml", "dbf"}
    ):
        whole = Source(path, "zip", member_format=member_format)
        for inner in _guesses(bench, _first_member(bench, whole, file)):
            yield replace(inner, path=path, format="zip", member_format=member_format)


def _unpacked(bench: Bench, file: Path, path: str) -> Path | None:
    bench.scratch.mkdir(parents=True, exist_ok=True)
    inner = unpack(_dataset(Source(path, "csv"), [_NOBODY], bench.dataset), file, bench.scratch / "unpacked")
    named = inner and inner.with_name(file.with_suffix("").name)
    return inner.replace(named) if inner and named else None


def _table(file: Path) -> str | None:
    """The one table of a SQLite file, or the one with most rows."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
        query = "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%'"
        names = [str(name) for (name,) in opened.execute(query)]
        quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
        counted = {name: opened.execute(f"select count(*) from {quoted[name]}").fetchone()[0] for name in names}
    return max(counted, key=lambda name: counted[name], default=None)


def encoding_of(file: Path) -> str:
    """The first encoding that all of the file can be read in; UTF-16 by its mark."""
    head = head_of(file)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return next((name for name in _ENCODINGS if _holds(name, file)), "utf-8")


def _holds(name: str, file: Path) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        with file.open("rb") as text:
            while block := text.read(_BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _texts(file: Path, source: Source) -> Iterator[Source]:
    """A delimited text with the delimiter that divides its first lines most alike, and other uses of marks after."""
    text = head_of(file).decode(source.encoding, "replace").lstrip("\ufeff")
    lines = re.split(r"\r\n|\r|\n", text)[:_LINES]
    delimiter, skipped = _divided(lines)
    found = replace(source, delimiter=delimiter, skip_rows=skipped)
    if "\\" in text and line_ends(head_of(file)):
        found = replace(found, escape="\\" if re.search(r'\\["\\]', text) else "")
    yield found
    yield replace(found, escape="")
    yield replace(found, escape=None, quote="")


def _divided(lines: Sequence[str]) -> tuple[str, int]:
    """The delimiter, and how many lines stand before the first that is divided as most are."""
    best, skipped, most = ",", 0, (0, 0)
    for delimiter in _DELIMITERS:
        with suppress(csv.Error):
            widths = [len(row) for row in csv.reader([line for line in lines if line.strip()], delimiter=delimiter)]
            usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
            rank = (widths.count(usual) if usual > 1 else 0, usual)
            if rank > most:
                widest = (number for number, line in enumerate(lines) if _width(line, delimiter) == usual)
                first = next(widest, 0)
                best, most, skipped = delimiter, rank, first
    return best, skipped


def _width(line: str, delimiter: str) -> int:
    return len(next(csv.reader([line], delimiter=delimiter), []))
