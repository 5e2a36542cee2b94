"""The wall in a real browser: it moves by events alone, and is fit for every reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contracts.windows import WindowSet
from lake.windows.records import Newest, Told
from tests.unit.portal.catalogued import Catalogued, sample
from tests.unit.portal.conftest import Served
from tests.unit.portal.looked_at import desk
from tests.unit.portal.test_browser import chromium, faults, page

__all__ = ["chromium", "desk", "page"]


@pytest.fixture
def windows(desk: Catalogued, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """The sample city's set of windows; how many were stored is moved by hand."""
    catalogue = replace(desk.portal.city.catalogue, windows=sample().windows)
    desk.portal.city.catalogue = catalogue
    stored = {"seq": 1}

    def newest(settings: Any, name: str) -> Newest:
        moment = desk.portal.clock.now()
        return Newest(stored["seq"], moment, 1)

    monkeypatch.setattr("portal.wall.routes.newest", newest)
    monkeypatch.setattr("portal.wall.routes.LONGEST", timedelta(minutes=1))
    return lambda seq: stored.update(seq=seq)


def test_the_wall_moves_when_a_window_is_stored(
    windows: Callable[[int], None], served: Served, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a browser: the signs are fetched anew because of an event, and because of nothing else."""
    values = {"told": 123456.0}
    real = sample().windows["traffic"]

    def signs(settings: Any, one: WindowSet, now: Any) -> tuple[Any, ...]:
        sign = real.signs[0]
        return (Told(sign.name, sign.title_zh, sign.title_en, sign.unit, "L1", values["told"], None, late=False),)

    monkeypatch.setattr("portal.wall.routes.signs", signs)
    page.goto(served.base + "/wall")
    expect(page.locator("#listening")).to_contain_text("实时")
    expect(page.locator(".tile .big").first).to_have_text("123,456")
    values["told"] = 654321.0
    page.wait_for_timeout(1200)
    expect(page.locator(".tile .big").first).to_have_text("123,456")
    windows(2)
    expect(page.locator(".tile .big").first).to_have_text("654,321", timeout=5000)


@pytest.mark.parametrize("path", ["/wall", "/indicators", "/indicators/open_one"])
def test_pages_are_fit_for_every_reader(desk: Catalogued, served: Served, page: Page, path: str) -> None:
    page.goto(served.base + path)
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{path} is wider than a phone"
