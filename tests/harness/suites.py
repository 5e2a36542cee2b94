"""The suites of malformed files beside the project, as deliveries with the dialect declared and the rows expected."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.model import Dataset
from lake.settings import REPOSITORY
from tests.unit.lake.desk import column, dataset

FILES = REPOSITORY.parent / "shared" / "data" / "malformed_csv"

Row = tuple[str | None, ...]
_BLANKS = " \t\n\r\u00a0\u3000"


@dataclass(frozen=True)
class Case:
    """One file, the contract it is delivered under, and the rows that are in it; None where nobody has told them.

    `whole` says that the text of all its rows is there, so that nothing but a dialect stands between.
    """

    suite: str
    name: str
    file: Path
    dataset: Dataset
    rows: Sequence[Row] | None
    whole: bool = True
    facts: Mapping[str, object] = field(default_factory=dict)


def cell(text: str) -> str | None:
    """A cell as it is stored: trimmed, and nothing where nothing is left."""
    return text.strip(_BLANKS) or None


def contract(headers: Sequence[str], kinds: Sequence[str] = (), **source: Any) -> Dataset:
    """A dataset of optional columns, named by these headers; of text, where `kinds` says nothing else."""
    kinds = kinds or ["string"] * len(headers)
    columns = [
        column(f"c{place}", kind, headers=(header.strip() or f"c{place}",))
        for place, (header, kind) in enumerate(zip(headers, kinds, strict=True))
    ]
    return dataset(*columns, path=source.pop("path", None) or "*/{}".format(source.pop("name", "file.csv")), **source)


def all_cases() -> Iterator[Case]:
    """Every case of every suite that is there."""
    yield from pollock("polluted_files")
    yield from pollock("survey_sample")
    yield from spectrum()
    yield from gbk()
    yield from horror()


# Pollution that takes text away or makes two meanings of one text: no declaration brings it back.
_LOST = (
    "file_field_delimiter_0x20",
    "row_less_sep",
    "row_more_sep",
    "row_extra_quote",
    "row_field_delimiter",
    "file_escape_char_0x00",
)


# Its parameters tell another dialect than it is written in.
_MISTOLD: Mapping[str, Mapping[str, str]] = {
    "Sustainability_-_Water_consumption_P_56.csv": {"encoding": "utf-8"},
    "vissim_data_conf2473_i7_v1987.csv": {"delimiter": ";"},
}
# Its clean table leaves out records of the file.
_ELSE = {"mos-oct-dec-2014.csv"}
# Words of nothing that the clean table leaves out.
_NULLS = {"2004-2016.csv": ("missing",)}


def pollock(part: str) -> Iterator[Case]:
    """HPI's Pollock: files with one pollution each, and a sample of real ones, with dialect and clean table."""
    base = FILES / "pollock" / part
    for file in sorted(base.glob("csv/*")):
        told = json.loads((base / "parameters" / f"{file.name}_parameters.json").read_text("utf-8"))
        clean = list(csv.reader(io.StringIO((base / "clean" / file.name).read_text("utf-8"), newline="")))
        yield _pollock_case(part, file, told, clean)


def _pollock_case(part: str, file: Path, told: Mapping[str, Any], clean: Sequence[Sequence[str]]) -> Case:
    names = told["column_names"] or []
    header_lines, skipped = int(told["header_lines"] or 0), int(told["preamble_lines"] or 0)
    width = len(clean[0]) if clean else 1
    told = {**told, **_MISTOLD.get(file.name, {})}
    width = max(map(len, clean), default=1) if len(set(names)) < len(names) else width
    by_name = header_lines == 1 and len(set(names)) == len(names) == width and all(name.strip() for name in names)
    rows = [tuple(map(cell, (*row, *[""] * (width - len(row)))[:width])) for row in (clean[1:] if names else clean)]
    quote, escape = told["quotechar"], told["escapechar"]
    one = contract(
        names if by_name else [f"c{place}" for place in range(width)],
        name=file.name.replace("*", "?").replace("[", "?"),
        encoding=told["encoding"] or "utf-8",
        delimiter=told["delimiter"] or ",",
        quote=quote,
        escape=None if escape in {"", quote} else escape,
        header=by_name,
        skip_rows=skipped if by_name else skipped + header_lines,
        nulls=_NULLS.get(file.name, ()),
        table=1 if "multitable" in file.name else None,
        footer_rows=int(told["footnote_lines"] or 0),
    )
    whole = bool(rows) and not file.name.startswith(_LOST)
    return Case(f"pollock/{part}", file.name, file, one, None if file.name in _ELSE else rows, whole)


