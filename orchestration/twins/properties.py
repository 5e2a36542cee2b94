"""The properties of the generated models of theme entities, in dbt's YAML: contracts, tests, levels, titles."""

from __future__ import annotations

from typing import Any

from contracts.model import Catalogue, Entity
from orchestration.twins.providing import attributes_of, identified
from orchestration.twins.text import column_yaml
from quality.casts import sql_type


def entity_yaml(catalogue: Catalogue, entity: Entity) -> dict[str, Any]:
    """Properties of both models of an entity: enforced contract on the entity, grain, tests, levels."""
    providers = ", ".join(dataset.id for dataset, _ in identified(catalogue, entity))
    return {
        "version": 2,
        "models": [
            {
                "name": f"{entity.name}__provided",
                "description": f"{entity.title_zh}: one row per identifier and provider ({providers}).",
                "config": {"materialized": "view", "schema": "staging", "contract": {"enforced": False}},
            },
            {
                "name": f"{entity.name}__registered",
                "description": f"{entity.title_zh}城市统一编号 / City ids: one row per identifier of {entity.name}.",
                "config": {"contract": {"enforced": True}},
                "columns": required_texts("identifier", "city_id", "method"),
            },
            {
                "name": entity.name,
                "description": (
                    f"{entity.title_zh} / {entity.title_en}: {entity.grain}. "
                    f"Rebuilt from all current batches of {providers}."
                ),
                "config": {"contract": {"enforced": True}, "meta": {"entity": entity.name}},
                "columns": entity_columns(catalogue, entity),
            },
        ],
    }


def entity_columns(catalogue: Catalogue, entity: Entity) -> list[dict[str, Any]]:
    """The columns of an entity's table, as its contract has them."""
    identifying = catalogue.elements[entity.identifier]
    columns = [
        _column("city_id", "城市统一编号", "Stable city id", "identifier", "L2", "varchar", key=True),
        _column(
            entity.identifier,
            identifying.title_zh,
            identifying.title_en,
            identifying.name,
            str(identifying.level),
            sql_type(identifying).lower(),
            key=True,
        ),
    ]
    for attribute in attributes_of(entity):
        kind = sql_type(attribute.element).lower()
        columns.append(
            _column(
                attribute.name,
                attribute.title_zh,
                attribute.title_en,
                attribute.element.name,
                str(attribute.level),
                kind,
            )
        )
        source = _column(
            f"{attribute.name}_source",
            f"{attribute.title_zh}来源",
            f"Source of {attribute.title_en}",
            "code",
            "L1",
            "varchar",
        )
        columns.append(source)
    columns.append(_column("provider_count", "提供部门数", "Departments that know it", "count", "L1", "integer"))
    columns.append(_column("_batch", "归集批次", "Batch of the first provider", "identifier", "L1", "varchar"))
    return columns


def _column(name: str, zh: str, en: str, element: str, level: str, kind: str, *, key: bool = False) -> dict[str, Any]:
    column = column_yaml(name, zh, en, element, level) | {"data_type": kind}
    if key:
        column |= {"constraints": [{"type": "not_null"}], "data_tests": ["unique", "not_null"]}
    return column


def registry_yaml() -> dict[str, Any]:
    """Properties of the registry and its seed of decisions."""
    return {
        "version": 2,
        "models": [
            {
                "name": "identity_registry",
                "description": "城市统一编号登记 / Registry of stable city ids: one row per entity and identifier.",
                "config": {"materialized": "view"},
                "columns": [{"name": name} for name in ("entity", "identifier", "city_id", "method")],
            }
        ],
        "seeds": [
            {
                "name": "identity_decisions",
                "description": "身份判定 / Decisions that give an identifier another record's city id; empty at first.",
                "config": {
                    "schema": "staging",
                    "column_types": dict.fromkeys(DECISIONS_HEADER.strip().split(","), "varchar"),
                },
            }
        ],
    }


def required_texts(*names: str) -> list[dict[str, Any]]:
    """Columns of text that always have a value."""
    return [{"name": name, "data_type": "varchar", "constraints": [{"type": "not_null"}]} for name in names]


DECISIONS_HEADER = "entity,identifier,city_id,decided_by,reason\n"
