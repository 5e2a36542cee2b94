"""The catalogue for other programs: DCAT by its shapes and page by page, contracts, lineage events, spreadsheets."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import open_data_contract_standard
import pytest
import yaml
from jsonschema import Draft201909Validator
from pyshacl import validate
from rdflib import Graph, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS

from contracts.acts import Role
from contracts.model import Catalogue, SharingAttribute
from portal.catalogue import exports
from tests.unit.gates import cases
from tests.unit.portal.catalogued import Catalogued, role, sample
from tests.unit.portal.conftest import Portal

SHAPES = Path(exports.__file__).with_name("shapes.ttl")
OPEN = cases.agreement(name="public__ages", agency="public", sharing_attribute=SharingAttribute.UNCONDITIONAL)


def city() -> Catalogue:
    """The sample city with one open product that there are files of."""
    return replace(sample(), agreements={**sample().agreements, OPEN.name: OPEN})


@pytest.fixture
def desk(portal: Portal) -> Catalogued:
    portal.city.catalogue = city()
    portal.publish(range(1, 61), agreement=OPEN)
    found = Catalogued(portal)
    found.delivered("ecology.readings", "2026-05-11")
    return found


def harvested(desk: Catalogued, who: dict[str, str] | None = None) -> list[Any]:
    """Every page, as its links lead from one to the next."""
    pages, path = [], "/catalog.jsonld"
    while path:
        answer = desk.portal.ask("GET", path, headers=who or {})
        pages.append(answer)
        path = answer.links.get("next", {}).get("url", "").removeprefix("http://portal")
    return pages


def faults(text: str) -> list[str]:
    """What the shapes have against a graph."""
    graph = Graph().parse(data=text, format="turtle")
    conforms, _, told = validate(graph, shacl_graph=Graph().parse(SHAPES))
    return [] if conforms else [str(told)]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_what_everybody_may_harvest_keeps_to_the_shapes(desk: Catalogued) -> None:
    text = desk.get("/catalog.ttl").text
    assert faults(text) == []
    graph = Graph().parse(data=text, format="turtle")
    product = URIRef(f"http://portal/catalogue/product.{OPEN.product}")
    (proof,) = graph.objects(product, DCTERMS.provenance)
    assert str(proof) == "http://portal/open/ages.certificate.json"
    signed = json.loads(base64.b64decode(desk.get("/open/ages.certificate.json").json()["payload"]))
    spdx = Namespace("http://spdx.org/rdf/terms#")
    digests = {
        str(url).rpartition("/")[2]: str(graph.value(graph.value(one, spdx.checksum), spdx.checksumValue))
        for one, url in graph.subject_objects(DCAT.downloadURL)
        if (one, spdx.checksum, None) in graph
    }
    assert digests == {file["name"]: file["digest"]["sha256"] for file in signed["subject"]}
    for name, digest in digests.items():
        assert hashlib.sha256(desk.portal.ask("GET", f"/open/ages/files/{name}").content).hexdigest() == digest
    urls = {str(url) for url in graph.objects(None, DCAT.downloadURL)}
    assert "http://portal/open/ages.csv" in urls
    other = desk.get("/catalog.jsonld").text.replace("/catalog.jsonld", "/catalog.ttl")  # the address of the page
    assert isomorphic(graph, Graph().parse(data=other, format="json-ld"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("dct:identifier ", "dct:relation "),
        ("access-right/PUBLIC", "access-right/SECRET"),
        ("a foaf:Agent", "a foaf:Thing"),
        ("dct:provenance <", "dct:provenance <http://portal/"),
        ("dcat:accessURL ", "dcat:theme "),
        ('"@en', '"@zh'),
        ("hydra:totalItems ", "hydra:total "),
    ],
)
def test_the_shapes_find_what_is_wrong(desk: Catalogued, before: str, after: str) -> None:
    text = desk.get("/catalog.ttl").text
    assert before in text and faults(text.replace(before, after))


def test_it_is_harvested_page_by_page_and_none_is_lost_or_told_twice(
    desk: Catalogued, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "A_PAGE", 7)
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    pages = harvested(desk, who)
    found = [each["dct:identifier"] for page in pages for each in page.json()["dcat:dataset"]]
    everything = desk.get("/api/catalogue", who).json()
    assert len(found) == len(set(found)) == everything["total"] and found == sorted(found)
    assert {page.json()["hydra:totalItems"] for page in pages} == {len(found)}
    assert "hydra:next" not in pages[-1].json()["hydra:view"] and len(pages) == -(-len(found) // 7)
    assert all(faults(desk.get("/catalog.ttl", who, page=str(n)).text) == [] for n in (1, len(pages)))


def test_a_contract_is_one_of_the_standard_and_has_what_is_shown(desk: Catalogued) -> None:
    schema = json.loads((Path(open_data_contract_standard.__file__).parent / "schema.json").read_text("utf-8"))
    who = desk.portal.sign_in("o@x.example", role(Role.OFFICER))
    for name in ("public_security.residents", "theme.natural_person", f"product.{OPEN.product}"):
        told = yaml.safe_load(desk.get(f"/catalogue/{name}.odcs.yml", who).text)
        Draft201909Validator(schema).validate(told)
        assert told["id"] == name
    told = yaml.safe_load(desk.get("/catalogue/public_security.residents.odcs.yml", who).text)
    columns = {one["name"]: one for one in told["schema"][0]["properties"]}
    declared = sample().datasets["public_security.residents"].columns
    assert [*columns] == [one.name for one in declared]
    assert all(columns[one.name]["classification"] == one.level for one in declared)


def test_a_lineage_event_has_its_columns(desk: Catalogued) -> None:
    event = desk.get("/catalogue/ecology.readings.openlineage.json").json()
    assert event["dataset"]["name"] == "ecology.readings" and event["eventTime"] == cases.NOW.isoformat()
    fields = [one["name"] for one in event["dataset"]["facets"]["schema"]["fields"]]
    assert "station_id" in fields and "ownership" not in event["dataset"]["facets"]


def test_a_spreadsheet_takes_nothing_for_a_formula(desk: Catalogued) -> None:
    datasets = dict(city().datasets)
    for name, title in (("ecology.readings", "=HYPERLINK(1)"), ("ecology.stations", "@SUM(1)")):
        datasets[name] = replace(datasets[name], title_zh=title, description='a "b", c\nd')
    desk.portal.city.catalogue = replace(city(), datasets=datasets)
    answer = desk.get("/catalogue.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert {len(row) for row in rows} == {len(rows[0])} and not any(
        cell[:1] in "=+-@" for row in rows for cell in row if cell
    )
    assert {row[1] for row in rows[1:]} == {
        each["dct:identifier"] for each in desk.get("/catalog.jsonld").json()["dcat:dataset"]
    }
    assert any(row[5] == 'a "b", c\nd' for row in rows)
