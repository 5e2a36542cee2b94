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


def contract(headers: Sequence[str], **source: Any) -> Dataset:
    """A dataset of optional text columns, named by these headers."""
    columns = [column(f"c{place}", headers=(header.strip() or f"c{place}",)) for place, header in enumerate(headers)]
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


_HORROR: Mapping[str, Mapping[str, Any]] = {
    "example.tsv": {"delimiter": "\t"},
    "simple.psv": {"delimiter": "|"},
    "simple.ssv": {"delimiter": ";"},
    "utf-16le_encoded.csv": {"encoding": "utf-16"},
    "weird_head_padding.csv": {"delimiter": ";", "skip_rows": 10, "header": False},
}


def horror() -> Iterator[Case]:
    """messytables' horror set: files that broke its readers. Rows are told for the delimited ones that are whole."""
    for file in sorted((FILES / "messytables_horror").glob("*")):
        facts = dict(_HORROR.get(file.name, {}))
        kind = {"xls": "xls", "xlsx": "xlsx", "ods": "ods", "zip": "zip"}.get(file.suffix[1:].lower(), "csv")
        headers, rows = _told(file, kind, facts)
        one = contract(headers, name=file.name, format=kind, **facts)
        yield Case("messytables_horror", file.name, file, one, rows)


def _told(file: Path, kind: str, facts: Mapping[str, Any]) -> tuple[list[str], list[Row] | None]:
    """Header and rows as Python's own parser tells them, rows only where all are as wide as the header."""
    if kind != "csv":
        return ["a", "b"], None
    encoding = str(facts.get("encoding", "utf-8-sig"))
    text = file.read_bytes().decode(encoding, "replace")
    lines = text.splitlines(keepends=True)[facts.get("skip_rows", 0) :]
    records = [one for one in csv.reader(lines, delimiter=facts.get("delimiter", ",")) if one]
    if not records or any(len(one) != len(records[0]) for one in records) or len(set(records[0])) < len(records[0]):
        return (records[0] if records and all(records[0]) else ["a", "b"]), None
    return records[0], [tuple(map(cell, record)) for record in records[1:]]
