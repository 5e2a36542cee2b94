"""Pages in a real browser: nothing serious for a screen reader, nothing from elsewhere, nothing wider than a phone; and
an act signed with a key that the browser keeps to itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from contracts.acts import Role, RoleGrant
from sharing.acts import read_act
from tests.servers import program
from tests.unit.portal.conftest import NAME as PRODUCT
from tests.unit.portal.conftest import RECIPIENT, Portal, Served
from tests.unit.portal.test_verdicts import ANNA, BORIS, NAME, agreed, counted, signs_in

__all__ = ["agreed"]

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
WORDS = "看过了，属实 “looks right”"
ALWAYS = (date(2026, 1, 1), date(2028, 12, 31))
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PAGES = {
    "visitor": ("/", "/open", "/catalogue", "/sign-in", "/enter", "/nowhere"),
    "officer": (
        "/me",
        "/me/password",
        "/releases",
        f"/releases/{NAME}",
        "/audit?kind=account",
        "/audit/entitlements",
        "/catalogue",
        f"/catalogue/product.{PRODUCT}",
    ),
    "applicant": ("/me", "/releases", "/audit"),
}
ROLES = {
    "officer": (RoleGrant(Role.OFFICER, *ALWAYS), RoleGrant(Role.AUDITOR, *ALWAYS)),
    "applicant": (RoleGrant(Role.APPLICANT, *ALWAYS, agency=RECIPIENT),),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium", "chromium"), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 800}, base_url=served.base)
    found = context.new_page()
    found.asked = []  # type: ignore[attr-defined]
    found.on("request", lambda request: found.asked.append(request.url))  # type: ignore[attr-defined]
    yield found
    elsewhere = [url for url in found.asked if not url.startswith((served.base, "data:"))]  # type: ignore[attr-defined]
    context.close()
    assert elsewhere == []


def enter(page: Page, portal: Portal, browser: dict[str, str]) -> None:
    """Have the browser be a session's."""
    secret = browser["Cookie"].removeprefix("zt=")
    page.context.add_cookies([{"name": "zt", "value": secret, "domain": "127.0.0.1", "path": "/"}])


def faults(page: Page) -> list[tuple[str, Any]]:
    """What axe finds serious or critical."""
    # By the debugger, which the page's own policy does not bind.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    grave = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in grave]


@pytest.mark.parametrize("who", list(PAGES))
def test_pages_are_fit_for_readers_of_every_kind(agreed: Portal, page: Page, who: str) -> None:
    if who in ROLES:
        enter(page, agreed, agreed.sign_in(ANNA, *ROLES[who]))
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    for path in PAGES[who]:
        page.goto(path)
        assert page.title() and page.locator("h1").count() == 1, path
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{path} is wider than a phone"
        page.emulate_media(color_scheme="dark")
        assert faults(page) == [], f"{path} in the dark"
        page.emulate_media(color_scheme="light")
    assert [one for one in errors if "status of 40" not in one] == []


def test_a_browser_signs_with_a_key_that_it_keeps(agreed: Portal, page: Page, tmp_path: Path) -> None:
    browser, _ = signs_in(agreed, ANNA, tmp_path / "anna")
    _, other = signs_in(agreed, BORIS, tmp_path / "boris")
    assert other
    enter(page, agreed, browser)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.goto(f"/releases/{NAME}")
    form = page.locator(f'form[action="/releases/{NAME}/approve"]')
    form.locator("textarea[name=words]").fill(WORDS)
    form.locator("[data-key]").set_input_files(tmp_path / "anna" / "signing.pem")
    form.locator("button").click()
    page.wait_for_url(f"**/releases/{NAME}")
    page.get_by_text("has signed this").wait_for()
    assert counted(agreed) == [ANNA]
    (entry,) = agreed.city.ledger.entries("act")
    assert read_act(entry.body["act"].encode()).words == WORDS
    secret = (tmp_path / "anna" / "signing.pem").read_text().splitlines()[1]
    assert sent and all(secret not in one for one in sent)


def test_somebody_signs_in_by_the_form_and_out(agreed: Portal, page: Page) -> None:
    agreed.sign_in(ANNA, *ROLES["officer"])
    code = agreed.people.accounts.invite(ANNA, agreed.clock.now())
    agreed.people.accounts.accept(code, "a long and quiet sentence", agreed.clock.now())
    page.goto(f"/releases/{NAME}")
    page.get_by_label("姓名").fill(ANNA)
    page.get_by_label("密码").fill("a long and quiet sentence")
    page.locator("main form button").click()
    assert page.url.endswith(f"/releases/{NAME}")
    page.get_by_role("button", name="退出").click()
    page.get_by_role("link", name="登录").wait_for()


def test_in_a_demonstration_a_person_is_picked_and_the_platform_signs(agreed: Portal, page: Page) -> None:
    agreed.sign_in(ANNA, *ROLES["officer"])
    city = "city: city\ntitle: {zh: 某市, en: A City}\ndeliveries: deliveries\ndemonstration: true\n"
    (agreed.city.settings.workspace / "zhongtai.yml").write_text(city, encoding="utf-8")
    page.goto(f"/sign-in?next=/releases/{NAME}")
    page.get_by_role("button", name=ANNA).click()
    page.locator(f'form[action="/releases/{NAME}/approve"] button').click()
    page.get_by_text("has signed this").wait_for()
    assert counted(agreed) == [ANNA]
    (entry,) = agreed.city.ledger.entries("act")
    act = read_act(entry.body["act"].encode())
    assert act.played and act.role is Role.OFFICER
