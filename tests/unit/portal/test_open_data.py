"""Open data: what everybody finds and downloads without a word about themselves, and that nothing else is shown."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.model import Licence, OpenAttribute, SharingAttribute
from contracts.model import OpenData as OpenDeclared
from sharing.release import withdraw
from tests.unit.gates import cases
from tests.unit.lake.casework import BAO
from tests.unit.portal.conftest import Portal
from tests.unit.portal.test_requests import Hands

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


@pytest.mark.parametrize(
    "path",
    [
        "/open/elderly_subsidy",
        "/open/elderly_subsidy.csv",
        "/open/x",
        "/open/../ages.csv",
        "/open/ages/files/x",
        "/open/ages/files/..%2fcertificate.json",
    ],
)
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
    assert "/open/ages.csv" in urls and all(opened.ask("HEAD", url).status_code == 200 for url in urls)
    catalog: dict[str, Any] = opened.ask("GET", "/catalog.jsonld").json()
    (dataset,) = catalog["dcat:dataset"]
    assert dataset["dct:identifier"] == f"product.{OPEN.product}" and "dcat:Catalog" in catalog["@type"]


def test_what_is_withdrawn_leaves_a_tombstone_and_no_byte(opened: Portal) -> None:
    withdraw(opened.city.settings.releases, OPEN.name, "rows <were> wrong", opened.clock.now())
    for path in (
        "/open/ages",
        "/open/ages.csv",
        "/open/ages.parquet",
        "/open/ages.certificate.json",
        "/open/ages/files/x",
    ):
        answer = opened.ask("GET", path)
        assert answer.status_code == 410 and "高龄&lt;人数&gt;" in answer.text and "NP-1" not in answer.text
        assert "rows &lt;were&gt; wrong" in answer.text and opened.clock.now().date().isoformat() in answer.text
    assert "/open/ages" not in opened.ask("GET", "/open").text
    assert opened.ask("GET", "/open/elderly_subsidy").status_code == 404


def test_a_tombstone_names_what_is_open_in_its_place(opened: Portal) -> None:
    again = replace(OPEN, name="public__ages_again", title_zh="高龄人数二")
    agreements = {**opened.city.agreements, again.name: again}
    opened.city.catalogue = replace(opened.city.catalogue, agreements=agreements)
    opened.publish(range(1, 61), agreement=again)
    withdraw(opened.city.settings.releases, OPEN.name, "wrong", opened.clock.now())
    assert 'href="/open/ages_again"' in opened.ask("GET", "/open/ages").text


def test_what_is_open_until_a_day_says_so_after_it(opened: Portal) -> None:
    opened.clock.pass_by(days=366 * 5)
    answer = opened.ask("GET", "/open/ages")
    assert answer.status_code == 410 and "开放期限届满" in answer.text


def test_a_licence_and_a_contact_are_shown_as_declared_and_never_made_up(opened: Portal) -> None:
    page, (told,) = opened.ask("GET", "/open/ages").text, opened.ask("GET", "/data.json").json()["dataset"]
    assert "未声明" in page and not {"license", "contactPoint"} & told.keys()
    city = OpenDeclared(Licence("City licence", "https://city.example/l"), "Office", "open@city.example")
    opened.city.catalogue = replace(opened.city.catalogue, open_data=city)
    page, (told,) = opened.ask("GET", "/open/ages").text, opened.ask("GET", "/data.json").json()["dataset"]
    assert "City licence" in page and told["license"] == "https://city.example/l"
    assert told["contactPoint"]["hasEmail"] == "mailto:open@city.example" and "mailto:open@city.example" in page
    own = replace(OPEN, licence=Licence("Its own", "https://city.example/own"))
    opened.city.catalogue = replace(opened.city.catalogue, agreements={OPEN.name: own})
    assert opened.ask("GET", "/data.json").json()["dataset"][0]["license"] == "https://city.example/own"


def test_what_is_declared_no_more_is_open_to_nobody(opened: Portal) -> None:
    opened.city.catalogue = replace(opened.city.catalogue, agreements={})
    for path in ("/open/ages", "/open/ages.csv", "/open/ages.certificate.json"):
        assert opened.ask("GET", path).status_code == 404
    assert opened.post("/open/ages/registered", {"registration": "x"}).status_code == 404
    assert opened.ask("GET", "/data.json").json()["dataset"] == [] and opened.reads() == []


@pytest.mark.parametrize("certified", [False, True], ids=["declared", "certified"])
def test_what_is_open_on_condition_shows_no_row(opened: Portal, certified: bool) -> None:
    conditional = replace(OPEN, open_attribute=OpenAttribute.CONDITIONAL)
    if certified:  # a line that nobody approved opens nothing
        opened.publish(range(1, 61), agreement=conditional)
    agreements = {OPEN.name: OPEN if certified else conditional}
    opened.city.catalogue = replace(opened.city.catalogue, agreements=agreements)
    page = opened.ask("GET", "/open/ages")
    assert page.status_code == 200 and "person_id" in page.text and "NP-1" not in page.text
    assert f"/requests/new?kind=registration&amp;resource=product.{OPEN.product}" in page.text
    file = next(one.name for one in opened.city.settings.releases.glob(f"{OPEN.name}/*/*.parquet"))
    for ending in (".csv", ".parquet", ".jsonl", ".arrow", f"/files/{file}"):
        for method in ("GET", "HEAD"):
            assert opened.ask(method, f"/open/ages{ending}").status_code == 403
    assert opened.ask("GET", "/open/ages.certificate.json").status_code == 200 and opened.reads() == []
    (told,) = opened.ask("GET", "/data.json").json()["dataset"]
    assert told["accessLevel"] == "restricted public" and told["distribution"] == []


def test_whoever_has_registered_reads_what_is_open_on_condition(opened: Portal, tmp_path: Path) -> None:
    conditional = {OPEN.name: replace(OPEN, open_attribute=OpenAttribute.CONDITIONAL)}
    opened.city.catalogue = replace(opened.city.catalogue, agreements=conditional)
    hands = Hands(opened, tmp_path)

    def registered(about: str, kind: str = "registration") -> tuple[str, str]:
        form = {"kind": kind, "title": "登记", "text": "to study ages", "about": about}
        page = opened.post("/requests/new", form).text
        found = re.search(r"http://portal/requests/follow/[\w-]+", page)
        number = re.search(r"[GP]\d{8}-\w+", page)
        assert found and number, page
        return found.group(), f"/requests/{number.group()}"

    def download(link: str, format_: str = "jsonl") -> Any:
        return opened.post("/open/ages/registered", {"registration": link, "format": format_})

    link, case = registered(f"product.{OPEN.product}")
    assert download(link).status_code == download("").status_code == download("x" * 43).status_code == 403
    assert hands.approve(BAO, case).status_code == 303
    answer = download(link)
    assert answer.status_code == 200 and [json.loads(line)["age"] for line in answer.text.splitlines()] == [
        *range(1, 61)
    ]
    (read,) = opened.reads()
    assert read["registration"] == case.rpartition("/")[2] and link.rpartition("/")[2] not in json.dumps(read)
    for other, its_case in (registered("product.another"), registered(f"product.{OPEN.product}", "public_request")):
        assert hands.approve(BAO, its_case).status_code == 303 and download(other).status_code == 403
    opened.post(f"{link.removeprefix('http://portal')}/withdraw", {"words": "done"})
    assert download(link).status_code == 403 and len(opened.reads()) == 1


def test_the_diligence_record_is_the_certificates(opened: Portal) -> None:
    record = opened.ask("GET", "/open/ages.diligence.json").json()
    page, file = opened.ask("GET", "/open/ages/diligence").text, opened.ask("GET", "/open/ages.certificate.json")
    assert record["gates"] and record["checks"] and all(one["rule"] in page for one in record["checks"])
    signed = json.loads(base64.b64decode(file.json()["payload"]))["predicate"]
    assert record["release"] == signed["release_id"] and record["gates"] == signed["gates"]
    assert opened.ask("GET", "/open/elderly_subsidy/diligence").status_code == 404


def test_every_answer_says_what_browsers_must_not_do(opened: Portal) -> None:
    for path in ("/open", "/open/ages", "/static/style.css", "/nowhere", "/delta-sharing/shares"):
        headers = opened.ask("GET", path).headers
        assert (
            headers["x-content-type-options"] == "nosniff"
            and "default-src 'self'" in headers["content-security-policy"]
        )
