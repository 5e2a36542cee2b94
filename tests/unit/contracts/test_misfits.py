"""What does not fit is told as it is written, each of it, in words of people; and nothing that only follows from it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from contracts.declarations import AgreementDeclaration, Day, Name, Truth
from contracts.faults import DeclarationsRefused, Fault
from contracts.load import load_catalogue
from contracts.model import Level, SharingAttribute
from contracts.words import misfit
from contracts.yaml_text import read_yaml

RESIDENTS = "contracts/departments/police/residents.yml"
CARE = "contracts/agreements/health__care.yml"
PEOPLE = "contracts/domains/people.yml"
WARD = "contracts/standards/codes/ward.yml"
DEPARTMENTS = "contracts/departments/departments.yml"
ECOLOGY = "contracts/departments/ecology/permits.yml"
# Words of Pydantic and of Python that nobody who writes YAML has to know.
FOREIGN = re.compile(
    r"\b(input|NoneType|None|str|int|dict|tuple|datetime|True|False|finite|parsing|valid string|\w+_type)\b"
    r"|[<]\w+\.|right type|string_|less_than|greater_than|\^\["
)


def faults_of(workspace: Path) -> list[Fault]:
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    return list(refused.value.faults)


def plant(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


OBJECTS = [
    ("title", "title: {zh: 关怀, en: Care}", "title: x"),
    ("purpose", "purpose: {code: care, text: visit the old, legal_basis: a law}", "purpose: [x]"),
    ("valid", "valid: {from: 2026-01-01, until: 2026-12-31}", "valid: 3"),
    ("approvals", "approvals: [data@city.example]", "approvals: x"),
    ("rules", "rules: [{name: grain, kind: unique, columns: [person_id]}]", "rules: {a: 1}"),
]


@pytest.mark.parametrize(("key", "old", "new"), OBJECTS)
@pytest.mark.parametrize(
    "deep", [("scope: {text:", "scope: {txt:"), ("type: date, title: {zh: 出生", "type: date, title: {zh: 3")]
)
def test_what_is_no_object_is_told_beside_what_misfits_deeper(
    workspace: Path, key: str, old: str, new: str, deep: tuple[str, str]
) -> None:
    plant(workspace / CARE, (old, new), deep)
    places = {fault.where for fault in faults_of(workspace)}
    assert key in places
    assert len(places) == 2


@pytest.mark.parametrize(
    ("team", "places"),
    [
        ("x", {"team"}),
        ("{members: [{usernme: x}, 3]}", {"team.members[0].usernme", "team.members[1]"}),
        ("[{username: 3}, x]", {"team[0].username", "team[1]"}),
        ("{name: [], members: x}", {"team.name", "team.members"}),
    ],
)
def test_of_a_unions_branches_the_one_that_is_meant(workspace: Path, team: str, places: set[str]) -> None:
    path = workspace / RESIDENTS
    path.write_text(re.sub(r"team:\n.*\n.*\n", f"team: {team}\n", path.read_text("utf-8")), "utf-8")
    assert {fault.where for fault in faults_of(workspace)} == places


class Child(BaseModel):
    name: Name


MISFITS: list[tuple[object, object]] = [
    *((str, value) for value in (1.0, 7, True, None, [1], {"a": 1})),
    *((Truth, value) for value in ("yes", 1, 0, None, [])),
    *((int, value) for value in ("x", 1.5, None, [], "9" * 5000)),
    *((Annotated[float, Field(allow_inf_nan=False)], value) for value in ("x", float("inf"), float("nan"), [])),
    *((Annotated[int, Field(gt=0, le=9)], value) for value in (0, 10)),
    *((Annotated[int, Field(ge=0, lt=9)], value) for value in (-1, 9)),
    *((Annotated[str, Field(min_length=1, max_length=3)], value) for value in ("", "abcd")),
    *((Annotated[list[int], Field(min_length=2, max_length=2)], value) for value in ([], [1, 2, 3])),
    *((Level, value) for value in ("L9", "l1", 1, [])),
    *(
        (get_args(AgreementDeclaration.model_fields["sharing_attribute"].annotation) and SharingAttribute, value)
        for value in ("x",)
    ),
    *((Literal[SharingAttribute.UNCONDITIONAL, SharingAttribute.CONDITIONAL], value) for value in ("Conditional", 3)),
    *((Day, value) for value in (7, "soon", "2026-02-30")),
    *((dict[str, int], value) for value in ("x", [], 3)),
    *((list[str], value) for value in ("x", {}, 3)),
    *((tuple[str, ...], value) for value in ("x", {}, 3)),
    *((Child, value) for value in ("x", [], 3)),
    *((Name, value) for value in ("Taxation", "", "a" * 70, 3)),
    *((int | Day | list[str], value) for value in ("x", {})),
    *((AgreementDeclaration.model_fields[key].annotation, "x") for key in ("valid", "scope", "columns", "rules")),
]


@pytest.mark.parametrize(("wanted", "value"), MISFITS)
def test_every_misfit_is_told_in_words_of_people(wanted: object, value: object) -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(wanted).validate_python(value)
    what, instead = misfit(error.value.errors(include_url=False))
    assert what
    assert instead
    assert FOREIGN.search(f"{what} {instead}") is None, f"{what} -> {instead}"
    assert "something else" not in what


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "what", "instead"),
    [
        (RESIDENTS, "version: 1.2.3", "version: 1.0", "version", "1.0 stands where text belongs", "quotes"),
        (RESIDENTS, "name: 居民", "name: {zh: x}", "name", "a mapping stands where text belongs", "quotes"),
        (RESIDENTS, "status: active", "status: [active]", "status", "a list stands where text belongs", "quotes"),
        (RESIDENTS, "format: csv", "format: 7", "servers[0].format", "7 stands where text belongs", "quotes"),
        (RESIDENTS, "domain: people\n", "", "domain", "'domain' is missing", "people"),
        (
            RESIDENTS,
            "primaryKey: true",
            'primaryKey: "yes"',
            "schema[0].properties[0].primaryKey",
            "'yes' stands",
            "true or false",
        ),
        (RESIDENTS, "required: true", "required: 1", "schema[0].properties[1].required", "1 stands", "true or false"),
        (CARE, "required: true", 'required: "no"', "columns[0].required", "'no' stands", "true or false"),
        (
            CARE,
            "sharing_attribute: conditional",
            "sharing_attribute: Conditional",
            "sharing_attribute",
            "'Conditional' is none",
            "'unconditional' or 'conditional'",
        ),
        (
            CARE,
            "from: 2026-01-01",
            "from: 2026-01-01T00:00:00Z",
            "valid.from",
            "2026-01-01T00:00:00+00:00 is no day",
            "YYYY-MM-DD",
        ),
        (
            CARE,
            "scope: {text: residents over 80}",
            "scope: everything",
            "scope",
            "'everything' stands where a mapping belongs",
            "key: value",
        ),
        (
            CARE,
            "product: care_list",
            "product: CareList",
            "product",
            "'CareList' is no name",
            "care_list, or another name",
        ),
        (CARE, "agency: health", "agency: Health", "agency", "'Health' is no name", "health, or another name"),
        (PEOPLE, "id_prefix: NP", "id_prefix: np", "entities[0].id_prefix", "'np' stands", "2 to 4 capital letters"),
        (
            PEOPLE,
            "grain: one row per valid resident id",
            'grain: " "',
            "entities[0].grain",
            "not empty",
            "neither empty",
        ),
    ],
)
def test_each_by_itself_once(
    workspace: Path, file: str, old: str, new: str, where: str, what: str, instead: str
) -> None:
    plant(workspace / file, (old, new))
    (fault,) = faults_of(workspace)
    assert (fault.where, what in fault.what, instead in fault.write_instead) == (where, True, True), fault


NO_TEXTS = [
    "yes",
    "no",
    "on",
    "~",
    "null",
    "2027-01-01",
    "1.5",
    "7",
    "0123",
    "0x1F",
    "1:30",
    ".inf",
    "2027-01-01T01:02:03",
]


@pytest.mark.parametrize(
    ("file", "old", "value"),
    [
        (WARD, "codes:\n", "{zh: 甲, en: A}"),
        (WARD, "aliases: {内: \"01\"}", '"01"'),
        (DEPARTMENTS, "departments:\n", '{title: {zh: 甲, en: A}, code: z, owner: "team:x"}'),
        (PEOPLE, "tables:\n", "{rules: []}"),
        (CARE, "agreement: health__care\n", "x"),
        (RESIDENTS, "code_map, value: {男: \"1\", 女: \"2\"}}", '"1"'),
        (RESIDENTS, "status: active\n", "x"),
    ],
)  # fmt: skip
def test_keys_that_are_no_text_are_told_each_once(workspace: Path, file: str, old: str, value: str) -> None:
    path = workspace / file
    head = {"aliases": "aliases:\n  内: \"01\"\n", "code_map": "code_map, value: {男: \"1\", 女: \"2\",\n"}  # fmt: skip
    flow = old.startswith("code_map")
    new = next((text for key, text in head.items() if old.startswith(key)), old)
    indent = "" if old.endswith(("care\n", "active\n")) else "  "
    many = "".join(f"{indent * (7 if flow else 1)}{key}: {value}{',' if flow else ''}\n" for key in NO_TEXTS)
    plant(path, (old, new + many + ("              }}" if flow else "")))
    lines = path.read_text("utf-8").splitlines()
    faults = faults_of(workspace)
    told = [lines[(fault.line or 1) - 1].strip().rpartition(": ")[0].partition(": ")[0] for fault in faults]
    assert sorted(told) == sorted(NO_TEXTS), "\n".join(map(str, faults))
    assert all(" reads as " in fault.what and "in quotes" in fault.write_instead for fault in faults)


@pytest.mark.parametrize("key", ['"yes"', "'7'", "y", "中", "1a", "=", "Null_"])
def test_and_keys_that_are(key: str) -> None:
    assert read_yaml(f"a:\n  {key}: 1")[1] == []


@pytest.mark.parametrize(
    "text", ["a: [1", "", "- 1\n", "customProperties: 3\n", "customProperties: [{propety: department}]\n"]
)
def test_a_contract_that_cannot_be_read_may_introduce_its_department(workspace: Path, text: str) -> None:
    path = workspace / ECOLOGY
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    plant(workspace / CARE, ("health__care", "ecology__care"), ("agency: health", "agency: ecology"))
    (workspace / CARE).rename(workspace / "contracts/agreements/ecology__care.yml")
    plant(workspace / PEOPLE, ("[police, health]", "[police, ecology]"))
    assert {fault.file for fault in faults_of(workspace)} == {ECOLOGY}


def test_one_that_can_be_read_and_does_not_is_told(workspace: Path) -> None:
    path = workspace / ECOLOGY
    path.parent.mkdir()
    path.write_text("kind: DataContract\n", "utf-8")
    assert any("there is no department 'ecology'" in fault.what for fault in faults_of(workspace))


@pytest.mark.parametrize("first", ["kind: range, minimum: 0", "kind: mostly_present, at_least: 0.9"])
def test_two_rules_of_one_name_are_told_whichever_is_faulty(workspace: Path, first: str) -> None:
    plant(workspace / RESIDENTS, (first, "kind: nothing"), ("name: income_present", "name: income_range"))
    plant(workspace / CARE, ("rules: [", "rules: [{name: grain, kind: nothing}, "))
    two = "{name: a, kind: unique, columns: [nowhere]}, {name: a, kind: unique, columns: [city_id]}"
    plant(
        workspace / PEOPLE,
        ("rules: []", f"rules: [{two}]"),
        ("kind: unique, columns: [visit_id]}", "kind: no}, {name: grain, kind: no}"),
    )
    told = {fault.where for fault in faults_of(workspace) if "two rules are called" in fault.what}
    assert told == {
        "schema[0].properties[4].quality[1].name",
        "rules[1].name",
        "entities[0].rules[1].name",
        "tables.visit.rules[1].name",
    }


def test_a_smallest_group_needs_what_it_is_counted_by(workspace: Path) -> None:
    plant(
        workspace / CARE,
        ("level_ceiling: L3", "minimum_group: 5\nlevel_ceiling: L3"),
        ("rules: [", "rules: [{name: five, kind: k_anonymity, columns: [persons], k: 5}, "),
        (
            "columns:\n",
            "columns:\n  - {name: persons, type: integer, title: {zh: 人数, en: Persons}, purpose: to count}\n",
        ),
    )
    assert load_catalogue(workspace).agreements["health__care"].minimum_group == 5
    plant(workspace / CARE, ("kind: k_anonymity, columns: [persons]", "kind: k_anonimity, columns: [persons]"))
    assert [fault.where for fault in faults_of(workspace)] == ["rules[0].kind"]  # and not the group as well


def test_two_entities_of_one_prefix_are_told_whichever_is_faulty(workspace: Path) -> None:
    other = (
        "  - {name: other, title: {zh: 乙, en: B}, grain: x, identifier: nowhere, id_prefix: NP, attributes: []}\n"
        "tables:\n"
    )
    plant(workspace / PEOPLE, ("tables:\n", other))
    places = {fault.where for fault in faults_of(workspace)}
    assert places == {"entities[1].identifier", "entities[1].id_prefix"}
