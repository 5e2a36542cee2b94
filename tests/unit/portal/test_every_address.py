"""Every address of the portal, asked by everybody with names that are none: nothing fails inside, nothing is told, and
no form counts that a page of this session did not send.
"""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import quote

import pytest
from starlette.routing import Route

from contracts.acts import Role, RoleGrant
from portal.app import application
from portal.people.reader import Citizen
from tests.unit.portal.conftest import RECIPIENT, Portal

ALWAYS = (date(2026, 1, 1), date(2028, 12, 31))
NAMES = (
    "x",
    "..",
    "%00",
    "中 文",
    "a'b\"<i>",
    "-1",
    "9" * 40,
    "x" * 3000,
    "\u202e",
    "a.b.c",
    "R20261121-0",
    "ztk_" + "A" * 43,
)
QUERIES = (
    "",
    "?page=-1",
    "?page=x&q=%00",
    "?q=" + quote("\"' OR 1=1 -- *"),
    "?kind=x&state=x&level=x&month=x",
    "?next=//x",
)
# What answers to anybody by its own secret or its own check, and needs no session.
OF_VISITORS = re.compile(r"/(sign-in|sign-out|enter|oauth|api/feeds|requests/(new|follow)|delta-sharing|open/)")
MARKUP = "<i>"


def who(portal: Portal, name: str) -> dict[str, str]:
    """The header by which somebody asks."""
    if name == "visitor":
        return {}
    if name == "citizen":
        return portal.begin("", Citizen("resident_id", "110101199003070011"))
    if name == "application":
        return portal.grant()[1]
    role = Role(name)
    agency = RECIPIENT if role is Role.APPLICANT else ""
    return portal.sign_in(f"{name}@city.example", RoleGrant(role, *ALWAYS, agency=agency))


def addresses(portal: Portal, method: str) -> list[str]:
    routes = application(portal.city, portal.people).routes
    return [one.path for one in routes if isinstance(one, Route) and method in (one.methods or ())]


@pytest.mark.parametrize("name", ["visitor", "citizen", "application", *map(str, Role)])
def test_nothing_fails_inside_whoever_asks_for_what_is_not_there(portal: Portal, name: str) -> None:
    portal.publish()
    headers = {**who(portal, name), "Accept": "text/html"}
    asked = 0
    for number, path in enumerate(addresses(portal, "GET")):
        for offset in range(3):
            wrong = NAMES[(number * 3 + offset) % len(NAMES)]
            address = re.sub(r"\{[^}]*\}", lambda _, told=wrong: quote(told, safe="%"), path)
            answer = portal.ask("GET", address + QUERIES[(number + offset) % len(QUERIES)], headers=headers)
            assert answer.status_code < 500, (address, answer.text[:500])
            assert MARKUP not in answer.text, address
            asked += 1
    assert asked > 100


def happened(portal: Portal) -> int:
    """How many entries there are of what forms do."""
    return sum(len(list(portal.city.ledger.entries(kind))) for kind in ("act", "case", "grant"))


@pytest.mark.parametrize("name", ["visitor", "citizen", *map(str, Role)])
def test_no_form_counts_that_no_page_of_this_session_sent(portal: Portal, name: str) -> None:
    headers = {**who(portal, name), "Origin": "http://portal"}
    before = happened(portal)
    for path in addresses(portal, "POST"):
        address = re.sub(r"\{[^}]*\}", "x", path)
        form = {"csrf": "guessed", "words": "yes", "name": "x", "agency": RECIPIENT, "days": "1"}
        answer = portal.ask("POST", address, data=form, headers=headers)
        assert 300 <= answer.status_code < 500, (address, answer.status_code, answer.text[:300])
        if headers.get("Cookie") and not OF_VISITORS.match(path):
            assert answer.status_code in (303, 403, 404, 415), (address, answer.status_code)
        elsewhere = portal.ask("POST", address, data=form, headers={**headers, "Origin": "http://elsewhere"})
        assert elsewhere.status_code in (303, 400, 401, 403, 404), (address, elsewhere.status_code)
    assert happened(portal) == before
    if name not in ("visitor", "citizen"):
        assert portal.ask("GET", "/me", headers=headers).status_code == 200, "nobody was signed out"
