"""Pages of lineage and the search field: what is drawn, for whom, and what another level of a column would withhold."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from contracts.acts import Role
from lake.column_lineage import graph_file
from lineage.from_contracts import contract_graph
from lineage.graph import DIRECT, INDIRECT, ColumnRef, Edge, Graph, merge_graphs
from lineage.store import save_graph
from tests.unit.portal.catalogued import Catalogued, role, sample
from tests.unit.portal.conftest import Portal

DEATHS, STAGED = "lake.raw.civil_affairs__deaths", "lake.staging.stg_civil_affairs__deaths"
PERSON, NOTICES = "lake.theme.natural_person", "lake.product.death_notices"
ALIVE = "/lineage/raw.civil_affairs__deaths."


def edge(source: str, target: str, kind: str = DIRECT) -> Edge:
    one, two = (ColumnRef(*text.rsplit(".", 1)) for text in (source, target))
    return Edge(one, two, kind, "identity" if kind == DIRECT else "filter")


EDGES = (
    edge(f"{DEATHS}.death_date", f"{STAGED}.death_date"),
    edge(f"{STAGED}.death_date", f"{PERSON}.death_date"),
    edge(f"{PERSON}.death_date", f"{NOTICES}.death_date"),
    edge(f"{DEATHS}.district", f"{STAGED}.district"),
    edge(f"{STAGED}.district", f"{PERSON}.death_date", INDIRECT),
)


@pytest.fixture
def city(portal: Portal) -> Catalogued:
    """The sample city's declarations, and a lineage that is written by hand: deaths, persons, notices."""
    portal.city.catalogue = sample()
    made: dict[ColumnRef, tuple[Edge, ...]] = {}
    for one in EDGES:
        made[one.target] = (*made.get(one.target, ()), one)
    columns = {STAGED: ("district", "death_date"), PERSON: ("death_date",), NOTICES: ("death_date",)}
    graph = merge_graphs([contract_graph(sample()), Graph(columns, made, built=frozenset(columns))])
    settings = portal.city.settings
    for path in (graph_file(settings), settings.manifest):
        path.parent.mkdir(parents=True, exist_ok=True)
    save_graph(graph, graph_file(settings))
    settings.manifest.write_text(json.dumps({"nodes": {}}), encoding="utf-8")
    return Catalogued(portal)


@pytest.fixture
def steward(city: Catalogued) -> dict[str, str]:
    return city.portal.sign_in("s@x.example", role(Role.STEWARD))


def pictures(page: Any) -> list[str]:
    """The boxes of each picture of a page, by what they are titled."""
    return [
        " ".join(re.findall(r'font-size="13" fill="currentColor">([^<]*)<', svg))
        for svg in re.findall(r"<svg.*?</svg>", page.text, re.S)
    ]


def test_a_fault_is_followed_to_who_receives_it(city: Catalogued, steward: dict[str, str]) -> None:
    page = city.get(f"{ALIVE}death_date", steward)
    assert page.status_code == 200
    assert pictures(page) == ["死亡登记 自然人 停发养老待遇核验 市社会保险事业管理中心"]
    assert "取值" in page.text and "stroke-dasharray" not in page.text
    of_rows = city.get(f"{ALIVE}district", steward)
    assert "决定行" in of_rows.text and "stroke-dasharray" in of_rows.text


def test_what_is_staged_is_passed_through_and_leads_to_its_dataset(city: Catalogued, steward: dict[str, str]) -> None:
    assert "stg_" not in city.get(f"{ALIVE}death_date", steward).text
    there = city.get("/lineage/staging.stg_civil_affairs__deaths.death_date", steward)
    assert there.headers["location"] == f"{ALIVE}death_date"


def test_the_ancestry_of_a_product_is_drawn_from_its_datasets(city: Catalogued, steward: dict[str, str]) -> None:
    page = city.get("/lineage/product.death_notices", steward)
    assert pictures(page) == ["死亡登记 自然人 停发养老待遇核验"]


def test_another_level_names_what_it_would_withhold(city: Catalogued, steward: dict[str, str]) -> None:
    page = city.get(f"{ALIVE}death_date", steward, level="L4")
    assert "social_security__death_notices" in page.text and "将不放行" in page.text
    assert pictures(page)[1].split()[-1] == "✗" or "✗" in page.text
    assert "没有协议会受影响" in city.get(f"{ALIVE}death_date", steward, level="L1").text
    assert "请在来源列上提问" in city.get("/lineage/theme.natural_person.death_date", steward, level="L4").text


