"""Whether two globs can match one path: held against every path of a small alphabet, and told where a city loads."""

from __future__ import annotations

import itertools
import random
import re
from fnmatch import translate
from pathlib import Path

import pytest

from contracts.faults import DeclarationsRefused
from contracts.globs import paths_meet
from contracts.load import load_catalogue

VISITS = "contracts/departments/health/visits.yml"
RESIDENTS = "contracts/departments/police/residents.yml"
MARKS = ["a", "b", "?", "*", "[ab]", "[!a]"]
NAMES = ["".join(letters) for size in range(4) for letters in itertools.product("ab", repeat=size)]


def matches(glob: str, path: str) -> bool:
    """What a glob matches, by regular expression: the other way to say it."""
    parts = [
        ".*" if part == "**" else translate(part)[4:-3].replace("[^", "[^/").replace(".", "[^/]")
        for part in glob.split("/")
    ]
    pattern = "/".join(parts).replace(".*/", "(.*/)?")
    return re.fullmatch(pattern, path) is not None


@pytest.mark.parametrize("seed", range(400))
def test_they_meet_where_a_path_fits_both(seed: int) -> None:
    chance = random.Random(seed)

    def glob() -> str:
        names = ["".join(chance.choices(MARKS, k=chance.randint(1, 3))) for _ in range(chance.randint(1, 2))]
        folders = [chance.choice(["**", name]) for name in names[:-1]]
        return (
            re.sub(r"\*\*+", "*", names[-1])
            if not folders
            else f"{re.sub(r'[*][*]+[^*]*', '**', folders[0])}/{names[-1].replace('**', '*')}"
        )

    one, other = glob(), glob()
    tails = [
        "/".join(parts)
        for size in (1, 2, 3)
        for parts in itertools.product([n for n in NAMES if n], repeat=size)
        if size < 3 or len("".join(parts)) < 5
    ]
    fits = any(matches(one, path) and matches(other, path) for path in tails)
    if fits:
        assert paths_meet(one, other), (one, other)
    if "[" not in one + other:
        assert paths_meet(one, other) == fits or len(one + other) > 9, (one, other)
    assert paths_meet(one, other) == paths_meet(other, one)


MEET = [
    ("*/ecology/permits.csv", "*/*/permits.csv"),
    ("*/ecology/permits.csv", "*/ecology/perm?ts.csv"),
    ("*/ecology/permits.csv", "**/permits.csv"),
    ("**/a/**/b.csv", "x/**/b.csv"),
    ("a*c.csv", "*b*.csv"),
    ("[0-9]x.csv", "[5-7]x.csv"),
    ("x[0-9].csv", "x7.csv"),
    ("*" * 1 + "a" * 200, "a*" * 100),
]
APART = [
    ("*/ecology/permits.csv", "*/ecology/permit.csv"),
    ("*/ecology/permits.csv", "*/permits.csv"),
    ("a*b.csv", "a*c.csv"),
    ("**/a.csv", "**/b.csv"),
    ("x[0-9].csv", "xa.csv"),
    ("x?.csv", "x.csv"),
    ("a*" * 100 + "b", "a" * 250),
]


@pytest.mark.parametrize(
    ("one", "other", "meet"), [(*pair, True) for pair in MEET] + [(*pair, False) for pair in APART]
)
def test_by_example(one: str, other: str, meet: bool) -> None:
    assert paths_meet(one, other) is paths_meet(other, one) is meet


def faults_of(
    workspace: Path, path: str, format_: str = "ndjson", other: tuple[str, str] = ("", "")
) -> list[tuple[str, str]]:
    file = workspace / VISITS
    text = (
        file.read_text("utf-8").replace("*/health/visits.ndjson", path).replace("format: ndjson", f"format: {format_}")
    )
    file.write_text(text, "utf-8")
    residents = workspace / RESIDENTS
    residents.write_text(residents.read_text("utf-8").replace(*other), "utf-8")
    try:
        load_catalogue(workspace)
    except DeclarationsRefused as refused:
        return [(Path(fault.file).name, fault.where) for fault in refused.faults]
    return []


@pytest.mark.parametrize("path", ["*/*/residents.csv", "*/police/resident?.csv", "**/residents.csv", "*/police/*"])
def test_one_delivery_is_never_two_datasets(workspace: Path, path: str) -> None:
    assert faults_of(workspace, path) == [("residents.yml", "servers[0].path")]


@pytest.mark.parametrize("spoilt", ["classification: L9", "classification: L3, colour: red"])
def test_nor_where_one_of_them_is_faulty_otherwise(workspace: Path, spoilt: str) -> None:
    told = faults_of(
        workspace, "*/*/residents.csv", "ndjson", ("classification: L3", spoilt.replace(", ", "\n        "))
    )
    assert ("residents.yml", "servers[0].path") in told
    assert len(told) == 2


@pytest.mark.parametrize(
    ("member", "meet"), [("a*.csv", True), ("residents.csv", True), ("*.txt", False), ("x/*.txt", False)]
)
def test_members_of_a_zip_are_globs_too(workspace: Path, member: str, meet: bool) -> None:
    zipped = (
        '"*/police/residents.csv"\n    format: csv',
        f'"*/p/x.zip"\n    format: zip\n    customProperties: [{{property: member, value: "{member}"}}]\n',
    )
    residents = workspace / RESIDENTS
    residents.write_text(
        residents.read_text("utf-8").replace('    customProperties:\n      - {property: nulls, value: ["-"]}\n', "", 1),
        "utf-8",
    )
    assert bool(faults_of(workspace, "*/p/?.zip", "zip", zipped)) is meet
