"""The pages of quality: for whom they are, what they show of what is bad, and what they say where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.acts import Role
from lake.quality_past.store import QualityPast
from portal.charts import SMALL, Mark, line
from portal.quality.records import compared
from tests.unit.portal.catalogued import Catalogued, role, sample
from tests.unit.portal.conftest import Portal

CITY, DEPARTMENT, DATASET = "/quality", "/quality/civil_affairs", "/quality/civil_affairs/deaths"


@pytest.fixture
def desk(portal: Portal) -> Catalogued:
    portal.city.catalogue = sample()
    return Catalogued(portal)


def told(table: str, rule: str, failing: int | None, **more: Any) -> dict[str, Any]:
    body = {"table": table, "rule": rule, "dimension": "accuracy", "severity": "error", "passed": failing == 0}
    none = dict.fromkeys(("column", "observed", "error", "data_version"))
    return {**none, **body, "rows": 100, "failing_rows": failing, "run_id": "r", **more}


def steward(desk: Catalogued, department: str = "") -> dict[str, str]:
    return desk.portal.sign_in(f"steward{department}@x", role(Role.STEWARD, department=department))


def test_only_those_whom_it_concerns(desk: Catalogued) -> None:
    assert desk.get(CITY).status_code == 303
    applicant = desk.portal.sign_in("a@x", role(Role.APPLICANT, agency="health"))
    assert {desk.get(page, applicant).status_code for page in (CITY, DEPARTMENT, DATASET)} == {404}
    other = steward(desk, "health")
    assert [desk.get(page, other).status_code for page in (CITY, DEPARTMENT, DATASET)] == [200, 404, 404]
    own = steward(desk, "civil_affairs")
    assert {desk.get(page, own).status_code for page in (CITY, DEPARTMENT, DATASET, "/quality/compare")} == {200}
    nothing = [desk.get(page, other).text for page in (DEPARTMENT, "/quality/nowhere", "/quality/civil_affairs/none")]
    assert len({text.replace("civil_affairs", "").replace("nowhere", "") for text in nothing}) == 1


def test_what_fails_is_named_with_its_day_and_what_crashed_as_that(desk: Catalogued) -> None:
    table = "staging.stg_civil_affairs__deaths"
    who, rule = steward(desk), "built"
    desk.tell(
        "check",
        told(table, rule, 7),
        told("raw.civil_affairs__marriages", "freshness", None, rows=None, error="no clock"),
    )
    page = desk.get(DATASET, who).text
    assert rule in page and "7 / 100" in page and "2026-" in page
    assert "检查未能执行" in desk.get("/quality/civil_affairs/marriages", who).text
    assert "检查未能执行" in desk.get(CITY, who).text
    assert "未检查" in desk.get("/quality/health/visits", who).text


def test_what_nobody_counted_is_a_dash_and_no_page_breaks(desk: Catalogued) -> None:
    for dataset in ("civil_affairs__deaths", "health__visits"):
        # As a build that failed is told: no rows, none that fail, and no error.
        desk.tell("check", told(f"staging.stg_{dataset}", "built", None, rows=None))
    desk.delivered("civil_affairs.deaths", "2026-05-01")
    who = steward(desk)
    pages = [CITY, DEPARTMENT, DATASET, "/quality/compare", "/rules", "/rules/staging.stg_civil_affairs__deaths"]
    pages += ["/", "/findings", "/catalogue", "/catalogue/civil_affairs.deaths", "/quarantine/civil_affairs.deaths"]
    assert {page: desk.get(page, who).status_code for page in pages} == dict.fromkeys(pages, 200)
    assert "— / —" in desk.get(DEPARTMENT, who).text


def test_where_no_calendar_has_the_year_nothing_is_told_as_in_time(desk: Catalogued) -> None:
    deaths = replace(sample().datasets["civil_affairs.deaths"], frequency="1w")
    desk.portal.city.catalogue = replace(sample(), datasets={deaths.id: deaths})
    desk.delivered(deaths.id, "2026-12-30")
    desk.tell("check", told("staging.stg_civil_affairs__deaths", "built", 0, dimension="timeliness"))
    for day, known in ((datetime(2026, 12, 31, tzinfo=UTC), True), (datetime(2027, 1, 1, tzinfo=UTC), False)):
        desk.portal.clock.moment = day
        who = steward(desk)
        pages = {page: desk.get(page, who).text for page in (CITY, DEPARTMENT, DATASET, "/findings")}
        assert ("Nothing is late" in pages[CITY]) is known
        assert {"list the holidays of 2027 under calendar" in text for text in pages.values()} == {not known}
        # The one rule that there is says when it was built, and nothing of whether it is late.
        assert {page: ">A</strong>" in pages[page] for page in (CITY, DATASET)} == {CITY: known, DATASET: known}


def test_of_what_is_not_ones_own_the_city_page_tells_numbers_alone(desk: Catalogued) -> None:
    desk.tell("check", told("staging.stg_civil_affairs__deaths", "built", 1))
    page = desk.get(CITY, steward(desk, "health")).text
    assert "civil_affairs.deaths" not in page and "/quality/civil_affairs" not in page and "/quality/health" in page


def test_lists_are_filtered_by_address(desk: Catalogued) -> None:
    desk.tell("check", told("staging.stg_civil_affairs__deaths", "built", 1))
    who = steward(desk)
    failing = desk.get(DEPARTMENT, who, state="failing").text
    assert "/quality/civil_affairs/deaths" in failing and "/quality/civil_affairs/marriages" not in failing
    assert "没有这样的数据集" in desk.get(DEPARTMENT, who, state="crashed").text
    assert desk.get(DATASET, who, show="null_rate:no_such_column").status_code == 200


def test_a_comparison_is_by_what_all_have(desk: Catalogued) -> None:
    desk.tell(
        "check",
        told("staging.stg_civil_affairs__deaths", "built", 0),
        told("staging.stg_health__visits", "built", 50, passed=False),
        told("raw.health__visits", "freshness", 0),
    )
    past = QualityPast(desk.portal.city.settings, desk.portal.city.ledger, sample())
    past.read_on()
    found = compared(past)
    assert found.kinds == ["built"] and [row[0] for row in found.rows] == ["civil_affairs", "health"]
    assert dict(found.left_out)["health"] == ["freshness"]
    assert {name for name, _ in found.absent} == set(sample().departments) - {"civil_affairs", "health"}
    page = desk.get("/quality/compare", steward(desk)).text
    assert "50.00" in page and "没有检查结果" in page


def test_a_line_has_its_band_its_gap_and_a_ring_for_what_is_odd() -> None:
    marks = [Mark("a", 1.0, 0.5, 1.5), Mark("b", None), Mark("<c>", 9.0, 0.5, 1.5, odd=True)]
    drawn = line(marks, "x & y")
    assert drawn.count("<polygon") == 2 and drawn.count("<polyline") == 2 and drawn.count("var(--bad)") == 1
    assert "&lt;c&gt;" in drawn and "x &amp; y" in drawn and "<c>" not in drawn
    assert line([Mark("a", None)], "none") == "" and line([], "none") == ""
    assert line([Mark("a", 5.0)], "one", SMALL).count("<circle") == 1
