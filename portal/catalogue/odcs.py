"""A resource as an ODCS v3 contract, as far as its reader may know: what is not shown on its page is not in it.

Source: Open Data Contract Standard v3.1, through its own classes. Reading contracts is `contracts/odcs.py`'s.
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from contracts.model import Rule
from portal.catalogue.records import Field, Resource

_VERSION = "v3.1.0"
_UNDECLARED = "0.0.0"  # the standard wants one, and of theme tables none is declared
_TYPES = {"decimal": "number"}


def contract(one: Resource) -> str:
    """The contract as YAML text."""
    # What JSON has no type for, days among it, as text.
    plain = json.loads(json.dumps(_contract(one), default=str))
    told = {name: value for name, value in plain.items() if value not in ("", None, [], {})}
    # The standard's own classes refuse what it has no place for.
    OpenDataContractStandard.model_validate(told)
    return yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=120)


def _contract(one: Resource) -> dict[str, Any]:
    of_table = [_rule(rule) for rule in one.rules if len(rule.columns) != 1]
    return {
        "kind": "DataContract",
        "apiVersion": _VERSION,
        "id": one.id,
        "name": one.title_zh,
        "version": one.version or _UNDECLARED,
        "status": "active",
        "domain": one.domain,
        "description": {"purpose": one.description} if one.description else None,
        "schema": [
            {
                "name": one.id.rpartition(".")[2],
                "logicalType": "object",
                "businessName": one.title_en,
                "properties": [_property(one, field) for field in one.fields],
                **({"quality": of_table} if of_table else {}),
            }
        ],
        "team": {"name": one.provider, "members": [{"username": one.owner, "role": "owner"}]} if one.owner else None,
        "slaProperties": _levels(one),
        "customProperties": [
            {"property": name, "value": value}
            for name in ("sharing", "open", "category", "level", "legal_basis", "kind")
            if (value := getattr(one, name))
        ],
    }


def _property(one: Resource, field: Field) -> dict[str, Any]:
    rules = [_rule(rule) for rule in one.rules if rule.columns == (field.name,)]
    told = {
        "name": field.name,
        "logicalType": _TYPES.get(field.type, field.type),
        "physicalName": field.headers[0] if field.headers else None,
        "businessName": field.title_zh,
        "description": field.title_en,
        "classification": field.level,
        "required": field.required or None,
        "primaryKey": field.key or None,
        "customProperties": [
            {"property": name, "value": value}
            for name, value in (("element", field.element), ("sharing_attribute", field.sharing))
            if value
        ],
        "quality": rules,
    }
    return {name: value for name, value in told.items() if value not in ("", None, [])}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "type": "custom",
        "engine": "zhongtai",
        "severity": str(rule.severity),
        "dimension": rule.dimension,
        "implementation": {
            "kind": rule.kind,
            **({"columns": list(rule.columns)} if rule.columns else {}),
            **rule.arguments,
        },
    }


def _levels(one: Resource) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if one.frequency == "irregular":
        found.append({"property": "frequency", "value": "irregular"})
    elif one.frequency:
        count = one.frequency.rstrip("abcdefghijklmnopqrstuvwxyz")
        found.append({"property": "frequency", "value": int(count), "unit": one.frequency.removeprefix(count)})
    if one.fresh_days is not None:
        found.append({"property": "freshness_working_days", "value": one.fresh_days})
    return found
