"""Rules across departments and suites written by hand: what is sound is read, what is wrong is refused at its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.cross_rules import CrossKind
from contracts.faults import DeclarationsRefused, Fault
from contracts.load import load_catalogue
from contracts.violation import Severity
from quality.declared import DuckDBEngine

COMMON = {"title": {"zh": "题", "en": "Title"}, "owner": "health", "fix": "ask the hospital"}
VISITS, RESIDENTS = {"of": "health.visits"}, {"of": "police.residents"}
SOUND: dict[str, dict[str, Any]] = {
    "referential": {
        "here": {**VISITS, "column": "resident_id", "where": "ward is not null"},
        "there": {**RESIDENTS, "column": "resident_id"},
        "at_least": 0.9,
    },
    "contradiction": {
        "here": VISITS,
        "there": {**RESIDENTS, "where": "income > 0"},
        "join": {"resident_id": "resident_id"},
        "never": "here.ward = '1' and there.born > date '2020-01-01'",
        "blames": "police.residents",
    },
    "reconciliation": {
        "here": {**RESIDENTS, "group": ["name"], "at": "born", "measure": "sum", "column": "income"},
        "there": {"of": "theme.person", "group": ["name"], "at": "born"},
        "grain": "month",
        "tolerance": {"absolute": 1, "relative": 0.01},
    },
    "duplicate_collection": {"element": "resident_id", "subject": "resident_id"},
}


def write(workspace: Path, kind: str, **changes: Any) -> None:
    folder = workspace / "contracts" / "rules"
    folder.mkdir(exist_ok=True)
    told = {"rule": "one", "kind": kind, **COMMON, **SOUND.get(kind, {}), **changes}
    told = {name: value for name, value in told.items() if value is not None}
    (folder / "one.yml").write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")


def faults_of(workspace: Path) -> tuple[Fault, ...]:
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace, engine=DuckDBEngine())
    return refused.value.faults


@pytest.mark.parametrize("kind", SOUND)
def test_each_kind_is_read(workspace: Path, kind: str) -> None:
    write(workspace, kind)
    (one,) = load_catalogue(workspace, engine=DuckDBEngine()).cross_rules["one"]
    assert (one.kind, one.severity, one.dimension) == (CrossKind(kind), Severity.WARNING, "consistency")
    wanted = "police.residents" if kind in ("contradiction", "reconciliation") else "health.visits"
    assert one.blamed.of == wanted
    assert one.blamed.table == f"staging.stg_{wanted.replace('.', '__')}"


@pytest.mark.parametrize(
    ("kind", "changes", "where", "what"),
    [
        ("nonsense", {}, "kind", "no kind of rule"),
        ("referential", {"rule": "another"}, "rule", "not the file's name"),
        ("referential", {"owner": "fire"}, "owner", "no department 'fire'"),
        ("referential", {"severity": "fatal"}, "severity", "'fatal'"),
        ("referential", {"dimension": "beauty"}, "dimension", "'beauty'"),
        ("referential", {"weight": -1}, "weight", "unknown key"),
        ("referential", {"at_least": -0.1}, "at_least", "-0.1"),
        ("referential", {"at_least": 1.5}, "at_least", "1.5"),
        ("referential", {"blames": "health.wards"}, "blames", "neither side"),
        ("referential", {"fix": None}, "", "'fix' is missing"),
        ("referential", {"here": {"of": "health.wards", "column": "ward"}}, "here.of", "no table 'health.wards'"),
        ("referential", {"here": {**VISITS, "column": "bed"}}, "here.column", "no column 'bed'"),
        ("referential", {"there": {**RESIDENTS, "column": "born"}}, "there.column", "never equal"),
        ("referential", {"here": {**VISITS, "column": "ward", "where": "bed > 1"}}, "here.where", "bed"),
        ("contradiction", {"join": {"resident_id": "income"}}, "join.resident_id", "never equal"),
        ("contradiction", {"join": {"bed": "resident_id"}}, "join", "no column 'bed'"),
        ("contradiction", {"join": {}}, "join", "list"),
        ("contradiction", {"never": "here.bed = there.born"}, "never", "no column 'bed'"),
        ("contradiction", {"never": "there.born is null"}, "never", "both tables"),
        ("contradiction", {"never": "here.ward = there.name; drop table x"}, "never", "';'"),
        ("contradiction", {"never": "here.ward || there.name"}, "never", "neither true nor false"),
        ("contradiction", {"never": "here.ward = there.name and now() > there.born"}, "never", "now"),
        ("reconciliation", {"tolerance": {"absolute": -1}}, "tolerance.absolute", "-1"),
        ("reconciliation", {"tolerance": {"relative": -0.5}}, "tolerance.relative", "-0.5"),
        ("reconciliation", {"grain": None}, "here.at", "time grain"),
        ("reconciliation", {"there": {**RESIDENTS, "group": [], "at": "born"}}, "there.group", "here are 1 groups"),
        ("reconciliation", {"there": {**RESIDENTS, "group": ["born"], "at": "born"}}, "there.group[0]", "never equal"),
        ("reconciliation", {"here": {**RESIDENTS, "group": ["name"], "at": "name"}}, "here.at", "is a string"),
        (
            "reconciliation",
            {"here": {**RESIDENTS, "group": ["name"], "at": "born", "measure": "sum", "column": "name"}},
            "here.column",
            "is a string",
        ),
        (
            "reconciliation",
            {"here": {**RESIDENTS, "group": ["name"], "at": "born", "measure": "sum"}},
            "here.column",
            "needs a column",
        ),
        ("duplicate_collection", {"element": "ward"}, "element", "no dataset is authoritative"),
        ("duplicate_collection", {"element": "beds"}, "element", "no data element 'beds'"),
        ("duplicate_collection", {"subject": "ward"}, "subject", "has no column"),
        ("duplicate_collection", {"allowed": ["fire.calls"]}, "allowed[0]", "no dataset 'fire.calls'"),
        (
            "duplicate_collection",
            {"columns": {"health.visits": {"subject": "ward", "element": "resident_id"}}},
            "columns.health.visits.subject",
            "no column 'ward' of",
        ),
    ],
)
def test_a_wrong_rule_is_refused_at_its_place(
    workspace: Path, kind: str, changes: dict[str, Any], where: str, what: str
) -> None:
    write(workspace, kind, **changes)
    faults = faults_of(workspace)
    assert {fault.file for fault in faults} == {"contracts/rules/one.yml"}
    assert any(where in fault.where and what in fault.what and fault.write_instead for fault in faults), faults


def test_what_a_sum_is_compared_as_follows_its_column(workspace: Path) -> None:
    measured = {**RESIDENTS, "group": ["name"], "measure": "sum", "column": "income"}
    write(workspace, "reconciliation", here=measured, there={**RESIDENTS, "group": ["name"]}, grain=None)
    catalogue = load_catalogue(workspace, engine=DuckDBEngine())
    measures = catalogue.cross_rules["one"][0].comparison.measures
    income = catalogue.datasets["police.residents"].column("income").element
    wanted = income.scale if income.type == "decimal" else 0 if income.type == "integer" else None
    assert measures is not None and [one.scale for one in measures] == [wanted, 0]


def test_a_rule_takes_the_name_of_no_other_of_its_table(workspace: Path) -> None:
    contract = workspace / "contracts/departments/health/visits.yml"
    (own,) = [one for one in load_catalogue(workspace).datasets["health.visits"].rules if ":" not in one.name][:1]
    folder = workspace / "contracts" / "rules"
    folder.mkdir()
    for name in (own.name, "not_empty"):
        write(workspace, "referential", rule=name)
        (folder / "one.yml").rename(folder / f"{name}.yml")
    told = {fault.file: fault for fault in faults_of(workspace)}
    taken = told[f"contracts/rules/{own.name}.yml"]
    assert "the contract of health.visits has a rule" in taken.what and (taken.where, taken.line) == ("rule", 1)
    assert "another name" in taken.write_instead and contract.is_file()
    assert "of itself" in told["contracts/rules/not_empty.yml"].what and len(told) == 2
    # Of another table it is free.
    (folder / "not_empty.yml").unlink()
    write(workspace, "referential", rule=own.name, blames="police.residents")
    (folder / "one.yml").rename(folder / f"{own.name}.yml")
    assert own.name in load_catalogue(workspace).cross_rules


def test_two_places_say_no_different_things_of_one_table_by_one_name(workspace: Path) -> None:
    path = workspace / "contracts/domains/people.yml"
    told = yaml.safe_load(path.read_text("utf-8"))
    some = {"name": "some", "kind": "row_count", "minimum": 1}
    told["entities"][0]["rules"] = [some]
    (entity,) = [one["name"] for one in told["entities"]][:1]
    told["tables"] = {entity: {"rules": [{**some, "minimum": 9}]}}
    path.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), "utf-8")
    assert any(f"another rule 'some' on theme.{entity}" in one.what and one.line for one in faults_of(workspace))


def test_where_a_contract_is_wrong_a_rule_is_told_its_shape_and_nothing_that_might_follow(workspace: Path) -> None:
    path = workspace / "contracts/departments/health/visits.yml"
    path.write_text(
        path.read_text("utf-8").replace("delivery_mode, value: append", "delivery_mode, value: add"), "utf-8"
    )
    write(workspace, "referential", at_least=2, here={**VISITS, "column": "bed"})
    suite(workspace, {**LENGTH, "kwargs": {"column": "bed"}}, more=1)
    told = {(fault.file.rpartition("/")[2], fault.where) for fault in faults_of(workspace)}
    assert {("one.yml", "at_least"), ("staging.stg_police__residents.json", "more")} <= told
    assert len(told) == 3, told


def test_a_collector_that_may_is_not_blamed(workspace: Path) -> None:
    write(workspace, "duplicate_collection", allowed=["health.visits"])
    assert load_catalogue(workspace).cross_rules == {}


def suite(workspace: Path, *expectations: Any, table: str = "staging.stg_police__residents", **more: Any) -> None:
    folder = workspace / "contracts" / "suites"
    folder.mkdir(exist_ok=True)
    told = {"name": "names", "expectations": list(expectations), "meta": {"great_expectations_version": "1.5"}, **more}
    (folder / f"{table}.json").write_text(json.dumps(told, ensure_ascii=False, indent="\t"), encoding="utf-8")


LENGTH = {"type": "expect_column_value_lengths_to_be_between", "kwargs": {"column": "name", "min_value": 2}}


def test_a_suite_is_read_as_great_expectations_writes_it(workspace: Path) -> None:
    suite(workspace, {**LENGTH, "meta": {"id": "two", "notes": "姓名"}, "severity": "warning"}, LENGTH)
    first, second = load_catalogue(workspace).suites["staging.stg_police__residents"].expectations
    assert (first.name, first.severity, first.column, first.note) == (
        "suite:names:two",
        Severity.WARNING,
        "name",
        "姓名",
    )
    assert (second.name, second.severity) == ("suite:names:2", Severity.ERROR)


@pytest.mark.parametrize(
    ("expectation", "where", "what"),
    [
        ({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "beds"}}, "kwargs.column", "'beds'"),
        ({**LENGTH, "kwargs": {"column": "name", "mostly": 2}}, "kwargs.mostly", "no share"),
        ({**LENGTH, "kwargs": {"column": "name", "result_format": "COMPLETE"}}, "result_format", "platform's"),
        ({"type": "unexpected_rows_expectation", "kwargs": {}}, "type", "more than the columns"),
        ({**LENGTH, "kwargs": {"unexpected_rows_query": "select 1"}}, "kwargs", "more than the columns"),
        ({**LENGTH, "kwargs": {"column": "name", "other_relation": "lake.raw.x"}}, "kwargs", "more than the columns"),
        ({**LENGTH, "kwargs": {"column": "name", "condition_parser": "duckdb"}}, "condition_parser", "as it is"),
        ({**LENGTH, "severity": "fatal"}, "severity", "'fatal'"),
        ({**LENGTH, "meta": {"dimension": "beauty"}}, "dimension", "'beauty'"),
        ({"kwargs": {"column": "name"}}, "expectations[0]", "'type' is missing"),
        ({**LENGTH, "mostly": 1}, "mostly", "unknown key"),
    ],
)
def test_a_wrong_suite_is_refused_at_its_place(
    workspace: Path, expectation: dict[str, Any], where: str, what: str
) -> None:
    suite(workspace, expectation)
    faults = faults_of(workspace)
    assert any(where in fault.where and what in fault.what and fault.write_instead for fault in faults), faults


def test_two_expectations_of_one_name_and_a_suite_of_no_table(workspace: Path) -> None:
    named = {**LENGTH, "meta": {"id": "one"}}
    suite(workspace, named, named)
    suite(workspace, LENGTH, table="theme.nobody")
    told = {fault.file: fault.what for fault in faults_of(workspace)}
    assert "two expectations are 'one'" in told["contracts/suites/staging.stg_police__residents.json"]
    assert "no table 'theme.nobody'" in told["contracts/suites/theme.nobody.json"]


def raw(workspace: Path, text: str) -> None:
    folder = workspace / "contracts" / "suites"
    folder.mkdir(exist_ok=True)
    (folder / "staging.stg_police__residents.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "written",
    [
        {"ensure_ascii": True},
        {"ensure_ascii": False, "indent": "\t"},
        {"ensure_ascii": True, "indent": 1, "separators": ("\t,", ":\t")},
    ],
)
def test_json_is_read_as_any_writer_writes_it(workspace: Path, written: dict[str, Any]) -> None:
    told = {**LENGTH, "meta": {"notes": "𠮷野家 {a: b}, no, ~ 1e3"}, "kwargs": {**LENGTH["kwargs"], "mostly": 0.5}}
    raw(workspace, json.dumps({"name": "names", "expectations": [told]}, **written))
    (one,) = load_catalogue(workspace).suites["staging.stg_police__residents"].expectations
    assert one.note == "𠮷野家 {a: b}, no, ~ 1e3"


SOUND_SUITE = json.dumps({"name": "names", "expectations": [LENGTH]}, indent=1)


@pytest.mark.parametrize(
    ("text", "what", "instead", "line"),
    [
        (SOUND_SUITE.replace('"name": "names",', '"name": "names", // mine'), "line 2, column 19", "comments", 2),
        (SOUND_SUITE.replace("2\n", "2,\n"), "no JSON", "comma", None),
        (SOUND_SUITE.replace('"name": "names"', '"name": "a", "name": "b"'), "'name' is there twice", "once", None),
        (SOUND_SUITE.replace("2\n", "NaN\n"), "NaN", "a number", None),
        (SOUND_SUITE.replace("2\n", "1e999\n"), "too large", "below", None),
        (SOUND_SUITE.replace('"names"', '"\\ud842"'), "half of a sign", "both", None),
        (SOUND_SUITE.replace("2\n", "[" * 70 + "]" * 70 + "\n"), "nested", "levels", None),
        (SOUND_SUITE.replace("2\n", "[" * 99_999 + "]" * 99_999 + "\n"), "nested", "levels", None),
        ("name: names\nexpectations: []\n", "no JSON", "json.dumps", 1),
        (SOUND_SUITE.replace('"name"\n', '"nam"\n').replace('"column": "name"', '"column": "nam"'), "'nam'", "name", 7),
    ],
    ids=range(10),
)
def test_what_is_no_json_is_refused_as_that_at_its_place(
    workspace: Path, text: str, what: str, instead: str, line: int | None
) -> None:
    raw(workspace, text)
    (fault,) = faults_of(workspace)
    assert what in fault.what and instead in fault.write_instead, fault
    assert line in (None, fault.line), fault
