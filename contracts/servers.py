"""Where a dataset's deliveries lie and how they are written: the one server of a contract as a `Source`.

What each format's reader takes stands in one table; whatever else is declared is refused, because it would be passed
over. Reading deliveries is the readers' work.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from open_data_contract_standard.model import Server

from contracts import completeness
from contracts.completeness import complete_fault
from contracts.databases import ELSEWHERE, KINDS, read_database
from contracts.delivery_dates import INSTEAD, delivery_date_fault
from contracts.documents import Document, YamlPath
from contracts.encodings import encoding_fault, nearest_encoding
from contracts.faults import nearest
from contracts.model import Source
from contracts.odcs_extras import MOST_DELIMITER, ServerExtras, extras
from contracts.patterns import pattern_fault
from contracts.source import ARCHIVES
from contracts.stores import STORES, read_store

# What a reader acts on, beside path, nulls and ignored_headers, which all of them take.
_TEXT = ("encoding",)
_NAMED = ("header", "skip_rows", "header_rows", "footer", "footer_rows")
_LINES = (*_TEXT, *_NAMED, "delimiter", "quote", "escape", "line_end", "comment", "table")
_SHEET = ("member", *_NAMED, "merged")
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "csv": _LINES,
    "fixed": (*_TEXT, *_NAMED, "line_end", "comment", "widths"),
    "ndjson": _TEXT,
    "json": (*_TEXT, "records"),
    "geojson": _TEXT,
    "xml": (*_TEXT, "records"),
    "html": (*_TEXT, *_SHEET),
    "parquet": (),
    "sqlite": ("member",),
    "dbf": _TEXT,
    "xlsx": _SHEET,
    "xls": _SHEET,
    "ods": _SHEET,
    # An archive takes what the format of its members takes, too.
    "zip": ("member", "member_format"),
    "tar": ("member", "member_format"),
}
_PACKED = ("largest_unpacked", "largest_ratio")  # an archive's, and what gzip or zstd made of any other format
_ALWAYS = ("format", "nulls", "ignored_headers", "delivery_date", "zone", "settled_seconds", "complete", "secret")
# ODCS keys of a server that are acted on, or are for people.
_READ = {"server", "type", "path", "format", "encoding", "delimiter", "customProperties"} | {"id", "description"}
_LOCAL = "local"
_TYPES = "local: files below the deliveries root; or s3, sftp, https, postgresql, mysql (docs/sources.md)"

_GLOB = "a glob below the deliveries root, such as */police/residents*.csv"
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_DAY = re.compile(r"(?<!\d)(20\d\d)(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_ELEMENTS = re.compile(r"(/[^/\s\[\]@]+)+")
_KEYS = re.compile(r"""\$(\.("[^"]+"|[^."\[\]\s]+))*""")
# An escape that YAML only knows in double quotes.
_SLIP = re.compile(r"\\([A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|0)")
_SETS = re.compile(r"\[[^\[\]/]+\]")


def read_source(document: Document, servers: list[Server]) -> Source | None:
    """The source that a contract's servers declare; None after noting that none can be made out."""
    named = [
        number
        for number, server in enumerate(servers)
        if server.server == "delivery" or not document.well_formed(("servers", number, "server"))
    ]
    if len(servers) != 1 or not named:
        text = f"where deliveries lie is not said once: there are {len(servers)} servers, {len(named)} called delivery"
        document.fault(("servers",), text, "one server: delivery, with type: local, path and format")
    if not servers:
        return None
    number = named[0] if named else 0
    return _source(document, ("servers", number), servers[number])


def _source(document: Document, at: YamlPath, server: Server) -> Source | None:
    if server.type in KINDS:
        return read_database(document, at, server)
    _check_server(document, at, server)
    own = {"format": server.format, "encoding": server.encoding, "delimiter": server.delimiter}
    for key in own:
        if not document.well_formed((*at, key)):
            document.presume((*at, "customProperties", key))
    read, places = extras(document, at, server.customProperties, ServerExtras, own)
    if read is None:
        return None
    _check_arguments(document, at, read, places)
    _check_text(document, read, places)
    store = read_store(document, at, server, read.secret or "", places["secret"])
    return Source(path=server.path or "", place=store, **read.model_dump(exclude={"secret"}))


