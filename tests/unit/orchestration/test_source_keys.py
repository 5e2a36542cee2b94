"""A source in a city's YAML stands in no model's place in the graph, whatever table it names."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from contracts.load import load_catalogue

REPOSITORY = Path(__file__).resolve().parents[3]
MODEL = {"resource_type": "model", "schema": "theme", "name": "natural_person", "alias": "natural_person"}


def _source(schema: str, name: str) -> dict[str, Any]:
    return {"resource_type": "source", "schema": schema, "name": name, "source_name": "tried"}


@pytest.fixture
def translator() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries warn of as they are imported
        from orchestration.assets.models import CityTranslator
    return CityTranslator(load_catalogue(REPOSITORY))


def test_a_source_of_the_name_of_a_model_is_not_its_table(translator: Any) -> None:
    assert translator.get_asset_key(MODEL) == dg.AssetKey(["theme", "natural_person"])
    assert translator.get_asset_key(_source("theme", "natural_person")) != translator.get_asset_key(MODEL)


def test_a_raw_table_is_itself_however_often_it_is_named(translator: Any) -> None:
    assert translator.get_asset_key(_source("raw", "health__visits")) == dg.AssetKey(["raw", "health__visits"])
    assert translator.settings.enable_duplicate_source_asset_keys
