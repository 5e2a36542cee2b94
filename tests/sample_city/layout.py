"""How each dataset is to be delivered: file, format, headers and key, read from the repository's own contracts.

Reads the YAML as it stands; what a contract means is the business of `contracts`, and nothing here needs it whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_DEPARTMENTS = Path(__file__).parents[2] / "contracts" / "departments"


@dataclass(frozen=True)
class Layout:
    """One dataset's delivered form. `headers` maps column names to headers, in contract order."""

    dataset: str
    file: str
    format: str
    encoding: str
    delimiter: str
    member: str
    mode: str
    headers: Mapping[str, str]
    key: tuple[str, ...]

    def path(self, out: Path, delivery: str) -> Path:
        """Where the delivery of a date lies."""
        return out / delivery / self.file


@cache
def layout(dataset: str) -> Layout:
    """The layout of `<department>.<dataset>`."""
    department, name = dataset.split(".")
    contract = yaml.load((_DEPARTMENTS / department / f"{name}.yml").read_text("utf-8"), yaml.CSafeLoader)
    server, properties = contract["servers"][0], contract["schema"][0]["properties"]
    return Layout(
        dataset=dataset,
        file=server["path"].removeprefix("*/"),
        format=server["format"],
        encoding=server.get("encoding", "utf-8"),
        delimiter=_custom(server).get("delimiter", ","),
        member=_custom(server).get("member", ""),
        mode=_custom(contract)["delivery_mode"],
        headers={item["name"]: item.get("physicalName", item["name"]) for item in properties},
        key=tuple(item["name"] for item in properties if item.get("primaryKey")),
    )


def _custom(part: Mapping[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in part.get("customProperties", ())}