def _check_server(document: Document, at: YamlPath, server: Server) -> None:
    if server.type not in {_LOCAL, *STORES}:
        text = f"no reader takes a server of type {server.type!r}"
        instead = ELSEWHERE.get(server.type or "", _TYPES)
        document.fault((*at, "type"), text, instead)
    if fault := path_fault(server.path or ""):
        document.fault((*at, "path"), f"path is {server.path!r}: {fault}", _GLOB)
    for name, info in type(server).model_fields.items():
        key = info.alias or name
        if key not in _READ | STORES.get(server.type or "", frozenset()) and getattr(server, name) is not None:
            document.fault((*at, key), f"{key} is not acted on for deliveries", f"nothing: leave {key} out")


def path_fault(path: str) -> str | None:
    """Why no delivery can be found, or more than deliveries could be, by a path; None where it is sound."""
    return next((what for what, wrong in _PATH_FAULTS.items() if wrong(path)), None) or _no_day(path)


def _parts(path: str) -> list[str]:
    return path.split("/")


_PATH_FAULTS: Mapping[str, Callable[[str], object]] = {
    "it is empty": lambda path: not path.strip(),
    "an address is no path below the deliveries, and no reader fetches": _SCHEME.match,
    "it is absolute": lambda path: PurePosixPath(path).is_absolute() or path.startswith("~"),
    "it leaves the deliveries root": lambda path: ".." in _parts(path),
    "folders are divided by /, and \\ is no mark of a glob": lambda path: "\\" in path,
    "braces are not expanded": lambda path: "{" in path or "}" in path,
    "it ends in a folder": lambda path: path.endswith("/"),
    "an empty or a single-dot folder matches nothing": lambda path: {"", "."} & set(_parts(path)),
    "** stands for whole folders only, and not for the file": lambda path: any(
        "**" in part and (part != "**" or last) for last, part in _marked(path)
    ),
    "a bracket is not closed, or holds nothing": lambda path: set(_SETS.sub("", path)) & set("[]"),
    "a folder or a file begins or ends in a space": lambda path: any(part != part.strip() for part in _parts(path)),
    "a control character stands in it": lambda path: any(unicodedata.category(mark) == "Cc" for mark in path),
    "a folder or a file has more than 255 bytes": lambda path: any(len(part.encode()) > 255 for part in _parts(path)),
}


def _marked(path: str) -> list[tuple[bool, str]]:
    parts = _parts(path)
    return [(place == len(parts), part) for place, part in enumerate(parts, 1)]


def _no_day(path: str) -> str | None:
    for found in _DAY.finditer(path):
        year, _, month, day = found.groups()
        try:
            date(int(year), int(month), int(day))
        except ValueError:
            return f"{found.group()} is a day that does not exist"
    return None


def takes(format_: str, member_format: str = "csv") -> tuple[str, ...]:
    """The keys that a format's reader acts on; those of an archive are its members', too."""
    inner = ARGUMENTS[member_format] if format_ in ARCHIVES else ()
    return (*ARGUMENTS[format_], *inner, *_PACKED, *_ALWAYS)


def _check_arguments(document: Document, at: YamlPath, read: ServerExtras, places: Mapping[str, YamlPath]) -> None:
    format_, known = read.format, takes(read.format, read.member_format)
    if not document.well_formed((*at, "format")):
        return
    for name, place in places.items():
        if name in ServerExtras.model_fields and name not in known:
            takers = ", ".join(sorted(one for one in ARGUMENTS if name in takes(one)))
            document.fault(place, f"{format_} has no {name}", f"nothing: leave {name} out (it is for {takers})")


