"""The properties of the models of a matched entity, and the registry as dbt's source. Their SQL is in `matched.py`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from contracts.matching import ID_COLUMNS, LINK_COLUMNS, REGISTRY
from contracts.model import Catalogue, Entity, Level
from orchestration.twins import properties
from orchestration.twins.text import banner, column_yaml


def entity_yaml(catalogue: Catalogue, entity: Entity) -> dict[str, Any]:
    """Properties of the models of a matched entity: those of every entity, and of the three of its own."""
    plain = properties.entity_yaml(catalogue, entity)
    provided, registered, table = plain["models"]
    registered["columns"] = [
        *properties.required_texts("identifier"),
        {"name": "known", "data_type": "varchar"},
        *properties.required_texts("city_id", "method"),
        {"name": "probability", "data_type": "double"},
        {"name": "merged", "data_type": "boolean"},
    ]
    table["columns"] = [_optional(column, entity) for column in table["columns"]]
    assert entity.matching
    compared = _highest(catalogue, entity, [name for one in entity.matching.comparisons for name in one.attributes])
    told = _highest(catalogue, entity, entity.matching.conflicts)
    table["columns"][-1:-1] = [
        _column("matched_rows", ("匹配行数", "Rows without an identifier that belong to it"), Level.L1, "integer"),
        _column("match_probability", ("匹配概率", "How sure the least sure of its rows is"), compared, "double"),
        _column(
            "conflict_count", ("部门冲突数", "Attributes that matter on which departments differ"), told, "integer"
        ),
    ]
    views = [
        ("loose", "one row per delivered row that no valid identifier names"),
        ("records", "what is compared, one row per way in which a thing is known"),
        ("matched", "one row per thing that rows without an identifier belong to"),
    ]
    own = [
        {
            "name": f"{entity.name}__{name}",
            "description": f"{entity.title_zh}: {text}.",
            "config": {"materialized": "view", "schema": "staging", "contract": {"enforced": False}},
        }
        for name, text in views
    ]
    return {**plain, "models": [provided, *own, registered, table]}


def _optional(column: dict[str, Any], entity: Entity) -> dict[str, Any]:
    """The identifier is unique where there is one; not everything has one."""
    if column["name"] != entity.identifier:
        return column
    return {name: value for name, value in column.items() if name != "constraints"} | {"data_tests": ["unique"]}


def _column(name: str, titles: tuple[str, str], level: Level, kind: str) -> dict[str, Any]:
    return column_yaml(name, *titles, "ratio" if kind == "double" else "count", str(level)) | {"data_type": kind}


def _highest(catalogue: Catalogue, entity: Entity, names: Collection[str]) -> Level:
    """The highest level of some attributes, the identifier among them."""
    levels = {one.name: one.level for one in entity.attributes}
    levels.setdefault(entity.identifier, catalogue.elements[entity.identifier].level)
    return max((levels[name] for name in names), default=Level.L1)


def registry_tables(entity: Entity) -> list[dict[str, Any]]:
    """The registry's tables of one entity, as dbt's source has them."""
    return [
        {
            "name": entity.name,
            "description": f"{entity.title_zh}归属 / Which thing each loose row of {entity.name} belongs to",
            "columns": [{"name": name} for name in LINK_COLUMNS],
        },
        {
            "name": f"{entity.name}__ids",
            "description": f"{entity.title_zh}编号 / The city ids that the registry gave {entity.name}",
            "columns": [{"name": name} for name in ID_COLUMNS],
        },
    ]


def registry_source(entities: Sequence[Entity]) -> dict[str, Any]:
    """The registry of matched entities as a dbt source."""
    return {
        "version": 2,
        "sources": [
            {
                "name": REGISTRY,
                "database": "lake",
                "schema": REGISTRY,
                "description": banner("who is who, as the platform and its stewards decided"),
                "tables": [table for entity in entities for table in registry_tables(entity)],
            }
        ],
    }
