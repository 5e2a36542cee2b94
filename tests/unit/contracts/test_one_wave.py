"""All faults of a file come in one wave, each on its line, and none that only follows from another."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.faults import DeclarationsRefused, Fault
from contracts.load import load_catalogue

RESIDENTS = "contracts/departments/police/residents.yml"


def faults_of(workspace: Path) -> tuple[Fault, ...]:
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    return refused.value.faults


def plant(path: Path, *pairs: tuple[str, str]) -> list[str]:
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return text.splitlines()


def test_a_dozen_faults_of_one_contract(workspace: Path) -> None:
    planted = (
        ("apiVersion: v3.1.0", "apiVersion: v2.0.0"),
        ("version: 1.2.3", "version: 1.0"),
        ("domain: people", "domain: peeple"),
        ("    type: local", "    type: ftp"),
        ("encoding: gb18030", "encoding: rot13"),
        ('{property: nulls, value: ["-"]}', "{property: skip_rows, value: -3}"),
        ("physicalName: 身份证号", "physicalname: 身份证号"),
        ("{property: element, value: person_name}", "{property: element, value: persn_name}"),
        ('女: "2"', '女: "7"'),
        ("classification: L3", "classification: L9"),
        ("dimension: accuracy", "dimension: beauty"),
        ("kind: mostly_present", "kind: mostly_there"),
        ("born is null or", "born is null; or"),
        ("username: steward@police.example", "username: steward"),
        ("value: 1, unit: d", "value: 1, unit: fortnight"),
        ("value: upsert", "value: overwrite"),
        ("name: name, born: born", "name: nmae, born: born"),
    )
    lines = plant(workspace / RESIDENTS, *planted)
    wanted = {number for number, line in enumerate(lines, 1) if any(new in line for _, new in planted)}
    faults = faults_of(workspace)
    assert {fault.line for fault in faults} == wanted, "\n".join(map(str, faults))
    assert len(faults) == len(planted), "\n".join(map(str, faults))
    assert {fault.file for fault in faults} == {RESIDENTS}


def test_faults_of_every_other_kind_of_file_in_one_wave(workspace: Path) -> None:
    plant(
        workspace / "contracts/agreements/health__care.yml",
        ("title: {zh: 关怀, en: Care}", "title: {zh: 关怀}"),
        ("until: 2026-12-31", "until: 2025-12-31"),
        ("level_ceiling: L3", "level_ceiling: L7"),
        ("name: born, type: date", "name: born, type: day"),
        ("columns: [person_id]", "columns: [persn_id]"),
    )
    plant(
        workspace / "contracts/domains/people.yml",
        ("owner: data@city.example", "owner: nobody"),
        ("precedence: [police, health]", "precedence: [police, helth]"),
        ("element: date}", "element: dte, colour: red}"),
    )
    plant(workspace / "contracts/departments/departments.yml", ('code: "H1"', "code: 1"), ("P1", 'P1", fax: "2'))
    plant(
        workspace / "contracts/standards/elements/town.yml",
        ("level: L2", "level: L0"),
        ("code_set: ward", "code_set: wrd"),
    )
    plant(
        workspace / "zhongtai.yml", ("city: small_town", "city: Small Town"), ("deliveries: deliveries", "deliver: x")
    )
    found = {(Path(fault.file).name, fault.where) for fault in faults_of(workspace)}
    assert found == {
        ("health__care.yml", "title.en"),
        ("health__care.yml", "valid"),
        ("health__care.yml", "level_ceiling"),
        ("health__care.yml", "columns[1].type"),
        ("health__care.yml", "rules[0].columns[0]"),
        ("people.yml", "owner"),
        ("people.yml", "entities[0].attributes[0].precedence[1]"),
        ("people.yml", "entities[0].attributes[1].element"),
        ("people.yml", "entities[0].attributes[1].colour"),
        ("departments.yml", "departments.health.code"),
        ("departments.yml", "departments.police.fax"),
        ("town.yml", "elements.ward.level"),
        ("town.yml", "elements.ward.code_set"),
        ("zhongtai.yml", "city"),
        ("zhongtai.yml", "deliver"),
    }


@pytest.mark.parametrize(
    "file",
    [
        "contracts/departments/departments.yml",
        "contracts/domains/people.yml",
        "contracts/standards/elements/town.yml",
        "contracts/standards/codes/ward.yml",
        RESIDENTS,
    ],
)
@pytest.mark.parametrize("text", ["a: [1,", "", "- 1\n", "a: 1\n--- \nb: 2\n"])
def test_what_refers_to_a_file_that_cannot_be_read_is_not_blamed(workspace: Path, file: str, text: str) -> None:
    (workspace / file).write_text(text, "utf-8")
    assert {fault.file for fault in faults_of(workspace)} == {file}


WEIRD: list[Any] = [None, [], {}, 0, -1, True, "", "x", "中文", [None], {"a": 1}, {1: 2}, "A" * 300, 10**18, "order"]


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*at, key))


def put(data: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    whole = copy.deepcopy(data)
    part = whole
    for step in at[:-1]:
        part = part[step]
    part[at[-1]] = value
    return whole


@pytest.mark.parametrize("share", [0.06, pytest.param(1.0, marks=pytest.mark.attack)])
def test_whatever_stands_at_whatever_place_is_answered_with_faults(workspace: Path, share: float) -> None:
    """Each place of each file once, with a value that another seed may change: never an exception, always a line."""
    chance = random.Random(20261127)
    for path in sorted(workspace.rglob("*.yml")):
        text = path.read_text("utf-8")
        data = yaml.safe_load(text)
        for at in places(data):
            if chance.random() > share:
                continue
            path.write_text(yaml.safe_dump(put(data, at, chance.choice(WEIRD)), allow_unicode=True), "utf-8")
            try:
                load_catalogue(workspace)
            except DeclarationsRefused as refused:
                assert all(fault.line and fault.write_instead for fault in refused.faults), f"{path} {at} {refused}"
        path.write_text(text, "utf-8")
