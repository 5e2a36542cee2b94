"""The resource catalogue: what the city has is found in both languages, and nobody learns who receives what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.load import load_catalogue
from lake.settings import load_settings
from portal.catalogue.records import Resource, resources
from portal.catalogue.search import Index
from portal.city import City
from portal.released import Released
from quality.declared import DuckDBEngine
from sharing.ledger import Ledger
from tests.unit.portal.conftest import Portal

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Resource]]:
    """The sample city's resources; nothing is delivered yet."""
    state = tmp_path_factory.mktemp("state")
    configured = load_settings(ROOT, {"ZHONGTAI_STATE": str(state)})
    with Ledger.open(configured.ledger) as ledger:
        city = City(configured, load_catalogue(ROOT, engine=DuckDBEngine()), ledger, None, b"")  # type: ignore[arg-type]
        yield resources(city.catalogue, ledger, Released(city))


def test_each_dataset_entity_and_product_is_there_once(every: list[Resource]) -> None:
    kinds = {kind: [one for one in every if one.kind == kind] for kind in ("dataset", "entity", "product")}
    assert len({one.id for one in every}) == len(every)
    assert len(kinds["dataset"]) == 27 and len(kinds["product"]) == 15 and len(kinds["entity"]) == 3
    residents = next(one for one in every if one.id == "public_security.residents")
    assert (
        residents.level == "L4"
        and residents.provider_zh
        and any(one.element == "resident_id" for one in residents.fields)
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("身份证", "public_security.residents"),
        ("residents", "public_security.residents"),
        ("resident_id 公安", "public_security.residents"),
        ("空气质量", "product.open_air_quality"),
        ("air qual", "product.open_air_quality"),
        ("自然人", "theme.natural_person"),
    ],
)
def test_it_is_found_by_words_of_both_languages(every: list[Resource], text: str, wanted: str) -> None:
    assert wanted in [one.id for one in Index(every).find(text)][:8]


@settings(max_examples=60, deadline=None)
@given(text=some.text(max_size=30) | some.sampled_from(['"', "a AND", "NOT x", "title:x", "x*", "(", "-", "NEAR(a b)"]))
def test_whatever_is_asked_finds_or_finds_nothing(every: list[Resource], text: str) -> None:
    assert len(Index(every[:5]).find(text)) <= 5


def test_whoever_has_a_grant_reads_it_and_learns_of_no_recipient(portal: Portal) -> None:
    portal.publish()
    _, who = portal.grant("another_agency")
    assert portal.ask("GET", "/api/catalogue").status_code == 401
    found = portal.ask("GET", "/api/catalogue", headers=who, params={"q": "高龄"}).json()
    assert (found["total"], found["resources"][0]["state"]) == (1, "published")
    one = portal.ask("GET", f"/api/catalogue/{found['resources'][0]['id']}", headers=who).json()
    assert [each["name"] for each in one["fields"]] and "civil_affairs" not in json.dumps(one)
    assert portal.ask("GET", "/api/catalogue/nothing", headers=who).status_code == 404
    assert portal.ask("GET", "/api/catalogue", headers=who, params={"page": "0"}).status_code == 400
