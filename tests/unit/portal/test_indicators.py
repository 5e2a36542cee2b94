"""Indicators and the wall: who sees which value, what is said of what is not sound, and what moves."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from contracts.acts import Role
from contracts.districts import District
from contracts.indicators import Indicators
from lake.indicators.taking import store_path
from portal.indicators.maps import drawn, shades
from tests.unit.portal.catalogued import Catalogued, role, sample
from tests.unit.portal.conftest import Portal
from tests.unit.portal.looked_at import SOURCE, desk

__all__ = ["desk"]

PAGES = ["/indicators", "/indicators/{}", "/wall", "/api/indicators/{}", "/api/wall", "/wall?map={}"]


def values(desk: Catalogued, as_: dict[str, str] | None = None) -> dict[str, Any]:
    told = desk.get("/api/indicators", as_).json()
    return {one["id"]: one["value"] for one in told["indicators"]}


def test_a_value_is_shown_by_the_level_that_lineage_gave_it(desk: Catalogued) -> None:
    visitor = values(desk)
    assert visitor == {"open_one": 61.25, "inner_one": None, "secret_one": None, "gone_one": 61.25}
    applicant = desk.portal.sign_in("a@x", role(Role.APPLICANT, agency="health"))
    assert values(desk, applicant) == {**visitor, "inner_one": 40.5}
    steward = desk.portal.sign_in("s@x", role(Role.STEWARD))
    assert values(desk, steward) == {**visitor, "inner_one": 40.5, "secret_one": 61.25}


@pytest.mark.parametrize(
    "path", ["/indicators", "/indicators/{}", "/wall", "/api/indicators/{}", "/api/wall", "/wall?map={}"]
)
@pytest.mark.parametrize("name", ["inner_one", "secret_one"])
def test_no_page_lets_out_what_somebody_may_not_see(desk: Catalogued, path: str, name: str) -> None:
    """The value and those of its districts, its history, and of what it is made."""
    with closing(sqlite3.connect(store_path(desk.portal.city.settings.state))) as store:
        store.execute("update value set value = 7654321.5 + length(place) where indicator = ?", (name,))
        store.commit()
    text = desk.get(path.format(name)).text
    assert "7654" not in text.replace(",", "") and "7,654" not in text


def test_each_state_is_said_with_its_reason_and_next_step(desk: Catalogued) -> None:
    text = desk.get("/indicators").text
    assert "计算失败" in text and "its table was not built" in text
    assert "✗ 不好" in desk.get("/indicators/open_one").text
    wall = desk.get("/wall").text
    assert "计算失败" in wall and "⚠ 2 待看" in wall


def test_what_is_asked_for_and_is_not_there_is_told_so(desk: Catalogued) -> None:
    assert desk.get("/indicators/none").status_code == 404
    assert desk.get("/api/indicators/none").json()["errorCode"] == "NO_SUCH_INDICATOR"
    assert desk.get("/indicators?place=330106").status_code == 400
    for asked in ("dimension=Traffic", "state=Stale", "staet=stale", "place=x"):
        assert {desk.get(f"{page}?{asked}").status_code for page in ("/indicators", "/api/indicators")} == {400}, asked
    assert desk.get("/api/wall?place=999001").status_code == 400
    assert "traffic" in desk.get("/api/indicators?dimension=Traffic").json()["message"]


def test_a_city_without_indicators_has_its_pages(portal: Portal) -> None:
    portal.city.catalogue = replace(sample(), indicators=Indicators(), windows={})
    pages = Catalogued(portal)
    assert {pages.get(path).status_code for path in ("/wall", "/indicators", "/api/wall", "/wall/signs")} == {200}


def test_one_indicator_shows_its_places_and_its_sources(desk: Catalogued) -> None:
    text = desk.get("/indicators/open_one").text
    assert SOURCE in text and "2026-05-04" in text
    told = desk.get("/api/indicators/open_one").json()
    assert [(one["place"], one["rank"]) for one in told["peers"]] == [("999002", 1), ("999001", 2)]
    own = desk.get("/api/indicators/open_one?place=999002").json()
    assert (own["value"], own["place"]) == (63.25, "999002")


def test_a_map_has_each_district_once_with_its_name_and_number() -> None:
    square = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    other = tuple((x + 1, y) for x, y in square)
    districts = {"1": District("1", (square,)), "2": District("2", (other,))}
    picture = drawn(districts, shades({"1": 1.0, "2": 5.0}), {"1": ("甲<", "1"), "2": ("乙", "5")})
    tree = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    opacity = [float(one.get("fill-opacity") or 0) for one in tree.findall(f"{space}path")]
    assert opacity == sorted(opacity) and len(set(opacity)) == 2
    texts = [(float(one.get("x") or 0), one.text) for one in tree.findall(f"{space}text")]
    assert [text for _, text in texts] == ["甲<", "1", "乙", "5"]
    # Each in the middle of its own square: a quarter and three quarters of the width.
    assert [round(x / 640, 2) for x, _ in texts] == [0.25, 0.25, 0.75, 0.75]


def test_events_end_and_say_what_is_newest(desk: Catalogued) -> None:
    answer = desk.get("/wall/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: ready" in answer.text


def test_no_more_listen_than_one_machine_bears(desk: Catalogued, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.wall.routes.MOST_LISTENERS", 0)
    answer = desk.get("/wall/events")
    assert answer.status_code == 503 and "listening" in answer.json()["message"]


def test_the_wall_for_programs_has_what_the_page_has(desk: Catalogued) -> None:
    told = json.loads(desk.get("/api/wall").text)
    assert told["states"] == {"current": 3, "failed": 1}
    assert [one["id"] for one in told["indicators"]] == ["open_one", "gone_one"]
