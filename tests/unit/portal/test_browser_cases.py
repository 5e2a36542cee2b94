"""A case in a real browser: opened from quarantine, exported, corrected by redelivery, closed; fit for every reader."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.unit.portal.conftest import Portal, Served
from tests.unit.portal.quarantined import FIRST, HAI, NAME, STELLA, Quarantined
from tests.unit.portal.test_browser import chromium, enter, faults, page

__all__ = ["chromium", "page"]


@pytest.fixture
def city(portal: Portal, served: Served, tmp_path: Path) -> Quarantined:
    return Quarantined.at(portal, tmp_path / "deliveries")


def fits(page: Page) -> None:
    assert faults(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{page.url} is wider than a phone"


def test_a_case_is_opened_exported_corrected_by_redelivery_and_closed(
    city: Quarantined, page: Page, tmp_path: Path
) -> None:
    city.deliver(FIRST, "2026-05-04")
    enter(page, city.portal, city.enters(STELLA))
    page.goto("/quarantine")
    fits(page)
    page.get_by_role("link", name=city.dataset.title_zh).click()
    fits(page)
    page.get_by_role("row", name="type:age").get_by_role("link", name="提出校核").click()
    fits(page)
    page.get_by_label("说明").fill("年龄不是数字 the ages are no numbers")
    page.get_by_role("button", name="提出 Open it").click()
    page.wait_for_url("**/cases/C*")
    fits(page)
    case = page.url
    expect(page.locator("strong").first).to_contain_text("已转送")

    enter(page, city.portal, city.enters(HAI))
    page.goto(case)
    with page.expect_download() as download:
        page.get_by_role("link", name="导出待更正表").click()
    download.value.save_as(tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    sheet = book["type-age"]
    for row, age in ((2, "31"), (3, "32")):
        sheet.cell(row, sheet.max_column).value = age
    book.save(tmp_path / "back.xlsx")
    page.get_by_text("退回已填写的工作簿").click()
    page.locator("#workbook").set_input_files(tmp_path / "back.xlsx")
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_text("已更正 2 行，未更正 0 行")).to_be_visible()
    fits(page)
    page.goto(case)
    page.locator("#words-answer").fill("下次报送")
    page.get_by_role("button", name="答复").click()
    expect(page.locator("strong").first).to_contain_text("答复已更正")

    city.deliver(f"id,name,age,note\n1,{NAME},31,\n", "2026-05-11")
    page.goto(case)
    expect(page.get_by_text("已更正 1 行", exact=False).first).to_be_visible()
    city.deliver(f"id,name,age,note\n2,{NAME},32,\n", "2026-05-18")
    page.goto(case)
    expect(page.locator("strong").first).to_contain_text("更正 corrected")
    page.goto(f"{city.address}/rows")
    fits(page)
    page.goto("/cases?state=closed")
    fits(page)
    expect(page.get_by_role("link", name=city.dataset.title_zh)).to_be_visible()