@pytest.mark.parametrize(
    "of", ["raw.civil_affairs__deaths.nothing", "raw.nobody__none", "nothing", "a.b.c.d", "%2e%2e"]
)
def test_what_is_not_there_is_said_so(city: Catalogued, steward: dict[str, str], of: str) -> None:
    assert city.get(f"/lineage/{of}", steward).status_code == 404


def test_a_city_that_never_ran_has_no_lineage(portal: Portal) -> None:
    portal.city.catalogue = sample()
    page = Catalogued(portal).get(f"{ALIVE}death_date", portal.sign_in("s@x.example", role(Role.STEWARD)))
    assert page.status_code == 404 and "zhongtai run" in page.text


def test_a_newer_run_is_read_without_a_restart(city: Catalogued, steward: dict[str, str]) -> None:
    assert city.get(f"{ALIVE}death_date", steward).status_code == 200
    save_graph(contract_graph(sample()), graph_file(city.portal.city.settings))
    assert "哪里也不去" in city.get(f"{ALIVE}death_date", steward).text


def test_pages_of_columns_are_for_who_tends_data(city: Catalogued) -> None:
    applicant = city.portal.sign_in("a@x.example", role(Role.APPLICANT, agency="taxation"))
    assert city.get(f"{ALIVE}death_date", applicant).status_code == 403
    assert city.get(f"{ALIVE}death_date").status_code == 303


def test_columns_that_are_not_shown_to_an_owner_are_not_there(city: Catalogued) -> None:
    """A column that is never shared and L4 is known in its own department alone: neither its page nor its name."""
    hidden = next(
        (one, column)
        for one in sample().datasets.values()
        for column in one.columns
        if str(column.sharing_attribute) == "not_shared" and str(column.level) == "L4"
    )
    address = f"/lineage/raw.{hidden[0].table}.{hidden[1].name}"
    others = next(name for name in sample().departments if name != hidden[0].department)
    stranger = city.portal.sign_in("o@x.example", role(Role.OWNER, department=others))
    own = city.portal.sign_in("w@x.example", role(Role.OWNER, department=hidden[0].department))
    assert city.get(address, own).status_code == 200
    assert city.get(address, stranger).status_code == 404
    assert hidden[1].title_zh not in city.get(f"/lineage/raw.{hidden[0].table}", stranger).text


def found(city: Catalogued, text: str, as_: dict[str, str] | None = None) -> list[str]:
    return [one["name"] for one in city.get("/find.json", as_, q=text).json()]


def test_any_table_or_column_is_found_by_any_of_its_names(city: Catalogued, steward: dict[str, str]) -> None:
    assert found(city, "civil_affairs.deaths", steward)[0] == "civil_affairs.deaths"
    assert found(city, "死亡日期", steward)[0].endswith(".death_date")
    assert "raw.civil_affairs__deaths.death_date" in found(city, "死亡登记 日期", steward)
    assert found(city, "death_date", steward)[0].endswith(".death_date")
    every = {f"raw.{one.table}.{column.name}" for one in sample().datasets.values() for column in one.columns}
    missed = {name for name in every if name not in found(city, name, steward)}
    assert not missed


def test_a_visitor_finds_what_everybody_may_know(city: Catalogued) -> None:
    open_datasets = {one.id for one in sample().datasets.values() if str(one.open_attribute) != "not_open"}
    names = {name for one in sample().datasets.values() for name in found(city, one.id)}
    assert names and all(
        any(name == one or f"raw.{one.replace('.', '__')}." in name for one in open_datasets) for name in names
    )
    assert all("/catalogue/" in one["address"] for one in city.get("/find.json", q="名称").json())


@pytest.mark.parametrize("text", ["", " ", "'", '"', "%", "*", "。", "a" * 5000, "\x00", "身份 OR 1=1", "NEAR(", "🙂"])
def test_words_that_are_none_find_nothing_and_break_nothing(
    city: Catalogued, steward: dict[str, str], text: str
) -> None:
    assert city.get("/find.json", steward, q=text).status_code == 200
    assert city.get("/find", steward, q=text).status_code == 200
