"""Writing the recalled city: one bureau that adds (`visits`), replaces (`lots`) and updates (`people`) its rows.

Each dataset is released to the archive alone, `visits` and `people` also joined, and visits also through a theme table
that is only ever added to (`kept`). Deliveries, recalls and what must follow are the callers'.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.command import Said, call
from tests.planted.city import DEPARTMENTS, DOMAIN, ELEMENTS

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-21T10:00:00+08:00"
FIRST, SECOND, THIRD = "2026-11-17", "2026-11-18", "2026-11-19"
MODES = {"visits": "append", "lots": "snapshot", "people": "upsert"}
PRODUCTS = {
    "visits": "select id, amount from {{ ref('stg_bureau__@visits') }}",
    "lots": "select id, amount from {{ ref('stg_bureau__@lots') }}",
    "people": "select id, amount from {{ ref('stg_bureau__@people') }}",
    "joined": "select v.id, p.amount from {{ ref('stg_bureau__@visits') }} as v "
    "inner join {{ ref('stg_bureau__@people') }} as p on p.id = v.id",
    "kept": "select id, amount from {{ ref('@kept') }}",
}
_KEPT = (
    "{{ config(materialized='incremental', unique_key='id', incremental_strategy='delete+insert', "
    "on_schema_change='fail') }}select id, amount from {{ ref('stg_bureau__@visits') }}\n"
)
_CITY = """
city: recalled
title: {zh: 召回市, en: Recalled City}
deliveries: deliveries
demonstration: true
"""
_CONTRACT = """
kind: DataContract
apiVersion: v3.1.0
id: bureau.{name}
name: 数据集{name}
version: 1.0.0
status: active
domain: records
servers:
  - {{server: delivery, type: local, path: "*/bureau/{name}*.csv", format: csv}}
schema:
  - name: {name}
    logicalType: object
    properties:
      - {{name: id, physicalName: 编号, primaryKey: true, required: true, businessName: 编号,
         customProperties: [{{property: element, value: entry_number}}]}}
      - {{name: amount, physicalName: 数量, businessName: 数量,
         customProperties: [{{property: element, value: entry_count}}]}}
slaProperties:
  - {{property: frequency, value: 1, unit: d}}
  - {{property: freshness_working_days, value: {fresh}}}
customProperties:
  - {{property: delivery_mode, value: {mode}}}
  - {{property: sharing_attribute, value: unconditional}}
