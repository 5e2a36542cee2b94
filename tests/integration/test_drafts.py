"""A contract that is drafted from a delivery loads, accepts the same file, and comes near to what its owners wrote."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contracts.load import load_catalogue
from contracts.model import Catalogue
from lake.attach import open_lake
from lake.batch import Ingestion
from lake.ingest import ingest
from lake.settings import load_settings
from lake.store import ensure_tables
from quality.declared import DuckDBEngine
from tests.command import call
from tests.sample_city.generate import generate

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-21T10:00:00+08:00"
# A dataset of each way of writing, and the elements that its content or its headers must give away.
TOLD = {
    "public_security.residents": {"身份证号": "resident_id", "性别": "sex", "出生日期": "birth_date"},
    "health.facilities": {},
    "ecology.readings": {},
    "social_security.enrolments": {},
}


@dataclass(frozen=True)
class Drafted:
    """What the command said of each dataset, and the workspace that has the drafts for its contracts."""

    real: Catalogue
    said: Mapping[str, dict[str, Any]]
    place: Path
    deliveries: Path


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Drafted:
    root = tmp_path_factory.mktemp("drafts")
    deliveries, place = root / "deliveries", root / "city"
    generate(people=200, out=deliveries, seed=3)
    real = load_catalogue(ROOT, engine=DuckDBEngine())
    shutil.copytree(ROOT / "contracts" / "domains", place / "contracts" / "domains")
    shutil.copy(ROOT / "zhongtai.yml", place)
    departments = place / "contracts" / "departments"
    departments.mkdir()
    shutil.copy(ROOT / "contracts" / "departments" / "departments.yml", departments)
    where = {"ZHONGTAI_STATE": str(root / "state"), "ZHONGTAI_DELIVERIES": str(deliveries), "ZHONGTAI_NOW": NOW}
    said = {}
    for name in TOLD:
        dataset = real.datasets[name]
        file = sorted(deliveries.glob(dataset.source.path))[0]
        out = departments / dataset.department / f"{dataset.name}.yml"
        spoken = call("contract", "draft", str(file), "--dataset", name, "--out", str(out), "--json", environment=where)
        assert spoken.status == 0, spoken.err
        said[name] = json.loads(spoken.out)
    for domain in (place / "contracts" / "domains").iterdir():
        # Rules on what is not drafted here would have nothing to refer to.
        domain.write_text(domain.read_text("utf-8").split("\ntables:")[0] + "\n", "utf-8")
    return Drafted(real, said, place, deliveries)


def test_a_draft_loads_and_accepts_the_file_that_it_was_made_of(drafted: Drafted, tmp_path: Path) -> None:
    catalogue = load_catalogue(drafted.place, deliveries=drafted.deliveries, engine=DuckDBEngine())
    assert catalogue.datasets.keys() == TOLD.keys()
    settings = load_settings(drafted.place, {"ZHONGTAI_STATE": str(tmp_path), "ZHONGTAI_NOW": NOW})
    with open_lake(settings) as connection:
        refused = ensure_tables(connection, catalogue.datasets.values())
        context = Ingestion(connection, catalogue, settings, {}, {}, refused)
        batches = [batch for dataset in catalogue.datasets.values() for batch in ingest(context, dataset)]
    assert not [batch.message for batch in batches if batch.state == "failed"]
    # The sample city plants faults in some rows of every delivery: these go to quarantine, and no others.
    read, accepted = (sum(getattr(batch, what) for batch in batches) for what in ("rows_read", "accepted"))
    assert accepted > read * 0.95


def test_a_draft_comes_near_to_what_the_owners_wrote(drafted: Drafted) -> None:
    types = levels = columns = 0
    for name, told in TOLD.items():
        real = {header: column for column in drafted.real.datasets[name].columns for header in column.headers}
        for column in drafted.said[name]["columns"]:
            known = real[column["header"]]
            columns += 1
            types += column["type"] == known.element.type
            levels += column["level"] >= known.level
            assert told.get(column["header"], column["element"]) == column["element"]
            assert column["evidence"] and column["passing"] <= column["of"]
    assert types >= columns * 0.9 and levels >= columns * 0.9
    keys = {name: {one["name"] for one in said["columns"] if one["key"]} for name, said in drafted.said.items()}
    assert keys["public_security.residents"] == {"resident_id"}


def test_a_draft_has_counts_and_no_value(drafted: Drafted) -> None:
    texts = [json.dumps(said, ensure_ascii=False) for said in drafted.said.values()]
    assert all("differ" in text for text in texts)
    assert not [found for text in texts for found in re.findall(r"\d{17}[\dX]|1[3-9]\d{9}|20\d\d-\d\d-\d\d \d\d", text)]


def test_a_draft_takes_no_contracts_place_and_says_what_it_cannot_read(drafted: Drafted, tmp_path: Path) -> None:
    where = {"ZHONGTAI_STATE": str(tmp_path / "state")}
    picture = tmp_path / "plan.pdf"
    picture.write_bytes(b"%PDF-1.7 a plan")
    said = call("contract", "draft", str(picture), "--dataset", "housing.plans", environment=where)
    assert said.status == 3 and "PDF" in said.err
    taken = drafted.place / "contracts" / "departments" / "ecology" / "readings.yml"
    said = call("contract", "draft", str(picture), "--out", str(taken), environment=where)
    assert said.status == 2 and "no contract's place" in said.err


def test_a_record_in_the_place_of_the_headers_is_told_by_none_of_its_values(drafted: Drafted, tmp_path: Path) -> None:
    rows = [f"张伟{chr(0x4E10 + one)},男,汉族,已婚,北京市某街{one}号" for one in range(30)]
    files = {
        "number.csv": "".join(f"{row},1101011990030712{one:02d}\n" for one, row in enumerate(rows)),
        "words.csv": "\n".join(rows) + "\n",
        "header.csv": "\n".join(["姓名,性别,民族,婚姻,地址", *rows, "姓名,性别,民族,婚姻,地址", *rows]) + "\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        said = call("contract", "draft", str(tmp_path / name), "--workspace", str(drafted.place), environment={})
        assert said.status == 0, said.err
        # Titles of code sets (已婚) are the city's own words.
        values = {cell for row in rows for cell in row.split(",") if cell[-1].isdigit() or cell.startswith("张伟")}
        assert not [one for one in values if one in said.out]
        assert ("value: false" in said.out) == (name != "header.csv")


def test_a_title_above_the_headers_of_a_saved_sheet_is_skipped(drafted: Drafted, tmp_path: Path) -> None:
    file = tmp_path / "title.csv"
    file.write_text("2026年人口统计表,,\n姓名,年龄,备注\n" + "张三,41,无\n李四,42,有\n" * 9, encoding="utf-8")
    said = call("contract", "draft", str(file), "--workspace", str(drafted.place), environment={})
    assert all(text in said.out for text in ("skip_rows", "physicalName: 姓名", "physicalName: 年龄")), said.out


def test_what_is_nested_is_named_and_left_out(drafted: Drafted, tmp_path: Path) -> None:
    file = tmp_path / "nested.ndjson"
    rows = ({"id": one, "day": "2026-01-02", "home": {"a": 1}, "tags": [one]} for one in range(20))
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = call("contract", "draft", str(file), "--workspace", str(drafted.place), environment={})
    assert "home, tags hold objects or lists" in said.out and "quarantine" not in said.out
    assert all(text in said.out for text in ("physicalName: id", "physicalName: day")), said.out
