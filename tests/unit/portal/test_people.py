"""Signing in and out: who is let in, for how long, and what a form from elsewhere comes to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.acts import Role, RoleGrant
from portal.people import passwords
from portal.people.accounts import Denied
from portal.people.throttle import Throttle
from portal.serving import Place, bounded
from portal.whence import neighbourhood
from tests.unit.portal.conftest import RECIPIENT, Portal

NAME, PASSWORD = "anna@city.example", "a long and quiet sentence"
OFFICER = RoleGrant(Role.OFFICER, date(2026, 1, 1), date(2028, 12, 31))


def cookie(answer: object) -> dict[str, str]:
    """What a browser sends from then on."""
    secret = answer.headers["set-cookie"].split(";")[0]  # type: ignore[attr-defined]
    return {"Cookie": secret}


@pytest.fixture
def anna(portal: Portal) -> Portal:
    """A portal with an officer who has set a password."""
    portal.sign_in(NAME, OFFICER)
    code = portal.people.accounts.invite(NAME, portal.clock.now())
    answer = portal.post("/enter", {"code": code, "password": PASSWORD, "again": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    return portal


def sign_in(portal: Portal, **form: str) -> object:
    return portal.post("/sign-in", {"name": NAME, "password": PASSWORD, **form})


def test_a_person_signs_in_by_name_and_password_and_out(anna: Portal) -> None:
    answer = sign_in(anna, next="/me/password")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/password")
    assert "HttpOnly" in answer.headers["set-cookie"] and "SameSite=lax" in answer.headers["set-cookie"]
    browser = cookie(answer)
    page = anna.ask("GET", "/me/password", headers=browser)
    assert page.status_code == 200 and NAME in page.text and page.headers["cache-control"] == "no-store"
    assert anna.post("/sign-out", {}, browser).status_code == 303
    assert anna.ask("GET", "/me/password", headers=browser).headers["location"] == "/sign-in?next=%2Fme%2Fpassword"
    told = [entry.body["what"] for entry in anna.city.ledger.entries("account")]
    assert told == ["password set", "signed in"]
    assert PASSWORD not in str([entry.body for entry in anna.city.ledger.entries()])


@pytest.mark.parametrize("form", [{"password": "another long sentence"}, {"name": "nobody@city.example"}, {"name": ""}])
def test_one_answer_for_whoever_is_not_let_in(anna: Portal, form: dict[str, str]) -> None:
    answer = sign_in(anna, **form)
    assert answer.status_code == 403 and "no account of that name and password" in answer.text
    assert "set-cookie" not in answer.headers


def test_failures_are_slowed_down_also_with_the_right_password_and_from_elsewhere(anna: Portal) -> None:
    for _ in range(5):
        assert sign_in(anna, password="wrong wrong wrong").status_code == 403
    slowed = sign_in(anna)
    assert slowed.status_code == 429 and int(slowed.headers["retry-after"]) in (30, 31)
    anna.clock.pass_by(seconds=31)
    assert sign_in(anna).status_code == 303
    refused = [entry.body for entry in anna.city.ledger.entries("account") if entry.body["what"] == "sign-in refused"]
    assert len(refused) == 5


def test_a_session_ends_unused_and_after_its_hours(anna: Portal) -> None:
    browser = cookie(sign_in(anna))
    for _ in range(20):
        anna.clock.pass_by(minutes=29)
        assert anna.ask("GET", "/me/password", headers=browser).status_code == 200
    anna.clock.pass_by(minutes=29)
    assert anna.ask("GET", "/me/password", headers=browser).status_code == 303, "ten hours are over"
    browser = cookie(sign_in(anna))
    anna.clock.pass_by(minutes=31)
    assert anna.ask("GET", "/me/password", headers=browser).status_code == 303


def test_a_password_is_changed_after_its_days_and_other_sessions_end(anna: Portal) -> None:
    anna.clock.pass_by(days=90)
    answer = sign_in(anna, next="/open")
    for path in ("/me", "/releases", "/requests/new"):
        page = anna.ask("GET", path, headers=cookie(answer))
        assert page.status_code == 303 or NAME not in page.text, path
    assert anna.ask("GET", "/me", headers=cookie(answer)).headers["location"] == "/me/password"
    assert anna.post("/me/tokens", {"agency": "x", "days": "1"}, cookie(answer)).headers["location"] == "/me/password"
    browser, other = cookie(answer), cookie(sign_in(anna))
    new = "another quiet and long sentence"
    form = {"old": PASSWORD, "password": new, "again": new}
    assert anna.post("/me/password", form | {"again": "not the same at all"}, browser).status_code == 400
    assert anna.post("/me/password", form | {"password": PASSWORD, "again": PASSWORD}, browser).status_code == 400
    assert anna.post("/me/password", form, browser).status_code == 303
    assert [anna.ask("GET", "/me/password", headers=one).status_code for one in (browser, other)] == [303, 303]
    assert sign_in(anna).status_code == 403 and sign_in(anna, password=new, next="/open").headers["location"] == "/open"


@pytest.mark.parametrize("password", ["short", "anna-city-anna", "aaaaaaaaaaaaaaaa", "x" * 201])
def test_a_password_that_is_none_is_refused(anna: Portal, password: str) -> None:
    code = anna.people.accounts.invite(NAME, anna.clock.now())
    answer = anna.post("/enter", {"code": code, "password": password, "again": password})
    assert answer.status_code == 400 and password not in answer.text
    assert sign_in(anna).status_code == 303, "what was is as it was"


def test_an_invitation_is_good_once_and_for_days(anna: Portal) -> None:
    form = {"password": PASSWORD, "again": PASSWORD}
    first, second = (anna.people.accounts.invite(NAME, anna.clock.now()) for _ in range(2))
    assert anna.post("/enter", {"code": first, **form}).status_code == 400
    assert anna.post("/enter", {"code": second, **form}).status_code == 303
    assert anna.post("/enter", {"code": second, **form}).status_code == 400
    third = anna.people.accounts.invite(NAME, anna.clock.now())
    anna.clock.pass_by(days=7)
    assert anna.post("/enter", {"code": third, **form}).status_code == 400


def test_a_form_of_another_site_or_session_is_refused(anna: Portal) -> None:
    browser, other = cookie(sign_in(anna)), cookie(sign_in(anna))
    sent = {"data": {"csrf": "guessed"}, "headers": {**browser, "Origin": "http://portal"}}
    assert anna.ask("POST", "/sign-out", **sent).status_code == 403
    token = anna.people.sessions.form_token(anna.people.sessions.find(other["Cookie"][3:], anna.clock.now()))  # type: ignore[arg-type]
    sent["data"] = {"csrf": token}
    assert anna.ask("POST", "/sign-out", **sent).status_code == 403, "the token is another session's"
    for header in ({"Origin": "http://elsewhere"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        form = {"name": NAME, "password": PASSWORD}
        assert anna.ask("POST", "/sign-in", data=form, headers=header).status_code == 403
    assert anna.ask("GET", "/me/password", headers=browser).status_code == 200


def test_a_role_ends_with_its_day_and_with_its_declaration(portal: Portal) -> None:
    ends = portal.clock.now().date()
    browser = portal.sign_in(NAME, replace(OFFICER, valid_until=ends))
    assert portal.ask("GET", "/me/password", headers=browser).status_code == 200
    portal.clock.pass_by(days=1)
    browser = portal.begin(NAME)
    assert portal.ask("GET", "/me/password", headers=browser).status_code == 303
    browser = portal.sign_in(NAME, OFFICER)
    assert portal.ask("GET", "/me/password", headers=browser).status_code == 200
    file = portal.city.settings.workspace / "contracts" / "persons.yml"
    file.write_text("persons: {broken: ", encoding="utf-8")
    assert portal.ask("GET", "/me/password", headers=browser).status_code == 303, "nobody is let in by what was true"


@pytest.mark.parametrize(
    "target", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere", "javascript:x", ""]
)
def test_nobody_is_sent_elsewhere(anna: Portal, target: str) -> None:
    assert sign_in(anna, next=target).headers["location"] == "/"


def test_roles_are_picked_in_a_demonstration_alone(portal: Portal) -> None:
    portal.sign_in(NAME, OFFICER)
    assert portal.post("/sign-in/as", {"name": NAME}).status_code == 404
    assert portal.post("/sign-in/as-citizen", {"identifier": "1"}).status_code == 404
    here = portal.ask(
        "POST", "/sign-in/as", data={"name": NAME}, headers={"Origin": "http://portal"}, address="10.0.0.1"
    )
    assert here.status_code == 404


def test_over_tls_the_cookie_is_the_hosts_own(portal: Portal) -> None:
    from starlette.responses import Response

    from portal.people.cookies import SESSION, Cookies

    answer = Response()
    Cookies("https://data.city.example").set(answer, SESSION, "x")
    told = answer.headers["set-cookie"]
    assert told.startswith("__Host-zt=x;") and "Secure" in told and "Path=/" in told and "Domain" not in told


def test_the_file_of_accounts_lets_nobody_in(anna: Portal) -> None:
    browser = cookie(sign_in(anna))
    file = anna.city.settings.state / "portal" / "accounts.db"
    assert file.stat().st_mode & 0o77 == 0
    content = file.read_bytes() + file.with_name(file.name + "-wal").read_bytes()
    assert PASSWORD.encode() not in content and browser["Cookie"].removeprefix("zt=").encode() not in content


def test_more_is_forgiven_to_an_address_than_to_an_account_and_each_failure_doubles_the_wait(portal: Portal) -> None:
    throttle, at = Throttle(portal.people.store), portal.clock.now()
    for about, forgiven in (("person a", 5), ("address b", 50)):
        for _ in range(forgiven - 1):
            throttle.failed([about], at)
        assert throttle.waits([about], at) == 0
        waits = []
        for _ in range(9):
            throttle.failed([about], at)
            waits.append(throttle.waits([about], at))
        assert waits == [31, 61, 121, 241, 481, 961, 1921, 3601, 3601]
    assert throttle.waits(["person b", "address a"], at) == 0
    throttle.forget("person a")
    assert throttle.waits(["person a"], at) == 0


def test_a_proxy_that_is_named_is_believed_and_no_other(portal: Portal) -> None:
    for proxy, trusted in (("", False), ("127.0.0.1", True)):
        config = bounded(portal.app, Place(proxy=proxy))
        assert (config.proxy_headers, config.forwarded_allow_ips) == (trusted, proxy)


def test_an_invitation_is_good_once_however_many_use_it_at_once(anna: Portal) -> None:
    code, at = anna.people.accounts.invite(NAME, anna.clock.now()), anna.clock.now()

    def accept(number: int) -> bool:
        try:
            anna.people.accounts.accept(code, f"a long and quiet sentence {number}", at)
        except Denied:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(accept, range(4))) == 1


def test_an_account_that_ended_meanwhile_is_not_begun_again(anna: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts, at, kept = anna.people.accounts, anna.clock.now(), passwords.kept
    code = accounts.invite(NAME, at)

    def slowly(text: str) -> str:
        accounts.end(NAME)
        return kept(text)

    found = accounts.sign_in(NAME, PASSWORD, "", at)
    monkeypatch.setattr(passwords, "kept", slowly)
    for set_again in (
        lambda: accounts.accept(code, "another long sentence", at),
        lambda: accounts.change(NAME, PASSWORD, "another long sentence", "", at),
    ):
        with pytest.raises(Denied):
            set_again()
    assert accounts.account(NAME).set_at is None
    assert anna.people.sessions.begin(NAME, at, digest=found.digest) is None


def test_a_clock_that_was_set_back_shuts_nobody_out_for_long(portal: Portal) -> None:
    throttle, at = Throttle(portal.people.store), portal.clock.now()
    for _ in range(20):
        throttle.failed(["person a"], at)
    assert throttle.waits(["person a"], at - timedelta(days=90)) == 3601


def test_addresses_of_one_client_are_one(portal: Portal) -> None:
    assert {neighbourhood(f"2001:db8::{number:x}") for number in range(60)} == {"2001:db8::/64"}
    assert neighbourhood("10.1.2.3") == "10.1.2.3" and neighbourhood("a socket") == "a socket"
    grant, header = portal.grant(RECIPIENT, 90, "10.0.0.0/8")
    assert portal.ask("GET", "/delta-sharing/shares", headers=header, address="::ffff:10.1.1.1").status_code == 200
    assert portal.ask("GET", "/delta-sharing/shares", headers=header, address="::ffff:11.1.1.1").status_code == 401
    assert grant.networks == ("10.0.0.0/8",)


def test_a_list_of_persons_that_cannot_be_read_is_said(anna: Portal) -> None:
    file = anna.city.settings.workspace / "contracts" / "persons.yml"
    file.write_text("persons: {broken: ", encoding="utf-8")
    page = anna.post("/sign-in", {"name": NAME, "password": PASSWORD}).text
    assert "cannot be read" in page and "<code>contracts/persons.yml" in page
