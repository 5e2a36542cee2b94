"""Writing the planted city: datasets `d0` to `d9` of one bureau, each delivered as CSV and released as `p0` to `p9`.

Every dataset is alone: nothing of one flows into another, so that a fault in one may cost one product and no more.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command import Said, call

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-21T10:00:00+08:00"
DAY = "2026-11-20"
DATASETS = tuple(f"d{number}" for number in range(10))

_CITY = "city: planted\ntitle: {zh: 试验市, en: Planted City}\ndeliveries: deliveries\ndemonstration: true\n"
DEPARTMENTS = """
departments:
  bureau: {title: {zh: 数据局, en: Data Bureau}, code: "1", owner: data-office@bureau.example}
  archive: {title: {zh: 档案局, en: Archive}, code: "2", owner: data-office@archive.example}
"""
DOMAIN = """
domain: records
title: {zh: 记录, en: Records}
description: What the bureau keeps.
owner: data-office@bureau.example
entities: []
"""
ELEMENTS = """
elements:
  entry_number: {title: {zh: 编号, en: Number}, source: this city, type: string, level: L1, mask: none}
  entry_count: {title: {zh: 数量, en: Count}, source: this city, type: integer, level: L1, mask: none}
"""
_CONTRACT = """
kind: DataContract
apiVersion: v3.1.0
id: bureau.{name}
name: 数据集{name}
version: {version}
status: active
domain: records
servers:
  - {{server: delivery, type: local, path: "*/bureau/{name}.csv", format: csv{encoding}}}
schema:
  - name: {name}
    logicalType: object
    properties:
      - {{name: id, physicalName: 编号, primaryKey: true, required: true, businessName: 编号,
         customProperties: [{{property: element, value: entry_number}}]}}
      - {{name: amount, physicalName: 数量, businessName: 数量,
         customProperties: [{{property: element, value: {amount}}}]}}
slaProperties:
  - {{property: frequency, value: 1, unit: d}}
  - {{property: freshness_working_days, value: 5}}
customProperties:
  - {{property: delivery_mode, value: append}}
  - {{property: sharing_attribute, value: unconditional}}
