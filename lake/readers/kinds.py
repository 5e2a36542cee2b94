"""What a file is by its first bytes, whatever its name ends in. Told in refusals; nothing is decided by it."""

from __future__ import annotations

import zipfile
from pathlib import Path

_HEAD = 1024
# Marks at the beginning of a file, and what has them: (kind, the format to declare for it, or none).
_MARKS: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "parquet"),
    (b"PARE", "an encrypted Parquet file", ""),
    (b"SQLite format 3\0", "a SQLite file", "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a legacy Office file (xls), or a workbook with a password", "xls"),
    (b"%PDF", "a PDF", ""),
    (b"Rar!", "a RAR archive", ""),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", ""),
    (b"\x1f\x8b", "a gzip file", ""),
    (b"\x28\xb5\x2f\xfd", "a zstd file", ""),
    (b"{\\rtf", "an RTF document", ""),
)
_TEXT_MARKS: tuple[tuple[bytes, str, str], ...] = (
    (b"<?mso-application", "an Office XML file (SpreadsheetML 2003)", "xml"),
    (b"<!doctype html", "an HTML page", "html"),
    (b"<html", "an HTML page", "html"),
    (b"<table", "an HTML page", "html"),
    (b"<?xml", "an XML file", "xml"),
)


def kind_of(file: Path) -> tuple[str, str]:
    """What a file is in words, and the format that reads it; empty where its first bytes do not tell."""
    with file.open("rb") as source:
        head = source.read(_HEAD)
    return _zip_kind(file) if head.startswith(b"PK") else _by_head(head)


def _by_head(head: bytes) -> tuple[str, str]:
    for mark, words, format_ in _MARKS:
        if head.startswith(mark):
            return words, format_
    text = head[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta", b"<style")):
        return next(((words, format_) for mark, words, format_ in _TEXT_MARKS if mark in text), ("", ""))
    return "", ""


def marked_kind(head: bytes, declared: str) -> str:
    """`kind_hint` for a file of which only the beginning is at hand."""
    if not head.startswith(b"PK"):
        return _hint(*_by_head(head), declared)
    if b"opendocument.spreadsheet" in head[:200]:
        return _hint("an ods workbook", "ods", declared)
    return _hint(*(("an xlsx workbook", "xlsx") if b"xl/" in head else ("a zip archive", "zip")), declared)


def _hint(words: str, format_: str, declared: str) -> str:
    if not words or format_ == declared:
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
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "an xlsx workbook", "xlsx"
    if "[Content_Types].xml" in names:
        return "an Office document", ""
    return "a zip archive", "zip"


def kind_hint(file: Path, declared: str) -> str:
    """What to say of a file that is another kind than the declared format; empty where it is that, or does not tell."""
    return _hint(*kind_of(file), declared)
