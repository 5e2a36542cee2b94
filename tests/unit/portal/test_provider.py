"""Signing in at a provider of OpenID Connect, which runs here: who is let in, and who is sent away."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contracts.acts import Role, RoleGrant
from contracts.clock import SystemClock
from contracts.signing_in import Provider, SigningIn
from portal.app import application
from portal.guard import Guard
from portal.people.people import People
from tests.servers import free_port, listens, serving
from tests.unit.portal.conftest import Moment, Portal

LIBRARY = Path(sys.prefix) / "node" / "node_modules" / "oidc-provider" / "lib" / "index.js"
NAME = "anna@city.example"
OFFICER = RoleGrant(Role.OFFICER, date(2020, 1, 1), date(2099, 12, 31))
BACK = "http://portal/sign-in/provider/back"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    script = Path(__file__).parents[2] / "node" / "provider.mjs"
    back = (BACK, "http://portal/sign-in/citizen/back")
    command = ("node", str(script), LIBRARY.as_uri(), str(port), *back)
    with serving(command, tmp_path_factory.mktemp("provider"), lambda: listens(port)):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Browser:
    """A browser at the portal and at the provider."""

    portal: Portal
    headers: dict[str, str]

    def to(self, name: str = "provider", target: str = "/me") -> str:
        """Where the portal sends it, and its cookie kept."""
        answer = self.portal.post(f"/sign-in/{name}", {"next": target})
        assert answer.status_code == 303, answer.text
        self.headers = {"Cookie": answer.headers["set-cookie"].split(";")[0]}
        return str(answer.headers["location"])

    def back(self, address: str) -> httpx.Response:
        """Where the provider sends it back to, asked for."""
        parts = urlsplit(address)
        return self.portal.ask("GET", f"{parts.path}?{parts.query}", headers=self.headers)


def at_provider(address: str, who: str) -> str:
    """Sign in at the provider by its own forms; where it sends the browser back to."""
    with httpx.Client(follow_redirects=False) as client:
        answer = client.get(address)
        for _ in range(12):
            if answer.is_redirect:
                target = answer.headers["location"]
                if target.startswith("http://portal"):
                    return str(target)
                answer = client.get(httpx.URL(str(answer.url)).join(target))
                continue
            action = re.search(r'action="([^"]+)"', answer.text)
            assert action, answer.text
            prompt = "login" if 'value="login"' in answer.text else "consent"
            form = {"prompt": prompt, "login": who, "password": "any"}
            answer = client.post(httpx.URL(str(answer.url)).join(action.group(1)), data=form)
    raise AssertionError("it never came back")


@pytest.fixture
def browser(portal: Portal, issuer: str) -> Iterator[Browser]:
    """A portal of a city whose persons and people sign in at a provider, by the machine's own clock."""
    moment = Moment(SystemClock().now())
    secret = portal.city.settings.secrets / "oidc.yml"
    secret.parent.mkdir(parents=True)
    secret.write_text("client_secret: a secret of the client\n")
    secret.chmod(0o600)
    rules = SigningIn(
        Provider(issuer, "portal", secret="oidc"),
        Provider(issuer, "open", claim="resident_id", element="resident_id"),
        local_accounts=False,
    )
    city = portal.city
    city.settings = replace(city.settings, clock=moment)
    city.catalogue = replace(city.catalogue, signing_in=rules)
    city.journal._clock = moment
    people = People(city, "http://portal")
    portal.clock, portal.people, portal.app = moment, people, Guard(application(city, people))
    portal.sign_in(NAME, OFFICER)
    yield Browser(portal, {})
    people.store.close()


def test_a_person_signs_in_at_the_provider(browser: Browser) -> None:
    address = browser.to()
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"]
    answer = browser.back(at_provider(address, NAME))
    assert (answer.status_code, answer.headers["location"]) == (303, "/me"), answer.text
    page = browser.portal.ask("GET", "/me", headers={"Cookie": answer.headers["set-cookie"].split(";")[0]})
    assert page.status_code == 200 and NAME in page.text
    assert browser.portal.post("/sign-in", {"name": NAME, "password": "x"}).status_code == 403


@pytest.mark.parametrize("who", ["stranger@city.example", "unverified@city.example"])
def test_who_is_no_person_of_the_city_is_not_let_in(browser: Browser, who: str) -> None:
    browser.portal.sign_in("unverified@city.example", OFFICER)
    answer = browser.back(at_provider(browser.to(), who))
    assert answer.status_code == 403 and "zt=" not in answer.headers.get("set-cookie", "").replace("zt-flow", "")


def test_an_answer_counts_once_in_the_browser_that_was_sent(browser: Browser) -> None:
    back = at_provider(browser.to(), NAME)
    sent = browser.headers
    browser.headers = {"Cookie": "zt-flow=guessed"}
    assert browser.back(back).status_code == 400, "another browser's"
    browser.headers = sent
    assert browser.back(back).status_code == 303
    assert browser.back(back).status_code == 400, "a second time"


@pytest.mark.parametrize(
    ("old", "new"), [("state=", "state=x"), ("code=", "code=x"), ("iss=http", "iss=https"), ("iss=", "was=")]
)
def test_a_changed_answer_lets_nobody_in(browser: Browser, old: str, new: str) -> None:
    back = at_provider(browser.to(), NAME)
    assert old in back
    answer = browser.back(back.replace(old, new))
    assert answer.status_code == 403 and "location" not in answer.headers


def test_it_is_waited_for_minutes(browser: Browser) -> None:
    back = at_provider(browser.to(), NAME)
    browser.portal.clock.pass_by(minutes=11)
    assert browser.back(back).status_code == 400


def test_a_token_of_another_time_lets_nobody_in(browser: Browser) -> None:
    address = browser.to()
    back = at_provider(address, NAME)
    with browser.portal.people.store.writing() as connection:
        connection.execute("update flows set until = until + 1e6")
    browser.portal.clock.pass_by(days=1)
    answer = browser.back(back)
    assert answer.status_code == 403 and "ExpiredTokenError" in answer.text


def test_somebody_of_the_city_is_known_by_their_identifier_in_memory_alone(browser: Browser) -> None:
    answer = browser.back(at_provider(browser.to("citizen", "/open"), "110101199003070011@mail.example"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/open"), answer.text
    cookie = answer.headers["set-cookie"].split(";")[0]
    session = browser.portal.people.sessions.find(cookie.removeprefix("zt="), browser.portal.clock.now())
    assert session is not None and session.citizen is not None
    assert (session.citizen.element, session.citizen.value) == ("resident_id", "110101199003070011")
    assert "110101199003070011" not in repr(session)
    folder = browser.portal.city.settings.state / "portal"
    assert all(b"110101199003070011" not in file.read_bytes() for file in folder.iterdir() if file.is_file())
    assert browser.portal.ask("GET", "/me", headers={"Cookie": cookie}).status_code == 303, "no person of the offices"


def test_a_provider_that_is_not_there_is_told(browser: Browser) -> None:
    city, rules = browser.portal.city, browser.portal.city.catalogue.signing_in
    gone = Provider(f"http://127.0.0.1:{free_port()}", "portal", secret="oidc")
    city.catalogue = replace(city.catalogue, signing_in=replace(rules, provider=gone))
    people = People(city, "http://portal")
    browser.portal.app = Guard(application(city, people))
    answer = browser.portal.post("/sign-in/provider", {"next": "/"})
    people.store.close()
    assert answer.status_code == 403 and "does not describe itself" in answer.text