def spectrum() -> Iterator[Case]:
    """csv-spectrum: awkward but sound files, each with its rows as JSON."""
    for file in sorted((FILES / "csv-spectrum" / "csvs").glob("*.csv")):
        told = (FILES / "csv-spectrum" / "json" / f"{file.stem}.json").read_bytes().decode("utf-8", "replace")
        rows = json.loads(told if told.lstrip().startswith("[") else f"[{told}]")
        if file.stem == "location_coordinates":
            # Its JSON tells another telephone number than the file does.
            rows[0]["Contact Phone Number"] = "2095257564"
        expected = [tuple(map(cell, row.values())) for row in rows]
        yield Case("csv-spectrum", file.name, file, contract(list(rows[0]), name=file.name), expected)


def gbk() -> Iterator[Case]:
    """A table in GBK with unnamed columns at the end."""
    for file in sorted((FILES / "gbk").glob("*.csv")):
        records = list(csv.reader(io.StringIO(file.read_text("gb18030"), newline="")))
        names = [name for name in records[0] if name]
        one = contract(names, name=file.name, encoding="gb18030", ignored_headers=("",))
        yield Case("gbk", file.name, file, one, [tuple(map(cell, record[: len(names)])) for record in records[1:]])


_WEATHER = (
    ("2011-01-01", "1", "Galway"),
    ("2011-01-02", "-1", "Galway"),
    ("2011-01-03", "0", "Galway"),
    ("2011-01-01", "6", "Berkeley"),
    ("2011-01-02", "8", "Berkeley"),
    ("2011-01-03", "5", "Berkeley"),
)
_AGES = (("Bob", "20", "2010-10-10"), ("Jane", "23", "2012-01-01"), ("Ian", "34", "2015-11-11"))
_TYPED = {"date": "date", "temperature": "integer", "place": "string"}
_WHEN = {"Name": "string", "Age": "integer", "When": "date"}
# Of the files that no text parser reads: what their columns are, and the rows in them.
_BOXED: Mapping[str, tuple[Mapping[str, str], Sequence[Row] | None]] = {
    "simple.xls": (_TYPED, _WEATHER),
    "simple.xlsx": (_TYPED, _WEATHER),
    "simple.zip": (_TYPED, _WEATHER),
    "simple.ods": (_WHEN, _AGES),
    "blank_line.ods": (_WHEN, _AGES),
    # One column of words, of a date in five formats and of a cell of nothing: nobody has told what its rows are.
    "excel_properties.xls": ({"format": "string"}, None),
}
# Of texts: how they are written. Where there is no header, columns come by position.
_HORROR: Mapping[str, Mapping[str, Any]] = {
    "characters.csv": {"encoding": "cp950"},
    "example.tsv": {"delimiter": "\t"},
    "excel_properties.xls": {"header": False},
    "long.csv": {"header": False},
    "null.csv": {"header": False},
    "simple.psv": {"delimiter": "|"},
    "simple.ssv": {"delimiter": ";"},
    "small.csv": {"header": False},
    "utf8bom.csv": {"header": False},
    "utf-16le_encoded.csv": {"encoding": "utf-16"},
    "weird_head_padding.csv": {"delimiter": ";", "skip_rows": 11, "header": False, "footer": (r"\*+",)},
}


def horror() -> Iterator[Case]:
    """messytables' horror set: files that broke its readers. Rows are told where they are whole."""
    for file in sorted((FILES / "messytables_horror").glob("*")):
        facts = {"name": file.name, **_HORROR.get(file.name, {})}
        if file.name in _BOXED:
            kinds, rows = _BOXED[file.name]
            one = contract(list(kinds), list(kinds.values()), format=file.suffix[1:], **facts)
            yield Case("messytables_horror", file.name, file, one, rows)
        else:
            headers, rows = _told(file, facts)
            yield Case("messytables_horror", file.name, file, contract(headers, **facts), rows)


def _told(file: Path, facts: Mapping[str, Any]) -> tuple[list[str], list[Row] | None]:
    """Header and rows as Python's own parser tells them, rows only where all are as wide as the first."""
    text = file.read_bytes().decode(str(facts.get("encoding", "utf-8-sig")))
    lines = text.splitlines(keepends=True)[facts.get("skip_rows", 0) :]
    records = [one for one in csv.reader(lines, delimiter=facts.get("delimiter", ",")) if one]
    if facts.get("footer"):
        records = records[: next(place for place, one in enumerate(records) if one[0].startswith("*"))]
    if not records:
        return ["a"], None
    header = records[0] if facts.get("header", True) else [f"c{place}" for place in range(len(records[0]))]
    if any(len(one) != len(header) for one in records):
        return header, None
    return header, [tuple(map(cell, record)) for record in records[1 if facts.get("header", True) else 0 :]]
