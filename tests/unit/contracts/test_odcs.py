"""The repository's contracts are plain ODCS v3: they fit the standard's own JSON Schema, and its classes read them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from jsonschema.validators import validator_for
from open_data_contract_standard.model import OpenDataContractStandard

ROOT = Path(__file__).parents[3]
WORKSPACES = (ROOT, *sorted((ROOT / "tests" / "cities").iterdir()))
CONTRACTS = sorted(path for root in WORKSPACES for path in root.glob("contracts/departments/*/*.yml"))
SCHEMA = json.loads((files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_fits_the_standard(path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    faults = [
        f"{list(fault.path)}: {fault.message[:200]}" for fault in validator_for(SCHEMA)(SCHEMA).iter_errors(content)
    ]
    assert faults == []
    assert OpenDataContractStandard.from_file(str(path)).id == f"{path.parent.name}.{path.stem}"