"""
_AGREEMENT = """
agreement: archive__{name}
agency: archive
title: {{zh: 归档{name}, en: Archive of {name}}}
product: p_{name}
purpose: {{code: archive, text: Kept for later, legal_basis: this city's rules}}
scope: {{text: all rows}}
level_ceiling: L1
sharing_attribute: unconditional
valid: {{from: 2026-01-01, until: {until}}}
approvals: [data-office@bureau.example]
columns:
  - {{name: id, type: string, title: {{zh: 编号, en: Number}}, purpose: find it again, required: true}}
  - {{name: amount, type: integer, title: {{zh: 数量, en: Count}}, purpose: keep it}}
rules: [{{name: grain, kind: unique, columns: [id], severity: error}}]
"""


def agreement(name: str) -> str:
    """The agreement on a product."""
    return f"archive__{name}"


@dataclass(frozen=True)
class Recalled:
    """The city in a folder, its state, and the moment that it is there."""

    place: Path
    now: str = NOW
    state: Path | None = None

    def write(self, text: str, *parts: str) -> Path:
        """Write a file of the workspace."""
        path = self.place.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def deliver(self, dataset: str, rows: Mapping[str, int], day: str, part: str = "") -> Path:
        """Deliver rows, amounts by id, at the path of a day; what lay there is overwritten."""
        lines = "".join(f"{key},{amount}\n" for key, amount in rows.items())
        return self.write(f"编号,数量\n{lines}", "deliveries", day, "bureau", f"{dataset}{part}.csv")

    def agree(self, name: str, until: str = "2027-12-31") -> Path:
        """Write the agreement on a product."""
        text = _AGREEMENT.format(name=name, until=until)
        return self.write(text, "contracts", "agreements", f"{agreement(name)}.yml")

    def say(self, *arguments: str, **environment: str) -> Said:
        """One command on this city."""
        more = {"ZHONGTAI_STATE": str(self.state)} if self.state else {}
        spoken = {"ZHONGTAI_NOW": self.now, **more, **environment}
        return call(*arguments, "--workspace", str(self.place), environment=spoken)

    def tell(self, *arguments: str) -> dict[str, Any]:
        """What a command that must end well says as JSON."""
        said = self.say(*arguments, "--json")
        assert said.status == 0, said.out[-2000:] + said.err[-3000:]
        found: dict[str, Any] = json.loads(said.out)
        return found

    def run(self) -> Outcome:
        """One run of the whole city; it must end well."""
        return Outcome(self.tell("run"))

    def status(self) -> Outcome:
        """What is known without a run."""
        return Outcome(self.tell("status"))

    def recall(self, batch: str, *more: str) -> dict[str, Any]:
        """Recall a batch."""
        return self.tell("recall", batch, "--why", "wrong", *more)

    def releases(self, state: str = "current") -> dict[str, dict[str, Any]]:
        """Product -> its release that is in a state (the last of them)."""
        rows = self.tell("releases")["releases"]
        return {row["agreement"].removeprefix("archive__"): row for row in rows if row["state"] == state}

    def rows(self, name: str) -> dict[str, int]:
        """The rows that are served of a product, amounts by id."""
        folder = Path(self.releases()[name]["path"])
        tables = [pq.read_table(file) for file in sorted(folder.glob("*.parquet"))]
        return {row["id"]: row["amount"] for table in tables for row in table.to_pylist()}

    def audited(self) -> list[dict[str, Any]]:
        """The faults that an audit finds."""
        found: list[dict[str, Any]] = json.loads(self.say("audit", "--json").out)["faults"]
        return found


@dataclass(frozen=True)
class Outcome:
    """What a run, or a look, said."""

    summary: Mapping[str, Any]

    @property
    def released(self) -> set[str]:
        """The products that were let pass."""
        rows = [row for row in self.summary["releases"] if row["verdict"] == "released"]
        return {row["agreement"].removeprefix("archive__") for row in rows}

    def why(self, name: str) -> str:
        """Everything said against a product."""
        rows = [row for row in self.summary["releases"] if row["agreement"] == agreement(name)]
        return "\n".join(f"{v['rule']} {v['message']}" for row in rows for v in row["violations"])

    def batch(self, dataset: str, path: str) -> str:
        """The newest batch that was delivered at a path of a day."""
        found = [
            row["batch"]
            for row in self.summary["datasets"]
            if row["dataset"] == f"bureau.{dataset}"
            and path in {one["path"].split("/")[0] for one in row["deliveries"]} | {row["path"].split("/")[0]}
        ]
        return str(found[-1])

    def state(self, dataset: str, batch: str) -> tuple[str, str]:
        """A batch's state, and what is said to it."""
        rows = [r for r in self.summary["datasets"] if (r["dataset"], r["batch"]) == (f"bureau.{dataset}", batch)]
        return str(rows[0]["state"]), str(rows[0]["message"])


def prefixes(copies: int) -> tuple[str, ...]:
    """How the names of copies begin."""
    return ("", *(f"c{number}_" for number in range(1, copies)))


def found_city(place: Path, fresh: int = 30, copies: int = 1) -> Recalled:
    """The city, well and with nothing delivered; its twins are written. `fresh` is in working days.

    Of each dataset and product there are so many `copies`, each alone: `visits`, `c1_visits`, `c2_visits`.
    """
    city = Recalled(place)
    city.write(_CITY, "zhongtai.yml")
    city.write(DEPARTMENTS, "contracts", "departments", "departments.yml")
    city.write(DOMAIN, "contracts", "domains", "records.yml")
    city.write(ELEMENTS, "contracts", "standards", "elements", "own.yml")
    project = ROOT / "tests" / "cities" / "beijing" / "dbt_project"
    city.write((project / "dbt_project.yml").read_text("utf-8"), "dbt_project", "dbt_project.yml")
    shutil.copytree(project / "macros", place / "dbt_project" / "macros")
    for copy in prefixes(copies):
        for name, mode in MODES.items():
            text = _CONTRACT.format(name=f"{copy}{name}", mode=mode, fresh=fresh)
            city.write(text, "contracts", "departments", "bureau", f"{copy}{name}.yml")
        _model(city, f"{copy}kept", _KEPT.replace("@", copy), "domains", "records")
        for name, text in PRODUCTS.items():
            city.agree(f"{copy}{name}")
            _model(city, f"p_{copy}{name}", text.replace("@", copy) + "\n", "products", agreement(f"{copy}{name}"))
    said = city.say("sync")
    assert said.status == 0, said.out + said.err
    return city


def run_once(place: Path) -> Recalled:
    """The city after its first run: two deliveries of each dataset, and all products released."""
    city = found_city(place, fresh=5)
    city.deliver("visits", {"a": 1, "b": 2}, FIRST)
    city.deliver("visits", {"c": 3}, SECOND)
    city.deliver("lots", {"a": 1, "b": 2}, FIRST)
    city.deliver("lots", {"a": 5, "d": 6}, SECOND)
    city.deliver("people", {"a": 1, "b": 2, "c": 7}, FIRST)
    city.deliver("people", {"b": 3}, SECOND)
    assert city.run().released == set(PRODUCTS)
    return city


def _model(city: Recalled, name: str, text: str, *folder: str) -> None:
    columns = "".join(f"      - {{name: {column}, data_type: {kind}}}\n" for column, kind in _COLUMNS.items())
    described = f"version: 2\nmodels:\n  - name: {name}\n    description: {name}\n    columns:\n{columns}"
    city.write(text, "dbt_project", "models", *folder, f"{name}.sql")
    city.write(described, "dbt_project", "models", *folder, f"{name}.yml")


_COLUMNS = {"id": "varchar", "amount": "bigint"}
