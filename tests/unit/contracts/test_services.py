"""Declared service items: a sound file is read whole, and each way to write it wrong is refused at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue
from contracts.services import Proof

_ITEMS = """\
kind: DataContract
apiVersion: v3.1.0
id: health.items
name: 事项
version: 1.0.0
status: active
domain: people
description: {purpose: items}
servers: [{server: delivery, type: local, path: "*/health/items.csv", format: csv, encoding: utf-8}]
schema:
  - name: items
    logicalType: object
    businessName: Items
    properties:
      - name: item_code
        logicalType: string
        description: Item
        primaryKey: true
        required: true
        customProperties: [{property: element, value: text}]
      - {name: agency, logicalType: string, description: a, customProperties: [{property: element, value: text}]}
      - {name: visits, logicalType: integer, description: v, customProperties: [{property: element, value: count}]}
      - name: online
        logicalType: boolean
        description: o
        customProperties: [{property: element, value: boolean_flag}]
team: {name: health, members: [{username: data@health.example, role: owner}]}
slaProperties: [{property: frequency, value: 1, unit: w}, {property: freshness_working_days, value: 20}]
customProperties: [{property: delivery_mode, value: snapshot}, {property: sharing_attribute, value: conditional}]
"""
SOUND = """
services: town
title: {zh: 免证办, en: No materials}
items:
  {of: health.items, code: item_code, name: agency, agency: agency, visits: visits, online: online, materials: visits}
materials: {of: health.visits, item: resident_id, name: ward}
agencies: {公安局: police}
kinds:
  card:
    title: {zh: 身份证, en: Card}
    names: [身份证]
    purposes: [care]
    proves: [{element: resident_id, dataset: police.residents, column: resident_id}]
  word:
    title: {zh: 承诺书, en: Promise}
    names: [承诺书]
"""


def _placed(workspace: Path, text: str) -> Path:
    folder = workspace / "contracts" / "services"
    folder.mkdir()
    (folder / "town.yml").write_text(text, encoding="utf-8")
    (workspace / "contracts" / "departments" / "health" / "items.yml").write_text(_ITEMS, encoding="utf-8")
    return workspace


def test_a_sound_file_says_what_proves_what(workspace: Path) -> None:
    services = load_catalogue(_placed(workspace, SOUND)).services["town"]
    card, word = services.kinds
    assert card.proves == (Proof("resident_id", "police.residents", "resident_id"),) and card.purposes == ("care",)
    assert word.proves == () and not card.remote and services.agencies == {"公安局": "police"}


# What is written, what instead of it, where the fault is, what it says, what to write.
_BAD = {
    "unknown_key": (
        "names: [身份证]",
        "names: [身份证]\n    online: true",
        "kinds.card.online",
        "online",
        "",
    ),
    "no_such_dataset": (
        "police.residents,",
        "police.resident,",
        "kinds.card.proves[0].dataset",
        "no dataset",
        "police.residents",
    ),
    "no_such_column": (
        "column: resident_id",
        "column: resident",
        "kinds.card.proves[0].column",
        "no column",
        "resident_id",
    ),
    "column_of_another_element": (
        "column: resident_id",
        "column: name",
        "kinds.card.proves[0].column",
        "'person_name'",
        "resident_id",
    ),
    "no_such_element": (
        "element: resident_id",
        "element: residents_id",
        "kinds.card.proves[0].element",
        "no data element",
        "resident_id",
    ),
    "no_purpose": (
        "purposes: [care]",
        "purposes: []",
        "kinds.card",
        "no purpose",
        "purposes:",
    ),
    "name_of_two_kinds": (
        "names: [承诺书]",
        "names: [身份证]",
        "kinds.word.names[0]",
        "'card' already",
        "one kind",
    ),
    "no_such_department": (
        "公安局: police",
        "公安局: polis",
        "agencies.公安局",
        "no department",
        "police",
    ),
    "visits_are_no_number": (
        "visits: visits, online",
        "visits: agency, online",
        "items.visits",
        "is a string",
        "integer",
    ),
    "not_the_file": (
        "services: town",
        "services: city",
        "services",
        "not the file's name",
        "town",
    ),
}


@pytest.mark.parametrize("case", _BAD.values(), ids=_BAD)
def test_refused_at_its_place(case: tuple[str, str, str, str, str], workspace: Path) -> None:
    old, new, where, what, instead = case
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(_placed(workspace, text))
    (fault,) = refused.value.faults
    assert (fault.file, fault.where) == ("contracts/services/town.yml", where)
    assert what in fault.what and instead in fault.write_instead
    assert fault.line is not None and "\n" in text and text.splitlines()[fault.line - 1].strip()


def test_a_column_of_whoever_is_not_authoritative_is_refused(workspace: Path) -> None:
    text = SOUND.replace("dataset: police.residents", "dataset: health.visits")
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(_placed(workspace, text))
    assert [(one.where, one.write_instead) for one in refused.value.faults] == [
        ("kinds.card.proves[0].dataset", "police.residents")
    ]
