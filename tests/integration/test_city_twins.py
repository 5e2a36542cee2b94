"""The workspaces under `tests/cities` load whole, and their generated models are what their declarations say."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.load import load_catalogue
from orchestration.twins.sync import drift

CITIES = Path(__file__).resolve().parents[1] / "cities"


@pytest.mark.parametrize("city", ["nyc", "beijing"])
def test_twins_and_declarations_agree(city: str) -> None:
    catalogue = load_catalogue(CITIES / city)
    assert [f"{one.kind}: {one.path}\n{one.diff}" for one in drift(catalogue, CITIES / city / "dbt_project")] == []
