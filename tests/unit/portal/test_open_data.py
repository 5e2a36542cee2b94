"""Open data: what everybody finds and downloads without a word about themselves, and that nothing else is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.model import SharingAttribute
from sharing.release import withdraw
from tests.unit.gates import cases
from tests.unit.portal.conftest import Portal

OPEN = cases.agreement(
    name="public__ages",
    agency="public",
    sharing_attribute=SharingAttribute.UNCONDITIONAL,
    title_zh="高龄<人数>",
    title_en="Ages & numbers",
)


@pytest.fixture
def opened(portal: Portal) -> Portal:
    """The portal with one open dataset, and a product of an agency that nobody else may know of."""
    portal.publish(range(80, 120))
    agreements = {**portal.city.agreements, OPEN.name: OPEN}
    portal.city.catalogue = replace(portal.city.catalogue, agreements=agreements)
    portal.publish(range(1, 61), agreement=OPEN)
    return portal


def test_everybody_finds_and_downloads_what_is_open(opened: Portal) -> None:
    assert "/open/" in opened.ask("GET", "/").text
    page = opened.ask("GET", "/open").text
    assert "高龄&lt;人数&gt;" in page and "Ages &amp; numbers" in page and "elderly" not in page
    one = opened.ask("GET", "/open/ages")
    assert one.status_code == 200 and "NP-1" in one.text and "NP-30" not in one.text  # the first rows
    lines = opened.ask("GET", "/open/ages.jsonl").text.splitlines()
    assert [json.loads(line)["age"] for line in lines] == list(range(1, 61))
    (read,) = opened.reads()
    assert (read["recipient"], read["what"], "token" in read) == ("public", "download jsonl", False)


@pytest.mark.parametrize("path", ["/open/elderly_subsidy", "/open/elderly_subsidy.csv", "/open/x", "/open/../ages.csv"])
def test_what_is_not_open_is_not_there(opened: Portal, path: str) -> None:
    answer = opened.ask("GET", path)
    assert answer.status_code == 404 and "elderly" not in answer.text.replace(path, "")


def test_it_is_found_by_its_titles_and_columns(opened: Portal) -> None:
    for text, there in (("人数", True), ("AGES", True), ("person_id", True), ("nothing", False), ("<script>", False)):
        page = opened.ask("GET", "/open", params={"q": text}).text
        assert ("/open/ages" in page) == there and "<script>" not in page


def test_harvesters_read_it(opened: Portal) -> None:
    (one,) = opened.ask("GET", "/data.json").json()["dataset"]
    assert one["accessLevel"] == "public" and one["landingPage"].endswith("/open/ages")
    urls = {each["downloadURL"].removeprefix("http://portal") for each in one["distribution"]}
    assert "/open/ages.csv" in urls and all(opened.ask("HEAD", url).status_code in (200, 400) for url in urls)
    catalog: dict[str, Any] = opened.ask("GET", "/catalog.jsonld").json()
    (dataset,) = catalog["dcat:dataset"]
    assert dataset["dct:identifier"] == "public__ages" and catalog["@type"] == "dcat:Catalog"


def test_what_is_withdrawn_is_open_no_more(opened: Portal) -> None:
    withdraw(opened.city.settings.releases, OPEN.name, "wrong", opened.clock.now())
    assert opened.ask("GET", "/open/ages").status_code == 404
    assert "/open/ages" not in opened.ask("GET", "/open").text


def test_every_answer_says_what_browsers_must_not_do(opened: Portal) -> None:
    for path in ("/open", "/open/ages", "/static/style.css", "/nowhere", "/delta-sharing/shares"):
        headers = opened.ask("GET", path).headers
        assert (
            headers["x-content-type-options"] == "nosniff"
            and "default-src 'self'" in headers["content-security-policy"]
        )
