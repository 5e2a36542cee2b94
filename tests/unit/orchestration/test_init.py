"""`zhongtai init`: what it writes, that it is all or nothing, what it refuses. That it runs is `test_first_city`'s."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
import yaml
from stdnum.cn import uscc

from contracts.load import load_catalogue
from contracts.working_days import is_working_day
from orchestration.twins.sync import drift
from orchestration.workspace import begin as beginning
from orchestration.workspace.begin import begin
from orchestration.workspace.newcity import CityRefused, NewCity, new_city
from tests.command import Said, call

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 11, 23)
NOW = {"ZHONGTAI_NOW": "2026-11-23T12:00:00+00:00"}
HARBOUR = NewCity("harbour", "示例港", "Harbour", DAY)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def init(*arguments: str) -> Said:
    return call("init", *arguments, environment=NOW)


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    begin(tmp_path / "harbour", HARBOUR)
    return tmp_path / "harbour"


def test_the_workspace_is_sound_and_its_twins_are_those_of_sync(harbour: Path) -> None:
    catalogue = load_catalogue(harbour)
    assert (catalogue.city, catalogue.title_zh, catalogue.title_en) == ("harbour", "示例港", "Harbour")
    assert len(catalogue.providers("legal_entity")) == 2
    assert drift(catalogue, harbour / "dbt_project") == []


def test_the_same_arguments_give_the_same_bytes(harbour: Path, tmp_path: Path) -> None:
    begin(tmp_path / "again", HARBOUR)
    assert contents(tmp_path / "again") == contents(harbour)


def test_what_every_dbt_project_holds_is_what_the_sample_citys_holds(harbour: Path) -> None:
    own, sample = harbour / "dbt_project", ROOT / "dbt_project"
    assert contents(own / "macros") == contents(sample / "macros")
    project = (sample / "dbt_project.yml").read_text(encoding="utf-8").replace("sample_city", "harbour")
    assert yaml.safe_load((own / "dbt_project.yml").read_text(encoding="utf-8")) == yaml.safe_load(project)


def test_nobody_is_meant(harbour: Path) -> None:
    rows = [
        row
        for path in sorted((harbour / "deliveries").rglob("*.csv"))
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    ]
    codes = [row.get("统一社会信用代码") or row["纳税人识别号"] for row in rows]
    assert {code[:8] for code in codes} == {"91999001"}
    assert [code for code in codes if not uscc.is_valid(code)] == ["9199900120010121X1"]
    assert {row["联系电话"][:3] for row in rows} <= {"154", "", "无", "不详"}


def test_its_readme_tells_what_the_first_run_does(harbour: Path) -> None:
    page = (ROOT / "docs" / "first-city.md").read_text(encoding="utf-8")  # which is held to what is printed
    read, rejected = re.findall(r"^total of 2 +2 +(\d+) +\d+ +(\d+)", page, re.MULTILINE)[0]
    told = f"reads {read} rows, puts {rejected} of them in quarantine"
    assert told in (harbour / "README.md").read_text(encoding="utf-8")


def test_the_city_begins_on_the_platforms_day(harbour: Path) -> None:
    catalogue = load_catalogue(harbour)
    assert [path.name for path in (harbour / "deliveries").iterdir()] == ["2026-11-23"]
    agreement = catalogue.agreements["taxation__unfiled_enterprises"]
    assert (agreement.valid_from, agreement.valid_until) == (date(2026, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(("day", "years"), [(DAY, set()), (date(2051, 3, 8), {2051})])
def test_a_year_that_nobody_has_announced_gets_a_calendar(tmp_path: Path, day: date, years: set[int]) -> None:
    begin(tmp_path / "late", NewCity("late", "晚", "Late", day))
    calendar = load_catalogue(tmp_path / "late").calendar
    assert set(calendar.years) == years
    assert is_working_day(day, calendar)


def test_titles_are_kept_whatever_they_hold(tmp_path: Path) -> None:
    begin(tmp_path / "x", NewCity("x", '港"城": #1', "A\\B: {c}", DAY))
    catalogue = load_catalogue(tmp_path / "x")
    assert (catalogue.title_zh, catalogue.title_en) == ('港"城": #1', "A\\B: {c}")


def test_the_name_is_the_folders_and_the_titles_follow_it() -> None:
    assert new_city(Path("old_harbour"), None, None, None, DAY) == NewCity(
        "old_harbour", "Old Harbour", "Old Harbour", DAY
    )


def test_json_says_what_was_written_and_what_is_next(tmp_path: Path) -> None:
    said = init(str(tmp_path / "har bour"), "--name", "harbour", "--json")
    found = json.loads(said.out)
    assert said.status == 0 and found["workspace"] == str(tmp_path / "har bour")
    assert found["files"] == sorted(contents(tmp_path / "har bour"))
    assert found["next"][0] == f"export ZHONGTAI_WORKSPACE='{tmp_path}/har bour'"
    assert found["next"][1:] == ["zhongtai sync --check", "zhongtai run"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["full"], "is not empty: it holds note.txt. Name a folder that is empty"),
        (["note.txt"], "note.txt is a file"),
        (["note.txt/below"], "note.txt is a file"),
        (["my-city"], "Say --name my_city"),
        (["new", "--name", "New"], "--name 'New' cannot name a city"),
        (["schema"], "'schema' means something else to dbt"),
        (["new", "--name", "on"], "'on' means something else"),
        (["new", "--name", "zhongtai"], "Say --name zhongtai_city"),
        (["new", "--title-zh", " "], "--title-zh ' ' is no title"),
        (["new", "--title-en", "two\nlines"], "Give one line of text"),
        (["new", "--title-en", "{{ x }}"], "zhongtai.yml:3: {{ begins a template"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    for place in (tmp_path, tmp_path / "full"):
        (place / "note.txt").write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    said = init(*arguments)
    assert (said.status, said.out) == (2, "")
    assert words in said.err
    assert contents(tmp_path) == before and {path.name for path in tmp_path.iterdir()} == {"full", "note.txt"}


@pytest.mark.parametrize("target", ["absent", "not/yet/there", "empty"])
def test_what_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(beginning, "write_twins", _full_disk)
    with pytest.raises(CityRefused, match="cannot be written: No space left"):
        begin(tmp_path / target, HARBOUR)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_an_empty_folder_is_filled_again_after_a_move_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, calls = Path.rename, iter((True, True, False, True, True))
    monkeypatch.setattr(Path, "rename", lambda path, to: rename(path, to) if next(calls) else _full_disk())
    with pytest.raises(CityRefused, match="No space left"):
        begin(tmp_path, HARBOUR)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_stays_the_same_folder(tmp_path: Path) -> None:
    before = tmp_path.stat().st_ino
    begin(tmp_path, HARBOUR)
    assert tmp_path.stat().st_ino == before and (tmp_path / "zhongtai.yml").is_file()


def test_the_wheel_carries_every_file_of_the_template() -> None:
    package = ROOT / "orchestration" / "workspace"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["orchestration.workspace"]
    carried = {path for pattern in patterns for path in package.glob(pattern) if not path.name.startswith(".")}
    assert {path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")} <= carried


def _full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")
