"""Where deliveries lie and how they are written: what no reader acts on is refused, what works is taken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import duckdb
import fsspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.odcs_extras import Format, ServerExtras
from contracts.servers import ARGUMENTS, path_fault
from contracts.sql_text import literal
from lake.readers.formats import _READERS

VISITS = "contracts/departments/health/visits.yml"
RESIDENTS = "contracts/departments/police/residents.yml"
# What the readers use, seen in their code; what is not here is everybody's.
_LINES = {"csv", "zip", "tar"}
_SHEETS = {"xlsx", "xls", "ods", "html"}
_NAMED = _LINES | _SHEETS | {"fixed"}
TAKEN = {
    "encoding": _LINES | {"fixed", "ndjson", "json", "geojson", "xml", "html", "dbf"},
    "delimiter": _LINES,
    "quote": _LINES,
    "escape": _LINES,
    "line_end": _LINES | {"fixed"},
    "comment": _LINES | {"fixed"},
    "table": _LINES,
    "widths": {"fixed"},
    "header": _NAMED,
    "skip_rows": _NAMED,
    "header_rows": _NAMED,
    "footer": _NAMED,
    "footer_rows": _NAMED,
    "merged": {"xlsx", "xls", "ods", "html"},
    "member": _SHEETS | {"zip", "tar", "sqlite"},
    "member_format": {"zip", "tar"},
    "records": {"json", "xml"},
}
VALUES = {
    "encoding": "gb18030",
    "delimiter": '";"',
    "quote": '"\'"',
    "header": "true",
    "skip_rows": "1",
    "member": "x",
    "nulls": "[NA]",
    "ignored_headers": "[x]",
    "escape": '"\\\\"',
    "line_end": "LF",
    "comment": '"#"',
    "header_rows": "2",
    "footer": "[合计]",
    "footer_rows": "1",
    "table": "1",
    "widths": "[1, 2]",
    "merged": "fill",
    "member_format": "csv",
    "largest_unpacked": "1000",
    "largest_ratio": "10",
    "delivery_date": "path",
    "zone": "Asia/Shanghai",
    "settled_seconds": "60",
    "complete": "_SUCCESS",
}
RECORDS = {"json": '"$.data.rows"', "xml": "/rows/row"}


def declare(workspace: Path, format_: str, **given: str) -> None:
    path = workspace / VISITS
    extra = "".join(f"      - {{property: {name}, value: {value}}}\n" for name, value in given.items())
    new = f"format: {format_}\n" + (f"    customProperties:\n{extra}" if extra else "")
    path.write_text(path.read_text("utf-8").replace("format: ndjson\n", new), "utf-8")


def refused(workspace: Path) -> list[str]:
    try:
        load_catalogue(workspace)
    except DeclarationsRefused as error:
        return [f"{fault.where}: {fault.what}" for fault in error.faults]
    return []


def test_every_format_has_a_reader_and_its_arguments() -> None:
    assert set(get_args(Format)) == set(ARGUMENTS) == set(_READERS)
    assert set(VALUES) | {"format", "records", "secret"} == set(ServerExtras.model_fields)


@pytest.mark.parametrize("format_", sorted(ARGUMENTS))
@pytest.mark.parametrize("name", sorted({*VALUES, "records"}))
def test_an_argument_is_taken_by_the_formats_that_have_it(workspace: Path, format_: str, name: str) -> None:
    needed = {"widths": VALUES["widths"]} if format_ == "fixed" else {}
    declare(workspace, format_, **{**needed, name: VALUES.get(name) or RECORDS.get(format_, '"$.rows"')})
    taken = format_ in TAKEN.get(name, set(ARGUMENTS))
    faults = refused(workspace)
    assert bool(faults) is not taken, faults
    assert all(f"{format_} has no {name}" in fault for fault in faults)


def test_there_is_a_width_for_each_column_that_no_header_names(workspace: Path) -> None:
    declare(workspace, "fixed", widths="[1, 2, 3]", header="false")
    assert "widths are those of 3 columns" in str(refused(workspace))


def test_an_escape_in_single_quotes_is_no_delimiter(workspace: Path) -> None:
    declare(workspace, "csv", delimiter="'\\t'")
    assert "write it in double quotes" in str(refused(workspace))


def test_a_spelling_of_nothing_that_no_cell_has_is_refused(workspace: Path) -> None:
    declare(workspace, "csv", nulls="[' - ']")
    assert "compared without blanks" in str(refused(workspace))


MARKS = st.characters(codec="utf-8")


def reads(tmp_path: Path, delimiter: str, quote: str) -> bool:
    """Whether DuckDB parts two cells by a delimiter, one of them in quotes."""
    file = tmp_path / "x.csv"
    file.write_text(f"{quote}K{quote}{delimiter}L\n", encoding="utf-8", newline="")
    query = f"""from read_csv({literal(str(file))}, auto_detect=false, header=false, delim={literal(delimiter)},
        quote={literal(quote)}, escape={literal(quote)}, nullstr='\x02', columns={{'a': 'VARCHAR', 'b': 'VARCHAR'}})"""
    try:
        return duckdb.connect().execute(query).fetchall() == [("K", "L")]
    except duckdb.Error:
        return False


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", " ", "\x01", "\x1f", "\x7f", "，", "§", "😀", "\\", "~"])
def test_delimiters_that_work(workspace: Path, tmp_path: Path, delimiter: str) -> None:
    declare(workspace, "csv", delimiter="".join(['"', *(f"\\U{ord(mark):08x}" for mark in delimiter), '"']))
    assert refused(workspace) == []
    assert load_catalogue(workspace).datasets["health.visits"].source.delimiter == delimiter
    assert reads(tmp_path, delimiter, '"')


@pytest.mark.parametrize("quote", ["'", "|", "`", "\x01", "$", ""])
def test_quotes_that_work(workspace: Path, tmp_path: Path, quote: str) -> None:
    declare(workspace, "csv", quote="".join(['"', *(f"\\U{ord(mark):08x}" for mark in quote), '"']))
    assert refused(workspace) == []
    assert reads(tmp_path, ",", quote)


@pytest.mark.parametrize(
    ("delimiter", "quote"), [("\n", '"'), ("\r", '"'), ("\0", '"'), ('"', '"'), (",", "”"), (",", "\n"), (",", ",")]
)
def test_marks_that_do_not_work(workspace: Path, tmp_path: Path, delimiter: str, quote: str) -> None:
    spelt = {"delimiter": delimiter, "quote": quote}
    declare(workspace, "csv", **{name: f'"\\U{ord(mark):08x}"' for name, mark in spelt.items()})
    assert refused(workspace)


@pytest.mark.parametrize(
    ("format_", "name", "value"),
    [
        ("csv", "delimiter", '"123456789"'),
        ("csv", "escape", '"ab"'),
        ("csv", "escape", '","'),
        ("csv", "comment", "'\"'"),
        ("csv", "footer", '["(?=x)"]'),
        ("fixed", "skip_rows", "1"),
    ],
)
def test_dialects_that_do_not_work(workspace: Path, format_: str, name: str, value: str) -> None:
    declare(workspace, format_, **{name: value})
    assert refused(workspace)


PATHS = st.lists(st.text("ab*?[]{}\\/.~! -1", max_size=6), max_size=4).map("/".join)


@given(PATHS)
@example("**/a.csv")
@example("*/a**.csv")
@example("[a")
def test_a_path_that_is_taken_is_a_glob_below_the_root(path: str) -> None:
    if path_fault(path):
        return
    filesystem = fsspec.filesystem("memory")
    filesystem.glob(f"memory://base/{path}")  # raises where the glob is none
    assert ".." not in path.split("/") and not path.startswith(("/", "~"))


@pytest.mark.parametrize(
    "path",
    [
        "*/a/b.csv",
        "**/b.csv",
        "20[12]?/a b.csv",
        "2026-02-28/*.csv",
        "a_20240229*.csv",
        "[!x]*.csv",
        "常住　人口/*.csv",
        "no_20261399_1.csv",
    ],
)
def test_paths_that_are_sound(path: str) -> None:
    assert path_fault(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "s3://bucket/x.csv",
        "file:///x.csv",
        "C:/x.csv",
        "a/../x.csv",
        "a//b.csv",
        "a\nb.csv",
        "20230229/x.csv",
        "a" * 300,
    ],
)
def test_paths_that_are_not(path: str) -> None:
    assert path_fault(path)


def test_no_file_is_two_datasets(workspace: Path) -> None:
    path = workspace / VISITS
    path.write_text(path.read_text("utf-8").replace('"*/health/visits.ndjson"', '"*/police/residents.csv"'), "utf-8")
    (fault,) = refused(workspace)
    assert "where the deliveries of health.visits lie already" in fault


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ("s3://files/police */rows.csv", "s3://files/health */rows.csv", False),
        ("s3://files/police */rows.csv", "s3://files/police/ 2026*/rows.csv", True),
        ("s3://files police/rows.csv", "s3://files/police rows.csv", True),
        ("https://a.example/out */rows.csv", "https://b.example/out */rows.csv", False),
        (" */rows.csv", "s3://files/police */rows.csv", False),
    ],
)
def test_a_path_is_of_one_place(workspace: Path, one: str, other: str, meets: bool) -> None:
    for name, told in ((RESIDENTS, one), (VISITS, other)):
        location, _, pattern = told.partition(" ")
        text = re.sub('path: "[^"]*"', f'path: "{pattern}"', (workspace / name).read_text("utf-8"))
        text = re.sub(r"format: \w+", "format: csv", text, count=1)
        if location:
            text = text.replace("type: local", f"type: {location.split(':')[0]}\n    location: {location}", 1)
        (workspace / name).write_text(text, "utf-8")
    assert any("lie already" in fault for fault in refused(workspace)) is meets


def test_two_members_of_one_file_are_two_datasets(workspace: Path) -> None:
    declare(workspace, "xlsx", member="visits")
    other = workspace / VISITS.replace("visits", "wards")
    text = (workspace / VISITS).read_text("utf-8").replace("health.visits", "health.wards")
    other.write_text(text.replace("value: visits}", "value: wards}"), "utf-8")
    assert refused(workspace) == []


@pytest.mark.parametrize(
    ("format_", "path"),
    [
        ("json", '"rows"'),
        ("json", '"$.a[0]"'),
        ("json", "/a/b"),
        ("xml", '"$.a"'),
        ("xml", "root/row"),
        ("xml", "/a//b"),
    ],
)
def test_paths_that_lead_to_no_records(workspace: Path, format_: str, path: str) -> None:
    declare(workspace, format_, records=path)
    (fault,) = refused(workspace)
    assert "records is" in fault


def test_a_zone_that_nobody_knows(workspace: Path) -> None:
    declare(workspace, "parquet", zone="Asia/Atlantis")
    (fault,) = refused(workspace)
    assert "there is no zone 'Asia/Atlantis'" in fault


@pytest.mark.parametrize(
    ("zone", "known"), [("Asia/Shanghai", True), ("UTC", True), ("Asia/Beijing", False), ("+8", False)]
)
def test_a_zone_is_one_that_clocks_keep(workspace: Path, zone: str, known: bool) -> None:
    declare(workspace, "csv", zone=f'"{zone}"')
    assert bool(refused(workspace)) is not known


@pytest.mark.parametrize("complete", ["manifest", "_SUCCESS", "'*.done'", "SHA256SUMS"])
def test_what_lies_beside_a_file_may_say_that_it_is_whole(workspace: Path, complete: str) -> None:
    declare(workspace, "csv", complete=complete, settled_seconds="60")
    assert refused(workspace) == []


@pytest.mark.parametrize("complete", ["'*'", "a/b", "'*.withdrawn'", "'**'", "' '"])
def test_what_could_not_lie_beside_a_file_says_nothing_of_it(workspace: Path, complete: str) -> None:
    declare(workspace, "csv", complete=complete)
    (fault,) = refused(workspace)
    assert "complete is" in fault
