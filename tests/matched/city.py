"""The workspace that `zhongtai init` writes, with a third bureau that knows shops by their signs alone.

Deliveries, decisions and what must follow are the callers'.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lake.attach import open_lake
from lake.settings import load_settings
from tests.command import Said, call

NOW = "2026-11-23T10:00:00+08:00"
MATCHING: dict[str, Any] = {
    "compare": [{"attribute": "name", "as": "organisation_name"}, {"attribute": "phone", "as": "phone"}],
    "block": [["name.core"], ["phone"]],
    "automatic": 0.95,
    "review": 0.2,
    "conflicts": ["phone"],
}
_SIGNS = """
kind: DataContract
apiVersion: v3.1.0
id: urban.signs
name: 店招
version: 1.0.0
status: active
domain: legal_entity
servers:
  - {server: delivery, type: local, path: "*/urban/signs.csv", format: csv}
schema:
  - name: signs
    logicalType: object
    properties:
      - {name: sign_number, physicalName: 编号, logicalType: string, primaryKey: true, businessName: 编号,
         customProperties: [{property: element, value: identifier}]}
      - {name: sign, physicalName: 店招, logicalType: string, businessName: 店招,
         customProperties: [{property: element, value: organisation_name}]}
      - {name: phone, physicalName: 电话, logicalType: string, businessName: 电话,
         customProperties: [{property: element, value: phone}]}
slaProperties:
  - {property: frequency, value: 1, unit: w}
  - {property: freshness_working_days, value: 20}
customProperties:
  - {property: delivery_mode, value: snapshot}
  - {property: sharing_attribute, value: conditional}
  - property: department
    value: {title: {zh: 城管局, en: Urban Management}, code: "11999000-44", owner: data-office@urban.example}
  - property: provides
    value: [{entity: legal_entity, matched: true, attributes: {name: sign, phone: phone}}]
"""
_PERSONS = """
persons:
  steward@city.example:
    title: {zh: 数据管家, en: Data steward}
    roles: [{role: steward, from: 2026-01-01, until: 2030-12-31}]
  officer@city.example:
    title: {zh: 数据官, en: Officer}
    roles: [{role: officer, from: 2026-01-01, until: 2030-12-31}]
"""


@dataclass(frozen=True)
class Matched:
    """The city in a folder, at one moment."""

    place: Path
    now: str = NOW

    def say(self, *arguments: str) -> Said:
        """One command on this city."""
        return call(*arguments, "--workspace", str(self.place), environment={"ZHONGTAI_NOW": self.now})

    def tell(self, *arguments: str) -> dict[str, Any]:
        """What a command that ends well says as JSON."""
        said = self.say(*arguments, "--json")
        assert said.status in (0, 1), said.err + said.out
        found: dict[str, Any] = json.loads(said.out)
        return found

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the lake."""
        with open_lake(load_settings(self.place), read_only=True) as lake:
            return lake.execute(sql).fetchall()

    def signs(self, rows: str) -> None:
        """Deliver shops, in the place of those that were there."""
        path = self.place / "deliveries" / "2026-11-22" / "urban" / "signs.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"编号,店招,电话\n{rows}", encoding="utf-8")

    def match(self, **changes: Any) -> None:
        """Declare how legal entities are matched, but for what is changed."""
        path = self.place / "contracts" / "domains" / "legal_entity.yml"
        declared = yaml.safe_load(path.read_text("utf-8"))
        declared["entities"][0]["matching"] = {**MATCHING, **changes}
        path.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def things(self) -> dict[str, tuple[str | None, str]]:
        """Each sign's number -> credit code and city id of what it belongs to."""
        signs = "lake.registry.legal_entity where dataset = 'urban.signs'"
        found = self.ask(f"select _key, identifier, city_id from {signs} order by _key")
        return {key.rpartition(":")[2]: (code, city_id) for key, code, city_id in found}


def matched_city(place: Path) -> Matched:
    """The city, declared and in step; nothing is run."""
    city = Matched(place / "city")
    assert call("init", str(city.place), environment={"ZHONGTAI_NOW": NOW}).status == 0
    older = sorted((city.place / "deliveries").iterdir())[0]
    shutil.move(older, city.place / "deliveries" / "2026-11-22")
    (city.place / "contracts" / "departments" / "urban").mkdir()
    (city.place / "contracts" / "departments" / "urban" / "signs.yml").write_text(_SIGNS, encoding="utf-8")
    (city.place / "contracts" / "persons.yml").write_text(_PERSONS, encoding="utf-8")
    city.match()
    said = city.say("sync")
    assert said.status == 0, said.err + said.out
    return city
