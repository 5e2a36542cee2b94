"""A department joins a running city by one YAML file and `sync`: its people are in the theme after the next run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lake.attach import open_lake
from lake.settings import load_settings
from tests.command import call

ROOT = Path(__file__).resolve().parents[2]

CITY = "city: town\ntitle: {zh: 小城, en: Town}\ndeliveries: deliveries\n"
DEPARTMENTS = """
departments:
  police: {title: {zh: 公安局, en: Police}, code: "1", owner: data-office@police.example}
"""
DOMAIN = """
domain: natural_person
title: {zh: 自然人, en: Natural person}
description: Everybody the town knows.
owner: data-office@town.example
entities:
  - name: natural_person
    title: {zh: 自然人, en: Natural person}
    grain: one row per valid resident id
    identifier: resident_id
    id_prefix: NP
    attributes:
      - {name: name, element: person_name, precedence: [police]}
      - {name: phone, element: phone}
"""
CONTRACT = """
kind: DataContract
apiVersion: v3.1.0
id: {id}
name: {title}
version: 1.0.0
status: active
domain: natural_person
servers:
  - {{server: delivery, type: local, path: "{folder}/*.csv", format: csv}}
schema:
  - name: {name}
    logicalType: object
    properties:
      - {{name: id_number, physicalName: 身份证号, logicalType: string, primaryKey: true, required: true,
         customProperties: [{{property: element, value: resident_id}}]}}
      - {{name: full_name, physicalName: 姓名, logicalType: string,
         customProperties: [{{property: element, value: person_name}}]}}
      {more}
slaProperties:
  - {{property: frequency, value: 1, unit: w}}
  - {{property: freshness_working_days, value: 20}}
customProperties:
  - {{property: delivery_mode, value: snapshot}}
  - {{property: sharing_attribute, value: conditional}}
  - {{property: legal_basis, value: none in this town}}
  - {{property: provides, value: [{{entity: natural_person, attributes: {attributes}}}]}}
  {introduces}
"""
POLICE = CONTRACT.format(
    id="police.residents",
    title="居民",
    folder="police",
    name="residents",
    more="",
    attributes="{resident_id: id_number, name: full_name}",
    introduces="",
)
LIBRARY = CONTRACT.format(
    id="library.cards",
    title="读者证",
    folder="library",
    name="cards",
    more="- {name: mobile, physicalName: 电话, logicalType: string, "
    "customProperties: [{property: element, value: phone}]}",
    attributes="{resident_id: id_number, name: full_name, phone: mobile}",
    introduces="- {property: department, "
    'value: {title: {zh: 图书馆, en: Library}, code: "2", owner: data-office@library.example}}',
)
# Of a region that is assigned to nobody; the check digits are right.
BOTH, ONLY_READER, WRONG = "990101199001011230", "990101199001011329", "990101199001011111"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A workspace of one department, its deliveries beside it."""
    place = tmp_path / "town"
    _write(place / "zhongtai.yml", CITY)
    _write(place / "contracts" / "departments" / "departments.yml", DEPARTMENTS)
    _write(place / "contracts" / "departments" / "police" / "residents.yml", POLICE)
    _write(place / "contracts" / "domains" / "natural_person.yml", DOMAIN)
    model = ROOT / "tests" / "cities" / "beijing" / "dbt_project"
    _write(place / "dbt_project" / "dbt_project.yml", (model / "dbt_project.yml").read_text("utf-8"))
    shutil.copytree(model / "macros", place / "dbt_project" / "macros")
    _write(place / "deliveries" / "police" / "2026-11-20.csv", f"身份证号,姓名\n{BOTH},张三\n{WRONG},李四\n")
    return place


def _ask(town: Path, *arguments: str) -> dict[str, Any]:
    environment = {"ZHONGTAI_NOW": "2026-11-21T10:00:00+08:00"}
    done = call(*arguments, "--workspace", str(town), "--json", environment=environment)
    assert done.status == 0, done.out[-2000:] + done.err[-3000:]
    return dict(json.loads(done.out))


def _people(town: Path) -> list[tuple[Any, ...]]:
    with open_lake(load_settings(town, {}), read_only=True) as connection:
        return connection.execute(
            "select resident_id, name, name_source, phone, phone_source from lake.theme.natural_person order by 1"
        ).fetchall()


def test_one_file_and_sync_bring_a_department_in(town: Path) -> None:
    _ask(town, "sync")
    _ask(town, "run")
    assert _people(town) == [(BOTH, "张三", "police", None, None)]

    _write(town / "contracts" / "departments" / "library" / "cards.yml", LIBRARY)
    _ask(town, "sync")
    _write(
        town / "deliveries" / "library" / "2026-11-20.csv",
        f"身份证号,姓名,电话\n{BOTH},张 三,13800000001\n{ONLY_READER},王五,13800000002\n",
    )
    summary = _ask(town, "run")
    assert {row["dataset"]: (row["read"], row["accepted"]) for row in summary["datasets"]} == {
        "police.residents": (2, 1),
        "library.cards": (2, 2),
    }
    assert _people(town) == [
        (BOTH, "张三", "police", "13800000001", "library"),
        (ONLY_READER, "王五", "library", "13800000002", "library"),
    ]
