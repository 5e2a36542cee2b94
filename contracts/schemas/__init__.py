"""JSON Schemas of the declaration files, generated from their Pydantic classes by `python -m contracts.schemas`.

Editors and other tools read the `.json` files beside this one; nobody edits them. ODCS has a schema of its own.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from contracts import (
    city_declarations,
    declarations,
    indicator_declarations,
    jurisdictions,
    requests,
    routing_declarations,
    rule_declarations,
    service_declarations,
    window_declarations,
)

FOLDER = Path(__file__).parent

MODELS: dict[str, type[BaseModel]] = {
    "zhongtai": city_declarations.CityDeclaration,
    "departments": declarations.DepartmentsDeclaration,
    "elements": declarations.ElementsDeclaration,
    "codes": declarations.CodeSetDeclaration,
    "domain": declarations.DomainDeclaration,
    "agreement": declarations.AgreementDeclaration,
    "persons": declarations.PersonsDeclaration,
    "jurisdiction": jurisdictions.JurisdictionDeclaration,
    "request": requests.RequestDeclaration,
    "routing": routing_declarations.RoutingDeclaration,
    "services": service_declarations.ServicesDeclaration,
    "rule": rule_declarations.RuleFileDeclaration,
    "indicators": indicator_declarations.IndicatorsDeclaration,
    "windows": window_declarations.WindowSetDeclaration,
    "suite": rule_declarations.SuiteDeclaration,
}


def schema_texts() -> dict[str, str]:
    """The text of every schema file, by file name."""
    return {f"{name}.json": _text(name) for name in MODELS}


def _text(name: str) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **MODELS[name].model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
