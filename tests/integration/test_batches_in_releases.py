"""The batches that certificates of a small sample city name, held to the rows themselves.

Twice told otherwise: which delivered rows are behind each product is written out by hand, and the whole city is built
again without each batch, by the models' own texts over a copy of the raw tables.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lake.attach import open_lake
from lake.settings import Settings, load_settings
from sharing.ledger import Ledger
from tests.command import call
from tests.recalled.city import PRODUCTS, found_city
from tests.sample_city.generate import generate

NOW = "2026-11-21T10:00:00+08:00"
# A city of its own and every product built without each batch: slow, and deep.
pytestmark = pytest.mark.attack

_PERSONS = "(select resident_id from lake.theme.natural_person where city_id in (select {} from lake.product.{}))"
_FIRMS = "(select credit_code from lake.product.{})"


def _matched(entity: str, identifiers: str) -> tuple[str, str]:
    """The rows without an identifier that belong to things with one of these."""
    keys = f"select _key from lake.registry.{entity} where identifier in {identifiers}"
    return (f"staging.{entity}__loose", f"_key in ({keys})")


# Product -> the delivered rows that its rows are derived from, as (table of the lake, condition).
BEHIND: Mapping[str, list[tuple[str, str]]] = {
    "death_causes": [("staging.stg_civil_affairs__deaths", "cause is not null")],
    "road_lengths": [("staging.stg_transport__road_segments", "district is not null and road_class is not null")],
    "open_star_hotels": [("staging.stg_culture_tourism__hotels", "hotel_grade <> '0'")],
    "gate_flow": [("staging.stg_transport__gate_passings", "gate_id is not null and passed_at is not null")],
    "open_service_items": [
        ("staging.stg_government_services__service_items", "true"),
        (
            "staging.stg_government_services__service_materials",
            "item_code in (select item_code from lake.product.open_service_items)",
        ),
    ],
    "visitor_flow": [
        ("staging.stg_culture_tourism__scenic_visits", "spot_id is not null and entered_on is not null"),
        ("staging.stg_culture_tourism__scenic_spots", "spot_id in (select spot_id from lake.product.visitor_flow)"),
    ],
    "open_air_quality": [
        (
            "staging.stg_ecology__readings",
            "(station_id, pollutant, cast(measured_at as date)) in "
            "(select (station_id, pollutant, day) from lake.product.open_air_quality)",
        ),
        ("staging.stg_ecology__stations", "station_id in (select station_id from lake.product.open_air_quality)"),
    ],
    "parking_occupancy": [
        (
            "staging.stg_transport__parking_events",
            "(lot_id, cast(entered_at as date)) in (select (lot_id, day) from lake.product.parking_occupancy)",
        ),
        ("staging.stg_housing__parking_lots", "lot_id in (select lot_id from lake.product.parking_occupancy)"),
        (
            "staging.stg_housing__buildings",
            "building_id in (select building_id from lake.staging.stg_housing__parking_lots where lot_id in "
            "(select lot_id from lake.product.parking_occupancy))",
        ),
    ],
    "death_notices": [
        ("staging.natural_person__provided", f"resident_id in {_PERSONS.format('person_id', 'death_notices')}"),
        _matched("natural_person", _PERSONS.format("person_id", "death_notices")),
    ],
    "elderly_subsidy_candidates": [
        (
            "staging.natural_person__provided",
            f"resident_id in {_PERSONS.format('person_id', 'elderly_subsidy_candidates')}",
        ),
        _matched("natural_person", _PERSONS.format("person_id", "elderly_subsidy_candidates")),
        (
            "staging.stg_civil_affairs__subsidies",
            f"subsidy_type = 'old_age' and resident_id in {_PERSONS.format('person_id', 'elderly_subsidy_candidates')}",
        ),
    ],
    "household_check": [
        (
            "staging.stg_civil_affairs__marriages",
            "husband_id in (select resident_id from lake.theme.natural_person) "
            "and wife_id in (select resident_id from lake.theme.natural_person)",
        )
    ],
    "enterprise_status": [
        ("staging.legal_entity__provided", f"credit_code in {_FIRMS.format('enterprise_status')}"),
        _matched("legal_entity", _FIRMS.format("enterprise_status")),
    ],
    "inspection_targets": [
        ("staging.legal_entity__provided", f"credit_code in {_FIRMS.format('inspection_targets')}"),
        _matched("legal_entity", _FIRMS.format("inspection_targets")),
        (
            "staging.stg_market_regulation__inspections",
            f"result in ('2', '3') and credit_code in {_FIRMS.format('inspection_targets')}",
        ),
    ],
}


@dataclass(frozen=True)
class Ran:
    """The city after its run: its lake, what the ledger's newest verdicts say, and the models' SQL in their order."""

    settings: Settings
    lake: duckdb.DuckDBPyConnection
    sources: Mapping[str, list[dict[str, Any]]]
    models: Mapping[str, str]
    parents: Mapping[str, set[str]]

    def named(self, product: str) -> set[tuple[str, str]]:
        """The batches that the evidence of a product names, with their raw tables."""
        return {
            (f"raw.{source['dataset'].replace('.', '__')}", batch)
            for source in self.sources[product]
            for batch in source["batches"]
        }

    def raw_below(self, table: str) -> set[str]:
        if table.startswith("raw."):
            return {table}
        return set().union(*map(self.raw_below, self.parents.get(table, ())))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    place = tmp_path_factory.mktemp("batches")
    generate(people=300, out=place / "deliveries", seed=1)
    own = {"ZHONGTAI_STATE": str(place / "state"), "ZHONGTAI_DELIVERIES": str(place / "deliveries")}
    said = call("run", "--json", environment={**own, "ZHONGTAI_NOW": NOW})
    assert said.status == 0, said.err[-2000:]
    settings = load_settings(environment=own)
    manifest = json.loads(settings.manifest.read_text(encoding="utf-8"))
    nodes = {**manifest["nodes"], **manifest["sources"]}
    name = {key: f"{node['schema']}.{node.get('alias') or node['name']}" for key, node in nodes.items()}
    made = {name[key]: node["compiled_code"] for key, node in nodes.items() if node["resource_type"] == "model"}
    parents = {name[key]: {name[one] for one in manifest["parent_map"][key]} for key in nodes}
    with open_lake(settings, read_only=True) as lake, Ledger.open(settings.ledger) as ledger:
        verdicts = [entry.body for entry in ledger.current("verdict").values()]
        sources = {str(body["product"]): body["evidence"]["sources"] for body in verdicts}
        yield Ran(settings, lake, sources, _ordered(made, parents), parents)


def _ordered(made: Mapping[str, str], parents: Mapping[str, set[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    while len(found) < len(made):
        ready = [one for one in made if one not in found and not (parents[one] & made.keys()) - found.keys()]
        found.update((one, made[one]) for one in ready)
    return found


@pytest.fixture(scope="module")
def deciding(ran: Ran) -> Mapping[str, set[tuple[str, str]]]:
    """Product -> the batches without each of which building the city again gives other rows of it."""
    lake, found = ran.lake, {product: set[tuple[str, str]]() for product in ran.sources}
    lake.execute("attach ':memory:' as again")
    for schema in ("raw", "staging", "theme", "product"):
        lake.execute(f"create schema again.{schema}")
    raw = sorted({f"raw.{one['dataset'].replace('.', '__')}" for each in ran.sources.values() for one in each})
    for table in raw:
        lake.execute(f"create table again.{table} as from lake.{table}")
    known = {f"{schema}.{table}" for schema, table in _tables(lake)}
    for table in sorted({one for each in ran.parents.values() for one in each} - ran.models.keys() - set(raw)):
        if table in known:
            lake.execute(f"create schema if not exists again.{table.split('.')[0]}")
            lake.execute(f"create table again.{table} as from lake.{table}")
    wanted = [one for one in ran.models if any(one in _above(ran, f"product.{product}") for product in ran.sources)]
    for model in wanted:
        lake.execute(f"create table again.{model} as {_again(ran.models[model])}")
    whole = {product: _rows(lake, product) for product in ran.sources}
    for table in raw:
        below = [one for one in wanted if table in ran.raw_below(one)]
        for (batch,) in lake.execute(f"select distinct _batch from again.{table}").fetchall():
            lake.execute("begin transaction")
            lake.execute(f"delete from again.{table} where _batch = '{batch}'")
            for model in below:
                lake.execute(f"create or replace table again.{model} as {_again(ran.models[model])}")
            for product in ran.sources:
                if f"product.{product}" in below and _rows(lake, product) != whole[product]:
                    found[product].add((table, str(batch)))
            lake.execute("rollback")
    return found


def _tables(lake: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    asked = "select schema_name, table_name from duckdb_tables() where database_name = 'lake'"
    return [(str(schema), str(table)) for schema, table in lake.execute(asked).fetchall()]


def _above(ran: Ran, table: str) -> set[str]:
    return {table}.union(*(_above(ran, one) for one in ran.parents.get(table, ())))


def _again(sql: str) -> str:
    return sql.replace('"lake".', '"again".').replace("lake.", "again.")


def _rows(lake: duckdb.DuckDBPyConnection, product: str) -> list[str]:
    return sorted(map(str, lake.execute(f"from again.product.{product}").fetchall()))


def test_every_product_is_told_exactly(ran: Ran) -> None:
    assert len(ran.sources) == 17
    assert [name for name, sources in ran.sources.items() if not all(one["exact"] for one in sources)] == []


@pytest.mark.parametrize("product", BEHIND)
def test_the_batches_are_those_of_the_rows_behind_and_those_that_decide(
    ran: Ran, deciding: Mapping[str, set[tuple[str, str]]], product: str
) -> None:
    behind = {
        (table, str(batch))
        for place, condition in BEHIND[product]
        for (batch,) in ran.lake.execute(f"select distinct _batch from lake.{place} where {condition}").fetchall()
        for table in ran.raw_below(place)
        if ran.lake.execute(f"select count(*) from lake.{table} where _batch = '{batch}'").fetchone() != (0,)
    }
    assert behind, f"{product} has no rows"
    assert ran.named(product) == behind | deciding[product]


def test_no_batch_that_decides_is_left_out(ran: Ran, deciding: Mapping[str, set[tuple[str, str]]]) -> None:
    for product in ran.sources:
        assert deciding[product] <= ran.named(product)


def test_certificates_name_what_the_evidence_names_and_say_that_it_is_exact(ran: Ran) -> None:
    certificates = sorted(ran.settings.releases.glob("*/*/certificate.json"))
    assert certificates
    for file in certificates:
        predicate = _predicate(file)
        named = {(one["dataset"], batch) for one in predicate["sources"] for batch in one["batches"]}
        evidence = ran.sources[predicate["product"]]
        assert named == {(one["dataset"], batch) for one in evidence for batch in one["batches"]}
        assert predicate["exact"]


def _predicate(file: Path) -> dict[str, Any]:
    envelope = json.loads(file.read_text(encoding="utf-8"))
    return dict(json.loads(base64.b64decode(envelope["payload"]))["predicate"])


def test_what_was_replaced_or_not_joined_is_in_no_certificate(tmp_path: Path) -> None:
    city = found_city(tmp_path / "city", fresh=5)
    first, second, third = "2026-11-17", "2026-11-18", "2026-11-19"
    city.deliver("visits", {"a": 1, "b": 2}, first)
    city.deliver("visits", {"c": 3}, second)
    city.deliver("lots", {"a": 1, "b": 2}, first)
    city.deliver("lots", {"a": 5, "d": 6}, second)
    city.deliver("people", {"a": 1, "b": 2}, first)
    city.deliver("people", {"a": 9, "b": 3}, second)
    city.deliver("people", {"z": 3}, third)
    assert city.run().released == set(PRODUCTS)
    held, status = city.releases(), city.status()
    named = {name: set(held[name]["batches"]) for name in PRODUCTS}
    visits = {status.batch("visits", day) for day in (first, second)}
    people = {status.batch("people", day) for day in (second, third)}
    assert named == {
        "visits": visits,
        "kept": visits,
        "lots": {status.batch("lots", second)},
        "people": people,
        "joined": {status.batch("visits", first), status.batch("people", second)},
    }
    # Nobody holds a row of what was replaced: to recall it takes nothing back.
    assert city.recall(status.batch("lots", first))["releases"] == []
