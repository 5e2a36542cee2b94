"""What a file is by its first bytes, whatever its name ends in. Told in refusals; nothing is decided by it."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path

from lake.readers.packed import is_tar

_HEAD = 1024
# Marks at the beginning of a file, and what has them: (kind, the format to declare for it, or none).
_MARKS: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "parquet"),
    (b"PARE", "an encrypted Parquet file", ""),
    (b"SQLite format 3\0", "a SQLite file", "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a legacy Office file (xls), or a workbook with a password", "xls"),
    (b"%PDF", "a PDF: ask for the data that it was made of", ""),
    (b"Rar!", "a RAR archive", ""),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", ""),
    (b"\x1f\x8b", "a gzip file", ""),
    (b"\x28\xb5\x2f\xfd", "a zstd file", ""),
    (b"\x04\x22\x4d\x18", "packed by lz4: ask for it as gzip, zstd, bzip2 or xz", ""),
    (b"\x1f\x9d", "packed by compress (.Z): ask for it as gzip, zstd, bzip2 or xz", ""),
    (b"{\\rtf", "an RTF document", ""),
)
_PACKED = (b"PK\x03\x04", b"PK\x05\x06")
# An HTML page begins with one of these, whatever stands before its tables.
_PAGE = (b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"<meta", b"<style")
_OFFICE_XML = "an Office XML file (SpreadsheetML 2003): open it and save it as xlsx"
_POINTER = "a Git LFS pointer, and not the file that it stands for: ask for the file itself (git lfs pull)"
_SINGLE = "a Feature, and no collection: ask for a FeatureCollection with its features"
_LINES = "newline-delimited GeoJSON (a Feature in each line): ask for one FeatureCollection"
_JSON = {"json", "ndjson"}
_BINARY = {"xlsx", "xls", "ods", "parquet", "sqlite", "dbf", "zip", "tar"}
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def kind_of(file: Path) -> tuple[str, str]:
    """What a file is in words, and the format that reads it; empty where its first bytes do not tell."""
    with file.open("rb") as source:
        head = source.read(_HEAD)
    return _zip_kind(file) if head.startswith(_PACKED) else _by_head(head)


def _by_head(head: bytes) -> tuple[str, str]:
    for mark, words, format_ in _MARKS:
        if head.startswith(mark):
            return words, format_
    if is_tar(head):
        return "a tar archive", "tar"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "a text in UTF-16: declare encoding: utf-16 with the format of the text, such as csv", ""
    return _text_kind(head.removeprefix(codecs.BOM_UTF8).lstrip())


def _text_kind(text: bytes) -> tuple[str, str]:
    low = text.lower()
    if low.startswith(b"version https://git-lfs"):
        return _POINTER, ""
    if b"<?mso-application" in low or b"urn:schemas-microsoft-com:office:spreadsheet" in low:
        return _OFFICE_XML, ""
    if low.startswith(_PAGE) or (low.startswith(b"<?xml") and re.search(rb"<!doctype html|<html[\s>]", low)):
        return "an HTML page", "html"
    if low.startswith(b"<?xml") or re.match(rb"<[a-z_][\w:.\-]*[\s/>]", low):
        return "an XML file", "xml"
    if text.startswith((b"{", b"\x1e")) or re.match(rb"\[\s*[{\[\]]", text):
        return _json_kind(text)
    first = text.split(b"\n")[0]
    if not _CONTROLS.search(text) and re.search(rb"[,;|\t]", first):
        return "a text, such as CSV", "csv"
    return "", ""


def _json_kind(text: bytes) -> tuple[str, str]:
    start = text.split(b"\n")[0]
    if text.startswith(b"\x1e"):
        return "a sequence of JSON texts (RFC 8142), and one document is read: ask for one FeatureCollection", ""
    if re.search(rb'"type"\s*:\s*"FeatureCollection"', text):
        return "a GeoJSON FeatureCollection", "geojson"
    if re.match(rb'\{.*"type"\s*:\s*"Feature"', text, re.DOTALL):
        if re.search(rb"\}\s*\n\s*\{", text) and start.rstrip().endswith(b"}"):
            return _LINES, ""
        return _SINGLE, ""
    if re.match(rb"\{.*\}\s*\n\s*\{", text):
        return "JSON with an object in each line", "ndjson"
    return "a JSON document", "json"


def foreign_to_text(head: bytes) -> str:
    """What to say of a file that cannot be delimited text or JSON, although its bytes may be taken for text."""
    bare = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    certain = (
        *_PACKED,
        b"%PDF-",
        b"{\\rtf1",
        b"SQLite format 3\0",
        b"PAR1\x15",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a",
    )
    pages = (b"<!doctype html", b"<html>", b"<html ", b"<?xml ", b"version https://git-lfs")
    return marked_kind(head, "") if head.startswith(certain) or bare.startswith(pages) or is_tar(head) else ""


def marked_kind(head: bytes, declared: str) -> str:
    """`kind_hint` for a file of which only the beginning is at hand."""
    if not head.startswith(_PACKED):
        return _hint(*_by_head(head), declared)
    if b"opendocument.spreadsheet" in head[:200]:
        return _hint("an ods workbook", "ods", declared)
    return _hint(*(("an xlsx workbook", "xlsx") if b"xl/" in head else ("a zip archive", "zip")), declared)


def _hint(words: str, format_: str, declared: str) -> str:
    if not words or (format_ and format_ == declared) or {format_, declared} <= _JSON:
        return ""
    if format_ == "csv" and declared not in _BINARY | _JSON | {"geojson", "xml", "html"}:
        return ""
    if words in {_SINGLE, _LINES} and declared in _JSON:
        return ""
    return f"it is {words}" + (f": declare format: {format_}" if format_ else "")


def _zip_kind(file: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:200]:
                return "an ods workbook", "ods"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return "a damaged zip archive", ""
    if "xl/workbook.bin" in names:
        return "an xlsb workbook: ask for it as xlsx", ""
    if "xl/workbook.xml" in names or ("[Content_Types].xml" in names and any(n.startswith("xl/") for n in names)):
        return "an xlsx workbook", "xlsx"
    if "[Content_Types].xml" in names:
        return "an Office document", ""
    return "a zip archive", "zip"


def kind_hint(file: Path, declared: str) -> str:
    """What to say of a file that is another kind than the declared format; empty where it is that, or does not tell."""
    return _hint(*kind_of(file), declared)
