"""Great Expectations' own pages: nothing in them is fetched or run, and each is for whoever may know its table."""

from __future__ import annotations

import re

import duckdb
import pytest

from contracts.acts import Role
from contracts.cross_rules import Comparison, CrossKind, CrossRule, Side
from contracts.model import Rule
from contracts.rules import KINDS
from contracts.violation import Severity
from lake.data_docs import DataDocs
from quality.suites import Subject, check_table
from tests.unit.portal.catalogued import Catalogued, role, sample
from tests.unit.portal.conftest import Portal

TABLE = "raw.health__visits"


@pytest.fixture
def city(portal: Portal) -> Catalogued:
    portal.city.catalogue = sample()
    DataDocs(portal.city.settings).page(TABLE)("<html><head></head><body>visits</body></html>")
    return Catalogued(portal)


@pytest.mark.filterwarnings("ignore")
def test_a_page_says_what_failed_and_needs_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as lake; create schema lake.raw")
    connection.execute("create table lake.raw.things as select range as n, 'secret-' || range as s from range(20)")
    connection.execute("create table lake.raw.others as select range as n from range(15)")
    sides = (Side(name, f"raw.{name}", ("n",)) for name in ("things", "others"))
    words = ("已登记", "Is known", "consistency", Severity.ERROR, "one", "ask them")
    across = CrossRule("known", CrossKind.REFERENTIAL, *words, *sides, True, Comparison((("n", "n"),)))
    rules = (
        Rule("known", "referential", (), "consistency", Severity.ERROR, {"across": across, "tables": ("raw.others",)}),
        Rule("n_range", "range", ("n",), KINDS["range"].dimension, Severity.ERROR, {"minimum": 0, "maximum": 9}),
        Rule("s_there", "required", ("s",), KINDS["required"].dimension, Severity.ERROR),
    )
    pages: list[str] = []
    results = check_table(connection, Subject("raw.things", rules, "v", page=pages.append))
    assert [one.passed for one in results] == [False, False, True]
    assert not caplog.records  # GX leaves out what it cannot draw, and goes on
    (html,) = pages
    assert not re.search(r"https?://|<script|<img|<iframe|javascript:|secret-", html, re.I)
    assert "10 unexpected values" in html and "5 unexpected values found. 25% of 20" in re.sub(r"<[^>]*>", "", html)
    assert html.count("fa-times") and html.count("fa-check-circle")
    assert re.findall(r'href="([^"]*)"', html) == ["data_docs.css"]


def test_each_page_is_for_whoever_tends_its_table(city: Catalogued) -> None:
    portal, address = city.portal, f"/data-docs/{TABLE}.html"
    own = portal.sign_in("w@x.example", role(Role.OWNER, department="health"))
    other = portal.sign_in("o@x.example", role(Role.STEWARD, department="transport"))
    whole = portal.sign_in("a@x.example", role(Role.AUDITOR))
    asks = portal.sign_in("r@x.example", role(Role.APPLICANT, agency="taxation"))
    found = [city.get(address, one).status_code for one in (own, whole, other, asks)]
    assert found == [200, 200, 404, 403]
    assert "visits" in city.get(address, own).text
    assert f"/data-docs/{TABLE}.html" in city.get("/quality/health/visits", own).text
    assert city.get("/data-docs/data_docs.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "table", ["raw.none", "..%2fledger", "raw.health__facilities", "%00", "raw.health__visits.html"]
)
def test_what_is_no_table_with_a_page_is_not_there(city: Catalogued, table: str) -> None:
    whole = city.portal.sign_in("a@x.example", role(Role.AUDITOR))
    assert city.get(f"/data-docs/{table}.html", whole).status_code == 404