def _check_text(document: Document, read: ServerExtras, places: Mapping[str, YamlPath]) -> None:
    note = {name: partial(document.fault, places[name]) for name in ServerExtras.model_fields}
    if fault := delivery_date_fault(read.delivery_date):
        document.fault(places["delivery_date"], fault, INSTEAD)
    if read.complete and (fault := complete_fault(read.complete)):
        note["complete"](fault, completeness.INSTEAD)
    if not _is_zone(read.zone):
        document.fault(places["zone"], f"there is no zone {read.zone!r}", nearest(read.zone, available_timezones()))
    if fault := encoding_fault(read.encoding):
        note["encoding"](fault, nearest_encoding(read.encoding))
    for fault in _delimiter_faults(read.delimiter):
        note["delimiter"](
            f"the delimiter {read.delimiter!r} {fault}",
            f'one to {MOST_DELIMITER} characters: ";", "|", "||"; escapes such as "\\t" in double quotes',
        )
    if fault := _quote_fault(read.quote):
        note["quote"](f"the quote {read.quote!r} {fault}", "one ASCII character, or '' where nothing is quoted")
    if read.quote and read.quote in read.delimiter:
        what = "delimiter and quote are the same" if read.delimiter == read.quote else "the quote is in the delimiter"
        note["quote"](what, "two characters, or quote: '' where nothing is quoted")
    if read.records and (wrong := records_fault(read.format, read.member_format, read.records)):
        document.fault(places["records"], f"records is {read.records!r}: {wrong[0]}", wrong[1])
    if padded := [null for null in read.nulls if null != null.strip()]:
        note["nulls"](
            f"no cell is {padded[0]!r}: they are compared without blanks around them", repr(padded[0].strip())
        )
    for name, fault, fix in _dialect_faults(read):
        note[name](fault, fix)


def _dialect_faults(read: ServerExtras) -> Iterator[tuple[str, str, str]]:
    """What is wrong with how records are told apart: key, fault and what to write."""
    escape, comment = read.escape or "", read.comment or ""
    if len(escape) > 1 or (escape in _NEVER and escape) or (escape and escape in read.delimiter):
        yield "escape", f"the escape {escape!r} is no mark of its own", 'one character: "\\\\"; "" where it is text'
    if set(comment) & _NEVER or (comment and comment[0] in read.quote + read.delimiter[:1]):
        yield "comment", f"no line can begin with {comment!r} and be a comment", 'what such lines begin with: "#"'
    for pattern in read.footer:
        if fault := pattern_fault(pattern):
            yield "footer", fault, "an RE2 expression that the whole first cell matches: 合计.*"
    if read.header_rows > 1 and not read.header:
        yield "header_rows", "there are header_rows, and no header", "header: true, or skip_rows"
    if "fixed" in {read.format, read.format in ARCHIVES and read.member_format} and not read.widths:
        yield "widths", "fixed columns have no widths", "those of all columns in characters: [18, 10, 6]"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def records_fault(format_: str, member_format: str, path: str) -> tuple[str, str] | None:
    """Why a path leads to no records, and what would; None where it may."""
    if (member_format if format_ in ARCHIVES else format_) == "xml":
        return None if _ELEMENTS.fullmatch(path) else ("it is no path of element names", "such as /rows/row")
    return None if _KEYS.fullmatch(path) else ("it is no path of keys", "such as $.data.rows, or $ for the whole text")


def _delimiter_faults(delimiter: str) -> Iterator[str]:
    if not 1 <= len(delimiter) <= MOST_DELIMITER:
        yield f"has {len(delimiter)} characters"
    elif set(delimiter) & _NEVER:
        yield "ends records or texts, so it cannot divide them"
    elif _SLIP.fullmatch(delimiter):
        yield "is a backslash and what follows it: write it in double quotes"


def _quote_fault(quote: str) -> str | None:
    if len(quote) > 1:
        return f"has {len(quote)} characters"
    if quote and (quote in _NEVER or quote.isspace()):
        return "is no mark: it ends records, or is blank"
    # DuckDB takes a quote of one byte only.
    return None if quote.isascii() else "has more than one byte"


# U+FEFF is a byte order mark, taken away before anything is read.
_NEVER = frozenset("\0\n\r\ufeff")