"""
_AGREEMENT = """
agreement: archive__{name}
agency: archive
title: {{zh: 归档{name}, en: Archive of {name}}}
product: {product}
purpose: {{code: archive, text: Kept for later, legal_basis: this city's rules}}
scope: {{text: all rows}}
level_ceiling: L1
sharing_attribute: unconditional
valid: {{from: 2026-01-01, until: 2027-12-31}}
approvals: [data-office@bureau.example]
columns:
  - {{name: id, type: string, title: {{zh: 编号, en: Number}}, purpose: find it again, required: true}}
  - {{name: amount, type: integer, title: {{zh: 数量, en: Count}}, purpose: keep it}}
rules: [{{name: grain, kind: unique, columns: [id], severity: error}}]
"""
_MODEL = "select id, amount, _batch from {{{{ ref('stg_bureau__{name}') }}}}\n"


def product(name: str) -> str:
    """The product of a dataset."""
    return name.replace("d", "p")


def agreement(name: str) -> str:
    """The agreement of a dataset."""
    return f"archive__{name}"


@dataclass(frozen=True)
class Planted:
    """The city in a folder, and its answers."""

    place: Path

    def file(self, *parts: str) -> Path:
        """A file of the workspace."""
        return self.place.joinpath(*parts)

    def write(self, text: str, *parts: str) -> Path:
        """Write a file of the workspace."""
        path = self.file(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def delivery(self, name: str, day: str = DAY) -> Path:
        """Where a delivery of a dataset lies; its folder is there."""
        path = self.file("deliveries", day, "bureau", f"{name}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def deliver(self, name: str, rows: Mapping[str, int], day: str = DAY) -> None:
        """Deliver rows: amounts by id."""
        lines = "".join(f"{key},{amount}\n" for key, amount in rows.items())
        self.delivery(name, day).write_text(f"编号,数量\n{lines}", encoding="utf-8")

    def model(self, name: str) -> Path:
        """The product model of a dataset."""
        return self.file("dbt_project", "models", "products", agreement(name), f"{product(name)}.sql")

    def contract(self, name: str, *, amount: str = "entry_count", encoding: str = "", version: str = "1.0.0") -> None:
        """Write a dataset's contract."""
        declared = f", encoding: {encoding}" if encoding else ""
        text = _CONTRACT.format(name=name, amount=amount, encoding=declared, version=version)
        self.write(text, "contracts", "departments", "bureau", f"{name}.yml")

    def say(self, *arguments: str, **environment: str) -> Said:
        """One command on this city."""
        return call(*arguments, "--workspace", str(self.place), environment={"ZHONGTAI_NOW": NOW, **environment})

    def run(self, *more: str) -> Outcome:
        """One run of the whole city; it must end well whatever is planted."""
        said = self.say("run", *more, "--json")
        assert said.status == 0, said.out[-2000:] + said.err[-3000:]
        return Outcome(json.loads(said.out), said)


@dataclass(frozen=True)
class Outcome:
    """What a run said."""

    summary: Mapping[str, Any]
    said: Said

    def verdict(self, name: str) -> str:
        """The verdict on a dataset's product."""
        found = {row["agreement"]: row["verdict"] for row in self.summary["releases"]}
        return str(found.get(agreement(name), "none"))

    def released(self) -> set[str]:
        """The datasets whose product was released."""
        return {name for name in DATASETS if self.verdict(name) == "released"}

    def why(self, name: str) -> str:
        """Everything said against a dataset's product."""
        rows = [row for row in self.summary["releases"] if row["agreement"] == agreement(name)]
        violations = [violation for row in rows for violation in row["violations"]]
        return "\n".join(f"{v['rule']} {v['subject']}: {v['message']} {v['fix']}" for v in violations)

    def refusals(self, name: str) -> str:
        """The messages of a dataset's failed deliveries."""
        rows = [row for row in self.summary["datasets"] if row["dataset"] == f"bureau.{name}"]
        return "\n".join(row["message"] for row in rows if row["state"] == "failed")

    def accepted(self, name: str) -> int:
        """Accepted rows of a dataset."""
        return sum(row["accepted"] for row in self.summary["datasets"] if row["dataset"] == f"bureau.{name}")


def plant(place: Path) -> Planted:
    """The city, well, with one delivery of every dataset; its twins are written."""
    city = Planted(place)
    city.write(_CITY, "zhongtai.yml")
    city.write(DEPARTMENTS, "contracts", "departments", "departments.yml")
    city.write(DOMAIN, "contracts", "domains", "records.yml")
    city.write(ELEMENTS, "contracts", "standards", "elements", "own.yml")
    project = ROOT / "tests" / "cities" / "beijing" / "dbt_project"
    city.write((project / "dbt_project.yml").read_text("utf-8"), "dbt_project", "dbt_project.yml")
    shutil.copytree(project / "macros", city.file("dbt_project", "macros"))
    for place_of, name in enumerate(DATASETS):
        city.contract(name)
        text = _AGREEMENT.format(name=name, product=product(name))
        city.write(text, "contracts", "agreements", f"{agreement(name)}.yml")
        model = city.model(name)
        city.write(_MODEL.format(name=name), *model.relative_to(city.place).parts)
        city.write(_yaml(product(name)), *model.with_suffix(".yml").relative_to(city.place).parts)
        city.deliver(name, {f"{name}-{row}": row for row in range(place_of + 2)})
    said = city.say("sync")
    assert said.status == 0, said.out + said.err
    return city


def _yaml(name: str) -> str:
    columns = "".join(
        f"      - {{name: {column}, data_type: {kind}}}\n"
        for column, kind in (("id", "varchar"), ("amount", "bigint"), ("_batch", "varchar"))
    )
    return f"version: 2\nmodels:\n  - name: {name}\n    description: {name}\n    columns:\n{columns}"
